import { sql } from 'kysely';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { verifyAudit } from '../../server/audit/log.ts';
import { systemClock } from '../../server/clock.ts';
import { backupHome, BackupError, restoreBackup, restoreHome, writeBackup } from '../../server/db/backup.ts';
import { TABLES } from '../../server/db/backup-format.ts';
import { openDatabase, type Database } from '../../server/db/database.ts';
import { WorldStore } from '../../server/world/store.ts';
import { homes, openTestDatabase, type HomeName } from '../support/hub.ts';

t.setTimeout(180_000);

const AWKWARD = 'ends here?\u2028no \u0085 "quoted" \\n back\\slash\ttab 漢字 🙂';
const actor = { member: 'hub', client: 'hub.operator' };

/** A database that is closed at the end of the test. */
async function open(t: Test, home: HomeName): Promise<Database> {
  const opened = await openTestDatabase(home);
  t.teardown(() => opened.close());
  return opened.db;
}

function group(worlds: WorldStore, id: string, title = id): Promise<void> {
  return worlds.change(actor, () => ({ entries: [{ kind: 'group', subject: id, doc: { id, title, members: [] } }], deeds: [{ action: 'put-group', subject: id, detail: { title } }], result: undefined }));
}

/** Inserts a row; a column that takes no null and is not given gets a value of its type, so that new columns do not matter here. */
async function insert(db: Database, table: string, row: object): Promise<void> {
  const { rows: columns } = await sql<{ name: string; type: string; needed: boolean }>`
    select column_name as name, data_type as type, is_nullable = 'NO' and column_default is null and is_identity = 'NO' as needed
    from information_schema.columns where table_name = ${table} and table_schema = 'public' and is_generated = 'NEVER'`.execute(db);
  const anything: Record<string, unknown> = { text: 'x', boolean: false, jsonb: {}, bytea: '\\x00' };
  const filled = { ...Object.fromEntries(columns.filter(({ needed }) => needed).map(({ name, type }) => [name, anything[type] ?? 1])), ...row };
  const names = sql.join(Object.keys(filled).map((name) => sql.ref(name)));
  await sql`insert into ${sql.table(table)} (${names}) select ${names} from json_populate_record(null::${sql.table(table)}, ${JSON.stringify(filled)}::text::json)`.execute(db);
}

/** Puts something into every table, with values that are easily damaged on the way. */
async function fill(db: Database): Promise<void> {
  await group(new WorldStore(db, systemClock), 'awkward', AWKWARD);
  const [a, b, bytes] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222', '\\x00ff5c6e0a22'];
  await insert(db, 'policy_version', { id: 'hub/charter', doc: { b: 1, a: 0.1 } });
  await sql`update policy_version set created_at = 9007199254740993, doc = doc || '{"c": 1e400, "d": 0.10}'`.execute(db);
  await sql`insert into visibility_class (id, origin, key, doc) select n, n % 7, decode(lpad(to_hex(n), 8, '0'), 'hex'), '{}' from generate_series(1, 1234) n`.execute(db);
  await insert(db, 'indicator', { id: a, digest: bytes });
  await insert(db, 'signal', { id: b, class_id: 1234, active: true, reference: 'r', content_hash: bytes, content: { note: 'x'.repeat(300_000) } });
  await insert(db, 'signal_indicator', { indicator_id: a, signal_id: b });
  await insert(db, 'change_log', { signal_id: b });
  await insert(db, 'batch', { id: a });
  await insert(db, 'batch_range', { batch_id: a });
  await insert(db, 'sync_seen', { batch_id: a, signal_id: b });
  for (const table of ['usage', 'class_sum', 'measuring']) await insert(db, table, {});
  for (const table of ['judgement', 'dispute_answer', 'measured_signal']) await insert(db, table, { signal_id: b });
  for (const viewer of [1, 2, 3]) await insert(db, 'disclosure', { viewer, signal_id: b });
  await insert(db, 'report', { id: a });
  await insert(db, 'report_version', { report_id: a, content: { title: AWKWARD }, reviews: [] });
  await insert(db, 'report_part', { report_id: a, class_id: 1234, title_class: 1234, text: AWKWARD });
  await insert(db, 'report_link', { report_id: a, target: b });
  await insert(db, 'report_disclosure', { report_id: a, places: [0, 2] });
  await insert(db, 'pull', { feed: 'all' });
  await sql`update pull set state_from = 'null'`.execute(db);
  await insert(db, 'assertion', { client: 'c', jti: 'j' });
  await insert(db, 'contact', { owner: 'northstar', name: 'desk', doc: { title: AWKWARD } });
  for (const table of ['referral', 'hold']) await insert(db, table, { id: a });
  await insert(db, 'referral_object', { referral_id: a, signal_id: b, hash: bytes });
  await insert(db, 'referral_report', { referral_id: a, report_id: b, hash: bytes });
  for (const table of ['referral_event', 'referral_copy']) await insert(db, table, { referral_id: a });
  await insert(db, 'emergency', { id: a, content: { text: AWKWARD } });
  await insert(db, 'emergency_event', { emergency_id: a });
  await insert(db, 'hold_signal', { hold_id: a, signal_id: b });
  await insert(db, 'hold_report', { hold_id: a, report_id: b });
  for (const table of ['trend_week', 'trend_cell']) await insert(db, table, {});
  await insert(db, 'trend_overlap', { shares: [3, 1] });
  await insert(db, 'message', { id: a, content: { text: AWKWARD } });
  await insert(db, 'message_disclosure', { message_id: a });
  await insert(db, 'topic', { id: a });
  await insert(db, 'topic_item', { topic_id: a });
}

