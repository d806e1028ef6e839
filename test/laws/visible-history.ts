import type { BatchResult, FeedDocument, ItemResult, NewSignal, Policy, PolicyVersion, Severity, SignalField } from '../../schemas/types.ts';
import type { Api } from '../support/api.ts';
import type { Answer } from '../support/api.ts';
import { MEMBER_SCOPES } from '../support/hub.ts';
import type { SeededRandom } from './random.ts';
import { QUICK, birchFeed, birchPolicy, cedarFeed, cedarPolicy, charters, firPolicy } from './twin-policies.ts';
import type { Twins } from './twins.ts';
import { VisibleReports } from './visible-reports.ts';

export const HOUR = 3_600_000;

/** A signal that both twins have. */
export interface PlayedSignal {
  id: string;
  origin: string;
  content: NewSignal;
}

/** What both twins go through. Some viewers see some of it; none may tell from it that there is more. */
export class VisibleHistory {
  readonly signals: PlayedSignal[] = [];
  /** What the viewers posted themselves. */
  readonly own: PlayedSignal[] = [];
  readonly #twins: Twins;
  readonly #random: SeededRandom;
  /** What platforms see of what is quick with birch. */
  quick: SignalField[] = QUICK[0]!;
  beta = ['ash', 'fir'];
  /** What birch offers, as everyone may know it. */
  feed: FeedDocument = birchFeed;
  readonly reports: VisibleReports;
  #joined = 0;
  #suspended = false;

  constructor(twins: Twins, random: SeededRandom) {
    this.#twins = twins;
    this.#random = random;
    this.reports = new VisibleReports(twins, random, this);
  }

  /** Members, circles, policies and feeds that everyone starts with. */
  async prepare(): Promise<void> {
    const platforms = ['ash', 'birch', 'cedar', 'elm', 'fir'];
    for (const id of platforms) await this.#twins.join({ id, kind: 'platform', trust: 'verified' });
    await this.#twins.join({ id: 'dogwood', kind: 'ngo', trust: 'verified' });
    await this.#twins.join({ id: 'police', kind: 'law-enforcement' }, ['referrals:read']);
    await this.#operator((api) => api.put('/v1/groups/alpha', { title: 'Alpha', members: ['birch', 'cedar', 'elm'] }));
    await this.#operator((api) => api.put('/v1/groups/beta', { title: 'Beta', members: this.beta }));
    await this.#activate('hub', charters[0]!);
    await this.#activate('birch', birchPolicy(this.quick));
    await this.#activate('cedar', cedarPolicy);
    await this.#activate('fir', firPolicy);
    await this.#twins.both('birch', (api) => api.put(`/v1/feeds/${birchFeed.id}`, birchFeed));
    await this.#twins.both('cedar', (api) => api.put(`/v1/feeds/${cedarFeed.id}`, cedarFeed));
    await this.reports.prepare();
  }

  /** @param advance moves the clock of both */
  async step(advance: (milliseconds: number) => Promise<void>): Promise<void> {
    const r = this.#random;
    if (r.below(5) < 2) return this.reports.step();
    const roll = r.below(100);
    if (roll < 34) return this.#post();
    if (roll < 50) return this.#update();
    if (roll < 57) return this.#withdraw();
    if (roll < 78) return advance(r.pick([1000, 60_000, HOUR, HOUR, 7 * HOUR, 30 * HOUR]));
    if (roll < 84) return this.#postOwn();
    if (roll < 86) return this.#activate('hub', r.pick(charters));
    if (roll < 89) return this.#activate('birch', birchPolicy((this.quick = r.pick(QUICK))));
    if (roll < 92) return this.#changeBeta();
    if (roll < 94) return this.#offer();
    if (roll < 96) return this.#joinAnother();
    if (roll < 98) return this.#suspendOrResume();
    await this.#operator((api) => api.post('/v1/digest-keys/hub/rotate', {}));
  }

  async #post(): Promise<void> {
    const origin = this.#origin();
    const items = Array.from({ length: this.#random.pick([1, 1, 4, 9]) }, () => this.content(origin));
    const [made, same] = await this.#twins.both<BatchResult>(origin, (api) => api.post('/v1/signals', items));
    made.results.forEach(({ id }, index) => {
      if (id !== same.results[index]!.id) throw new Error('the twins name what is visible differently');
      this.signals.push({ id: id!, origin, content: items[index]! });
    });
  }

  async #postOwn(): Promise<void> {
    const viewer = this.#random.pick(['ash', 'dogwood']);
    const content = this.content(viewer);
    const [{ body }] = await this.#twins.ask(viewer, { method: 'POST', path: '/v1/signals', body: JSON.stringify(content) });
    this.own.push({ id: (JSON.parse(body) as ItemResult).id!, origin: viewer, content });
  }

