/** A point in time in milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/;
const DURATION = /^P(?:(\d{1,4})W|(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,10})S)?)?)$/;
const SECOND = 1000;
/** What RFC 3339 can write in UTC and PostgreSQL can keep. */
const FIRST = Date.parse('0001-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');
const MAX_DURATION = 3660 * 86_400 * SECOND;

/**
 * Reads an RFC 3339 instant with at most millisecond precision.
 * @returns milliseconds since the epoch, or undefined when the text is not one (30 February, hour 24 and leap seconds included) or lies outside the years 1 to 9999 in UTC
 */
export function parseInstant(text: string): Instant | undefined {
  const match = INSTANT.exec(text);
  if (!match) return undefined;
  const [month, day] = [Number(match[2]), Number(match[3])];
  // What no date and time has, Date.parse finds, but for the ends of months and hour 24.
  if (Number(match[4]) > 23 || day > new Date(Date.UTC(Number(match[1]), month, 0)).getUTCDate()) return undefined;
  const at = Date.parse(text);
  return at >= FIRST && at <= LAST ? at : undefined;
}

/** The instant as RFC 3339 in UTC with milliseconds. */
export function formatInstant(at: Instant): string {
  return new Date(at).toISOString();
}

/**
 * Reads an exact ISO 8601 duration (weeks; or days, hours, minutes, seconds).
 * @returns milliseconds, or undefined when the text is not one or is longer than 3,660 days
 */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (!match || text === 'P') return undefined;
  // Parts that are absent are undefined, whatever the type says.
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part: string | undefined) => Number(part ?? 0));
  const total = ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * SECOND;
  return total <= MAX_DURATION ? total : undefined;
}

/** Like parseInstant, for text that the schemas have already validated. */
export function instant(text: string): Instant {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Error('not an instant');
  return at;
}

/** Like parseDuration, for text that the schemas have already validated. */
export function duration(text: string): number {
  const length = parseDuration(text);
  if (length === undefined) throw new Error('not an exact duration');
  return length;
}
