import type { OnCallHours, Weekday } from '../../schemas/types.ts';

const DAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether the runtime's database knows a time zone of this name. */
export function isZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** Whether a schedule covers an instant, by the wall clock of its zone. A shift that ends at or before its beginning goes on into the next day. */
export function isOnCall({ zone, weekly }: OnCallHours, at: number): boolean {
  const { day, minute } = wallClock(zone, at);
  const [today, yesterday] = [DAYS[day]!, DAYS[(day + 6) % 7]!];
  return weekly.some(({ days, from, to }) => {
    const [start, end] = [minuteOf(from), minuteOf(to)];
    if (start < end) return days.includes(today) && start <= minute && minute < end;
    return (days.includes(today) && start <= minute) || (days.includes(yesterday) && minute < end);
  });
}

function minuteOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return hours! * 60 + minutes!;
}

/** The day of the week, 0 for Monday, and the minute of the day. */
function wallClock(zone: string, at: number): { day: number; minute: number } {
  const parts = Object.fromEntries(formatOf(zone).formatToParts(at).map(({ type, value }) => [type, value]));
  return { day: DAYS.indexOf(parts['weekday']!.toLowerCase() as Weekday), minute: Number(parts['hour']) * 60 + Number(parts['minute']) };
}

/** Making a formatter costs far more than using it. There are a few hundred zones. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('en', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  formats.set(zone, format);
  return format;
}
