import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import type { NewSignal, Policy, SignalView } from '../../../schemas/types.ts';
import {
  FileStore, FolderInUse, MemoryStore, pushAll, Replica, ReplicaMismatch, TocsinClient, TocsinError, type ReplicaPage,
} from '../../../clients/sdk/index.ts';
import { ManualClock } from '../../../server/clock.ts';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { json, lines, problem, startFake } from './fake-hub.ts';
import { instantOf, nextPage, pageOf, storeAfter, told, uuid, view } from './replica-pages.ts';

const KILLS = 25;

function page(cursor: string, changes: ReplicaPage['changes'], more: Partial<ReplicaPage> = {}): ReplicaPage {
  return { cursor, changes, complete: true, as_of: instantOf(0), begins: false, ...more };
}

const put = (signal: SignalView): ReplicaPage['changes'][number] => ({ type: 'signal', signal });
const remove = (number: number): ReplicaPage['changes'][number] => ({ type: 'remove', id: uuid(number), reason: 'mistake' });

/** With what a hub refuses a synchronisation. */
async function refusalOf(replica: Replica): Promise<string | undefined> {
  const error = await replica.sync().then(() => undefined, (thrown: unknown) => thrown);
  return error instanceof TocsinError ? error.key : undefined;
}

t.setTimeout(300_000);

t.test('pages replace, remove and sweep', async (t) => {
  const { content, ...store } = memory();
  await store.commit(page('a', [put(view(1, 'x')), put(view(2, 'x'))], { begins: true }));
  await store.commit(page('b', [put(view(1, 'y')), remove(2), remove(3), put(view(4, 'x'))]));
  t.same([...content.values(0)].map(({ id, version }) => [id, version]), [[uuid(1), 'y'], [uuid(4), 'x']]);
  t.equal(content.byDigest('media-md5', '0'.repeat(31) + '2', 0).length, 0);
  t.equal(content.get(uuid(1), 0)?.handling, content.get(uuid(4), 0)?.handling, 'equal handling is held once');

  await store.commit(page('c', [put(view(5, 'x'))], { begins: true, complete: false }));
  t.match(content.state, { cursor: 'c', complete: false, asOf: instantOf(0) });
  t.ok(content.get(uuid(4), 0), 'what may still be mentioned stays in sight');
  await store.commit(page('d', [put(view(1, 'z'))], { as_of: instantOf(9) }));
  t.same([...content.values(0)].map(({ id }) => id), [uuid(5), uuid(1)], 'what was not mentioned is gone');
  t.match(content.state, { cursor: 'd', complete: true, asOf: instantOf(9) });
});

function memory(): { content: MemoryStore['content']; commit(page: ReplicaPage): Promise<void> } {
  const store = new MemoryStore();
  return { content: store.content, commit: (one) => store.commit(one) };
}

t.test('what belongs to an exercise is found only by who asks for it', async (t) => {
  const store = new MemoryStore();
  const replica = new Replica(new TocsinClient({ url: 'http://127.0.0.1:9', clientId: 'brook.1', clientSecret: 'never asked' }), 'all', store, { now: () => 0 });
  const drilled = { ...view(2, 'x', { exercise: 'spring-drill' }), digests: view(1, 'x').digests! };
  await store.commit(page('a', [put(view(1, 'x')), put(drilled)], { begins: true }));
  const found = (options?: { exercise?: string }): string[] => replica.byDigest('media-md5', `${'0'.repeat(31)}1`, options).map(({ id }) => id);
  t.same([found(), found({ exercise: 'spring-drill' }), found({ exercise: 'autumn-drill' })], [[uuid(1)], [uuid(2)], []]);
  t.equal(replica.size, 2, 'the replica is exact: it holds both');
});

t.test('what is due is dropped without asking', async (t) => {
  const store = new MemoryStore();
  let now = Date.parse(instantOf(5));
  const hub = await startFake(t, (_request, response) => {
    lines(response, put(view(1, 'x', { visible_until: instantOf(10) })), put(view(2, 'x')), { type: 'page', cursor: 'a', complete: true, as_of: instantOf(5) });
    response.end();
  });
  const replica = new Replica(hub.client(), 'all', store, { now: () => now });
  await Promise.all([replica.sync(), replica.sync()]);
  t.equal(hub.seen.length, 1, 'calls share one synchronisation');
  t.equal(replica.size, 2);
  now = Date.parse(instantOf(10));
  t.equal(replica.size, 1);
  t.equal(replica.get(uuid(1)), undefined);
  t.same(replica.byDigest('media-md5', `${'0'.repeat(31)}1`), []);
  t.same([...replica].map(({ id }) => id), [uuid(2)]);
  now = Date.parse(instantOf(5));
  t.equal(replica.size, 2, 'a clock that was wrong destroys nothing');
  await store.commit(page('b', [], { as_of: instantOf(10) }));
  t.equal(replica.size, 1, 'the hub’s clock does');
});

