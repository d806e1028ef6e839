import type { WantedChange, WantedCondition } from '../../schemas/types.ts';
import { valueOf, type Outcome } from './conditions.ts';
import { TOPICS } from './coverage.ts';
import type { Finding, Request } from './decide.ts';
import type { RuleTrace } from './evaluate.ts';
import type { PolicyObject } from './object.ts';

/** What an operator asks for, and what would have to be instead for it to fail, with its operand in the place of `%`. */
const WORDS: Record<string, readonly [holds: string, fails: string]> = {
  in: ['one of %', 'none of %'],
  notIn: ['none of %', 'one of %'],
  any: ['at least one of %', 'none of %'],
  all: ['all of %', 'not all of %'],
  none: ['none of %', 'at least one of %'],
  atLeast: ['at least %', 'below %'],
  atMost: ['at most %', 'above %'],
  from: ['the time: % or later', 'the time: before %'],
  until: ['the time: before %', 'the time: % or later'],
  open: ['at least one open of %', 'none open of %'],
  closed: ['at least one closed of %', 'none closed of %'],
  overturned: ['within %', 'not within %'],
  stale: ['within %', 'not within %'],
};

/**
 * What would have to be otherwise for each layer that withholds to share: of a rule that withholds any one of its conditions,
 * of a rule that does not share all that fail. Of the object it says what is; of members only what is asked, since that is
 * what the one who explains may know.
 */
export function wantedChanges(findings: readonly Finding[], { object }: Request): WantedChange[] {
  return findings.filter(({ effect }) => effect === 'withhold').flatMap((finding): WantedChange[] => {
    const { layer, reason, traces } = finding;
    if (layer !== 'charter' && layer !== 'policy') return [{ layer, conditions: [], sentence: `${BEYOND[layer] ?? 'No policy changes this'}: ${reason}.` }];
    if (!traces) return [{ layer, conditions: [], sentence: `A policy would have to come into force: ${reason}.` }];
    const guards = traces.filter(({ rule, matched }) => rule.effect === 'withhold' && matched);
    if (guards.length > 0) return guards.map((trace) => ofWithhold(layer, trace, object));
    const shares = traces.filter(({ rule }) => rule.effect === 'share').map((trace) => ofShare(layer, trace, object));
    return shares.length > 0 ? shares : [{ layer, conditions: [], sentence: 'It would need a rule that shares.' }];
  });
}

/** What would have to be otherwise where no rule is to blame. */
const BEYOND: Partial<Record<Finding['layer'], string>> = {
  object: 'The audience would have to include the peer',
  feed: 'The feed, or its filter, would have to be another',
  meet: 'The terms of one layer would have to be wider',
  tlp: 'The TLP would have to be lower, or the rule of the origin’s policy name the peer or a group of both',
};

function ofWithhold(layer: Finding['layer'], { rule, outcomes }: RuleTrace, object: PolicyObject): WantedChange {
  const conditions = outcomes.map((outcome) => wanted(rule, outcome, object, 1));
  const sentence = conditions.length === 0 ? `Rule ${rule.id} withholds whatever there is: it would have to go.` : `Rule ${rule.id} would not withhold if any of this were so: ${spoken(conditions)}.`;
  return { layer, rule: rule.id, conditions, sentence };
}

function ofShare(layer: Finding['layer'], { rule, outcomes }: RuleTrace, object: PolicyObject): WantedChange {
  const conditions = outcomes.filter(({ truth }) => truth !== true).map((outcome) => wanted(rule, outcome, object, 0));
  return { layer, rule: rule.id, conditions, sentence: `Rule ${rule.id} would share if all of this were so: ${spoken(conditions)}.` };
}

function spoken(conditions: readonly WantedCondition[]): string {
  const subject = (path: readonly string[]): string => (path.at(-1)! in WORDS ? path.slice(0, -1) : path).join(' ');
  return conditions.map(({ condition, needs, is }) => `${subject(condition.split('.'))} ${needs}${is === undefined ? '' : ` (it is ${is})`}`).join('; ');
}

/** What a condition needs in order to hold (0) or to fail (1). */
function wanted(rule: RuleTrace['rule'], { condition, truth }: Outcome, object: PolicyObject, way: 0 | 1): WantedCondition {
  const path = condition.split('.');
  const operator = path.at(-1)!;
  const topic = TOPICS[object.kind];
  if (condition === 'covers') return { condition, needs: topic };
  if (path.length === 2 && operator === 'exercise') return { condition, needs: 'none', is: String(object.attributes.exercise) };
  const operand = path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], rule);
  const needs = (WORDS[operator]?.[way] ?? '%').replace('%', () => written(operand, path, rule));
  const known = path[0] === topic && path[1] !== 'origin' ? valueOf(object.attributes, path[1]!) : undefined;
  const is = known === undefined || (typeof known === 'object' && known.length === 0) ? (truth === undefined ? { is: 'unset or unknown' } : {}) : { is: typeof known === 'object' ? known.join(', ') : String(known) };
  return { condition, needs, ...is };
}

function written(operand: unknown, path: readonly string[], rule: RuleTrace['rule']): string {
  if (Array.isArray(operand)) return operand.join(', ');
  if (typeof operand !== 'object' || operand === null) return `${String(operand)}${period(path, rule)}`;
  return Object.entries(operand as Record<string, unknown>).map(([name, bound]) => `${name === 'atLeast' ? 'at least' : 'at most'} ${String(bound)}`).join(' and ');
}

/** The period that a measure is about. */
function period(path: readonly string[], rule: RuleTrace['rule']): string {
  const measure = path.slice(0, -1).reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], rule) as { within?: string } | undefined;
  return measure?.within === undefined ? '' : ` within ${measure.within}`;
}
