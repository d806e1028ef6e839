import type { ColumnType, Generated } from 'kysely';
import type { Exception } from '../feeds/ahead.ts';
import type { ReplicaState } from '../feeds/cursor.ts';
import type { PolicyObject } from '../policy/object.ts';
import type { NewSignal, Policy, RetractionReason } from '../../schemas/types.ts';

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
  reference: string | null;
  set_name: string;
  content_hash: Uint8Array;
  content: Json<NewSignal>;
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
