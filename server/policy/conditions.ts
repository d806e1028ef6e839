import { harmTree } from '../../schemas/harms.ts';
import { definitions } from '../../schemas/index.ts';
import type { PeerConditions, Rule, SignalConditions } from '../../schemas/types.ts';
import type { SignalAttributes } from './object.ts';
import { instant, type Instant } from './time.ts';
import type { Member, World } from './world.ts';

/** Kleene's three values: undefined is "unset or unknown". */
export type Truth = boolean | undefined;

/** What became of one condition of a rule, for example `peers.kind.in`. */
export interface Outcome {
  condition: string;
  truth: Truth;
}

/** An attribute with several values: a share must cover them all, a withhold any. */
type Quantifier = 'every' | 'some';
type Operators = { [operator: string]: unknown };

const orders = {
  severity: enumeration('Severity'),
  tlp: enumeration('Tlp'),
  trust: enumeration('Trust'),
};

/** The values of an enumeration of the schemas, in their declared order. */
export function enumeration(name: string): readonly string[] {
  return definitions[name]!['enum'] as string[];
}

/** Every condition of the rule with its truth for this object, peer and instant. */
export function ruleOutcomes(rule: Rule, world: World, origin: Member, object: SignalAttributes, peer: Member, at: Instant): Outcome[] {
  return [
    ...signalOutcomes(rule.signals, world, origin, object, at, quantifierOf(rule)),
    ...peerOutcomes('peers', rule.peers, world, peer, at),
    ...duringOutcomes(rule, at),
  ];
}

/** A share must cover all values of an attribute, a withhold any. */
export function quantifierOf(rule: Rule): Quantifier {
  return rule.effect === 'share' ? 'every' : 'some';
}

/** An unset or unknown value fails a share's condition and meets a withhold's. */
export function ruleMatches(rule: Rule, outcomes: readonly Outcome[]): boolean {
  return rule.effect === 'share' ? outcomes.every((o) => o.truth === true) : outcomes.every((o) => o.truth !== false);
}

/** The conditions on a signal. Also serves a feed's filter, which must hold as a share's conditions must. */
export function signalOutcomes(
  conditions: SignalConditions | undefined,
  world: World,
  origin: Member,
  object: SignalAttributes,
  at: Instant,
  quantifier: Quantifier,
): Outcome[] {
  if (!conditions) return [];
  const { origin: originConditions, ...own } = conditions;
  const outcomes = Object.entries(own).flatMap(([name, operators]) =>
    apply(`signals.${name}`, operators as Operators, (operator, operand) => signalTruth(object, name as keyof typeof own, operator, operand, quantifier)),
  );
  return [...outcomes, ...peerOutcomes('signals.origin', originConditions, world, origin, at)];
}

function signalTruth(object: SignalAttributes, name: keyof SignalConditions, operator: string, operand: unknown, quantifier: Quantifier): Truth {
  switch (name) {
    case 'harm':
      return harmTree.harms.has(object.harm) ? word(object.harm, operator, operand, harmTree.covers) : undefined;
    case 'severity':
    case 'tlp':
      return ordered(orders[name].indexOf(object[name]), operator, orders[name].indexOf(String(operand)));
    case 'confidence':
      return ordered(object.confidence, operator, Number(operand));
    case 'labels':
      return set(new Set(object.labels), operator, operand);
    case 'scheme':
      return words(object.schemes, operator, operand, quantifier);
    default:
      return word(object[name as 'type'], operator, operand);
  }
}

/** The conditions on a member: the peer who asks, or a signal's origin. */
export function peerOutcomes(path: string, conditions: PeerConditions | undefined, world: World, peer: Member, at: Instant): Outcome[] {
  return Object.entries(conditions ?? {}).flatMap(([name, operators]) =>
    apply(`${path}.${name}`, operators as Operators, (operator, operand) => peerTruth(world, peer, at, name as keyof PeerConditions, operator, operand)),
  );
}

function peerTruth(world: World, peer: Member, at: Instant, name: keyof PeerConditions, operator: string, operand: unknown): Truth {
  switch (name) {
    case 'trust':
      return ordered(orders.trust.indexOf(peer.trust), operator, orders.trust.indexOf(String(operand)));
    case 'groups':
      return set(peer.groups, operator, operand, (group) => world.groups.has(group));
    case 'jurisdictions':
      return peer.jurisdictions.length === 0 ? undefined : set(new Set(peer.jurisdictions), operator, operand);
    case 'agreements':
      return set(agreementsAt(peer, at), operator, operand);
    default:
      return word(peer[name], operator, operand);
  }
}

/** The agreements of a member that are in force. */
export function agreementsAt(peer: Member, at: Instant): Set<string> {
  return new Set(peer.agreements.filter((a) => a.from <= at && (a.until === undefined || at < a.until)).map((a) => a.id));
}

/** Whether the rule's window is open. */
export function duringOutcomes(rule: Rule, at: Instant): Outcome[] {
  return apply('during', (rule.during ?? {}) as Operators, (operator, operand) =>
    operator === 'from' ? instant(String(operand)) <= at : at < instant(String(operand)),
  );
}

function apply(path: string, operators: Operators, truth: (operator: string, operand: unknown) => Truth): Outcome[] {
  return Object.entries(operators).map(([operator, operand]) => ({ condition: `${path}.${operator}`, truth: truth(operator, operand) }));
}

function word(value: string | undefined, operator: string, operand: unknown, covers?: (a: string, b: string) => boolean): Truth {
  if (value === undefined) return undefined;
  const listed = operand as string[];
  const found = covers ? listed.some((candidate) => covers(candidate, value)) : listed.includes(value);
  return operator === 'in' ? found : !found;
}

function words(values: readonly string[], operator: string, operand: unknown, quantifier: Quantifier): Truth {
  if (values.length === 0) return undefined;
  const holds = (value: string): boolean => word(value, operator, operand) === true;
  return quantifier === 'every' ? values.every(holds) : values.some(holds);
}

function ordered(rank: number, operator: string, bound: number): boolean {
  return operator === 'atLeast' ? rank >= bound : rank <= bound;
}

function set(has: ReadonlySet<string>, operator: string, operand: unknown, known: (value: string) => boolean = () => true): Truth {
  const truths = (operand as string[]).map((value): Truth => has.has(value) && known(value) || (known(value) ? false : undefined));
  if (operator === 'all') return truths.includes(false) ? false : truths.includes(undefined) ? undefined : true;
  const any = truths.includes(true) ? true : truths.includes(undefined) ? undefined : false;
  return operator === 'any' || any === undefined ? any : !any;
}
