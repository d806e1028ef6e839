import type { GroupChange, GroupView, Place } from '../../schemas/types.ts';
import { KEY_OVERLAP, newDigestKey, rotateDigestKey } from '../digests/keys.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';
import type { Entry, GroupDocument } from '../world/documents.ts';
import type { HubWorld } from '../world/state.ts';
import type { Change } from '../world/store.ts';
import { isGroupName } from './members.ts';

/** The groups that a member is in, or for the operator all, by id. Members see of each other only who is active. */
export function visibleGroups(world: HubWorld, viewer: { member: { id: string }; operator: boolean }): GroupView[] {
  const all = [...world.groups.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  if (viewer.operator) return all.map(groupView);
  const active = (id: string): boolean => world.members.get(id)?.status === 'active';
  return all.filter((group) => group.members.includes(viewer.member.id)).map((group) => groupView({ ...group, members: group.members.filter(active) }));
}

/** What putting a group did. */
export interface PutGroup {
  created: boolean;
  group: GroupView;
}

/**
 * Creates a group with the first epoch of its digest key, or changes it; when a member leaves, a new epoch starts.
 * @throws Problem already-exists (the id is or was another's), invalid-body (unknown members)
 */
export function putGroup(hub: Pick<Hub, 'secrets' | 'random'>, world: HubWorld, at: number, id: string, { title, members }: GroupChange): Change<PutGroup> {
  const before = world.groups.get(id);
  if (!before && (world.members.has(id) || isGroupName(world, id))) throw new Problem('already-exists');
  checkMembers(world, members);
  const group: GroupDocument = { id, title, members };
  const entries = [groupEntry(group), ...keyEntries(hub, world, at, before, group)];
  const deed = { action: before ? 'change-group' : 'add-group', subject: id, detail: { members } };
  return { entries, deeds: [deed], result: { created: !before, group: groupView(group) } };
}

/** Deletes a group: its keys are no longer given out, and its id stays taken. @throws Problem not-found */
export function deleteGroup(world: HubWorld, id: string): Change<undefined> {
  const group = world.groups.get(id);
  if (!group) throw new Problem('not-found');
  return { entries: [groupEntry({ ...group, deleted: true })], deeds: [{ action: 'delete-group', subject: id }], result: undefined };
}

/** The group as a world entry. */
export function groupEntry(group: GroupDocument): Entry {
  return { kind: 'group', subject: group.id, doc: group };
}

function keyEntries(hub: Pick<Hub, 'secrets' | 'random'>, world: HubWorld, at: number, before: GroupDocument | undefined, group: GroupDocument): Entry[] {
  if (!before) return [newDigestKey(hub, world, group.id, at)];
  const someoneLeft = before.members.some((member) => !group.members.includes(member));
  return someoneLeft ? rotateDigestKey(hub, world, group.id, at, KEY_OVERLAP) : [];
}

function checkMembers(world: HubWorld, members: readonly string[]): void {
  const known = (id: string): boolean => (world.members.get(id)?.status ?? 'left') !== 'left';
  const unknown = members.flatMap((id, index): Place[] => (known(id) ? [] : [{ pointer: `/members/${index}`, detail: 'is not a member of this hub' }]));
  if (unknown.length > 0) throw new Problem('invalid-body', unknown);
}

function groupView({ id, title, members }: GroupDocument): GroupView {
  return { id, title, members: members.toSorted() };
}
