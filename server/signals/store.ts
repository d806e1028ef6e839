import { sql } from 'kysely';
import type { NewSignal, RetractionReason } from '../../schemas/types.ts';
import { arrayText, unnest, type Tx } from '../db/database.ts';
import { indicatorsOf, type Indicator } from './content.ts';
import type { Measured } from './measured.ts';
import { hashesOf, type ContentHashes, type SumChanges, type Summand } from './sums.ts';

/** A signal's row as the writer sees it. */
export interface Stored {
  id: string;
  origin: number;
  class_id: number;
  version: number;
  active: boolean;
  until: number;
  reference: string | null;
  set_name: string;
  hash: string;
  position: number;
  accepted_at: number;
  /** Its content was purged. */
  purged: boolean;
  /** The exercise that it belongs to; of what was purged it is not known. */
  exercise: string | null;
  measured: Measured;
}

/** A row to be written, new or in place of `before`. */
export interface Row {
  id: string;
  origin: number;
  classId: number;
  acceptedAt: number;
  position: number;
  version: number;
  until: number;
  reference: string | null;
  setName: string;
  hash: string;
  json: string;
  hashes: ContentHashes;
  indicators: readonly Indicator[];
}

const MEASURED = sql`(select jsonb_build_object('corroboration', c.doc #> '{attributes,corroboration}', 'dispute', c.doc #> '{attributes,dispute}') from visibility_class c where c.id = s.class_id)`;
const COLUMNS = sql<Stored>`s.id, s.origin, s.class_id, s.version, s.active, s.until, s.reference, s.set_name, encode(s.content_hash, 'hex') as hash, s.position, s.accepted_at, s.content is null as purged, s.content ->> 'exercise' as exercise, ${MEASURED} as measured`;

/** The active signals that have one of these references. */
export async function findByReference(tx: Tx, wanted: readonly { origin: number; set: string; reference: string }[]): Promise<Stored[]> {
  if (wanted.length === 0) return [];
  const keys = unnest([
    { type: 'integer', values: wanted.map((w) => w.origin) },
    { type: 'text', values: wanted.map((w) => w.set) },
    { type: 'text', values: wanted.map((w) => w.reference) },
  ]);
  // A lateral subquery with a limit: the planner cannot turn it into a scan of the whole table.
  const found = await sql<Stored>`select s.* from ${keys} k(origin, set_name, reference) cross join lateral (
      select ${COLUMNS} from signal s where s.origin = k.origin and s.set_name = k.set_name and s.reference = k.reference and s.active and s.reference is not null limit 1
    ) s`.execute(tx);
  return found.rows;
}

/** The signals of these ids, whoever's they are and whatever their state. */
export async function findById(tx: Tx, ids: readonly string[]): Promise<Stored[]> {
  if (ids.length === 0) return [];
  const found = await sql<Stored>`select s.* from ${unnest([{ type: 'uuid', values: ids }])} k(id) cross join lateral (select ${COLUMNS} from signal s where s.id = k.id limit 1) s`.execute(tx);
  return found.rows;
}

/** Writes new signals with their indicators and log rows, in one statement. */
export async function insertSignals(tx: Tx, rows: readonly Row[], at: number, sums: SumChanges): Promise<void> {
  if (rows.length === 0) return;
  for (const row of rows) sums.add(row);
  const links = rows.flatMap((row) => row.indicators.map((indicator) => ({ indicator, signal: row.id })));
  await sql`with r as materialized (
      select * from ${signalColumns(rows)}
    ), i as materialized (
      select * from ${linkColumns(links)}
    ), s as (
      insert into signal (id, origin, class_id, accepted_at, accepted_position, position, version, active, until, reference, set_name, content_hash, content)
      select id, origin, class_id, ${at}::bigint, position, position, 1, true, until, reference, set_name, decode(hash, 'hex'), content from r
    ), l as (
      insert into signal_indicator (indicator_id, signal_id) select id, signal_id from i
    ), c as (
      insert into change_log (position, at, signal_id, class_id, retracted)
      select position, ${at}::bigint, id, class_id, false from r
    )
    insert into indicator (id, scheme, key, epoch, digest)
    select id, scheme, key, epoch, decode(digest, 'hex') from i on conflict do nothing`.execute(tx);
}

