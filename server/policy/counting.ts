import type { Rule } from '../../schemas/types.ts';
import { bitsOf, firstCommon, type Bits } from './bits.ts';
import { objectOutcomes, quantifierOf, ruleMatches, stateOutcomes } from './conditions.ts';
import { covers } from './coverage.ts';
import { byPrecedence } from './evaluate.ts';
import { remember } from './interner.ts';
import type { PolicyObject } from './object.ts';
import { indexByObject } from './rule-index.ts';
import type { Instant } from './time.ts';
import { inForce, type Member, type World } from './world.ts';

/**
 * Whether a signal may be counted in trends and in counts that conditions read: for anyone, so it depends on no peer. Charter
 * and origin's policy must both let it, by rules that cover counts. What no rule lets be counted is not, and neither is
 * anything but a signal, a signal of a suspended origin, or one of an exercise.
 */
export function countable(world: World, at: Instant, object: PolicyObject): boolean {
  const origin = countedOrigin(world, object);
  return origin !== undefined && [world.operator, origin.id].every((owner) => {
    const matches = (rule: Rule): boolean => ruleMatches(rule, objectOutcomes('signals', rule.signals, world, origin, object.attributes, at, quantifierOf(rule)));
    return countingRules(world, owner, at).find(matches)?.effect === 'share';
  });
}

/** The same, made ready for many signals: conditions are evaluated once for each value of an attribute, and an object is looked at once. */
export function compileCounting(world: World, at: Instant): (object: PolicyObject) => boolean {
  const policies = new Map<string, CountingPolicy>();
  const policyOf = (owner: string): CountingPolicy => remember(policies, owner, () => new CountingPolicy(countingRules(world, owner, at), world, at));
  const known = new WeakMap<PolicyObject, boolean>();
  return (object) => remember(known, object, () => {
    const origin = countedOrigin(world, object);
    return origin !== undefined && policyOf(world.operator).lets(origin, object) && policyOf(origin.id).lets(origin, object);
  });
}

class CountingPolicy {
  readonly #rules: readonly Rule[];
  readonly #all: Bits;
  readonly #index: ReturnType<typeof indexByObject>;

  constructor(rules: readonly Rule[], world: World, at: Instant) {
    this.#rules = rules;
    this.#all = bitsOf(rules.length, () => true);
    this.#index = indexByObject(rules, 'signals', world, at);
  }

  lets(origin: Member, { attributes }: PolicyObject): boolean {
    return this.#rules[firstCommon(this.#index.matching({ origin, attributes }), this.#all)]?.effect === 'share';
  }
}

/** The origin of an object, where its signals count at all. What a member that left has not withdrawn still counts. */
function countedOrigin(world: World, { kind, origin, attributes }: PolicyObject): Member | undefined {
  const member = world.members.get(origin);
  return kind === 'signal' && attributes.exercise === undefined && member?.status !== 'suspended' ? member : undefined;
}

/** The rules that decide about counts now, in the order in which they do. A share that asks for a peer matches nobody in particular, so it shares nothing. */
function countingRules(world: World, owner: string, at: Instant): Rule[] {
  const rules = inForce(world, owner, at)?.policy?.rules ?? [];
  const deciding = rules.filter((rule) => covers(rule, 'counts') && ruleMatches(rule, stateOutcomes(rule, world, at)));
  return byPrecedence(deciding.filter((rule) => rule.effect === 'withhold' || !rule.peers));
}
