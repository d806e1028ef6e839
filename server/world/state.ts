import { respondersOf } from '../incidents/incidents.ts';
import type { Activation, Feed, Incident, Member, World } from '../policy/world.ts';
import { instant } from '../policy/time.ts';
import { Problem } from '../problems.ts';
import type { ClientDocument, DigestKeyDocument, Documents, ExerciseDocument, GroupDocument, IncidentDocument, Kind, MeasuresDocument, MemberDocument, ProposalDocument, SigningKeyDocument, SubscriptionDocument } from './documents.ts';

/** The id of the member that is this hub itself: its clients are the operator's, its policy is the charter. */
export const OPERATOR = 'hub';

/** The world at one position of the log: immutable, so that it can be cached and shared. */
export interface HubWorld {
  /** The position of the last change that it contains. */
  version: number;
  /** What the policy engine reads. */
  policy: World;
  members: ReadonlyMap<string, MemberDocument>;
  numbers: ReadonlyMap<number, MemberDocument>;
  groups: ReadonlyMap<string, GroupDocument>;
  clients: ReadonlyMap<string, ClientDocument>;
  feeds: ReadonlyMap<string, Documents['feed']>;
  incidents: ReadonlyMap<string, IncidentDocument>;
  exercises: ReadonlyMap<string, ExerciseDocument>;
  /** Those that did not end. */
  subscriptions: readonly SubscriptionDocument[];
  measures: MeasuresDocument;
  /** The owners whose policies it takes two clients to put into force. */
  approvals: ReadonlySet<string>;
  /** The latest proposal of each owner. */
  proposals: ReadonlyMap<string, ProposalDocument>;
  signingKeys: readonly SigningKeyDocument[];
  /** By owner, newest epoch first. */
  digestKeys: ReadonlyMap<string, readonly DigestKeyDocument[]>;
}

/** Builds the world from the latest document per kind and subject, in order of position. */
export function buildWorld(version: number, rows: readonly { kind: string; doc: unknown }[]): HubWorld {
  const of = <K extends Kind>(kind: K): Documents[K][] => rows.filter((row) => row.kind === kind).map((row) => row.doc as Documents[K]);
  const members = new Map(of('member').map((member) => [member.id, member]));
  const groups = new Map(of('group').filter((group) => !group.deleted).map((group) => [group.id, group]));
  const subscriptions = of('subscription').filter(({ ended }) => !ended);
  const feeds = new Map(of('feed').filter((feed) => !feed.deleted).map((feed) => [feed.id, feed]));
  const measures = of('measures').at(-1) ?? { members: {} };
  return {
    version,
    members,
    measures,
    numbers: new Map([...members.values()].map((member) => [member.number, member])),
    groups,
    feeds,
    subscriptions,
    exercises: new Map(of('exercise').map((exercise) => [exercise.id, exercise])),
    incidents: new Map(of('incident').map((incident) => [incident.id, incident])),
    clients: new Map(of('client').map((client) => [client.id, client])),
    approvals: new Set(of('approval').filter((approval) => approval.required).map((approval) => approval.owner)),
    proposals: new Map(of('proposal').map((proposal) => [proposal.owner, proposal])),
    signingKeys: of('signing-key'),
    digestKeys: byOwner(of('digest-key').sort((a, b) => b.epoch - a.epoch)),
    policy: {
      members: new Map([...members.values()].map((member) => [member.id, engineMember(member, groups, subscriptions, measures)])),
      groups: new Set(groups.keys()),
      operator: OPERATOR,
      activations: activations(of('activation')),
      feeds: new Map([...feeds.values()].map((feed) => [feed.id, engineFeed(feed)])),
      incidents: new Map(of('incident').map((incident) => [incident.id, engineIncident(incident, groups)])),
    },
  };
}

function engineMember(member: MemberDocument, groups: ReadonlyMap<string, GroupDocument>, subscriptions: readonly SubscriptionDocument[], measures: MeasuresDocument): Member {
  return {
    id: member.id,
    kind: member.kind,
    status: member.status,
    trust: member.trust,
    jurisdictions: member.jurisdictions,
    groups: new Set([...groups.values()].filter((group) => group.members.includes(member.id)).map((group) => group.id)),
    agreements: member.agreements.map(({ id, version, from, until }) => ({ id, ...(version === undefined ? {} : { version }), from: instant(from), ...(until ? { until: instant(until) } : {}) })),
    subscriptions: new Set(subscriptions.filter((subscription) => subscription.member === member.id).map(({ feed }) => feed)),
    ...(measures.members[member.id] ? { measures: measures.members[member.id]! } : {}),
  };
}

function engineIncident({ id, severity, harms, responders, periods }: IncidentDocument, groups: ReadonlyMap<string, GroupDocument>): Incident {
  const open = periods.map(({ from, until }) => ({ from, ...(until === undefined ? {} : { until }) }));
  return { id, severity, harms, open, responders: respondersOf({ groups }, responders) };
}

function engineFeed({ id, filter, peers, terms }: Documents['feed']): Feed {
  const owner = id.includes('/') ? id.split('/')[0] : undefined;
  return { id, ...(owner && owner !== OPERATOR ? { owner } : {}), ...(filter ? { filter } : {}), ...(peers ? { peers } : {}), ...(terms ? { terms } : {}) };
}

/** Rows come in order of position, so a stable sort keeps later commits behind earlier ones of the same instant. */
function activations(documents: readonly Documents['activation'][]): Map<string, Activation[]> {
  const sorted = documents.toSorted((a, b) => a.effective - b.effective);
  return byOwner(sorted);
}

function byOwner<T extends { owner: string }>(items: readonly T[]): Map<string, T[]> {
  const map = new Map<string, T[]>();
  for (const item of items) map.set(item.owner, [...(map.get(item.owner) ?? []), item]);
  return map;
}

/** The member of that id. @throws Problem not-found */
export function memberOf(world: HubWorld, id: string): MemberDocument {
  const member = world.members.get(id);
  if (!member) throw new Problem('not-found');
  return member;
}

/** The groups that a member is in. */
export function groupsOf(world: HubWorld, member: string): string[] {
  return [...(world.policy.members.get(member)?.groups ?? [])];
}
