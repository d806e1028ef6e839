import { sql } from 'kysely';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { createBlake3 } from '../../clients/sdk/digests/blake3.ts';
import { BackupError, columnsOf, type Column, damaged, FORMAT, PAGE, quiet, schemaOf, TABLES, VERSION, type RowCounts, type TableName } from './backup-format.ts';
import { transaction, type Database, type Tx } from './database.ts';

/** Characters of rows that are held at once, and in a line: a row is a document at most. */
const BATCH_LENGTH = 4_194_304;
const MAX_LINE = 67_108_864;

/**
 * Restores a backup into a migrated database that holds nothing, in one transaction: when it fails, the database is as empty as
 * before. The log gets a new epoch, so that cursors into a future that is lost are void.
 * @throws BackupError for a database that is not empty, and a backup of another schema, cut off or altered
 */
export async function restoreBackup(db: Database, stream: Readable): Promise<RowCounts> {
  quiet(stream);
  try {
    return await transaction(db, (tx) => restoreIn(tx, stream), 1);
  } catch (error) {
    stream.destroy();
    throw isDamage(error) ? damaged(error) : error;
  }
}

async function restoreIn(tx: Tx, stream: Readable): Promise<RowCounts> {
  const schema = await assertEmpty(tx);
  const restoring = new Restoring(tx, schema);
  try {
    for await (const lines of linesOf(unpacked(stream))) for (const line of lines) await restoring.take(line);
    const counts = restoring.finish();
    for (const table of TABLES) await continueIdentity(tx, table);
    await sql`update head set epoch = gen_random_uuid()`.execute(tx);
    await sql`analyze`.execute(tx);
    return counts;
  } finally {
    restoring.dispose();
  }
}

/** Locks the head first: a hub that starts meanwhile waits, and then finds that it is not the first. */
async function assertEmpty(tx: Tx): Promise<string> {
  const schema = await schemaOf(tx);
  if (schema === undefined) throw new BackupError('the database is not prepared: migrate it before restoring a backup');
  const head = await tx.selectFrom('head').select(['position', 'audit_entries']).forUpdate().executeTakeFirstOrThrow();
  if (head.position > 0 || head.audit_entries > 0 || (await holdsRows(tx))) throw new BackupError('the database holds data: a backup is restored into an empty one only');
  return schema;
}

async function holdsRows(tx: Tx): Promise<boolean> {
  const found = TABLES.filter((table) => table !== 'head').map((table) => sql`exists (select from ${sql.table(table)})`);
  const { rows } = await sql<{ filled: boolean }>`select ${sql.join(found, sql` or `)} as filled`.execute(tx);
  return rows[0]!.filled;
}

/** Not by `pipeline`: it goes on, and fails with an error of its own, when its last step has failed. */
function unpacked(stream: Readable): AsyncIterable<Buffer> {
  if (stream.errored) throw stream.errored;
  const gunzip = createGunzip();
  stream.on('error', (error) => gunzip.destroy(error));
  return stream.pipe(gunzip);
}

/** Not by readline: it takes more characters than the newline for the end of a line. */
async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    if (rest.length > MAX_LINE) throw damaged();
    yield lines;
  }
  if (rest !== '') throw damaged();
}

/** Takes the lines of a backup one by one and writes its rows in batches. */
class Restoring {
  readonly #tx: Tx;
  readonly #schema: string;
  readonly #hash = createBlake3();
  readonly #counts: RowCounts = {};
  #stage: 'header' | 'rows' | 'ended' = 'header';
  #table: { name: TableName; columns: Column[] } | undefined;
  #batch: string[] = [];
  #length = 0;

  constructor(tx: Tx, schema: string) {
    this.#tx = tx;
    this.#schema = schema;
  }

