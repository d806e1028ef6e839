import t, { type Test } from 'tap';
import type { BatchResult, ChangesPage, FateCounts, NewSignal, Policy, PolicyVersion, Rule, Scope, SimulateRequest, Simulation, Terms, WhatIf } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { decide } from '../../server/policy/decide.ts';
import type { World } from '../../server/policy/world.ts';
import { SeededRandom } from '../laws/random.ts';
import { problemOf, type Answer, type Api } from '../support/api.ts';
import { MEMBER_SCOPES, homes, startTestHub, type HomeName, type TestHub } from '../support/hub.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const iso = (at: number): string => new Date(at).toISOString();
const SEED = Number(process.env['SIMULATE_SEED'] ?? 20_261_122);
const ROUNDS = Number(process.env['SIMULATE_ROUNDS'] ?? 4);
const PEERS = ['ash', 'birch', 'cedar', 'dogwood', 'elm'] as const;
const FIELDS: Terms['reveal'] = ['digest', 'harm', 'severity', 'confidence', 'observed', 'labels', 'note'];
const simulate = (api: Api, body: SimulateRequest): Promise<Answer<Simulation>> => api.post<Simulation>('/v1/policies/simulate', body);

// ---- What happens, against what was predicted ------------------------------------------------------------------------

async function predicts(t: Test, home: HomeName): Promise<void> {
  const run = await Run.start(t, home, SEED + homes.indexOf(home));
  const seen = { gained: 0, lost: 0, changed: 0, promised: 0, forgone: 0, earlier: 0, later: 0, shorter: 0, longer: 0 };
  const met = ['gained', 'lost', 'changed'] as const;
  let round = 0;
  // Ids are random, and so is what a round meets.
  for (; round < ROUNDS || (round < 4 * ROUNDS && met.some((name) => seen[name] === 0)); round += 1) {
    const wrong = await run.round(seen);
    if (wrong.length > 0) return void t.fail(`seed ${SEED}, round ${round}`, { wrong });
  }
  t.comment(`${round} rounds from seed ${SEED}: ${JSON.stringify(seen)}`);
  for (const name of met) t.ok(seen[name] > 0, `${name} was met`);
}

/** A replica as its pulls make it. */
interface Copy {
  held: Set<string>;
  cursor?: string;
}

type Told = Pick<FateCounts, 'gained' | 'lost' | 'changed'>;

class Run {
  readonly #hub: TestHub;
  readonly #clock: ManualClock;
  readonly #random: SeededRandom;
  readonly #apis: Map<string, Api>;
  readonly #copies = new Map<string, Copy>(PEERS.map((peer) => [peer, { held: new Set() }]));

  private constructor(hub: TestHub, clock: ManualClock, random: SeededRandom, apis: Map<string, Api>) {
    this.#hub = hub;
    this.#clock = clock;
    this.#random = random;
    this.#apis = apis;
  }

  static async start(t: Test, home: HomeName, seed: number): Promise<Run> {
    const clock = new ManualClock(NOON);
    const hub = await startTestHub(t, { home, clock });
    const apis = new Map<string, Api>([['hub', hub.operator]]);
    for (const id of PEERS) apis.set(id, await hub.join({ id, kind: id === 'dogwood' ? 'ngo' : 'platform' }));
    for (const [group, members] of [['alpha', ['ash', 'birch']], ['beta', ['ash', 'cedar', 'dogwood']]] as const) await hub.operator.put(`/v1/groups/${group}`, { title: group, members });
    await hub.operator.put('/v1/incidents/flood', { title: 'Flood', harms: ['fraud'], severity: 'high', responders: { members: ['cedar'], groups: [] }, announced: true });
    const run = new Run(hub, clock, new SeededRandom(seed), apis);
    await run.#activate('hub', { id: 'hub/standard', title: 'Open', summary: 'Open.', rules: [{ id: 'all', effect: 'share', terms: { reveal: FIELDS, origin: 'named', handling: { onward: 'public', pap: 'CLEAR' } } }] });
    for (const owner of ['ash', 'birch']) await run.#activate(owner, run.#policy(owner));
    return run;
  }

