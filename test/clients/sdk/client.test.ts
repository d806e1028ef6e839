import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import t from 'tap';
import {
  ConnectionError, HubKeys, isProblem, KeyRing, hashEmail, hashUrl, ProtocolError, pullPages, push, pushAll, PushError, TocsinClient,
  TocsinError, urlLookups, type BatchSummary, type ItemResult, type NewSignal, type PushOptions,
} from '../../../clients/sdk/index.ts';
import { startTestHub } from '../../support/hub.ts';
import { items, json, lines, problem, problemDocument, startFake, text, type FakeHub } from './fake-hub.ts';

const nothing = { done: true, batch: '0', created: 0, updated: 0, unchanged: 0, rejected: 0, retracted: 0 } as const;

function signal(number: number): NewSignal {
  const digest = number.toString(16).padStart(32, '0');
  return { digests: [{ scheme: 'media-md5', digest }], harm: 'fraud.phishing', severity: 'high', confidence: 80, status: 'malicious', tlp: 'GREEN' };
}

function* signals(total: number): Generator<NewSignal> {
  for (let number = 0; number < total; number += 1) yield signal(number);
}

/** Everything that a push gives, and how it ended. */
async function collect(stream: AsyncGenerator<ItemResult, BatchSummary>): Promise<{ results: ItemResult[]; summary?: BatchSummary; error?: unknown }> {
  const results: ItemResult[] = [];
  try {
    for (;;) {
      const { done, value } = await stream.next();
      if (done) return { results, summary: value };
      results.push(value);
    }
  } catch (error) {
    return { results, error };
  }
}

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(() => undefined, (error: unknown) => error);
}

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
  const hub = await startFake(t, (_request, response) => void response.writeHead(answer[0]).end(answer[1]));
  const client = hub.client();
  t.ok((await failure(client.request('GET', '/v1/me'))) instanceof ProtocolError);
  answer = [502, '<html>'];
  t.match(await failure(client.request('GET', '/v1/me')), { type: 'about:blank', status: 502, message: 'The answer was HTTP 502' });
  answer = [302, ''];
  t.match(await failure(client.request('GET', '/v1/me')), { status: 302 });
  answer = [204, ''];
  t.equal(await client.request('DELETE', '/v1/groups/x'), undefined);
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

t.test('a push that is acknowledged to its end', async (t) => {
  const hub = await startFake(t, acknowledge());
  const told: number[] = [];
  const { results, summary } = await collect(push(hub.client(), signals(3000), { idempotencyKey: 'k', onResult: ({ index }) => void told.push(index) }));
  t.equal(results.length, 3000);
  t.same(told, results.map(({ index }) => index));
  t.match(summary, { done: true, created: 3000 });
  t.match(hub.seen[0], { method: 'POST', path: '/v1/signals', headers: { 'idempotency-key': 'k', 'content-type': 'application/x-ndjson', accept: 'application/x-ndjson' } });
  await collect(push(hub.client(), [], { set: 'phishing' }));
  t.match(hub.seen[1], { method: 'PUT', path: '/v1/sets/phishing' });
});

/** Acknowledges every item as it arrives, until a fault. */
function acknowledge(fault?: { after: number; then: (response: Parameters<typeof problem>[0]) => void }): Parameters<typeof startFake>[1] {
  return async (request, response) => {
    let index = 0;
    for await (const _item of items(request)) {
      lines(response, { index, status: 'created' });
      index += 1;
      if (index === fault?.after) return fault.then(response);
    }
    lines(response, { ...nothing, created: index });
    response.end();
  };
}

t.test('a slow source is not held back, and its items are acknowledged as they come', async (t) => {
  const hub = await startFake(t, acknowledge());
  let acknowledged = 0;
  async function* patient(): AsyncGenerator<NewSignal> {
    for (const one of signals(3)) {
      const before = acknowledged;
      yield one;
      while (acknowledged === before) await sleep(5);
    }
  }
  const { results } = await collect(push(hub.client(), patient(), { onResult: () => void (acknowledged += 1) }));
  t.equal(results.length, 3);
});

t.test('a push that is cut tells how far it came', async (t) => {
  const faults: [string, (response: Parameters<typeof problem>[0]) => void, Partial<PushError>][] = [
    ['connection lost', breakSoon, { resumable: true }],
    ['no closing line', (response) => void response.end(), { resumable: true }],
    ['half a line', (response) => void response.end('{"index":5,"sta'), { resumable: false }],
    ['garbage', (response) => void response.end('garbage\n'), { resumable: false }],
    ['a list', (response) => void response.end('[]\n'), { resumable: false }],
    ['not a result', (response) => void response.end('{"index":4711,"status":"created"}\n'), { resumable: false }],
    ['twice', (response) => void response.end('{"index":0,"status":"created"}\n'), { resumable: false }],
    ['closed too early', (response) => void response.end(`${JSON.stringify(nothing)}\n`), { resumable: false }],
    ['a passing problem', (response) => void response.end(`${JSON.stringify({ problem: problemDocument(503, 'not-ready') })}\n`), { resumable: true }],
    ['a lasting problem', (response) => void response.end(`${JSON.stringify({ problem: problemDocument(409, 'conflict') })}\n`), { resumable: false }],
  ];
  for (const [name, then, expected] of faults) {
    const hub = await startFake(t, acknowledge({ after: 5, then }));
    const { results, error } = await collect(push(hub.client(), endless()));
    t.match(error, { name: 'PushError', acknowledged: 5, ...expected }, name);
    t.equal(results.length, 5, name);
  }
});

