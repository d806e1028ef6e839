import type { ColumnType, Generated } from 'kysely';
import type { Exception } from '../feeds/ahead.ts';
import type { ReplicaState } from '../feeds/cursor.ts';
import type { EmergencyContent } from '../emergencies/emergencies.ts';
import type { MessageContent } from '../messages/content.ts';
import type { MessageObject, PolicyObject } from '../policy/object.ts';
import type { Measures } from '../policy/world.ts';
import type { Dimension } from '../trends/tables.ts';
import type { ContactVisibility, Dispute, DisputeVerdict, EmergencyOutcome, MessageKind, NewContact, NewReferral, NewReport, NewSignal, NewTopic, PartKind, Policy, ReferredContent, ReferredReportContent, ReportReview, RetractionReason, Verdict, WithdrawalReason } from '../../schemas/types.ts';

/** JSON that is written as text and read as data. */
type Json<T> = ColumnType<T, string, string>;

/** Instants are milliseconds since the epoch, as bigint, everywhere. */
export interface Tables {
  head: HeadTable;
  world_entry: WorldEntryTable;
  policy_version: PolicyVersionTable;
  visibility_class: VisibilityClassTable;
  indicator: IndicatorTable;
  signal_indicator: SignalIndicatorTable;
  signal: SignalTable;
  change_log: ChangeLogTable;
  class_sum: ClassSumTable;
  batch: BatchTable;
  batch_range: BatchRangeTable;
  sync_seen: SyncSeenTable;
  usage: UsageTable;
  disclosure: DisclosureTable;
  pull: PullTable;
  assertion: AssertionTable;
  audit: AuditTable;
  report: ReportTable;
  report_version: ReportVersionTable;
  report_part: ReportPartTable;
  report_link: ReportLinkTable;
  report_disclosure: ReportDisclosureTable;
  contact: ContactTable;
  referral: ReferralTable;
  referral_object: ReferralObjectTable;
  referral_report: ReferralReportTable;
  referral_event: ReferralEventTable;
  referral_copy: ReferralCopyTable;
  hold: HoldTable;
  hold_signal: HoldSignalTable;
  hold_report: HoldReportTable;
  emergency: EmergencyTable;
  emergency_event: EmergencyEventTable;
  trend_week: TrendWeekTable;
  trend_cell: TrendCellTable;
  trend_overlap: TrendOverlapTable;
  message: MessageTable;
  message_disclosure: MessageDisclosureTable;
  topic: TopicTable;
  topic_item: TopicItemTable;
  judgement: JudgementTable;
  dispute_answer: DisputeAnswerTable;
  measuring: MeasuringTable;
  measured_signal: MeasuredSignalTable;
}

/** One row, updated first by every transaction that writes: whoever holds it appends to the log. */
export interface HeadTable {
  one: Generated<boolean>;
  /** The last position given out. */
  position: number;
  /** The greatest instant at which anything was committed. */
  at: number;
  /** The position of the last change of the world. */
  world: number;
  /** Up to this position the log was pruned: what signals said before their changes is gone. */
  kept: number;
  /** How many visibility classes there are; their ids are 1 to this. */
  classes: number;
  audit_entries: number;
  audit_hash: Uint8Array;
  /** Changes when a backup is restored: cursors of another epoch are void. */
  epoch: string;
}

/** The world as an append-only log of documents; the latest per kind and subject holds. */
export interface WorldEntryTable {
  position: number;
  at: number;
  kind: string;
  subject: string;
  doc: Json<unknown>;
}

export interface PolicyVersionTable {
  id: string;
  version: number;
  doc: Json<Policy>;
  author: string;
  created_at: number;
}

/** Signals that are equal in all that the engine reads share a class. */
export interface VisibilityClassTable {
  id: number;
  origin: number;
  key: Uint8Array;
  doc: Json<PolicyObject>;
}

/** `id` is derived from scheme, key, epoch and digest. */
export interface IndicatorTable {
  id: string;
  scheme: string;
  key: string;
  epoch: number;
  digest: Uint8Array;
}

export interface SignalIndicatorTable {
  indicator_id: string;
  signal_id: string;
}

