import type { Jurisdiction, MemberKind, Policy, SignalConditions, Terms, Trust, PeerConditions } from '../../schemas/types.ts';
import type { Instant } from './time.ts';

/** An agreement that a member has accepted, in force from `from` (included) to `until` (excluded). */
export interface AcceptedAgreement {
  id: string;
  from: Instant;
  until?: Instant;
}

/** What the engine knows of a member. */
export interface Member {
  id: string;
  kind: MemberKind;
  status: 'active' | 'suspended' | 'left';
  trust: Trust;
  jurisdictions: readonly Jurisdiction[];
  groups: ReadonlySet<string>;
  agreements: readonly AcceptedAgreement[];
}

/** A policy version and the instant from which it is in force. `policy` is null where its owner withdrew it. */
export interface Activation {
  version: number;
  effective: Instant;
  policy: Policy | null;
}

/** A named selection of signals, and the terms that it adds. Undefined filter: everything. */
export interface Feed {
  id: string;
  /** The member whose signals it offers; undefined for a feed of the hub, which offers everybody's. */
  owner?: string;
  filter?: SignalConditions;
  /** Who may pull it; undefined is every member. */
  peers?: PeerConditions;
  terms?: Terms;
}

/** Everything a decision reads besides the object, the viewer's id and the instant. Immutable. */
export interface World {
  members: ReadonlyMap<string, Member>;
  /** The groups that exist. */
  groups: ReadonlySet<string>;
  /** The member that runs the hub: its policy is the charter. */
  operator: string;
  /** By owner, in order of effective instant, ties by commit. */
  activations: ReadonlyMap<string, readonly Activation[]>;
  feeds: ReadonlyMap<string, Feed>;
}

/** The policy of a member that is in force: the one with the greatest effective instant up to `at`, ties by later commit. */
export function inForce(world: World, owner: string, at: Instant): Activation | undefined {
  const latest = world.activations.get(owner)?.findLast((activation) => activation.effective <= at);
  return latest?.policy ? latest : undefined;
}

/**
 * The instants after which decisions may differ although nothing was written: policies that take effect, windows of rules,
 * agreements that begin or end. In ascending order, without repetition. (A signal's own `not_before` is not among them.)
 */
export function instantsOfChange(world: World, parse: (text: string) => Instant): Instant[] {
  const instants = new Set<Instant>();
  for (const activation of [...world.activations.values()].flat()) {
    instants.add(activation.effective);
    for (const rule of activation.policy?.rules ?? []) {
      if (rule.during?.from) instants.add(parse(rule.during.from));
      if (rule.during?.until) instants.add(parse(rule.during.until));
    }
  }
  for (const agreement of [...world.members.values()].flatMap((member) => member.agreements)) {
    instants.add(agreement.from);
    if (agreement.until !== undefined) instants.add(agreement.until);
  }
  return [...instants].sort((a, b) => a - b);
}
