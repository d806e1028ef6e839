import t, { type Test } from 'tap';
import { randomBytes } from 'node:crypto';
import type { ChangesPage, Explanation, ItemResult, MemberView, NewSignal, OwnSignalList, Policy, PolicyVersion, SignalView, SubscriberList, Subscription, SubscriptionList } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type TestHub } from '../support/hub.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const DAY = 86_400_000;
const iso = (at: number): string => new Date(at).toISOString();

interface Scene {
  hub: TestHub;
  clock: ManualClock;
  ash: Api;
  birch: Api;
}

function signal(change: Partial<NewSignal> = {}): NewSignal {
  return { digests: [{ scheme: 'media-sha256', digest: randomBytes(32).toString('hex') }], harm: 'fraud', severity: 'medium', confidence: 80, status: 'malicious', tlp: 'GREEN', ...change };
}

async function activate(api: Api, id: string, rules: Policy['rules']): Promise<void> {
  const stored = await api.post<PolicyVersion>('/v1/policies', { id, title: id, summary: id, rules });
  const { status } = await api.post(`/v1/policies/${id}/versions/${stored.body.version}/activate`, {});
  if (status >= 300) throw new Error(`not activated: ${JSON.stringify(stored.body)}`);
}

const terms: Policy['rules'][number]['terms'] = { reveal: ['digest', 'harm', 'jurisdictions'], origin: 'named', handling: { tlp: 'GREEN', onward: 'members' } };
const when = (asked: Partial<Policy['rules'][number]>): Policy['rules'] => [{ id: 'asked', effect: 'share', terms, ...asked } as Policy['rules'][number]];

/** A replica, which is compared with what is explained of each signal. */
class Replica {
  readonly held = new Map<string, SignalView>();
  readonly #api: Api;
  readonly #of: string;
  #cursor: string | undefined;

  constructor(api: Api, of: string) {
    this.#api = api;
    this.#of = of;
  }

  async pull(): Promise<void> {
    const { body } = await this.#api.get<ChangesPage>(`/v1/feeds/all/changes${this.#cursor ? `?cursor=${this.#cursor}` : ''}`);
    for (const change of body.changes) {
      if (change.type === 'signal') this.held.set(change.signal.id, change.signal);
      else this.held.delete(change.id);
    }
    if (!body.complete) throw new Error('not complete');
    this.#cursor = body.cursor;
  }