export interface SignalTable {
  id: string;
  /** The origin's member number. */
  origin: number;
  class_id: number;
  /** First acceptance; never changes. */
  accepted_at: number;
  /** Position of the first acceptance. */
  accepted_position: number;
  /** Position of the latest change. */
  position: number;
  version: number;
  active: boolean;
  retraction: RetractionReason | null;
  /** The earlier of valid_until and the end of retention. */
  until: number;
  /** When its origin last changed what it says; null where it never did. */
  changed_at: Generated<number | null>;
  reference: string | null;
  set_name: string;
  /** Empty once the content was purged. */
  content_hash: Uint8Array;
  /** Null once it was purged. */
  content: ColumnType<NewSignal | null, string, string | null>;
}

/** One row per accepted change of a signal. `prev_*` hold what it was before; null for a first acceptance. */
export interface ChangeLogTable {
  position: number;
  at: number;
  signal_id: string;
  /** The class after the change. */
  class_id: number;
  retracted: boolean;
  prev_class: number | null;
  prev_until: number | null;
  prev_content: ColumnType<NewSignal | null, string | null, string | null>;
  /** The hub's own: what it measured changed the class, and nothing else. */
  measured: Generated<boolean>;
}

/**
 * What the active signals of a class that were accepted on one day and end on one day add up to, modulo 2^128: see the
 * reconciliation digest. Days are counted since the epoch, in UTC. PostgreSQL's numeric, as text.
 */
export interface ClassSumTable {
  class_id: number;
  accepted_day: number;
  until_day: number;
  count: number;
  /** How many of them have a note, observation times, and both. */
  with_note: number;
  with_observed: number;
  with_both: number;
  /** The sum of the ids, read as numbers. */
  ids: string;
  /** Of each id times the instant of acceptance, in milliseconds. */
  accepted: string;
  /** Of each id times the instant of its end, in milliseconds. */
  until: string;
  /** Of each id times the hash of its digests, its observation times and its note. */
  digests: string;
  observed: string;
  note: string;
}

export interface BatchTable {
  id: string;
  /** Where in the log it began. */
  position: number;
  origin: number;
  client: string;
  at: number;
  /** The set that it synchronises, if it does. */
  set_name: string | null;
  undone_at: number | null;
}

/** The positions that a batch wrote, one row per transaction. */
export interface BatchRangeTable {
  batch_id: string;
  first: number;
  last: number;
}

/** What a running synchronisation has mentioned. */
export interface SyncSeenTable {
  batch_id: string;
  signal_id: string;
}

export interface UsageTable {
  origin: number;
  signals: number;
  classes: number;
  /** Signals that belong to exercises: they are not among `signals`. */
  exercise: Generated<number>;
}

/** A single signal read by a viewer. Written before the bytes leave. */
export interface DisclosureTable {
  id: Generated<number>;
  at: number;
  viewer: number;
  signal_id: string;
  version: number;
  world: number;
}

/** A page of a feed given to a viewer: from one state of its replica to the next. Written before the bytes leave. */
export interface PullTable {
  id: Generated<number>;
  at: number;
  viewer: number;
  feed: string;
  state_from: Json<ReplicaState>;
  state_to: Json<ReplicaState>;
  /** Signals of which the replica was told as they were at another position than its own. */
  ahead: Json<[string, Exception][]>;
  items: number;
  /** When the next cursor came back: what was sent has arrived. */
  confirmed_at: number | null;
}

/** Client assertions (private-key JWT) already used. */
export interface AssertionTable {
  client: string;
  jti: string;
  expires_at: number;
}

/** Append-only and hash-chained: hash = BLAKE3(previous hash, entry). */
export interface AuditTable {
  entry: number;
  at: number;
  member: string;
  client: string;
  action: string;
  subject: string;
  detail: Json<unknown>;
  hash: Uint8Array;
}

/** A report: its latest version, and what of it is public. It outlives its content as a tombstone. */
export interface ReportTable {
  id: string;
  origin: number;
  /** The latest version, public or not. */
  version: number;
  /** Where the latest version stands, if it is not public. */
  working: 'draft' | 'in-review' | null;
  public_version: number | null;
  /** First publication; never changes. */
  accepted_at: number | null;
  /** Position of the latest publication, supersession or withdrawal. */
  position: number | null;
  /** The end of the public version: the earlier of its valid_until and the end of retention. */
  until: number | null;
  /** The period that the public version covers. */
  period_from: number | null;
  period_until: number | null;
  superseded_by: string | null;
  withdrawal: ReportRemoval | null;
  withdrawn_position: number | null;
  changed_at: number;
  /** When its content is to be purged. */
  keep_until: number;
  purged_at: number | null;
}

