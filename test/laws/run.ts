import { isDeepStrictEqual } from 'node:util';
type Change = ChangesPage['changes'][number];
import type { ChangesPage, ItemResult, NewSignal, Policy, PolicyVersion, ReconciliationDigest, SignalView, Tlp } from '../../schemas/types.ts';
import { ReplicaDigest } from '../../clients/sdk/index.ts';
import { ManualClock } from '../../server/clock.ts';
import type { Api } from '../support/api.ts';
import type { TestHub } from '../support/hub.ts';
import { Model, comparable } from './model.ts';
import { charters, feedDocuments, policies } from './policies.ts';
import { SeededRandom } from './random.ts';

const HOUR = 3_600_000;
export const START_OF_TIME = Date.parse('2026-11-22T12:00:00Z');
export const RETENTION = 30 * 24 * HOUR;
const MEMBERS = ['ash', 'birch', 'cedar', 'dogwood', 'elm'] as const;
const GROUPS = ['alpha', 'beta'] as const;

/** How often the run met what is hard. */
export interface Counts {
  steps: number;
  pulls: number;
  pages: number;
  signals: number;
  removals: number;
  retractions: number;
  interrupted: number;
  resynced: number;
  lost: number;
}

/** One viewer's copy of one feed, kept as a client would. */
interface Replica {
  viewer: string;
  feed: string;
  cursor?: string;
  items: Map<string, SignalView>;
  /** While it synchronises anew: what it has been told of. */
  marked?: Set<string>;
  retracted: Set<string>;
}

/** A law was broken; the seed makes it happen again. */
export class LawBroken extends Error {}

/** Random members, policies, signals and instants; after each complete pull the replica must be what the plain evaluator decides. */
export class LawRun {
  readonly counts: Counts = { steps: 0, pulls: 0, pages: 0, signals: 0, removals: 0, retractions: 0, interrupted: 0, resynced: 0, lost: 0 };
  readonly #hub: TestHub;
  readonly #clock: ManualClock;
  readonly #random: SeededRandom;
  readonly #model = new Model(RETENTION);
  readonly #apis = new Map<string, Api>();
  readonly #replicas: Replica[] = [];
  /** What the hub ever sent to a viewer, whether or not it arrived. */
  readonly #sent = new Map<string, Set<string>>(MEMBERS.map((id) => [id, new Set()]));

  constructor(hub: TestHub, clock: ManualClock, seed: number) {
    this.#hub = hub;
    this.#clock = clock;
    this.#random = new SeededRandom(seed);
  }

