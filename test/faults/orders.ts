import type { NewSignal } from '../../schemas/types.ts';
import type { SeededRandom } from '../laws/random.ts';
import type { Ledger } from './ledger.ts';

/** One request with signals, which is sent until it has been answered to its end. */
export interface Order {
  kind: 'stream' | 'set' | 'one' | 'array';
  method: 'POST' | 'PUT';
  path: string;
  set: string;
  /** The Idempotency-Key; items with references need none. */
  key?: string;
  items: readonly NewSignal[];
}

/** A label that the policy withholds from everybody. */
export const SEALED = 'sealed';
/** A harm that the policy shows with a delay of so many milliseconds. */
export const DELAYED = { harm: 'spam', duration: 'PT2S', milliseconds: 2000 };

const SET = 'blocked';
/** Digests that many signals have beside their own. */
const SHARED = Array.from({ length: 20 }, (_, n) => n.toString(16).padStart(32, '0'));

/** Makes requests whose items are all different, in the normal form in which hubs keep them. */
export class Orders {
  readonly #random: SeededRandom;
  #number = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Items without references, under an Idempotency-Key. */
  keyed(kind: 'stream' | 'one' | 'array'): Order {
    const count = { stream: 20 + this.#random.below(40), one: 1, array: 2 + this.#random.below(6) }[kind];
    return { kind, method: 'POST', path: '/v1/signals', set: '', key: `key-${this.#next()}`, items: Array.from({ length: count }, () => this.#signal()) };
  }

  /** Items with references: mostly new ones, and some that change what was sent before. */
  referenced(ledger: Ledger): Order {
    const known = ledger.current('');
    const changed = known.length === 0 ? [] : [...new Set(Array.from({ length: 8 }, () => this.#random.pick(known)))].map((content) => this.#change(content));
    const fresh = Array.from({ length: 10 + this.#random.below(20) }, () => this.#signal(`case-${this.#next()}`));
    return { kind: 'stream', method: 'POST', path: '/v1/signals', set: '', items: this.#shuffled([...changed, ...fresh]) };
  }

  /** The whole of a set: some of it gone, some changed, some new. */
  replaced(ledger: Ledger): Order {
    const kept = ledger.current(SET).filter(() => this.#random.below(8) > 0);
    const items = kept.map((content) => (this.#random.below(6) === 0 ? this.#change(content) : content));
    const fresh = Array.from({ length: Math.max(2, 30 - items.length) }, () => this.#signal(`entry-${this.#next()}`));
    return { kind: 'set', method: 'PUT', path: `/v1/sets/${SET}`, set: SET, items: this.#shuffled([...items, ...fresh]) };
  }

  #change(content: NewSignal): NewSignal {
    const fresh = this.#signal(content.reference);
    return this.#random.below(2) === 0 ? fresh : { ...content, note: `Seen again, ${this.#next()}` };
  }

  #signal(reference?: string): NewSignal {
    const r = this.#random;
    const digests = [{ scheme: 'media-sha256', digest: r.hex(32) }, ...(r.below(3) === 0 ? [{ scheme: 'media-md5', digest: r.pick(SHARED) }] : [])];
    return {
      digests,
      harm: r.pick(['fraud', 'fraud.phishing', 'csea', 'violence.imminent', DELAYED.harm]),
      severity: r.pick(['low', 'medium', 'high', 'critical'] as const),
      confidence: r.pick([20, 70, 95]),
      status: r.pick(['malicious', 'suspicious'] as const),
      tlp: 'GREEN',
      ...(r.below(4) === 0 ? { observed: { first: '2026-10-01T08:00:00.000Z', last: '2026-10-02T08:00:00.000Z' } } : {}),
      ...(r.below(5) === 0 ? { labels: r.pick([[SEALED], ['wave-7'], ['wave-7', 'wave-8']]) } : {}),
      note: `Seen, ${this.#next()}`,
      ...(reference === undefined ? {} : { reference }),
    };
  }

  #next(): number {
    return (this.#number += 1);
  }

  #shuffled<T>(items: readonly T[]): T[] {
    return items.map((item) => ({ item, order: this.#random.next() })).sort((a, b) => a.order - b.order).map(({ item }) => item);
  }
}