/**
 * Every row of every table as text, in an order of its own. Left out are the epoch, and generated columns: versions of PostgreSQL
 * read awkward words of a text differently.
 */
async function contents(db: Database): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const table of TABLES) {
    const { rows: columns } = await sql<{ name: string }>`select column_name as name from information_schema.columns
      where table_name = ${table} and table_schema = 'public' and is_generated = 'NEVER' order by ordinal_position`.execute(db);
    const { rows } = await sql<{ row: string }>`select row_to_json(t)::text as row from (select ${sql.join(columns.map(({ name }) => sql.ref(name)))} from ${sql.table(table)}) t`.execute(db);
    all[table] = rows.map(({ row }) => row.replace(/"epoch":"[0-9a-f-]*"/, '')).sort();
  }
  return all;
}

async function backup(db: Database): Promise<Buffer> {
  const stream = new PassThrough();
  const [chunks] = await Promise.all([stream.toArray(), writeBackup(db, stream)]);
  return Buffer.concat(chunks as Buffer[]);
}

const epochOf = async (db: Database): Promise<string> => (await db.selectFrom('head').select('epoch').executeTakeFirstOrThrow()).epoch;

for (const from of homes) {
  for (const to of homes) {
    t.test(`from ${from} to ${to}, everything comes back`, async (t) => {
      const [source, target] = [await open(t, from), await open(t, to)];
      await fill(source);
      const file = await backup(source);
      const counts = await restoreBackup(target, Readable.from([file]));
      const written = await contents(source);
      t.strictSame(TABLES.filter((table) => written[table]!.length === 0), [], 'no table is empty');
      t.strictSame(await contents(target), written);
      t.equal(counts['visibility_class'], 1234);
      t.equal((await verifyAudit(target)).broken, undefined);
      t.not(await epochOf(target), await epochOf(source), 'a new epoch voids the cursors of the lost future');

      await sql`insert into disclosure (at, viewer, signal_id, version, world) values (1, 1, gen_random_uuid(), 1, 1)`.execute(target);
      const { rows } = await sql<{ id: number }>`select max(id) as id from disclosure`.execute(target);
      t.equal(rows[0]?.id, 4, 'ids go on where they were');
      await group(new WorldStore(target, systemClock), 'later');
      await t.rejects(sql`update world_entry set at = 0`.execute(target), /append-only/);

      const again = await backup(target);
      t.match(gunzipSync(again).toString().split('\n')[0], /"format":"tocsin-backup","version":1,"schema":"\d{4}-[a-z0-9-]+"/);
    });
  }
}

