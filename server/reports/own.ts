import { sql } from 'kysely';
import type { OwnReport, OwnReportList, ReportState, ReportVersion, ReportVersionList } from '../../schemas/types.ts';
import type { Queries } from '../db/database.ts';
import { formatInstant } from '../policy/time.ts';
import { findOwnRow, type ReportRow, type VersionRow } from './store.ts';

/** Whether the latest version was approved and can be published. */
export function isApproved({ working }: ReportRow, { reviews }: VersionRow): boolean {
  return working === 'in-review' && reviews.at(-1)?.verdict === 'approve';
}

/** The state of a report as SQL, as `stateOf` gives it. */
const STATE = sql<ReportState>`case when r.purged_at is not null then 'purged' when r.withdrawal is not null then 'withdrawn' when r.public_version is null then r.working
  when r.superseded_by is not null then 'superseded' else 'published' end`;

/** Where a report stands, as its origin sees it. */
export function stateOf(report: ReportRow): ReportState {
  if (report.purged_at !== null) return 'purged';
  if (report.withdrawal !== null) return 'withdrawn';
  if (report.public_version === null) return report.working!;
  return report.superseded_by === null ? 'published' : 'superseded';
}

/** A report as its origin sees it. */
export function ownView(report: ReportRow, latest: VersionRow): OwnReport {
  const pending = report.public_version === null ? null : report.working;
  return {
    id: report.id,
    version: report.version,
    state: stateOf(report),
    ...(report.public_version === null ? {} : { published_version: report.public_version }),
    ...(pending ? { pending } : {}),
    ...(isApproved(report, latest) ? { approved: true } : {}),
    ...(report.superseded_by ? { superseded_by: report.superseded_by } : {}),
    ...(report.withdrawal ? { withdrawal: report.withdrawal } : {}),
    changed_at: formatInstant(report.changed_at),
    ...(report.accepted_at === null ? {} : { published_at: formatInstant(report.accepted_at) }),
    ...(latest.content ? { content: latest.content } : {}),
  };
}

/** A member's own report, or undefined. */
export async function findOwn(db: Queries, origin: number, id: string): Promise<OwnReport | undefined> {
  const found = await findOwnRow(db, origin, id);
  return found && ownView(found.report, found.latest);
}

/** A page of a member's own reports, by id. */
export async function listOwn(db: Queries, origin: number, { state, after, limit = 20 }: { state?: ReportState; after?: string; limit?: number }): Promise<OwnReportList> {
  const of = state === undefined ? sql`true` : sql`${STATE} = ${state}`;
  const beyond = after === undefined ? sql`true` : sql`r.id > ${after}`;
  const { rows: reports } = await sql<ReportRow>`select r.* from report r where r.origin = ${origin} and ${beyond} and ${of} order by r.id limit ${limit}`.execute(db);
  if (reports.length === 0) return { reports: [] };
  const latest = await db
    .selectFrom('report_version as v')
    .innerJoin('report as r', (join) => join.onRef('r.id', '=', 'v.report_id').onRef('r.version', '=', 'v.version'))
    .selectAll('v')
    .where('r.id', 'in', reports.map(({ id }) => id))
    .execute();
  const byId = new Map(latest.map((row) => [row.report_id, row]));
  const last = reports.at(-1)!;
  return { reports: reports.map((report) => ownView(report, byId.get(report.id)!)), ...(reports.length === limit ? { next: last.id } : {}) };
}

/** Every version of a member's own report, newest first, without their content; undefined where there is no such report. */
export async function versionsOf(db: Queries, origin: number, id: string): Promise<ReportVersionList | undefined> {
  if (!(await findOwnRow(db, origin, id))) return undefined;
  const rows = await db.selectFrom('report_version').selectAll().where('report_id', '=', id).orderBy('version', 'desc').execute();
  return { versions: rows.map((row) => versionView({ ...row, content: null })) };
}

/** One version of a member's own report, or undefined. */
export async function findVersion(db: Queries, origin: number, id: string, version: number): Promise<ReportVersion | undefined> {
  const row = await db
    .selectFrom('report_version as v')
    .innerJoin('report as r', 'r.id', 'v.report_id')
    .selectAll('v')
    .where('r.origin', '=', origin)
    .where('v.report_id', '=', id)
    .where('v.version', '=', version)
    .executeTakeFirst();
  return row && versionView(row);
}

function versionView({ version, author, created_at: created, published_at: published, reviews, content }: VersionRow): ReportVersion {
  return {
    version,
    author,
    created_at: formatInstant(created),
    ...(published === null ? {} : { published_at: formatInstant(published) }),
    ...(reviews.length > 0 ? { reviews } : {}),
    ...(content ? { content } : {}),
  };
}
