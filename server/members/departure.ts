import type { MemberView } from '../../schemas/types.ts';
import { KEY_OVERLAP, rotateDigestKey } from '../digests/keys.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';
import type { Entry } from '../world/documents.ts';
import { OPERATOR, groupsOf, memberOf, type HubWorld } from '../world/state.ts';
import type { Change } from '../world/store.ts';
import { groupEntry } from './groups.ts';
import { memberEntry, memberView } from './members.ts';

/** A member that left. */
export interface Departed {
  member: MemberView;
  number: number;
}

/**
 * Lets a member go: its clients end, it leaves its groups, and every digest key that it had starts a new epoch. A member that
 * left stays as it is, so that an interrupted departure can be asked for again.
 * @throws Problem not-found, conflict (the operator's own member)
 */
export function offBoard(hub: Pick<Hub, 'secrets' | 'random'>, world: HubWorld, at: number, id: string, signals: string): Change<Departed> {
  const member = memberOf(world, id);
  if (id === OPERATOR) throw new Problem('conflict');
  const deed = { action: 'off-board-member', subject: id, detail: { signals } };
  if (member.status === 'left') return { entries: [], deeds: signals === 'withdraw' ? [deed] : [], result: { member: memberView(member, []), number: member.number } };
  const left = { ...member, status: 'left' as const };
  const keys = [OPERATOR, ...groupsOf(world, id)].flatMap((owner) => rotateDigestKey(hub, world, owner, at, KEY_OVERLAP));
  const entries = [memberEntry(left), ...withoutClients(world, id), ...withoutMember(world, id), ...keys];
  return { entries, deeds: [deed], result: { member: memberView(left, []), number: member.number } };
}

function withoutClients(world: HubWorld, member: string): Entry[] {
  const clients = [...world.clients.values()].filter((client) => client.member === member && !client.revoked);
  return clients.map((client) => ({ kind: 'client', subject: client.id, doc: { ...client, revoked: true } }));
}

function withoutMember(world: HubWorld, member: string): Entry[] {
  const groups = [...world.groups.values()].filter((group) => group.members.includes(member));
  return groups.map((group) => groupEntry({ ...group, members: group.members.filter((other) => other !== member) }));
}
