import fc from 'fast-check';
import { createHash } from 'node:crypto';
import t, { type Test } from 'tap';
import { ReplicaDigest } from '../../clients/sdk/index.ts';
import type { BatchResult, ChangesPage, DisputeList, DisputeVerdict, DisputeView, Explanation, ItemResult, JudgementView, MeasuredPeriod, NewSignal, OwnMeasures, OwnSignal, OwnSignalCounts, OwnSignalList, Rule, SignalView, UndoResult, Verdict } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { takeMeasures } from '../../server/measures/measure.ts';
import { decide } from '../../server/policy/decide.ts';
import type { SignalAttributes } from '../../server/policy/object.ts';
import type { Measures, World } from '../../server/policy/world.ts';
import { purgeSignals } from '../../server/signals/purge.ts';
import { SeededRandom } from '../laws/random.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type HomeName, type TestHub } from '../support/hub.ts';
import { activatePolicy } from '../support/policies.ts';

const seed = Number(process.env['SEED'] ?? 20_261_201);
t.comment(`SEED=${seed}`);
t.setTimeout(240_000);

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2026-11-02T06:00:00Z');
const STALE = 30 * DAY;
const iso = (at: number): string => new Date(at).toISOString();

const counting: Rule = { id: 'counts', effect: 'share', covers: ['counts'] };
const everything: Rule = { id: 'all', effect: 'share', terms: { reveal: ['digest', 'harm', 'note'], origin: 'named' } };
const digest = (of: string | number) => ({ scheme: 'media-md5', digest: createHash('md5').update(String(of)).digest('hex') });
const signal = (of: string | number, change: Partial<NewSignal> = {}): NewSignal => ({ digests: [digest(of)], harm: 'fraud', severity: 'high', confidence: 50, status: 'malicious', tlp: 'GREEN', ...change });

const ORIGINS = ['ash', 'birch', 'cedar', 'elm', 'fir'];
const PERIODS: readonly (readonly [MeasuredPeriod, number])[] = [['P7D', 7], ['P30D', 30], ['P90D', 90], ['P365D', 365]];
const withDispute: Rule = { id: 'disputed', effect: 'withhold', covers: ['signals'], signals: { dispute: { in: ['disputed', 'upheld'] } } };

const POLICIES: Record<string, Rule[]> = {
  ash: [
    { id: 'upheld', effect: 'withhold', signals: { dispute: { in: ['upheld'] } } },
    { ...everything, id: 'corroborated', signals: { corroboration: { atLeast: 1 } } },
    { ...everything, id: 'active', peers: { contributed: { atLeast: 12, within: 'P7D' } }, terms: { reveal: ['harm', 'digest'], origin: 'hidden' } },
    counting,
  ],
  birch: [{ ...everything, id: 'fresh', peers: { quality: { stale: { atMost: 50 }, overturned: { atMost: 30 } } } }, { ...everything, id: 'good', peers: { found_good: { atLeast: 40, within: 'P30D' } } }, counting],
  cedar: [everything, counting],
  elm: [withDispute, everything],
  fir: [{ id: 'few', effect: 'withhold', covers: ['signals'], signals: { corroboration: { atMost: 0 }, severity: { atLeast: 'high' } } }, everything, { id: 'not', effect: 'withhold', covers: ['counts'], signals: { harm: { in: ['spam'] } } }, counting],
};
const counts: Record<string, (harm: string) => boolean> = { ash: () => true, birch: () => true, cedar: () => true, elm: () => false, fir: (harm) => !harm.startsWith('spam') };

const written = fc.record({
  digests: fc.uniqueArray(fc.integer({ min: 0, max: 14 }), { minLength: 1, maxLength: 2 }),
  harm: fc.constantFrom('fraud', 'fraud.phishing', 'spam'),
  severity: fc.constantFrom<NewSignal['severity'][]>('low', 'high'),
  status: fc.constantFrom<NewSignal['status'][]>('malicious', 'malicious', 'suspicious', 'non-malicious'),
  basis: fc.constantFrom<NewSignal['basis'][]>(undefined, 'own-observation', 'derived'),
  lives: fc.constantFrom(undefined, undefined, undefined, 1, 2, 9),
  note: fc.constantFrom(undefined, 'A note'),
});

for (const home of homes) {
  t.test(home, async (t) => {
    t.test('measures and replicas, against an oracle', async (t) => against(t, home));
    t.test('a judgement and its answer', async (t) => judging(t, home));
    t.test('instants of measuring', async (t) => instants(t, home));
    t.test('what a peer cannot bring about or tell', async (t) => corner(t, home));
    t.test('what is measured is no change that its origin made', async (t) => unchanged(t, home));
  });
}

