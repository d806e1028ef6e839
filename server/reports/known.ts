import { sql } from 'kysely';
import { unnest, type Tx } from '../db/database.ts';
import { grantedReport, grantedNow, showsLinks, viewOf, type KnownReport, type Linked, type Placed, type Shown, type Sight } from './view.ts';

/**
 * Public reports as they were at a position of the log: the version that was public then, unless it was withdrawn by then. What
 * stays of a report that was purged suffices, since it has ended.
 */
async function reportsAt(tx: Tx, ids: readonly string[], position: number): Promise<KnownReport[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Omit<KnownReport, 'class_id'>>`select r.id, r.origin, r.accepted_at, v.version, v.until, v.classes, v.content from ${rowsOf(ids)} k(id) join report r on r.id = k.id
    cross join lateral (select version, until, classes, content from report_version where report_id = r.id and position <= ${position} order by position desc limit 1) v
    where r.withdrawn_position is null or r.withdrawn_position > ${position}`.execute(tx);
  return rows.map((row) => ({ ...row, content: row.content ?? undefined, class_id: row.classes[0]! }));
}

/** Likewise, what decides whether they exist for a viewer. */
async function titlesAt(tx: Tx, ids: readonly string[], position: number): Promise<Placed[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Placed>`select r.id, r.accepted_at, v.until, (v.classes ->> 0)::integer as class_id from ${rowsOf(ids)} k(id) join report r on r.id = k.id
    cross join lateral (select until, classes from report_version where report_id = r.id and position <= ${position} order by position desc limit 1) v
    where r.withdrawn_position is null or r.withdrawn_position > ${position}`.execute(tx);
  return rows;
}

/** Signals as they were at a position of the log: as they are now, or as the first later change found them. */
async function signalsAt(tx: Tx, ids: readonly string[], position: number): Promise<Placed[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Placed>`select s.id, s.accepted_at, coalesce(c.prev_class, s.class_id) as class_id, coalesce(c.prev_until, s.until) as until from ${rowsOf(ids)} k(id) join signal s on s.id = k.id
    left join lateral (select prev_class, prev_until from change_log where signal_id = s.id and position > ${position} and prev_class is not null order by position limit 1) c on true
    where s.accepted_position <= ${position} and (c.prev_class is not null or s.active)`.execute(tx);
  return rows;
}

/** Which reports stood in place of these at a position of the log. */
async function successorsAt(tx: Tx, ids: readonly string[], position: number): Promise<{ id: string; successor: string }[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{ id: string; successor: string }>`select l.target as id, l.report_id as successor from ${rowsOf(ids)} k(id) join report_link l on l.target = k.id and l.kind = 'supersedes'
    where l.version = (select version from report_version where report_id = l.report_id and position <= ${position} order by position desc limit 1) order by l.report_id`.execute(tx);
  return rows;
}

function rowsOf(ids: readonly string[]) {
  return unnest([{ type: 'uuid', values: ids }]);
}

/** Reports as a viewer sees them at a position of the log, by id. Those that the viewer may not see are not there. */
export async function viewsAt(tx: Tx, ids: readonly string[], position: number, sight: Sight): Promise<Map<string, Shown>> {
  const reports = (await reportsAt(tx, ids, position)).filter((report) => grantedReport(sight, report));
  const linked = await linkedTo(tx, reports.filter((report) => showsLinks(sight, report)), position, sight);
  return new Map(reports.map((report) => [report.id, viewOf(report, sight, linked)!]));
}

async function linkedTo(tx: Tx, reports: readonly KnownReport[], position: number, sight: Sight): Promise<Linked> {
  const successors = await successorsAt(tx, reports.map(({ id }) => id), position);
  const signalIds = new Set(reports.flatMap(({ content }) => content?.signals ?? []));
  const reportIds = new Set([...reports.flatMap(({ content }) => [...(content?.related ?? []), ...(content?.supersedes ?? [])]), ...successors.map(({ successor }) => successor)]);
  const signals = (await signalsAt(tx, [...signalIds], position)).filter((signal) => grantedNow(sight, signal));
  const titles = (await titlesAt(tx, [...reportIds], position)).filter((title) => grantedReport(sight, title));
  return { signals: new Set(signals.map(({ id }) => id)), reports: new Set(titles.map(({ id }) => id)), successors: grouped(successors) };
}

function grouped(rows: readonly { id: string; successor: string }[]): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const { id, successor } of rows) map.set(id, [...(map.get(id) ?? []), successor]);
  return map;
}
