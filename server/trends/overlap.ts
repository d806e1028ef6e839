import { sql } from 'kysely';
import { unnest, type Tx } from '../db/database.ts';
import { DAY } from '../signals/sums.ts';
import { LIMITS } from './suppress.ts';
import { closeOf, startOf, type Week } from './week.ts';

/** Indicators below which nothing is said of a harm: few could be single ones, posted to find out about them. */
const FEW = 20;

/** Of a member's own indicators of one harm: how many there are, and how many of them others know. */
export interface Overlap {
  origin: number;
  harm: string;
  indicators: number;
  /** By `STEPS`: how many of them at least so many others assert. */
  known: number[];
  /** Of those that at least the first step of others assert, the median of the milliseconds by which somebody was earlier. */
  lag: number | null;
}

/** How many others must assert an indicator to be told of: the first is the least number of origins that anything is said of. */
export const STEPS = [LIMITS.origins, 6, 10] as const;

/**
 * What members posted in a week that others assert as well: indicators of signals first accepted in that week, by the top of
 * the harm tree, and the other origins whose signals may be counted and were accepted before its close. Retracted signals, and
 * those that had ended by then, are left out.
 * @param classes every class, with the top of its harm, and whether its signals may be counted
 */
export async function overlapsOf(tx: Tx, classes: readonly { id: number; harm: string; countable: boolean }[], week: Week): Promise<Overlap[]> {
  const [start, close] = [startOf(week), closeOf(week)];
  const { rows } = await sql<Overlap>`with k as materialized (
      select * from ${unnest([
        { type: 'integer', values: classes.map(({ id }) => id) },
        { type: 'text', values: classes.map(({ harm }) => harm) },
        { type: 'boolean', values: classes.map(({ countable }) => countable) },
      ])} k(class_id, harm, countable)
    ), own as materialized (
      select s.origin, k.harm, l.indicator_id, min(s.accepted_at) as accepted_at from k
      join signal s on s.class_id = k.class_id and s.accepted_at >= ${start} and s.accepted_at < ${close} and s.active and s.until >= ${close}
      join signal_indicator l on l.signal_id = s.id group by 1, 2, 3
    ), found as (
      select o.origin, o.harm, o.accepted_at, x.others, x.first from own o cross join lateral (
        select count(distinct s.origin) as others, min(s.accepted_at) as first from signal_indicator l join signal s on s.id = l.signal_id join k on k.class_id = s.class_id and k.countable
        where l.indicator_id = o.indicator_id and s.origin <> o.origin and s.active and s.until >= ${close} and s.accepted_at < ${close}
      ) x
    ) select origin, harm, count(*)::integer as indicators,
      array[${sql.join(STEPS.map((others) => sql`count(*) filter (where others >= ${others})`))}]::integer[] as known,
      percentile_disc(0.5) within group (order by greatest(accepted_at - first, 0)) filter (where others >= ${STEPS[0]}) as lag
    from found group by origin, harm order by origin, harm`.execute(tx);
  return rows;
}

/** What is said of an overlap: shares in tenths, rounded down, by `STEPS`, and whole days. */
export interface SaidOverlap {
  origin: number;
  harm: string;
  indicators: number;
  shares: number[];
  lag_days: number | null;
}

/** What of overlaps can be said: coarse, and of many indicators together only. */
export function sayOverlaps(overlaps: readonly Overlap[]): SaidOverlap[] {
  return overlaps
    .filter(({ indicators }) => indicators >= FEW)
    .map(({ origin, harm, indicators, known, lag }) => ({
      origin,
      harm,
      indicators,
      shares: known.map((some) => Math.floor((some * 10) / indicators) / 10),
      lag_days: lag === null || known[0]! < FEW ? null : Math.floor(lag / DAY),
    }));
}