interface Scene {
  hub: TestHub;
  clock: ManualClock;
  members: ReadonlyMap<string, Api>;
  allow: (owner: string, rules: Rule[]) => Promise<void>;
  /** Goes to some minutes after a midnight to come, and measures. */
  measure: (days?: number) => Promise<void>;
  post: (origin: string, content: NewSignal) => Promise<string>;
}

async function scene(t: Test, home: HomeName, origins: readonly string[], begins = START): Promise<Scene> {
  const clock = new ManualClock(begins);
  const hub = await startTestHub(t, { home, clock, config: { staleAfter: STALE, classQuota: 100 } });
  const members = new Map<string, Api>([['hub', hub.operator]]);
  for (const id of origins) members.set(id, await hub.join({ id }));
  const allow = (owner: string, rules: Rule[]): Promise<void> => activatePolicy(members.get(owner)!, { id: `${owner}/policy`, title: 'Policy', summary: 'Policy.', rules });
  await allow('hub', [{ ...everything, terms: { reveal: ['digest', 'harm', 'severity', 'note'], origin: 'named' } }, counting]);
  return {
    hub,
    clock,
    members,
    allow,
    measure: async (days = 1) => {
      clock.advance(days * DAY - ((clock.now() - 10 * 60_000) % DAY));
      await takeMeasures(hub.hub);
    },
    post: async (origin, content) => (await members.get(origin)!.post<ItemResult>('/v1/signals', content)).body.id!,
  };
}

// ---- against an oracle ----

interface Kept {
  id: string;
  origin: string;
  content: NewSignal;
  accepted: number;
  confirmed: number;
  revision: number;
  retracted: boolean;
  corroboration: number;
  dispute: 'none' | 'disputed' | 'upheld';
  judgements: Map<string, { verdict: Verdict; at: number }>;
  answer?: { answer: DisputeVerdict; at: number; revision: number };
}

async function against(t: Test, home: HomeName): Promise<void> {
  const at = await scene(t, home, ORIGINS);
  for (const owner of ORIGINS) await at.allow(owner, POLICIES[owner]!);
  const run = new Run(at, t);
  const replicas = ORIGINS.map((viewer) => new Pulled(viewer, at));
  const rounds = [1, 1, 1, 2, 20, 1, 45];
  for (const [round, days] of rounds.entries()) {
    await run.day(round);
    if (round === 5) await run.leave('fir');
    await at.measure(days);
    run.measured(Math.floor(at.clock.now() / DAY));
    await run.compare(round);
    for (const replica of replicas.filter(({ viewer }) => !run.left.has(viewer))) await replica.pull(t, run, `${replica.viewer} in round ${round}`);
    // Between two measurings nothing of it changes.
    at.clock.advance(HOUR);
    await takeMeasures(at.hub.hub);
    await run.compare(round);
  }
  t.ok(run.seen.moved > 20, 'signals were measured otherwise than before', run.seen);
  t.ok(run.seen.corroborated > 5 && run.seen.disputed > 3 && run.seen.upheld > 0, 'of every kind', run.seen);
  t.ok(run.seen.foundGood > 0 && run.seen.quality > 0 && run.seen.refused > 0, 'members too', run.seen);
}

/** A run against the hub, and what the oracle has of it. */
class Run {
  readonly kept: Kept[] = [];
  readonly left = new Set<string>();
  readonly seen = { moved: 0, corroborated: 0, disputed: 0, upheld: 0, foundGood: 0, quality: 0, refused: 0 };
  readonly #at: Scene;
  readonly #t: Test;
  readonly #random = new SeededRandom(seed);
  #members: Record<string, Measures> = {};

  constructor(at: Scene, t: Test) {
    this.#at = at;
    this.#t = t;
  }