/** Breaks the connection when what was written has gone out. */
function breakSoon(response: Parameters<typeof problem>[0]): void {
  setTimeout(() => response.destroy(), 20);
}

/** Signals until nobody wants any more. */
async function* endless(closed?: { yet: boolean }): AsyncGenerator<NewSignal> {
  try {
    for (let number = 0; ; number += 1) {
      yield signal(number);
      await sleep(1);
    }
  } finally {
    if (closed) closed.yet = true;
  }
}

t.test('a request that is refused as a whole', async (t) => {
  const hub = await startFake(t, (_request, response) => problem(response, 403, 'missing-scope'));
  const closed = { yet: false };
  const { error } = await collect(push(hub.client(), endless(closed)));
  t.ok(error instanceof TocsinError && error.key === 'missing-scope');
  await sleep(20);
  t.ok(closed.yet, 'the source is closed');
});

t.test('items that cannot be read to their end cut the request off', async (t) => {
  let ended: unknown = 'never';
  const hub = await startFake(t, async (request, response) => {
    try {
      for await (const _item of items(request)) lines(response, { index: 0, status: 'created' });
      ended = 'whole';
    } catch {
      ended = 'cut off';
    }
  });
  async function* broken(): AsyncGenerator<NewSignal> {
    yield signal(0);
    await sleep(30);
    throw new Error('the file is broken');
  }
  const { error } = await collect(push(hub.client(), broken(), { set: 'phishing' }));
  t.match(error, { name: 'PushError', resumable: false, cause: { message: 'the file is broken' } });
  await sleep(20);
  t.equal(ended, 'cut off', 'a set would lose what was not mentioned');
});

t.test('who stops reading results stops the push', async (t) => {
  const hub = await startFake(t, acknowledge());
  const closed = { yet: false };
  for await (const { index } of push(hub.client(), endless(closed))) if (index === 3) break;
  await sleep(20);
  t.ok(closed.yet);

  let made = 0;
  function* counted(): Generator<NewSignal> {
    for (const one of signals(40_000)) {
      made += 1;
      yield one;
    }
  }
  const unread = push(hub.client(), counted());
  await unread.next();
  await sleep(300);
  t.ok(made <= 20_010, `while nobody reads, no more than what is under way is made: ${made}`);
  t.equal((await collect(unread)).results.length, 39_999, 'and it goes on');
});

t.test('a hub that stops answering', async (t) => {
  const hub = await startFake(t, (request, response) => {
    request.resume();
    lines(response, '');
  });
  const { error } = await collect(push(hub.client(), signals(3), { stallTimeout: 50 }));
  t.match(error, { name: 'PushError', message: /stopped answering/, acknowledged: 0, sent: 3 });
});

t.test('a cut stream is sent again under the same key, and each result is told once', async (t) => {
  const cuts = [3, 3, 7, 10];
  let attempt = 0;
  const hub = await startFake(t, (request, response, seen) => {
    const after = cuts[attempt++];
    return acknowledge(after === undefined ? undefined : { after, then: breakSoon })(request, response, seen);
  });
  const told: number[] = [];
  const outcome = await pushAll(hub.client(), () => signals(12), { onResult: ({ index }) => void told.push(index) });
  t.match(outcome, { attempts: 5, summary: { created: 12 } });
  t.same(told, Array.from({ length: 12 }, (_, index) => index));
  t.equal(new Set(hub.seen.map(({ headers }) => headers['idempotency-key'])).size, 1);

  const stuck = await startFake(t, acknowledge({ after: 2, then: breakSoon }));
  t.match(await failure(pushAll(stuck.client(), () => signals(5))), { name: 'PushError', acknowledged: 2 });
  t.equal(stuck.seen.length, 4, 'without progress it ends');
  const refused = await startFake(t, (_request, response) => problem(response, 409, 'conflict'));
  t.ok(isProblem(await failure(pushAll(refused.client(), () => signals(5))), 'conflict'));
  t.equal(refused.seen.length, 1);
});

const change = (id: string): object => ({ type: 'remove', id, reason: 'gone' });
const page = (cursor: string, complete: boolean): object => ({ type: 'page', cursor, complete, ...(complete ? { as_of: '2026-01-01T00:00:00.000Z' } : {}) });

