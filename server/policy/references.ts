import type { PeerConditions, Policy, Rule } from '../../schemas/types.ts';
import { TOPICS } from './coverage.ts';

/** Kinds of thing that a policy names. */
export type Named = 'harm' | 'scheme' | 'group' | 'member' | 'feed' | 'incident' | 'exercise';

/** Where a policy names something. */
export interface Reference {
  /** JSON pointer. */
  pointer: string;
  kind: Named;
  name: string;
}

const ALL_TOPICS = Object.values(TOPICS);

/** Everything that a rule names, in the order of the language. */
export function referencesOf(rule: Rule, at: string): Reference[] {
  return [
    ...listed(`${at}/incidents`, 'incident', rule.incidents),
    ...ALL_TOPICS.flatMap((topic) => listed(`${at}/${topic}/harm`, 'harm', rule[topic]?.harm)),
    ...listed(`${at}/signals/scheme`, 'scheme', rule.signals?.scheme),
    ...ALL_TOPICS.flatMap((topic) => listed(`${at}/${topic}/exercise`, 'exercise', rule[topic]?.exercise)),
    ...memberConditions(rule, at).flatMap(([place, conditions]) => [
      ...listed(`${place}/groups`, 'group', conditions?.groups),
      ...listed(`${place}/id`, 'member', conditions?.id),
      ...listed(`${place}/subscribed`, 'feed', conditions?.subscribed),
      ...listed(`${place}/responds`, 'incident', conditions?.responds),
    ]),
    ...listed(`${at}/terms/handling`, 'group', { onward_groups: rule.terms?.handling?.onward_groups ?? [] }),
  ];
}

/** What a rule asks of members, and where: of the peer, and of origins. */
export function memberConditions(rule: Rule, at: string): [string, PeerConditions | undefined][] {
  return [[`${at}/peers`, rule.peers], ...ALL_TOPICS.map((topic): [string, PeerConditions | undefined] => [`${at}/${topic}/origin`, rule[topic]?.origin])];
}

/** The names that a policy speaks of. */
export function namesIn(policy: Policy): Record<Named, Set<string>> {
  const names: Record<Named, Set<string>> = { harm: new Set(), scheme: new Set(), group: new Set(), member: new Set(), feed: new Set(), incident: new Set(), exercise: new Set() };
  for (const [index, rule] of policy.rules.entries()) for (const { kind, name } of referencesOf(rule, `/rules/${index}`)) names[kind].add(name);
  return names;
}

function listed(pointer: string, kind: Named, condition: object | undefined): Reference[] {
  return Object.entries(condition ?? {}).flatMap(([operator, names]) => (names as string[]).map((name, index) => ({ pointer: `${pointer}/${operator}/${index}`, kind, name })));
}
