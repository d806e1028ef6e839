import { sql, type RawBuilder } from 'kysely';
import { unnest, type Tx } from '../../db/database.ts';
import { FOREVER, reachAt, type Entitlement, type Reach } from '../../feeds/entitlements.ts';
import { reveals, type Sight } from '../view.ts';
import type { Segment } from './cursor.ts';

/** Objects of a class accepted after `lo` and not after `hi`. */
interface ClassRange extends Reach {
  classId: number;
}

/** A stretch of ids: after `from`, up to `upto`, at most so many. */
export interface Stretch {
  viewer: number;
  from: string;
  upto: string;
  limit: number;
}

const ALL: Reach = { lo: -FOREVER, hi: FOREVER };

/**
 * The ids of reports, in their order, of which a replica that holds nothing is to be told: those that are visible, and those that
 * the viewer was shown and that were withdrawn since.
 */
export async function candidatesForNothing(tx: Tx, now: Sight, { viewer, from, upto, limit }: Stretch): Promise<string[]> {
  const visible = now.table.flatMap((entitlement, index): number[] => (entitlement && now.classes[index]?.kind === 'part' && reveals(entitlement.grant, 'text') ? [index + 1] : []));
  const { rows } = await sql<{ id: string }>`select id from (
      (select p.report_id as id from report_part p join report r on r.id = p.report_id
        where p.place = 0 and p.report_id > ${from} and p.report_id <= ${upto} and p.class_id = any(${`{${visible.join(',')}}`}::text::integer[]) and p.until > ${now.at} and r.origin <> ${viewer}
        order by p.report_id limit ${limit})
      union
      (select d.report_id from report_disclosure d join report r on r.id = d.report_id
        where d.viewer = ${viewer} and d.report_id > ${from} and d.report_id <= ${upto} and r.withdrawn_position is not null order by d.report_id limit ${limit})
    ) c order by id limit ${limit}`.execute(tx);
  return rows.map(({ id }) => id);
}

/**
 * The ids of reports, in their order, whose view may differ between a segment's state and the present: those that changed, those
 * of whose parts a class is granted otherwise, was released or ended, and those whose links lead to what changed in such a way.
 */
export async function candidates(tx: Tx, then: Sight, now: Sight, { position }: Segment, { viewer, from, upto, limit }: Stretch): Promise<string[]> {
  const ranges = shifted(then, now);
  const parts = ranges.filter(({ classId }) => now.classes[classId - 1]!.kind === 'part');
  const signals = ranges.filter(({ classId }) => now.classes[classId - 1]!.kind === 'signal');
  const ended = (column: string): RawBuilder<unknown> => sql`${sql.raw(column)} > ${then.at} and ${sql.raw(column)} <= ${now.at}`;
  const { rows } = await sql<{ id: string }>`with own as materialized (
      select id from report where position > ${position}
      union select p.report_id from ${rangeColumns(parts)} join report_part p on p.class_id = k.class_id and p.accepted_at > k.lo and p.accepted_at <= k.hi
      union select id from report where ${ended('until')}
    ), linked as (
      select l.report_id as id from own join report_link l on l.target = own.id and l.kind <> 'signal'
      union select l.target from own join report_link l on l.report_id = own.id and l.kind = 'supersedes'
      union select l.report_id from change_log c join report_link l on l.target = c.signal_id and l.kind = 'signal' where c.position > ${position}
      union select l.report_id from report_link l join signal s on s.id = l.target where l.kind = 'signal' and ${ended('s.until')}
      union select l.report_id from ${rangeColumns(signals)} join signal s on s.class_id = k.class_id and s.accepted_at > k.lo and s.accepted_at <= k.hi join report_link l on l.target = s.id and l.kind = 'signal'
    )
    select r.id from (select id from own union select id from linked) c join report r on r.id = c.id
    where r.origin <> ${viewer} and r.id > ${from} and r.id <= ${upto} order by r.id limit ${limit}`.execute(tx);
  return rows.map(({ id }) => id);
}

/** The stretches of acceptance, by class, in which what is visible under one decision and under the other may not be the same. */
function shifted(then: Sight, now: Sight): ClassRange[] {
  return now.table.flatMap((entitlement, index) => differing(then.table[index], then.at, entitlement, now.at).map((range) => ({ classId: index + 1, ...range })));
}

function differing(before: Entitlement | undefined, then: number, after: Entitlement | undefined, now: number): Reach[] {
  if (before?.key !== after?.key) return [ALL];
  if (!after || (after.grant.windows.length === 0 && after.grant.notBefore === undefined)) return [];
  const [a, b] = [reachAt(after.grant, then), reachAt(after.grant, now)];
  if (!a || !b) return a === b ? [] : [ALL];
  // With one grant both limits only go up. A part's own `released_at` and `visible_until` stay.
  return [{ lo: a.lo, hi: b.lo }, { lo: a.hi, hi: b.hi }].filter(({ lo, hi }) => lo < hi);
}

function rangeColumns(ranges: readonly ClassRange[]) {
  const columns = unnest([
    { type: 'integer', values: ranges.map(({ classId }) => classId) },
    { type: 'bigint', values: ranges.map(({ lo }) => lo) },
    { type: 'bigint', values: ranges.map(({ hi }) => hi) },
  ]);
  return sql`${columns} k(class_id, lo, hi)`;
}
