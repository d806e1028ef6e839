import { sql } from 'kysely';
import type { NewSignal, RetractionReason } from '../../schemas/types.ts';
import { unnest, type Tx } from '../db/database.ts';
import type { Key } from './cursor.ts';

/** A signal as a pull reads it. */
export interface SignalRow {
  id: string;
  origin: number;
  class_id: number;
  accepted_at: number;
  until: number | null;
  content: NewSignal;
}

/** A row of the log together with the signal as it is now. `prev_*` are null for a first acceptance. */
export interface LogRow extends SignalRow {
  position: number;
  /** The position of the signal's latest change. */
  latest: number;
  accepted_position: number;
  active: boolean;
  retraction: RetractionReason | null;
  prev_class: number | null;
  prev_until: number | null;
  prev_content: NewSignal | null;
}

/** What a signal was before a change. */
export type Before = Pick<LogRow, 'id' | 'position' | 'prev_class' | 'prev_until' | 'prev_content'>;

const SIGNAL = sql<SignalRow>`s.id, s.origin, s.class_id, s.accepted_at, s.until, s.content`;

/** The log after `from` up to `to`, in order. `onlyRetractions` reads nothing else. */
export async function readLog(tx: Tx, from: number, to: number, limit: number, onlyRetractions: boolean): Promise<LogRow[]> {
  const rows = await sql<LogRow>`select ${SIGNAL}, c.position, s.position as latest, s.accepted_position, s.active, s.retraction, c.prev_class, c.prev_until, c.prev_content
    from change_log c join signal s on s.id = c.signal_id
    where c.position > ${from} and c.position <= ${to} ${onlyRetractions ? sql`and c.retracted` : sql``} order by c.position limit ${limit}`.execute(tx);
  return rows.rows;
}

/** What these signals were before each of their changes after `from` up to `to`. */
export async function readHistory(tx: Tx, ids: readonly string[], from: number, to: number): Promise<Before[]> {
  const rows = await sql<Before>`select c.signal_id as id, c.position, c.prev_class, c.prev_until, c.prev_content
    from ${unnest([{ type: 'uuid', values: ids }])} k(id) join change_log c on c.signal_id = k.id and c.prev_class is not null
    where c.position > ${from} and c.position <= ${to}`.execute(tx);
  return rows.rows;
}

/** A stretch of the key order: after `from`, up to `to`, both in one class. */
export interface Stretch {
  action: 'send' | 'remove';
  from: Key;
  to: Key;
}

/** The active signals of stretches, in key order. */
export async function readStretches(tx: Tx, stretches: readonly Stretch[], at: number, limit: number): Promise<(SignalRow & { n: number })[]> {
  const columns = unnest([
    { type: 'integer', values: stretches.map((s) => s.to.classId) },
    { type: 'bigint', values: stretches.map((s) => s.from.acceptedAt) },
    { type: 'uuid', values: stretches.map((s) => s.from.id) },
    { type: 'bigint', values: stretches.map((s) => s.to.acceptedAt) },
    { type: 'uuid', values: stretches.map((s) => s.to.id) },
    { type: 'integer', values: stretches.map((_, n) => n) },
  ]);
  const rows = await sql<SignalRow & { n: number }>`select k.n, ${SIGNAL} from ${columns} k(class_id, from_at, from_id, to_at, to_id, n)
    cross join lateral (
      select * from signal s where s.class_id = k.class_id and (s.accepted_at, s.id) > (k.from_at, k.from_id) and (s.accepted_at, s.id) <= (k.to_at, k.to_id)
        and s.active and (s.until is null or s.until > ${at}) order by s.accepted_at, s.id limit ${limit}
    ) s limit ${limit}`.execute(tx);
  return rows.rows;
}
