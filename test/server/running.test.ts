import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get as getPlain, request } from 'node:http';
import { get as getSecure } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import t, { type Test } from 'tap';
import type { ClientView, DigestKeyList, Token } from '../../schemas/types.ts';
import { systemClock } from '../../server/clock.ts';
import { ConfigError, readConfig } from '../../server/config.ts';
import { FolderInUse, lockFolder } from '../../server/db/folder-lock.ts';
import { startHub } from '../../server/main.ts';
import { Api, requestToken } from '../support/api.ts';
import { scratchDatabase, testDatabaseUrl } from '../support/postgres.ts';
import { printed, spawnHub, startHubProcess, type ListeningProcess } from '../support/process.ts';

t.setTimeout(600_000);

const base = mkdtempSync(join(tmpdir(), 'tocsin-running-'));
t.teardown(() => rmSync(base, { recursive: true, force: true }));
const template = join(base, 'template');
let folders = 0;

/** A copy of the data of a hub that was started once: making it anew takes seconds. */
function preparedFolder(): string {
  const folder = join(base, `data-${(folders += 1)}`);
  cpSync(template, folder, { recursive: true });
  return folder;
}

const secret = (): string => randomBytes(32).toString('base64');
const apiOf = (hub: ListeningProcess, credentials = hub.firstClient!): Api => new Api(hub.url, systemClock, credentials);

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
}

/** A new database on the tests' server, and a connection to it beside the hub's. */
async function database(t: Test): Promise<{ url: string; client: pg.Client }> {
  const { url, drop } = await scratchDatabase(await testDatabaseUrl());
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.teardown(async () => {
    await client.end();
    await drop();
  });
  return { url, client };
}

let operator: { client_id: string; client_secret: string };

t.test('the first start prints the operator’s secret, once', async (t) => {
  const hub = await startHubProcess(t, { TOCSIN_DATA: template });
  operator = hub.firstClient!;
  t.equal(operator.client_id, 'hub.operator');
  t.match(hub.stdout, /This hub is new\. Keep the credentials/);
  t.equal((await apiOf(hub).get('/v1/members')).status, 200, 'and it works');
  t.notMatch(hub.stderr, operator.client_secret, 'it is not in the log');
  t.strictSame(await hub.end('SIGTERM'), { code: 0, signal: null });
  t.notOk(existsSync(join(template, 'tocsin.lock')), 'the lock is given back');

  const again = await startHubProcess(t, { TOCSIN_DATA: template });
  t.equal(again.firstClient, undefined);
  t.match(again.stdout, /^Tocsin listens on http:\/\/127\.0\.0\.1:\d+\n$/, 'nothing but the address');
  t.equal((await apiOf(again, operator).get('/v1/members')).status, 200, 'it still works');
  t.strictSame(await again.end('SIGINT'), { code: 0, signal: null });
});

t.test('a first start that fails does not swallow the secret', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const settings = { DATABASE_URL: (await database(t)).url, TOCSIN_SECRET: secret() };
  const refused = spawnHub(t, { ...settings, TOCSIN_PORT: String((other.address() as AddressInfo).port) });
  t.strictSame(await refused.exit, { code: 1, signal: null });
  t.match(refused.stderr, /cannot start: listen EADDRINUSE/);
  t.equal(refused.stdout, '');
  other.close();
  t.ok((await startHubProcess(t, settings)).firstClient);
});