  /** Something is simulated, and then done. @returns what was predicted otherwise */
  async round(seen: Record<keyof FateCounts, number>): Promise<string[]> {
    const random = this.#random;
    this.#clock.advance(random.pick([0, HOUR, 5 * HOUR, 17 * HOUR, 3 * DAY]));
    for (const owner of ['ash', 'birch']) await this.#post(owner);
    const owner = random.pick(['ash', 'ash', 'birch', 'hub']);
    const policy = random.below(5) === 0 ? undefined : this.#policy(owner);
    const changes = owner === 'hub' || !policy ? [this.#whatIf()] : [];
    const actor = policy ? owner : 'hub';
    const { status, body: predicted } = await simulate(this.#apis.get(actor)!, { ...(policy ? { policy } : {}), changes });
    if (status !== 200) return [JSON.stringify(predicted)];
    for (const peer of PEERS) await this.#synchronise(peer);
    const before = await this.#world();
    if (policy) await this.#activate(owner, policy);
    for (const change of changes) await this.#do(change);
    const told = new Map<string, Told>();
    for (const peer of PEERS) told.set(peer, await this.#pull(peer));
    const expected = await this.#expected(actor === 'hub' ? undefined : actor, before, await this.#world());
    const wrong = PEERS.filter((peer) => peer !== actor).flatMap((peer) => this.#compare(peer, predicted, { ...expected.get(peer)!, ...told.get(peer)! }, seen));
    for (const change of changes) if (change.change === 'suspend') await this.#do({ ...change, change: 'resume' });
    return wrong;
  }

  #compare(peer: string, predicted: Simulation, happened: FateCounts, seen: Record<keyof FateCounts, number>): string[] {
    const found = predicted.peers.find((one) => one.peer === peer);
    return (Object.keys(seen) as (keyof FateCounts)[]).flatMap((name) => {
      seen[name] += happened[name];
      const [said, parts] = [found?.counts[name] ?? 0, (found?.differences ?? []).reduce((sum, index) => sum + predicted.differences[index]!.counts[name], 0)];
      return said === happened[name] && parts === said ? [] : [`${peer}: ${name} ${said} (${parts} in parts), and ${happened[name]} happened`];
    });
  }

  /** By the plain evaluator, one signal at a time. What replicas are told is counted elsewhere. */
  async #expected(origin: string | undefined, before: World, after: World): Promise<Map<string, FateCounts>> {
    const at = this.#clock.now();
    const rows = await this.#hub.hub.db.selectFrom('signal').innerJoin('visibility_class', 'visibility_class.id', 'signal.class_id').select(['accepted_at', 'until', 'doc']).where('active', '=', true).execute();
    const counts = new Map<string, FateCounts>(PEERS.map((peer) => [peer, { gained: 0, lost: 0, changed: 0, promised: 0, forgone: 0, earlier: 0, later: 0, shorter: 0, longer: 0 }]));
    for (const { accepted_at: accepted, until, doc: object } of rows.filter(({ doc }) => origin === undefined || doc.origin === origin)) {
      for (const viewer of PEERS.filter((peer) => peer !== object.origin)) {
        const [was, is] = [before, after].map((world) => decide({ world, at, viewer, object }, { accepted, until }).span).map((span) => (span && (span.end ?? Infinity) > at ? { release: Math.max(span.release, at), end: span.end ?? Infinity } : undefined));
        const of = counts.get(viewer)!;
        if (is && !was && is.release > at) of.promised += 1;
        if (was && !is && was.release > at) of.forgone += 1;
        if (!was || !is) continue;
        if (is.release < was.release) of.earlier += 1;
        if (is.release > was.release) of.later += 1;
        if (is.end < was.end) of.shorter += 1;
        if (is.end > was.end) of.longer += 1;
      }
    }
    return counts;
  }

  /** A replica from the start. */
  async #synchronise(peer: string): Promise<void> {
    this.#copies.set(peer, { held: new Set() });
    await this.#pull(peer);
  }

  /** What a replica is told since. */
  async #pull(peer: string): Promise<Told> {
    const copy = this.#copies.get(peer)!;
    const counts = { gained: 0, lost: 0, changed: 0 };
    for (;;) {
      const { status, body } = await this.#apis.get(peer)!.get<ChangesPage>(`/v1/feeds/all/changes?limit=1000${copy.cursor === undefined ? '' : `&cursor=${copy.cursor}`}`);
      if (status === 403) return { ...counts, lost: copy.held.size };
      for (const change of body.changes) {
        if (change.type === 'remove') counts.lost += Number(copy.held.delete(change.id));
        else {
          counts[copy.held.has(change.signal.id) ? 'changed' : 'gained'] += 1;
          copy.held.add(change.signal.id);
        }
      }
      copy.cursor = body.cursor;
      if (body.complete) return counts;
    }
  }

