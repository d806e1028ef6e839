import type { Covered, HandlingTerms, LintFinding, MemberKind, Policy, Rule, Terms } from '../../schemas/types.ts';
import { enumeration } from './conditions.ts';
import { coverageOf, covers } from './coverage.ts';
import { byPrecedence } from './evaluate.ts';
import { BARRED_KINDS } from './grant.ts';
import { CONTRADICTION, keepsHandling } from './handling.ts';
import { remember } from './interner.ts';
import { areDisjoint, contradiction, implies, kindsOf } from './regions.ts';
import { duration } from './time.ts';
import { unknownNames, type KnownNames } from './validate.ts';

/** What a policy is looked at against; what is left out is not looked at. */
export interface LintAgainst {
  charter?: Policy;
  /** The names that exist, and what kind of member somebody is. */
  known?: KnownNames & { kindOf: (member: string) => MemberKind | undefined };
  /** The ids of the rules that match something of what there is. */
  live?: ReadonlySet<string>;
}

interface Placed {
  rule: Rule;
  at: string;
  /** The rules that come before it when the policy decides. */
  before: readonly Rule[];
}

type Code = LintFinding['code'];

/**
 * What of a policy will not do what its author may think. Each finding holds whatever the world: a rule is called never reached
 * only where the conditions say so. In the order of the rules.
 */
export function lintPolicy(policy: Policy, against: LintAgainst = {}): LintFinding[] {
  return [...lintRules(policy, against)].flat();
}

/** The same rule by rule, so that others can run in between: each is compared with all others and with all of the charter's. */
export function* lintRules(policy: Policy, { charter, known, live }: LintAgainst): Generator<LintFinding[]> {
  const order = byPrecedence(policy.rules);
  const ranks = new Map(order.map((rule, rank) => [rule, rank]));
  for (const [index, rule] of policy.rules.entries()) {
    const one: Placed = { rule, at: `/rules/${index}`, before: order.slice(0, ranks.get(rule)) };
    const dead = unreached(one);
    const unknown = known ? unknownNames(rule, one.at, known).map(({ pointer, detail }) => finding(rule, 'unknown-name', pointer, `what it names ${detail}`)) : [];
    // What is there is not told of a rule that names what its author does not know of.
    const idle = live && !live.has(rule.id) && dead.length === 0 && unknown.length === 0;
    yield [
      ...dead,
      ...opened(one),
      ...barred(one, known?.kindOf),
      ...(charter && dead.length === 0 ? wider(one, charter) : []),
      ...unknown,
      ...(idle ? [finding(rule, 'matches-nothing-live', one.at, 'nothing that is here now, or nobody who is, fulfils its conditions')] : []),
    ];
  }
}

function finding(rule: Rule, code: Code, pointer: string, said: string): LintFinding {
  return { rule: rule.id, code, pointer, sentence: `Rule ${rule.id}: ${said}.` };
}

/** A rule that never decides: of each kind of object that it covers, nothing can match it, or another that comes before always does. */
function unreached({ rule, at, before }: Placed): LintFinding[] {
  const reasons = coverageOf(rule).map((covered) => ({ void: contradiction(rule, covered), by: before.find((other) => implies(rule, other, covered)) }));
  if (reasons.some((reason) => reason.void === undefined && !reason.by)) return [];
  const places = reasons.flatMap((reason) => reason.void ?? []);
  if (places.length === reasons.length) return [...new Set(places)].map((path) => finding(rule, 'impossible', at + path, 'nothing can fulfil this condition, so the rule never decides'));
  const guards = unique(reasons.flatMap(({ by }) => by ?? []));
  return [finding(rule, 'shadowed', at, `it never decides, since ${guards.map(decision).join(' and ')} wherever it matches, and comes before`)];
}

function decision({ id, effect }: Rule): string {
  return `${id} ${effect === 'share' ? 'shares' : 'withholds'}`;
}

function unique<T>(all: readonly T[]): T[] {
  return [...new Set(all)];
}

/**
 * A share that others stand before, which match nothing else than it does, or all that it does: a further condition of one of
 * those makes it match less, and then this one decides. Of shares only those count that grant less.
 */
function opened({ rule, at, before }: Placed): LintFinding[] {
  if (rule.effect === 'withhold') return [];
  const guards = before.filter((guard) => grantsLess(guard, rule) && guarded(guard, rule));
  if (guards.length === 0) return [];
  return [finding(rule, 'opens-if-others-narrow', at, `a further condition of ${guards.map(({ id }) => id).join(', ')} would let it share what ${guards.length === 1 ? 'that rule keeps' : 'those rules keep'} back`)];
}

function guarded(guard: Rule, rule: Rule): boolean {
  return coverageOf(rule).some((covered) => contradiction(guard, covered) === undefined && contradiction(rule, covered) === undefined && (implies(rule, guard, covered) || implies(guard, rule, covered, 'share')));
}

function grantsLess(guard: Rule, rule: Rule): boolean {
  return guard.effect === 'withhold' || (guard.terms !== undefined && rule.terms !== undefined && narrowings(rule.terms, guard.terms).length > 0);
}

