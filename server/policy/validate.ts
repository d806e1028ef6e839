import { harmTree } from '../../schemas/harms.ts';
import type { Place, Policy, Rule } from '../../schemas/types.ts';
import { schemes } from '../../schemas/digest-schemes.ts';
import { enumeration } from './conditions.ts';
import { instant } from './time.ts';

/** Names that a policy may refer to. */
export interface KnownNames {
  groups: ReadonlySet<string>;
  members: ReadonlySet<string>;
}

/**
 * What a schema cannot say: unique rule ids, windows that are not empty, bounds that leave something, names that exist.
 * @param policy a document that the schema `Policy` has accepted
 * @returns the places that are wrong; none when the policy can be activated
 */
export function validatePolicy(policy: Policy, known: KnownNames): Place[] {
  const seen = new Set<string>();
  return policy.rules.flatMap((rule, index) => {
    const at = `/rules/${index}`;
    const repeated = seen.has(rule.id) ? [{ pointer: `${at}/id`, detail: 'another rule before it has the same id' }] : [];
    seen.add(rule.id);
    return [...repeated, ...emptyWindow(rule, at), ...emptyBounds(rule, at), ...unknownNames(rule, at, known)];
  });
}

function emptyWindow(rule: Rule, at: string): Place[] {
  const { from, until } = rule.during ?? {};
  return from && until && instant(from) >= instant(until) ? [{ pointer: `${at}/during/until`, detail: 'must be later than from' }] : [];
}

function emptyBounds({ signals, peers }: Rule, at: string): Place[] {
  const { origin, ...own } = signals ?? {};
  return [...crossed(`${at}/signals`, own), ...crossed(`${at}/signals/origin`, origin), ...crossed(`${at}/peers`, peers)];
}

function crossed(at: string, conditions: object | undefined): Place[] {
  return Object.entries((conditions ?? {}) as Record<string, { atLeast?: string | number; atMost?: string | number }>).flatMap(([name, { atLeast, atMost }]) =>
    atLeast !== undefined && atMost !== undefined && rank(name, atLeast) > rank(name, atMost) ? [{ pointer: `${at}/${name}/atMost`, detail: 'must not be below atLeast' }] : [],
  );
}

function rank(attribute: string, value: string | number): number {
  return typeof value === 'number' ? value : enumeration(attribute[0]!.toUpperCase() + attribute.slice(1)).indexOf(value);
}

function unknownNames(rule: Rule, at: string, known: KnownNames): Place[] {
  const origin = rule.signals?.origin;
  return [
    ...unknown(`${at}/signals/harm`, rule.signals?.harm, (id) => harmTree.harms.has(id), 'is not a harm of the tree'),
    ...unknown(`${at}/signals/scheme`, rule.signals?.scheme, (name) => schemes.has(name), 'is not a digest scheme'),
    ...unknown(`${at}/peers/groups`, rule.peers?.groups, (id) => known.groups.has(id), 'is not a group of this hub'),
    ...unknown(`${at}/peers/id`, rule.peers?.id, (id) => known.members.has(id), 'is not a member of this hub'),
    ...unknown(`${at}/signals/origin/groups`, origin?.groups, (id) => known.groups.has(id), 'is not a group of this hub'),
    ...unknown(`${at}/signals/origin/id`, origin?.id, (id) => known.members.has(id), 'is not a member of this hub'),
    ...unknown(`${at}/terms/handling`, { onward_groups: rule.terms?.handling?.onward_groups ?? [] }, (id) => known.groups.has(id), 'is not a group of this hub'),
  ];
}

function unknown(pointer: string, condition: object | undefined, exists: (name: string) => boolean, detail: string): Place[] {
  return Object.entries(condition ?? {}).flatMap(([operator, names]) =>
    (names as string[]).flatMap((name, index) => (exists(name) ? [] : [{ pointer: `${pointer}/${operator}/${index}`, detail }])),
  );
}
