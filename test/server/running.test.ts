import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get, request } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import t, { type Test } from 'tap';
import { systemClock } from '../../server/clock.ts';
import { readConfig } from '../../server/config.ts';
import { lockFolder } from '../../server/db/folder-lock.ts';
import { startHub } from '../../server/main.ts';
import { Api, problemOf } from '../support/api.ts';
import { apiOf, freshDatabase, printed, spawnHub, startHubProcess, statusOf } from '../support/process.ts';

t.setTimeout(300_000);

const base = mkdtempSync(join(tmpdir(), 'tocsin-running-'));
t.teardown(() => rmSync(base, { recursive: true, force: true }));
/** The data of one hub, which the first tests start again and again. */
const folder = join(base, 'data');
let operator: { client_id: string; client_secret: string };

t.test('the first start prints the operator’s secret, once', async (t) => {
  const hub = await startHubProcess(t, { TOCSIN_DATA: folder });
  operator = hub.firstClient!;
  t.equal(operator.client_id, 'hub.operator');
  t.match(hub.stdout, /This hub is new\. Keep the credentials/);
  t.equal((await apiOf(hub).get('/v1/members')).status, 200, 'and it works');
  t.notMatch(hub.stderr, operator.client_secret, 'it is not in the log');
  t.strictSame(await hub.end('SIGTERM'), { code: 0, signal: null });
  t.notOk(existsSync(join(folder, 'tocsin.lock')), 'the lock is given back');

  const again = await startHubProcess(t, { TOCSIN_DATA: folder });
  t.equal(again.firstClient, undefined);
  t.match(again.stdout, /^Tocsin listens on http:\/\/127\.0\.0\.1:\d+\n$/, 'nothing but the address');
  t.equal((await apiOf(again, operator).get('/v1/members')).status, 200, 'it still works');
  t.strictSame(await again.end('SIGINT'), { code: 0, signal: null });
});

t.test('a first start that fails does not swallow the secret', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { settings } = await freshDatabase(t);
  const refused = spawnHub(t, { ...settings, TOCSIN_PORT: String((other.address() as AddressInfo).port) });
  t.strictSame(await refused.exit, { code: 1, signal: null });
  t.match(refused.stderr, /cannot start: listen EADDRINUSE/);
  t.equal(refused.stdout, '');
  other.close();
  t.ok((await startHubProcess(t, settings)).firstClient);
});

t.test('a data folder serves one process', async (t) => {
  const first = await startHubProcess(t, { TOCSIN_DATA: folder });

  t.test('a second one is refused, and told by whom', async (t) => {
    const second = spawnHub(t, { TOCSIN_DATA: folder });
    t.strictSame(await second.exit, { code: 1, signal: null });
    t.match(second.stderr, new RegExp(`in use by process ${first.pid};`));
    t.equal(await statusOf(`${first.url}/health/ready`), 200, 'the first goes on');
  });

  t.test('the lock of a process that was killed is taken over, and nothing written is lost', async (t) => {
    const { status } = await apiOf(first, operator).post('/v1/members', { id: 'northstar', title: 'Northstar', kind: 'platform' });
    t.equal(status, 201);
    await first.end('SIGKILL');
    t.ok(existsSync(join(folder, 'tocsin.lock')));
    const heir = await startHubProcess(t, { TOCSIN_DATA: folder });
    t.equal((await apiOf(heir, operator).get('/v1/members/northstar')).status, 200);
    await heir.end('SIGTERM');
  });
});

t.test('a lock names a process by its start as well', async (t) => {
  const folder = join(base, 'lock');
  const unlock = lockFolder(folder);
  const lock = join(folder, 'tocsin.lock');
  const mine = readFileSync(lock, 'utf8');
  t.match(mine, new RegExp(`^${process.pid} `));
  t.throws(() => lockFolder(folder), { message: `in use by process ${process.pid}` });
  unlock();
  writeFileSync(lock, `${process.pid} 1`);
  lockFolder(folder)();
  t.notOk(existsSync(lock), 'a process id that is used again does not hold it');
  for (const nonsense of ['x y', '-1 5', '0 ']) {
    writeFileSync(lock, nonsense);
    t.doesNotThrow(() => lockFolder(folder)(), `holder ${JSON.stringify(nonsense)}`);
  }
});

/** Makes changes of the world wait, and nothing that a hub does of its own accord: that takes only the head's row. */
const HOLD = 'lock table world_entry in share mode';

