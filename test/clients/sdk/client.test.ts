import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import t from 'tap';
import {
  ConnectionError, hashEmail, hashUrl, HubKeys, isProblem, KeyRing, ProtocolError, TocsinClient, urlLookups,
} from '../../../clients/sdk/index.ts';
import { failure, json, problem, signal, startFake, text } from './fake-hub.ts';

t.setTimeout(300_000);

t.test('one token serves requests that start together, and is renewed before it ends', async (t) => {
  const hub = await startFake(t, (_request, response) => json(response, 200, {}));
  const client = hub.client({ scope: ['members:read', 'explain'] });
  await Promise.all([1, 2, 3].map(() => client.request('GET', '/v1/me')));
  t.equal(hub.tokens.length, 1);
  t.equal(hub.forms[0]?.get('scope'), 'members:read explain');
  t.equal(hub.forms[0]?.get('client_secret'), 'hush');
  t.same(hub.seen.map(({ headers }) => headers.authorization), Array(3).fill('Bearer token-1'));

  const short = await startFake(t, (_request, response) => json(response, 200, {}));
  short.life = 1;
  const hasty = short.client();
  await hasty.request('GET', '/v1/me');
  await sleep(800);
  short.onToken = (response) => json(response, 503, {});
  await hasty.request('GET', '/v1/me');
  t.equal(short.tokens.length, 2, 'in its last quarter it is renewed');
  t.equal(short.seen[1]?.headers.authorization, 'Bearer token-1', 'and still used when that fails');
  delete short.onToken;
  await hasty.request('GET', '/v1/me');
  t.equal(short.seen[2]?.headers.authorization, 'Bearer token-3');
});

t.test('a token that the hub does not accept is replaced, once', async (t) => {
  const hub = await startFake(t, (_request, response, { headers }) => (headers.authorization === 'Bearer token-1' ? problem(response, 401, 'invalid-token') : json(response, 200, { fine: true })));
  t.same(await hub.client().request('GET', '/v1/me'), { fine: true });
  const never = await startFake(t, (_request, response) => problem(response, 401, 'invalid-token'));
  const error = await failure(never.client().request('GET', '/v1/me'));
  t.ok(isProblem(error, 'invalid-token'));
  t.equal(never.seen.length, 2);
});

t.test('a client proves itself with a private key', async (t) => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const hub = await startFake(t, (_request, response) => json(response, 200, {}));
  const client = hub.client({ clientSecret: undefined, privateKey: await exportJWK(privateKey) });
  await client.request('GET', '/v1/me');
  const [form] = hub.forms;
  t.notOk(form?.has('client_secret'));
  const keys = createLocalJWKSet({ keys: [await exportJWK(publicKey)] });
  const { payload } = await jwtVerify(form?.get('client_assertion') ?? '', keys, { audience: `${hub.url}/v1/oauth/token`, issuer: 'northstar.test', subject: 'northstar.test' });
  t.ok(payload.jti && payload.exp);
});

t.test('no token, no request', async (t) => {
  const hub = await startFake(t, () => undefined);
  hub.onToken = (response) => json(response, 401, { error: 'invalid_client' });
  const error = await failure(hub.client().request('GET', '/v1/me'));
  t.match(error, { type: 'oauth:invalid_client', key: 'oauth:invalid_client', status: 401 });
  hub.onToken = (response) => json(response, 200, { hello: 'world' });
  t.ok((await failure(hub.client().request('GET', '/v1/me'))) instanceof ProtocolError);
  hub.onToken = (response) => response.destroy();
  t.match(await failure(hub.client().request('POST', '/v1/clients/x/revoke')), { name: 'ConnectionError', neverSent: true });
  t.equal(hub.seen.length, 0);
});

t.test('what can be repeated is, after failures that may pass', async (t) => {
  let failures = 0;
  const faults: ((response: Parameters<typeof problem>[0]) => void)[] = [
    (response) => response.destroy(),
    (response) => problem(response, 503, 'not-ready', { 'retry-after': '0' }),
    (response) => problem(response, 429, 'rate-limited', { 'retry-after': new Date().toUTCString() }),
  ];
  const hub = await startFake(t, async (request, response, seen) => {
    seen.body = await text(request);
    const fault = faults[failures++];
    if (fault) fault(response);
    else json(response, 200, { index: 0, status: 'created' });
  });
  const client = hub.client();
  await client.request('GET', '/v1/me');
  t.equal(hub.seen.length, 4);

  [failures, hub.seen.length] = [0, 0];
  await client.request('POST', '/v1/signals', signal(1));
  t.equal(hub.seen.length, 4, 'a signal is posted under a key');
  t.equal(new Set(hub.seen.map(({ headers }) => headers['idempotency-key'])).size, 1, 'the same for each try');
  t.ok(hub.seen[0]?.headers['idempotency-key']);

  [failures, hub.seen.length] = [0, 0];
  t.ok((await failure(client.request('POST', '/v1/members', { id: 'x', title: 'X', kind: 'ngo' }))) instanceof ConnectionError);
  t.equal(hub.seen.length, 1, 'other posts may have been done');

  [failures, hub.seen.length] = [2, 0];
  await client.request('POST', '/v1/clients/x/revoke');
  t.equal(hub.seen.length, 2, 'what was not even looked at is repeated in any case');
});

