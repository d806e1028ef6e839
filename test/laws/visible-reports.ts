import type { NewReport, NewRequest, OwnReport, PostedMessage, Topic } from '../../schemas/types.ts';
import type { Answer } from '../support/api.ts';
import { match } from '../support/reports.ts';
import type { SeededRandom } from './random.ts';
import type { Pair } from './transcript.ts';
import type { Twins } from './twins.ts';
import { HOUR, type VisibleHistory } from './visible-history.ts';

/** A published report that both twins have. */
export interface PlayedReport {
  id: string;
  origin: string;
  content: NewReport;
  /** Its latest version in each twin. */
  version: Pair<number>;
  /** Nothing more can be published of it: it was superseded, be it by what is hidden. */
  finished?: boolean;
}

/** A request that both twins have, and that is open. */
export interface PlayedRequest {
  id: string;
  origin: string;
}

const ORIGINS = ['birch', 'cedar'] as const;
const WORDS = ['shops', 'parcels', 'loans', 'voices', 'tickets'];

/** Reports and messages that both twins go through. What is hidden of a report is in it in the first twin alone. */
export class VisibleReports {
  readonly reports: PlayedReport[] = [];
  readonly requests: PlayedRequest[] = [];
  /** What the viewers wrote themselves. */
  readonly own: { id: string; origin: string }[] = [];
  readonly topics: { id: string; viewer: string }[] = [];
  /** What reports of the first twin are linked to besides. */
  readonly hidden = { signals: [] as string[], reports: [] as string[] };
  readonly #twins: Twins;
  readonly #random: SeededRandom;
  readonly #visible: VisibleHistory;
  #words = 0;
  #updates = 0;

  constructor(twins: Twins, random: SeededRandom, visible: VisibleHistory) {
    this.#twins = twins;
    this.#random = random;
    this.#visible = visible;
  }

  /** Those who review: of each origin another client than its author. */
  async prepare(): Promise<void> {
    for (const id of ['birch', 'cedar', 'elm']) await this.#twins.addClient(id, reviewerOf(id), ['reports:review']);
    for (const of of ['reports', 'requests', 'trends'] as const) await this.#keep('ash', of);
    await this.#keep('dogwood', 'reports');
  }

  async step(): Promise<void> {
    const roll = this.#random.below(100);
    if (roll < 36) return this.#publish();
    if (roll < 54) return this.#update();
    if (roll < 62) return this.#withdraw();
    if (roll < 74) return this.#ask();
    if (roll < 82) return this.#answer();
    if (roll < 90) return this.#comment();
    if (roll < 94) return this.#close();
    await this.#write(this.#random.pick(['ash', 'dogwood']));
  }

