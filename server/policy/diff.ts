import type { Policy, PolicyChange, Rule } from '../../schemas/types.ts';
import { coverageOf } from './coverage.ts';

/**
 * What becomes different when one version takes the place of another. Rules are the same where their ids are. What changes no
 * decision, such as the order of withholds or of words in a list, is not said.
 */
export function diffPolicies(before: Policy, after: Policy): PolicyChange[] {
  const [was, is] = [placesOf(before), placesOf(after)];
  const texts = (['title', 'summary'] as const).filter((name) => before[name] !== after[name]);
  return [
    ...texts.map((name): PolicyChange => ({ change: 'changed', pointer: `/${name}`, sentence: `The ${name} is another.` })),
    ...[...was].filter(([id]) => !is.has(id)).map(([id, { pointer, rule }]): PolicyChange => ({ change: 'removed', pointer, sentence: `Rule ${id}, which ${said(rule)}, is gone.` })),
    ...[...is].flatMap(([id, { pointer, rule }]): PolicyChange[] => {
      const old = was.get(id)?.rule;
      return old ? ruleChanges(old, rule, pointer) : [{ change: 'added', pointer, sentence: `Rule ${id} is new: it ${said(rule)}.` }];
    }),
    ...moves(was, is),
  ];
}

interface Placed {
  pointer: string;
  index: number;
  rule: Rule;
}

function placesOf({ rules }: Policy): Map<string, Placed> {
  return new Map(rules.map((rule, index) => [rule.id, { pointer: `/rules/${index}`, index, rule }]));
}

function said(rule: Rule): string {
  return `${rule.effect === 'share' ? 'shares' : 'withholds'} ${coverageOf(rule).join(', ')}`;
}

function ruleChanges(before: Rule, after: Rule, at: string): PolicyChange[] {
  const { id } = after;
  const [was, is] = [clauses(before), clauses(after)];
  return [...new Set([...is.keys(), ...was.keys()])].flatMap((path): PolicyChange[] => {
    const [old, now] = [was.get(path), is.get(path)];
    if (JSON.stringify(old) === JSON.stringify(now)) return [];
    return [{ change: 'changed', pointer: now === undefined || path === '/covers' ? at : at + path, sentence: `Rule ${id}: ${spoken(path)} ${difference(old, now)}` }];
  });
}

type Clause = string | number | readonly string[];

/** What a rule says, by path: its effect, what it covers whether it says so or not, and each operand. Lists in one order. */
function clauses(rule: Rule): Map<string, Clause> {
  const { id: _id, title: _title, covers: _covers, terms = {}, ...asked } = rule;
  return new Map<string, Clause>([['/covers', [...coverageOf(rule)].sort()], ...below(asked, ''), ...below(terms, '/terms')]);
}

function below(value: object, path: string): [string, Clause][] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]): [string, Clause][] => {
    if (Array.isArray(inner)) return [[`${path}/${name}`, (inner as string[]).toSorted()]];
    return typeof inner === 'object' && inner !== null ? below(inner, `${path}/${name}`) : [[`${path}/${name}`, inner as Clause]];
  });
}

function spoken(path: string): string {
  return path.slice(1).replaceAll('/', ' ');
}

function difference(before: Clause | undefined, after: Clause | undefined): string {
  if (before === undefined) return `is new: ${written(after!)}.`;
  if (after === undefined) return `is gone; it was ${written(before)}.`;
  if (typeof before !== 'object' || typeof after !== 'object') return `is ${written(after)}; it was ${written(before)}.`;
  const [gone, come] = [before.filter((one) => !after.includes(one)), after.filter((one) => !before.includes(one))];
  return [...(come.length > 0 ? [`gains ${come.join(', ')}`] : []), ...(gone.length > 0 ? [`loses ${gone.join(', ')}`] : [])].join(' and ') + '.';
}

function written(clause: Clause): string {
  return typeof clause === 'object' ? clause.join(', ') : String(clause);
}

/** Pairs of shares that have changed places, told of the one that came up past the other. Only what both cover can tell. */
function moves(was: ReadonlyMap<string, Placed>, is: ReadonlyMap<string, Placed>): PolicyChange[] {
  const shares = [...is.values()].filter(({ rule }) => rule.effect === 'share' && was.get(rule.id)?.rule.effect === 'share');
  const before = ({ rule }: Placed): number => was.get(rule.id)!.index;
  return shares.flatMap((one, index): PolicyChange[] => {
    const passed = shares.slice(index + 1).filter((other) => before(other) < before(one) && overlap(one.rule, other.rule)).map(({ rule }) => rule.id);
    return passed.length === 0 ? [] : [{ change: 'moved', pointer: one.pointer, sentence: `Rule ${one.rule.id} now comes before ${passed.join(', ')}: where both match, it decides.` }];
  });
}

function overlap(a: Rule, b: Rule): boolean {
  return coverageOf(a).some((covered) => coverageOf(b).includes(covered));
}
