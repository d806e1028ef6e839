import type { Policy, WhatIf } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import { knownIncidents } from '../incidents/incidents.ts';
import type { Instant } from '../policy/time.ts';
import { isOpen, type Activation, type Member, type World } from '../policy/world.ts';
import { problemAt } from '../problems.ts';
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
    if (change.change === 'open' || change.change === 'close') return withIncident(changed, viewer, change, at, pointer);
    const member = changed.members.get(named(change.member, `${pointer}/member`))!;
    checkNames(viewer, change, pointer);
    return { ...changed, members: new Map([...changed.members, [member.id, happened(member, change, at, pointer)]]) };
  }, world);
}

function named<T>(value: T | undefined, pointer: string): T {
  if (value === undefined) throw problemAt('invalid-body', pointer, 'is missing');
  return value;
}

/** An incident opened or closed. To a member, one that it may not know of does not exist. */
function withIncident(world: World, { world: now, member, operator }: Viewer, { change, incident: id }: WhatIf, at: Instant, pointer: string): World {
  const known = knownIncidents(now, { member, operator }).some((one) => one.id === named(id, `${pointer}/incident`));
  const incident = known ? world.incidents?.get(id!) : undefined;
  if (!incident) throw problemAt('not-found', `${pointer}/incident`);
  if (isOpen(world, incident.id, at) === (change === 'open')) return world;
  const open = change === 'open' ? [...incident.open, { from: at }] : incident.open.map((period) => (period.from <= at && at < (period.until ?? Infinity) ? { ...period, until: at } : period));
  return { ...world, incidents: new Map([...world.incidents!, [incident.id, { ...incident, open }]]) };
}

/** To a member, others that are not active and groups that it is not in do not exist. */
function checkNames(viewer: Viewer, { member, group }: WhatIf, pointer: string): void {
  const status = viewer.world.members.get(member!)?.status;
  if (!(status === 'active' || (viewer.operator && status !== undefined))) throw problemAt('not-found', `${pointer}/member`);
  const groups = viewer.operator ? [...viewer.world.groups.keys()] : groupsOf(viewer.world, viewer.member.id);
  if (group !== undefined && !groups.includes(group)) throw problemAt('not-found', `${pointer}/group`);
}

function happened(member: Member, { change, group, agreement, version, trust }: WhatIf, at: Instant, pointer: string): Member {
  switch (change) {
    case 'join':
      return { ...member, groups: new Set([...member.groups, named(group, `${pointer}/group`)]) };
    case 'leave':
      return { ...member, groups: new Set([...member.groups].filter((id) => id !== named(group, `${pointer}/group`))) };
    case 'accept':
      return { ...member, agreements: [...member.agreements, { id: named(agreement, `${pointer}/agreement`), ...(version === undefined ? {} : { version }), from: at }] };
    case 'end':
      return { ...member, agreements: ended(member, named(agreement, `${pointer}/agreement`), at) };
    case 'trust':
      return { ...member, trust: named(trust, `${pointer}/trust`) };
    case 'suspend':
      return { ...member, status: 'suspended' };
    default:
      return { ...member, status: 'active' };
  }
}

function ended({ agreements }: Member, id: string, at: Instant): Member['agreements'] {
  return agreements.map((agreement) => (agreement.id === id ? { ...agreement, until: Math.min(agreement.until ?? Infinity, at) } : agreement));
}