t.test('retries are bounded', async (t) => {
  let key = 'not-ready';
  let headers: Record<string, string> = {};
  const hub = await startFake(t, (_request, response) => problem(response, key === 'quota-exceeded' ? 429 : 503, key, headers));
  const client = hub.client();
  t.ok(isProblem(await failure(client.request('GET', '/v1/me')), 'not-ready'));
  t.equal(hub.seen.length, 4, 'by number');
  [headers, hub.seen.length] = [{ 'retry-after': '3600' }, 0];
  t.match(await failure(client.request('GET', '/v1/me')), { retryAfter: 3_600_000 });
  t.equal(hub.seen.length, 1, 'by time');
  [key, headers, hub.seen.length] = ['quota-exceeded', {}, 0];
  await failure(client.request('GET', '/v1/me'));
  t.equal(hub.seen.length, 1, 'and by reason');
  const nowhere = new TocsinClient({ url: 'http://127.0.0.1:9', clientId: 'x', clientSecret: 'y', retries: { base: 1, attempts: 2 } });
  t.match(await failure(nowhere.request('GET', '/v1/me')), { name: 'ConnectionError', neverSent: true, message: /ECONNREFUSED/ });
  await nowhere.close();
});

t.test('answers that are no hub’s', async (t) => {
  let answer: [number, string] = [200, '<html>'];
  const hub = await startFake(t, (_request, response) => {
    response.writeHead(answer[0]).end(answer[1]);
  });
  const client = hub.client();
  t.ok((await failure(client.request('GET', '/v1/me'))) instanceof ProtocolError);
  answer = [502, '<html>'];
  t.match(await failure(client.request('GET', '/v1/me')), { type: 'about:blank', status: 502, message: 'The answer was HTTP 502' });
  answer = [302, ''];
  t.match(await failure(client.request('GET', '/v1/me')), { status: 302 });
  answer = [204, ''];
  await t.resolves(client.request('DELETE', '/v1/groups/x'));
  for (const url of ['ftp://hub', 'hub', 'https://user:word@hub', 'https://hub?x']) t.throws(() => hub.client({ url }), TypeError, url);
  t.equal(hub.client({ url: `${hub.url}/base/` }).url, `${hub.url}/base`);
});

t.test('requests carry what is asked for', async (t) => {
  const hub = await startFake(t, (_request, response) => json(response, 200, {}));
  const client = hub.client({ url: `${hub.url}/base` });
  await client.request('PUT', '/v1/signals/x', signal(1), { ifMatch: 3 });
  await client.request('GET', '/v1/signals', undefined, { query: { limit: 2, after: undefined } });
  t.match(hub.seen[0]?.headers, { 'if-match': '"3"', 'content-type': 'application/json' });
  t.equal(hub.seen[1]?.path, '/base/v1/signals?limit=2');
  t.notOk('content-type' in (hub.seen[1]?.headers ?? {}));
});

t.test('the keys of the hub are held for a while', async (t) => {
  const key = { key: 'hub', epoch: 1, secret: '0'.repeat(64), current: true };
  const hub = await startFake(t, (_request, response) => json(response, 200, { keys: [key] }));
  const keys = new HubKeys(hub.client());
  const [ring] = await Promise.all([keys.ring(), keys.ring()]);
  t.equal(hub.seen.length, 1);
  await keys.refresh();
  t.equal(hub.seen.length, 2);
  t.match(hashUrl(ring, 'HTTP://Example.com/a#b'), { scheme: 'url-v1', key: 'hub', epoch: 1, digest: /^[0-9a-f]{64}$/ });
  t.equal(hashEmail(ring, ' Jane@example.com').digest, hashEmail(ring, 'jane@example.com').digest);
  t.ok(urlLookups(ring, 'http://a.example.com/x').some(({ digest }) => digest === hashUrl(ring, 'example.com').digest));
  t.throws(() => hashUrl(ring, 'example.com', { key: 'crisis-team' }), RangeError);
  t.throws(() => new KeyRing([{ ...key, secret: 'short' }]), TypeError);
});
