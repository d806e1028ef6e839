import type { Policy } from '../../schemas/types.ts';
import { enumeration } from '../../server/policy/conditions.ts';
import { duration, formatInstant, instant } from '../../server/policy/time.ts';

/** A policy in which one thing is missing or different. */
export interface Mutant {
  /** Where, and what became of it. */
  name: string;
  policy: unknown;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Step = string | number;

const chains: Record<string, readonly (string | number)[]> = { corroboration: [0, 1, 2, 3, 4, 5], severity: enumeration('Severity'), tlp: enumeration('Tlp'), trust: enumeration('Trust') };
const choices: Record<string, readonly string[]> = {
  origin: enumeration('OriginDisplay'),
  tlp: enumeration('Tlp'),
  pap: enumeration('Pap'),
  permitted_actions: enumeration('PermittedActions'),
  affected_party_notifications: enumeration('MayOrMustNot'),
  attribution: enumeration('Attribution'),
  unmodified_resale: enumeration('MayOrMustNot'),
  encrypt_in_transit: enumeration('MayOrMust'),
  onward: enumeration('Onward'),
};

/**
 * Every policy that differs from this one in a single clause: a rule, condition, operator, list element, term, revealed field
 * or handling field taken away, a share turned into a withhold or back, a bound moved by one step, a term set to another value.
 */
export function mutants(policy: Policy): Mutant[] {
  const rules = policy.rules as unknown as Json[];
  const all = rules.flatMap((rule, index) => [
    { name: `rule ${policy.rules[index]!.id} deleted`, rules: rules.toSpliced(index, 1) },
    ...paths(rule).flatMap((path) => variants(rule, path).map(([what, changed]) => ({ name: `rule ${policy.rules[index]!.id}: ${path.join('.')} ${what}`, rules: rules.with(index, changed) }))),
  ]);
  const seen = new Set([JSON.stringify(rules)]);
  return all.flatMap(({ name, rules: changed }) => {
    const text = JSON.stringify(changed);
    if (seen.has(text)) return [];
    seen.add(text);
    return [{ name, policy: { ...policy, rules: changed } }];
  });
}

/** Where the clauses of a rule are: all there is in it but its id, title and effect. */
function paths(rule: Json): Step[][] {
  const { id: _id, title: _title, effect: _effect, ...clauses } = rule as { [key: string]: Json };
  return below(clauses);
}

function below(value: Json): Step[][] {
  if (typeof value !== 'object' || value === null) return [];
  const entries: [Step, Json][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([step, inner]) => [[step], ...below(inner).map((path) => [step, ...path])]);
}

function variants(rule: Json, path: Step[]): [string, Json][] {
  const value = at(rule, path);
  const deleted: [string, Json][] = isDefault(path, value) ? [] : [['deleted', without(rule, path)]];
  return [...deleted, ...otherValues(path, value).filter(([, other]) => !meansTheSame(rule, path, other)).map(([what, other]): [string, Json] => [what, replaced(rule, path, other)])];
}

/** A hidden origin is what an absent one means: leaving it out changes nothing. */
function isDefault(path: Step[], value: Json): boolean {
  return path.join('.') === 'terms.origin' && value === 'hidden';
}

/** Onward `group` means nobody where the rule names no group; and a TLP of the same terms caps onward by itself. */
function meansTheSame(rule: Json, path: Step[], other: Json): boolean {
  if (path.join('.') !== 'terms.handling.onward') return false;
  const { onward, tlp } = at(rule, ['terms', 'handling']) as { [field: string]: Json };
  return other === 'group' ? !JSON.stringify(rule).includes('roups":') : other === 'public' && onward === 'members' && tlp === 'GREEN';
}

function otherValues(path: Step[], value: Json): [string, Json][] {
  const last = path.at(-1)!;
  if (last === 'atLeast' || last === 'atMost') return neighbours(String(path.at(-2)), value);
  if (last === 'within') return enumeration('MeasuredPeriod').filter((other) => other !== value).map((other) => [`set to ${other}`, other]);
  if (path[0] === 'during' && (last === 'from' || last === 'until')) return [-1, 1].map((step) => [`moved by ${step} ms`, formatInstant(instant(value as string) + step)]);
  if (path[0] === 'terms' && (last === 'after' || last === 'for')) return [-1, 1].map((step) => [`moved by ${step} s`, `PT${duration(value as string) / 1000 + step}S`]);
  const others = path[0] === 'terms' && typeof value === 'string' && typeof last === 'string' ? (choices[last] ?? []) : [];
  return others.filter((other) => other !== value).map((other) => [`set to ${other}`, other]);
}

function neighbours(attribute: string, value: Json): [string, Json][] {
  const chain = chains[attribute];
  const step = attribute === 'confidence' ? 5 : 1;
  const around = chain ? [-1, 1].map((to) => chain[chain.indexOf(value as string) + to]) : [Number(value) - step, Number(value) + step];
  return around.filter((other) => other !== undefined).map((other) => [`set to ${other}`, other]);
}

function at(value: Json, path: Step[]): Json {
  return path.reduce<Json>((inner, step) => (inner as { [key: Step]: Json })[step]!, value);
}

function replaced(value: Json, [step, ...rest]: Step[], other: Json): Json {
  if (step === undefined) return other;
  const inner = replaced((value as { [key: Step]: Json })[step]!, rest, other);
  return Array.isArray(value) ? value.with(Number(step), inner) : { ...(value as { [key: string]: Json }), [step]: inner };
}

/** Takes one thing away, and with it what it leaves empty. */
function without(value: Json, [step, ...rest]: Step[]): Json {
  const inner = rest.length === 0 ? undefined : without((value as { [key: Step]: Json })[step!]!, rest);
  if (inner !== undefined && Object.keys(inner as object).length > 0) return replaced(value, [step!], inner);
  if (Array.isArray(value)) return value.toSpliced(Number(step), 1);
  return Object.fromEntries(Object.entries(value as { [key: string]: Json }).filter(([key]) => key !== step));
}
