import { sql } from 'kysely';
import type { Stream } from 'node:stream';
import type { Queries } from './database.ts';
import type { Tables } from './tables.ts';

/** A backup that cannot be made or restored; the message says why. */
export class BackupError extends Error {}

/** The rows of a backup, by table. */
export type RowCounts = Record<string, number>;

export type TableName = keyof Tables;

/** What the header of a backup says. */
export const FORMAT = 'tocsin-backup';
export const VERSION = 1;

/** Rows that are held at once. */
export const PAGE = 500;

/** The tables in the order of a backup: parents before the tables that refer to them. */
export const TABLES = Object.keys({
  head: true, world_entry: true, policy_version: true, visibility_class: true, indicator: true, signal: true, signal_indicator: true, change_log: true, class_sum: true,
  batch: true, batch_range: true, sync_seen: true, usage: true, disclosure: true, pull: true, assertion: true, audit: true,
  report: true, report_version: true, report_part: true, report_link: true, report_disclosure: true,
  contact: true, referral: true, referral_object: true, referral_report: true, referral_event: true, referral_copy: true, hold: true, hold_signal: true, hold_report: true, emergency: true, emergency_event: true,
  trend_week: true, trend_cell: true, trend_overlap: true, message: true, message_disclosure: true, topic: true, topic_item: true,
  judgement: true, dispute_answer: true, measuring: true, measured_signal: true,
} satisfies Record<TableName, true>) as TableName[];

/** The name of the last migration; undefined in a database that has none. */
export async function schemaOf(db: Queries): Promise<string | undefined> {
  const { rows: tables } = await sql<{ found: boolean }>`select to_regclass('kysely_migration') is not null as found`.execute(db);
  if (!tables[0]?.found) return undefined;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name desc limit 1`.execute(db);
  return rows[0]?.name;
}

/** What a backup that is not as it was written is refused with. */
export function damaged(cause?: unknown): BackupError {
  return new BackupError('the backup is cut off or was altered', { cause });
}

/** A file that cannot be opened may fail before anything listens, which would end the process; whoever uses it later is told. */
export function quiet(stream: Stream): void {
  stream.on('error', () => undefined);
}

/** A column that is written; generated ones follow from these. */
export interface Column {
  name: string;
  /** A JSON null in such a column comes as an SQL null, which the column does not take. */
  required_json: boolean;
  identity: boolean;
}

/** The columns of a table that a backup holds. */
export async function columnsOf(tx: Queries, table: TableName): Promise<Column[]> {
  const { rows } = await sql<Column>`
    select attname as name, attnotnull and atttypid = 'jsonb'::regtype as required_json, attidentity <> '' as identity
    from pg_attribute where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`.execute(tx);
  return rows;
}