t.test('a wrong setting is named by its key, and its value is not shown', async (t) => {
  const pem = join(base, 'not.pem');
  writeFileSync(pem, 'nothing');
  const [wrong, url] = ['do-not-show-me', 'postgres://hub@db/hub'];
  const cases: [key: string, settings: Record<string, string>][] = [
    ['TOCSIN_PORT', { TOCSIN_PORT: wrong }],
    ['TOCSIN_PORT', { TOCSIN_PORT: '65536' }],
    ['TOCSIN_METRICS_PORT', { TOCSIN_METRICS_PORT: wrong }],
    ['TOCSIN_PUBLIC_URL', { TOCSIN_PUBLIC_URL: wrong }],
    ['TOCSIN_PUBLIC_URL', { TOCSIN_PUBLIC_URL: 'https://hub.example/?a=do-not-show-me' }],
    ['TOCSIN_TRUST_PROXY', { TOCSIN_TRUST_PROXY: wrong }],
    ['TOCSIN_TRUST_PROXY', { TOCSIN_TRUST_PROXY: '10.0.0.0/33' }],
    ['TOCSIN_LOG_LEVEL', { TOCSIN_LOG_LEVEL: wrong }],
    ['TOCSIN_RATE_LIMIT', { TOCSIN_RATE_LIMIT: '0' }],
    ['TOCSIN_SIGNAL_QUOTA', { TOCSIN_SIGNAL_QUOTA: wrong }],
    ['TOCSIN_CLASS_QUOTA', { TOCSIN_CLASS_QUOTA: wrong }],
    ['TOCSIN_BULK_ITEMS', { TOCSIN_BULK_ITEMS: wrong }],
    ['TOCSIN_RETENTION', { TOCSIN_RETENTION: wrong }],
    ['TOCSIN_SECRET', { TOCSIN_SECRET: wrong }],
    ['TOCSIN_SECRET', { DATABASE_URL: url }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://do-not-show-me' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://hub:do-not-show-me/#@db/hub', TOCSIN_SECRET: secret() }],
    ['TOCSIN_DATABASE_CONNECTIONS', { DATABASE_URL: url, TOCSIN_SECRET: secret(), TOCSIN_DATABASE_CONNECTIONS: '1' }],
    ['TOCSIN_TLS_CERT', { TOCSIN_TLS_KEY: pem }],
    ['TOCSIN_TLS_KEY', { TOCSIN_TLS_CERT: pem }],
    ['TOCSIN_TLS_CERT', { TOCSIN_TLS_CERT: wrong, TOCSIN_TLS_KEY: pem }],
    ['TOCSIN_TLS_KEY', { TOCSIN_TLS_CERT: pem, TOCSIN_TLS_KEY: wrong }],
    ['TOCSIN_TLS_CERT', { TOCSIN_TLS_CERT: pem, TOCSIN_TLS_KEY: pem }],
    ['TOCSIN_DATA', { TOCSIN_DATA: join(pem, 'folder') }],
  ];
  for (const [key, settings] of cases) {
    const error = thrown(() => readConfig({ TOCSIN_DATA: join(base, 'settings'), ...settings }));
    t.ok(error instanceof ConfigError && error.message.startsWith(key) && !error.message.includes(wrong), `${key}: ${String(error)}`);
  }
  const hub = spawnHub(t, { TOCSIN_DATA: join(base, 'settings'), TOCSIN_PORT: wrong });
  t.strictSame(await hub.exit, { code: 2, signal: null });
  t.match(hub.stderr, /TOCSIN_PORT must be a whole number/);
  t.notMatch(hub.stderr, wrong);
});

function thrown(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

t.test('settings that are right', async (t) => {
  const folder = join(base, 'settings');
  const config = readConfig({ TOCSIN_DATA: folder, TOCSIN_TRUST_PROXY: 'loopback, 10.0.0.0/8,::1', TOCSIN_METRICS_PORT: '9100', TOCSIN_PUBLIC_URL: 'https://hub.example/tocsin/' });
  t.match(config, { host: '127.0.0.1', port: 7700, trustProxy: 'loopback, 10.0.0.0/8,::1', metrics: { host: '127.0.0.1', port: 9100 }, publicUrl: 'https://hub.example/tocsin' });
  t.strictSame(readConfig({ TOCSIN_DATA: folder }).secret, config.secret, 'the secret is made once');
  t.equal(readConfig({ TOCSIN_DATA: folder }).metrics, undefined);
  const url = 'postgres://hub:p%2Fw@/hub?host=/run/postgresql';
  t.strictSame(readConfig({ DATABASE_URL: url, TOCSIN_SECRET: secret() }).home, { kind: 'postgres', url, connections: 10 });
});

t.test('a data folder serves one process', async (t) => {
  const folder = preparedFolder();
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
  t.ok(thrown(() => lockFolder(folder)) instanceof FolderInUse);
  unlock();
  writeFileSync(lock, `${process.pid} 1`);
  lockFolder(folder)();
  t.notOk(existsSync(lock), 'a process id that is used again does not hold it');
  for (const nonsense of ['x y', '-1 5', '0 ']) {
    writeFileSync(lock, nonsense);
    t.doesNotThrow(() => lockFolder(folder)(), `holder ${JSON.stringify(nonsense)}`);
  }
});

t.test('a hub that is stopped finishes what it is doing', async (t) => {
  const { url, client } = await database(t);
  const settings = { DATABASE_URL: url, TOCSIN_SECRET: secret() };
  const hub = await startHubProcess(t, settings);
  const api = apiOf(hub);
  await api.token();
  await client.query('begin');
  await client.query('select from head for update');
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
    await client.query('select from head for update');
    const cut = t.rejects(impatient.post('/v1/members', { id: 'never', title: 'Never', kind: 'platform' }));
    await waiting(client);
    again.kill('SIGTERM');
    await printed(again, /"msg":"stopping"/, 'stderr');
    t.strictSame(await again.end('SIGTERM'), { code: 143, signal: null });
    await cut;
    await client.query('rollback');
  });
});

