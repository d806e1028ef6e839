import { harmTree } from '../../schemas/harms.ts';
import type { Covered, PeerConditions, Rule } from '../../schemas/types.ts';
import { enumeration } from './conditions.ts';
import { covers } from './coverage.ts';
import { remember } from './interner.ts';
import { instant } from './time.ts';

/**
 * What can be told of rules from their conditions alone, whatever the world: that one matches wherever another does, that
 * nothing can match, that no two can match the same. Where it cannot be told the answer is no; what is said holds always.
 */

type Form = 'word' | 'words' | 'bounds' | 'set';
type Operators = Readonly<Record<string, unknown>>;

/** What a rule asks of one attribute. */
interface Clause {
  /** Of a rule, as a JSON pointer. */
  path: string;
  form: Form;
  /** The attribute is never unset or unknown. */
  certain: boolean;
  domain: Words | Range;
  operators: Operators;
}

/** Words that are let through: those listed, or all others. */
interface Words {
  listed: ReadonlySet<string>;
  others: boolean;
}

/** Numbers, ranks and instants that are let through. */
interface Range {
  least: number;
  most: number;
}

const ANYTHING: Words = { listed: new Set(), others: true };
const HARMS: Words = { listed: new Set(harmTree.harms.keys()), others: false };
const PERCENT: Range = { least: 0, most: 100 };
const enumerated = (name: string): Words => ({ listed: new Set(enumeration(name)), others: false });
const ranks = (name: string): Range => ({ least: 0, most: enumeration(name).length - 1 });

/** Attributes by their names in conditions: how they are asked about, what there is, and whether it is always known. */
const ATTRIBUTES: Record<string, { form: Form; domain: Words | Range; certain?: true }> = {
  type: { form: 'word', domain: enumerated('IndicatorType'), certain: true },
  status: { form: 'word', domain: enumerated('Status'), certain: true },
  intent: { form: 'word', domain: enumerated('Intent') },
  novelty: { form: 'word', domain: enumerated('Novelty') },
  basis: { form: 'word', domain: enumerated('Basis') },
  dispute: { form: 'word', domain: enumerated('Dispute') },
  // Unset, it is known to be none.
  exercise: { form: 'word', domain: ANYTHING, certain: true },
  part: { form: 'word', domain: enumerated('PartKind'), certain: true },
  message: { form: 'word', domain: enumerated('MessageKind'), certain: true },
  id: { form: 'word', domain: ANYTHING, certain: true },
  kind: { form: 'word', domain: enumerated('MemberKind'), certain: true },
  harm: { form: 'words', domain: HARMS },
  scheme: { form: 'words', domain: ANYTHING },
  regions: { form: 'words', domain: ANYTHING },
  tactics: { form: 'words', domain: ANYTHING },
  severity: { form: 'bounds', domain: ranks('Severity'), certain: true },
  tlp: { form: 'bounds', domain: ranks('Tlp'), certain: true },
  trust: { form: 'bounds', domain: ranks('Trust'), certain: true },
  confidence: { form: 'bounds', domain: PERCENT },
  corroboration: { form: 'bounds', domain: { least: 0, most: 5 } },
  overturned: { form: 'bounds', domain: PERCENT },
  stale: { form: 'bounds', domain: PERCENT },
  contributed: { form: 'bounds', domain: { least: 0, most: Infinity } },
  found_good: { form: 'bounds', domain: PERCENT },
  labels: { form: 'set', domain: ANYTHING, certain: true },
  agreements: { form: 'set', domain: ANYTHING, certain: true },
  jurisdictions: { form: 'set', domain: ANYTHING },
  groups: { form: 'set', domain: ANYTHING },
  subscribed: { form: 'set', domain: ANYTHING },
  responds: { form: 'set', domain: ANYTHING },
  incidents: { form: 'set', domain: ANYTHING },
  during: { form: 'bounds', domain: { least: -Infinity, most: Infinity }, certain: true },
};

/**
 * Whether `other` matches wherever `rule` does, of what is decided under `covered`. What meets a withhold may be unknown and then
 * meets no share; with `as` share it is asked about what is known.
 */
export function implies(rule: Rule, other: Rule, covered: Covered, as = rule.effect): boolean {
  if (!covers(rule, covered) || !covers(other, covered) || (as === 'withhold' && other.effect === 'share')) return false;
  const [has, asked] = [clausesOf(rule, covered), clausesOf(other, covered)];
  // A share without exercise reaches what is real, one with it what is not.
  if (other.effect === 'share' && has.has(exerciseOf(covered)) !== asked.has(exerciseOf(covered))) return false;
  if (covered === 'counts' && other.effect === 'share' && other.peers) return false;
  return [...asked.values()].every((clause) => followsFrom(has.get(clause.path), clause, as, other.effect));
}