  /** Most lines are rows and only wait for their batch, without being read. No column at a table's start is called as these keys. */
  async take(line: string): Promise<void> {
    if (this.#stage === 'ended') throw damaged();
    if (this.#stage === 'header') {
      this.#begin(line);
      return;
    }
    if (line.startsWith('{"table":')) return this.#next(line);
    if (line.startsWith('{"end":')) return this.#end(line);
    this.#batch.push(line);
    this.#length += line.length;
    if (this.#batch.length >= PAGE || this.#length >= BATCH_LENGTH) await this.#flush();
  }

  /** The rows by table. @throws BackupError when the closing line has not come */
  finish(): RowCounts {
    if (this.#stage !== 'ended') throw damaged();
    return this.#counts;
  }

  dispose(): void {
    this.#hash.dispose();
  }

  #begin(line: string): void {
    const header = read(line);
    if (header['format'] !== FORMAT) throw new BackupError('this is not a backup of a hub');
    if (header['version'] !== VERSION) throw new BackupError('the backup is of a newer version of Tocsin than this one');
    if (header['schema'] !== this.#schema) throw new BackupError(`the backup has the schema ${String(header['schema'])}, this version of Tocsin ${this.#schema}: restore it with the version that made it, then update`);
    this.#hash.update(`${line}\n`);
    this.#stage = 'rows';
  }

  async #next(line: string): Promise<void> {
    await this.#flush();
    const next = TABLES[Object.keys(this.#counts).length];
    if (next === undefined || read(line)['table'] !== next) throw damaged();
    this.#hash.update(`${line}\n`);
    this.#table = { name: next, columns: await columnsOf(this.#tx, next) };
    this.#counts[next] = 0;
  }

  async #end(line: string): Promise<void> {
    await this.#flush();
    const stated = read(line)['end'] as { rows?: unknown; blake3?: unknown };
    const same = JSON.stringify(stated.rows) === JSON.stringify(this.#counts) && stated.blake3 === this.#hash.digest().toString('hex');
    if (!same || Object.keys(this.#counts).length !== TABLES.length) throw damaged();
    this.#stage = 'ended';
  }

  async #flush(): Promise<void> {
    if (this.#batch.length === 0) return;
    const [table, batch] = [this.#table, this.#batch];
    if (table === undefined) throw damaged();
    this.#batch = [];
    this.#length = 0;
    this.#hash.update(`${batch.join('\n')}\n`);
    if ((await writeRows(this.#tx, table.name, table.columns, `[${batch.join(',')}]`)) !== batch.length) throw damaged();
    this.#counts[table.name]! += batch.length;
  }
}

/** Writes rows, given as the text of a JSON array; the head is there already. @returns how many */
async function writeRows(tx: Tx, table: TableName, columns: readonly Column[], rows: string): Promise<number> {
  const names = sql.join(columns.map(({ name }) => sql.ref(name)));
  const values = sql.join(columns.map(({ name, required_json }) => (required_json ? sql`coalesce(${sql.ref(name)}, 'null'::jsonb)` : sql.ref(name))));
  const select = sql`select ${values} from json_populate_recordset(null::${sql.table(table)}, ${rows}::text::json)`;
  const write = table === 'head' ? sql`update head set (${names}) = (${select})` : sql`insert into ${sql.table(table)} (${names}) overriding system value ${select}`;
  const { numAffectedRows } = await write.execute(tx);
  return Number(numAffectedRows);
}

/** New rows get ids after the restored ones. */
async function continueIdentity(tx: Tx, table: TableName): Promise<void> {
  for (const { name } of (await columnsOf(tx, table)).filter(({ identity }) => identity)) {
    await sql`select setval(pg_get_serial_sequence(${table}, ${name}), coalesce(max(${sql.ref(name)}), 0) + 1, false) from ${sql.table(table)}`.execute(tx);
  }
}

function read(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch (error) {
    throw damaged(error);
  }
}

/** What the unpacking, and the database's reading of rows, say about a backup that is not as it was written. */
function isDamage(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(Z_|ERR_ENCODING|2[123]...$)/.test(code);
}
