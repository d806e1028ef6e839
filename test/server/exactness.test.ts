import t from 'tap';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { MemoryStore, Replica, ReplicaDigest, TocsinClient } from '../../clients/sdk/index.ts';
import type { ChangesPage, ItemResult, NewSignal, OwnSignalCounts, Policy, PolicyVersion, SignalView } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { pruneLog } from '../../server/signals/prune.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub } from '../support/hub.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DAYS_KEPT = 30;

function signal(change: Partial<NewSignal> = {}): NewSignal {
  return { digests: [{ scheme: 'media-sha256', digest: randomBytes(32).toString('hex') }], harm: 'fraud', severity: 'medium', confidence: 80, status: 'malicious', tlp: 'GREEN', ...change };
}

function activate(api: Api, id: string, terms: NonNullable<Policy['rules'][number]['terms']>): Promise<void> {
  return activateRules(api, id, [{ id: 'all', effect: 'share', terms }]);
}

async function activateRules(api: Api, id: string, rules: Policy['rules']): Promise<void> {
  const { body } = await api.post<PolicyVersion>('/v1/policies', { id, title: id, summary: id, rules } satisfies Policy);
  const { status } = await api.post(`/v1/policies/${id}/versions/${body.version}/activate`, {});
  if (status >= 300) throw new Error(`not activated: ${status}`);
}

const OPEN = { reveal: ['digest', 'harm', 'note', 'observed', 'labels'], origin: 'named' } as const;