  async #world(): Promise<World> {
    return (await this.#hub.hub.worlds.at((await this.#hub.hub.head()).world)).policy;
  }

  async #activate(owner: string, policy: Policy): Promise<void> {
    const api = this.#apis.get(owner)!;
    const { body } = await api.post<PolicyVersion>('/v1/policies', policy);
    const { status } = await api.post(`/v1/policies/${policy.id}/versions/${body.version}/activate`, {});
    if (status !== 200) throw new Error(`not activated: ${JSON.stringify(body)}`);
  }

  async #do({ change, member = '', group, agreement, trust, incident }: WhatIf): Promise<void> {
    const { operator } = this.#hub;
    const { members, groups } = await this.#hub.hub.worlds.at((await this.#hub.hub.head()).world);
    const of = groups.get(group ?? '')?.members ?? [];
    const now = { id: agreement!, from: iso(this.#clock.now()) };
    const agreements = members.get(member)?.agreements ?? [];
    const done = {
      join: () => operator.put(`/v1/groups/${group}`, { title: 'Group', members: [...new Set([...of, member])] }),
      leave: () => operator.put(`/v1/groups/${group}`, { title: 'Group', members: of.filter((id) => id !== member) }),
      accept: () => operator.patch(`/v1/members/${member}`, { agreements: [...agreements, now] }),
      end: () => operator.patch(`/v1/members/${member}`, { agreements: agreements.filter(({ id }) => id !== agreement) }),
      trust: () => operator.patch(`/v1/members/${member}`, { trust }),
      suspend: () => operator.post(`/v1/members/${member}/suspend`),
      resume: () => operator.post(`/v1/members/${member}/resume`),
      open: () => operator.post(`/v1/incidents/${incident}/open`, {}),
      close: () => operator.post(`/v1/incidents/${incident}/close`),
    };
    const { status, body } = await done[change]();
    if (status !== 200) throw new Error(JSON.stringify(body));
  }

  async #post(owner: string): Promise<void> {
    const items = Array.from({ length: 4 + this.#random.below(8) }, () => this.#signal());
    const { body } = await this.#apis.get(owner)!.post<BatchResult>('/v1/signals', items);
    for (const { id } of body.results) if (this.#random.below(12) === 0) await this.#apis.get(owner)!.post(`/v1/signals/${id}/retract`, { reason: 'mistake' });
  }

  #signal(): NewSignal {
    const random = this.#random;
    const maybe = <T extends object>(chance: number, value: T): Partial<T> => (random.below(100) < chance ? value : {});
    const now = this.#clock.now();
    return {
      digests: [{ scheme: 'media-md5', digest: random.hex(16) }],
      harm: random.pick(['fraud', 'spam', 'csea']),
      severity: random.pick(['low', 'high']),
      confidence: random.pick([20, 80]),
      status: 'malicious',
      tlp: random.pick(['CLEAR', 'GREEN', 'GREEN', 'AMBER']),
      ...maybe(30, { labels: ['sealed'] }),
      ...maybe(40, { note: 'seen' }),
      ...maybe(40, { observed: { first: iso(now - DAY) } }),
      ...maybe(30, { valid_until: iso(now + random.pick([HOUR, 6 * HOUR, DAY + HOUR, 5 * DAY])) }),
      ...maybe(10, { not_before: iso(now + random.pick([HOUR, DAY])) }),
      ...maybe(10, { audience: { members: ['birch'], groups: ['beta'] } }),
    };
  }

  #policy(owner: string): Policy {
    const rules = Array.from({ length: 1 + this.#random.below(2) }, (_, index) => this.#rule(`r${index}`, owner));
    return { id: `${owner}/standard`, title: 'Random', summary: 'Random.', rules: [...rules, ...(this.#random.below(10) < 8 || owner === 'hub' ? [{ id: 'rest', effect: 'share' as const, terms: this.#terms() }] : [])] };
  }

  #rule(id: string, owner: string): Rule {
    const random = this.#random;
    // Birch can name alpha only, ash both, and the operator all.
    const signals = random.pick([{}, { signals: { harm: { in: ['fraud'] } } }, { signals: { labels: { none: ['sealed'] } } }, { signals: { severity: { atLeast: 'high' as const } } }]);
    const peers = random.pick<Pick<Rule, 'peers'>>([{}, { peers: { groups: { any: ['alpha'] } } }, { peers: { groups: { any: ['beta'] } } }, { peers: { kind: { in: ['ngo' as const] } } }, { peers: { trust: { atLeast: 'verified' as const } } }, { peers: { agreements: { all: ['fraud-2026'] } } }, { peers: { id: { in: ['cedar'] } } }, { peers: { responds: { any: ['flood'] } } }]);
    const during = random.pick<Pick<Rule, 'incidents'>>([{}, {}, { incidents: { open: ['flood'] } }, { incidents: { closed: ['flood'] } }]);
    const usable = peers.peers?.groups?.any?.includes('beta') && owner === 'birch' ? {} : peers;
    if (random.below(5) === 0 && Object.keys({ ...signals, ...usable }).length > 0) return { id, effect: 'withhold', ...signals, ...usable, ...during };
    return { id, effect: 'share', ...signals, ...usable, ...during, terms: this.#terms() };
  }

  #terms(): Terms {
    const random = this.#random;
    return {
      reveal: random.pick([FIELDS, FIELDS.filter((field) => field !== 'note'), FIELDS.filter((field) => field !== 'observed'), FIELDS.filter((field) => field !== 'note' && field !== 'observed'), ['digest', 'harm'], ['harm']]),
      origin: random.pick(['named', 'named', 'pseudonymous']),
      ...random.pick([{}, {}, { after: 'PT2H' }, { after: 'PT26H' }, { after: 'P2D' }]),
      ...random.pick([{}, {}, { for: 'PT6H' }, { for: 'P3D' }]),
      ...random.pick([{}, { handling: { pap: 'GREEN' as const } }]),
    };
  }

  #whatIf(): WhatIf {
    const member = this.#random.pick(['birch', 'cedar', 'dogwood', 'elm']);
    return this.#random.pick<WhatIf>([{ change: 'open', incident: 'flood' }, { change: 'close', incident: 'flood' }, { change: 'join', member, group: 'alpha' }, { change: 'leave', member: 'cedar', group: 'beta' }, { change: 'join', member, group: 'beta' }, { change: 'accept', member, agreement: 'fraud-2026' }, { change: 'end', member, agreement: 'fraud-2026' }, { change: 'trust', member, trust: 'verified' }, { change: 'suspend', member }]);
  }
}

// ---- The answer ------------------------------------------------------------------------------------------------------

const item = (harm: string, more: Partial<NewSignal> = {}): NewSignal => ({ digests: [{ scheme: 'media-md5', digest: new SeededRandom(Math.floor(Math.random() * 2 ** 32)).hex(16) }], harm, severity: 'high', confidence: 80, status: 'malicious', tlp: 'GREEN', ...more });

async function told(t: Test, home: HomeName): Promise<void> {
  const clock = new ManualClock(NOON);
  const { hub, operator, join } = await startTestHub(t, { home, clock });
  const [ash, birch] = [await join({ id: 'ash' }), await join({ id: 'birch' }), await join({ id: 'cedar', kind: 'ngo' })];
  await operator.put('/v1/groups/theirs', { title: 'Theirs', members: ['birch'] });
  const put = async (api: Api, policy: Policy): Promise<void> => {
    const { body } = await api.post<PolicyVersion>('/v1/policies', policy);
    await api.post(`/v1/policies/${policy.id}/versions/${body.version}/activate`, {});
  };
  await put(operator, { id: 'hub/charter', title: 'Charter', summary: 'Open.', rules: [{ id: 'open', effect: 'share', terms: { reveal: FIELDS, origin: 'named' } }] });
  const policy: Policy = { id: 'ash/standard', title: 'Standard', summary: 'Standard.', rules: [{ id: 'fraud', effect: 'share', signals: { harm: { in: ['fraud'] } }, peers: { kind: { in: ['platform'] } }, terms: { reveal: ['digest', 'harm'], origin: 'named' } }] };
  await put(ash, policy);
  await put(birch, { ...policy, id: 'birch/standard' });
  await ash.post('/v1/signals', [item('fraud'), item('fraud'), item('spam')]);
  await birch.post('/v1/signals', [item('fraud')]);
  const state = async (): Promise<string> => JSON.stringify(await hub.db.selectFrom('head').selectAll().execute());
  const before = await state();

  const wider: Policy = { ...policy, rules: [{ id: 'no-ngo', effect: 'withhold', peers: { kind: { in: ['ngo'] } } }, { id: 'everything', effect: 'share', terms: { reveal: ['digest', 'harm', 'severity'], origin: 'pseudonymous' } }] };
  const { status, body } = await simulate(ash, { policy: wider, samples: 2 });
  t.equal(status, 200);
  t.match(body, { owner: 'ash', at: iso(NOON), unchanged: 1, peers: [{ peer: 'birch', counts: { gained: 1, lost: 0, changed: 2 } }] });
  t.match(body.differences.find(({ counts }) => counts.changed === 2), { origin: 'ash', harms: ['fraud'], before: { effect: 'share', charter: 'open', policy: 'fraud' }, after: { effect: 'share', policy: 'everything' }, revealed: { more: ['severity'], less: [], origin: 'less' } });
  t.equal(body.differences.find(({ counts }) => counts.changed === 2)!.samples!.length, 2);
  t.match(body.differences.find(({ counts }) => counts.gained === 1), { harms: ['spam'], before: { effect: 'withhold', withheld_by: 'policy' }, after: { effect: 'share', policy: 'everything' } });
  t.match(body.says[0], 'birch: sees 1 signal more, sees 2 signals differently.');
  t.match((await simulate(ash, { withdraw: true })).body.peers, [{ peer: 'birch', counts: { lost: 2 } }]);
  t.match((await simulate(ash, { version: { policy: 'ash/standard', version: 1 } })).body, { peers: [], differences: [] }, 'what is in force already');
  t.match((await simulate(ash, { changes: [{ change: 'suspend', member: 'birch' }] })).body.differences, [{ after: { effect: 'withhold', withheld_by: 'built-in' } }]);
  t.match((await simulate(ash, { policy: { ...wider, rules: [{ id: 'later', effect: 'share', terms: { after: 'PT2H', reveal: ['digest'] } }] }, at: iso(NOON + HOUR) })).body.peers, [{ peer: 'birch', counts: { gained: 0, lost: 2, later: 2, promised: 1 } }, { peer: 'cedar', counts: { promised: 3 } }]);

  const charter: Policy = { id: 'hub/charter', title: 'Charter', summary: 'Strict.', rules: [] };
  const all = (await simulate(operator, { policy: charter, samples: 3 })).body;
  t.same(all.peers.map(({ peer, counts }) => [peer, counts.lost]), [['ash', 1], ['birch', 2]], 'everybody’s, to everybody');
  t.notOk(all.differences.some(({ samples }) => samples), 'what is not the operator’s own is not shown to it');
  t.equal(await state(), before, 'nothing was written');

  await operator.put('/v1/incidents/storm', { title: 'Storm', harms: ['fraud'], severity: 'high', responders: { members: ['birch'], groups: [] }, announced: false });
  await operator.put('/v1/incidents/flood', { title: 'Flood', harms: ['fraud'], severity: 'high', responders: { members: ['cedar'], groups: [] }, announced: true });
  const widened: Policy = { ...policy, rules: [...policy.rules, { id: 'flood', effect: 'share', peers: { responds: { any: ['flood'] } }, incidents: { open: ['flood'] }, terms: { reveal: ['digest'], origin: 'named' } }] };
  t.match((await simulate(ash, { policy: widened })).body.peers, [], 'while it is closed');
  t.match((await simulate(ash, { policy: widened, changes: [{ change: 'open', incident: 'flood' }] })).body.peers, [{ peer: 'cedar', counts: { gained: 3 } }], 'for those who respond while it is open');
  t.match((await simulate(ash, { policy: widened, changes: [{ change: 'open', incident: 'flood' }, { change: 'close', incident: 'flood' }] })).body.peers, []);

  const refused: [string, SimulateRequest, string[]][] = [
    ['another’s policy', { policy: { ...policy, id: 'birch/standard' } }, ['422 invalid-policy', '/id must start with your member’s id and a slash']],
    ['another’s version', { version: { policy: 'birch/standard', version: 1 } }, ['404 not-found', '/version There is no such thing, or you may not see it']],
    ['a group that one is not in', { changes: [{ change: 'join', member: 'birch', group: 'theirs' }] }, ['404 not-found', '/changes/0/group There is no such thing, or you may not see it']],
    ['a group that is not', { changes: [{ change: 'join', member: 'birch', group: 'nowhere' }] }, ['404 not-found', '/changes/0/group There is no such thing, or you may not see it']],
    ['nobody', { changes: [{ change: 'suspend', member: 'nobody' }] }, ['404 not-found', '/changes/0/member There is no such thing, or you may not see it']],
    ['no group', { changes: [{ change: 'leave', member: 'birch' }] }, ['400 invalid-body', '/changes/0/group is missing']],
    ['an incident that it does not know of', { changes: [{ change: 'open', incident: 'storm' }] }, ['404 not-found', '/changes/0/incident There is no such thing, or you may not see it']],
    ['an incident that is not', { changes: [{ change: 'close', incident: 'nowhere' }] }, ['404 not-found', '/changes/0/incident There is no such thing, or you may not see it']],
    ['no incident', { changes: [{ change: 'open' }] }, ['400 invalid-body', '/changes/0/incident is missing']],
    ['no member', { changes: [{ change: 'suspend' }] }, ['400 invalid-body', '/changes/0/member is missing']],
    ['two candidates', { policy, withdraw: true }, ['400 invalid-body', '/withdraw does not go with another candidate']],
    ['the past', { policy, at: iso(NOON - 1) }, ['422 invalid-times', '/at must not be in the past']],
    ['a name in a candidate', { policy: { ...policy, rules: [{ id: 'theirs', effect: 'withhold', peers: { groups: { any: ['theirs'] } } }] } }, ['422 invalid-policy', '/rules/0/peers/groups/any/0 is not a group of this hub']],
  ];
  for (const [name, request, expected] of refused) t.same(problemOf(await simulate(ash, request)), expected, name);
  const without = await join({ id: 'dogwood' }, MEMBER_SCOPES.filter((scope: Scope) => scope !== 'explain'));
  t.same(problemOf(await simulate(without, { withdraw: true })), ['403 missing-scope']);
}

for (const home of homes) {
  t.test(home, async (t) => {
    await t.test('simulate predicts exactly what every replica is then told', async (t) => predicts(t, home));
    await t.test('who is told what', async (t) => told(t, home));
  });
}
