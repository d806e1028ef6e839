import type { Covered, Rule } from '../../schemas/types.ts';
import type { ObjectKind } from './object.ts';

/** What rules say under the name of each kind of object. */
export const TOPICS = { signal: 'signals', part: 'reports', message: 'messages' } as const satisfies Record<ObjectKind, Covered>;

/** A kind of object, as rules name it. */
export type Topic = (typeof TOPICS)[ObjectKind];

const ALL_TOPICS: readonly Topic[] = Object.values(TOPICS);

/**
 * What a rule decides about. Where it does not say, it is the kinds whose conditions it names; where it names none, a share
 * covers signals alone, so that a policy from before there was anything else does not begin to share it, and a withhold all.
 */
export function coverageOf(rule: Rule): readonly Covered[] {
  if (rule.covers) return rule.covers;
  const named = ALL_TOPICS.filter((topic) => rule[topic]);
  if (named.length > 0) return named;
  return rule.effect === 'share' ? ['signals'] : ALL_TOPICS;
}

/** Whether the rule decides about it. */
export function covers(rule: Rule, covered: Covered): boolean {
  return coverageOf(rule).includes(covered);
}
