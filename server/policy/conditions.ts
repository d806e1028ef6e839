import { harmTree } from '../../schemas/harms.ts';
import { definitions } from '../../schemas/index.ts';
import type { MessageConditions, PeerConditions, PercentBounds, ReportConditions, Rule, SignalConditions } from '../../schemas/types.ts';
import { covers, TOPICS, type Topic } from './coverage.ts';
import type { Attributes, PolicyObject } from './object.ts';
import { instant, type Instant } from './time.ts';
import { EVERYTHING, isOpen, type Member, type World } from './world.ts';

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

/** Every condition of the rule with its truth for this object, peer and instant; or that it does not cover such objects. */
export function ruleOutcomes(rule: Rule, world: World, origin: Member, object: PolicyObject, peer: Member, at: Instant): Outcome[] {
  const topic = TOPICS[object.kind];
  if (!covers(rule, topic)) return [{ condition: 'covers', truth: false }];
  return [
    ...objectOutcomes(topic, rule[topic], world, origin, object.attributes, at, quantifierOf(rule)),
    ...peerOutcomes('peers', rule.peers, world, peer, at),
    ...stateOutcomes(rule, world, at),
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

/** What a rule asks of the objects of one kind. */
export type ObjectConditions = SignalConditions | ReportConditions | MessageConditions;

/**
 * The conditions on an object and its origin. Also serves a feed's filter, which must hold as a share's conditions must.
 * What belongs to an exercise is real to nobody: only a share that names the exercise reaches it.
 */
export function objectOutcomes(topic: Topic, conditions: ObjectConditions | undefined, world: World, origin: Member, object: Attributes, at: Instant, quantifier: Quantifier): Outcome[] {
  const unnamed = quantifier === 'every' && object.exercise !== undefined && !conditions?.exercise;
  return [...(unnamed ? [{ condition: `${topic}.exercise`, truth: false }] : []), ...attributeOutcomes(topic, conditions, world, origin, object, at, quantifier)];
}

/** What becomes of the conditions that are written down. */
export function attributeOutcomes(topic: Topic, conditions: ObjectConditions | undefined, world: World, origin: Member, object: Attributes, at: Instant, quantifier: Quantifier): Outcome[] {
  if (!conditions) return [];
  const { origin: originConditions, ...own } = conditions;
  const outcomes = Object.entries(own).flatMap(([name, operators]) =>
    apply(`${topic}.${name}`, operators as Operators, (operator, operand) => attributeTruth(name, valueOf(object, name), operator, operand, quantifier)),
  );
  return [...outcomes, ...peerOutcomes(`${topic}.origin`, originConditions, world, origin, at)];
}

type Value = string | number | readonly string[] | undefined;

/** Attributes that hold several values under another name than the condition's. */
const severals: Record<string, string> = { scheme: 'schemes', harm: 'harms' };

/** The value of an object that a condition of this name is on. */
export function valueOf(object: Attributes, name: string): Value {
  const values = object as unknown as Record<string, Value>;
  return values[severals[name] ?? name] ?? values[name];
}

function attributeTruth(name: string, value: Value, operator: string, operand: unknown, quantifier: Quantifier): Truth {
  // That it belongs to no exercise is known.
  if (value === undefined) return name === 'exercise' ? false : undefined;
  switch (name) {
    case 'harm':
      return words(listOf(value), (harm) => (harmTree.harms.has(harm) ? word(harm, operator, operand, harmTree.covers) : undefined), quantifier);
    case 'severity':
    case 'tlp':
      return ordered(orders[name].indexOf(String(value)), operator, orders[name].indexOf(String(operand)));
    case 'confidence':
    case 'corroboration':
      return ordered(Number(value), operator, Number(operand));
    case 'labels':
      return set(new Set(listOf(value)), operator, operand);
    case 'jurisdictions':
      return listOf(value).length === 0 ? undefined : set(new Set(listOf(value)), operator, operand);
    default:
      return words(listOf(value), (one) => word(one, operator, operand), quantifier);
  }
}

function listOf(value: string | number | readonly string[]): readonly string[] {
  return typeof value === 'object' ? value : [String(value)];
}

/** The conditions on a member: the peer who asks, or an object's origin. */
export function peerOutcomes(path: string, conditions: PeerConditions | undefined, world: World, peer: Member, at: Instant): Outcome[] {
  const { contributed, found_good: foundGood, ...others } = conditions ?? {};
  return [
    ...Object.entries(others).flatMap(([name, operators]) =>
      apply(`${path}.${name}`, operators as Operators, (operator, operand) => peerTruth(world, peer, at, name as keyof typeof others, operator, operand)),
    ),
    ...(contributed ? [{ condition: `${path}.contributed.atLeast`, truth: within(peer.measures?.contributed?.[contributed.within], contributed) }] : []),
    ...(foundGood ? [{ condition: `${path}.found_good.atLeast`, truth: within(peer.measures?.foundGood?.[foundGood.within], foundGood) }] : []),
  ];
}

function peerTruth(world: World, peer: Member, at: Instant, name: Exclude<keyof PeerConditions, 'contributed' | 'found_good'>, operator: string, operand: unknown): Truth {
  switch (name) {
    case 'trust':
      return ordered(orders.trust.indexOf(peer.trust), operator, orders.trust.indexOf(String(operand)));
    case 'groups':
      return set(peer.groups, operator, operand, (group) => world.groups.has(group));
    case 'jurisdictions':
      return peer.jurisdictions.length === 0 ? undefined : set(new Set(peer.jurisdictions), operator, operand);
    case 'agreements':
      return set(agreementsAt(peer, at), operator, operand);
    case 'subscribed':
      return peer.subscriptions && set(peer.subscriptions, operator, operand, (feed) => feed === EVERYTHING || world.feeds.has(feed));
    case 'responds':
      return set(respondsTo(world, peer, operand as string[]), operator, operand, (incident) => world.incidents?.has(incident) === true);
    case 'quality':
      return within(peer.measures?.[operator as 'overturned' | 'stale'], operand as PercentBounds);
    default:
      return word(peer[name], operator, operand);
  }
}

/** The agreements of a member that are in force, as conditions name them: by id, and by each version up to the accepted one. */
export function agreementsAt(peer: Member, at: Instant): Set<string> {
  const inForce = peer.agreements.filter((a) => a.from <= at && (a.until === undefined || at < a.until));
  return new Set(inForce.flatMap(({ id, version = 1 }) => [id, ...Array.from({ length: version }, (_, index) => `${id}@${index + 1}`)]));
}

/** Those of the incidents of which the member is a responder. */
export function respondsTo(world: World, peer: Member, incidents: readonly string[]): Set<string> {
  return new Set(incidents.filter((id) => world.incidents?.get(id)?.responders.has(peer.id)));
}

/** Whether a measured value, unless it is unknown, lies within the bounds. */
function within(value: number | undefined, { atLeast = -Infinity, atMost = Infinity }: PercentBounds): Truth {
  return value === undefined ? undefined : atLeast <= value && value <= atMost;
}

/** What a rule asks of the time and of what goes on, whoever asks about whatever: its window, and incidents. */
export function stateOutcomes(rule: Rule, world: World, at: Instant): Outcome[] {
  return [
    ...apply('during', (rule.during ?? {}) as Operators, (operator, operand) => (operator === 'from' ? instant(String(operand)) <= at : at < instant(String(operand)))),
    ...apply('incidents', (rule.incidents ?? {}) as Operators, (operator, operand) => anyIncident(world, at, operand as string[], operator === 'open')),
  ];
}

/** Whether any of the incidents is open, or any is closed. */
function anyIncident(world: World, at: Instant, ids: readonly string[], open: boolean): Truth {
  const truths = ids.map((id) => isOpen(world, id, at));
  return truths.includes(open) ? true : truths.includes(undefined) ? undefined : false;
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

/** Whether it is so of all values, or of any; what holds for no value at all is unknown. */
function words(values: readonly string[], truth: (value: string) => Truth, quantifier: Quantifier): Truth {
  if (values.length === 0) return undefined;
  const truths = values.map(truth);
  const deciding = quantifier === 'some';
  return truths.includes(deciding) ? deciding : truths.includes(undefined) ? undefined : !deciding;
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