/** Replaces the content of signals; what they were before goes into the log. */
export async function updateSignals(tx: Tx, rows: readonly Row[], at: number, sums: SumChanges): Promise<void> {
  if (rows.length === 0) return;
  const before = await logBefore(tx, rows.map(({ id, position, classId }) => ({ id, position, classId, retracted: false })), at);
  for (const row of before) sums.remove(summandOf(row));
  for (const row of rows) sums.add(row);
  await sql`update signal s set class_id = r.class_id, position = r.position, version = s.version + 1, until = r.until,
      reference = r.reference, content_hash = decode(r.hash, 'hex'), content = r.content, changed_at = ${at}::bigint
    from ${signalColumns(rows)} where s.id = r.id`.execute(tx);
  const was = new Map(before.map((row) => [row.id, new Set(indicatorsOf(row.content).map((indicator) => indicator.id))]));
  const links = rows.flatMap((row) => row.indicators.filter((i) => !was.get(row.id)?.has(i.id)).map((indicator) => ({ indicator, signal: row.id })));
  const gone = rows.flatMap((row) => [...(was.get(row.id) ?? [])].filter((id) => !row.indicators.some((i) => i.id === id)).map((id) => ({ id, signal: row.id })));
  if (links.length > 0) await link(tx, links);
  if (gone.length > 0) await unlink(tx, gone);
}

/** Moves signals to other classes because of what was measured of them. What they say, and its version, stay as they are. */
export async function moveSignals(tx: Tx, rows: readonly { id: string; position: number; classId: number }[], at: number, sums: SumChanges): Promise<void> {
  if (rows.length === 0) return;
  const before = await logBefore(tx, rows.map((row) => ({ ...row, retracted: false })), at, true);
  const classes = new Map(rows.map(({ id, classId }) => [id, classId]));
  for (const summand of before.map(summandOf)) {
    sums.remove(summand);
    sums.add({ ...summand, classId: classes.get(summand.id)! });
  }
  await sql`update signal s set position = r.position, class_id = r.class_id
    from ${unnest([{ type: 'uuid', values: rows.map((r) => r.id) }, { type: 'bigint', values: rows.map((r) => r.position) }, { type: 'integer', values: rows.map((r) => r.classId) }])} r(id, position, class_id)
    where s.id = r.id`.execute(tx);
}

/** Takes signals back for good. */
export async function retractSignals(tx: Tx, rows: readonly { id: string; position: number; reason: RetractionReason }[], at: number, sums: SumChanges): Promise<void> {
  if (rows.length === 0) return;
  const before = await logBefore(tx, rows.map(({ id, position }) => ({ id, position, classId: null, retracted: true })), at);
  for (const row of before) sums.remove(summandOf(row));
  await sql`update signal s set active = false, retraction = r.reason, position = r.position, version = s.version + 1
    from ${unnest([{ type: 'uuid', values: rows.map((r) => r.id) }, { type: 'bigint', values: rows.map((r) => r.position) }, { type: 'text', values: rows.map((r) => r.reason) }])} r(id, position, reason)
    where s.id = r.id`.execute(tx);
  await unlink(tx, before.flatMap((row) => indicatorsOf(row.content).map((indicator) => ({ id: indicator.id, signal: row.id }))));
}

interface BeforeRow {
  id: string;
  accepted_at: number;
  prev_class: number;
  prev_until: number;
  /** Null once it was purged. */
  content: NewSignal | null;
}

type Before = BeforeRow & { content: NewSignal };

/**
 * Writes log rows that say what signals are now, before they change. Their class after the change: null for the same.
 * @returns what they were, but for those whose content was purged
 */
async function logBefore(tx: Tx, rows: readonly { id: string; position: number; classId: number | null; retracted: boolean }[], at: number, measured = false): Promise<Before[]> {
  const keys = unnest([
    { type: 'uuid', values: rows.map((r) => r.id) },
    { type: 'bigint', values: rows.map((r) => r.position) },
    { type: 'integer', values: rows.map((r) => r.classId) },
    { type: 'boolean', values: rows.map((r) => r.retracted) },
  ]);
  const logged = await sql<BeforeRow>`with b as materialized (
      select k.position, k.retracted, coalesce(k.class_id, s.class_id) as class_id, s.id, s.accepted_at, s.class_id as prev_class, s.until as prev_until, s.content
      from ${keys} k(id, position, class_id, retracted) join signal s on s.id = k.id
    ), l as (
      insert into change_log (position, at, signal_id, class_id, retracted, prev_class, prev_until, prev_content, measured)
      select position, ${at}::bigint, id, class_id, retracted, prev_class, prev_until, content, ${measured}::boolean from b
    ) select id, accepted_at, prev_class, prev_until, content from b`.execute(tx);
  return logged.rows.filter((row): row is Before => row.content !== null);
}

