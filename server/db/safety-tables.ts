import type { Generated } from 'kysely';
import type { EmergencyContent } from '../emergencies/emergencies.ts';
import type { MessageObject } from '../policy/object.ts';
import type { ContactVisibility, EmergencyOutcome, NewContact, NewReferral, ReferredContent, ReferredReportContent } from '../../schemas/types.ts';
import type { Json } from './columns.ts';

/** Whom to call at a member, by a name of the member's. */
export interface ContactTable {
  owner: string;
  name: string;
  doc: Json<StoredContact>;
  /** When its owner confirmed it as it stands. */
  verified_at: number | null;
}

/** A contact in normal form: its visibility is always said. */
export type StoredContact = NewContact & { visibility: ContactVisibility };

/** The register of what members referred to authorities. Append-only. */
export interface ReferralTable {
  id: string;
  at: number;
  /** Who refers, and to whom: members' numbers. */
  member: number;
  authority: number;
  expires_at: number;
  /** How many signals and reports were referred. */
  objects: number;
  doc: Json<ReferralDocument>;
}

/** What a referral says beside its columns. */
export type ReferralDocument = Pick<NewReferral, 'basis' | 'legal_basis' | 'reference' | 'circumstances' | 'fields'>;

/** What was referred. Append-only. `hash` is BLAKE3 of what is in scope. */
export interface ReferralObjectTable {
  referral_id: string;
  n: number;
  signal_id: string;
  version: number;
  hash: Uint8Array;
}

/** Which reports were referred, after the signals. Append-only. */
export interface ReferralReportTable {
  referral_id: string;
  n: number;
  report_id: string;
  version: number;
  hash: Uint8Array;
}

/** What became of a referral. Append-only. */
export interface ReferralEventTable {
  id: Generated<number>;
  referral_id: string;
  at: number;
  kind: 'read' | 'ended';
  client: string;
}

/** What is in scope, as it was when it was referred; dropped when the referral is over. */
export interface ReferralCopyTable {
  referral_id: string;
  n: number;
  until: number;
  content: Json<ReferredContent | ReferredReportContent>;
}

/** Keeps what signals and reports say past retention. */
export interface HoldTable {
  id: string;
  at: number;
  member: number;
  reference: string;
  until: number;
  released_at: number | null;
  /** It is over, and what was due by then has been purged. */
  swept: boolean;
}

export interface HoldSignalTable {
  hold_id: string;
  signal_id: string;
}

export interface HoldReportTable {
  hold_id: string;
  report_id: string;
}

/** Reports of imminent harm. */
export interface EmergencyTable {
  id: string;
  at: number;
  origin: number;
  /** It is shown until then. */
  until: number;
  /** Milliseconds within which somebody is to acknowledge it. */
  respond_within: number;
  object: Json<MessageObject>;
  content: Json<EmergencyContent>;
  closed_at: number | null;
  outcome: EmergencyOutcome | null;
}

/** That a member was shown an emergency, or acknowledged it: the first time. Written before the bytes leave. */
export interface EmergencyEventTable {
  emergency_id: string;
  member: number;
  kind: 'shown' | 'acknowledged';
  at: number;
  client: string;
}
