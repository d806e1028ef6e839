import type { BatchResult, ChangesPage, ClientView, ItemResult, NewSignal, PolicyVersion } from '../../schemas/types.ts';
import { HiddenReports } from './hidden-reports.ts';
import type { SeededRandom } from './random.ts';
import { birchPolicy, elmFeed, elmPolicy } from './twin-policies.ts';
import type { Twins } from './twins.ts';
import { HOUR, type PlayedSignal, type VisibleHistory } from './visible-history.ts';

/** How a signal that no viewer may know of is kept from it. */
interface Recipe {
  why: string;
  origin: string;
  /** Hidden for as long as it is new: policy releases it a day after its first acceptance. */
  fresh?: 'ends by itself' | 'to be withdrawn';
  make: (content: NewSignal, now: number) => NewSignal;
}

const DAY = 24 * HOUR;
const iso = (at: number): string => new Date(at).toISOString();

const RECIPES: readonly Recipe[] = [
  { why: 'withheld by a rule', origin: 'birch', make: (content) => ({ ...content, labels: ['sealed'] }) },
  { why: 'no rule shares it', origin: 'birch', make: (content) => ({ ...content, harm: 'spam' }) },
  { why: 'TLP RED', origin: 'cedar', make: (content) => ({ ...content, tlp: 'RED' }) },
  { why: 'TLP AMBER without a shared group', origin: 'birch', make: (content) => ({ ...content, tlp: 'AMBER' }) },
  { why: 'another audience', origin: 'birch', make: (content) => ({ ...content, audience: { members: ['elm'] } }) },
  { why: 'the audience is a circle', origin: 'cedar', make: (content) => ({ ...content, audience: { groups: ['alpha'] } }) },
  { why: 'not before a late instant', origin: 'birch', make: (content, now) => ({ ...content, valid_until: iso(now + 1000 * DAY), not_before: iso(now + 900 * DAY) }) },
  { why: 'under an embargo', origin: 'birch', make: (content) => ({ ...content, harm: 'csea' }) },
  { why: 'ends before it is released', origin: 'birch', fresh: 'ends by itself', make: (content, now) => ({ ...content, harm: 'fraud', valid_until: iso(now + 2 * HOUR) }) },
  { why: 'taken back before it is released', origin: 'birch', fresh: 'to be withdrawn', make: ({ valid_until: _until, ...content }) => ({ ...content, harm: 'fraud' }) },
  { why: 'the origin shares with a circle alone', origin: 'elm', make: (content) => content },
];

interface HiddenSignal extends PlayedSignal {
  why: string;
  /** By when it must have gone. */
  fuse?: number;
}

/** What only the first twin goes through, and no viewer may notice. It acts through another process. */
export class HiddenHistory {
  /** What there is or was, and why nobody may know. */
  readonly signals: HiddenSignal[] = [];
  readonly batches: string[] = [];
  readonly clients: string[] = [];
  readonly references: string[] = [];
  readonly keys: string[] = [];
  /** How often it did what. */
  readonly counts = new Map<string, number>();
  readonly #twins: Twins;
  readonly #random: SeededRandom;
  readonly #visible: VisibleHistory;
  readonly #gone = new Set<string>();
  readonly #cursors = new Map<string, string>();
  #named = 0;
  /** Whether elm is in the circle now. */
  #inAlpha = true;
  #subscribed = false;

  readonly #touches: boolean;
  readonly reports: HiddenReports;

  /** @param touches also changes, of visible signals, what nobody is shown of them; and hides signals in visible ones' classes */
  constructor(twins: Twins, random: SeededRandom, visible: VisibleHistory, touches: boolean) {
    this.#touches = touches;
    this.#twins = twins;
    this.#random = random;
    this.#visible = visible;
    this.reports = new HiddenReports(twins, random, visible);
  }

  async step(): Promise<void> {
    if (this.#random.below(5) < 2) return this.reports.step(this.signals.slice(-4).map(({ id }) => id));
    const roll = this.#random.below(100);
    if (roll < 30) return this.#did('post', this.#post());
    if (roll < 42) return this.#did('touch what is visible', this.#touch());
    if (roll < 52) return this.#did('change', this.#change());
    if (roll < 58) return this.#did('withdraw', this.#withdraw(this.#any()));
    if (roll < 64) return this.#did('undo', this.#undo());
    if (roll < 70) return this.#did('set', this.#synchronise());
    if (roll < 78) return this.#did('pull', this.#pull());
    if (roll < 86) return this.#did('policy', this.#policy());
    if (roll < 91) return this.#did('feed', this.#feed());
    return this.#did('members', this.#members());
  }

  /** Withdraws what would be released in so much time. */
  async before(milliseconds: number): Promise<void> {
    const due = this.#twins.clock.now() + milliseconds;
    for (const signal of this.signals) if (signal.fuse !== undefined && signal.fuse <= due) await this.#withdraw(signal);
  }

  async #did(what: string, done: Promise<void>): Promise<void> {
    await done;
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** Whether an origin can act now: a suspension is for all to see. */
  #present(origin: string): boolean {
    return origin !== 'cedar' || this.#visible.cedarTakesPart;
  }

