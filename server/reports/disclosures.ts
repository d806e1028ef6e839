import { sql } from 'kysely';
import { arrayText, type Tx } from '../db/database.ts';
import type { Present } from './sight.ts';
import type { Shown } from './view.ts';

/** Names the view of a report that holds its title and summary alone. */
export const excerptOf = (version: string): string => `excerpt ${version}`;

/** Notes what a viewer is about to be shown, once for each view. Nobody is told of what it reads of its own. */
export async function recordShown(tx: Tx, { head, world }: Present, viewer: number, shown: readonly { of: Shown; name: string; places: readonly number[] }[]): Promise<void> {
  const others = shown.filter(({ of }) => of.report.origin !== viewer);
  const rows = others.map(({ of: { report }, name, places }) => ({ viewer, report_id: report.id, view: name, version: report.version, places: JSON.stringify(places), world: world.version, at: head.at }));
  if (rows.length > 0) await tx.insertInto('report_disclosure').values(rows).onConflict((conflict) => conflict.doNothing()).execute();
}

/** Which of these reports the viewer was ever shown. */
export async function receivedAmong(tx: Tx, viewer: number, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tx.selectFrom('report_disclosure').select('report_id').distinct().where('viewer', '=', viewer).where('report_id', '=', sql<string>`any(${arrayText(ids)}::text::uuid[])`).execute();
  return new Set(rows.map((row) => row.report_id));
}