for (const home of homes) {
  t.test(`${home}: a database that holds anything is left alone`, async (t) => {
    const db = await open(t, home);
    const empty = await backup(db);
    await group(new WorldStore(db, systemClock), 'one');
    const before = await contents(db);
    await t.rejects(restoreBackup(db, Readable.from([empty])), { message: /holds data/ });
    t.strictSame(await contents(db), before);
  });

  t.test(`${home}: a file that was cut off or altered is refused, and leaves nothing`, async (t) => {
    const [source, target] = [await open(t, home), await open(t, home)];
    await fill(source);
    const file = await backup(source);
    const before = [await contents(target), await epochOf(target)];
    for (const [what, bad] of damagedFiles(file)) {
      await t.rejects(restoreBackup(target, Readable.from([bad])), new BackupError('the backup is cut off or was altered'), what);
    }
    const other = changed(file, (lines) => lines.with(0, lines[0]!.replace(/"schema":"[^"]*"/, '"schema":"0009-later"')));
    await t.rejects(restoreBackup(target, Readable.from([other])), { message: /the schema 0009-later/ });
    await t.rejects(restoreBackup(target, Readable.from([gzipSync('{"format":"other"}\n')])), { message: /not a backup/ });
    await t.rejects(restoreBackup(target, new Readable({ read() { this.destroy(new Error('the disk failed')); } })), { message: 'the disk failed' });
    t.strictSame([await contents(target), await epochOf(target)], before);
    await restoreBackup(target, Readable.from([file]));
    t.strictSame(await contents(target), await contents(source), 'the unharmed file can still be restored');
  });

  t.test(`${home}: a failing stream ends the backup`, async (t) => {
    const db = await open(t, home);
    await fill(db);
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('the disk is full')) });
    await t.rejects(writeBackup(db, full), { message: 'the disk is full' });
    t.ok(await epochOf(db), 'and the connection can be used again');
  });
}

function changed(file: Buffer, change: (lines: string[]) => string[]): Buffer {
  return gzipSync(change(gunzipSync(file).toString().split('\n')).join('\n'));
}

function* damagedFiles(file: Buffer): Generator<[string, Buffer]> {
  yield ['empty', Buffer.alloc(0)];
  yield ['not gzip', Buffer.from('hello')];
  for (const share of [0.1, 0.5, 0.9]) yield [`cut at ${share}`, file.subarray(0, Math.floor(file.length * share))];
  yield ['cut by a byte', file.subarray(0, -1)];
  yield ['a bit flipped', Buffer.concat([file.subarray(0, 2000), Buffer.from([file[2000]! ^ 1]), file.subarray(2001)])];
  yield ['without its last line', changed(file, (lines) => [...lines.slice(0, -2), ''])];
  yield ['without its last newline', changed(file, (lines) => lines.slice(0, -1))];
  yield ['with a line behind the last', changed(file, (lines) => [...lines.slice(0, -1), '{"table":"head"}', ''])];
  yield ['a row more', changed(file, (lines) => lines.toSpliced(4, 0, lines[4]!.replace('"position":1', '"position":7')))];
  yield ['a row less', changed(file, (lines) => lines.filter((line) => !line.startsWith('{"client":"c"')))];
  yield ['a row twice', changed(file, (lines) => lines.toSpliced(4, 0, lines[4]!))];
  yield ['two rows in a line', changed(file, (lines) => lines.with(4, `${lines[4]},${lines[4]!.replace('"position":1', '"position":7')}`))];
  yield ['a value changed', changed(file, (lines) => lines.map((line) => line.replace('"jti":"j"', '"jti":"k"')))];
  yield ['a row that is not JSON', changed(file, (lines) => lines.toSpliced(4, 0, 'x'))];
  yield ['a table unknown', changed(file, (lines) => lines.map((line) => line.replace('{"table":"audit"}', '{"table":"kysely_migration"}')))];
  yield ['a table missing', changed(file, (lines) => lines.filter((line) => line !== '{"table":"sync_seen"}'))];
  yield ['a row before the tables', changed(file, (lines) => lines.toSpliced(1, 0, '{"a":1}'))];
  yield ['two heads', changed(file, (lines) => lines.toSpliced(2, 0, lines[2]!))];
  yield ['no head', changed(file, (lines) => lines.toSpliced(2, 1))];
}

