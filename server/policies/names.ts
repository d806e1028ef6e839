import type { Place, Policy } from '../../schemas/types.ts';
import { knownExercises } from '../exercises/exercises.ts';
import { knownIncidents } from '../incidents/incidents.ts';
import { validatePolicy, type KnownNames } from '../policy/validate.ts';
import { Problem, problemAt } from '../problems.ts';
import { OPERATOR, groupsOf, type HubWorld } from '../world/state.ts';

/**
 * Checks what a schema cannot: that the policy is its owner's, and that it speaks of what there is. To a member, a group that it
 * is not in is as unknown as one that does not exist. Members that are suspended or left may be named: a rule against one must
 * outlast its suspension.
 * @throws Problem invalid-policy with every place
 */
export function checkPolicy(world: HubWorld, owner: string, policy: Policy): void {
  if (!policy.id.startsWith(`${owner}/`)) throw problemAt('invalid-policy', '/id', 'must start with your member’s id and a slash');
  const places = policyFaults(world, owner, policy);
  if (places.length > 0) throw new Problem('invalid-policy', places);
}

/** What is wrong with a policy, as far as its owner may know. */
export function policyFaults(world: HubWorld, owner: string, policy: Policy): Place[] {
  return validatePolicy(policy, namesKnownTo(world, owner));
}

/**
 * The names that exist for an owner of policies: to a member, a group that it is not in does not exist, and neither does another
 * member's feed, or an incident or exercise that it does not know of.
 */
export function namesKnownTo(world: HubWorld, owner: string): KnownNames {
  const operator = owner === OPERATOR;
  const asker = { member: { id: owner }, operator };
  const feeds = [...world.policy.feeds.values()].filter((feed) => operator || feed.owner === undefined || feed.owner === owner);
  const ids = (all: readonly { id: string }[]): Set<string> => new Set(all.map(({ id }) => id));
  return {
    groups: new Set(operator ? world.groups.keys() : groupsOf(world, owner)),
    members: new Set(world.members.keys()),
    feeds: ids(feeds),
    incidents: ids(knownIncidents(world, asker)),
    exercises: ids(knownExercises(world, asker)),
  };
}
