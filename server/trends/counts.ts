import { sql } from 'kysely';
import { unnest, type Tx } from '../db/database.ts';
import { closeOf, startOf, weekAfter, type Week } from './week.ts';

/** How many signals of a class were accepted in a week and stood at its close. */
export interface ClassCount {
  classId: number;
  signals: number;
}

/**
 * Counts the signals of some classes that were first accepted in a week, and were neither retracted nor at an end at its close.
 * They are counted as they stood then, whenever this runs: the sums that are kept by class say how things are now, and what the
 * log says since the close is taken back. The transaction must see everything that was written before the close.
 */
export async function countAtClose(tx: Tx, classes: readonly number[], week: Week): Promise<ClassCount[]> {
  const [start, close] = [startOf(week), closeOf(week)];
  const { rows } = await sql<ClassCount>`with k as materialized (
      select * from ${unnest([{ type: 'integer', values: classes }])} k(class_id)
    ), later as (
      select distinct on (signal_id) signal_id, prev_class, prev_until from change_log
      where position > coalesce((select position from change_log where at < ${close} order by position desc limit 1), 0) and prev_class is not null
      order by signal_id, position
    ), changed as (
      select l.prev_class, l.prev_until, s.class_id, s.active, s.until from later l join signal s on s.id = l.signal_id where s.accepted_at >= ${start} and s.accepted_at < ${close}
    ), counted as (
      select k.class_id, b.signals from k cross join lateral (
        select sum(count) as signals from class_sum where class_id = k.class_id and accepted_day >= ${week} and accepted_day < ${weekAfter(week)} and until_day >= ${weekAfter(week)}
      ) b
      union all select class_id, -1 from changed where active and until >= ${close}
      union all select prev_class, 1 from changed where prev_until >= ${close}
    ) select class_id as "classId", sum(signals)::bigint as signals from counted join k using (class_id) group by class_id having sum(signals) > 0 order by class_id`.execute(tx);
  return rows;
}