t.test('every table of the schema is in the backup', async (t) => {
  const db = await open(t, 'embedded');
  const { rows } = await sql<{ name: string }>`select table_name as name from information_schema.tables where table_schema = 'public' and table_name not like 'kysely%'`.execute(db);
  t.strictSame(rows.map(({ name }) => name).sort(), TABLES.toSorted());
});

t.test('a backup beside writers is of one instant', async (t) => {
  const [source, target] = [await open(t, 'postgres'), await open(t, 'postgres')];
  await fill(source);
  const worlds = new WorldStore(source, systemClock);
  let writing = true;
  const writers = [0, 1, 2].map(async (writer) => {
    for (let n = 0; writing; n += 1) await group(worlds, `group-${writer}-${n}`);
    return writer;
  });
  const chunks: Buffer[] = [];
  const slow = new Writable({ highWaterMark: 1, write: (chunk: Buffer, _encoding, done) => setTimeout(() => done(void chunks.push(chunk)), 300) });
  await new Promise((resolve) => setTimeout(resolve, 100));
  await writeBackup(source, slow);
  writing = false;
  t.equal((await Promise.all(writers)).length, 3);
  await restoreBackup(target, Readable.from(chunks));
  const [then, now] = [await headOf(target), await headOf(source)];
  t.ok(then.position < now.position && then.position > 1, 'in the middle of the writing');
  t.strictSame([then.position, then.entries, then.audit], [then.world, then.head, then.head]);
  t.strictSame(await verifyAudit(target), { entries: then.head });
});

interface Counts {
  position: number;
  world: number;
  head: number;
  entries: number;
  audit: number;
}

async function headOf(db: Database): Promise<Counts> {
  const { rows } = await sql<Counts>`select position, world, audit_entries as head, (select count(*) from world_entry) as entries, (select count(*) from audit) as audit from head`.execute(db);
  return rows[0]!;
}

t.test('folders: a hub that runs, a folder without data, a new folder', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-backup-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [old, fresh] = [{ kind: 'embedded', folder: join(folder, 'old') }, { kind: 'embedded', folder: join(folder, 'new') }] as const;
  await t.rejects(backupHome(old, new PassThrough()), { message: /holds no data/ });

  await restoreHome(old, Readable.from([await backup(await open(t, 'postgres'))]));
  const running = await openDatabase(old);
  await group(new WorldStore(running.db, systemClock), 'kept');
  await t.rejects(backupHome(old, new PassThrough()), { message: new RegExp(`in use by process ${process.pid}.*stop it first`) });
  await t.rejects(restoreHome(old, Readable.from([])), { message: /stop it first/ });
  await running.close();

  const file = new PassThrough();
  const [chunks, counts] = await Promise.all([file.toArray(), backupHome(old, file)]);
  t.equal(counts['world_entry'], 1);
  await t.rejects(restoreHome(fresh, createReadStream(join(folder, 'missing'))), { code: 'ENOENT' });
  t.strictSame(await restoreHome(fresh, Readable.from(chunks)), counts);
  await t.rejects(restoreHome(fresh, createReadStream(join(folder, 'missing'))), { message: /holds data/ });
  await t.rejects(backupHome(fresh, createWriteStream(join(folder, 'no', 'such'))), { code: 'ENOENT' });
});

t.test('a database without a schema is not restored into', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-backup-'));
  const opened = await openDatabase({ kind: 'embedded', folder });
  t.teardown(() => opened.close().then(() => rmSync(folder, { recursive: true, force: true })));
  await t.rejects(restoreBackup(opened.db, Readable.from([])), { message: /migrate it/ });
});
