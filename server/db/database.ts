import { PGlite } from '@electric-sql/pglite';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { lockFolder } from './folder-lock.ts';
import { CopyCursor } from './lines.ts';
import { PGliteDialect } from './pglite-dialect.ts';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;
export type Tx = Transaction<Tables>;
/** A database or a transaction of it: what queries take. */
export type Queries = Database | Tx;

/** Where the data lives: an embedded folder, or a PostgreSQL server. */
export type Home = { kind: 'embedded'; folder: string } | { kind: 'postgres'; url: string; connections: number };

/** An open database, and how to close it. */
export interface OpenDatabase {
  db: Database;
  close(): Promise<void>;
}

/**
 * Pages are read in the order of an index and cut off by a limit. The planner expects few rows of a class and would rather
 * collect them all and sort, for every page anew: 400 ms instead of 4 for a large class among 1,000,000 signals.
 */
const ORDERED = 'enable_bitmapscan=off';

const BIGINT = 20;
const numeric = { [BIGINT]: Number };

/**
 * Opens the home of the data without touching its schema.
 * @throws FolderInUse when another process holds the embedded folder
 */
export async function openDatabase(home: Home): Promise<OpenDatabase> {
  if (home.kind === 'postgres') return openPostgres(home.url, home.connections);
  const unlock = lockFolder(home.folder);
  try {
    const lite = await PGlite.create({ dataDir: `${home.folder}/pgdata`, parsers: numeric });
    await lite.exec(`set ${ORDERED}`);
    const opened = openLite(lite);
    return { db: opened.db, close: () => opened.close().finally(unlock) };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Wraps a PGlite that is already there, for instance one in memory. Its bigint parser must give numbers: see `liteOptions`. */
export function openLite(lite: PGlite): OpenDatabase {
  const db = new Kysely<Tables>({ dialect: new PGliteDialect(lite) });
  return { db, close: () => db.destroy() };
}

/** Options that every PGlite of ours is made with. */
export const liteOptions = { parsers: numeric };

function openPostgres(url: string, connections: number): OpenDatabase {
  const types = new pg.TypeOverrides();
  types.setTypeParser(BIGINT, Number);
  const pool = new pg.Pool({ connectionString: url, max: connections, types, application_name: 'tocsin', options: `-c ${ORDERED} -c standard_conforming_strings=on` });
  // An idle connection that breaks is replaced by the pool; the error must not end the process.
  pool.on('error', () => undefined);
  // Nor must that of one in use, of which its query hears as well.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool, cursor: CopyCursor }) });
  return { db, close: () => db.destroy() };
}

const RETRIED = new Set(['40001', '40P01']);

/** Runs `work` in a transaction, again from the start when the database could not serialise it (at most 5 times). */
export function transaction<T>(db: Database, work: (tx: Tx) => Promise<T>, attempts = 5): Promise<T> {
  return serialised(() => db.transaction().execute(work), attempts);
}

/**
 * Runs `work` on one unchanging snapshot. Where it writes what another transaction has written since, it runs again on a newer
 * one; what only reads runs once.
 */
export function snapshot<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  return serialised(() => db.transaction().setIsolationLevel('repeatable read').execute(work), 5);
}

async function serialised<T>(run: () => Promise<T>, attempts: number): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (attempts <= 1 || !RETRIED.has(String((error as { code?: unknown }).code))) throw error;
    return serialised(run, attempts - 1);
  }
}

type Value = string | number | boolean | null;

/**
 * Values as the text of a PostgreSQL array, for a parameter of an array type: faster than the drivers' own. The parameter is to have
 * that type itself (`$1::uuid[]`); a text that is cast (`$1::text::uuid[]`) is read once to plan the query and once more to run it.
 */
export function arrayText(values: readonly Value[]): string {
  return `{${values.map(element).join(',')}}`;
}

function element(value: Value): string {
  if (value === null) return 'NULL';
  return typeof value === 'string' ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : String(value);
}

/** A column of rows: `type` is the PostgreSQL type of its elements; `hex` is bytes, as text in hex. */
export interface Column {
  type: 'uuid' | 'integer' | 'bigint' | 'numeric' | 'boolean' | 'text' | 'hex';
  values: readonly Value[];
}

/** A list of equally long columns as rows: `unnest(a, b, ...)`. A column of type `hex` arrives as text. */
export function unnest(columns: readonly Column[]) {
  return sql`unnest(${sql.join(columns.map(({ type, values }) => sql`${columnText(type, values)}::${sql.raw(type === 'hex' ? 'text' : type)}[]`))})`;
}

/** Only free text can hold what an array's text needs to quote. */
function columnText(type: Column['type'], values: readonly Value[]): string {
  return type === 'text' ? arrayText(values) : `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}
