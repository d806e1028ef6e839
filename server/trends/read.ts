import type { OverlapTable, Trends, TrendCell, TrendsQuery } from '../../schemas/types.ts';
import type { Queries } from '../db/database.ts';
import { formatInstant } from '../policy/time.ts';
import { STEPS } from './overlap.ts';
import type { Said } from './tables.ts';
import { closeOf, startOf, weekBefore, type Week } from './week.ts';

/** Weeks whose mean a week is measured against. */
const BASE = 4;

/** The last weeks that were counted, the latest first, with what can be said of each. */
export async function readTrends(db: Queries, { weeks = 12, by }: TrendsQuery): Promise<Trends> {
  const counted = await lastWeeks(db, weeks);
  if (counted.length === 0) return { weeks: [] };
  const rows = await db
    .selectFrom('trend_cell')
    .selectAll()
    .where('week', '>=', weekBefore(counted.at(-1)!, BASE))
    .where('week', '<=', counted[0]!)
    .$if(by !== undefined, (query) => query.where('dimension', '=', by!))
    .orderBy('week')
    .orderBy('dimension')
    .orderBy('value')
    .execute();
  const known = new Map(rows.map((row) => [nameOf(row.week, row), row.signals]));
  return { weeks: counted.map((week) => ({ ...spanOf(week), cells: rows.filter((row) => row.week === week).map((row) => shown(row, week, known)) })) };
}

/** What a member's own indicators of the last weeks have in common with those of others. */
export async function readOverlaps(db: Queries, member: number, { weeks = 12 }: Pick<TrendsQuery, 'weeks'>): Promise<OverlapTable> {
  const counted = await lastWeeks(db, weeks);
  if (counted.length === 0) return { weeks: [] };
  const rows = await db.selectFrom('trend_overlap').selectAll().where('origin', '=', member).where('week', '>=', counted.at(-1)!).where('week', '<=', counted[0]!).orderBy('harm').execute();
  return {
    weeks: counted.map((week) => ({
      ...spanOf(week),
      harms: rows.filter((row) => row.week === week).map(({ harm, indicators, shares, lag_days: lag }) => ({
        harm,
        indicators,
        known: STEPS.map((others, index) => ({ others, share: shares[index]! })),
        ...(lag === null ? {} : { median_lag_days: lag }),
      })),
    })),
  };
}

async function lastWeeks(db: Queries, weeks: number): Promise<Week[]> {
  return (await db.selectFrom('trend_week').select('week').orderBy('week', 'desc').limit(weeks).execute()).map(({ week }) => week);
}

function spanOf(week: Week): { from: string; until: string } {
  return { from: formatInstant(startOf(week)), until: formatInstant(closeOf(week)) };
}

function nameOf(week: Week, { dimension, value }: Pick<Said, 'dimension' | 'value'>): string {
  return `${week} ${dimension} ${value}`;
}

/** Against the mean of the weeks before, where something was said in each of them: of what is said only. */
function shown({ dimension, value, signals, origins }: Said, week: Week, known: ReadonlyMap<string, number>): TrendCell {
  const before = Array.from({ length: BASE }, (_, index) => known.get(nameOf(weekBefore(week, index + 1), { dimension, value })));
  const base = before.every((number) => number !== undefined) ? before.reduce((sum, number) => sum + number, 0) / BASE : undefined;
  return { by: dimension, value, signals, origins, ...(base === undefined ? {} : { ratio: Math.round((signals / base) * 100) / 100 }) };
}
