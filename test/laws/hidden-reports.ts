import type { NewReport, OwnReport, PostedMessage, ReportChangesPage, Topic } from '../../schemas/types.ts';
import { match } from '../support/reports.ts';
import type { SeededRandom } from './random.ts';
import type { Twins } from './twins.ts';
import { HOUR, type VisibleHistory } from './visible-history.ts';
import { reviewerOf, whatever, type VisibleReports } from './visible-reports.ts';

/** How a report that no viewer may know of is kept from it. */
interface Recipe {
  why: string;
  origin: string;
  /** Hides it only while it is new. */
  fresh?: boolean;
  make: (content: NewReport, now: number) => NewReport;
}

const DAY = 24 * HOUR;
const iso = (at: number): string => new Date(at).toISOString();
const titled = ({ title, ...content }: NewReport, more: Partial<NewReport['title']>): NewReport => ({ ...content, title: { ...title, ...more } });

/** Of most, all but the title could be seen. */
const RECIPES: readonly Recipe[] = [
  { why: 'its title is withheld by a rule', origin: 'birch', make: (content) => titled(content, { labels: ['sealed'] }) },
  { why: 'its title is TLP RED', origin: 'cedar', make: (content) => titled(content, { tlp: 'RED' }) },
  { why: 'its title is TLP AMBER without a shared group', origin: 'birch', make: (content) => titled(content, { tlp: 'AMBER' }) },
  { why: 'no rule shares it', origin: 'birch', make: (content) => ({ ...content, harms: ['spam'] }) },
  { why: 'one of its harms is shared by no rule', origin: 'cedar', make: (content) => ({ ...content, harms: ['fraud', 'spam'] }) },
  { why: 'another audience', origin: 'birch', make: (content) => ({ ...content, audience: { members: ['elm'] } }) },
  { why: 'the audience is a circle', origin: 'cedar', make: (content) => ({ ...content, audience: { groups: ['alpha'] } }) },
  { why: 'not before a late instant', origin: 'birch', make: ({ valid_until: _until, ...content }, now) => ({ ...content, not_before: iso(now + 900 * DAY) }) },
  { why: 'under an embargo', origin: 'birch', make: (content) => ({ ...content, harms: ['csea'] }) },
  { why: 'ends before it is released', origin: 'birch', fresh: true, make: (content, now) => ({ ...content, harms: ['fraud'], valid_until: iso(now + 2 * HOUR) }) },
  { why: 'the origin shares with a circle alone', origin: 'elm', make: (content) => content },
];

interface HiddenReport {
  id: string;
  origin: string;
  version: number;
  why: string;
  content: NewReport;
}

/** The reports and messages, and what is hidden of visible ones, that only the first twin goes through. */
export class HiddenReports {
  readonly reports: HiddenReport[] = [];
  /** Requests, answers and comments. */
  readonly messages: { id: string; origin: string; kind: 'request' | 'answer' | 'comment' }[] = [];
  readonly topics: string[] = [];
  /** Words that stand nowhere but in what is hidden. */
  readonly words: string[] = [];
  readonly counts = new Map<string, number>();
  readonly #twins: Twins;
  readonly #random: SeededRandom;
  readonly #visible: VisibleHistory;
  readonly #standing = new Set<HiddenReport>();
  #cursor: string | undefined;

  constructor(twins: Twins, random: SeededRandom, visible: VisibleHistory) {
    this.#twins = twins;
    this.#random = random;
    this.#visible = visible;
  }

