import t, { type Test } from 'tap';
import type { Calendar, ChangesPage, NewSignal, Policy, PolicyVersion, Rule, Visibility } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { SeededRandom } from '../laws/random.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type TestHub } from '../support/hub.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SEED = 20_261_122;
const iso = (at: number): string => new Date(at).toISOString();
const PEERS = ['birch', 'cedar', 'dogwood'] as const;

const all = { reveal: ['digest', 'harm'], origin: 'named' } as const;
const share = (id: string, more: Partial<Rule>, terms: Partial<Rule['terms'] & object> = {}): Rule => ({ id, effect: 'share', ...more, terms: { ...all, reveal: [...all.reveal], ...terms } });
const policy = (id: string, rules: Rule[]): Policy => ({ id, title: id, summary: id, rules });

/** What ash promises now, and from the fourth day on. */
const NOW = policy('ash/standard', [
  { id: 'closing', effect: 'withhold', signals: { harm: { in: ['spam'] } }, during: { from: iso(NOON + 2 * DAY + 5 * HOUR) } },
  share('fraud', { signals: { harm: { in: ['fraud'] } }, peers: { id: { in: ['birch'] } } }, { after: 'PT26H', for: 'P2D' }),
  share('agreed', { peers: { agreements: { all: ['fraud-2026'] } } }, { after: 'PT2H' }),
  share('window', { peers: { id: { in: ['dogwood'] } }, during: { from: iso(NOON + 30 * HOUR), until: iso(NOON + 4 * DAY) } }, { for: 'P3D' }),
  share('spam', { signals: { harm: { in: ['spam'] } } }),
]);
const LATER = policy('ash/later', [share('everything', {}, { for: 'P5D' })]);

for (const home of homes) {
  t.test(home, async (t) => {
    const clock = new ManualClock(NOON);
    const hub = await startTestHub(t, { home, clock });
    const [ash, birch] = [await hub.join({ id: 'ash' }), await hub.join({ id: 'birch' })];
    const peers = new Map<string, Api>([['birch', birch], ['cedar', await hub.join({ id: 'cedar', agreements: [{ id: 'fraud-2026', from: iso(NOON + DAY), until: iso(NOON + 5 * DAY) }, { id: 'secret', from: iso(NOON + DAY) }] })], ['dogwood', await hub.join({ id: 'dogwood' })]]);
    await put(hub.operator, policy('hub/charter', [share('all', {})]));
    await put(ash, NOW);
    await put(ash, LATER, { effective_at: iso(NOON + 3 * DAY + 7 * HOUR) });
    await put(birch, policy('birch/standard', [share('all', {}, { after: 'P1D' })]));
    await fill(ash, clock);
    await birch.post('/v1/signals', [signal(new SeededRandom(1), NOON)]);
    await t.test('what is to come, and what comes', async (t) => comes(t, ash, peers, clock));
    await t.test('an incident that has an end', async (t) => incident(t, hub, clock));
    await t.test('what others may not know', async (t) => unknown(t, hub, ash, birch));
  });
}

async function put(api: Api, document: Policy, body: object = {}): Promise<void> {
  const stored = await api.post<PolicyVersion>('/v1/policies', document);
  const { status } = await api.post(`/v1/policies/${document.id}/versions/${stored.body.version}/activate`, body);
  if (status !== 200) throw new Error(JSON.stringify(stored.body));
}

function signal(random: SeededRandom, now: number): NewSignal {
  const until = random.below(3) === 0 ? { valid_until: iso(now + random.pick([HOUR, 30 * HOUR, 2 * DAY, 4 * DAY])) } : {};
  const from = random.below(6) === 0 ? { not_before: iso(now + random.pick([20 * HOUR, 3 * DAY])) } : {};
  return { digests: [{ scheme: 'media-md5', digest: random.hex(16) }], harm: random.pick(['fraud', 'spam', 'csea']), severity: 'high', confidence: 80, status: 'malicious', tlp: 'GREEN', ...until, ...from };
}

/** Signals of two days; some are retracted. */
async function fill(ash: Api, clock: ManualClock): Promise<void> {
  const random = new SeededRandom(SEED);
  for (let batch = 0; batch < 5; batch += 1) {
    const { body } = await ash.post<{ results: { id: string }[] }>('/v1/signals', Array.from({ length: 14 }, () => signal(random, clock.now())));
    await ash.post(`/v1/signals/${body.results[0]!.id}/retract`, { reason: 'mistake' });
    if (batch < 4) clock.advance(5 * HOUR + 1234);
  }
}

const calendar = async (api: Api, query = ''): Promise<Calendar> => (await api.get<Calendar>(`/v1/policies/calendar${query}`)).body;
const visibility = async (api: Api, query: string): Promise<Visibility> => (await api.get<Visibility>(`/v1/policies/visibility?${query}`)).body;