/** Until a request of the hub waits for a lock. */
async function waiting(client: pg.Client): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query(`select from pg_stat_activity where application_name = 'tocsin' and wait_event_type = 'Lock' and datname = current_database()`);
    if (rowCount) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function untilRefused(url: string): Promise<void> {
  for (let n = 0; n < 200; n += 1) {
    await new Promise((resolve, reject) => getPlain(url, { agent: false }, (response) => response.resume().on('end', resolve)).on('error', reject));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

t.test('an open stream does not keep a hub from stopping', async (t) => {
  const { url } = await database(t);
  const config = readConfig({ DATABASE_URL: url, TOCSIN_SECRET: secret(), TOCSIN_PORT: '0', TOCSIN_LOG_LEVEL: 'silent' });
  const hub = await startHub(config, { grace: 300 });
  const token = await new Api(hub.url, systemClock, hub.firstClient!).token();
  const stream = request(`${hub.url}/v1/signals`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' } });
  const cut = once(stream.on('error', () => undefined), 'close');
  stream.on('response', (response) => response.on('error', () => undefined).resume());
  stream.write('{}\n');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const from = Date.now();
  await Promise.all([hub.stop(), hub.stop()]);
  t.ok(Date.now() - from < 5000);
  await cut;
  await t.rejects(hub.hub.db.selectFrom('head').selectAll().execute(), 'the database is closed');
});

t.test('four processes prepare one database at once', async (t) => {
  const { url, client } = await database(t);
  const settings = { DATABASE_URL: url, TOCSIN_SECRET: secret(), TOCSIN_PUBLIC_URL: 'http://hub.test' };
  const hubs = await Promise.all([1, 2, 3, 4].map(() => startHubProcess(t, settings)));
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

t.test('secrets do not reach the log', async (t) => {
  const { url } = await database(t);
  const master = secret();
  const hub = await startHubProcess(t, { DATABASE_URL: url, TOCSIN_SECRET: master, TOCSIN_LOG_LEVEL: 'trace', TOCSIN_METRICS_PORT: '0' });
  const { client_id, client_secret } = hub.firstClient!;
  const api = apiOf(hub);
  const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
  const tokens = [await api.token(), ((await requestToken(hub.url, {}, { authorization: `Basic ${basic}` })).body as Token).access_token];
  const { body: made } = await api.post<ClientView>('/v1/members/hub/clients', { title: 'Second', scopes: ['members:read'] });
  const { body: keys } = await api.get<DigestKeyList>('/v1/digest-keys');
  const guesses = ['guessed-secret-1', 'guessed-secret-2', 'guessed-secret-3', 'guessed-secret-4', 'guessed-secret-5', 'guessed-secret-6'];
  await requestToken(hub.url, { client_id, client_secret: guesses[0]! });
  await requestToken(hub.url, { client_id, client_secret: guesses[1]!.repeat(50) });
  await api.get(`/v1/members?cursor=${guesses[2]}`);
  await api.send('POST', '/v1/members', `{"id":"${guesses[3]}`, { 'content-type': 'application/json' });
  await api.post('/v1/members', { id: guesses[4], password: guesses[4] });
  await fetch(`${hub.url}/v1/members`, { headers: { authorization: `Bearer ${guesses[5]}`, cookie: guesses[5]! } });
  await hub.end('SIGTERM');
  const password = new URL(url).password;
  const secrets = [master, client_secret, basic, password, made.client_secret!, ...tokens, ...keys.keys.map((key) => key.secret), ...guesses];
  t.ok(hub.stderr.split('\n').length > 10, 'there is a log');
  for (const [index, value] of secrets.entries()) t.ok(value.length > 8 && !hub.stderr.includes(value), `secret ${index}`);
  t.notOk([master, password, ...tokens].some((value) => hub.stdout.includes(value)));
});

t.test('TLS', { skip: !hasOpenssl() && 'there is no openssl to make a certificate with' }, async (t) => {
  const [cert, key] = [join(base, 'cert.pem'), join(base, 'key.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=hub.test', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const hub = await startHubProcess(t, { TOCSIN_DATA: preparedFolder(), TOCSIN_TLS_CERT: cert, TOCSIN_TLS_KEY: key });
  t.match(hub.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  const status = await new Promise((resolve, reject) => getSecure(`${hub.url}/health/ready`, { ca: readFileSync(cert) }, (response) => resolve(response.resume().statusCode)).on('error', reject));
  t.equal(status, 200);
  await t.rejects(fetch(hub.url.replace('https', 'http')), 'there is no way in without');
  t.strictSame(await hub.end('SIGTERM'), { code: 0, signal: null });
});

function hasOpenssl(): boolean {
  return thrown(() => execFileSync('openssl', ['version'], { stdio: 'ignore' })) === null;
}

t.test('behind a proxy', async (t) => {
  const settings = { TOCSIN_DATA: preparedFolder(), TOCSIN_PUBLIC_URL: 'https://hub.example/tocsin/' };
  const headers = { 'x-forwarded-for': '203.0.113.7' };
  const trusting = await startHubProcess(t, { ...settings, TOCSIN_TRUST_PROXY: '127.0.0.1' });
  await fetch(`${trusting.url}/v1/members`, { headers });

  t.test('the public address is issuer and audience', async (t) => {
    const api = apiOf(trusting, operator);
    const claims = JSON.parse(Buffer.from((await api.token()).split('.')[1]!, 'base64url').toString()) as object;
    t.match(claims, { iss: 'https://hub.example/tocsin', aud: 'https://hub.example/tocsin', sub: 'hub.operator' });
    t.equal((await api.get('/v1/members')).status, 200);
  });

  t.test('the client’s address is believed only from a proxy that is named', async (t) => {
    await trusting.end('SIGTERM');
    t.match(trusting.stderr, /"ip":"203\.0\.113\.7"/);
    const wary = await startHubProcess(t, settings);
    await fetch(`${wary.url}/v1/members`, { headers });
    await wary.end('SIGTERM');
    t.match(wary.stderr, /"ip":"127\.0\.0\.1"/);
    t.notMatch(wary.stderr, '203.0.113.7');
  });
});

t.test('health and metrics', async (t) => {
  const { url, client } = await database(t);
  const hub = await startHubProcess(t, { DATABASE_URL: url, TOCSIN_SECRET: secret(), TOCSIN_METRICS_PORT: '0' });
  t.equal(await statusOf(`${hub.url}/health/ready`), 200);
  await client.query('begin');
  await client.query('lock table head in access exclusive mode');
  t.equal(await statusOf(`${hub.url}/health/ready`), 503, 'the database does not answer');
  t.equal(await statusOf(`${hub.url}/health/live`), 200);
  await client.query('rollback');
  t.equal(await statusOf(`${hub.url}/health/ready`), 200);

  await apiOf(hub).get('/v1/members/some-member');
  await statusOf(`${hub.url}/nowhere/at-all`);
  t.equal(await statusOf(`${hub.url}/metrics`), 404, 'not where members are served');
  const address = /^Its metrics are at (http:\/\/127\.0\.0\.1:\d+\/metrics)$/m.exec(hub.stdout)?.[1] ?? '';
  const text = await (await fetch(address)).text();
  t.match(text, /tocsin_http_request_duration_seconds_count\{method="GET",route="\/v1\/members\/:member",status="404"\} 1/);
  t.match(text, /route="none",status="404"/);
  t.match(text, /process_cpu_seconds_total \d/);
  t.match(text, '# TYPE tocsin_signals_written_total counter');
  t.match(text, '# TYPE tocsin_feed_changes_total counter');
  t.notMatch(text, /some-member|at-all/);
  t.equal(await statusOf(address.replace('/metrics', '/')), 404);
  await hub.end('SIGTERM');
});

t.test('an error that nothing handles ends the hub', async (t) => {
  for (const crash of ['throw new Error("boom")', 'Promise.reject(new Error("boom"))']) {
    const inject = `process.on("SIGUSR2",()=>{${crash}})`;
    const hub = await startHubProcess(t, { TOCSIN_DATA: preparedFolder(), NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(inject)}` });
    t.strictSame(await hub.end('SIGUSR2'), { code: 1, signal: null });
    t.match(hub.stderr, /"level":60.*boom/);
  }
});