  async day(round: number): Promise<void> {
    const items = fc.sample(fc.array(written, { minLength: 45, maxLength: 55 }), { seed: seed + round, numRuns: 1 })[0]!;
    for (const [n, origin] of this.#present().entries()) await this.#post(origin, items.filter((_, index) => index % ORIGINS.length === n));
    this.#at.clock.advance(HOUR);
    for (const one of this.kept) {
      if (!this.#stands(one, this.#at.clock.now() + 1) || this.left.has(one.origin)) continue;
      if (this.#chance(10)) await this.#change(one);
      else if (this.#chance(4)) await this.#retract(one);
    }
    await this.#judge();
    await this.#answer();
  }

  async leave(member: string): Promise<void> {
    this.left.add(member);
    const { status } = await this.#at.hub.operator.post(`/v1/members/${member}/off-board`, { signals: 'keep' });
    if (status !== 200) throw new Error(`did not leave: ${status}`);
  }

  /** Whether something happens of which a percentage happens. */
  #chance(percent: number): boolean {
    return this.#random.below(100) < percent;
  }

  #present(): string[] {
    return ORIGINS.filter((id) => !this.left.has(id));
  }

  async #post(origin: string, items: readonly (typeof written extends fc.Arbitrary<infer T> ? T : never)[]): Promise<void> {
    const now = this.#at.clock.now();
    const midnight = now - (now % DAY);
    const contents = items.map(({ digests, lives, harm, severity, status, basis, note }): NewSignal => ({
      digests: digests.map(digest), harm, severity, confidence: 50, status, tlp: 'GREEN', ...(basis ? { basis } : {}), ...(note ? { note } : {}),
      // Some end at the very instant of measuring.
      ...(lives === undefined ? {} : { valid_until: iso(midnight + lives * DAY + (lives === 2 ? HOUR : 0)) }),
    }));
    const { results } = (await this.#at.members.get(origin)!.post<BatchResult>('/v1/signals', contents)).body;
    this.kept.push(...contents.map((content, index): Kept => ({ id: results[index]!.id!, origin, content, accepted: now, confirmed: now, revision: 1, retracted: false, corroboration: 0, dispute: 'none', judgements: new Map() })));
  }

  async #change(one: Kept): Promise<void> {
    one.content = { ...one.content, note: `Another note ${one.revision}`, severity: one.revision % 2 === 1 ? 'low' : 'high' };
    one.revision += 1;
    one.confirmed = this.#at.clock.now();
    this.#t.match(await this.#at.members.get(one.origin)!.put(`/v1/signals/${one.id}`, one.content), { status: 200, body: { version: one.revision } });
  }

  async #retract(one: Kept): Promise<void> {
    one.retracted = true;
    this.#t.equal((await this.#at.members.get(one.origin)!.post(`/v1/signals/${one.id}/retract`, { reason: 'mistake' })).status, 200);
  }

  async #judge(): Promise<void> {
    const world = await this.world();
    for (const one of this.kept) {
      const judge = this.#random.pick(this.#present());
      if (one.retracted || judge === one.origin || this.#chance(60)) continue;
      const verdict = this.#chance(30) ? 'wrong' : 'good';
      const visible = this.sees(world, judge, one);
      const back = one.judgements.has(judge) && this.#chance(20);
      const api = this.#at.members.get(judge)!;
      const { status } = back ? await api.delete(`/v1/signals/${one.id}/judgement`) : await api.put(`/v1/signals/${one.id}/judgement`, { verdict });
      this.#t.equal(status, back ? 204 : visible ? 200 : 404, `${judge} judges what it sees`);
      if (back) one.judgements.delete(judge);
      else if (visible && one.judgements.get(judge)?.verdict !== verdict) one.judgements.set(judge, { verdict, at: this.#at.clock.now() });
      if (!visible) this.seen.refused += 1;
    }
  }

  async #answer(): Promise<void> {
    this.#at.clock.advance(HOUR);
    for (const one of this.kept.filter((each) => !each.retracted && !this.left.has(each.origin) && this.#disputed(each))) {
      if (this.#chance(40)) continue;
      const answer = this.#chance(50) ? 'upheld' : 'rejected';
      const wrong = this.#wrong(one).length;
      one.answer = { answer, at: this.#at.clock.now(), revision: one.revision };
      this.#t.match(await this.#at.members.get(one.origin)!.put(`/v1/signals/${one.id}/dispute`, { answer }), { status: 200, body: { dispute: answer === 'upheld' ? 'upheld' : 'none', wrong } });
    }
  }

  #wrong({ judgements }: Kept): number[] {
    return [...judgements].filter(([judge, { verdict }]) => verdict === 'wrong' && !this.left.has(judge)).map(([, { at }]) => at);
  }

  #upheld({ answer, revision }: Kept): boolean {
    return answer?.answer === 'upheld' && answer.revision === revision;
  }

  #disputed(one: Kept): boolean {
    return !this.#upheld(one) && this.#wrong(one).some((at) => at > (one.answer?.at ?? 0));
  }

  /** Whether it is there at an instant, and was before. */
  #stands({ accepted, retracted, content }: Kept, at: number): boolean {
    return !retracted && accepted < at && (content.valid_until === undefined || Date.parse(content.valid_until) >= at);
  }

