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