t.test('a cursor that is lost leads to a new run', async (t) => {
  for (const key of ['cursor-expired', 'invalid-cursor']) {
    const store = new MemoryStore();
    await store.commit(page('old', [put(view(1, 'x')), put(view(2, 'x'))]));
    const hub = await startFake(t, (_request, response, { path }) => {
      if (path.includes('cursor=old')) {
        problem(response, 410, key);
        return;
      }
      lines(response, put(view(2, 'y')), { type: 'page', cursor: 'new', complete: false }, put(view(3, 'x')), { type: 'page', cursor: 'newer', complete: true, as_of: instantOf(1) });
      response.end();
    });
    const replica = new Replica(hub.client(), 'all', store);
    t.match(await replica.sync(), { restarted: true, pages: 2, changed: 2, asOf: instantOf(1) });
    t.same([...replica].map(({ id, version }) => [id, version]), [[uuid(2), 'y'], [uuid(3), 'x']]);
  }
  const hub = await startFake(t, (_request, response) => problem(response, 410, 'cursor-expired'));
  t.equal(await refusalOf(new Replica(hub.client(), 'all')), 'cursor-expired');
  t.equal(hub.seen.length, 4, 'not for ever');
});

t.test('without the right to it a replica empties itself', async (t) => {
  for (const key of ['member-suspended', 'member-left', 'kind-not-allowed', 'not-found']) {
    const folder = t.testdir();
    const store = await FileStore.open(folder, 'all');
    await store.commit(page('a', [put(view(1, 'secret'))]));
    const hub = await startFake(t, (_request, response) => problem(response, 403, key));
    const replica = new Replica(hub.client(), 'all', store);
    t.equal(await refusalOf(replica), key);
    t.equal(replica.size, 0);
    t.equal(replica.asOf, undefined);
    t.notMatch(readFileSync(join(folder, 'replica.ndjson'), 'utf8'), /secret/, 'on the disk, too');
    await replica.close();
  }
  const store = new MemoryStore();
  await store.commit(page('a', [put(view(1, 'x'))]));
  const hub = await startFake(t, (_request, response) => json(response, 404, { error: 'a proxy' }));
  t.equal(await refusalOf(new Replica(hub.client(), 'all', store)), 'oauth:a proxy');
  t.equal(store.content.held, 1, 'anything else changes nothing');
});

t.test('a file store opens as it was left', async (t) => {
  const folder = join(t.testdir(), 'replica');
  const first = await FileStore.open(folder, 'all');
  await t.rejects(FileStore.open(folder, 'all'), FolderInUse);
  for (let number = 0; number < 23; number += 1) await first.commit(pageOf(number));
  await first.close();
  t.equal(statSync(join(folder, 'replica.ndjson')).mode & 0o777, 0o600);
  const second = await FileStore.open(folder, 'all');
  t.same(told(second), told(await storeAfter(23)));
  for (let number = 23; number < 26; number += 1) await second.commit(pageOf(number));
  t.same(told(second), told(await storeAfter(26)), 'in the middle of a sweep, too');
  await second.close();
  await t.rejects(FileStore.open(folder, 'northstar/fraud'), ReplicaMismatch);
  const file = join(folder, 'replica.ndjson');
  const lineCount = readFileSync(file, 'utf8').split('\n').length;
  t.ok(lineCount < 4000, `it is rewritten when much of it is past: ${lineCount} lines after ${26 * 300} changes`);
  t.notOk(existsSync(join(folder, 'replica.lock')));
});

t.test('a little that is past is not kept for long', async (t) => {
  const folder = t.testdir();
  const store = await FileStore.open(folder, 'all');
  await store.commit(page('a', [put(view(1, 'taken-back')), put(view(2, 'x'))]));
  const file = join(folder, 'replica.ndjson');
  const started = Date.now();
  t.teardown(() => (Date.now = realNow));
  const realNow = Date.now;
  await store.commit(page('b', [remove(1)]));
  t.match(readFileSync(file, 'utf8'), /taken-back/);
  Date.now = () => started + 2 * 86_400_000;
  await store.commit(page('c', []));
  Date.now = realNow;
  t.notMatch(readFileSync(file, 'utf8'), /taken-back/);
  await store.close();
});

