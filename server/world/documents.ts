import type { FeedDocument, Jurisdiction, MemberKind, Policy, Trust } from '../../schemas/types.ts';

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
  agreements: { id: string; from: string; until?: string }[];
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

/** What a world entry of each kind holds. */
export interface Documents {
  member: MemberDocument;
  group: GroupDocument;
  client: ClientDocument;
  activation: ActivationDocument;
  feed: FeedDocument & { deleted?: boolean };
  'signing-key': SigningKeyDocument;
  'digest-key': DigestKeyDocument;
}

export type Kind = keyof Documents;

/** A change of the world, to be appended. */
export type Entry = { [K in Kind]: { kind: K; subject: string; doc: Documents[K] } }[Kind];