  /** What is to be measured at the beginning of a day. */
  measured(day: number): void {
    const at = day * DAY;
    const standing = this.kept.filter((one) => this.#stands(one, at));
    const values = standing.map((one) => ({ one, corroboration: this.#corroboration(one, standing), dispute: this.#upheld(one) ? ('upheld' as const) : this.#disputed(one) ? ('disputed' as const) : ('none' as const) }));
    for (const { one, corroboration, dispute } of values) {
      if (one.corroboration !== corroboration || one.dispute !== dispute) this.seen.moved += 1;
      Object.assign(one, { corroboration, dispute });
      if (corroboration > 0) this.seen.corroborated += 1;
      if (dispute !== 'none') this.seen[dispute] += 1;
    }
    this.#members = Object.fromEntries(['hub', ...this.#present()].map((id) => [id, this.#measures(id, at)]));
    const all = Object.values(this.#members);
    this.seen.foundGood += all.filter(({ foundGood }) => foundGood).length;
    this.seen.quality += all.filter(({ overturned = 0, stale = 0 }) => overturned > 0 || stale > 0).length;
  }

  #corroboration(one: Kept, standing: readonly Kept[]): number {
    const say = ({ content }: Kept): string => `${content.harm.split('.')[0]} ${content.status === 'non-malicious'}`;
    const of = ({ content }: Kept): string[] => content.digests.map((each) => each.digest);
    const same = standing.filter((other) => other.origin !== one.origin && other.content.basis !== 'derived' && counts[other.origin]!(other.content.harm) && say(other) === say(one) && of(other).some((each) => of(one).includes(each)));
    return Math.min(5, Math.max(0, new Set(same.map(({ origin }) => origin)).size - 1));
  }

  #measures(member: string, at: number): Measures {
    const counted = this.kept.filter((one) => one.origin === member && !one.retracted && one.accepted < at && counts[member]!(one.content.harm));
    const standing = counted.filter((one) => this.#stands(one, at));
    const within = (days: number): Kept[] => counted.filter(({ accepted }) => accepted >= at - days * DAY);
    const foundGood = PERIODS.flatMap(([period, days]): [MeasuredPeriod, number][] => {
      const judged = within(days).map((one) => ({ one, said: [...one.judgements].filter(([judge]) => !this.left.has(judge)) })).filter(({ said }) => said.length > 0);
      const good = judged.filter(({ one, said }) => !this.#upheld(one) && said.filter(([, { verdict }]) => verdict === 'good').length * 2 > said.length);
      const judges = new Set(judged.flatMap(({ said }) => said.map(([judge]) => judge)));
      return judged.length < 5 || judges.size < 3 ? [] : [[period, Math.floor((good.length * 100) / judged.length)]];
    });
    const share = (some: readonly Kept[]): number => Math.ceil((some.length * 100) / standing.length);
    return {
      contributed: Object.fromEntries(PERIODS.map(([period, days]) => [period, within(days).length])),
      ...(foundGood.length > 0 ? { foundGood: Object.fromEntries(foundGood) } : {}),
      ...(standing.length < 5 ? {} : { overturned: share(standing.filter((one) => this.#upheld(one))), stale: share(standing.filter(({ confirmed }) => confirmed < at - STALE)) }),
    };
  }

  /** Compares what the hub has written with what the oracle measured. */
  async compare(round: number): Promise<void> {
    const { hub } = this.#at.hub;
    const world = await hub.worlds.at((await hub.head()).world);
    this.#t.same(world.measures.members, this.#members, `members in round ${round}`);
    const rows = await hub.db.selectFrom('signal').innerJoin('visibility_class', 'visibility_class.id', 'signal.class_id').select(['signal.id', 'doc', 'version', 'accepted_at']).where('active', '=', true).execute();
    const found = rows.map(({ id, doc, version }) => ({ id, version, corroboration: (doc.attributes as SignalAttributes).corroboration, dispute: (doc.attributes as SignalAttributes).dispute }));
    const expected = this.kept.filter(({ retracted }) => !retracted).map(({ id, revision: version, corroboration, dispute }) => ({ id, version, corroboration, dispute }));
    this.#t.same(byId(found), byId(expected), `signals in round ${round}`);
  }

  /** The world that decides, with the oracle's measures in place of the hub's. */
  async world(): Promise<World> {
    const { hub } = this.#at.hub;
    const { policy } = await hub.worlds.at((await hub.head()).world);
    const members = new Map([...policy.members].map(([id, { measures: _measures, ...member }]) => [id, { ...member, ...(this.#members[id] ? { measures: this.#members[id] } : {}) }]));
    return { ...policy, members };
  }

  /** By the plain evaluator. */
  sees(world: World, viewer: string, { origin, content, corroboration, dispute, accepted, retracted }: Kept): boolean {
    const { harm, severity, confidence, status, tlp, basis } = content;
    const attributes: SignalAttributes = { type: 'media', schemes: ['media-md5'], harm, severity, confidence, status, tlp, labels: [], ...(basis ? { basis } : {}), corroboration, dispute };
    const lifetime = { accepted, ...(content.valid_until ? { until: Date.parse(content.valid_until) } : {}) };
    return !retracted && decide({ world, at: this.#at.clock.now(), viewer, object: { kind: 'signal', origin, attributes } }, lifetime).visible;
  }
}

function byId<T extends { id: string }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** A replica that pulls page by page, and never begins anew. */
class Pulled {
  readonly viewer: string;
  readonly #at: Scene;
  readonly #held = new Map<string, SignalView>();
  #cursor = '';

  constructor(viewer: string, at: Scene) {
    this.viewer = viewer;
    this.#at = at;
  }

  async pull(t: Test, run: Run, what: string): Promise<void> {
    for (;;) {
      const { status, body } = await this.#at.members.get(this.viewer)!.get<ChangesPage>(`/v1/feeds/all/changes?limit=40&digest=total${this.#cursor && `&cursor=${this.#cursor}`}`);
      if (status !== 200) throw new Error(`status ${status}`);
      for (const change of body.changes) {
        if (change.type === 'signal') this.#held.set(change.signal.id, change.signal);
        else this.#held.delete(change.id);
      }
      this.#cursor = body.cursor;
      if (body.complete) {
        await this.#compare(t, run, what, body);
        return;
      }
    }
  }

  async #compare(t: Test, run: Run, what: string, { digest }: ChangesPage): Promise<void> {
    const now = this.#at.clock.now();
    for (const [id, { visible_until: until }] of this.#held) if (until !== undefined && Date.parse(until) <= now) this.#held.delete(id);
    const world = await run.world();
    const expected = run.kept.filter((one) => one.origin !== this.viewer && run.sees(world, this.viewer, one)).map(({ id }) => id);
    t.same([...this.#held.keys()].sort(), expected.sort(), `the replica of ${what}`);
    const own = new ReplicaDigest();
    for (const view of this.#held.values()) own.add(view);
    t.same(own.total, { count: digest!.count, sum: digest!.sum }, `its digest, ${what}`);
  }
}

// ---- judgements ----

async function judging(t: Test, home: HomeName): Promise<void> {
  const { hub, clock, members, allow, measure, post } = await scene(t, home, ['ash', 'birch', 'cedar', 'elm', 'fir']);
  const [ash, birch, cedar, elm, fir] = ['ash', 'birch', 'cedar', 'elm', 'fir'].map((id) => members.get(id)!) as [Api, Api, Api, Api, Api];
  await allow('ash', [withDispute, everything, counting]);
  const open = await post('ash', signal(1));
  const hidden = await post('ash', signal(2, { audience: { members: ['fir'] } }));
  const none = '00000000-0000-4000-8000-000000000000';
  const judge = (api: Api, id: string, verdict: Verdict) => api.put<JudgementView>(`/v1/signals/${id}/judgement`, { verdict });
  const dispute = async (id = open): Promise<DisputeView> => (await ash.get<DisputeView>(`/v1/signals/${id}/dispute`)).body;
  const listed = async (): Promise<string[]> => (await ash.get<DisputeList>('/v1/disputes')).body.disputes.map((each) => each.signal);

  t.match(await judge(birch, open, 'good'), { status: 200, body: { signal: open, verdict: 'good', judged_at: iso(clock.now()) } });
  for (const id of [hidden, none]) {
    t.same(problemOf(await judge(birch, id, 'wrong')), ['404 not-found'], 'what it may not see is not there');
    t.equal((await birch.delete(`/v1/signals/${id}/judgement`)).status, 204, 'and nothing of its own is there either');
    t.same(problemOf(await birch.get(`/v1/signals/${id}/dispute`)), ['404 not-found']);
    t.same(problemOf(await birch.put(`/v1/signals/${id}/dispute`, { answer: 'upheld' })), ['404 not-found']);
  }
  t.same(problemOf(await judge(ash, open, 'good')), ['409 conflict', ' nobody judges a signal of its own']);
  t.same(problemOf(await birch.put(`/v1/signals/${open}/judgement`, { verdict: 'bad' })), ['400 invalid-body', '/verdict must be one of good, wrong']);
  t.same(problemOf(await birch.get(`/v1/signals/${open}/dispute`)), ['404 not-found'], 'a dispute is the origin’s to see');
  t.same(problemOf(await ash.put(`/v1/signals/${open}/dispute`, { answer: 'upheld' })), ['409 conflict', ' nobody disputes it']);
  t.same(await dispute(), { signal: open, dispute: 'none', wrong: 0 });

  clock.advance(HOUR);
  await judge(birch, open, 'wrong');
  await judge(cedar, open, 'wrong');
  t.same(await dispute(), { signal: open, dispute: 'disputed', wrong: 2 });
  t.same(await listed(), [open]);
  t.equal((await elm.get(`/v1/signals/${open}`)).status, 200, 'policies read it from the next measuring on');
  t.match((await ash.post<Explanation>('/v1/explain', { signal: open, peer: 'elm' })).body, { effect: 'share' });
  await measure();
  t.equal((await elm.get(`/v1/signals/${open}`)).status, 404);
  t.match((await ash.post<Explanation>('/v1/explain', { signal: open, peer: 'elm' })).body, { effect: 'withhold' });
  t.same(problemOf(await judge(elm, open, 'wrong')), ['404 not-found']);

  await birch.delete(`/v1/signals/${open}/judgement`);
  t.same(await dispute(), { signal: open, dispute: 'disputed', wrong: 1 }, 'it can be taken back although it is hidden now');
  clock.advance(HOUR);
  t.match((await ash.put<DisputeView>(`/v1/signals/${open}/dispute`, { answer: 'rejected' })).body, { dispute: 'none', wrong: 1, answer: 'rejected' });
  t.same(await listed(), []);
  await measure();
  t.equal((await elm.get(`/v1/signals/${open}`)).status, 200);
  clock.advance(HOUR);
  await judge(cedar, open, 'wrong');
  t.equal((await dispute()).dispute, 'none', 'saying the same again disputes nothing');
  await judge(fir, open, 'wrong');
  t.match(await dispute(), { dispute: 'disputed', wrong: 2 }, 'another does');
  await hub.operator.post('/v1/members/fir/suspend');
  t.match(await dispute(), { dispute: 'none', wrong: 1 }, 'who is suspended does not count');
  await hub.operator.post('/v1/members/fir/resume');
  clock.advance(HOUR);
  t.equal((await ash.put<DisputeView>(`/v1/signals/${open}/dispute`, { answer: 'upheld' })).body.dispute, 'upheld');
  await measure();
  t.equal((await elm.get(`/v1/signals/${open}`)).status, 404);
  await ash.put(`/v1/signals/${open}`, signal(1, { severity: 'low' }));
  t.equal((await dispute()).dispute, 'none', 'what was upheld was said of what it is no more');
  await measure();
  t.equal((await elm.get(`/v1/signals/${open}`)).status, 200);

  const short = await post('ash', signal(3, { valid_until: iso(clock.now() + HOUR) }));
  await judge(elm, short, 'wrong');
  await ash.put(`/v1/signals/${short}/dispute`, { answer: 'rejected' });
  clock.advance(401 * DAY);
  await purgeSignals(hub.hub);
  for (const table of ['judgement', 'dispute_answer'] as const) t.same(await hub.hub.db.selectFrom(table).selectAll().where('signal_id', '=', short).execute(), [], `${table} goes with the signal`);
}

// ---- instants ----

async function instants(t: Test, home: HomeName): Promise<void> {
  const { hub, clock, members, allow, measure, post } = await scene(t, home, ['ash', 'birch', 'cedar', 'elm']);
  for (const owner of ['ash', 'birch', 'cedar']) await allow(owner, [everything, counting]);
  const measures = async (api: Api): Promise<OwnMeasures> => (await api.get<OwnMeasures>('/v1/measures')).body;
  const ash = members.get('ash')!;
  const world = async (): Promise<number> => (await hub.hub.head()).world;
  const first = await post('ash', signal(1));
  for (const origin of ['birch', 'cedar']) await post(origin, signal(1));
  await takeMeasures(hub.hub);
  t.same(await measures(ash), {}, 'nothing is measured on the first day');
  t.match((await ash.post<Explanation>('/v1/explain', { signal: first, peer: 'birch' })).body, { effect: 'share' });

  clock.advance(DAY - (clock.now() % DAY));
  const others = [await hub.another(), await hub.another()];
  for (const origin of ['ash', 'ash', 'birch']) await post(origin, signal(`late ${origin} ${clock.now()}`));
  const before = await world();
  await Promise.all([hub, ...others].map((each) => takeMeasures(each.hub)));
  t.same(await measures(ash), { measured_at: '2026-11-03T00:00:00.000Z', contributed: { P7D: 1, P30D: 1, P90D: 1, P365D: 1 } }, 'what was posted at midnight belongs to the next day');
  t.equal((await hub.hub.db.selectFrom('measuring').selectAll().execute()).length, 1, 'several processes measure once');
  t.equal((await hub.hub.db.selectFrom('world_entry').select('kind').where('position', '>', before).execute()).length, 1, 'one entry of the world');
  const written = await world();
  clock.advance(20 * HOUR);
  await post('ash', signal(2));
  await takeMeasures(hub.hub);
  t.equal(await world(), written, 'nothing more on the same day');
  t.equal((await measures(ash)).contributed!.P7D, 1);

  // Nobody is there for three midnights.
  clock.advance(3 * DAY);
  await takeMeasures(others[0]!.hub);
  t.match(await measures(ash), { measured_at: '2026-11-06T00:00:00.000Z', contributed: { P7D: 4 } });
  t.same((await hub.hub.db.selectFrom('measuring').select('day').orderBy('day').execute()).length, 2, 'days on which nobody was there are left out');
  const now = await world();
  await measure();
  t.equal(await world(), now, 'measures that do not differ are not written again');
  await measure(7);
  t.match(await measures(ash), { contributed: { P7D: 0, P30D: 4 } });

  // A process that dies between measuring and writing leaves both to another.
  const { db } = hub.hub;
  await db.updateTable('measuring').set({ written: false, members: JSON.stringify({ ash: { contributed: { P7D: 99 } } }) }).where('day', '=', Math.floor(clock.now() / DAY)).execute();
  await db.insertInto('measured_signal').values({ signal_id: first, corroboration: 3, dispute: 'upheld' }).execute();
  await takeMeasures(others[1]!.hub);
  t.match(await measures(ash), { contributed: { P7D: 99 } });
  t.match((await db.selectFrom('signal').innerJoin('visibility_class', 'visibility_class.id', 'class_id').select('doc').where('signal.id', '=', first).executeTakeFirstOrThrow()).doc, { attributes: { corroboration: 3, dispute: 'upheld' } });
  t.same(await db.selectFrom('measured_signal').selectAll().execute(), []);
  await measure();
  t.match(await measures(ash), { contributed: { P7D: 0 } }, 'and the next day tells the truth again');
  t.match((await db.selectFrom('signal').innerJoin('visibility_class', 'visibility_class.id', 'class_id').select('doc').where('signal.id', '=', first).executeTakeFirstOrThrow()).doc, { attributes: { corroboration: 1, dispute: 'none' } });
  t.same((await measures(members.get('elm')!)).contributed!.P365D, 0, 'who lets nothing be counted contributes nothing that counts');
  t.equal((await db.selectFrom('audit').select('action').where('action', '=', 'measure').execute()).length, 5, 'each writing is on record');
}

// ---- corner 11 ----

async function corner(t: Test, home: HomeName): Promise<void> {
  const { hub, members, allow, measure, post } = await scene(t, home, ['ash', 'birch', 'cedar', 'elm', 'fir', 'gum']);
  for (const owner of ['birch', 'cedar', 'elm', 'fir', 'gum']) await allow(owner, [everything, counting]);
  await allow('ash', [{ ...everything, signals: { corroboration: { atLeast: 1 } } }, counting]);
  const id = await post('ash', signal(1));
  const sees = async (viewer: string): Promise<boolean> => (await members.get(viewer)!.get(`/v1/signals/${id}`)).status === 200;
  await post('birch', signal(1));
  await measure();
  t.notOk(await sees('birch'), 'its own post lets nothing through');
  await post('cedar', signal(1, { basis: 'derived' }));
  await post('cedar', signal(1, { harm: 'spam' }));
  await post('cedar', signal(1, { status: 'non-malicious' }));
  await post('birch', signal(1, { severity: 'low' }));
  await measure();
  t.notOk(await sees('birch'), 'nor do an echo, who says something else, and its own second post');
  await post('elm', signal(1));
  await measure();
  t.ok(await sees('birch'), 'another does');
  t.ok(await sees('gum'), 'for everybody');
  await hub.operator.post('/v1/members/elm/suspend');
  await measure();
  t.notOk(await sees('gum'), 'while it may be counted');
  const both = await post('ash', { ...signal('one'), digests: [digest('one'), digest('other')] });
  await post('gum', signal('one'));
  await post('fir', signal('other'));
  await measure();
  t.equal((await members.get('cedar')!.get(`/v1/signals/${both}`)).status, 200, 'each may say it of another of its indicators');

  // What a single judge or two say is told by no measure.
  await hub.operator.post('/v1/members/elm/resume');
  const measures = async (): Promise<OwnMeasures> => (await members.get('cedar')!.get<OwnMeasures>('/v1/measures')).body;
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) ids.push(await post('cedar', signal(`cedar ${n}`)));
  const judge = async (viewer: string, verdict: Verdict): Promise<void> => {
    for (const each of ids) t.equal((await members.get(viewer)!.put(`/v1/signals/${each}/judgement`, { verdict })).status, 200);
  };
  for (const viewer of ['ash', 'birch', 'elm']) await judge(viewer, 'good');
  await measure();
  t.notOk((await measures()).found_good, 'three signals are too few');
  for (let n = 3; n < 6; n += 1) ids.push(await post('cedar', signal(`cedar ${n}`)));
  await judge('ash', 'good');
  await members.get('birch')!.delete(`/v1/signals/${ids[0]!}/judgement`);
  for (const each of ids) for (const viewer of ['birch', 'elm']) await members.get(viewer)!.delete(`/v1/signals/${each}/judgement`);
  await judge('birch', 'good');
  await measure();
  t.notOk((await measures()).found_good, 'two judges are too few');
  await judge('gum', 'wrong');
  await measure();
  t.same((await measures()).found_good, { P7D: 100, P30D: 100, P90D: 100, P365D: 100 });
  await judge('elm', 'wrong');
  await measure();
  t.same((await measures()).found_good, { P7D: 0, P30D: 0, P90D: 0, P365D: 0 }, 'as many as not is not good');
  await hub.operator.post('/v1/members/elm/off-board', { signals: 'keep' });
  await measure();
  t.equal((await measures()).found_good!.P7D, 100, 'who has left does not count any more');
}

// ---- what the origin and its writes can tell ----

async function unchanged(t: Test, home: HomeName): Promise<void> {
  const { hub, clock, members, allow, measure, post } = await scene(t, home, ['ash', 'birch', 'cedar', 'elm']);
  for (const owner of ['ash', 'birch', 'cedar']) await allow(owner, [everything, counting]);
  const [ash, elm] = [members.get('ash')!, members.get('elm')!];
  const usage = async (): Promise<number> => (await ash.get<OwnSignalCounts>('/v1/signals/counts')).body.classes;
  const own = async (id: string): Promise<OwnSignal> => (await ash.get<OwnSignalList>('/v1/signals')).body.signals.find((each) => each.id === id)!;
  const attributes = async (id: string): Promise<SignalAttributes> => (await hub.hub.db.selectFrom('signal').innerJoin('visibility_class', 'visibility_class.id', 'class_id').select('doc').where('signal.id', '=', id).executeTakeFirstOrThrow()).doc.attributes as SignalAttributes;
  const { results, summary } = (await ash.post<BatchResult>('/v1/signals', [signal(1, { note: 'One', audience: { groups: [], members: ['elm', 'birch'] } }), signal(2)])).body;
  const id = results[0]!.id!;
  const second = (await ash.post<BatchResult>('/v1/signals', [signal(5, { reference: 'five' }), signal(6, { reference: 'six' })])).body;
  const updating = (await ash.post<BatchResult>('/v1/signals', [signal(5, { reference: 'five', note: 'Changed' }), signal(6, { reference: 'six', note: 'Changed' })])).body;
  for (const origin of ['birch', 'cedar']) for (const of of [1, 2, 5, 6]) await post(origin, signal(of));
  const [before, view, classes] = [await own(id), (await elm.get<SignalView>(`/v1/signals/${id}`)).body, await usage()];
  const pulled = (await elm.get<ChangesPage>('/v1/feeds/all/changes')).body;
  await measure();
  t.match(await attributes(id), { corroboration: 1 });
  t.same(await own(id), before, 'its origin sees no other version');
  t.same((await elm.get(`/v1/signals/${id}`)).body, view, 'nor does a peer');
  t.same((await elm.get<ChangesPage>(`/v1/feeds/all/changes?cursor=${pulled.cursor}`)).body.changes, [], 'and a replica is told nothing');
  t.equal(await usage(), classes, 'no class is on its account');

  t.match(await ash.put(`/v1/signals/${id}`, signal(1, { note: 'Two' }), { 'if-match': '"1"' }), { status: 200, body: { version: 2 } }, 'a write on the version that it read succeeds');
  t.match(await attributes(id), { corroboration: 1 }, 'what was measured stays');
  t.equal(await usage(), classes, 'what is counted is what it says, not what is measured');
  await ash.put(`/v1/signals/${id}`, signal(1, { severity: 'critical' }));
  t.match(await attributes(id), { corroboration: 1, severity: 'critical' });
  t.equal(await usage(), classes + 1);

  clock.advance(HOUR);
  t.same((await ash.post<UndoResult>(`/v1/batches/${updating.summary.batch}/undo`)).body, { retracted: 0, restored: 2, left: 0 }, 'a batch can be undone although something was measured since');
  t.match(await attributes(second.results[0]!.id!), { corroboration: 1 });
  t.same((await ash.post<UndoResult>(`/v1/batches/${summary.batch}/undo`)).body, { retracted: 1, restored: 0, left: 1 }, 'but for what its origin changed');
}
