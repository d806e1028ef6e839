import type { Agreement, MemberChange, MemberView, NewMember, Place } from '../../schemas/types.ts';
import { instant } from '../policy/time.ts';
import { Problem, problemAt } from '../problems.ts';
import type { Entry, MemberDocument } from '../world/documents.ts';
import { OPERATOR, groupsOf, memberOf, type HubWorld } from '../world/state.ts';
import type { Change } from '../world/store.ts';

/** A member as the operator and the member itself see it. */
export function memberView(member: MemberDocument, groups: readonly string[]): MemberView {
  const { id, title, kind, jurisdictions, status, trust, agreements } = member;
  return { id, title, kind, jurisdictions, status, trust, agreements, groups: groups.toSorted() };
}

/** A member as other members see it. */
export function publicView({ id, title, kind, jurisdictions }: MemberDocument): MemberView {
  return { id, title, kind, jurisdictions };
}

/** What the operator, or a member, sees of all members, by id. */
export function visibleMembers(world: HubWorld, operator: boolean): MemberView[] {
  const sorted = [...world.members.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  if (operator) return sorted.map((member) => memberView(member, groupsOf(world, member.id)));
  return sorted.filter((member) => member.status === 'active').map(publicView);
}

/** What the operator, or a member, sees of one member. @throws Problem not-found */
export function visibleMember(world: HubWorld, operator: boolean, id: string): MemberView {
  const member = memberOf(world, id);
  if (operator) return memberView(member, groupsOf(world, id));
  if (member.status !== 'active') throw new Problem('not-found');
  return publicView(member);
}

/**
 * Adds a member under an id that was never a member's or a group's: ids name the owners of policies and digest keys for ever.
 * @throws Problem already-exists, invalid-times
 */
export function addMember(world: HubWorld, at: number, { id, title, kind, trust, jurisdictions, agreements }: NewMember): Change<MemberView> {
  if (world.members.has(id) || isGroupName(world, id)) throw problemAt('already-exists', '/id', 'is or was the id of a member or group');
  checkAgreements(agreements);
  const number = Math.max(0, ...world.numbers.keys()) + 1;
  const member: MemberDocument = { id, number, title, kind, status: 'active', trust: trust ?? 'unverified', jurisdictions: jurisdictions ?? [], agreements: agreements ?? [], created_at: at };
  return { entries: [memberEntry(member)], deeds: [{ action: 'add-member', subject: id, detail: { kind, trust: member.trust } }], result: memberView(member, []) };
}

/** Changes what the operator says of a member. @throws Problem not-found, conflict (it left), invalid-times */
export function changeMember(world: HubWorld, id: string, change: MemberChange): Change<MemberView> {
  const member = presentMember(world, id);
  checkAgreements(change.agreements);
  const changed = { ...member, ...change };
  return { entries: [memberEntry(changed)], deeds: [{ action: 'change-member', subject: id, detail: change }], result: memberView(changed, groupsOf(world, id)) };
}

/**
 * Suspends a member, or lets it take part again; doing so twice changes nothing.
 * @throws Problem not-found, conflict (it left, or it is the operator's own)
 */
export function setStatus(world: HubWorld, id: string, status: 'active' | 'suspended'): Change<MemberView> {
  const member = presentMember(world, id);
  if (id === OPERATOR) throw new Problem('conflict');
  const changed = { ...member, status };
  const result = memberView(changed, groupsOf(world, id));
  if (member.status === status) return { entries: [], deeds: [], result };
  return { entries: [memberEntry(changed)], deeds: [{ action: status === 'active' ? 'resume-member' : 'suspend-member', subject: id }], result };
}

/** The member as a world entry. */
export function memberEntry(member: MemberDocument): Entry {
  return { kind: 'member', subject: member.id, doc: member };
}

/** Whether a group has, or had, this id: every group has a digest key, and the keys of deleted groups stay. */
export function isGroupName(world: HubWorld, id: string): boolean {
  return world.groups.has(id) || world.digestKeys.has(id);
}

/** The member, unless it left. @throws Problem not-found, conflict */
export function presentMember(world: HubWorld, id: string): MemberDocument {
  const member = memberOf(world, id);
  if (member.status === 'left') throw new Problem('conflict');
  return member;
}

function checkAgreements(agreements: readonly Agreement[] = []): void {
  const wrong = agreements.flatMap(({ from, until }, index): Place[] => (until !== undefined && instant(until) <= instant(from) ? [{ pointer: `/agreements/${index}/until`, detail: 'must be later than from' }] : []));
  if (wrong.length > 0) throw new Problem('invalid-times', wrong);
}