for (const home of homes) {
  t.test(home, async (t) => {
    const clock = new ManualClock(NOW);
    const hub = await startTestHub(t, { home, clock, config: { logRetention: DAYS_KEPT * DAY, classQuota: 40 } });
    const [ash, birch, cedar] = [await hub.join({ id: 'ash' }), await hub.join({ id: 'birch' }), await hub.join({ id: 'cedar' })];
    await activate(hub.operator, 'hub/charter', { ...OPEN, reveal: [...OPEN.reveal] });
    await activate(ash, 'ash/open', { ...OPEN, reveal: [...OPEN.reveal] });
    const post = async (item: NewSignal): Promise<string> => (await ash.post<ItemResult>('/v1/signals', item)).body.id!;
    const page = async (api: Api, query = ''): Promise<ChangesPage> => {
      const { status, body } = await api.get<ChangesPage>(`/v1/feeds/all/changes${query}`);
      if (status !== 200) throw new Error(`status ${status}`);
      return body;
    };
    const raw = async (api: Api, query: string, headers: Record<string, string> = {}) => {
      const answer = await request(`${hub.url}/v1/feeds/all/changes${query}`, { headers: { authorization: `Bearer ${await api.token()}`, ...headers } });
      return { status: answer.statusCode, etag: String(answer.headers['etag']), text: await answer.body.text() };
    };

    t.test('a complete page can carry a digest, and its parts', async (t) => {
      await post(signal({ note: 'one', observed: { first: '2026-11-01T00:00:00Z' } }));
      await post(signal({ harm: 'spam', labels: ['wave-7'], valid_until: new Date(NOW + HOUR).toISOString() }));
      const { changes, digest } = await page(birch, '?digest=parts');
      const own = new ReplicaDigest();
      for (const change of changes) if (change.type === 'signal') own.add(change.signal);
      t.same(own.total, { count: digest!.count, sum: digest!.sum });
      t.equal(digest!.parts!.length, 2);
      t.same(own.differences(digest!), []);
      t.notOk((await page(birch)).digest, 'only when it is asked for');
      t.notOk((await page(birch, '?digest=total')).digest!.parts);
      t.notOk((await page(birch, '?digest=total&limit=1')).digest, 'a page that is not complete has none');
      const [first] = changes;
      const changed = new ReplicaDigest();
      changed.add({ ...(first as { signal: SignalView }).signal, note: 'altered' });
      t.equal(changed.differences(digest!).length, 2, 'an altered signal and a missing one');
    });

    t.test('a page and a single read make the same view', async (t) => {
      const id = await post(signal({ note: 'with "quotes", \\ and\nlines, ü and 😀' }));
      const { changes } = await page(cedar);
      const inFeed = changes.find((change) => change.type === 'signal' && change.signal.id === id) as { signal: SignalView };
      t.same((await cedar.get(`/v1/signals/${id}`)).body, inFeed.signal);
      t.equal(inFeed.signal.note, 'with "quotes", \\ and\nlines, ü and 😀');
    });

    t.test('who has nothing to hear is answered 304, until there is something', async (t) => {
      const { etag, text } = await raw(birch, '');
      const { cursor } = JSON.parse(text) as ChangesPage;
      const poll = () => raw(birch, `?cursor=${cursor}`, { 'if-none-match': etag });
      t.match(etag, /^W\/"[\w-]+"$/);
      for (let n = 0; n < 3; n += 1) t.match(await poll(), { status: 304, etag, text: '' });
      await ash.post(`/v1/signals/${await post(signal({ audience: { members: ['cedar'] } }))}/retract`, { reason: 'mistake' });
      t.equal((await poll()).status, 304, 'what is hidden is nothing');
      t.equal((await raw(birch, `?cursor=${cursor}`)).status, 200, 'without a tag there is a page, which says nothing');
      clock.advance(11 * 60_000);
      const fresh = await poll();
      t.match(fresh, { status: 200 }, 'now and then a new cursor is given');
      t.same((JSON.parse(fresh.text) as ChangesPage).changes, []);
      const id = await post(signal());
      t.match((JSON.parse((await poll()).text) as ChangesPage).changes, [{ type: 'signal', signal: { id } }]);
    });

    t.test('a poll that waits is answered when there is something to say, and by its end at the latest', async (t) => {
      const { cursor } = await page(birch);
      const started = performance.now();
      t.same((await page(birch, `?cursor=${cursor}&wait=1`)).changes, []);
      t.ok(performance.now() - started >= 1000, 'it waited');
      const waiting = page(birch, `?cursor=${cursor}&wait=30`);
      const id = await post(signal());
      t.match((await waiting).changes, [{ type: 'signal', signal: { id } }]);
      t.ok(performance.now() - started < 20_000, 'not to the end');
      const { status } = await birch.get('/v1/feeds/all/changes?wait=61');
      t.equal(status, 400);
    });

    t.test('the end of an embargo wakes a poll that waits, although nothing is written', async (t) => {
      await activate(ash, 'ash/later', { after: 'PT2H', reveal: ['digest'] });
      const id = await post(signal());
      const { cursor } = await page(birch);
      const waiting = page(birch, `?cursor=${cursor}&wait=30`);
      await sleep(500);
      clock.advance(2 * HOUR);
      t.ok((await waiting).changes.some((change) => change.type === 'signal' && change.signal.id === id));
    });

    t.test('what ends while a change of it is left to a scan does not stay', async (t) => {
      await activate(ash, 'ash/open', { ...OPEN, reveal: [...OPEN.reveal] });
      const ids: string[] = [];
      for (const harm of ['fraud', 'fraud', 'fraud', 'fraud']) {
        ids.push(await post(signal({ harm })));
        clock.advance(1);
      }
      const held = new Set((await page(birch)).changes.flatMap((change) => (change.type === 'signal' ? [change.signal.id] : [])));
      let { cursor } = await page(birch);
      const last = ids.at(-1)!;
      const other = ids.at(-2)!;
      await activate(ash, 'ash/open', { ...OPEN, reveal: ['digest', 'harm'] });
      for (const id of [last, other]) await ash.put(`/v1/signals/${id}`, signal({ valid_until: new Date(clock.now() + HOUR).toISOString() }));
      for (let complete = false, first = true; !complete; first = false) {
        const next = await page(birch, `?cursor=${cursor}&limit=1`);
        for (const change of next.changes) {
          if (change.type === 'signal') held.add(change.signal.id);
          else held.delete(change.id);
        }
        if (first) {
          t.notOk(next.complete, 'the scan has not come so far');
          clock.advance(2 * HOUR);
          await ash.put(`/v1/signals/${other}`, signal({ audience: { members: ['cedar'] } }));
        }
        [cursor, complete] = [next.cursor, next.complete];
      }
      t.notOk(held.has(last), 'it has ended');
      t.notOk(held.has(other), 'it has ended, and is another’s since');
      t.ok(held.has(ids[0]!));
    });

    t.test('what ends by the terms of its new class, while its change is left to a scan, does not stay', async (t) => {
      const rules = (reveal: typeof OPEN.reveal[number][]): Policy['rules'] => [
        { id: 'spam', effect: 'share', signals: { harm: { in: ['spam'] } }, terms: { reveal, for: 'PT1H' } },
        { id: 'others', effect: 'share', terms: { reveal } },
      ];
      await activateRules(ash, 'ash/by-harm', rules([...OPEN.reveal]));
      const [first, second, moved] = [await post(signal()), await post(signal()), await post(signal())];
      let next = await page(birch);
      const held = new Set(next.changes.flatMap((change) => (change.type === 'signal' ? [change.signal.id] : [])));
      await activateRules(ash, 'ash/by-harm', rules(['digest', 'harm']));
      await ash.put(`/v1/signals/${moved}`, signal({ harm: 'spam' }));
      for (let limit = 1; limit === 1 || !next.complete; limit = 1000) {
        next = await page(birch, `?cursor=${next.cursor}&limit=${limit}`);
        if (limit === 1) t.notOk(next.complete, 'the scan has not come so far');
        for (const change of next.changes) if (change.type === 'remove') held.delete(change.id);
        clock.advance(2 * HOUR);
      }
      t.ok(held.has(first) && held.has(second));
      t.notOk(held.has(moved), 'it has ended');
      await activate(ash, 'ash/open', { ...OPEN, reveal: [...OPEN.reveal] });
    });

    t.test('no page states an instant that has not come, nor one before its cursor’s, when the clock is put back after a poll', async (t) => {
      const begun = clock.now();
      const asOf = ({ as_of: stated }: ChangesPage): number => Date.parse(stated!) - begun;
      const start = await page(birch);
      clock.advance(HOUR);
      const quiet = await page(birch, `?cursor=${start.cursor}`);
      t.same([quiet.changes, asOf(quiet)], [[], HOUR]);
      clock.advance(1 - HOUR);
      t.equal(asOf(await page(birch, `?cursor=${quiet.cursor}`)), HOUR, 'who was told of a later instant is told of that');
      t.equal(asOf(await page(birch, `?cursor=${start.cursor}`)), 1, 'who was not, of the present one');
      await post(signal());
      t.equal(asOf(await page(birch, `?cursor=${start.cursor}`)), 1, 'also where there is something to say');
    });

    t.test('a page names each signal once, also where a scan ends on it that began at an earlier instant', async (t) => {
      await activate(ash, 'ash/open', { ...OPEN, reveal: [...OPEN.reveal] });
      for (let n = 0; n < 3; n += 1) await post(signal());
      let next = await page(birch);
      const held = new Set(next.changes.flatMap((change) => (change.type === 'signal' ? [change.signal.id] : [])));
      await activate(ash, 'ash/later', { after: 'PT2H', reveal: ['digest', 'harm'] });
      clock.advance(1);
      const named: string[][] = [];
      for (const limit of [1, 1000, 1000]) {
        next = await page(birch, `?cursor=${next.cursor}&limit=${limit}`);
        named.push(next.changes.map((change) => (change.type === 'signal' ? change.signal.id : change.id)));
        for (const change of next.changes) if (change.type === 'signal') held.add(change.signal.id);
          else held.delete(change.id);
        t.equal(next.complete, limit === 1000 && named.length === 3);
        clock.advance(2 * HOUR);
      }
      for (const ids of named) t.equal(new Set(ids).size, ids.length);
      t.same([...held].sort(), (await page(birch)).changes.flatMap((change) => (change.type === 'signal' ? [change.signal.id] : [])).sort());
    });

    t.test('what has ended by itself is not removed, although changes of its end are left to a scan', async (t) => {
      await activate(ash, 'ash/open', { ...OPEN, reveal: [...OPEN.reveal] });
      const inHours = (hours: number): NewSignal => signal({ valid_until: new Date(clock.now() + hours * HOUR).toISOString() });
      await post(signal());
      clock.advance(1);
      const [ended, prolonged] = [await post(inHours(1)), await post(inHours(1))];
      const start = await page(birch);
      await activate(ash, 'ash/closed', { after: 'P300D', reveal: ['digest'] });
      await ash.put(`/v1/signals/${ended}`, inHours(2));
      await ash.put(`/v1/signals/${prolonged}`, inHours(9));
      let next = await page(birch, `?cursor=${start.cursor}&limit=1`);
      t.match(next, { complete: false, changes: [{ type: 'remove' }] });
      clock.advance(3 * HOUR);
      const removed: string[] = [];
      while (!next.complete) {
        next = await page(birch, `?cursor=${next.cursor}`);
        removed.push(...next.changes.flatMap((change) => (change.type === 'remove' ? [change.id] : [])));
      }
      t.notOk(removed.includes(ended), 'as it was last told of, it ended');
      t.notOk(removed.includes(prolonged), 'and so did what goes on for others');
      await activate(ash, 'ash/open', { ...OPEN, reveal: [...OPEN.reveal] });
    });

    t.test('a replica that lost or altered something finds out where, and mends itself', async (t) => {
      const { client_id: clientId, client_secret: clientSecret } = birch.credentials;
      const store = new MemoryStore();
      const client = new TocsinClient({ url: hub.url, clientId, clientSecret });
      const replica = new Replica(client, 'all', store, { now: () => clock.now() });
      await replica.sync();
      t.match(await replica.verify(), { count: replica.size, differences: [] });
      const [lost, altered] = [...replica] as [SignalView, SignalView];
      store.content.apply({ changes: [{ type: 'remove', id: lost.id, reason: 'gone' }, { type: 'signal', signal: { ...altered, digests: [] } }], cursor: store.content.state.cursor!, complete: false, begins: false });
      const { differences } = await replica.verify();
      t.ok(differences.length > 0 && differences.every(({ example }) => example?.handling), 'it says where');
      t.same((await replica.verify({ repair: true })).differences, []);
      t.same(replica.get(altered.id), altered);
      t.ok(replica.get(lost.id));
      await client.close();
    });

    t.test('a cursor that is older than the log leads to a new synchronisation, which tells of retractions', async (t) => {
      await activate(ash, 'ash/open', { ...OPEN, reveal: [...OPEN.reveal] });
      const [kept, gone] = [await post(signal()), await post(signal())];
      const { cursor } = await page(birch);
      await ash.put(`/v1/signals/${kept}`, signal({ note: 'changed' }));
      await ash.post(`/v1/signals/${gone}/retract`, { reason: 'appeal-upheld' });
      t.equal(await pruneLog(hub.hub), 0, 'nothing is old enough');
      clock.advance((DAYS_KEPT + 1) * DAY);
      const late = await page(cedar);
      t.ok((await pruneLog(hub.hub)) > 0);
      t.same(problemOf(await birch.get(`/v1/feeds/all/changes?cursor=${cursor}`)), ['410 cursor-expired']);
      const { changes, digest } = await page(birch, '?digest=total');
      t.ok(changes.some((change) => change.type === 'remove' && change.id === gone && change.reason === 'appeal-upheld'), 'a retraction is owed for ever');
      t.ok(changes.some((change) => change.type === 'signal' && change.signal.id === kept));
      t.equal(digest!.count, changes.filter(({ type }) => type === 'signal').length);
      t.same((await page(cedar, `?cursor=${late.cursor}`)).changes, [], 'a cursor that is young enough goes on');
    });

    t.test('members see how many classes their signals have needed, and cannot need more than their quota', async (t) => {
      const { body } = await ash.get<OwnSignalCounts>('/v1/signals/counts');
      t.ok(body.classes > 0 && body.class_quota === 40);
      const many = await Promise.all(Array.from({ length: 45 }, (_, n) => ash.post('/v1/signals', signal({ labels: [`wave-${n}`] }))));
      t.ok(many.some(({ status }) => status === 429));
      t.equal((await ash.get<OwnSignalCounts>('/v1/signals/counts')).body.classes, 40);
    });
  });
}
