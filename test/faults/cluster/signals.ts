import type { NewSignal, Tlp } from '../../../schemas/types.ts';
import type { SeededRandom } from '../../laws/random.ts';

/** What policies look at comes in few combinations, so that a hub has hundreds of classes to judge and not thousands. */
const KINDS = [
  { harm: 'fraud', severity: 'high', confidence: 95 },
  { harm: 'fraud', severity: 'low', confidence: 20 },
  { harm: 'fraud.phishing', severity: 'medium', confidence: 70 },
  { harm: 'csea', severity: 'critical', confidence: 95 },
  { harm: 'violence.imminent', severity: 'high', confidence: 70 },
  { harm: 'spam', severity: 'low', confidence: 70 },
] as const;

const TLPS: readonly Tlp[] = ['CLEAR', 'GREEN', 'GREEN', 'GREEN', 'AMBER', 'RED'];
const LABELS = [['sealed'], ['wave-7'], ['wave-7', 'wave-8']];

/** Makes signals, all different, in the normal form in which hubs keep them; some end or begin within seconds. */
export class SignalMaker {
  readonly #random: SeededRandom;
  readonly #peers: readonly string[];
  readonly #groups: readonly string[];
  #number = 0;

  constructor(random: SeededRandom, peers: readonly string[], groups: readonly string[]) {
    this.#random = random;
    this.#peers = peers;
    this.#groups = groups;
  }

  /** @param lasting has no end of its own, so that it is accepted however late it arrives */
  make(options: { reference?: string | undefined; lasting?: boolean } = {}): NewSignal {
    const r = this.#random;
    const now = Date.now();
    const begins = r.below(25) === 0 ? now + 200 + r.below(2800) : undefined;
    const ends = !options.lasting && r.below(6) === 0 ? Math.max(begins ?? 0, now) + 1000 + r.below(5000) : undefined;
    return {
      digests: [{ scheme: 'media-sha256', digest: r.hex(32) }],
      ...r.pick(KINDS),
      status: 'malicious',
      tlp: r.pick(TLPS),
      ...(r.below(4) === 0 ? { observed: { first: '2026-10-01T08:00:00.000Z', last: '2026-10-02T08:00:00.000Z' } } : {}),
      ...(r.below(5) === 0 ? { labels: [...r.pick(LABELS)] } : {}),
      ...(r.below(2) === 0 ? { note: this.#note() } : {}),
      ...(ends === undefined ? {} : { valid_until: new Date(ends).toISOString() }),
      ...(begins === undefined ? {} : { not_before: new Date(begins).toISOString() }),
      ...(r.below(12) === 0 ? { audience: r.below(2) === 0 ? { members: [r.pick(this.#peers)] } : { groups: [r.pick(this.#groups)] } } : {}),
      ...(options.reference === undefined ? {} : { reference: options.reference }),
    };
  }

  /** Other content for a signal that exists: another in all, or in what its class does not depend on. */
  change(content: NewSignal): NewSignal {
    const { reference } = content;
    return this.#random.below(2) === 0 ? this.make({ reference }) : { ...content, note: this.#note() };
  }

  /** A reference, or part of a key, that was not given before. */
  name(what: string): string {
    return `${what}-${(this.#number += 1)}`;
  }

  #note(): string {
    return `Seen, ${(this.#number += 1)}`;
  }
}
