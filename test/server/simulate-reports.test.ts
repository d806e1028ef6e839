import t, { type Test } from 'tap';
import type { Calendar, FateCounts, MessageList, NewReport, Policy, PolicyVersion, ReportList, ReportView, Rule, Simulation, Terms, Visibility } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { decide } from '../../server/policy/decide.ts';
import type { PolicyObject } from '../../server/policy/object.ts';
import type { World } from '../../server/policy/world.ts';
import { SeededRandom } from '../laws/random.ts';
import type { Api } from '../support/api.ts';
import { MEMBER_SCOPES, homes, startTestHub, type HomeName, type TestHub } from '../support/hub.ts';
import { published } from '../support/reports.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SEED = Number(process.env['SIMULATE_SEED'] ?? 20_261_201);
const ROUNDS = Number(process.env['SIMULATE_ROUNDS'] ?? 6);
const PEERS = ['birch', 'cedar', 'dogwood'] as const;
const FIELDS: Terms['reveal'] = ['digest', 'text', 'harm', 'regions', 'labels', 'links', 'omissions'];
const NAMES = ['gained', 'lost', 'changed', 'promised', 'forgone', 'earlier', 'later', 'shorter', 'longer'] as const;
const iso = (at: number): string => new Date(at).toISOString();
const none = (): FateCounts => ({ gained: 0, lost: 0, changed: 0, promised: 0, forgone: 0, earlier: 0, later: 0, shorter: 0, longer: 0 });

type Kind = 'parts' | 'requests';
/** What peers see by reading: texts of parts, and ids of requests. */
type Sights = Record<Kind, Set<string>>;

/** What decides about an object: of a part its own class and that of its title. */
interface Placed {
  kind: Kind;
  deciding: PolicyObject[];
  accepted: number;
  until: number;
}

class Run {
  readonly #clock: ManualClock;
  readonly #hub: TestHub;
  readonly #random: SeededRandom;
  readonly #ash: Api;
  readonly #reviewer: Api;
  readonly #peers: ReadonlyMap<string, Api>;
  /** How much was released, or ended, by itself. */
  passed = 0;
  #texts = 0;