/** Where a rule asks for what nothing can fulfil, as a pointer into the rule; undefined where something may. */
export function contradiction(rule: Rule, covered: Covered): string | undefined {
  if (covered === 'counts' && rule.effect === 'share' && rule.peers) return '/peers';
  const clauses = [...clausesOf(rule, covered).values()];
  const one = clauses.find((clause) => (rule.effect === 'share' || clause.certain) && isVoid(clause));
  if (one) return one.path;
  const { open, closed } = rule.incidents ?? {};
  return rule.effect === 'share' && open?.length === 1 && closed?.length === 1 && open[0] === closed[0] ? '/incidents' : undefined;
}

/** Whether two shares can never match the same. */
export function areDisjoint(one: Rule, other: Rule, covered: Covered): boolean {
  const [mine, theirs] = [clausesOf(one, covered), clausesOf(other, covered)];
  if (mine.has(exerciseOf(covered)) !== theirs.has(exerciseOf(covered))) return true;
  return [...mine.values()].some((clause) => {
    const its = theirs.get(clause.path);
    return its !== undefined && exclude(clause, its);
  });
}

/** The kinds of member that a rule lets the peer be. */
export function kindsOf(rule: Rule): string[] {
  const { listed } = wordsOf(clauseOf('/peers/kind', 'kind', (rule.peers?.kind ?? {}) as Operators));
  return [...listed];
}

function exerciseOf(covered: Covered): string {
  return `/${covered === 'counts' ? 'signals' : covered}/exercise`;
}

/** Rules are asked about again and again; they never change. */
const known = new WeakMap<Rule, Map<Covered, Map<string, Clause>>>();

function clausesOf(rule: Rule, covered: Covered): Map<string, Clause> {
  return remember(remember(known, rule, () => new Map<Covered, Map<string, Clause>>()), covered, () => makeClauses(rule, covered));
}

function makeClauses(rule: Rule, covered: Covered): Map<string, Clause> {
  const topic = covered === 'counts' ? 'signals' : covered;
  const { origin, ...own } = rule[topic] ?? {};
  const { open, closed } = rule.incidents ?? {};
  const { from, until } = rule.during ?? {};
  const clauses = [
    ...Object.entries(own).map(([name, operators]) => clauseOf(`/${topic}/${name}`, name, operators as Operators)),
    ...clausesOfMember(`/${topic}/origin`, origin),
    ...(covered === 'counts' ? [] : clausesOfMember('/peers', rule.peers)),
    ...(open ? [clauseOf('/incidents/open', 'incidents', { any: open })] : []),
    ...(closed ? [clauseOf('/incidents/closed', 'incidents', { any: closed })] : []),
    // Instants are whole milliseconds.
    ...(rule.during ? [clauseOf('/during', 'during', { ...(from ? { atLeast: instant(from) } : {}), ...(until ? { atMost: instant(until) - 1 } : {}) })] : []),
  ];
  return new Map(clauses.map((clause) => [clause.path, clause]));
}

function clausesOfMember(path: string, conditions: PeerConditions | undefined): Clause[] {
  const { quality, contributed, found_good: foundGood, ...others } = conditions ?? {};
  return [
    ...Object.entries(others).map(([name, operators]) => clauseOf(`${path}/${name}`, name, operators as Operators)),
    ...Object.entries(quality ?? {}).map(([name, bounds]) => clauseOf(`${path}/quality/${name}`, name, bounds as Operators)),
    ...(contributed ? [clauseOf(`${path}/contributed/${contributed.within}`, 'contributed', { atLeast: contributed.atLeast })] : []),
    ...(foundGood ? [clauseOf(`${path}/found_good/${foundGood.within}`, 'found_good', { atLeast: foundGood.atLeast })] : []),
  ];
}

function clauseOf(path: string, name: string, operators: Operators): Clause {
  const { form, domain, certain = false } = ATTRIBUTES[name]!;
  // A signal has one harm, and its confidence is never unset.
  if (path === '/signals/harm') return { path, form: 'word', domain, certain, operators };
  return { path, form, domain, certain: certain || path === '/signals/confidence', operators };
}

/** Whether what a rule has asked of an attribute, or has not, lets only through what another asks of it. */
function followsFrom(has: Clause | undefined, asked: Clause, by: Rule['effect'], to: Rule['effect']): boolean {
  const known = to === 'withhold' || asked.certain || has !== undefined;
  if (asked.form === 'set') return has !== undefined && setFollows(setsOf(has), setsOf(asked), by);
  if (!known) return false;
  // Of several values a withhold meets each condition with another.
  if (asked.form === 'words' && by === 'withhold') return single(asked).every((one) => (has ? single(has) : [{ ...asked, operators: {} }]).some((mine) => isWithin(mine, one)));
  return isWithin(has ?? { ...asked, operators: {} }, asked);
}

