import { sql } from 'kysely';
import type { RetractionReason } from '../../schemas/types.ts';
import { arrayText, unnest, type Tx } from '../db/database.ts';
import { LINE_FEED, readLines, type Lines } from '../db/lines.ts';
import type { Key } from './cursor.ts';
import type { Reach } from './entitlements.ts';
import type { Look } from './look.ts';
import { CHANGE, LOOK_COLUMNS, WITH_BODY, idsIn, lookValues } from './view.ts';

/** A row of the log together with the signal as it is now. `prev_*` are null for a first acceptance. */
export interface LogRow {
  id: string;
  class_id: number;
  accepted_at: number;
  until: number;
  position: number;
  /** The position of the signal's latest change. */
  latest: number;
  accepted_position: number;
  active: boolean;
  retraction: RetractionReason | null;
  prev_class: number | null;
  prev_until: number | null;
}

/** What a signal was before a change. */
export type Before = Pick<LogRow, 'id' | 'position' | 'prev_class' | 'prev_until'>;

/** Classes as a set of bits that the database can test. */
export function classMask(count: number, has: (classId: number) => boolean): Buffer {
  const mask = Buffer.alloc((count >> 3) + 1);
  for (let classId = 1; classId <= count; classId += 1) if (has(classId)) mask[classId >> 3]! |= 1 << (classId & 7);
  return mask;
}

/** The log after `from` up to `to`, in order: changes from or to a class of the mask, and every retraction. */
export async function readLog(tx: Tx, from: number, to: number, mask: Buffer, limit: number): Promise<LogRow[]> {
  const touched = (column: string) => sql`get_bit(m.mask, ${sql.ref(column)}::bigint) = 1`;
  const rows = await sql<LogRow>`select s.id, s.class_id, s.accepted_at, s.until, c.position, s.position as latest, s.accepted_position, s.active, s.retraction, c.prev_class, c.prev_until
    from (
      select c.* from change_log c cross join (select decode(${mask.toString('hex')}, 'hex') as mask offset 0) m where c.position > ${from} and c.position <= ${to}
        and (c.retracted or ${touched('c.class_id')} or (c.prev_class is not null and ${touched('c.prev_class')})) order by c.position limit ${limit}
    ) c cross join lateral (select * from signal where id = c.signal_id limit 1) s order by c.position`.execute(tx);
  return rows.rows;
}

/** Retractions after `from` up to `to`, in order. */
export async function readRetractions(tx: Tx, from: number, to: number, limit: number): Promise<LogRow[]> {
  const rows = await sql<LogRow>`select s.id, s.class_id, s.accepted_at, s.until, c.position, s.position as latest, s.accepted_position, s.active, s.retraction, c.prev_class, c.prev_until
    from change_log c join signal s on s.id = c.signal_id where c.position > ${from} and c.position <= ${to} and c.retracted order by c.position limit ${limit}`.execute(tx);
  return rows.rows;
}

/** Where those of some signals stand that are active. */
export async function readPlaces(tx: Tx, ids: readonly string[]): Promise<Pick<LogRow, 'id' | 'class_id' | 'accepted_at' | 'until'>[]> {
  if (ids.length === 0) return [];
  return tx.selectFrom('signal').select(['id', 'class_id', 'accepted_at', 'until']).where('id', '=', sql<string>`any(${arrayText(ids)}::uuid[])`).where('active', '=', true).execute();
}

/** What these signals were before each of their changes after `from` up to `to`. */
export async function readHistory(tx: Tx, ids: readonly string[], from: number, to: number): Promise<Before[]> {
  const rows = await sql<Before>`select c.signal_id as id, c.position, c.prev_class, c.prev_until
    from ${unnest([{ type: 'uuid', values: ids }])} k(id) join change_log c on c.signal_id = k.id and c.prev_class is not null
    where c.position > ${from} and c.position <= ${to}`.execute(tx);
  return rows.rows;
}

/** A stretch of the key order, after `from`, up to `to`, both in one class; and how its signals look. */
export interface Stretch {
  from: Key;
  to: Key;
  look: Look;
}

/** Changes of a run of stretches as lines of JSON. */
export interface Block extends Lines {
  /** The key of the last one, where there are more than were wanted. */
  last: Key | undefined;
  /** The signals told of, where that was asked for. */
  ids: string[];
}

/** What a run of stretches is read for. */
export interface Reading {
  /** Signals that have ended by then are passed over. */
  at: number;
  limit: number;
  /** Signals of which the replica was told nothing: it need not be told that they are gone. */
  absent: readonly string[];
  wantIds: boolean;
}

/** The signals of stretches, in key order, as changes: made into JSON and put together by the database. */
export function readSent(tx: Tx, stretches: readonly Stretch[], reading: Reading): Promise<Block> {
  return readBlock(tx, stretches, reading, sql`${CHANGE}`, sql`${WITH_BODY}`);
}