  async #update(): Promise<void> {
    const signal = this.#any();
    if (!signal) return;
    const { digests, severity, note } = this.content(signal.origin);
    const change = this.#random.pick<Partial<NewSignal>>([{ severity }, { digests }, { ...(note ? { note } : {}), severity }]);
    signal.content = { ...signal.content, ...change };
    await this.#twins.both(signal.origin, (api) => api.put(`/v1/signals/${signal.id}`, signal.content));
  }

  async #withdraw(): Promise<void> {
    const signal = this.#any();
    if (!signal) return;
    this.signals.splice(this.signals.indexOf(signal), 1);
    const retract = this.#random.below(2) === 0;
    await this.#twins.both(signal.origin, (api) => (retract ? api.post(`/v1/signals/${signal.id}/retract`, { reason: 'mistake' }) : api.post(`/v1/signals/${signal.id}/expire`)));
  }

  async #changeBeta(): Promise<void> {
    this.beta = this.#random.pick([['ash', 'fir'], ['fir'], ['ash', 'dogwood', 'fir']]);
    await this.#operator((api) => api.put('/v1/groups/beta', { title: 'Beta', members: this.beta }));
  }

  async #offer(): Promise<void> {
    const atLeast = this.#random.pick<Severity>(['low', 'high', 'critical']);
    this.feed = { ...birchFeed, filter: { severity: { atLeast } } };
    await this.#twins.both('birch', (api) => api.put(`/v1/feeds/${birchFeed.id}`, this.feed));
  }

  async #joinAnother(): Promise<void> {
    this.#joined += 1;
    await this.#twins.join({ id: `joined-${this.#joined}`, kind: 'researcher' }, MEMBER_SCOPES);
  }

  async #suspendOrResume(): Promise<void> {
    this.#suspended = !this.#suspended;
    await this.#operator((api) => api.post(`/v1/members/cedar/${this.#suspended ? 'suspend' : 'resume'}`));
  }

  async #activate(owner: string, document: Policy): Promise<void> {
    const stored = await this.#twins.both<PolicyVersion>(owner, (api) => api.post('/v1/policies', document));
    await this.#twins.both(owner, (api, twin) => api.post(`/v1/policies/${document.id}/versions/${stored[twin].version}/activate`, {}));
  }

  #operator(act: (api: Api) => Promise<Answer<unknown>>): Promise<unknown> {
    return this.#twins.both('hub', act);
  }

  /** Whether cedar takes part now. */
  get cedarTakesPart(): boolean {
    return !this.#suspended;
  }

  #origin(): string {
    return this.#random.pick(this.#suspended ? ['birch', 'fir'] : ['birch', 'cedar', 'fir']);
  }

  #any(): PlayedSignal | undefined {
    const there = this.signals.filter(({ origin }) => origin !== 'cedar' || !this.#suspended);
    return there.length > 0 ? this.#random.pick(there) : undefined;
  }

  /** A signal of which platforms will see something, unless it is fir's. */
  content(origin: string): NewSignal {
    const r = this.#random;
    const scheme = r.pick(['media-md5', 'media-sha256'] as const);
    return {
      digests: [{ scheme, digest: r.hex(scheme === 'media-md5' ? 16 : 32) }],
      harm: r.pick(origin === 'birch' ? ['violence.imminent', 'fraud', 'fraud.phishing'] : ['fraud', 'violence']),
      severity: r.pick(['low', 'medium', 'high', 'critical'] as const),
      confidence: r.pick([20, 70]),
      status: 'malicious',
      tlp: r.pick(['CLEAR', 'GREEN'] as const),
      ...(r.below(4) === 0 ? { labels: [r.pick(['wave-7', 'wave-8'])] } : {}),
      ...(r.below(3) === 0 ? { note: r.pick(['seen twice', 'seen thrice']) } : {}),
      ...(r.below(6) === 0 ? { valid_until: new Date(this.#twins.clock.now() + r.pick([20, 100]) * HOUR).toISOString() } : {}),
    };
  }
}