/** Why a report is no more: its origin's reason, or because its origin left. */
export type ReportRemoval = WithdrawalReason | 'origin-left';

/** Every accepted version. Content is null once it is purged; the rest stays, since what replicas hold follows from it. */
export interface ReportVersionTable {
  report_id: string;
  version: number;
  /** The client that wrote it. */
  author: string;
  created_at: number;
  hash: string;
  content: ColumnType<NewReport | null, string, null>;
  reviews: Json<ReportReview[]>;
  /** Of its publication. */
  position: number | null;
  published_at: number | null;
  until: number | null;
  /** The classes of its parts, in order; of a published version. */
  classes: ColumnType<number[] | null, string | null, string | null>;
}

/** The parts of public reports, as their latest public version has them. */
export interface ReportPartTable {
  report_id: string;
  /** 0 is the title. */
  place: number;
  part: PartKind;
  class_id: number;
  /** The class of the report's title. */
  title_class: number;
  /** The report's first publication. */
  accepted_at: number;
  until: number;
  heading: string | null;
  /** Markdown; of the title plain text. */
  text: string;
  /** A text search configuration. Its words follow from these: see the column `search`. */
  language: Generated<string>;
}

/** What a published version points to. */
export interface ReportLinkTable {
  report_id: string;
  version: number;
  kind: 'signal' | 'related' | 'supersedes';
  target: string;
}

/** That a viewer was shown a report, and which view of it: the first time. Written before the bytes leave. */
export interface ReportDisclosureTable {
  viewer: number;
  report_id: string;
  /** The version of the view: a digest. */
  view: string;
  version: number;
  /** The places of the parts that were shown. */
  places: Json<number[]>;
  world: number;
  at: number;
}

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

/** A week of which trends were counted, as the number of its first day since the epoch. Its rows never change. */
export interface TrendWeekTable {
  week: number;
  at: number;
}

/** What can be said of a week; what cannot is not kept. */
export interface TrendCellTable {
  week: number;
  dimension: Dimension;
  value: string;
  signals: number;
  origins: number;
}

/** What a member's own indicators of a week have in common with those of others. */
export interface TrendOverlapTable {
  week: number;
  /** The member's number. */
  origin: number;
  harm: string;
  indicators: number;
  /** By the steps of numbers of others, in tenths. */
  shares: Json<number[]>;
  lag_days: number | null;
}

/** A request for information, an answer or a comment. What it said is forgotten when it is withdrawn. */
export interface MessageTable {
  id: string;
  message: MessageKind;
  origin: number;
  class_id: number;
  /** The request that it answers, the report that it comments on. */
  about: string | null;
  accepted_at: number;
  /** The earlier of valid_until and the end of retention. */
  until: number;
  /** A request that is not open takes no more answers. */
  open: boolean;
  withdrawn_at: number | null;
  hash: string;
  content: ColumnType<MessageContent | null, string, null>;
}

/** That a viewer was shown a message, and which view of it: the first time. Written before the bytes leave. */
export interface MessageDisclosureTable {
  viewer: number;
  message_id: string;
  /** A digest of the view. */
  view: string;
  world: number;
  at: number;
}

/** What a member wants to hear of. Answers with its news are numbered: up to `acknowledged` they have arrived. */
export interface TopicTable {
  id: string;
  member: number;
  doc: Json<NewTopic>;
  created_at: number;
  acknowledged: number;
  offered: number;
}

/** What was brought under a topic: a report, a request or a week, and in which answer. */
export interface TopicItemTable {
  topic_id: string;
  item: string;
  page: number;
}

/** What a member finds of another's signal. */
export interface JudgementTable {
  member: number;
  signal_id: string;
  /** The signal's. */
  origin: number;
  verdict: Verdict;
  at: number;
}

/** The origin's latest answer to those who find a signal of it wrong: to what was said by then, of this version. */
export interface DisputeAnswerTable {
  signal_id: string;
  answer: DisputeVerdict;
  version: number;
  at: number;
}

/** A day at whose beginning it was measured, counted since the epoch. */
export interface MeasuringTable {
  day: number;
  at: number;
  /** What was measured of members, by id. */
  members: Json<Record<string, Measures>>;
  /** It is in the world, as far as it differed. */
  written: boolean;
}

/** What was measured of a signal that is to move to another class. */
export interface MeasuredSignalTable {
  signal_id: string;
  corroboration: number;
  dispute: Dispute;
}
