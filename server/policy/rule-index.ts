import type { PeerConditions, Rule } from '../../schemas/types.ts';
import { bitsOf, keepCommon, type Bits } from './bits.ts';
import { agreementsAt, attributeOutcomes, objectOutcomes, peerOutcomes, quantifierOf, respondsTo, ruleMatches, valueOf, type ObjectConditions } from './conditions.ts';
import type { Topic } from './coverage.ts';
import { remember } from './interner.ts';
import type { Attributes } from './object.ts';
import type { Instant } from './time.ts';
import type { Member, World } from './world.ts';

/** What rules ask of objects of one kind: attributes, and the origin. */
export interface ObjectSubject {
  origin: Member;
  attributes: Attributes;
}

type Key = string | number | undefined;

/** One attribute that rules ask about. */
interface Attribute<S> {
  /** Subjects with equal keys cannot be told apart by what the rules ask about it. */
  key: (subject: S) => Key;
  /** Whether the rule's conditions on it let the rule match. */
  allows: (rule: Rule, subject: S) => boolean;
}

/**
 * Tells which rules a subject may match, as far as one side of their conditions goes. All conditions of a rule must hold, and
 * each reads one attribute; so those rules are what the value of each attribute allows, taken together, and the plain
 * conditions are evaluated once per value and not once per subject.
 */
export class RuleIndex<S> {
  readonly #rules: readonly Rule[];
  readonly #all: Bits;
  readonly #attributes: readonly (Attribute<S> & { allowed: Map<Key, Bits> })[];

  constructor(rules: readonly Rule[], attributes: readonly Attribute<S>[]) {
    this.#rules = rules;
    this.#all = bitsOf(rules.length, () => true);
    this.#attributes = attributes.map((attribute) => ({ ...attribute, allowed: new Map() }));
  }

  /** The rules that this side of their conditions lets match. */
  matching(subject: S): Bits {
    const bits = this.#all.slice();
    for (const { key, allows, allowed } of this.#attributes) {
      keepCommon(bits, remember(allowed, key(subject), () => bitsOf(this.#rules.length, (index) => allows(this.#rules[index]!, subject))));
    }
    return bits;
  }
}

/** The rules by their conditions on an object of one kind and its origin. */
export function indexByObject(rules: readonly Rule[], topic: Topic, world: World, at: Instant): RuleIndex<ObjectSubject> {
  const conditionsOf = (rule: Rule): ObjectConditions | undefined => rule[topic];
  const attribute = (name: keyof ObjectConditions): Attribute<ObjectSubject> => {
    // Only of labels do the named ones alone count: a harm stands for those above it too, and a share must cover every scheme.
    const words = name === 'labels' ? wordsOf(rules.map((rule) => conditionsOf(rule)?.labels)) : undefined;
    const outcomes = name === 'exercise' ? objectOutcomes : attributeOutcomes;
    return {
      key: ({ origin, attributes }) => (name === 'origin' ? origin.id : keyOf(valueOf(attributes, name), words)),
      allows: (rule, { origin, attributes }) => ruleMatches(rule, outcomes(topic, only(conditionsOf(rule), name), world, origin, attributes, at, quantifierOf(rule))),
    };
  };
  // That an object belongs to an exercise matters even where no rule asks.
  const names = new Set<keyof ObjectConditions>([...named(rules.map(conditionsOf)), 'exercise']);
  return new RuleIndex(rules, [...names].map(attribute));
}

/** The rules by their conditions on the peer who asks. */
export function indexByPeer(rules: readonly Rule[], world: World, at: Instant): RuleIndex<Member> {
  const attribute = (name: keyof PeerConditions): Attribute<Member> => {
    const words = wordsOf(rules.map((rule) => rule.peers?.[name]));
    return {
      key: (peer) => keyOf(measured(world, peer, at, name, words), words),
      allows: (rule, peer) => ruleMatches(rule, peerOutcomes('peers', only(rule.peers, name), world, peer, at)),
    };
  };
  return new RuleIndex(rules, named(rules.map((rule) => rule.peers)).map(attribute));
}

/** What conditions of this name read of a member. */
function measured(world: World, peer: Member, at: Instant, name: keyof PeerConditions, words: ReadonlySet<string> | undefined): string | Iterable<string> | undefined {
  switch (name) {
    case 'agreements':
      return agreementsAt(peer, at);
    case 'subscribed':
      return peer.subscriptions;
    case 'responds':
      return respondsTo(world, peer, [...(words ?? [])]);
    case 'contributed':
      return JSON.stringify(peer.measures?.contributed ?? {});
    case 'found_good':
      return JSON.stringify(peer.measures?.foundGood ?? {});
    case 'quality':
      return JSON.stringify([peer.measures?.overturned, peer.measures?.stale]);
    default:
      return peer[name];
  }
}

/** The attributes that some of the conditions are about. */
function named<C extends object>(conditions: readonly (C | undefined)[]): (keyof C)[] {
  return [...new Set(conditions.flatMap((condition) => Object.keys(condition ?? {})))] as (keyof C)[];
}

function only<C extends object>(conditions: C | undefined, name: keyof C): C | undefined {
  return conditions?.[name] === undefined ? undefined : ({ [name]: conditions[name] } as C);
}

/** Every word that conditions on one attribute list; undefined where they set bounds. */
function wordsOf(conditions: readonly (object | undefined)[]): ReadonlySet<string> | undefined {
  const operands = conditions.flatMap((condition): unknown[] => Object.values(condition ?? {}));
  return operands.every((operand) => Array.isArray(operand)) ? new Set(operands.flat() as string[]) : undefined;
}

/**
 * A key by which values differ where conditions can tell them apart. Of lists, and of ids and kinds, conditions see which of
 * their own words are there and whether there are any at all: so there are no more keys than what the rules name makes.
 */
function keyOf(value: string | number | Iterable<string> | undefined, words?: ReadonlySet<string>): Key {
  if (value === undefined || typeof value === 'number') return value;
  if (typeof value === 'string') return !words || words.has(value) ? value : '';
  const all = [...value];
  return all.length === 0 ? '' : JSON.stringify(words ? all.filter((one) => words.has(one)) : all);
}
