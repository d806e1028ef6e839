import { isDeepStrictEqual } from 'node:util';
import type { ClientView, ItemResult, NewReport, NewSignal, OwnReport, Policy, PolicyVersion, ReportChangesPage, ReportHits, ReportList, ReportView, Rule } from '../../schemas/types.ts';
import { harmTree } from '../../schemas/harms.ts';
import { ManualClock } from '../../server/clock.ts';
import { purgeReports } from '../../server/reports/purge.ts';
import { problemOf, type Api } from '../support/api.ts';
import { startTestHub, type HomeName, type TestHub, type TestScope } from '../support/hub.ts';
import { published, update } from '../support/reports.ts';
import { Model, type ModelSignal } from './model.ts';
import { SeededRandom } from './random.ts';
import type { ReportCounts, ReportEvent } from './report-laws.ts';
import { ReportModel, comparableReport, undue, type ModelReport } from './report-model.ts';
import { HARMS, ReportWriting, TACTICS, WIDE } from './report-writing.ts';

const START = Date.parse('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RETENTION = 12 * DAY;
const MEMBERS = ['ash', 'birch', 'cedar', 'dogwood'];
const ORIGINS = MEMBERS.slice(0, 2);
const GROUPS = ['alpha', 'beta'];
const WORD = /word\d+x/g;

/** One copy of what a member may see. */
interface Replica {
  viewer: string;
  cursor?: string;
  held: Map<string, ReportView>;
  told: Set<string>;
}

/** Random reports, policies, readers and instants on one hub, compared with the plain evaluator. */
export class ReportRun {
  readonly #hub: TestHub;
  readonly #clock: ManualClock;
  readonly #random: SeededRandom;
  readonly #counts: ReportCounts;
  readonly #apis = new Map<string, Api>();
  readonly #reviewers = new Map<string, Api>();
  readonly #model = new Model(RETENTION);
  readonly #oracle = new ReportModel(this.#model, RETENTION);
  readonly #writing: ReportWriting;
  readonly #own = new Map<string, OwnReport>();
  /** By viewer: reports that it was ever shown. */
  readonly #received = new Map<string, Set<string>>(MEMBERS.map((id) => [id, new Set()]));
  readonly #replicas: Replica[] = [...MEMBERS, 'cedar'].map((viewer) => fresh(viewer));
  #policies = 0;

  private constructor(hub: TestHub, clock: ManualClock, random: SeededRandom, counts: ReportCounts) {
    this.#hub = hub;
    this.#clock = clock;
    this.#random = random;
    this.#counts = counts;
    this.#writing = new ReportWriting(clock, random, this.#oracle, MEMBERS);
  }

  static async start(scope: TestScope, { home, seed }: { home: HomeName; seed: number }, counts: ReportCounts): Promise<ReportRun> {
    const clock = new ManualClock(START);
    const random = new SeededRandom(seed);
    const hub = await startTestHub(scope, { home, clock, random, config: { retention: RETENTION, reportRetention: RETENTION } });
    const run = new ReportRun(hub, clock, random, counts);
    await run.#open();
    return run;
  }

  async #open(): Promise<void> {
    this.#model.apply({ world: (model) => model.putMember({ id: 'hub', kind: 'hub', status: 'active', trust: 'trusted', jurisdictions: [], agreements: [] }) });
    for (const id of MEMBERS) {
      this.#apis.set(id, await this.#hub.join({ id, kind: id === 'dogwood' ? 'ngo' : 'platform' }));
      this.#model.apply({ world: (model) => model.putMember({ id, kind: id === 'dogwood' ? 'ngo' : 'platform', status: 'active', trust: 'unverified', jurisdictions: [], agreements: [] }) });
    }
    for (const id of ORIGINS) {
      const { body } = await this.#hub.operator.post<ClientView>(`/v1/members/${id}/clients`, { title: 'Reviewer', scopes: ['reports:review'] });
      this.#reviewers.set(id, this.#hub.api({ client_id: body.client_id, client_secret: body.client_secret! }));
    }
    for (const group of GROUPS) await this.#group(group, MEMBERS.slice(0, 3));
    await this.#activate('hub', [{ id: 'signals', effect: 'share', covers: ['signals', 'reports'], terms: WIDE }]);
    for (const origin of ORIGINS) await this.#policy(origin);
  }

  /** Takes steps. @throws Error for the first that shows something else than the evaluator decides */
  async take(steps: number): Promise<void> {
    for (let n = 0; n < steps; n += 1) {
      this.#counts.add('steps');
      await this.#step();
    }
    await this.#finish();
  }

  /** Time alone passes, then signals alone change, then reports: nothing else makes every replica look anew. */
  async #finish(): Promise<void> {
    const pullAll = async (): Promise<void> => {
      for (const replica of this.#replicas) await this.#pull(replica, true);
    };
    for (let n = 0; n < 4; n += 1) await this.#publish();
    await pullAll();
    for (const passed of [HOUR, 4 * HOUR, 19 * HOUR, DAY]) {
      this.#clock.advance(passed);
      await pullAll();
    }
    for (let n = 0; n < 6; n += 1) await this.#signal();
    await pullAll();
    for (let n = 0; n < 3; n += 1) await this.#withdraw();
    await pullAll();
  }

  async #step(): Promise<void> {
    const roll = this.#random.below(100);
    if (roll < 14) await this.#publish();
    else if (roll < 20) await this.#update();
    else if (roll < 24) await this.#withdraw();
    else if (roll < 32) await this.#signal();
    else if (roll < 40) await this.#policy(this.#random.pick(ORIGINS));
    else if (roll < 44) await this.#group(this.#random.pick(GROUPS), MEMBERS.filter(() => this.#random.below(3) > 0));
    else if (roll < 46) await this.#suspension();
    else if (roll < 60) this.#clock.advance(this.#random.pick([HOUR / 2, HOUR, 5 * HOUR, DAY, 3 * DAY]));
    else if (roll < 62) await purgeReports(this.#hub.hub);
    else if (roll < 76) await this.#pull(this.#random.pick(this.#replicas), this.#random.below(3) > 0);
    else if (roll < 84) await this.#read();
    else if (roll < 88) await this.#list();
    else if (roll < 92) await this.#search();
    else await this.#export();
  }

  // ---- What happens ----

  async #publish(): Promise<void> {
    const origin = this.#random.pick(ORIGINS);
    if (!this.#model.isActive(origin)) return;
    const standing = [...this.#oracle.reports.values()].filter((report) => report.origin === origin && report.withdrawn === undefined && !this.#isPurged(report) && ![...this.#oracle.reports.values()].some((other) => other.content.supersedes?.includes(report.id)) && !this.#superseded.has(report.id));
    const supersedes = standing.length > 0 && this.#random.below(3) === 0 ? [this.#random.pick(standing).id] : [];
    const content = this.#writing.content(supersedes);
    const own = await published(this.#apis.get(origin)!, this.#reviewers.get(origin)!, content);
    this.#own.set(own.id, own);
    for (const id of supersedes) this.#superseded.add(id);
    this.#oracle.reports.set(own.id, { id: own.id, origin, accepted: this.#clock.now(), content: own.content! });
  }

  readonly #superseded = new Set<string>();

  async #update(): Promise<void> {
    const report = this.#some((each) => each.withdrawn === undefined && !this.#isPurged(each) && !this.#superseded.has(each.id) && this.#model.isActive(each.origin));
    if (!report) return;
    const { content } = report;
    const change = this.#random.pick<Partial<NewReport>>([this.#writing.content([]), { sections: [this.#writing.part()] }, { valid_until: this.#writing.after(this.#random.pick([HOUR, DAY])) }, { tactics: [this.#random.pick(TACTICS)] }, { signals: this.#writing.signalIds(), related: this.#writing.reportIds() }, { sections: (content.sections ?? []).toReversed() }]);
    const { not_before: _notBefore, ...kept } = content;
    const own = await update(this.#apis.get(report.origin)!, this.#reviewers.get(report.origin)!, this.#own.get(report.id)!, { ...kept, ...change, supersedes: content.supersedes ?? [] });
    this.#own.set(own.id, own);
    this.#oracle.reports.set(own.id, { ...report, content: own.content! });
  }

  async #withdraw(): Promise<void> {
    const report = this.#some((each) => each.withdrawn === undefined && this.#model.isActive(each.origin));
    if (!report) return;
    const { status } = await this.#apis.get(report.origin)!.post(`/v1/reports/${report.id}/withdraw`, { reason: 'mistake' });
    if (status !== 200) throw new Error(`not withdrawn: ${status}`);
    this.#oracle.reports.set(report.id, { ...report, withdrawn: 'mistake' });
  }

  async #signal(): Promise<void> {
    const origin = this.#random.pick(ORIGINS);
    if (!this.#model.isActive(origin)) return;
    const api = this.#apis.get(origin)!;
    const content = (): NewSignal => ({ digests: [{ scheme: 'media-md5', digest: this.#random.hex(16) }], harm: this.#random.pick(HARMS), severity: 'high', confidence: 50, status: 'malicious', tlp: 'GREEN', ...(this.#random.below(3) === 0 ? { valid_until: this.#writing.after(DAY) } : {}) });
    const old = [...this.#model.signals.values()].filter((signal) => signal.origin === origin && !signal.retracted);
    const roll = old.length < 3 ? 0 : this.#random.below(4);
    const signal = roll > 1 ? this.#random.pick(old) : undefined;
    let next: ModelSignal;
    if (!signal) {
      const said = content();
      const { body } = await api.post<ItemResult>('/v1/signals', said);
      next = { id: body.id!, origin, set: '', accepted: this.#clock.now(), content: said, revision: 1 };
    } else if (roll === 2) {
      const said = content();
      const { status } = await api.put(`/v1/signals/${signal.id}`, said);
      if (status !== 200) throw new Error(`not changed: ${status}`);
      next = { ...signal, content: said, revision: signal.revision + 1 };
    } else {
      await api.post(`/v1/signals/${signal.id}/retract`, { reason: 'mistake' });
      next = { ...signal, retracted: { reason: 'mistake', step: 0 } };
    }
    this.#model.apply({ signals: [next] });
  }

  async #suspension(): Promise<void> {
    const id = this.#random.pick(MEMBERS);
    const status = this.#model.isActive(id) ? 'suspended' : 'active';
    await this.#hub.operator.post(`/v1/members/${id}/${status === 'active' ? 'resume' : 'suspend'}`);
    this.#model.apply({ world: (model) => model.putMember({ ...model.members.get(id)!, status }) });
  }

  async #group(id: string, members: string[]): Promise<void> {
    await this.#hub.operator.put(`/v1/groups/${id}`, { title: id, members });
    this.#model.apply({ world: (model) => model.putGroup(id, members) });
  }

  async #activate(owner: string, rules: Rule[], effective = this.#clock.now()): Promise<void> {
    const api = owner === 'hub' ? this.#hub.operator : this.#apis.get(owner)!;
    const policy: Policy = { id: `${owner}/standard`, title: 'Standard', summary: 'Standard.', rules };
    const { body, status } = await api.post<PolicyVersion>('/v1/policies', policy);
    if (status >= 300) throw new Error(`no policy: ${JSON.stringify([body, policy])}`);
    const answer = await api.post(`/v1/policies/${policy.id}/versions/${body.version}/activate`, effective > this.#clock.now() ? { effective_at: new Date(effective).toISOString() } : {});
    if (answer.status !== 200) throw new Error(`not activated: ${JSON.stringify(answer.body)}`);
    this.#model.apply({ world: (model) => model.activate(owner, ++this.#policies, effective, policy) });
  }

  async #policy(owner: string): Promise<void> {
    if (!this.#model.isActive(owner)) return;
    const rules = Array.from({ length: 1 + this.#random.below(4) }, (_, index) => this.#writing.rule(owner, `r${index}`));
    const signals: Rule = { id: 'signals', effect: 'share', covers: ['signals'], terms: { reveal: ['digest', 'harm'], ...(this.#random.below(2) ? { after: 'PT5H' } : {}), ...(this.#random.below(3) ? {} : { for: 'P1D' }) } };
    const last: Rule = { id: 'last', effect: 'share', covers: ['reports'], terms: this.#writing.terms() };
    await this.#activate(owner, [...rules, ...(this.#random.below(4) ? [signals] : []), ...(this.#random.below(6) ? [last] : [])], this.#clock.now() + (this.#random.below(3) ? 0 : DAY));
  }

  #some(fits: (report: ModelReport) => boolean): ModelReport | undefined {
    const fitting = [...this.#oracle.reports.values()].filter(fits);
    return fitting.length === 0 ? undefined : this.#random.pick(fitting.slice(-8));
  }

  #isPurged({ accepted }: ModelReport): boolean {
    return accepted + RETENTION <= this.#clock.now();
  }

  // ---- What must hold ----

  async #pull(replica: Replica, toTheEnd: boolean): Promise<void> {
    const { viewer } = replica;
    const limit = this.#random.pick([1, 2, 3, 50]);
    if (this.#random.below(25) === 0) Object.assign(replica, { cursor: undefined, ...fresh(viewer) });
    for (let pages = 0; pages < 1000; pages += 1) {
      const answer = await this.#apis.get(viewer)!.get<ReportChangesPage>(`/v1/reports/changes?limit=${limit}${replica.cursor ? `&cursor=${replica.cursor}` : ''}`);
      if (!this.#model.isActive(viewer)) {
        this.#same(problemOf(answer), ['403 member-suspended'], 'a suspended member');
        return;
      }
      if (answer.status !== 200) throw new Error(`${viewer} pulled ${answer.status} ${JSON.stringify(answer.body)}`);
      this.#receive(replica, answer.body);
      if (answer.body.complete) {
        this.#complete(replica, answer.body);
        return;
      }
      if (answer.body.changes.length < limit) throw new Error('a page that has room is not complete');
      this.#count('inMidPull');
      if (!toTheEnd) return;
    }
    throw new Error('the feed does not end');
  }

  #receive(replica: Replica, page: ReportChangesPage): void {
    const received = this.#received.get(replica.viewer)!;
    const now = this.#clock.now();
    for (const change of page.changes) {
      if (change.type === 'report') {
        if (replica.held.get(change.report.id)?.version === change.report.version) throw new Error(`${change.report.id} is sent although it is held as it is`);
        replica.held.set(change.report.id, change.report);
        received.add(change.report.id);
        this.#count('sent');
        continue;
      }
      const held = replica.held.get(change.id);
      replica.held.delete(change.id);
      if (change.reason === 'gone') {
        if (!held || Date.parse(held.visible_until) <= now) throw new Error(`${change.id} is removed although it is not held`);
        this.#count('gone');
      } else {
        if (!received.has(change.id)) throw new Error(`the withdrawal of ${change.id} was told to somebody who never saw it`);
        if (replica.told.has(change.id)) throw new Error(`the withdrawal of ${change.id} was told twice`);
        replica.told.add(change.id);
        this.#count('withdrawn');
      }
    }
    replica.cursor = page.cursor;
  }

  #complete(replica: Replica, page: ReportChangesPage): void {
    const { viewer, held, told } = replica;
    this.#same(page.as_of, new Date(this.#clock.now()).toISOString(), 'as_of');
    const kept = undue(held.values(), this.#clock.now());
    replica.held = new Map([...held].filter(([, view]) => Date.parse(view.visible_until) > this.#clock.now()));
    this.#compare(kept, this.#oracle.expected(viewer, this.#clock.now()), `the replica of ${viewer}`);
    for (const report of this.#oracle.reports.values()) if (report.withdrawn !== undefined && this.#received.get(viewer)!.has(report.id) && !told.has(report.id)) throw new Error(`the withdrawal of ${report.id} was not told to ${viewer}`);
    this.#count('complete');
    for (const view of kept) this.#note(view);
  }

  /** How often what is hard was met. */
  #note(view: ReportView): void {
    const own = this.#oracle.reports.get(view.id)!.content;
    const all = 1 + [own.summary ?? []].flat().length + (own.judgements ?? []).length + (own.sections ?? []).length + (own.actions ?? []).length;
    if (view.parts.filter((part) => 'part' in part).length < all) this.#count('partly');
    if (view.parts.some((part) => 'omitted' in part)) this.#count('marked');
    if (view.signals ?? view.related) this.#count('linked');
    if (view.superseded_by) this.#count('superseded');
    if (view.released_at !== new Date(this.#oracle.reports.get(view.id)!.accepted).toISOString()) this.#count('byTime');
  }

  async #read(): Promise<void> {
    const viewer = this.#random.pick(MEMBERS);
    const report = this.#some(() => true);
    if (!report || !this.#model.isActive(viewer)) return;
    const answer = await this.#apis.get(viewer)!.get<ReportView>(`/v1/reports/${report.id}`);
    const expected = this.#oracle.view(viewer, report, this.#clock.now());
    this.#count('reads');
    if (!expected) {
      this.#same(problemOf(answer), ['404 not-found'], `a read of ${report.id} by ${viewer}`);
      return;
    }
    if (report.origin !== viewer) this.#received.get(viewer)!.add(report.id);
    this.#same(comparableReport(answer.body), expected, `a read of ${report.id} by ${viewer}`);
    const replica = this.#replicas.find((each) => each.viewer === viewer)!;
    if (isDeepStrictEqual(comparableReport(answer.body), comparableReport(replica.held.get(report.id) ?? answer.body)) && replica.held.has(report.id)) this.#same(replica.held.get(report.id)!.version, answer.body.version, 'the version of equal views');
  }

  async #list(): Promise<void> {
    const viewer = this.#random.pick(MEMBERS);
    if (!this.#model.isActive(viewer)) return;
    const [name, value] = this.#random.pick([['', ''], ['harm', 'fraud'], ['region', 'NL'], ['tactic', 'T1566'], ['origin', 'ash'], ['from', '2026-03-01T00:00:00Z'], ['until', '2025-03-01T00:00:00Z']] as const);
    const found: ReportView[] = [];
    for (let next: string | undefined = ''; next !== undefined; ) {
      const { body }: { body: ReportList } = await this.#apis.get(viewer)!.get<ReportList>(`/v1/reports?limit=3${name && `&${name}=${value}`}${next && `&after=${next}`}`);
      found.push(...body.reports);
      next = body.next;
    }
    const fits = (view: ReportView): boolean => {
      if (name === 'harm') return (view.harms ?? []).some((harm) => harmTree.covers(value, harm));
      if (name === 'region') return view.regions?.includes(value) ?? false;
      if (name === 'tactic') return (view.tactics ?? []).some((tactic) => tactic.startsWith(value));
      if (name === 'origin') return view.origin === value;
      return name === '' || (view.period !== undefined && name === 'from');
    };
    const expected = new Map<string, object>();
    for (const report of this.#oracle.reports.values()) {
      const view = this.#oracle.view(viewer, report, this.#clock.now()) as ReportView | undefined;
      if (view && fits(view)) expected.set(report.id, { ...view, parts: view.parts.filter((part) => 'part' in part && ['title', 'summary'].includes(part.part)) });
    }
    this.#compare(found, expected, `the list of ${viewer} by ${name}`);
    this.#same(found.map(({ id }) => id), found.toSorted((a, b) => (a.released_at === b.released_at ? (a.id < b.id ? 1 : -1) : a.released_at < b.released_at ? 1 : -1)).map(({ id }) => id), 'the order of the list');
    for (const { id } of found) if (this.#oracle.reports.get(id)!.origin !== viewer) this.#received.get(viewer)!.add(id);
    this.#count('lists');
  }

  /** Looks for a word that stands in one part of one report. */
  async #search(): Promise<void> {
    const viewer = this.#random.pick(MEMBERS);
    const report = this.#some(() => true);
    const words = JSON.stringify(report?.content ?? '').match(WORD);
    if (!report || !words || !this.#model.isActive(viewer)) return;
    const word = this.#random.pick(words);
    const view = this.#oracle.view(viewer, report, this.#clock.now()) as ReportView | undefined;
    const part = view?.parts.find((each) => 'part' in each && `${each.heading ?? ''} ${each.text}`.includes(word));
    const { body } = await this.#apis.get(viewer)!.get<ReportHits>(`/v1/reports/search?q=${word}&facets=true`);
    const found = body.reports.map(({ id, match }) => ({ id, part: match?.part }));
    this.#same(found, part && 'part' in part ? [{ id: report.id, part: part.part }] : [], `a search of ${viewer} for ${word}`);
    this.#same(body.facets?.years.reduce((sum, { reports }) => sum + reports, 0), found.length, `the facets of ${viewer} for ${word}`);
    this.#same((JSON.stringify(body).match(WORD) ?? []).filter((shown) => !JSON.stringify(view).includes(shown)), [], `the words of a search of ${viewer} for ${word}`);
    for (const { id } of found) if (report.origin !== viewer) this.#received.get(viewer)!.add(id);
    this.#count(found.length > 0 ? 'found' : 'notFound');
  }

  async #export(): Promise<void> {
    const viewer = this.#random.pick(MEMBERS);
    const report = this.#some((each) => this.#oracle.view(viewer, each, this.#clock.now()) !== undefined);
    if (!report || !this.#model.isActive(viewer)) return;
    const view = this.#oracle.view(viewer, report, this.#clock.now()) as ReportView;
    const shown = new Set(JSON.stringify(view).match(WORD));
    for (const accept of ['text/markdown', 'text/html']) {
      const { body } = await this.#apis.get(viewer)!.get<string>(`/v1/reports/${report.id}`, { accept });
      this.#same([...new Set(body.match(WORD))].sort(), [...shown].sort(), `the words of ${accept}`);
      this.#same((body.match(/TLP:/g) ?? []).length, view.parts.filter((part) => 'part' in part).length, `the marks of ${accept}`);
      this.#same((body.match(/Something was left out here/g) ?? []).length, view.parts.filter((part) => 'omitted' in part).length, `the omissions of ${accept}`);
    }
    if (new Set(JSON.stringify(report.content).match(WORD)).size > shown.size) this.#count('hiddenWords');
    if (report.origin !== viewer) this.#received.get(viewer)!.add(report.id);
    this.#count('exports');
  }

  #compare(found: readonly ReportView[], expected: ReadonlyMap<string, object>, what: string): void {
    this.#same(found.map(({ id }) => id).sort(), [...expected.keys()].sort(), `${what}: which reports`);
    for (const view of found) this.#same(comparableReport(view), expected.get(view.id), `${what}: ${view.id}`);
  }

  #same(found: unknown, expected: unknown, what: string): void {
    if (!isDeepStrictEqual(found, expected)) throw new Error(`${what}:\n${JSON.stringify(found)}\nshould be\n${JSON.stringify(expected)}`);
  }

  #count(event: ReportEvent): void {
    this.#counts.add(event);
  }
}

function fresh(viewer: string): Replica {
  return { viewer, held: new Map(), told: new Set() };
}