  #recipe(): Recipe {
    return this.#random.pick(RECIPES.filter(({ origin }) => this.#present(origin)));
  }

  #content(recipe: Recipe): NewSignal {
    const content = recipe.make(this.#visible.content(recipe.origin), this.#twins.clock.now());
    return this.#touches ? content : { ...content, labels: [...(content.labels ?? []), 'hidden'] };
  }

  async #post(): Promise<void> {
    const recipe = this.#recipe();
    const reference = `case-${(this.#named += 1)}`;
    const content = { ...this.#content(recipe), ...(this.#random.below(3) === 0 ? { reference } : {}) };
    const key = `key-${this.#named}`;
    const { id } = await this.#twins.hidden<ItemResult>(recipe.origin, (api) => api.post('/v1/signals', content, this.#random.below(3) === 0 ? { 'idempotency-key': key } : {}));
    this.keys.push(key);
    this.references.push(reference);
    this.#add(recipe, id!, content);
  }

  #add({ why, origin, fresh }: Recipe, id: string, content: NewSignal): void {
    this.signals.push({ id, origin, content, why, ...(fresh === 'to be withdrawn' ? { fuse: this.#twins.clock.now() + DAY } : {}) });
  }

  /** Changes of a visible signal what nobody is shown of it: some of that is of its visibility class. */
  async #touch(): Promise<void> {
    const there = this.#visible.signals.filter(({ origin }) => origin !== 'fir' && this.#present(origin));
    if (!this.#touches || there.length === 0) return;
    const { id, origin, content } = this.#random.pick(there);
    const change = this.#random.pick<Partial<NewSignal>>([{ confidence: 95 }, { status: 'suspicious' }, { intent: 'malicious' }, { basis: 'user-report' }, { observed: { first: iso(this.#twins.clock.now()) } }, { labels: ['wave-9'] }]);
    await this.#twins.hidden(origin, (api) => api.put(`/v1/signals/${id}`, { ...content, ...change }));
  }

  #any(): HiddenSignal | undefined {
    const there = this.signals.filter(({ id, origin }) => !this.#gone.has(id) && this.#present(origin));
    return there.length > 0 ? this.#random.pick(there) : undefined;
  }

  /** Changes a hidden signal into one that is hidden for any reason of the same origin. */
  async #change(): Promise<void> {
    const signal = this.#any();
    if (!signal) return;
    const recipe = this.#random.pick(RECIPES.filter(({ origin, fresh }) => origin === signal.origin && !fresh));
    const { reference } = signal.content;
    signal.content = { ...this.#content(recipe), ...(reference ? { reference } : {}) };
    signal.why = recipe.why;
    delete signal.fuse;
    await this.#twins.hidden(signal.origin, (api) => api.put(`/v1/signals/${signal.id}`, signal.content));
  }

  async #withdraw(signal: HiddenSignal | undefined): Promise<void> {
    if (!signal || this.#gone.has(signal.id)) return;
    this.#gone.add(signal.id);
    delete signal.fuse;
    const retract = this.#random.below(2) === 0;
    await this.#twins.hidden(signal.origin, (api) => (retract ? api.post(`/v1/signals/${signal.id}/retract`, { reason: 'appeal-upheld' }) : api.post(`/v1/signals/${signal.id}/expire`)));
  }

  async #undo(): Promise<void> {
    const recipe = this.#recipe();
    const items = [0, 1, 2].map(() => this.#content(recipe));
    const { results, summary } = await this.#twins.hidden<BatchResult>(recipe.origin, (api) => api.post('/v1/signals', items));
    this.batches.push(summary.batch);
    results.forEach(({ id }, index) => this.#add(recipe, id!, items[index]!));
    if (recipe.fresh !== 'to be withdrawn' && this.#random.below(2) === 0) return;
    await this.#twins.hidden(recipe.origin, (api) => api.post(`/v1/batches/${summary.batch}/undo`));
    for (const { id } of results) this.#gone.add(id!);
  }

  async #synchronise(): Promise<void> {
    const recipe = this.#random.pick(RECIPES.filter(({ origin, fresh }) => origin === 'birch' && !fresh));
    const items = this.#random.pick([['a'], ['a', 'b', 'c'], ['b']]).map((reference) => ({ ...this.#content(recipe), reference }));
    await this.#twins.hidden(recipe.origin, (api) => api.send('PUT', '/v1/sets/watch', items.map((item) => JSON.stringify(item)).join('\n'), { 'content-type': 'application/x-ndjson' }));
  }

  /** Others pull, and read single signals. */
  async #pull(): Promise<void> {
    const puller = 'elm';
    const cursor = this.#cursors.get(puller);
    const limit = this.#random.pick([1, 5, 1000]);
    const page = await this.#twins.hidden<ChangesPage>(puller, async (api) => {
      const answer = await api.get<ChangesPage>(`/v1/feeds/all/changes?limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`);
      return answer.status === 410 ? api.get<ChangesPage>(`/v1/feeds/all/changes?limit=${limit}`) : answer;
    });
    this.#cursors.set(puller, page.cursor);
    const shown = page.changes.find((change) => change.type === 'signal');
    if (shown) await this.#twins.hidden(puller, async (api) => ({ ...(await api.get(`/v1/signals/${shown.signal.id}`)), status: 200 }));
  }

  async #policy(): Promise<void> {
    const late = iso(this.#twins.clock.now() + 900 * DAY);
    const { quick } = this.#visible;
    const documents = [
      { of: 'birch', document: birchPolicy(quick, { alpha: ['digest'] }), at: 'now' },
      { of: 'birch', document: birchPolicy(quick, { slow: this.#random.pick(['P299D', 'P301D']) }), at: 'now' },
      { of: 'birch', document: birchPolicy(['digest', 'note']), at: 'late' },
      { of: 'birch', document: { ...birchPolicy(['digest']), id: 'birch/draft' }, at: 'never' },
      ...(this.#inAlpha ? [{ of: 'elm', document: elmPolicy, at: 'now' } as const] : []),
      { of: 'hub', document: { ...elmPolicy, id: 'hub/draft' }, at: 'never' },
    ] as const;
    const { of, document, at } = this.#random.pick(documents);
    const { version } = await this.#twins.hidden<PolicyVersion>(of, (api) => api.post('/v1/policies', document));
    if (at !== 'never') await this.#twins.hidden(of, (api) => api.post(`/v1/policies/${document.id}/versions/${version}/activate`, at === 'late' ? { effective_at: late } : {}));
  }

  /** A feed that viewers are not offered; and of one that they are, to whom else it is offered. */
  async #feed(): Promise<void> {
    if (this.#random.below(2) === 0) {
      const feed = { ...this.#visible.feed, peers: { kind: { notIn: [this.#random.pick(['government', 'hotline'] as const)] } } };
      await this.#twins.hidden('birch', (api) => api.put(`/v1/feeds/${feed.id}`, feed));
      return;
    }
    if (!this.#inAlpha) return;
    const filter = this.#random.pick([{ harm: { in: ['spam'] } }, { labels: { any: ['sealed'] } }]);
    await this.#twins.hidden('elm', (api) => api.put(`/v1/feeds/${elmFeed.id}`, { ...elmFeed, filter }));
  }

  async #members(): Promise<void> {
    const name = (this.#named += 1);
    const acts: (() => Promise<unknown>)[] = [
      () => this.#twins.hidden('hub', (api) => api.post('/v1/digest-keys/alpha/rotate', {})),
      () => this.#changeAlpha(),
      () => this.#twins.hidden('hub', (api) => api.put(`/v1/groups/circle-${name}`, { title: 'Circle', members: ['elm', 'birch'] })),
      () => this.#twins.hidden('hub', (api) => api.patch('/v1/members/elm', { trust: this.#random.pick(['verified', 'trusted']), agreements: [{ id: `pact-${name}`, from: '2026-01-01T00:00:00Z' }] })),
      () => this.#addClient(),
      () => this.#subscribe(),
      () => this.#ghost(`ghost-${name}`),
      () => this.#twins.hidden('hub', (api) => api.get('/v1/audit?limit=5')),
    ];
    await this.#random.pick(acts)();
  }

  async #changeAlpha(): Promise<void> {
    this.#inAlpha = !this.#inAlpha;
    await this.#twins.hidden('hub', (api) => api.put('/v1/groups/alpha', { title: 'Alpha', members: ['birch', 'cedar', ...(this.#inAlpha ? ['elm'] : [])] }));
  }

  /** What others are subscribed to is theirs and the feed's owner's to know. */
  async #subscribe(): Promise<void> {
    this.#subscribed = !this.#subscribed;
    await this.#twins.hidden('elm', (api) => api.send(this.#subscribed ? 'PUT' : 'DELETE', '/v1/subscriptions/all', undefined));
  }

  async #addClient(): Promise<void> {
    const { client_id } = await this.#twins.hidden<ClientView>('hub', (api) => api.post('/v1/members/elm/clients', { title: 'Another', scopes: ['feeds:read'] }));
    this.clients.push(client_id);
    if (this.#random.below(2) === 0) await this.#twins.hidden('hub', (api) => api.post(`/v1/clients/${client_id}/revoke`));
  }

  /** A member whom nobody met: it is suspended before anyone looks. */
  async #ghost(id: string): Promise<void> {
    await this.#twins.hidden('hub', (api) => api.post('/v1/members', { id, title: 'Ghost', kind: 'ngo' }));
    await this.#twins.hidden('hub', (api) => api.post(`/v1/members/${id}/suspend`));
  }
}
