import { sql } from 'kysely';
import { existsSync } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { createBlake3 } from '../../clients/sdk/digests/blake3.ts';
import { BackupError, columnsOf, FORMAT, PAGE, quiet, schemaOf, TABLES, VERSION, type RowCounts, type TableName } from './backup-format.ts';
import { openDatabase, snapshot, type Database, type Home, type OpenDatabase, type Tx } from './database.ts';
import { FolderInUse } from './folder-lock.ts';
import { migrate } from './migrate.ts';
import { restoreBackup } from './restore.ts';

export { BackupError, restoreBackup, type RowCounts };

/**
 * Writes everything that a database holds, as of one instant, to a stream, which is ended. Writers may be at work meanwhile.
 *
 * The format is the same for both homes: gzip'd lines of JSON. A header `{format, version, schema, created_at}`; for each table a
 * line `{table}` and its rows; at last `{end: {rows, blake3}}` with the number of rows by table and the BLAKE3 of all lines before.
 * The hash shows damage, not malice: keep backups where nobody can write.
 *
 * A backup holds the members' signals but no usable secret: private keys are sealed, and client secrets hashed, under the hub's
 * master secret. TOCSIN_SECRET, or the file `secret` of the data folder, must be kept apart: without it a backup opens no key.
 */
export async function writeBackup(db: Database, stream: Writable): Promise<RowCounts> {
  quiet(stream);
  const counts: RowCounts = {};
  await snapshot(db, (tx) => pipeline(Readable.from(backupText(tx, counts)), createGzip(), stream));
  return counts;
}

async function* backupText(tx: Tx, counts: RowCounts): AsyncGenerator<string> {
  const hash = createBlake3();
  try {
    for await (const text of tableText(tx, counts)) {
      hash.update(text);
      yield text;
    }
    yield `${JSON.stringify({ end: { rows: counts, blake3: hash.digest().toString('hex') } })}\n`;
  } finally {
    hash.dispose();
  }
}

async function* tableText(tx: Tx, counts: RowCounts): AsyncGenerator<string> {
  yield `${JSON.stringify({ format: FORMAT, version: VERSION, schema: await schemaOf(tx), created_at: new Date().toISOString() })}\n`;
  for (const table of TABLES) {
    counts[table] = 0;
    yield `${JSON.stringify({ table })}\n`;
    for await (const rows of pagesOf(tx, table)) {
      counts[table] += rows.length;
      yield `${rows.join('\n')}\n`;
    }
  }
}

/** PostgreSQL writes the rows as JSON itself, and reads them again: no number or text is changed by passing through here. */
async function* pagesOf(tx: Tx, table: TableName): AsyncGenerator<string[]> {
  const names = sql.join((await columnsOf(tx, table)).map(({ name }) => sql.ref(name)));
  await sql`declare backup_rows no scroll cursor for select row_to_json(t)::text as row from (select ${names} from ${sql.table(table)}) t`.execute(tx);
  for (;;) {
    const { rows } = await sql<{ row: string }>`fetch ${sql.lit(PAGE)} from backup_rows`.execute(tx);
    if (rows.length === 0) break;
    yield rows.map(({ row }) => row);
  }
  await sql`close backup_rows`.execute(tx);
}

/**
 * Writes a backup of a home. An embedded hub must be stopped for it, since its folder serves one process; a hub on PostgreSQL
 * may run.
 * @throws BackupError where there is nothing to back up, or the folder is in use
 */
export async function backupHome(home: Home, stream: Writable): Promise<RowCounts> {
  if (home.kind === 'embedded' && !existsSync(`${home.folder}/pgdata`)) throw new BackupError(`the folder ${home.folder} holds no data of a hub`);
  quiet(stream);
  return withHome(home, (db) => writeBackup(db, stream));
}

/**
 * Restores a backup into a home, which is made and migrated where it does not exist yet.
 * @throws BackupError as `restoreBackup` does, and where the folder is in use
 */
export async function restoreHome(home: Home, stream: Readable): Promise<RowCounts> {
  quiet(stream);
  return withHome(home, async (db) => {
    await migrate(db);
    return restoreBackup(db, stream);
  });
}

async function withHome<T>(home: Home, work: (db: Database) => Promise<T>): Promise<T> {
  const opened = await openStopped(home);
  try {
    return await work(opened.db);
  } finally {
    await opened.close();
  }
}

async function openStopped(home: Home): Promise<OpenDatabase> {
  try {
    return await openDatabase(home);
  } catch (error) {
    if (error instanceof FolderInUse) throw new BackupError(`${error.message}: stop it first`, { cause: error });
    throw error;
  }
}