  /** Pulls, and compares with what the origin is told about each of its signals. @returns the ids held */
  async exact(t: Test, origin: Api, why: string): Promise<string[]> {
    await this.pull();
    const { body } = await origin.get<OwnSignalList>('/v1/signals?limit=1000');
    const visible: string[] = [];
    for (const { id } of body.signals) {
      const said = await origin.post<Explanation>('/v1/explain', { signal: id, peer: this.#of });
      if (said.status === 200 && said.body.visible) visible.push(id);
    }
    t.same([...this.held.keys()].sort(), visible.sort(), why);
    return visible;
  }
}

for (const home of homes) {
  t.test(home, async (t) => {
    const clock = new ManualClock(NOW);
    const hub = await startTestHub(t, { home, clock });
    const scene: Scene = { hub, clock, ash: await hub.join({ id: 'ash' }), birch: await hub.join({ id: 'birch' }) };
    await activate(hub.operator, 'hub/charter', [{ id: 'all', effect: 'share', terms: { ...terms, reveal: ['digest', 'harm', 'jurisdictions', 'note'] } }]);
    await t.test('jurisdictions of signals', (t) => jurisdictions(t, scene));
    await t.test('agreements by version', (t) => agreements(t, scene));
    await t.test('subscriptions', (t) => subscriptions(t, scene));
    await t.test('a feed for those to whom it is offered', (t) => offered(t, scene));
  });
}

const post = async (api: Api, item: NewSignal): Promise<string> => (await api.post<ItemResult>('/v1/signals', item)).body.id!;

async function jurisdictions(t: Test, { ash, birch }: Scene): Promise<void> {
  await activate(ash, 'ash/where', when({ signals: { jurisdictions: { any: ['NL', 'EU'] } } }));
  const [dutch, french, nowhere] = [await post(ash, signal({ jurisdictions: ['NL', 'DE'] })), await post(ash, signal({ jurisdictions: ['FR'] })), await post(ash, signal({ jurisdictions: [] }))];
  t.same((await ash.get<OwnSignalList>('/v1/signals')).body.signals.map(({ content }) => content.jurisdictions), [['DE', 'NL'], ['FR'], undefined], 'in normal form they are sorted, and none is nothing');
  const replica = new Replica(birch, 'birch');
  t.same(await replica.exact(t, ash, 'only what plays there'), [dutch]);
  t.same(replica.held.get(dutch)!.jurisdictions, ['DE', 'NL'], 'they are revealed');
  t.equal((await ash.post<ItemResult>('/v1/signals', signal({ jurisdictions: ['EU'], reference: 'moving' }))).status, 201);
  t.equal((await replica.exact(t, ash, 'one more')).length, 2);
  await ash.post('/v1/signals', [signal({ jurisdictions: ['FR'], reference: 'moving' })]);
  t.same(await replica.exact(t, ash, 'one that moves leaves'), [dutch]);
  await activate(ash, 'ash/where', when({ signals: { jurisdictions: { none: ['NL'] } }, terms: { ...terms, reveal: ['digest', 'harm'] } as NonNullable<typeof terms> }));
  const others = await replica.exact(t, ash, 'the others');
  t.ok(others.includes(french) && !others.includes(dutch));
  t.notOk(others.includes(nowhere), 'nobody knows where it plays: a share that asks does not reach it');
  t.notOk('jurisdictions' in replica.held.get(french)!, 'what is not revealed is not there');
  for (const [wrong, where] of [[['NL', 'NL'], '/jurisdictions'], [['nl'], '/jurisdictions/0'], [['Netherlands'], '/jurisdictions/0']] as const) {
    t.match(problemOf(await ash.post('/v1/signals', signal({ jurisdictions: [...wrong] }))), ['400 invalid-body', new RegExp(`^${where} `)]);
  }
}

async function agreements(t: Test, { hub, clock, ash, birch }: Scene): Promise<void> {
  const accept = (agreements: object[]) => hub.operator.patch<MemberView>('/v1/members/birch', { agreements });
  await activate(ash, 'ash/agreed', when({ peers: { agreements: { all: ['fraud-2026@2'] } } }));
  const replica = new Replica(birch, 'birch');
  t.same(await replica.exact(t, ash, 'nothing was accepted'), []);
  await accept([{ id: 'fraud-2026', from: iso(NOW) }]);
  t.same(await replica.exact(t, ash, 'the first version is not the second'), []);
  const accepted = await accept([{ id: 'fraud-2026', version: 3, from: iso(NOW), until: iso(clock.now() + DAY) }]);
  t.match(accepted.body.agreements, [{ id: 'fraud-2026', version: 3 }]);
  t.ok((await replica.exact(t, ash, 'a later version covers it')).length > 0);
  clock.advance(DAY);
  t.same(await replica.exact(t, ash, 'it has ended'), []);
  await accept([{ id: 'fraud-2026', from: iso(NOW) }, { id: 'fraud-2026', version: 2, from: iso(clock.now() + DAY) }]);
  t.same(await replica.exact(t, ash, 'the second is yet to come'), []);
  clock.advance(DAY);
  t.ok((await replica.exact(t, ash, 'it came')).length > 0);
  for (const version of [0, 100, 1.5]) t.match(problemOf(await accept([{ id: 'fraud-2026', version, from: iso(NOW) }])), ['400 invalid-body', /^\/agreements\/0\/version /]);
}

async function subscriptions(t: Test, { hub, ash, birch }: Scene): Promise<void> {
  await ash.put('/v1/feeds/ash/fraud', { id: 'ash/fraud', title: 'Fraud', filter: { harm: { in: ['fraud'] } } });
  await activate(ash, 'ash/subscribed', when({ peers: { subscribed: { any: ['ash/fraud'] } } }));
  const replica = new Replica(birch, 'birch');
  t.same(await replica.exact(t, ash, 'nobody is subscribed'), []);
  const subscribed = await birch.put<Subscription>('/v1/subscriptions/ash/fraud');
  t.match(subscribed, { status: 200, body: { feed: 'ash/fraud' } });
  t.same((await birch.put('/v1/subscriptions/ash/fraud')).body, subscribed.body, 'twice is once');
  t.ok((await replica.exact(t, ash, 'subscribed')).length > 0);
  t.same((await birch.get<SubscriptionList>('/v1/subscriptions')).body.subscriptions, [subscribed.body]);
  t.same((await ash.get<SubscriberList>('/v1/feeds/ash/fraud/subscribers')).body.subscribers, [{ member: 'birch', since: subscribed.body.since }], 'its owner sees who is');
  t.same((await ash.get<SubscriptionList>('/v1/subscriptions')).body.subscriptions, []);
  for (const other of [birch, hub.operator]) t.same(problemOf(await other.get('/v1/feeds/ash/fraud/subscribers')), ['404 not-found'], 'others do not');
  await ash.delete('/v1/feeds/ash/fraud');
  t.same(await replica.exact(t, ash, 'a feed that is withdrawn has no subscribers that anybody knows of'), []);
  t.same((await birch.get<SubscriptionList>('/v1/subscriptions')).body.subscriptions, [subscribed.body], 'what it said stays');
  await ash.put('/v1/feeds/ash/fraud', { id: 'ash/fraud', title: 'Fraud' });
  t.ok((await replica.exact(t, ash, 'it is offered again')).length > 0);
  t.equal((await birch.delete('/v1/subscriptions/ash/fraud')).status, 204);
  t.same(await replica.exact(t, ash, 'ended'), []);
  t.same(problemOf(await birch.delete('/v1/subscriptions/ash/fraud')), ['404 not-found']);
  await activate(ash, 'ash/subscribed', when({ peers: { subscribed: { none: ['ash/fraud', 'all'] } } }));
  t.ok((await replica.exact(t, ash, 'that it is subscribed to nothing is known')).length > 0);
  await birch.put('/v1/subscriptions/all');
  t.same(await replica.exact(t, ash, 'everything is a feed as well'), []);
  t.equal((await birch.delete('/v1/subscriptions/all')).status, 204);
}

async function offered(t: Test, { hub, ash, birch }: Scene): Promise<void> {
  await hub.operator.put('/v1/groups/inner', { title: 'Inner', members: ['ash', 'birch'] });
  await ash.put('/v1/feeds/ash/inner', { id: 'ash/inner', title: 'Inner', peers: { groups: { any: ['inner'] } } });
  const cedar = await hub.join({ id: 'cedar' });
  for (const feed of ['ash/inner', 'ash/none', 'none']) t.same(problemOf(await cedar.put(`/v1/subscriptions/${feed}`)), ['404 not-found'], 'what is not offered does not exist');
  for (const feed of ['ash/inner', 'ash/none', 'none']) t.same(problemOf(await cedar.delete(`/v1/subscriptions/${feed}`)), ['404 not-found']);
  t.equal((await birch.put('/v1/subscriptions/ash/inner')).status, 200);
  await hub.operator.put('/v1/groups/inner', { title: 'Inner', members: ['ash'] });
  t.same((await birch.get<SubscriptionList>('/v1/subscriptions')).body.subscriptions.map(({ feed }) => feed), ['ash/inner'], 'to whom it is offered does not show');
  await hub.operator.post('/v1/members/birch/suspend');
  t.same((await ash.get<SubscriberList>('/v1/feeds/ash/inner/subscribers')).body.subscribers, [], 'who is suspended does not show');
  await hub.operator.post('/v1/members/birch/resume');
  t.equal((await birch.delete('/v1/subscriptions/ash/inner')).status, 204, 'what one is subscribed to can be ended');
}