  get #played(): VisibleReports {
    return this.#visible.reports;
  }

  /** @param signals that only the first twin has, to be linked to */
  async step(signals: readonly string[]): Promise<void> {
    this.#played.hidden.signals.splice(0, Infinity, ...signals);
    const roll = this.#random.below(100);
    if (roll < 30) return this.#did('report', this.#publish());
    if (roll < 42) return this.#did('hide in a visible report', this.#touch());
    if (roll < 52) return this.#did('revise', this.#revise());
    if (roll < 59) return this.#did('withdraw a report', this.#withdraw());
    if (roll < 64) return this.#did('draft', this.#draft().then(() => undefined));
    if (roll < 72) return this.#did('request', this.#ask());
    if (roll < 80) return this.#did('answer', this.#answer());
    if (roll < 88) return this.#did('comment', this.#comment());
    if (roll < 92) return this.#did('end a message', this.#end());
    return this.#did('read reports', this.#read());
  }

  async #did(what: string, done: Promise<void>): Promise<void> {
    await done;
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  #present(origin: string): boolean {
    return origin !== 'cedar' || this.#visible.cedarTakesPart;
  }

  #word(): string {
    const word = `secret${this.words.length + 1}x`;
    this.words.push(word);
    return word;
  }

  #recipe(fits: (recipe: Recipe) => boolean = () => true): Recipe {
    return this.#random.pick(RECIPES.filter((recipe) => this.#present(recipe.origin) && fits(recipe)));
  }

  #content({ origin, make }: Recipe): NewReport {
    const content = this.#played.content(origin);
    const { signals = [], related = [] } = content;
    const text = (): string => `Fake shops and ${this.#word()}.`;
    const secret: Partial<NewReport> = {
      title: { text: `Fake shops ${this.#word()}`, tlp: 'GREEN' },
      summary: { text: text(), tlp: 'GREEN' },
      sections: [{ heading: `About ${this.#word()}`, text: text(), tlp: 'CLEAR' }],
      signals: [...signals, ...this.#played.hidden.signals.slice(-2)],
      related: [...related, ...this.#played.hidden.reports.slice(-2)],
    };
    return make({ ...content, ...secret }, this.#twins.clock.now());
  }

  async #draft(): Promise<{ draft: OwnReport; recipe: Recipe; content: NewReport }> {
    const recipe = this.#recipe();
    const content = this.#content(recipe);
    const there = this.#played.anyStanding(this.#random);
    if (there?.origin === recipe.origin && this.#random.below(3) === 0) content.supersedes = [there.id];
    const draft = await this.#twins.hidden<OwnReport>(recipe.origin, (api) => api.post('/v1/reports', content, this.#random.below(2) ? { 'idempotency-key': `report-${this.reports.length}` } : {}));
    this.reports.push({ id: draft.id, origin: recipe.origin, version: draft.version, why: 'a draft', content });
    return { draft, recipe, content };
  }

  /** Published, perhaps in place of a visible report, which can then not be published any more. */
  async #publish(): Promise<void> {
    const { draft, recipe, content } = await this.#draft();
    const report = this.reports.at(-1)!;
    await this.#release(report, draft);
    report.why = recipe.why;
    if (!recipe.fresh) this.#standing.add(report);
    this.#played.hidden.reports.push(report.id);
    for (const other of this.#played.reports) if (content.supersedes?.includes(other.id)) other.finished = true;
  }

  async #release({ origin }: { origin: string }, { id, version }: OwnReport): Promise<void> {
    await this.#twins.hidden(origin, (api) => api.post(`/v1/reports/${id}/submit`, undefined, match(version)));
    await this.#twins.hidden(reviewerOf(origin), (api) => api.post(`/v1/reports/${id}/review`, { verdict: 'approve' }, match(version)));
    await this.#twins.hidden(origin, (api) => api.post(`/v1/reports/${id}/publish`, undefined, match(version)));
  }

  /** Publishes a visible report anew with something else in it that nobody is shown. */
  async #touch(): Promise<void> {
    const report = this.#played.anyStanding(this.#random);
    if (!report) return;
    const { id, origin, content, version } = report;
    const more = this.#played.withHidden(origin, content, () => this.#word());
    const draft = await this.#twins.hidden<OwnReport>(origin, (api) => api.put(`/v1/reports/${id}`, more, match(version[0])));
    await this.#release(report, draft);
    report.version = [draft.version, version[1]];
  }

  #any(): HiddenReport | undefined {
    const there = [...this.#standing].filter(({ origin }) => this.#present(origin));
    return there.length > 0 ? this.#random.pick(there) : undefined;
  }

  async #revise(): Promise<void> {
    const report = this.#any();
    if (!report) return;
    const recipe = this.#recipe(({ origin, fresh }) => origin === report.origin && !fresh);
    const content = { ...this.#content(recipe), ...(report.content.supersedes ? { supersedes: report.content.supersedes } : {}) };
    const draft = await this.#twins.hidden<OwnReport>(report.origin, (api) => api.put(`/v1/reports/${report.id}`, { ...content, related: content.related?.filter((id) => id !== report.id) ?? [] }, match(report.version)));
    await this.#release(report, draft);
    Object.assign(report, { version: draft.version, why: recipe.why, content });
  }

  async #withdraw(): Promise<void> {
    const report = this.#any();
    if (!report) return;
    this.#standing.delete(report);
    await this.#twins.hidden(report.origin, (api) => api.post(`/v1/reports/${report.id}/withdraw`, { reason: 'mistake' }));
  }

  async #post(kind: 'request' | 'answer' | 'comment', origin: string, path: string, content: object): Promise<void> {
    const { id } = await this.#twins.hidden<Partial<PostedMessage>>(origin, (api) => whatever(api.post<PostedMessage>(path, content)));
    if (id) this.messages.push({ id, origin, kind });
  }

  async #ask(): Promise<void> {
    const { origin, more } = this.#random.pick([
      { origin: 'birch', more: { labels: ['sealed'] } },
      { origin: 'birch', more: { harms: ['spam'] } },
      { origin: 'birch', more: { audience: { members: ['elm'] } } },
      { origin: 'birch', more: { not_before: iso(this.#twins.clock.now() + 900 * DAY) } },
      { origin: 'birch', more: { tlp: 'RED' } },
      { origin: 'elm', more: {} },
    ]);
    await this.#post('request', origin, '/v1/requests', { ...this.#played.request(), text: `Seen ${this.#word()}?`, ...more });
  }

  /** Answers a request that is hidden, or one that is visible so that only who asked may see it, or nobody. */
  async #answer(): Promise<void> {
    const there = [...this.#played.requests, ...this.messages.filter(({ kind }) => kind === 'request')].filter(({ origin }) => this.#present(origin));
    if (there.length === 0) return;
    const request = this.#random.pick(there);
    const how = this.#random.pick([{ from: 'elm', to: 'asker' }, { from: 'elm', to: 'all' }, { from: 'birch', to: 'all', labels: ['sealed'] }, ...(request.origin === 'birch' ? [{ from: 'birch', to: 'asker' }] : [])]);
    const { from, ...more } = how;
    await this.#post('answer', from, `/v1/requests/${request.id}/answers`, { ...more, text: `We saw ${this.#word()}.`, harms: ['fraud'], tlp: 'GREEN' });
  }

  async #comment(): Promise<void> {
    const there = [...this.#played.reports, ...this.#standing].filter(({ origin }) => this.#present(origin));
    if (there.length === 0) return;
    const report = this.#random.pick(there);
    const how = this.#random.pick<{ from: string; labels?: string[]; audience?: object }>([{ from: 'elm' }, { from: report.origin, labels: ['sealed'] }, { from: report.origin, audience: { groups: ['alpha'] } }]);
    const { from, ...more } = how;
    await this.#post('comment', from, `/v1/reports/${report.id}/comments`, { text: `About ${this.#word()}.`, harms: ['fraud'], tlp: 'GREEN', ...more });
  }

  async #end(): Promise<void> {
    const there = this.messages.filter(({ origin }) => this.#present(origin));
    if (there.length === 0) return;
    const { id, origin, kind } = this.#random.pick(there);
    const path = kind === 'request' && this.#random.below(2) ? `/v1/requests/${id}/close` : `/v1/messages/${id}/withdraw`;
    await this.#twins.hidden(origin, (api) => whatever(api.post(path)));
  }

  /** Another member pulls, searches, reads, and keeps a topic. */
  async #read(): Promise<void> {
    const page = await this.#twins.hidden<ReportChangesPage>('elm', async (api) => {
      const answer = await api.get<ReportChangesPage>(`/v1/reports/changes?limit=2${this.#cursor ? `&cursor=${this.#cursor}` : ''}`);
      return answer.status === 410 ? api.get<ReportChangesPage>('/v1/reports/changes?limit=2') : answer;
    });
    this.#cursor = page.cursor;
    const { id } = this.topics[0] ? { id: this.topics[0] } : await this.#twins.hidden<Topic>('elm', (api) => api.post('/v1/topics', { title: 'Shops', of: 'reports' }));
    this.topics[0] = id;
    await this.#twins.hidden('elm', (api) => api.get(`/v1/topics/${id}/news`));
    await this.#twins.hidden('elm', (api) => api.get('/v1/reports/search?q=shops&facets=true'));
    const [any] = this.#played.reports.slice(-1);
    if (any) await this.#twins.hidden('elm', (api) => whatever(api.get(`/v1/reports/${any.id}`)));
  }
}