  private constructor(clock: ManualClock, hub: TestHub, random: SeededRandom, apis: [Api, Api], peers: ReadonlyMap<string, Api>) {
    [this.#clock, this.#hub, this.#random, this.#peers] = [clock, hub, random, peers];
    [this.#ash, this.#reviewer] = apis;
  }

  static async start(t: Test, home: HomeName, seed: number): Promise<Run> {
    const clock = new ManualClock(NOON);
    const hub = await startTestHub(t, { home, clock });
    const ash = await hub.join({ id: 'ash' });
    const { body } = await hub.operator.post<{ client_id: string; client_secret: string }>('/v1/members/ash/clients', { title: 'reviewer', scopes: MEMBER_SCOPES });
    const peers = new Map<string, Api>();
    for (const id of PEERS) peers.set(id, await hub.join({ id, kind: id === 'dogwood' ? 'ngo' : 'platform' }));
    const run = new Run(clock, hub, new SeededRandom(seed), [ash, hub.api(body)], peers);
    await run.#activate(hub.operator, { id: 'hub/charter', title: 'Open', summary: 'Open.', rules: [{ id: 'all', effect: 'share', covers: ['signals', 'reports', 'messages'], terms: { reveal: FIELDS, origin: 'named', handling: { onward: 'public', pap: 'CLEAR' } } }] });
    await run.#activate(ash, run.#policy());
    for (let n = 0; n < 5; n += 1) await run.#write();
    return run;
  }

  /** A policy is simulated, and then activated. @returns what was predicted otherwise than it came */
  async round(seen: Record<Kind, FateCounts>): Promise<string[]> {
    this.#clock.advance(this.#random.pick([0, HOUR, 5 * HOUR, 17 * HOUR, 3 * DAY]));
    await this.#write();
    const policy = this.#policy();
    const [before, sights] = [await this.#world(), await this.#sights()];
    const unforeseen = await this.#foreseen(sights);
    if (unforeseen.length > 0) return unforeseen;
    const { status, body: predicted } = await this.#ash.post<Simulation>('/v1/policies/simulate', { policy, samples: 3 });
    if (status !== 200) return [JSON.stringify(predicted)];
    await this.#activate(this.#ash, policy);
    const [after, then] = [await this.#world(), await this.#sights()];
    const placed = await this.#placed();
    if (predicted.differences.some(({ samples, counts }) => samples!.length === 0 && NAMES.some((name) => counts[name] > 0))) return ['something happens of which there is no sample'];
    return PEERS.flatMap((peer) => (['parts', 'requests'] as const).flatMap((kind) => {
      const happened = this.#counted(placed.filter((one) => one.kind === kind), peer, before, after);
      const [was, is] = [sights.get(peer)![kind], then.get(peer)![kind]];
      const read = { gained: [...is].filter((one) => !was.has(one)).length, lost: [...was].filter((one) => !is.has(one)).length };
      const found = predicted.peers.find((one) => one.peer === peer);
      const of = (found?.differences ?? []).map((index) => predicted.differences[index]!).filter((one) => one.kind === (kind === 'parts' ? 'part' : 'message'));
      return NAMES.flatMap((name) => {
        seen[kind][name] += happened[name];
        const [said, sum] = [found?.[kind]?.[name] ?? 0, of.reduce((total, { counts }) => total + counts[name], 0)];
        const came = name === 'gained' || name === 'lost' ? read[name] : happened[name];
        return said === came && said === happened[name] && sum === said ? [] : [`${peer}: of ${kind} ${name} ${said} (${sum} in all), ${came} by reading, ${happened[name]} by the evaluator`];
      });
    }));
  }

  /** What each peer is said to see, now and after a day in which nothing is written, is what it sees. */
  async #foreseen(sights: ReadonlyMap<string, Sights>): Promise<string[]> {
    const calendar = (await this.#ash.get<Calendar>('/v1/policies/calendar?days=3')).body;
    const wrong: string[] = [];
    for (const peer of PEERS) {
      const said = (await this.#ash.get<Visibility>(`/v1/policies/visibility?peer=${peer}`)).body;
      for (const kind of ['parts', 'requests'] as const) {
        if (said[kind].visible !== sights.get(peer)![kind].size) wrong.push(`${peer}: is said to see ${said[kind].visible} ${kind}, and sees ${sights.get(peer)![kind].size}`);
        const listed = said.classes.filter(({ class: of }) => of.kind === (kind === 'parts' ? 'part' : 'message')).reduce((sum, { counts }) => sum + counts.visible, 0);
        if (listed !== said[kind].visible) wrong.push(`${peer}: ${listed} ${kind} by class`);
      }
    }
    const midnight = (Math.floor(this.#clock.now() / DAY) + 1) * DAY;
    this.#clock.advance(midnight - 1 - this.#clock.now());
    for (const [peer, then] of await this.#sights()) {
      const day = calendar.days.find(({ day: of }) => of === iso(midnight - 1).slice(0, 10))?.peers.find((one) => one.peer === peer);
      for (const kind of ['parts', 'requests'] as const) {
        const { released, ended } = day?.[kind] ?? { released: 0, ended: 0 };
        const net = then[kind].size - sights.get(peer)![kind].size;
        this.passed += released + ended;
        if (net !== released - ended) wrong.push(`${peer}: of ${kind} ${released} were to be released, and ${ended} to end; ${net} came`);
      }
      sights.get(peer)!.parts = then.parts;
      sights.get(peer)!.requests = then.requests;
    }
    return wrong;
  }

  /** By the plain evaluator, one object at a time: a part is there while both it and its title are. */
  #counted(placed: readonly Placed[], viewer: string, before: World, after: World): FateCounts {
    const at = this.#clock.now();
    const counts = none();
    for (const { deciding, accepted, until } of placed) {
      const [was, is] = [before, after].map((world) => {
        const decisions = deciding.map((object) => decide({ world, at, viewer, object }, { accepted, until }));
        if (decisions.some(({ span }) => span === undefined)) return undefined;
        const [release, end] = [Math.max(...decisions.map(({ span }) => span!.release)), Math.min(...decisions.map(({ span }) => span!.end ?? Infinity))];
        const { reveal, origin, handling } = decisions[0]!.grant!;
        return end > Math.max(release, at) ? { release, end, terms: JSON.stringify([reveal, origin, handling]) } : undefined;
      });
      const [saw, sees] = [was !== undefined && was.release <= at, is !== undefined && is.release <= at];
      if (sees && !saw) counts.gained += 1;
      if (saw && !sees) counts.lost += 1;
      if (was && is && saw && sees && (was.terms !== is.terms || was.release !== is.release || was.end !== is.end)) counts.changed += 1;
      if (is && !was && !sees) counts.promised += 1;
      if (was && !is && !saw) counts.forgone += 1;
      if (!was || !is) continue;
      const [start, end] = [Math.max(is.release, at) - Math.max(was.release, at), is.end - was.end];
      if (start !== 0) counts[start < 0 ? 'earlier' : 'later'] += 1;
      if (end !== 0) counts[end < 0 ? 'shorter' : 'longer'] += 1;
    }
    return counts;
  }

  async #placed(): Promise<Placed[]> {
    const { db } = this.#hub.hub;
    const parts = await db.selectFrom('report_part as p').innerJoin('visibility_class as own', 'own.id', 'p.class_id').innerJoin('report_part as t', (join) => join.onRef('t.report_id', '=', 'p.report_id').on('t.place', '=', 0)).innerJoin('visibility_class as title', 'title.id', 't.class_id').select(['p.accepted_at', 'p.until', 'own.doc as own', 'title.doc as title']).execute();
    const requests = await db.selectFrom('message').innerJoin('visibility_class', 'visibility_class.id', 'class_id').select(['accepted_at', 'until', 'doc']).where('message', '=', 'request').where('withdrawn_at', 'is', null).execute();
    return [
      ...parts.map(({ own, title, accepted_at: accepted, until }): Placed => ({ kind: 'parts', deciding: [own, title], accepted, until })),
      ...requests.map(({ doc, accepted_at: accepted, until }): Placed => ({ kind: 'requests', deciding: [doc], accepted, until })),
    ];
  }

  async #sights(): Promise<Map<string, Sights>> {
    const sights = new Map<string, Sights>();
    for (const [peer, api] of this.#peers) {
      const { reports } = (await api.get<ReportList>('/v1/reports?limit=50')).body;
      const parts = new Set<string>();
      for (const { id } of reports) {
        for (const part of (await api.get<ReportView>(`/v1/reports/${id}`)).body.parts) if ('text' in part) parts.add(part.text);
      }
      const { messages } = (await api.get<MessageList>('/v1/requests?limit=50')).body;
      sights.set(peer, { parts, requests: new Set(messages.map(({ id }) => id)) });
    }
    return sights;
  }

  async #world(): Promise<World> {
    return (await this.#hub.hub.worlds.at((await this.#hub.hub.head()).world)).policy;
  }

  async #activate(api: Api, policy: Policy): Promise<void> {
    const { body } = await api.post<PolicyVersion>('/v1/policies', policy);
    const { status } = await api.post(`/v1/policies/${policy.id}/versions/${body.version}/activate`, {});
    if (status !== 200) throw new Error(`not activated: ${JSON.stringify(body)}`);
  }

  async #write(): Promise<void> {
    const random = this.#random;
    const now = this.#clock.now();
    const maybe = <T extends object>(chance: number, value: T): Partial<T> => (random.below(100) < chance ? value : {});
    const text = (): string => `Text ${(this.#texts += 1)} of many`;
    const marked = () => ({ text: text(), tlp: random.pick(['CLEAR', 'GREEN', 'AMBER'] as const), ...maybe(40, { labels: ['sealed'] }) });
    const content: NewReport = {
      title: { ...marked(), tlp: random.pick(['CLEAR', 'GREEN']) },
      harms: [random.pick(['fraud', 'spam'])],
      sections: Array.from({ length: 1 + random.below(3) }, () => ({ heading: 'Section', ...marked() })),
      ...maybe(50, { summary: marked() }),
      ...maybe(30, { valid_until: iso(now + random.pick([6 * HOUR, DAY, 5 * DAY])) }),
      ...maybe(20, { not_before: iso(now + random.pick([HOUR, 5 * HOUR])) }),
    };
    await published(this.#ash, this.#reviewer, content);
    const { status, body } = await this.#ash.post('/v1/requests', { title: text(), text: text(), harms: [random.pick(['fraud', 'spam'])], tlp: 'GREEN', ...maybe(30, { labels: ['sealed'] }) });
    if (status >= 300) throw new Error(JSON.stringify(body));
  }

  #policy(): Policy {
    const rules = Array.from({ length: 1 + this.#random.below(3) }, (_, index) => this.#rule(`r${index}`));
    return { id: 'ash/standard', title: 'Random', summary: 'Random.', rules: [...rules, ...(this.#random.below(10) < 8 ? [{ id: 'rest', effect: 'share' as const, covers: ['signals' as const, 'reports' as const, 'messages' as const], terms: this.#terms() }] : [])] };
  }

  #rule(id: string): Rule {
    const random = this.#random;
    const conditions = random.pick<Pick<Rule, 'reports' | 'messages'>>([{ reports: { part: { in: ['title', 'summary'] } } }, { reports: { part: { in: ['section'] } } }, { reports: { labels: { any: ['sealed'] } } }, { reports: { harm: { in: ['fraud'] } } }, { messages: { harm: { in: ['fraud'] } } }, { messages: { labels: { none: ['sealed'] } } }]);
    const peers = random.pick<Pick<Rule, 'peers'>>([{}, { peers: { kind: { in: ['ngo'] } } }, { peers: { id: { in: ['birch', 'cedar'] } } }]);
    if (random.below(4) === 0) return { id, effect: 'withhold', ...conditions, ...peers };
    return { id, effect: 'share', ...conditions, ...peers, terms: this.#terms() };
  }

  #terms(): Terms {
    const random = this.#random;
    return {
      reveal: random.pick([FIELDS, FIELDS.filter((field) => field !== 'labels'), ['digest', 'text', 'harm'], ['digest', 'harm']]),
      origin: random.pick(['named', 'named', 'pseudonymous']),
      ...random.pick([{}, {}, { after: 'PT2H' }, { after: 'PT26H' }]),
      ...random.pick([{}, {}, { for: 'PT6H' }, { for: 'P3D' }]),
      ...random.pick([{}, { handling: { pap: 'GREEN' as const } }]),
    };
  }
}

async function predicts(t: Test, home: HomeName): Promise<void> {
  const run = await Run.start(t, home, SEED + homes.indexOf(home));
  const seen = { parts: none(), requests: none() };
  for (let round = 0; round < ROUNDS; round += 1) {
    const wrong = await run.round(seen);
    if (wrong.length > 0) return void t.fail(`seed ${SEED}, round ${round}`, { wrong });
  }
  t.comment(JSON.stringify(seen));
  t.ok((['gained', 'lost', 'changed', 'later'] as const).every((name) => seen.parts[name] > 0), 'of parts everything was met', seen.parts);
  t.ok(run.passed > 0, 'something was released, or ended, by itself');
  t.ok(seen.requests.gained > 0 && seen.requests.lost > 0, 'and of requests', seen.requests);
}

for (const home of homes) t.test(`${home}: what is simulated of reports and requests is what readers then see`, async (t) => predicts(t, home));
