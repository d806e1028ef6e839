import { sql } from 'kysely';
import type { Field, NewReport, ReferredPart, ReferredReport, ReferredReportContent } from '../../schemas/types.ts';
import { arrayText, type Queries, type Tx } from '../db/database.ts';
import { Problem, type ProblemKey } from '../problems.ts';
import { partsOf, type Part } from '../reports/content.ts';
import { estimateOf } from '../reports/likelihood.ts';
import { stateOf } from '../reports/own.ts';
import type { ReportRow } from '../reports/store.ts';

/** A report of one's own as it was published last. */
export interface ReportEvidence {
  id: string;
  version: number;
  content: NewReport;
}

/**
 * Reports of a member that still have content, in the order of their names.
 * @throws Problem not-found at each that is not its own, conflict at each whose content was purged
 */
export async function ownReports(db: Queries, member: number, ids: readonly string[]): Promise<ReportRow[]> {
  const rows = await db.selectFrom('report').selectAll().where('origin', '=', member).where('id', '=', sql<string>`any(${arrayText(ids)}::text::uuid[])`).execute();
  const own = new Map(rows.map((row) => [row.id, row]));
  refuse(ids, 'not-found', 'is not a report of yours', (id) => !own.has(id));
  refuse(ids, 'conflict', 'its content was purged', (id) => own.get(id)!.purged_at !== null);
  return ids.map((id) => own.get(id)!);
}

/** Likewise, as they were published last. @throws Problem conflict at each that never was, too */
export async function publishedReports(db: Queries, member: number, ids: readonly string[]): Promise<ReportEvidence[]> {
  const own = new Map((await ownReports(db, member, ids)).map((row) => [row.id, row]));
  refuse(ids, 'conflict', 'was never published', (id) => own.get(id)!.public_version === null);
  const rows = await sql<ReportEvidence>`select r.id, v.version, v.content from report r join report_version v on v.report_id = r.id and v.version = r.public_version where r.id = any(${arrayText(ids)}::text::uuid[])`.execute(db);
  const found = new Map(rows.rows.map((row) => [row.id, row]));
  return ids.map((id) => found.get(id)!);
}

function refuse(ids: readonly string[], key: ProblemKey, detail: string, wrong: (id: string) => boolean): void {
  const places = ids.flatMap((id, index) => (wrong(id) ? [{ pointer: `/reports/${index}`, detail }] : []));
  if (places.length > 0) throw new Problem(key, places);
}

/** What of a report is handed over. */
export function referredReport(content: NewReport, fields: readonly Field[]): ReferredReportContent {
  const { harms, regions, tactics, period, confidence, reliability, signals, related } = content;
  const scope = { harm: { harms }, regions: { regions }, tactics: { tactics }, period: { period }, confidence: { confidence: confidence && estimateOf(confidence) }, reliability: { reliability }, links: { signals, related } };
  const shown = Object.entries(scope).flatMap(([field, values]) => (fields.includes(field as Field) ? Object.entries(values) : []));
  return { parts: partsOf(content).map((part) => referredPart(part, fields)), ...Object.fromEntries(shown.filter(([, value]) => value !== undefined)) };
}

function referredPart({ part, heading, text, confidence, labels, identifiers }: Part, fields: readonly Field[]): ReferredPart {
  return {
    part,
    ...(heading === undefined ? {} : { heading }),
    text,
    ...(part === 'judgement' && confidence && fields.includes('confidence') ? { confidence: estimateOf(confidence) } : {}),
    ...(labels.length > 0 && fields.includes('labels') ? { labels: [...labels] } : {}),
    ...(identifiers && fields.includes('identifiers') ? { identifiers: [...identifiers] } : {}),
  };
}

/** The reports of a referral, with what was copied of them as long as it is kept. */
export async function referredReports(tx: Tx, referral: string, withContent: boolean): Promise<ReferredReport[]> {
  const { rows } = await sql<ReportRow & { report_id: string; referred: number; hash: string; content: ReferredReportContent | null }>`select r.*, o.report_id, o.version as referred, encode(o.hash, 'hex') as hash, c.content
    from referral_report o join report r on r.id = o.report_id left join referral_copy c on c.referral_id = o.referral_id and c.n = o.n where o.referral_id = ${referral} order by o.n`.execute(tx);
  return rows.map((row) => ({ id: row.report_id, version: row.referred, blake3: row.hash, state: stateOf(row), ...(withContent && row.content ? { content: row.content } : {}) }));
}
