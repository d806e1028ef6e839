import type { CalendarCause } from '../../schemas/types.ts';
import { instant } from '../policy/time.ts';
import { inForce, instantsOfChange, type Activation, type Member, type World } from '../policy/world.ts';

/** The instants in a stretch of time, its ends excluded, at which something else may be decided about an owner's objects for these members. */
export function momentsOf(world: World, owner: string, members: readonly string[], from: number, until: number): number[] {
  const part: World = { ...world, activations: policiesOf(world, owner), members: new Map(members.map((id) => [id, named(world, owner, world.members.get(id)!)])) };
  return instantsOfChange(part, instant).filter((at) => from < at && at < until);
}

/**
 * Why something else is decided at an instant: as far as it is the owner's or the charter's, and, where it
 * makes a difference for peers, incidents that their rules name and agreements of those peers; what else there is, is theirs.
 */
export function causesOf(world: World, owner: string, peers: ReadonlySet<string>, at: number): CalendarCause[] {
  return [
    ...[...policiesOf(world, owner).values()].flat().filter(({ effective }) => effective === at).flatMap((activation) => (latestAt(world, owner, activation) ? [activationCause(world, owner, activation)] : [])),
    ...[world.operator, owner].flatMap((id) => windowCauses(world, id, at)),
    ...(peers.size > 0 ? incidentCauses(world, owner, at) : []),
    ...[...peers, owner].flatMap((id) => agreementCauses(named(world, owner, world.members.get(id)!), at)),
  ];
}

function policiesOf(world: World, owner: string): Map<string, readonly Activation[]> {
  return new Map([world.operator, owner].map((id) => [id, world.activations.get(id) ?? []]));
}

/** Whose activation it is, of the two that matter. */
function ownerOf(world: World, owner: string, activation: Activation): string {
  return world.activations.get(owner)?.includes(activation) ? owner : world.operator;
}

/** Of one instant, only the latest takes effect. */
function latestAt(world: World, owner: string, activation: Activation): boolean {
  return world.activations.get(ownerOf(world, owner, activation))!.findLast(({ effective }) => effective === activation.effective) === activation;
}

function activationCause(world: World, owner: string, activation: Activation): CalendarCause {
  const { policy, version } = activation;
  return { cause: 'policy', member: ownerOf(world, owner, activation), ...(policy ? { policy: policy.id, version } : {}) };
}

function windowCauses(world: World, owner: string, at: number): CalendarCause[] {
  const active = inForce(world, owner, at);
  return (active?.policy?.rules ?? []).flatMap(({ id: rule, during }): CalendarCause[] => {
    const of = { member: owner, policy: active!.policy!.id, version: active!.version, rule };
    return [...(during?.from && instant(during.from) === at ? [{ cause: 'window-opens' as const, ...of }] : []), ...(during?.until && instant(during.until) === at ? [{ cause: 'window-closes' as const, ...of }] : [])];
  });
}

function incidentCauses(world: World, owner: string, at: number): CalendarCause[] {
  const rules = [...new Set([world.operator, owner])].flatMap((id) => inForce(world, id, at)?.policy?.rules ?? []);
  const names = new Set(rules.flatMap(({ incidents, peers }) => [...(incidents?.open ?? []), ...(incidents?.closed ?? []), ...(peers?.responds?.any ?? [])]));
  const of = { member: world.operator };
  return [...names].flatMap((incident) => (world.incidents?.get(incident)?.open ?? []).flatMap(({ from, until }): CalendarCause[] => [
    ...(from === at ? [{ cause: 'incident-opens' as const, ...of, incident }] : []),
    ...(until === at ? [{ cause: 'incident-closes' as const, ...of, incident }] : []),
  ]));
}

function agreementCauses({ id: member, agreements }: Member, at: number): CalendarCause[] {
  return agreements.flatMap(({ id: agreement, from, until }): CalendarCause[] => [
    ...(from === at ? [{ cause: 'agreement-begins' as const, member, agreement }] : []),
    ...(until === at ? [{ cause: 'agreement-ends' as const, member, agreement }] : []),
  ]);
}

/** The member with those agreements alone that rules of the owner or of the charter name. */
function named(world: World, owner: string, member: Member): Member {
  const text = JSON.stringify([...policiesOf(world, owner).values()].flat().map(({ policy }) => policy));
  return { ...member, agreements: member.agreements.filter(({ id }) => text.includes(`"${id}"`) || text.includes(`"${id}@`)) };
}
