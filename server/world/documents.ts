import type { FeedDocument, Jurisdiction, MemberKind, Policy, ProposalState, ProposedAct, Responders, Severity, Trust } from '../../schemas/types.ts';
import type { Measures } from '../policy/world.ts';

/** A member as the hub keeps it. */
export interface MemberDocument {
  id: string;
  /** A small integer that stands for the member in large tables. */
  number: number;
  title: string;
  kind: MemberKind;
  status: 'active' | 'suspended' | 'left';
  trust: Trust;
  jurisdictions: Jurisdiction[];
  agreements: { id: string; version?: number; from: string; until?: string }[];
  created_at: number;
}

/** A group and its members. */
export interface GroupDocument {
  id: string;
  title: string;
  members: string[];
  deleted?: boolean;
}

/** A way for a client to prove who it is. */
export type Credential =
  | { id: string; kind: 'secret'; hash: string; created_at: number; expires_at?: number }
  | { id: string; kind: 'key'; jwk: { kty: string; crv?: string; x?: string; [name: string]: unknown }; created_at: number; expires_at?: number };

/** A machine of a member. */
export interface ClientDocument {
  id: string;
  member: string;
  title: string;
  scopes: string[];
  credentials: Credential[];
  revoked: boolean;
  created_at: number;
}

/** A policy version put into force. `policy` is null where the owner withdrew its policy. */
export interface ActivationDocument {
  owner: string;
  version: number;
  effective: number;
  policy: Policy | null;
}

/** Whether it takes two clients of the owner to put a policy of it into force. */
export interface ApprovalDocument {
  owner: string;
  required: boolean;
}

/** The owner's latest proposal: the version that it would put into force (0 for none), and from when on, if not at once. */
export interface ProposalDocument {
  id: string;
  owner: string;
  act: ProposedAct;
  policy: string | null;
  version: number;
  effective: number | null;
  state: ProposalState;
  by: string;
  at: number;
}

/** A key that signs tokens. `sealed` is the private key, sealed at rest. */
export interface SigningKeyDocument {
  kid: string;
  jwk: { kty: string; crv: string; x: string };
  sealed: string;
  created_at: number;
  /** It no longer signs; its tokens are accepted until `expires_at`. */
  retired_at?: number;
  expires_at?: number;
}

/** One epoch of a digest key. `owner` is `hub` or a group. */
export interface DigestKeyDocument {
  owner: string;
  epoch: number;
  sealed: string;
  created_at: number;
  /** New digests under it are accepted until then; undefined while it is the current epoch. */
  accepted_until?: number;
}

/** An incident, declared by the operator. */
export interface IncidentDocument {
  id: string;
  title: string;
  severity: Severity;
  harms: string[];
  responders: Responders;
  announced: boolean;
  /** When it was or is open: from `from` (included) to `until` (excluded), in order. Only the last can be without end, or end later. */
  periods: { from: number; until?: number; by: string }[];
}

/** An exercise, declared by the operator: from `from` (included) to `until` (excluded). Neither changes. */
export interface ExerciseDocument {
  id: string;
  title: string;
  participants: Responders;
  from: number;
  until: number;
}

/** That a member is subscribed to a feed since an instant, or was. */
export interface SubscriptionDocument {
  member: string;
  feed: string;
  at: number;
  ended?: boolean;
}

/** What the hub measured of members, by id, at the last of its fixed instants. */
export interface MeasuresDocument {
  members: Record<string, Measures>;
}

/** What a world entry of each kind holds. */
export interface Documents {
  member: MemberDocument;
  group: GroupDocument;
  client: ClientDocument;
  activation: ActivationDocument;
  approval: ApprovalDocument;
  proposal: ProposalDocument;
  feed: FeedDocument & { deleted?: boolean };
  incident: IncidentDocument;
  exercise: ExerciseDocument;
  subscription: SubscriptionDocument;
  measures: MeasuresDocument;
  'signing-key': SigningKeyDocument;
  'digest-key': DigestKeyDocument;
}

export type Kind = keyof Documents;

/** A change of the world, to be appended. */
export type Entry = { [K in Kind]: { kind: K; subject: string; doc: Documents[K] } }[Kind];