async function pulled(hub: FakeHub, cursor?: string): Promise<{ pages: unknown[]; error?: unknown }> {
  const pages: unknown[] = [];
  try {
    for await (const one of pullPages(hub.client(), 'northstar/fraud', cursor, { limit: 7 })) pages.push(one);
    return { pages };
  } catch (error) {
    return { pages, error };
  }
}

t.test('a pull goes on after the last page that was taken', async (t) => {
  const hub = await startFake(t, (_request, response, { path }) => {
    if (!path.includes('cursor=')) {
      lines(response, change('a'), page('one', false), change('b'));
      return void setTimeout(() => response.destroy(), 20);
    }
    lines(response, change('b'), page('two', true));
    return void response.end();
  });
  const { pages, error } = await pulled(hub);
  t.equal(error, undefined);
  t.same(pages, [
    { changes: [change('a')], cursor: 'one', complete: false },
    { changes: [change('b')], cursor: 'two', complete: true, as_of: '2026-01-01T00:00:00.000Z' },
  ]);
  t.same(hub.seen.map(({ path }) => path), ['/v1/feeds/northstar/fraud/changes?limit=7', '/v1/feeds/northstar/fraud/changes?cursor=one&limit=7']);
});

t.test('a pull that comes to no complete page', async (t) => {
  const faults: [string, unknown[], unknown][] = [
    ['no end', [page('one', false)], { name: 'ConnectionError' }],
    ['garbage', ['garbage'], { name: 'ProtocolError' }],
    ['no change', [{ type: 'signal' }], { name: 'ProtocolError' }],
    ['no cursor', [{ type: 'page', complete: true }], { name: 'ProtocolError' }],
    ['a problem', [change('a'), { problem: problemDocument(403, 'member-suspended') }], { key: 'member-suspended' }],
  ];
  for (const [name, answer, expected] of faults) {
    let calls = 0;
    const hub = await startFake(t, (_request, response) => {
      calls += 1;
      if (calls > 1 && name === 'no end') return void response.end();
      lines(response, ...answer);
      return void response.end();
    });
    t.match((await pulled(hub)).error, expected, name);
  }
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

t.test('with a hub', async (t) => {
  const { url, join, operator } = await startTestHub(t, { home: 'embedded' });
  const { credentials } = await join({ id: 'northstar' });
  const client = new TocsinClient({ url, clientId: credentials.client_id, clientSecret: credentials.client_secret });
  t.teardown(() => client.close());
  t.match(await client.request('GET', '/v1/me'), { member: { id: 'northstar' }, client_id: credentials.client_id });
  t.match(await failure(client.request('GET', `/v1/signals/${'0'.repeat(8)}-0000-4000-8000-000000000000`)), { key: 'not-found', status: 404 });

  const ring = await new HubKeys(client).ring();
  const posted = await client.request('POST', '/v1/signals', { ...signal(1), digests: [hashUrl(ring, 'https://example.com/login')] });
  t.match(posted, { status: 'created' }, 'a digest made here is one that the hub takes');
  const array = await client.request('POST', '/v1/signals', [signal(2), { ...signal(3), note: 'write to me at jane@example.com' }]);
  t.match(array, { summary: { created: 1, rejected: 1 }, results: [{}, { problem: { type: 'urn:tocsin:problem:raw-identifier' } }] });

  const options: PushOptions = { idempotencyKey: 'first' };
  const { results, summary } = await collect(push(client, signals(10_000), options));
  t.equal(results.length, 10_000);
  t.match(summary, { created: 10_000 });
  const again = await pushAll(client, () => signals(10_000), options);
  t.match(again, { attempts: 1, summary: { created: 0, unchanged: 10_000 } }, 'sent twice, written once');

  const listed = (from: number): NewSignal[] => [...signals(20)].slice(from).map((one, at) => ({ ...one, reference: `n${from + at}` }));
  t.match(await pushAll(client, () => listed(0), { set: 'list' }), { summary: { created: 20, retracted: 0 } });
  t.match(await pushAll(client, () => listed(5), { set: 'list' }), { summary: { unchanged: 15, retracted: 5 } });
  async function* cut(): AsyncGenerator<NewSignal> {
    yield* listed(15);
    throw new Error('cut');
  }
  t.ok((await failure(pushAll(client, cut, { set: 'list' }))) instanceof PushError);
  t.match(await client.request('GET', '/v1/signals/counts'), { active: 10_017, retracted: 5 }, 'a list that is cut off retracts nothing');

  await operator.post('/v1/members/northstar/suspend');
  t.match(await failure(collectAll(push(client, signals(5)))), { key: 'member-suspended' });
});

async function collectAll(stream: AsyncGenerator<ItemResult, BatchSummary>): Promise<void> {
  const { error } = await collect(stream);
  if (error) throw error;
}