/** The signals of stretches, in key order, as removals. */
export function readRemoved(tx: Tx, stretches: readonly Stretch[], reading: Reading): Promise<Block> {
  return readBlock(tx, stretches, reading, sql`'{"type":"remove","id":"' || s.id || '","reason":"gone"}'`, sql``);
}

async function readBlock(tx: Tx, stretches: readonly Stretch[], { at, limit, absent, wantIds }: Reading, line: ReturnType<typeof sql>, body: ReturnType<typeof sql>): Promise<Block> {
  const without = absent.length > 0 ? sql`and s.id <> all(${arrayText(absent)}::uuid[])` : sql``;
  const lines = await readLines(tx, sql`select ${line} as line from ${stretchColumns(stretches)} cross join lateral (
      select id, accepted_at, until, content from signal s where s.class_id = k.class_id and (s.accepted_at, s.id) > (k.from_at, k.from_id) and (s.accepted_at, s.id) <= (k.to_at, k.to_id)
        and s.active and s.until > ${at} ${without} order by s.accepted_at, s.id limit ${limit + 1}
    ) s ${body} limit ${limit + 1}`);
  const more = lines.count > limit;
  const kept = more ? withoutLast(lines) : lines;
  const ids = wantIds ? kept.pieces.flatMap((piece) => idsIn(piece.toString())) : [];
  return { ...kept, ids, last: more ? await keyOf(tx, lastId(kept)) : undefined };
}

/** The last line told that there are more. */
function withoutLast({ pieces, count }: Lines): Lines {
  const last = pieces.at(-1)!;
  const rest = last.subarray(0, last.lastIndexOf(LINE_FEED, -2) + 1);
  return { pieces: [...pieces.slice(0, -1), ...(rest.length > 0 ? [rest] : [])], count: count - 1 };
}

/** The id in the last of some lines. */
function lastId({ pieces }: Lines): string {
  const piece = pieces.at(-1)!;
  return idsIn(piece.toString('utf8', piece.lastIndexOf(LINE_FEED, -2) + 1))[0]!;
}

/** Lines come in key order, so the last of them tells how far they go. */
async function keyOf(tx: Tx, id: string): Promise<Key> {
  const { class_id: classId, accepted_at: acceptedAt } = await tx.selectFrom('signal').select(['class_id', 'accepted_at']).where('id', '=', id).executeTakeFirstOrThrow();
  return { classId, acceptedAt, id };
}

/** A signal of the n-th of some stretches. */
export interface SignalKey {
  n: number;
  id: string;
  accepted_at: number;
  until: number;
}

/** The keys and ends of the signals of stretches, in key order. */
export async function readKeys(tx: Tx, stretches: readonly Stretch[], at: number, limit: number): Promise<SignalKey[]> {
  const rows = await sql<SignalKey>`select k.n, s.id, s.accepted_at, s.until from ${stretchColumns(stretches)} cross join lateral (
      select id, accepted_at, until from signal s where s.class_id = k.class_id and (s.accepted_at, s.id) > (k.from_at, k.from_id) and (s.accepted_at, s.id) <= (k.to_at, k.to_id)
        and s.active and s.until > ${at} order by s.accepted_at, s.id limit ${limit + 1}
    ) s limit ${limit}`.execute(tx);
  return rows.rows;
}

/** Signals of a class accepted after `lo` and not after `hi`. */
export interface ClassReach extends Reach {
  classId: number;
}

/** Whether there are any active signals in these, which have not ended by then. */
export async function anyShown(tx: Tx, reaches: readonly ClassReach[], at: number): Promise<boolean> {
  if (reaches.length === 0) return false;
  const columns = unnest([
    { type: 'integer', values: reaches.map((reach) => reach.classId) },
    { type: 'bigint', values: reaches.map((reach) => reach.lo) },
    { type: 'bigint', values: reaches.map((reach) => reach.hi) },
  ]);
  const found = await sql<{ shown: boolean }>`select exists (select 1 from ${columns} k(class_id, lo, hi) cross join lateral (
      select 1 from signal s where s.class_id = k.class_id and s.accepted_at > k.lo and s.accepted_at <= k.hi and s.active and s.until > ${at} limit 1
    ) s) as shown`.execute(tx);
  return found.rows[0]!.shown;
}

function stretchColumns(stretches: readonly Stretch[]) {
  const columns = unnest([
    { type: 'integer', values: stretches.map((_, n) => n) },
    { type: 'integer', values: stretches.map((s) => s.to.classId) },
    { type: 'bigint', values: stretches.map((s) => s.from.acceptedAt) },
    { type: 'uuid', values: stretches.map((s) => s.from.id) },
    { type: 'bigint', values: stretches.map((s) => s.to.acceptedAt) },
    { type: 'uuid', values: stretches.map((s) => s.to.id) },
    ...lookValues(stretches.map((s) => s.look)),
  ]);
  return sql`${columns} k(n, class_id, from_at, from_id, to_at, to_id, ${LOOK_COLUMNS})`;
}