t.test('a hub that is stopped finishes what it is doing', async (t) => {
  const { settings, client } = await freshDatabase(t);
  const hub = await startHubProcess(t, settings);
  const api = apiOf(hub);
  await api.token();
  await client.query('begin');
  await client.query(HOLD);
  const answer = api.post('/v1/members', { id: 'northstar', title: 'Northstar', kind: 'platform' });
  await waiting(client);
  hub.kill('SIGTERM');
  await printed(hub, /"msg":"stopping"/, 'stderr');
  await t.rejects(untilRefused(`${hub.url}/health/live`), 'no new connection is accepted');
  await client.query('commit');
  t.equal((await answer).status, 201);
  t.strictSame(await hub.exit, { code: 0, signal: null });
  t.equal((await client.query(`select from pg_stat_activity where application_name = 'tocsin' and datname = current_database()`)).rowCount, 0);

  t.test('unless it is told twice', async (t) => {
    const again = await startHubProcess(t, settings);
    const credentials = hub.firstClient;
    const impatient = apiOf(again, credentials);
    await impatient.token();
    await client.query('begin');
    await client.query(HOLD);
    const cut = t.rejects(impatient.post('/v1/members', { id: 'never', title: 'Never', kind: 'platform' }));
    await waiting(client);
    again.kill('SIGTERM');
    await printed(again, /"msg":"stopping"/, 'stderr');
    t.strictSame(await again.end('SIGTERM'), { code: 143, signal: null });
    await cut;
    await client.query('rollback');
  });
});

t.test('a write whose connection to the database breaks is to be tried again', async (t) => {
  const { settings, client } = await freshDatabase(t);
  const { address, reset } = await betweenThem(t, settings.DATABASE_URL);
  const hub = await startHubProcess(t, { ...settings, DATABASE_URL: address });
  const api = apiOf(hub);
  await api.token();
  await client.query('begin');
  await client.query(HOLD);
  const answer = api.post('/v1/members', { id: 'northstar', title: 'Northstar', kind: 'platform' });
  await waiting(client);
  reset();
  t.same(problemOf(await answer), ['503 not-ready']);
  await client.query('rollback');
  t.equal((await api.post('/v1/members', { id: 'northstar', title: 'Northstar', kind: 'platform' })).status, 201);
  await hub.end('SIGTERM');
  t.notMatch(hub.stderr, '"level":50', 'nothing is wrong with the hub');
});

/** A way to the database that can be cut as a crash of its machine cuts it. */
async function betweenThem(t: Test, database: string): Promise<{ address: string; reset: () => void }> {
  const { hostname, port } = new URL(database);
  const sockets = new Set<Socket>();
  const server = createServer((incoming) => {
    const outgoing = connect(Number(port), hostname);
    sockets.add(incoming);
    incoming.on('error', () => undefined).on('close', () => outgoing.destroy()).pipe(outgoing);
    outgoing.on('error', () => undefined).on('close', () => incoming.destroy()).pipe(incoming);
  });
  const reset = (): void => sockets.forEach((socket) => void socket.resetAndDestroy());
  t.teardown(() => {
    server.close();
    reset();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = new URL(database);
  address.port = String((server.address() as AddressInfo).port);
  return { address: address.href, reset };
}

/** Until a request of the hub waits for what HOLD holds. */
async function waiting(client: pg.Client): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query(`select from pg_stat_activity where application_name = 'tocsin' and wait_event_type = 'Lock' and wait_event = 'relation' and datname = current_database()`);
    if (rowCount) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function untilRefused(url: string): Promise<void> {
  for (let n = 0; n < 200; n += 1) {
    await new Promise((resolve, reject) => get(url, { agent: false }, (response) => response.resume().on('end', resolve)).on('error', reject));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

t.test('an open stream does not keep a hub from stopping', async (t) => {
  const { settings } = await freshDatabase(t);
  const config = readConfig({ ...settings, TOCSIN_PORT: '0', TOCSIN_LOG_LEVEL: 'silent' });
  const hub = await startHub(config, { grace: 300 });
  const token = await new Api(hub.url, systemClock, hub.firstClient!).token();
  const stream = request(`${hub.url}/v1/signals`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' } });
  const cut = once(stream.on('error', () => undefined), 'close');
  stream.on('response', (response) => response.on('error', () => undefined).resume());
  stream.write('{}\n');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const from = Date.now();
  await Promise.all([hub.stop(), hub.stop()]);
  t.ok(Date.now() - from < 30_000);
  await cut;
  await t.rejects(hub.hub.db.selectFrom('head').selectAll().execute(), 'the database is closed');
});

t.test('four processes prepare one database at once', async (t) => {
  const { settings, client } = await freshDatabase(t);
  const hubs = await Promise.all([1, 2, 3, 4].map(() => startHubProcess(t, { ...settings, TOCSIN_PUBLIC_URL: 'http://hub.test' })));
  const firsts = hubs.flatMap((hub) => hub.firstClient ?? []);
  t.equal(firsts.length, 1, 'one of them is the first');
  t.equal((await client.query(`select from world_entry where kind = 'member'`)).rowCount, 1);
  const token = await apiOf(hubs[0]!, firsts[0]).token();
  for (const hub of hubs) {
    const response = await fetch(`${hub.url}/v1/members`, { headers: { authorization: `Bearer ${token}` } });
    t.equal(response.status, 200, 'a token of one is good for all');
  }
  t.strictSame(await Promise.all(hubs.map((hub) => hub.end('SIGTERM'))), hubs.map(() => ({ code: 0, signal: null })));
});
