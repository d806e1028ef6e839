import { sql, type Selectable } from 'kysely';
import type { NewReport } from '../../schemas/types.ts';
import { unnest, type Queries, type Tx } from '../db/database.ts';
import type { ReportLinkTable, ReportTable, ReportVersionTable } from '../db/report-tables.ts';
import { instant } from '../policy/time.ts';
import { configurationOf } from '../search/languages.ts';
import { partsOf, type PreparedReport } from './content.ts';

export type ReportRow = Selectable<ReportTable>;
export type VersionRow = Selectable<ReportVersionTable>;

/** A report and its latest version, of one origin; undefined where there is none. */
export async function findOwnRow(db: Queries, origin: number, id: string): Promise<{ report: ReportRow; latest: VersionRow } | undefined> {
  const report = await db.selectFrom('report').selectAll().where('id', '=', id).where('origin', '=', origin).executeTakeFirst();
  if (!report) return undefined;
  return { report, latest: await versionRow(db, id, report.version) };
}

function versionRow(db: Queries, id: string, version: number): Promise<VersionRow> {
  return db.selectFrom('report_version').selectAll().where('report_id', '=', id).where('version', '=', version).executeTakeFirstOrThrow();
}

/** Adds a version; the report's row must be there. */
export async function insertVersion(tx: Tx, id: string, version: number, author: string, at: number, { json, hash }: PreparedReport): Promise<void> {
  await tx.insertInto('report_version').values({ report_id: id, version, author, created_at: at, hash, content: json, reviews: '[]' }).execute();
}

/** The clients that wrote versions after the one that is public. */
export async function authorsSince(tx: Tx, { id, public_version: version }: ReportRow): Promise<string[]> {
  const rows = await tx.selectFrom('report_version').select('author').distinct().where('report_id', '=', id).where('version', '>', version ?? 0).execute();
  return rows.map(({ author }) => author);
}

/** What publishing a version writes. */
export interface Publication {
  id: string;
  version: number;
  content: NewReport;
  /** The classes of its parts, in order. */
  classes: readonly number[];
  position: number;
  at: number;
  acceptedAt: number;
  until: number;
  keepUntil: number;
}

/** Makes a version the public one. */
export async function writePublication(tx: Tx, publication: Publication): Promise<void> {
  const { id, version, content, classes, position, at, acceptedAt, until, keepUntil } = publication;
  const period = content.period ? { period_from: instant(content.period.from), period_until: instant(content.period.until) } : { period_from: null, period_until: null };
  await tx.updateTable('report_version').set({ position, published_at: at, until, classes: JSON.stringify(classes) }).where('report_id', '=', id).where('version', '=', version).execute();
  await tx.updateTable('report').set({ working: null, public_version: version, accepted_at: acceptedAt, position, until, ...period, changed_at: at, keep_until: keepUntil }).where('id', '=', id).execute();
  await tx.deleteFrom('report_part').where('report_id', '=', id).execute();
  const parts = partsOf(content).map(({ part, heading, text }, place) => ({ report_id: id, place, part, class_id: classes[place]!, title_class: classes[0]!, accepted_at: acceptedAt, until, heading: heading ?? null, text, language: configurationOf(content.language) }));
  await tx.insertInto('report_part').values(parts).execute();
  const links = linksOf(content).map((link) => ({ report_id: id, version, ...link }));
  if (links.length > 0) await tx.insertInto('report_link').values(links).execute();
}

function linksOf({ signals = [], related = [], supersedes = [] }: NewReport): Pick<Selectable<ReportLinkTable>, 'kind' | 'target'>[] {
  const of = (kind: ReportLinkTable['kind'], targets: readonly string[]) => targets.map((target) => ({ kind, target }));
  return [...of('signal', signals), ...of('related', related), ...of('supersedes', supersedes)];
}

/** The reports of these ids, of one origin. */
export function findOwnRows(db: Queries, origin: number, ids: readonly string[]): Promise<ReportRow[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return db.selectFrom('report').selectAll().where('origin', '=', origin).where('id', 'in', ids).execute();
}

/** The exercises that public reports belong to, by id; null is none. What decides is the class of the title, which outlasts the content. */
export async function exercisesOf(tx: Tx, reports: readonly ReportRow[]): Promise<Map<string, string | null>> {
  if (reports.length === 0) return new Map();
  const { rows } = await sql<{ id: string; exercise: string | null }>`select v.report_id as id, c.doc -> 'attributes' ->> 'exercise' as exercise
    from ${unnest([{ type: 'uuid', values: reports.map(({ id }) => id) }, { type: 'integer', values: reports.map((report) => report.public_version) }])} k(id, version)
    join report_version v on v.report_id = k.id and v.version = k.version join visibility_class c on c.id = (v.classes ->> 0)::integer`.execute(tx);
  return new Map(rows.map(({ id, exercise }) => [id, exercise]));
}

/** Notes that public reports have been superseded; each takes a position of its own from `first` on. */
export async function writeSupersession(tx: Tx, by: string, ids: readonly string[], first: number): Promise<void> {
  if (ids.length === 0) return;
  const rows = unnest([
    { type: 'uuid', values: ids },
    { type: 'bigint', values: ids.map((_, index) => first + index) },
  ]);
  await sql`update report r set superseded_by = ${by}, position = k.position from ${rows} k(id, position) where r.id = k.id`.execute(tx);
}