/** Grants to whom the built-in layer bars. */
function barred({ rule, at }: Placed, kindOf: (member: string) => MemberKind | undefined = () => undefined): LintFinding[] {
  if (rule.effect === 'withhold') return [];
  const kinds = rule.peers?.kind?.in ?? [];
  const ids = rule.peers?.id?.in ?? [];
  const only = kindsOf(rule).every((kind) => BARRED_KINDS.includes(kind as MemberKind));
  const noAccess = 'governments and law enforcement have no access to what members share, so this grants nothing';
  return [
    ...kinds.flatMap((kind, index) => (BARRED_KINDS.includes(kind) ? [finding(rule, 'barred-kind', `${at}/peers/kind/in/${index}`, noAccess)] : [])),
    ...(only && !kinds.some((kind) => BARRED_KINDS.includes(kind)) ? [finding(rule, 'barred-kind', `${at}/peers/kind`, noAccess)] : []),
    ...ids.flatMap((id, index) => (BARRED_KINDS.includes(kindOf(id) ?? 'platform') ? [finding(rule, 'barred-kind', `${at}/peers/id/in/${index}`, noAccess)] : [])),
  ];
}

/** What a share promises and the charter does not let it. What may be counted is not a matter of terms. */
function wider({ rule, at }: Placed, charter: Policy): LintFinding[] {
  if (rule.effect === 'withhold') return [];
  const topics = coverageOf(rule);
  if (charterShares(rule, charter, topics).length === 0) return [finding(rule, 'outside-charter', at, 'the charter shares nothing of what it matches')];
  const over = charterShares(rule, charter, topics.filter((covered) => covered !== 'counts'));
  const narrowed = new Map<string, Narrowing & { by: string[] }>();
  for (const one of over) {
    for (const narrowing of narrowings(rule.terms!, one.terms!)) {
      const key = JSON.stringify(narrowing);
      narrowed.set(key, { ...narrowing, by: [...(narrowed.get(key)?.by ?? []), one.id] });
    }
  }
  return [...narrowed.values()].map(({ path, said, by }) => finding(rule, 'wider-than-charter', `${at}/terms${path}`, `${said} ${by.length === over.length ? 'under whatever rule of the charter decides' : `where the charter’s ${by.join(', ')} decide${by.length === 1 ? 's' : ''}`}`));
}

/** The shares of the charter that may decide where the rule does, of what is decided under these topics. */
function charterShares(rule: Rule, charter: Policy, topics: readonly Covered[]): Rule[] {
  const [withholds, shares] = [charter.rules.filter(({ effect }) => effect === 'withhold'), charter.rules.filter(({ effect }) => effect === 'share')];
  const open = topics.filter((covered) => contradiction(rule, covered) === undefined && !withholds.some((one) => implies(rule, one, covered)));
  return shares.filter((share) => open.some((covered) => covers(share, covered) && contradiction(share, covered) === undefined && !areDisjoint(rule, share, covered)));
}

interface Narrowing {
  /** Below the terms, as a JSON pointer. */
  path: string;
  said: string;
}

/** Where terms promise more than others let them, met. */
export function narrowings(terms: Terms, by: Terms): Narrowing[] {
  const [mine, theirs] = [windowOf(terms), windowOf(by)];
  const displays = enumeration('OriginDisplay');
  const [shown, most] = [terms.origin ?? 'hidden', by.origin ?? 'hidden'];
  return [
    ...terms.reveal.flatMap((field, index) => (by.reveal.includes(field) ? [] : [{ path: `/reveal/${index}`, said: `${field} is not revealed` }])),
    ...(mine.start < theirs.start ? [{ path: terms.after === undefined ? '' : '/after', said: `it is released after ${by.after!} only` }] : []),
    ...(mine.end > theirs.end ? [{ path: terms.for === undefined ? '' : '/for', said: 'it ends earlier' }] : []),
    ...(displays.indexOf(shown) < displays.indexOf(most) ? [{ path: '/origin', said: `the origin is ${most}` }] : []),
    ...handlingNarrowings(terms.handling ?? {}, by.handling ?? {}),
  ];
}

/** Terms are compared again and again; they never change. */
const windows = new WeakMap<Terms, { start: number; end: number }>();

function windowOf(terms: Terms): { start: number; end: number } {
  return remember(windows, terms, () => {
    const start = terms.after === undefined ? 0 : duration(terms.after);
    return { start, end: start + (terms.for === undefined ? Infinity : duration(terms.for)) };
  });
}

function handlingNarrowings(own: HandlingTerms, by: HandlingTerms): Narrowing[] {
  return (Object.keys(own) as (keyof HandlingTerms)[]).flatMap((field) => {
    const kept = keepsHandling(field, own, by);
    if (kept === CONTRADICTION) return [{ path: `/handling/${field}`, said: `nothing is shared, since ${field} contradicts` }];
    return kept ? [] : [{ path: `/handling/${field}`, said: `${field} is stricter` }];
  });
}
