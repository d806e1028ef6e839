import { DAY } from '../signals/sums.ts';

/** Days since the epoch of the first Monday after it, 5 January 1970. */
const MONDAY = 4;
const DAYS = 7;

/** A week of UTC, from Monday to Monday, as the number of its first day since the epoch. */
export type Week = number;

/** The week that an instant falls into. */
export function weekOf(at: number): Week {
  return Math.floor((Math.floor(at / DAY) - MONDAY) / DAYS) * DAYS + MONDAY;
}

export function weekBefore(week: Week, weeks = 1): Week {
  return week - weeks * DAYS;
}

export function weekAfter(week: Week): Week {
  return week + DAYS;
}

/** The first instant of a week, in milliseconds. */
export function startOf(week: Week): number {
  return week * DAY;
}

/** The first instant after a week: what has not ended before it counts, and what was written from it on does not. */
export function closeOf(week: Week): number {
  return startOf(weekAfter(week));
}