function summandOf({ id, accepted_at: acceptedAt, prev_class: classId, prev_until: until, content }: Before): Summand {
  return { id, classId, acceptedAt, until, hashes: hashesOf(content) };
}

async function link(tx: Tx, links: readonly { indicator: Indicator; signal: string }[]): Promise<void> {
  await sql`with i as materialized (
      select * from ${linkColumns(links)}
    ), n as (
      insert into indicator (id, scheme, key, epoch, digest) select id, scheme, key, epoch, decode(digest, 'hex') from i on conflict do nothing
    ) insert into signal_indicator (indicator_id, signal_id) select id, signal_id from i on conflict do nothing`.execute(tx);
}

/** Takes indicators off signals. */
export async function unlink(tx: Tx, links: readonly { id: string; signal: string }[]): Promise<void> {
  await sql`delete from signal_indicator l using ${unnest([{ type: 'uuid', values: links.map((l) => l.id) }, { type: 'uuid', values: links.map((l) => l.signal) }])} g(indicator_id, signal_id)
    where l.indicator_id = g.indicator_id and l.signal_id = g.signal_id`.execute(tx);
}

function signalColumns(rows: readonly Row[]) {
  const columns = unnest([
    { type: 'uuid', values: rows.map((r) => r.id) },
    { type: 'integer', values: rows.map((r) => r.origin) },
    { type: 'integer', values: rows.map((r) => r.classId) },
    { type: 'bigint', values: rows.map((r) => r.position) },
    { type: 'bigint', values: rows.map((r) => r.until) },
    { type: 'text', values: rows.map((r) => r.reference) },
    { type: 'text', values: rows.map((r) => r.setName) },
    { type: 'hex', values: rows.map((r) => r.hash) },
  ]);
  // The contents travel as one JSON array: nothing to escape, and parsed once.
  const contents = sql`jsonb_array_elements(${`[${rows.map((r) => r.json).join(',')}]`}::text::jsonb)`;
  return sql`rows from (${columns}, ${contents}) r(id, origin, class_id, position, until, reference, set_name, hash, content)`;
}

function linkColumns(links: readonly { indicator: Indicator; signal: string }[]) {
  const columns = unnest([
    { type: 'uuid', values: links.map((l) => l.signal) },
    { type: 'uuid', values: links.map((l) => l.indicator.id) },
    { type: 'text', values: links.map((l) => l.indicator.scheme) },
    { type: 'text', values: links.map((l) => l.indicator.key) },
    { type: 'integer', values: links.map((l) => l.indicator.epoch) },
    { type: 'hex', values: links.map((l) => l.indicator.digest) },
  ]);
  return sql`${columns} i(signal_id, id, scheme, key, epoch, digest)`;
}

/** How much an origin has: real signals, classes, and signals that belong to exercises. */
export interface Usage {
  signals: number;
  classes: number;
  exercise: number;
}

export const NO_USAGE: Usage = { signals: 0, classes: 0, exercise: 0 };

/** How much origins have. */
export async function readUsage(tx: Tx, origins: readonly number[]): Promise<Map<number, Usage>> {
  const rows = await tx.selectFrom('usage').selectAll().where('origin', '=', sql<number>`any(${arrayText([...origins])}::integer[])`).execute();
  return new Map(rows.map(({ origin, ...usage }) => [origin, usage]));
}

/** Adds to what origins have. */
export async function addUsage(tx: Tx, added: ReadonlyMap<number, Partial<Usage>>): Promise<void> {
  const rows = [...added].filter(([, counts]) => Object.values(counts).some((count) => count !== 0)).map(([origin, counts]) => ({ origin, ...NO_USAGE, ...counts }));
  if (rows.length === 0) return;
  await tx
    .insertInto('usage')
    .values(rows)
    .onConflict((conflict) => conflict.column('origin').doUpdateSet({ signals: sql<number>`usage.signals + excluded.signals`, classes: sql<number>`usage.classes + excluded.classes`, exercise: sql<number>`usage.exercise + excluded.exercise` }))
    .execute();
}