  get #origins(): readonly string[] {
    return this.#visible.cedarTakesPart ? ORIGINS : ['birch'];
  }

  /** A report of which platforms will see something. */
  content(origin: string): NewReport {
    const r = this.#random;
    const part = (more: object = {}): { text: string; tlp: 'CLEAR' | 'GREEN' } => ({ text: `Fake ${r.pick(WORDS)} and ${r.pick(WORDS)}.`, tlp: r.pick(['CLEAR', 'GREEN'] as const), ...more });
    const { text, tlp } = part();
    const signals = this.#visible.signals.slice(-3).map(({ id }) => id);
    return {
      title: { text: text.slice(0, -1), tlp },
      ...(r.below(2) ? { summary: part() } : {}),
      judgements: [part()],
      sections: [part(), part({ labels: ['sealed'] }), part({ heading: 'How it is done' })],
      actions: [part()],
      harms: [r.pick(['fraud', 'violence'])],
      regions: [r.pick(['NL', 'DE', '150'])],
      tactics: [r.pick(['T1566', 'T0049'])],
      ...(r.below(2) ? { period: { from: '2026-01-01T00:00:00.000Z', until: '2026-06-01T00:00:00.000Z' } } : {}),
      ...(r.below(5) ? {} : { valid_until: new Date(this.#twins.clock.now() + r.pick([20, 100]) * HOUR).toISOString() }),
      ...(signals.length > 0 && r.below(2) ? { signals } : {}),
      related: this.reports.filter(({ origin: other }) => other !== origin).slice(-2).map(({ id }) => id),
    };
  }

  /**
   * The same report with more in it that nobody is shown. Birch lets its readers know where something is left out: there what is
   * hidden stands beside what is left out for all.
   */
  withHidden(origin: string, content: NewReport, word: () => string = () => `visible-secret-${(this.#words += 1)}`): NewReport {
    const secret = (): { text: string; tlp: 'GREEN'; labels: string[] } => ({ text: `Fake shops and parcels ${word()}.`, tlp: 'GREEN', labels: ['sealed', 'inner'] });
    const { judgements = [], sections = [], actions = [], signals = [], related = [] } = content;
    const anywhere = origin === 'cedar' ? { judgements: [secret(), ...judgements], actions: [...actions, secret()], ...(content.summary ? {} : { summary: secret() }) } : {};
    return {
      ...content,
      ...anywhere,
      sections: sections.flatMap((section) => (section.labels?.includes('sealed') ? [secret(), section, { ...secret(), heading: `About ${word()}` }] : [section])),
      title: { ...content.title, labels: ['inner'] },
      confidence: 'unlikely',
      reliability: { source: 'F' },
      signals: [...signals, ...this.hidden.signals.slice(-3)],
      related: [...related, ...this.hidden.reports.slice(-2)],
    };
  }

  async #publish(): Promise<void> {
    const origin = this.#random.pick(this.#origins);
    const standing = this.#standing(origin);
    const superseded = standing.length > 2 && this.#random.below(3) === 0 ? standing[0] : undefined;
    const content = { ...this.content(origin), ...(superseded ? { supersedes: [superseded.id] } : {}) };
    const drafts = await this.#twins.both<OwnReport>(origin, (api, twin) => api.post('/v1/reports', this.#inTwin(origin, content, twin)));
    const [{ id }, same] = drafts;
    if (id !== same.id) throw new Error('the twins name what is visible differently');
    this.reports.push({ id, origin, content, version: await this.#release(origin, drafts) });
    if (superseded) superseded.finished = true;
  }

  #inTwin(origin: string, content: NewReport, twin: 0 | 1): NewReport {
    return twin === 0 ? this.withHidden(origin, content) : content;
  }

  async #release(origin: string, drafts: Pair<OwnReport>): Promise<Pair<number>> {
    const act = (who: string, what: string, body?: object): Promise<Pair<OwnReport>> => this.#twins.both<OwnReport>(who, (api, twin) => api.post(`/v1/reports/${drafts[twin].id}/${what}`, body, match(drafts[twin].version)));
    await act(origin, 'submit');
    await act(reviewerOf(origin), 'review', { verdict: 'approve' });
    const [first, second] = await act(origin, 'publish');
    return [first.version, second.version];
  }

  #standing(origin?: string): PlayedReport[] {
    return this.reports.filter((report) => !report.finished && this.#origins.includes(report.origin) && (origin ?? report.origin) === report.origin);
  }

  /** A report that can be published anew. */
  anyStanding(random: SeededRandom): PlayedReport | undefined {
    const there = this.#standing();
    return there.length > 0 ? random.pick(there) : undefined;
  }

  async #update(): Promise<void> {
    const report = this.anyStanding(this.#random);
    if (!report) return;
    const { id, origin, content, version } = report;
    const { sections, regions, related } = this.content(origin);
    const change = this.#random.pick<Partial<NewReport>>([{ sections: sections ?? [] }, { regions: regions ?? [] }, { related: related?.filter((other) => other !== id) ?? [] }, { actions: [] }]);
    report.content = { ...content, ...change, judgements: [{ text: `Fake parcels, ${(this.#updates += 1)} times.`, tlp: 'GREEN' }] };
    const drafts = await this.#twins.both<OwnReport>(origin, (api, twin) => api.put(`/v1/reports/${id}`, this.#inTwin(origin, report.content, twin), match(version[twin])));
    report.version = await this.#release(origin, drafts);
  }

  async #withdraw(): Promise<void> {
    const report = this.anyStanding(this.#random);
    if (!report) return;
    this.reports.splice(this.reports.indexOf(report), 1);
    await this.#twins.both(report.origin, (api) => api.post(`/v1/reports/${report.id}/withdraw`, { reason: 'mistake' }));
  }

  /** A request of which platforms see something. */
  request(): NewRequest {
    return { title: `Seen ${this.#random.pick(WORDS)}?`, text: 'Has anyone seen these?', harms: [this.#random.pick(['fraud', 'violence'])], regions: ['NL'], tlp: 'GREEN' };
  }

  async #ask(): Promise<void> {
    const origin = this.#random.pick(this.#origins);
    const content = this.request();
    const [{ id }] = await this.#twins.both<PostedMessage>(origin, (api, twin) => api.post('/v1/requests', twin === 0 ? { ...content, labels: ['inner'], regions: ['DE', 'NL'] } : content));
    this.requests.push({ id, origin });
  }

  async #answer(): Promise<void> {
    const [request] = this.requests.filter(({ origin }) => this.#origins.includes(origin)).slice(-1);
    if (!request) return;
    await this.#twins.both('birch', (api) => api.post(`/v1/requests/${request.id}/answers`, { to: 'all', text: 'We have.', harms: ['fraud'], tlp: 'GREEN' }));
  }

  async #comment(): Promise<void> {
    const report = this.anyStanding(this.#random);
    if (report) await this.#twins.both(report.origin, (api) => api.post(`/v1/reports/${report.id}/comments`, { text: 'We see more of it.', harms: ['fraud'], tlp: 'GREEN' }));
  }

  async #close(): Promise<void> {
    const there = this.requests.filter(({ origin }) => this.#origins.includes(origin));
    if (there.length === 0) return;
    const request = this.#random.pick(there);
    this.requests.splice(this.requests.indexOf(request), 1);
    const path = this.#random.pick([`/v1/requests/${request.id}/close`, `/v1/messages/${request.id}/withdraw`]);
    await this.#twins.both(request.origin, (api) => api.post(path));
  }

  /** A viewer writes a draft of its own. */
  async #write(viewer: string): Promise<void> {
    const [{ body }] = await this.#twins.ask(viewer, { method: 'POST', path: '/v1/reports', body: JSON.stringify({ title: { text: 'A report of our own', tlp: 'GREEN' }, harms: ['fraud'] } satisfies NewReport) });
    this.own.push({ id: (JSON.parse(body) as OwnReport).id, origin: viewer });
  }

  async #keep(viewer: string, of: Topic['of']): Promise<void> {
    const [{ body }] = await this.#twins.ask(viewer, { method: 'POST', path: '/v1/topics', body: JSON.stringify({ title: 'All', of }) });
    this.topics.push({ id: (JSON.parse(body) as Topic).id, viewer });
  }
}

/** The client of a member that reviews. */
export function reviewerOf(member: string): string {
  return `${member} reviews`;
}

/** An answer taken as it comes: what is asked for may not be there any more. */
export async function whatever<T>(answer: Promise<Answer<T>>): Promise<Answer<Partial<T>>> {
  return { ...(await answer), status: 200 };
}
