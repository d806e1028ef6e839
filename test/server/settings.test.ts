import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { projectFile } from '../../schemas/root.ts';
import type { ClientView, DigestKeyList, Token } from '../../schemas/types.ts';
import { ConfigError, readConfig } from '../../server/config.ts';
import { requestToken } from '../support/api.ts';
import { apiOf, freshDatabase, spawnHub, startHubProcess, statusOf } from '../support/process.ts';

t.setTimeout(300_000);

const base = mkdtempSync(join(tmpdir(), 'tocsin-settings-'));
t.teardown(() => rmSync(base, { recursive: true, force: true }));
const secret = (): string => randomBytes(32).toString('base64');

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
    ['TOCSIN_REPORT_QUOTA', { TOCSIN_REPORT_QUOTA: wrong }],
    ['TOCSIN_MESSAGE_QUOTA', { TOCSIN_MESSAGE_QUOTA: '0' }],
    ['TOCSIN_BULK_ITEMS', { TOCSIN_BULK_ITEMS: wrong }],
    ['TOCSIN_RETENTION', { TOCSIN_RETENTION: wrong }],
    ['TOCSIN_LOG_RETENTION', { TOCSIN_LOG_RETENTION: wrong }],
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

t.test('secrets do not reach the log', async (t) => {
  const { settings } = await freshDatabase(t);
  const hub = await startHubProcess(t, { ...settings, TOCSIN_LOG_LEVEL: 'trace', TOCSIN_METRICS_PORT: '0' });
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
  const [master, password] = [settings.TOCSIN_SECRET, new URL(settings.DATABASE_URL).password];
  const secrets = [master, client_secret, basic, password, made.client_secret!, ...tokens, ...keys.keys.map((key) => key.secret), ...guesses];
  t.ok(hub.stderr.split('\n').length > 10, 'there is a log');
  for (const [index, value] of secrets.entries()) t.ok(value.length > 8 && !hub.stderr.includes(value), `secret ${index}`);
  t.notOk([master, password, ...tokens].some((value) => hub.stdout.includes(value)));
});

t.test('TLS', async (t) => {
  // Made for these tests, for 127.0.0.1, and used nowhere else.
  const [cert, key] = [projectFile('test/support/tls/cert.pem'), projectFile('test/support/tls/key.pem')];
  const hub = await startHubProcess(t, { ...(await freshDatabase(t)).settings, TOCSIN_TLS_CERT: cert, TOCSIN_TLS_KEY: key });
  t.match(hub.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  const status = await new Promise((resolve, reject) => get(`${hub.url}/health/ready`, { ca: readFileSync(cert) }, (response) => resolve(response.resume().statusCode)).on('error', reject));
  t.equal(status, 200);
  await t.rejects(fetch(hub.url.replace('https', 'http')), 'there is no way in without');
  t.strictSame(await hub.end('SIGTERM'), { code: 0, signal: null });
});

t.test('behind a proxy', async (t) => {
  const settings = { ...(await freshDatabase(t)).settings, TOCSIN_PUBLIC_URL: 'https://hub.example/tocsin/' };
  const headers = { 'x-forwarded-for': '203.0.113.7' };
  const trusting = await startHubProcess(t, { ...settings, TOCSIN_TRUST_PROXY: '127.0.0.1' });
  await fetch(`${trusting.url}/v1/members`, { headers });

  t.test('the public address is issuer and audience', async (t) => {
    const api = apiOf(trusting);
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
  const { settings, client } = await freshDatabase(t);
  const hub = await startHubProcess(t, { ...settings, TOCSIN_METRICS_PORT: '0' });
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
  const { settings } = await freshDatabase(t);
  for (const crash of ['throw new Error("boom")', 'Promise.reject(new Error("boom"))']) {
    const inject = `process.on("SIGUSR2",()=>{${crash}})`;
    const hub = await startHubProcess(t, { ...settings, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(inject)}` });
    t.strictSame(await hub.end('SIGUSR2'), { code: 1, signal: null });
    t.match(hub.stderr, /"level":60.*boom/);
  }
});
