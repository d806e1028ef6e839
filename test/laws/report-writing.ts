import type { NewReport, PartField, Rule, Terms } from '../../schemas/types.ts';
import type { Clock } from '../../server/clock.ts';
import { enumeration } from '../../server/policy/conditions.ts';
import type { SeededRandom } from './random.ts';
import type { ReportModel } from './report-model.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
export const HARMS = ['fraud', 'fraud.phishing', 'csea.grooming'];
const REGIONS = ['NL', 'DE', '150'];
export const TACTICS = ['T1566', 'T1566.001', 'T0049'];
const FIELDS = enumeration('PartField') as PartField[];

/** Everything, to everyone. */
export const WIDE: Terms = { reveal: [...new Set([...FIELDS, ...(enumeration('SignalField') as Terms['reveal'])])], origin: 'named', handling: { tlp: 'CLEAR', pap: 'CLEAR', attribution: 'may', onward: 'public' } };

/** Makes up reports, and rules about them. */
export class ReportWriting {
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  readonly #oracle: ReportModel;
  readonly #members: readonly string[];
  #words = 0;

  constructor(clock: Clock, random: SeededRandom, oracle: ReportModel, members: readonly string[]) {
    this.#clock = clock;
    this.#random = random;
    this.#oracle = oracle;
    this.#members = members;
  }

  /** A rule about reports of a policy of this origin's. */
  rule(owner: string, id: string): Rule {
    const groups = this.#oracle.model.groupsOf(owner);
    const withhold = this.#random.below(5) === 0;
    const reports = this.#random.pick<NonNullable<Rule['reports']>>([
      { part: { in: [this.#random.pick(['section', 'summary', 'judgement', 'action'])] } },
      { part: { notIn: ['section'] } },
      { harm: { in: ['fraud'] } },
      { regions: { in: ['NL', 'DE'] } },
      { tactics: { in: ['T1566'] } },
      { confidence: { atLeast: 50 } },
      { tlp: { atMost: 'GREEN' } },
      { labels: { [withhold ? 'any' : 'none']: ['sealed'] } },
    ]);
    const peers = this.#random.pick<Rule['peers']>([undefined, { id: { in: [this.#random.pick(this.#members)] } }, groups.length > 0 ? { groups: { any: [this.#random.pick(groups)] } } : undefined, { kind: { in: ['platform'] } }]);
    const narrowed = { reports, ...(peers ? { peers } : {}) };
    return withhold ? { id, effect: 'withhold', ...narrowed } : { id, effect: 'share', ...narrowed, terms: this.terms() };
  }

  /** What a share gives. */
  terms(): Terms {
    const reveal = this.#random.pick<Terms['reveal']>([[...FIELDS], [...FIELDS], ['text', 'harm', 'omissions'], ['text', 'links', 'omissions', 'regions'], ['text', 'labels', 'confidence', 'tactics', 'period'], ['text']]);
    return {
      reveal,
      origin: this.#random.pick(['named', 'pseudonymous', 'hidden']),
      ...(this.#random.below(3) ? {} : { after: this.#random.pick(['PT1H', 'PT5H', 'P1D']) }),
      ...(this.#random.below(3) ? {} : { for: this.#random.pick(['PT6H', 'P2D']) }),
      ...(this.#random.below(3) ? {} : { handling: { onward: 'members', pap: 'GREEN' } }),
    };
  }

  /** What a report says. Sets are sorted, as the hub keeps them. */
  content(supersedes: string[]): NewReport {
    const { text, ...marks } = this.part();
    const maybe = <T extends object>(value: T): Partial<T> => (this.#random.below(2) ? value : {});
    const some = <T>(from: readonly T[]): T[] => from.filter(() => this.#random.below(2) > 0);
    return {
      title: { text: text.slice(0, -1), tlp: this.#random.below(8) ? 'GREEN' : marks.tlp },
      ...maybe({ summary: this.part() }),
      judgements: some([1, 2]).map(() => ({ ...this.part(), ...maybe({ confidence: this.#random.pick(['unlikely', 'likely', 'almost-certain'] as const) }) })),
      sections: some([1, 2, 3, 4]).map(() => ({ ...this.part(), ...maybe({ heading: `Heading ${this.#word()}` }) })),
      actions: some([1]).map(() => this.part()),
      harms: some(HARMS).concat(this.#random.below(2) ? [] : ['spam']).concat('fraud').filter((harm, index, all) => all.indexOf(harm) === index).sort(),
      regions: some(REGIONS).sort(),
      tactics: some(TACTICS).sort(),
      ...maybe({ period: { from: '2026-01-01T00:00:00.000Z', until: '2026-06-01T00:00:00.000Z' } }),
      ...maybe({ confidence: this.#random.pick(['unlikely', 'roughly-even-chance', 'very-likely'] as const) }),
      ...maybe({ reliability: { source: 'B' as const, information: 2 } }),
      signals: this.signalIds(),
      related: this.reportIds(),
      supersedes,
      ...(this.#random.below(9) ? {} : { audience: { members: [this.#random.pick(this.#members)] } }),
      ...(this.#random.below(6) ? {} : { not_before: this.after(HOUR) }),
      ...(this.#random.below(5) ? {} : { valid_until: this.after(this.#random.pick([5 * HOUR, 2 * DAY])) }),
    };
  }

  /** One part. */
  part(): { text: string; tlp: 'CLEAR' | 'GREEN' | 'AMBER' | 'RED'; labels?: string[]; identifiers?: NonNullable<NewReport['summary']>['identifiers'] & object } {
    return {
      text: `Text ${this.#word()}.`,
      tlp: this.#random.pick(['CLEAR', 'GREEN', 'GREEN', 'AMBER', 'RED']),
      ...(this.#random.below(4) ? {} : { labels: ['sealed'] }),
    };
  }

  /** A word that occurs once, so that it can be looked for. */
  #word(): string {
    return `word${String(++this.#words).padStart(5, '0')}x`;
  }

  /** Some of the latest signals. */
  signalIds(): string[] {
    return [...this.#oracle.model.signals.keys()].filter(() => this.#random.below(4) === 0).slice(-3).sort();
  }

  /** Some of the latest reports. */
  reportIds(): string[] {
    return [...this.#oracle.reports.keys()].filter(() => this.#random.below(5) === 0).slice(-3).sort();
  }

  /** An instant so much later. */
  after(milliseconds: number): string {
    return new Date(this.#clock.now() + milliseconds).toISOString();
  }
}