  async prepare(): Promise<void> {
    for (const id of MEMBERS) {
      this.#apis.set(id, await this.#hub.join({ id, kind: id === 'elm' ? 'ngo' : 'platform', trust: 'verified' }));
      this.#model.members.set(id, { id, kind: id === 'elm' ? 'ngo' : 'platform', status: 'active', trust: 'verified' });
    }
    this.#model.members.set('hub', { id: 'hub', kind: 'hub', status: 'active', trust: 'trusted' });
    this.#apis.set('hub', this.#hub.operator);
    for (const group of GROUPS) await this.#setGroup(group, MEMBERS.slice(0, 3));
    for (const feed of feedDocuments) {
      expectOk(await this.#apis.get('ash')!.put(`/v1/feeds/${feed.id}`, feed));
      this.#model.feeds.set(feed.id, feed);
    }
    await this.#activate('hub', charters[0]!, 0);
    for (const id of MEMBERS) await this.#activate(id, policies[0]!, 0);
    for (const viewer of MEMBERS) for (const feed of ['all', ...feedDocuments.map((f) => f.id)]) this.#replicas.push({ viewer, feed, items: new Map(), retracted: new Set() });
  }

  async step(): Promise<void> {
    this.counts.steps += 1;
    const roll = this.#random.below(100);
    if (roll < 34) return this.#post();
    if (roll < 44) return this.#update();
    if (roll < 48) return this.#retract();
    if (roll < 50) return this.#expire();
    if (roll < 62) { this.#clock.advance(this.#random.pick([1, 1000, 60_000, HOUR, HOUR, 7 * HOUR, 30 * HOUR, 80 * HOUR])); return; }
    if (roll < 65) return this.#activate(this.#random.pick(MEMBERS), this.#random.pick(policies), this.#random.pick([0, 0, HOUR]));
    if (roll < 66) return this.#activate('hub', this.#random.pick(charters), this.#random.pick([0, 2 * HOUR]));
    if (roll < 68) return this.#setGroup(this.#random.pick(GROUPS), MEMBERS.filter(() => this.#random.below(3) > 0));
    if (roll < 70) return this.#suspendOrResume();
    await this.#pull(this.#random.pick(this.#replicas));
  }

  /** Brings every replica up to date and compares it. */
  async finish(): Promise<void> {
    for (const member of this.#model.members.values()) if (member.status === 'suspended') await this.#setSuspended(member.id, false);
    for (const replica of this.#replicas) while (!(await this.#pull(replica, 1000)));
  }

  #newSignal(reference?: string): NewSignal {
    const r = this.#random;
    const now = this.#clock.now();
    return {
      digests: [{ scheme: r.pick(['media-md5', 'media-sha256'] as const), digest: '' }].map(({ scheme }) => ({ scheme, digest: r.hex(scheme === 'media-md5' ? 16 : 32) })),
      harm: r.pick(['fraud', 'fraud.phishing', 'csea', 'violence.imminent', 'spam']),
      severity: r.pick(['low', 'medium', 'high', 'critical'] as const),
      confidence: r.pick([20, 70, 95]),
      status: r.pick(['malicious', 'suspicious'] as const),
      tlp: r.pick<Tlp>(['CLEAR', 'GREEN', 'GREEN', 'GREEN', 'AMBER', 'RED']),
      ...(r.below(4) === 0 ? { labels: [r.pick(['sealed', 'wave-7'])] } : {}),
      ...(r.below(3) === 0 ? { note: r.pick(['seen twice', 'seen thrice']) } : {}),
      ...(r.below(5) === 0 ? { valid_until: new Date(now + r.pick([HOUR, 20 * HOUR, 100 * HOUR])).toISOString() } : {}),
      ...(r.below(8) === 0 ? { not_before: new Date(now + r.pick([-HOUR, 30 * 60_000])).toISOString() } : {}),
      ...(r.below(8) === 0 ? { audience: { members: [r.pick(MEMBERS)], groups: [r.pick(GROUPS)] } } : {}),
      ...(reference === undefined ? {} : { reference }),
    };
  }

  async #post(): Promise<void> {
    const origin = this.#random.pick(MEMBERS);
    const items = Array.from({ length: this.#random.pick([1, 1, 5, 20]) }, () => this.#newSignal());
    const answer = await this.#apis.get(origin)!.post<{ results: ItemResult[] }>('/v1/signals', items);
    if (this.#model.members.get(origin)!.status === 'suspended') { expectStatus(answer, 403); return; }
    expectOk(answer);
    const accepted = this.#now();
    answer.body.results.forEach(({ id }, index) => this.#model.signals.set(id!, { id: id!, origin, accepted, content: items[index]! }));
  }

  async #update(): Promise<void> {
    const signal = this.#anySignal();
    if (!signal) return;
    const fresh = this.#newSignal();
    const content: NewSignal = this.#random.below(3) === 0 ? fresh : { ...signal.content, ...this.#random.pick<Partial<NewSignal>>([{ note: 'changed' }, { severity: fresh.severity }, { tlp: fresh.tlp }, { labels: ['sealed'] }, { digests: fresh.digests }]) };
    const answer = await this.#apis.get(signal.origin)!.put(`/v1/signals/${signal.id}`, content);
    if (this.#model.members.get(signal.origin)!.status === 'suspended') { expectStatus(answer, 403); return; }
    expectOk(answer);
    signal.content = content;
  }

  async #retract(): Promise<void> {
    const signal = this.#anySignal();
    if (!signal) return;
    const answer = await this.#apis.get(signal.origin)!.post(`/v1/signals/${signal.id}/retract`, { reason: 'appeal-upheld' });
    if (this.#model.members.get(signal.origin)!.status === 'suspended') { expectStatus(answer, 403); return; }
    expectOk(answer);
    signal.retracted = 'appeal-upheld';
    this.#mustHear(signal.id);
  }

  /** A replica that holds it must hear the reason, not merely lose it. */
  #mustHear(id: string): void {
    for (const replica of this.#replicas) if (replica.items.has(id)) replica.retracted.add(id);
  }

  async #expire(): Promise<void> {
    const signal = this.#anySignal();
    if (!signal) return;
    const answer = await this.#apis.get(signal.origin)!.post<ItemResult>(`/v1/signals/${signal.id}/expire`);
    if (this.#model.members.get(signal.origin)!.status === 'suspended') { expectStatus(answer, 403); return; }
    expectOk(answer);
    if (answer.body.status === 'unchanged') return;
    const { not_before: _gone, ...content } = signal.content;
    signal.content = { ...content, valid_until: new Date(this.#now()).toISOString() };
  }

  #anySignal() {
    const live = [...this.#model.signals.values()].filter((signal) => !signal.retracted);
    return live.length > 0 ? this.#random.pick(live) : undefined;
  }

  async #activate(owner: string, document: Policy, delay: number): Promise<void> {
    if (this.#model.members.get(owner)!.status === 'suspended') return;
    const policy = { ...document, id: `${owner}/${document.id.split('/')[1]!}` };
    const api = this.#apis.get(owner)!;
    const groups = new Set([...this.#model.groups].filter(([, members]) => members.has(owner)).map(([id]) => id));
    const named = JSON.stringify(policy).match(/alpha|beta/g) ?? [];
    const stored = await api.post<PolicyVersion>('/v1/policies', policy);
    if (owner !== 'hub' && named.some((group) => !groups.has(group))) { expectStatus(stored, 422); return; }
    expectOk(stored);
    const effective = this.#now() + delay;
    expectOk(await api.post(`/v1/policies/${policy.id}/versions/${stored.body.version}/activate`, delay > 0 ? { effective_at: new Date(effective).toISOString() } : {}));
    this.#model.activate(owner, stored.body.version, effective, policy);
  }

  async #setGroup(id: string, members: readonly string[]): Promise<void> {
    expectOk(await this.#hub.operator.put(`/v1/groups/${id}`, { title: id, members: [...members] }));
    this.#model.groups.set(id, new Set(members));
  }

  #suspendOrResume(): Promise<void> {
    const id = this.#random.pick(MEMBERS);
    return this.#setSuspended(id, this.#model.members.get(id)!.status === 'active');
  }

  async #setSuspended(id: string, suspended: boolean): Promise<void> {
    expectOk(await this.#hub.operator.post(`/v1/members/${id}/${suspended ? 'suspend' : 'resume'}`));
    this.#model.members.get(id)!.status = suspended ? 'suspended' : 'active';
  }

  #now(): number {
    return this.#clock.now();
  }

  /** @returns whether the replica is up to date */
  async #pull(replica: Replica, fixedLimit?: number): Promise<boolean> {
    const limit = fixedLimit ?? this.#random.pick([1, 2, 3, 10, 1000]);
    this.counts.pulls += 1;
    for (;;) {
      const path = `/v1/feeds/${replica.feed}/changes?digest=parts&limit=${limit}${replica.cursor === undefined ? '' : `&cursor=${replica.cursor}`}`;
      const answer = await this.#apis.get(replica.viewer)!.get<ChangesPage & { type?: string }>(path);
      if (this.#model.members.get(replica.viewer)!.status === 'suspended') {
        expectStatus(answer, 403);
        this.#empty(replica);
        return true;
      }
      if (answer.status === 410) {
        this.counts.resynced += 1;
        delete replica.cursor;
        replica.marked = new Set();
        continue;
      }
      expectOk(answer);
      this.counts.pages += 1;
      this.#checkSent(replica.viewer, answer.body.changes);
      if (fixedLimit === undefined && this.#random.below(10) === 0) {
        this.counts.lost += 1;
        return false;
      }
      this.#apply(replica, answer.body, limit);
      if (answer.body.complete) return this.#compare(replica, Date.parse(answer.body.as_of!), answer.body.digest!);
      if (fixedLimit === undefined && this.#random.below(6) === 0) {
        this.counts.interrupted += 1;
        return false;
      }
    }
  }

  /** Nobody may hear of the end of something that it was never sent. */
  #checkSent(viewer: string, changes: readonly Change[]): void {
    const sent = this.#sent.get(viewer)!;
    for (const change of changes) {
      if (change.type === 'signal') sent.add(change.signal.id);
      else if (!sent.has(change.id)) throw new LawBroken(`${viewer} heard of ${change.id}, which it was never sent`);
    }
  }

  #empty(replica: Replica): void {
    delete replica.cursor;
    delete replica.marked;
    replica.items.clear();
    replica.retracted.clear();
  }

  #apply(replica: Replica, page: ChangesPage, limit: number): void {
    if (page.changes.length > limit) throw new LawBroken('a page is larger than its limit');
    for (const change of page.changes) {
      if (change.type === 'signal') {
        this.counts.signals += 1;
        replica.items.set(change.signal.id, change.signal);
        replica.marked?.add(change.signal.id);
      } else {
        this.counts.removals += 1;
        if (change.reason !== 'gone') this.counts.retractions += 1;
        if (change.reason !== 'gone') replica.retracted.delete(change.id);
        replica.items.delete(change.id);
      }
    }
    replica.cursor = page.cursor;
  }

  #compare(replica: Replica, at: number, digest: ReconciliationDigest): boolean {
    if (replica.marked) for (const id of [...replica.items.keys()]) if (!replica.marked.has(id)) replica.items.delete(id);
    delete replica.marked;
    if (at !== this.#now()) throw new LawBroken(`as_of is ${at - this.#now()} ms from the hub's clock`);
    for (const [id, view] of replica.items) if (view.visible_until !== undefined && Date.parse(view.visible_until) <= at) replica.items.delete(id);
    if (replica.retracted.size > 0) throw new LawBroken(`${replica.viewer} was not told of the retraction of ${[...replica.retracted].join(', ')}`);
    const expected = this.#model.expected(replica.viewer, replica.feed, at);
    const held = new Map([...replica.items].map(([id, view]) => [id, comparable(view)]));
    for (const id of new Set([...expected.keys(), ...held.keys()])) {
      if (isDeepStrictEqual(expected.get(id), held.get(id))) continue;
      throw new LawBroken(`${replica.viewer}'s copy of ${replica.feed} differs at step ${this.counts.steps}: ${JSON.stringify({ expected: expected.get(id), held: held.get(id), signal: this.#model.signals.get(id) }, null, 1)}`);
    }
    const own = new ReplicaDigest();
    for (const view of replica.items.values()) own.add(view);
    const wrong = own.differences(digest);
    if (wrong.length > 0 || own.total.sum !== digest.sum || own.total.count !== digest.count) throw new LawBroken(`${replica.viewer}'s digest of ${replica.feed} differs at step ${this.counts.steps}: ${JSON.stringify({ wrong, own: own.total, digest })}`);
    return true;
  }
}

function expectOk(answer: { status: number; body: unknown }): void {
  if (answer.status >= 300) throw new Error(`unexpected answer ${answer.status}: ${JSON.stringify(answer.body)}`);
}

function expectStatus(answer: { status: number; body: unknown }, status: number): void {
  if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`);
}
