import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import {
  HubKeys, hashUrl, isProblem, pullPages, push, pushAll, PushError, TocsinClient, TocsinError, type BatchSummary, type ItemResult,
  type NewSignal, type PushOptions,
} from '../../../clients/sdk/index.ts';
import { startTestHub } from '../../support/hub.ts';
import { failure, items, lines, problem, problemDocument, signal, startFake, type FakeHub } from './fake-hub.ts';

const nothing = { done: true, batch: '0', created: 0, updated: 0, unchanged: 0, rejected: 0, retracted: 0 } as const;

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

t.setTimeout(300_000);

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
      if (index !== fault?.after) continue;
      fault.then(response);
      return;
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

t.test('a reader that takes its time is not taken for a hub that stops', async (t) => {
  const hub = await startFake(t, acknowledge());
  const { results } = await collect(push(hub.client(), signals(3), { stallTimeout: 40, onResult: () => sleep(100) }));
  t.equal(results.length, 3);
  const nowhere = hub.client({ url: 'http://127.0.0.1:9' });
  t.match((await collect(push(nowhere, signals(3)))).error, { name: 'ConnectionError', neverSent: true });
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
  t.match((await collect(push(client, signals(5)))).error, { key: 'member-suspended' });
});
