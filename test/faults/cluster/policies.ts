import type { During, FeedDocument, Policy, Rule, SignalField, Terms } from '../../../schemas/types.ts';
import type { SeededRandom } from '../../laws/random.ts';

export const ALL: SignalField[] = ['digest', 'harm', 'severity', 'confidence', 'status', 'observed', 'labels', 'intent', 'novelty', 'basis', 'jurisdictions', 'note'];
const WIDE = { tlp: 'CLEAR', onward: 'public', permitted_actions: 'externally-visible-direct-actions' } as const;
export const OPEN: Terms = { reveal: ALL, origin: 'named', handling: WIDE };

/** Makes policies, charters and feeds whose embargoes and windows pass within seconds. */
export class PolicyMaker {
  readonly #random: SeededRandom;
  #number = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** The charter: mostly open, now and then with a delay or without spam. */
  charter(): Policy {
    const r = this.#random;
    const rules: Rule[] = r.below(4) === 0 ? [{ id: 'no-spam', effect: 'withhold', signals: { harm: { in: ['spam'] } } }] : [];
    const terms: Terms = r.below(3) === 0 ? { ...OPEN, after: 'PT1S', reveal: ['digest', 'harm', 'severity', 'note'], origin: 'pseudonymous' } : OPEN;
    return this.#policy('hub', [...rules, { id: 'rest', effect: 'share', terms }]);
  }

  /** @param groups those that the owner is in: others it cannot name */
  policy(owner: string, groups: readonly string[], peers: readonly string[]): Policy {
    const r = this.#random;
    const some: Rule[] = [
      { id: 'sealed', effect: 'withhold', signals: { labels: { any: ['sealed'] } } },
      { id: 'not-them', effect: 'withhold', peers: { id: { in: [r.pick(peers)] } } },
      { id: 'urgent', effect: 'share', signals: { harm: { in: ['violence', 'csea'] }, severity: { atLeast: 'high' } }, terms: { reveal: ['digest', 'harm', 'note'], origin: 'named', handling: { tlp: 'GREEN' } } },
      { id: 'fraud', effect: 'share', signals: { harm: { in: ['fraud'] } }, terms: { after: this.#seconds(1, 3), for: this.#seconds(2, 8), reveal: ['digest', 'harm', 'severity'], origin: 'pseudonymous', handling: { onward: 'none' } } },
      { id: 'a-while', effect: 'share', during: this.#during(), terms: { for: this.#seconds(2, 6), reveal: ['digest', 'note'], origin: 'hidden' } },
      { id: 'not-now', effect: 'withhold', signals: { confidence: { atMost: 70 } }, during: this.#during() },
      { id: 'verified', effect: 'share', peers: { trust: { atLeast: 'verified' } }, terms: { ...OPEN, after: this.#seconds(1, 2) } },
      { id: 'agreed', effect: 'share', peers: { agreements: { all: ['pact'] } }, terms: OPEN },
      ...groups.map((group): Rule => ({ id: `in-${group}`, effect: 'share', peers: { groups: { any: [group] } }, terms: { ...OPEN, handling: { onward: 'group', tlp: 'AMBER' } } })),
    ];
    const rules = some.filter(() => r.below(3) === 0);
    if (r.below(6) > 0) rules.push({ id: 'rest', effect: 'share', terms: this.#rest() });
    return this.#policy(owner, rules);
  }

  /** Another selection under the same id. */
  feed(id: string, peers: readonly string[]): FeedDocument {
    const r = this.#random;
    return {
      id,
      title: `Selection ${(this.#number += 1)}`,
      ...(r.below(5) > 0 ? { filter: r.pick<NonNullable<FeedDocument['filter']>>([{ severity: { atLeast: 'high' } }, { harm: { in: ['fraud', 'csea'] } }, { confidence: { atLeast: 70 } }]) } : {}),
      ...(r.below(4) === 0 ? { peers: { id: { notIn: [r.pick(peers)] } } } : {}),
      ...(r.below(2) === 0 ? { terms: { reveal: ['digest', 'severity', 'harm'], origin: 'named', ...(r.below(2) === 0 ? { after: this.#seconds(1, 2) } : {}) } satisfies Terms } : {}),
    };
  }

  #rest(): Terms {
    const r = this.#random;
    return {
      ...r.pick<Terms>([OPEN, { reveal: ['digest', 'severity', 'note'], origin: 'pseudonymous', handling: { tlp: 'GREEN' } }, { reveal: ['digest'], origin: 'hidden' }]),
      ...(r.below(2) === 0 ? { after: this.#seconds(1, 3) } : {}),
      ...(r.below(4) === 0 ? { for: this.#seconds(5, 15) } : {}),
    };
  }

  #policy(owner: string, rules: Rule[]): Policy {
    return { id: `${owner}/now`, title: `Policy ${(this.#number += 1)}`, summary: 'What is shared now', rules };
  }

  #during(): During {
    const from = Date.now() + 200 + this.#random.below(2800);
    return { from: new Date(from).toISOString(), until: new Date(from + 1000 + this.#random.below(4000)).toISOString() };
  }

  #seconds(least: number, most: number): string {
    return `PT${least + this.#random.below(most - least + 1)}S`;
  }
}
