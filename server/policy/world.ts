import type { Jurisdiction, MeasuredPeriod, MemberKind, Policy, Severity, SignalConditions, Terms, Trust, PeerConditions } from '../../schemas/types.ts';
import type { Instant } from './time.ts';

/** An agreement that a member has accepted, in force from `from` (included) to `until` (excluded). */
export interface AcceptedAgreement {
  id: string;
  /** 1 to 99; undefined is 1. */
  version?: number;
  from: Instant;
  until?: Instant;
}

/**
 * What the hub measured of a member at the last of its fixed instants, each of which is a write of the world. It counts signals
 * that are not retracted, belong to no exercise and may be counted (`countable`). What is undefined is unknown.
 */
export interface Measures {
  /** How many it contributed within the period up to that instant. */
  contributed?: Partial<Record<MeasuredPeriod, number>>;
  /** Of those that others judged, the percentage found good, rounded down; undefined where nobody judged any. */
  foundGood?: Partial<Record<MeasuredPeriod, number>>;
  /** The percentage whose dispute was upheld, rounded up; undefined where it has none. */
  overturned?: number;
  /** The percentage not confirmed for longer than the hub allows, rounded up; undefined where it has none. */
  stale?: number;
}

/** An incident, past ones included. */
export interface Incident {
  id: string;
  /** When it is open: from `from` (included) to `until` (excluded; undefined is until further notice). Opening and closing are writes. */
  open: readonly { from: Instant; until?: Instant }[];
  severity: Severity;
  harms: readonly string[];
  /** Ids of members. */
  responders: ReadonlySet<string>;
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
  /** Ids of the feeds that it is subscribed to; undefined is unknown. */
  subscriptions?: ReadonlySet<string>;
  measures?: Measures;
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
  /** By id; undefined is none. */
  incidents?: ReadonlyMap<string, Incident>;
}

/** The feed of everything that policies share, which always exists. */
export const EVERYTHING = 'all';

/** Whether the incident is open; undefined where there is none of that id. */
export function isOpen(world: World, id: string, at: Instant): boolean | undefined {
  return world.incidents?.get(id)?.open.some(({ from, until = Infinity }) => from <= at && at < until);
}

/** The policy of a member that is in force: the one with the greatest effective instant up to `at`, ties by later commit. */
export function inForce(world: World, owner: string, at: Instant): Activation | undefined {
  const latest = world.activations.get(owner)?.findLast((activation) => activation.effective <= at);
  return latest?.policy ? latest : undefined;
}

/**
 * The instants after which decisions may differ although nothing was written: policies that take effect, windows of rules,
 * agreements that begin or end, incidents that are to open or close. In ascending order, without repetition. (A signal's own `not_before` is not among them.)
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
  const intervals = [...[...world.members.values()].flatMap((member) => member.agreements), ...[...(world.incidents?.values() ?? [])].flatMap((incident) => incident.open)];
  for (const { from, until } of intervals) {
    instants.add(from);
    if (until !== undefined) instants.add(until);
  }
  return [...instants].sort((a, b) => a - b);
}
