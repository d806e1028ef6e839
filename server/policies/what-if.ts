import type { Policy, WhatIf } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import type { Instant } from '../policy/time.ts';
import type { Activation, Member, World } from '../policy/world.ts';
import { problemAt, type Problem } from '../problems.ts';
import { groupsOf } from '../world/state.ts';

/** The world in which this policy of the owner, or none, is in force from the instant on. What is to take effect later still does. */
export function withPolicy(world: World, owner: string, policy: Policy | null, version: number, at: Instant): World {
  const known = world.activations.get(owner) ?? [];
  const candidate: Activation = { version, effective: at, policy };
  const activations = [...known.filter(({ effective }) => effective <= at), candidate, ...known.filter(({ effective }) => effective > at)];
  return { ...world, activations: new Map([...world.activations, [owner, activations]]) };
}

/**
 * The world in which these things have happened.
 * @throws Problem not-found or invalid-body at the change that names what there is not, as far as the viewer may know
 */
export function withChanges(world: World, viewer: Viewer, changes: readonly WhatIf[], at: Instant): World {
  return changes.reduce((changed, change, index) => {
    const pointer = `/changes/${index}`;
    checkNames(viewer, change, pointer);
    const member = changed.members.get(change.member)!;
    return { ...changed, members: new Map([...changed.members, [member.id, happened(member, change, at, pointer)]]) };
  }, world);
}

/** To a member, others that are not active and groups that it is not in do not exist. */
function checkNames(viewer: Viewer, { member, group }: WhatIf, pointer: string): void {
  const status = viewer.world.members.get(member)?.status;
  if (!(status === 'active' || (viewer.operator && status !== undefined))) throw problemAt('not-found', `${pointer}/member`);
  const groups = viewer.operator ? [...viewer.world.groups.keys()] : groupsOf(viewer.world, viewer.member.id);
  if (group !== undefined && !groups.includes(group)) throw problemAt('not-found', `${pointer}/group`);
}

function happened(member: Member, { change, group, agreement, version, trust }: WhatIf, at: Instant, pointer: string): Member {
  const named = <T>(value: T | undefined, name: string): T => value ?? fail(problemAt('invalid-body', `${pointer}/${name}`, 'is missing'));
  switch (change) {
    case 'join':
      return { ...member, groups: new Set([...member.groups, named(group, 'group')]) };
    case 'leave':
      return { ...member, groups: new Set([...member.groups].filter((id) => id !== named(group, 'group'))) };
    case 'accept':
      return { ...member, agreements: [...member.agreements, { id: named(agreement, 'agreement'), ...(version === undefined ? {} : { version }), from: at }] };
    case 'end':
      return { ...member, agreements: ended(member, named(agreement, 'agreement'), at) };
    case 'trust':
      return { ...member, trust: named(trust, 'trust') };
    case 'suspend':
      return { ...member, status: 'suspended' };
    case 'resume':
      return { ...member, status: 'active' };
  }
}

function ended({ agreements }: Member, id: string, at: Instant): Member['agreements'] {
  return agreements.map((agreement) => (agreement.id === id ? { ...agreement, until: Math.min(agreement.until ?? Infinity, at) } : agreement));
}

function fail(problem: Problem): never {
  throw problem;
}
