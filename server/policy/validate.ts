import { harmTree } from '../../schemas/harms.ts';
import type { Place, Policy, Rule } from '../../schemas/types.ts';
import { schemes } from '../../clients/sdk/digests/schemes.ts';
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

function emptyBounds(rule: Rule, at: string): Place[] {
  const { atLeast, atMost } = rule.signals?.confidence ?? {};
  return atLeast !== undefined && atMost !== undefined && atLeast > atMost ? [{ pointer: `${at}/signals/confidence/atMost`, detail: 'must not be below atLeast' }] : [];
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
  ];
}

function unknown(pointer: string, condition: object | undefined, exists: (name: string) => boolean, detail: string): Place[] {
  return Object.entries(condition ?? {}).flatMap(([operator, names]) =>
    (names as string[]).flatMap((name, index) => (exists(name) ? [] : [{ pointer: `${pointer}/${operator}/${index}`, detail }])),
  );
}