const singles = new WeakMap<Clause, Clause[]>();

function single(clause: Clause): Clause[] {
  return remember(singles, clause, () => Object.entries(clause.operators).map(([operator, operand]) => ({ ...clause, operators: { [operator]: operand } })));
}

function isWithin(one: Clause, other: Clause): boolean {
  if (one.form === 'bounds') {
    const [mine, theirs] = [rangeOf(one), rangeOf(other)];
    return mine.least >= theirs.least && mine.most <= theirs.most;
  }
  const [mine, theirs] = [wordsOf(one), wordsOf(other)];
  if (mine.others) return theirs.others && every(theirs.listed, (word) => mine.listed.has(word));
  return every(mine.listed, (word) => theirs.listed.has(word) !== theirs.others);
}

function isVoid(clause: Clause): boolean {
  return exclude(clause, clause);
}

/** Whether nothing fulfils both, where all is known. */
function exclude(one: Clause, other: Clause): boolean {
  if (one.form === 'bounds') {
    const [mine, theirs] = [rangeOf(one), rangeOf(other)];
    return Math.max(mine.least, theirs.least) > Math.min(mine.most, theirs.most);
  }
  if (one.form === 'set') return setsExclude(setsOf(one), setsOf(other));
  const [mine, theirs] = [wordsOf(one), wordsOf(other)];
  if (mine.others && theirs.others) return false;
  const [listed, from] = mine.others ? [theirs, mine] : [mine, theirs];
  return !some(listed.listed, (word) => from.listed.has(word) !== from.others);
}

function rangeOf({ domain, path, operators }: Clause): Range {
  const { least, most } = domain as Range;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const rank = (value: unknown): number => (typeof value === 'number' ? value : enumeration(name[0]!.toUpperCase() + name.slice(1)).indexOf(String(value)));
  const { atLeast, atMost } = operators;
  return { least: atLeast === undefined ? least : Math.max(least, rank(atLeast)), most: atMost === undefined ? most : Math.min(most, rank(atMost)) };
}

const letThrough = new WeakMap<Clause, Words>();

function wordsOf(clause: Clause): Words {
  return remember(letThrough, clause, () => makeWords(clause));
}

function makeWords({ domain, operators }: Clause): Words {
  const all = domain as Words;
  const named = (operand: unknown): ReadonlySet<string> => (all === HARMS ? new Set([...HARMS.listed].filter((harm) => (operand as string[]).some((above) => harmTree.covers(above, harm)))) : new Set(operand as string[]));
  const inside: Words = operators['in'] === undefined ? all : { listed: named(operators['in']), others: false };
  if (operators['notIn'] === undefined) return inside;
  const outside = named(operators['notIn']);
  return inside.others ? { listed: outside, others: true } : { listed: new Set([...inside.listed].filter((word) => !outside.has(word))), others: false };
}

interface Sets {
  any?: ReadonlySet<string>;
  all: ReadonlySet<string>;
  none: ReadonlySet<string>;
  /** Of `any`, what a share can still meet. */
  choice?: ReadonlySet<string>;
}

const madeSets = new WeakMap<Clause, Sets>();

function setsOf(clause: Clause): Sets {
  return remember(madeSets, clause, () => {
    const { any, all = [], none = [] } = clause.operators as Partial<Record<'any' | 'all' | 'none', readonly string[]>>;
    const not = new Set(none);
    return { ...(any ? { any: new Set(any), choice: new Set(any.filter((word) => !not.has(word))) } : {}), all: new Set(all), none: not };
  });
}

/** What is in a set for certain follows from `all`, and from `any` where it names one thing; a share's `none` is sure of what is not. */
function setFollows(has: Sets, asked: Sets, by: Rule['effect']): boolean {
  const choice = by === 'withhold' ? has.any : has.choice;
  const isSure = (word: string): boolean => has.all.has(word) || (choice?.size === 1 && choice.has(word));
  const anyFollows = (words: ReadonlySet<string>): boolean => some(has.all, (word) => words.has(word)) || (choice !== undefined && every(choice, (word) => words.has(word)));
  return (!asked.any || anyFollows(asked.any)) && every(asked.all, isSure) && every(asked.none, (word) => has.none.has(word));
}

function setsExclude(one: Sets, other: Sets): boolean {
  const isNot = (word: string): boolean => one.none.has(word) || other.none.has(word);
  return [one, other].some(({ any, all }) => (any !== undefined && every(any, isNot)) || some(all, isNot));
}

function every(words: ReadonlySet<string>, holds: (word: string) => boolean): boolean {
  for (const word of words) if (!holds(word)) return false;
  return true;
}

function some(words: ReadonlySet<string>, holds: (word: string) => boolean): boolean {
  return !every(words, (word) => !holds(word));
}