t.test('a file that was torn or has decayed opens to a committed page', async (t) => {
  const folder = t.testdir({ whole: {}, torn: {} });
  const whole = join(folder, 'whole', 'replica.ndjson');
  const torn = join(folder, 'torn', 'replica.ndjson');
  const store = await FileStore.open(join(folder, 'whole'), 'all');
  const ends = [statSync(whole).size];
  const states = [told(store)];
  for (const number of [1, 2, 3]) {
    await store.commit(page(`c${number}`, [put(view(number, 'x')), remove(number - 1)]));
    ends.push(statSync(whole).size);
    states.push(told(store));
  }
  await store.close();
  const bytes = readFileSync(whole);

  const reopened = async (): Promise<unknown> => {
    const again = await FileStore.open(join(folder, 'torn'), 'all');
    await again.close();
    return told(again);
  };
  for (let size = 0; size <= bytes.length; size += size < ends[2]! ? 13 : 1) {
    copyFileSync(whole, torn);
    truncateSync(torn, size);
    const last = ends.findLastIndex((end) => end <= size);
    t.same(await reopened(), states[Math.max(0, last)], `cut at byte ${size}`);
  }
  for (let at = ends[0]!; at < bytes.length; at += 11) {
    const decayed = Buffer.from(bytes);
    decayed[at]! ^= 0x15;
    writeFileSync(torn, decayed);
    t.same(await reopened(), states[ends.findLastIndex((end) => end <= at)], `decayed at byte ${at}`);
  }
  copyFileSync(whole, torn);
  appendFileSync(torn, bytes.subarray(ends[1], ends[2]));
  t.same(await reopened(), states[3], 'a record out of its place does not count');
  writeFileSync(torn, bytes.toString().replace('"format":1', '"format":2'));
  t.same(await reopened(), states[0]);
});

t.test('a folder of a later format is left alone', async (t) => {
  const folder = t.testdir();
  const store = await FileStore.open(folder, 'all');
  await store.close();
  const file = join(folder, 'replica.ndjson');
  const { createBlake3 } = await import('../../../clients/sdk/index.ts');
  const commit = { kind: 'start', format: 2, feed: 'all', at: 0, complete: false };
  const line = `${JSON.stringify({ commit, sum: createBlake3().update(JSON.stringify(commit)).digest(16).toString('hex') })}\n`;
  writeFileSync(file, line);
  await t.rejects(FileStore.open(folder, 'all'), ReplicaMismatch);
  t.equal(readFileSync(file, 'utf8'), line);
});

t.test('a page that cannot be written is not shown, and does no harm', async (t) => {
  const folder = t.testdir();
  const store = await FileStore.open(folder, 'all');
  await store.commit(page('a', [put(view(1, 'x'))]));
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  await t.rejects(store.commit(page('b', [put(view(2, 'x')), { type: 'remove', id: circular as never, reason: 'gone' }])));
  t.equal(store.content.held, 1);
  await store.commit(page('c', [put(view(3, 'x'))]));
  await store.close();
  const again = await FileStore.open(folder, 'all');
  t.match(again.content.state, { cursor: 'c' });
  t.equal(again.content.held, 2);
  await again.close();
});

t.test(`a process that is killed ${KILLS} times, at any moment, leaves a committed page behind`, async (t) => {
  const folder = join(t.testdir(), 'replica');
  mkdirSync(folder);
  let committed = 0;
  for (let round = 0; round < KILLS; round += 1) {
    await writeAndKill(folder, 5 + Math.random() * 150);
    const store = await FileStore.open(folder, 'all');
    const next = nextPage(store);
    t.ok(next >= committed, `kill ${round + 1}: nothing committed is lost (${next} pages)`);
    committed = next;
    t.same(told(store), told(await storeAfter(next)), `kill ${round + 1}: it is exactly what page ${next} left`);
    await store.close();
  }
  t.ok(committed > KILLS, `${committed} pages`);
});

/** Lets a process write to the folder for a while, and kills it. */
async function writeAndKill(folder: string, milliseconds: number): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('replica-writer.js', import.meta.url)), folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await sleep(milliseconds);
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const ALL: Policy['rules'][number]['terms'] = { reveal: ['digest', 'harm', 'severity', 'confidence', 'status'], origin: 'named', handling: { tlp: 'GREEN' } };