async function comes(t: Test, ash: Api, peers: ReadonlyMap<string, Api>, clock: ManualClock): Promise<void> {
  const planned = await calendar(ash, '?days=8');
  const start = Math.floor(clock.now() / DAY) * DAY;
  t.equal(planned.until, iso(start + 8 * DAY));
  t.same(planned.moments.map(({ causes }) => causes.map(({ cause, rule, policy: id, agreement }) => [cause, rule ?? agreement ?? id].join(' '))).flat(), ['agreement-begins fraud-2026', 'window-opens window', 'window-opens closing', 'policy ash/later'], 'while it matters');
  t.ok(planned.days.some(({ peers: of }) => of.some(({ released }) => released > 0)) && planned.days.some(({ peers: of }) => of.some(({ ended }) => ended > 0)), 'something is released, and something ends');
  t.equal(planned.says.length, planned.days.length + planned.moments.length);
  t.match(planned.says.join('\n'), /ash\/later version 1 takes effect; birch gains \d+ signals, loses \d+/);

  const seen = await count(peers);
  for (let day = 0; day < 8; day += 1) {
    const [from, until] = [start + day * DAY, start + (day + 1) * DAY];
    for (const peer of PEERS) {
      const foreseen = await visibility(ash, `peer=${peer}&at=${iso(Math.max(clock.now(), until - 1))}`);
      seen.set(`${peer} foreseen`, foreseen.counts.visible);
    }
    clock.advance(until - 1 - clock.now());
    const now = await count(peers);
    for (const peer of PEERS) {
      const passed = planned.days.find((one) => one.day === iso(from).slice(0, 10))?.peers.find((one) => one.peer === peer) ?? { released: 0, ended: 0 };
      const changed = planned.moments.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) < until).flatMap((one) => one.peers.filter((each) => each.peer === peer));
      const net = passed.released - passed.ended + changed.reduce((sum, { gained, lost }) => sum + gained - lost, 0);
      t.equal(now.get(peer)! - seen.get(peer)!, net, `${peer} on day ${day}`);
      t.equal(now.get(peer)!, seen.get(`${peer} foreseen`), `${peer} as foreseen for the end of day ${day}`);
      seen.set(peer, now.get(peer)!);
    }
  }

  const sees = await visibility(ash, 'peer=birch&limit=2');
  t.equal(sees.counts.visible, (await count(peers)).get('birch'));
  t.match([sees.classes.length, sees.classes[0]!.standing], [2, { effect: 'share', charter: 'all', policy: 'everything', ends_after: 'PT120H' }]);
  t.equal(sees.says.length, 4);
  const total = ({ counts }: Pick<Visibility, 'counts'>): number => counts.visible + counts.later + counts.withheld;
  t.equal((await visibility(ash, 'peer=cedar')).classes.reduce((sum, of) => sum + total(of), 0), total(sees), 'all that has not ended');
}

/** How many signals of ash each peer sees now, by a pull from the start. */
async function count(peers: ReadonlyMap<string, Api>): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const [peer, api] of peers) {
    const { body } = await api.get<ChangesPage>('/v1/feeds/all/changes?limit=10000');
    counts.set(peer, body.changes.filter((change) => change.type === 'signal' && change.signal.origin === 'ash').length);
  }
  return counts;
}

async function incident(t: Test, hub: TestHub, clock: ManualClock): Promise<void> {
  const { operator } = hub;
  const elm = await hub.join({ id: 'elm' });
  await hub.join({ id: 'fir' });
  for (const id of ['flood', 'storm']) await operator.put(`/v1/incidents/${id}`, { title: id, harms: ['fraud'], severity: 'high', responders: { members: [], groups: [] }, announced: true });
  await put(elm, policy('elm/standard', [share('while', { peers: { id: { in: ['fir'] } }, incidents: { open: ['flood'] } })]));
  await elm.post('/v1/signals', [{ digests: [{ scheme: 'media-md5', digest: 'a'.repeat(32) }], harm: 'fraud', severity: 'high', confidence: 80, status: 'malicious', tlp: 'GREEN' }]);
  const closes = (hours: number) => ({ closes_at: iso(clock.now() + hours * HOUR) });
  const end = closes(30).closes_at;
  for (const [id, hours] of [['flood', 30], ['storm', 31]] as const) t.equal((await operator.post(`/v1/incidents/${id}/open`, closes(hours))).status, 200);
  const { moments, says } = await calendar(elm, '?days=3');
  t.same(moments, [{ at: end, causes: [{ cause: 'incident-closes', member: 'hub', incident: 'flood' }], peers: [{ peer: 'fir', gained: 0, lost: 1, changed: 0 }] }], 'that its rule names; the other is nothing to it');
  t.match(says.join(), /the incident flood is closed; fir gains 0 signals, loses 1/);
}

async function unknown(t: Test, { operator }: TestHub, ash: Api, birch: Api): Promise<void> {
  t.notMatch(JSON.stringify(await calendar(ash, '?days=30')), /secret/, 'what others agree to');
  t.match((await calendar(birch)).moments, [], 'another’s policies and what they lead to');
  for (const path of ['visibility?peer=nobody', 'calendar?peer=nobody']) t.same(problemOf(await ash.get(`/v1/policies/${path}`)), ['404 not-found', 'peer is not a member of this hub']);
  await operator.post('/v1/members/dogwood/suspend');
  for (const path of ['visibility?peer=dogwood', 'calendar?peer=dogwood']) t.same(problemOf(await ash.get(`/v1/policies/${path}`)), ['404 not-found', 'peer is not a member of this hub'], 'as one that is not');
  t.same(problemOf(await ash.get(`/v1/policies/visibility?peer=birch&at=${iso(NOON)}`)), ['400 invalid-parameter', 'at must not be in the past']);
  t.same(problemOf(await ash.get('/v1/policies/calendar?days=367')).slice(0, 1), ['400 invalid-parameter']);
}
