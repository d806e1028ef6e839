import type { ColumnType, Generated } from 'kysely';
import type { Exception } from '../feeds/ahead.ts';
import type { ReplicaState } from '../feeds/cursor.ts';
import type { PolicyObject } from '../policy/object.ts';
import type { Measures } from '../policy/world.ts';
import type { Dispute, DisputeVerdict, NewSignal, Policy, RetractionReason, Verdict } from '../../schemas/types.ts';
import type { Json } from './columns.ts';
import type { MessageDisclosureTable, MessageTable, ReportDisclosureTable, ReportLinkTable, ReportPartTable, ReportTable, ReportVersionTable, TopicItemTable, TopicTable, TrendCellTable, TrendOverlapTable, TrendWeekTable } from './report-tables.ts';
import type { ContactTable, EmergencyEventTable, EmergencyTable, HoldReportTable, HoldSignalTable, HoldTable, ReferralCopyTable, ReferralEventTable, ReferralObjectTable, ReferralReportTable, ReferralTable } from './safety-tables.ts';

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