function sharing(id: string, ...rules: Policy['rules']): Policy {
  return { id, title: 'For tests', summary: 'For tests.', rules };
}

function signal(number: number, confidence = 80): NewSignal {
  return { digests: [{ scheme: 'media-md5', digest: number.toString(16).padStart(32, '0') }], harm: 'fraud.phishing', severity: 'high', confidence, status: 'malicious', tlp: 'GREEN', reference: `n${number}` };
}

t.test('a replica of a hub’s feed', async (t) => {
  const clock = new ManualClock(Date.parse('2026-03-01T00:00:00.000Z'));
  const hub = await startTestHub(t, { home: 'embedded', clock });
  const [origin, viewer] = [await member(t, hub, 'northstar'), await member(t, hub, 'harbor')];
  const operator = clientOf(t, hub, hub.operator.credentials);
  await activate(operator, sharing('hub/charter', { id: 'all', effect: 'share', terms: ALL }));
  await activate(origin, sharing('northstar/standard', { id: 'all', effect: 'share', terms: { ...ALL, for: 'P30D' } }));
  await origin.request('PUT', '/v1/feeds/northstar/fraud', { id: 'northstar/fraud', title: 'Fraud', filter: { confidence: { atLeast: 70 } } });

  const store = await FileStore.open(join(t.testdir(), 'replica'), 'northstar/fraud');
  const replica = new Replica(viewer, 'northstar/fraud', store, { now: () => clock.now(), limit: 300 });
  t.teardown(() => replica.close());
  /** After a synchronisation the replica is what a new one is. */
  const synchronise = async (): Promise<Replica> => {
    clock.advance(1000);
    const done = await replica.sync();
    const fresh = new Replica(viewer, 'northstar/fraud', new MemoryStore(), { now: () => clock.now() });
    await fresh.sync();
    const held = (one: Replica): SignalView[] => [...one].sort((a, b) => (a.id < b.id ? -1 : 1));
    t.same(held(replica), held(fresh), `as of ${done.asOf}: ${replica.size} signals`);
    return replica;
  };

  await pushAll(origin, () => Array.from({ length: 1500 }, (_, number) => signal(number, number % 3 === 0 ? 60 : 80)));
  t.equal((await synchronise()).size, 1000);
  t.equal(replica.byDigest('media-md5', signal(1).digests[0]!.digest).length, 1);

  await pushAll(origin, () => Array.from({ length: 100 }, (_, number) => signal(number, 90)));
  const { signals } = await origin.request('GET', '/v1/signals', undefined, { query: { limit: 50 } });
  for (const { id } of signals) await origin.request('POST', `/v1/signals/${id}/retract`, { reason: 'mistake' });
  await synchronise();

  await activate(origin, sharing('northstar/standard', { id: 'sure', effect: 'share', signals: { confidence: { atLeast: 90 } }, terms: { ...ALL, for: 'P20D' } }));
  t.ok((await synchronise()).size < 110);

  await sql`update head set epoch = gen_random_uuid()`.execute(hub.hub.db);
  await pushAll(origin, () => [signal(5000, 95)]);
  t.match(await replica.sync(), { restarted: true });
  await synchronise();

  await operator.request('POST', '/v1/members/harbor/suspend');
  t.equal(await refusalOf(replica), 'member-suspended');
  t.equal(replica.size, 0);
  await operator.request('POST', '/v1/members/harbor/resume');
  t.ok((await synchronise()).size > 0);

  clock.advance(25 * 86_400_000);
  t.equal(replica.size, 0, 'what has ended is gone before anybody asks');
  t.equal((await synchronise()).size, 0);
  await origin.request('DELETE', '/v1/feeds/northstar/fraud');
  t.equal(await refusalOf(replica), 'not-found');
});

async function member(t: Test, hub: TestHub, id: string): Promise<TocsinClient> {
  return clientOf(t, hub, (await hub.join({ id, trust: 'verified' })).credentials);
}

function clientOf(t: Test, { url }: TestHub, { client_id: clientId, client_secret: clientSecret }: TestHub['operator']['credentials']): TocsinClient {
  const client = new TocsinClient({ url, clientId, clientSecret });
  t.teardown(() => client.close());
  return client;
}

async function activate(client: TocsinClient, policy: Policy): Promise<void> {
  const { id, version } = await client.request('POST', '/v1/policies', policy);
  const [owner, name] = id.split('/') as [string, string];
  await client.request('POST', `/v1/policies/${owner}/${name}/versions/${version}/activate`, {});
}
