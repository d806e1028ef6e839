import type { RemovalChange } from '../../schemas/types.ts';
import type { Exception } from './ahead.ts';
import { isScanned, segmentOf, type ReplicaState, type Segment } from './cursor.ts';
import type { Entitlement, EntitlementTable } from './entitlements.ts';
import { visibleUntil } from './look.ts';
import { isVisible, type Decided, type PageWork, type Placed } from './pull.ts';
import { hasReceived, receivedAmong } from './record.ts';
import { classMask, readLog, readPlaces, readRetractions, type LogRow } from './rows.ts';
import { versionsBefore, viewsOf, type Wanted } from './view.ts';

type Drained = Pick<ReplicaState, 'position' | 'dirty'>;

/** Log rows judged at a time, and positions of the log gone through in one query. */
const CHUNK = 1000;
const FEW = 100;
const WINDOW = 20_000;

/** What is to become of one row of the log. */
interface Verdict {
  row: LogRow;
  exception: Exception;
  /** The change is left to the scan. */
  left?: boolean;
  removal?: RemovalChange['reason'];
  /** The signal is shown under this; it is sent unless it looks the same as what is held. */
  show?: Entitlement;
  held?: Held | undefined;
}

/** What a replica holds of a signal: under which entitlement, and until when; and its version, where it is older than the row says. */
interface Held {
  under: Entitlement;
  until: number;
  version?: string;
}

/**
 * Goes through the log after the replica's position until it is drained or the page is full. Each signal is judged once, as it
 * is now, against what the replica holds of it: what it was before the first change that the replica does not know of.
 */
export async function drain(work: PageWork, from: ReplicaState, goal: Decided): Promise<Drained> {
  const { head, page, tx } = work;
  const holdsNothing = from.segments.every((segment) => segment.world === 0);
  if (holdsNothing && !(await hasReceived(work))) return { position: head.position, dirty: from.dirty };
  const tables = await tablesOf(work, from.segments, goal);
  const mask = classMask(head.classes, (classId) => tables.some((table) => table[classId - 1] !== undefined));
  let { position, dirty } = from;
  while (position < head.position) {
    const wanted = Math.min(CHUNK, Math.max(FEW, page.room + 1));
    const end = holdsNothing ? head.position : Math.min(head.position, position + WINDOW);
    const rows = holdsNothing ? await readRetractions(tx, position, end, wanted) : await readLog(tx, position, end, mask, wanted);
    const settled = await settle(work, rows, await judgeAll(work, from, goal, rows));
    if (settled.stopped !== undefined) return { position: settled.stopped ?? position, dirty: dirty || settled.dirty };
    dirty ||= settled.dirty;
    position = rows.length < wanted ? end : rows.at(-1)!.position;
  }
  return { position, dirty };
}

/** Every table that part of the replica was decided by, or that the goal or the present gives. */
async function tablesOf(work: PageWork, segments: readonly Segment[], goal: Decided): Promise<EntitlementTable[]> {
  const tables: EntitlementTable[] = [];
  for (const decided of [...segments, goal]) if (decided.world > 0) tables.push(await work.tableOf(decided));
  return tables;
}

async function judgeAll(work: PageWork, from: ReplicaState, goal: Decided, rows: readonly LogRow[]): Promise<(Verdict | undefined)[]> {
  const seen = new Map<string, Exception>();
  const judged: (Verdict | undefined)[] = [];
  const gone: Verdict[] = [];
  for (const row of rows) {
    const known = seen.get(row.id) ?? work.ahead.get(row.id);
    if (known && known.position >= row.position) {
      judged.push(undefined);
      continue;
    }
    const held = await heldUnder(work, from, row, known);
    const verdict = row.active ? await judgeActive(work, from, goal, row, held) : retracted(row, held);
    seen.set(row.id, verdict.exception);
    judged.push(verdict);
    if (!row.active && !held) gone.push(verdict);
  }
  const received = await receivedAmong(work, gone.map(({ row }) => row));
  for (const verdict of gone) if (!received.has(verdict.row.id)) delete verdict.removal;
  return judged;
}

function retracted(row: LogRow, held: Held | undefined): Verdict {
  return { row, held, exception: { position: row.latest, absent: false }, removal: row.retraction! };
}

/**
 * What is to be said of a signal that is not retracted. It is judged by what its place in the replica was decided by; where the
 * goal grants something else there, the scan will deal with it, and the change is left to it.
 */
async function judgeActive(work: PageWork, from: ReplicaState, goal: Decided, row: LogRow, held: Held | undefined): Promise<Verdict> {
  const exception = { position: row.latest, absent: false };
  const gone: Verdict = { row, exception, ...(held ? { removal: 'gone' } : {}) };
  const place = placeOf(row, row.class_id, row.until);
  // A scan passes over what has ended: it must be said here that it ended earlier than the replica was told.
  if (place.until <= work.head.at) return gone;
  const segment = segmentOf(from.segments, place);
  const [then, aimed] = [await work.tableOf(segment), await work.tableOf(goal)];
  const [granted, grants] = [then[place.classId - 1], aimed[place.classId - 1]];
  const visible = isVisible(granted, place, segment.at);
  if (visible && granted?.key !== grants?.key) return { row, exception: { ...exception, absent: !held }, left: true, held };
  return visible && grants && isVisible(grants, place, work.head.at) ? { row, exception, show: grants, held } : gone;
}

/** What the replica holds the signal under, by what decided its place; undefined where that shows nothing, or it has ended since. */
async function heldUnder(work: PageWork, from: ReplicaState, row: LogRow, known: Exception | undefined): Promise<Held | undefined> {
  if (row.prev_class === null) return undefined;
  const place = placeOf(row, row.prev_class, row.prev_until!);
  const untold = known !== undefined && !isScanned(from.segments, place);
  if (untold && known.absent) return undefined;
  const segment = segmentOf(from.segments, place);
  const entitlement = (await work.tableOf(segment))[place.classId - 1];
  // What it holds may be older than that, and ends at another time.
  const older = untold ? known.stale : undefined;
  if (!entitlement || (!older && !isVisible(entitlement, place, segment.at))) return undefined;
  const held = older ?? { until: visibleUntil(work.lookOf(entitlement, place.classId), place.acceptedAt, place.until) };
  return held.until > work.head.at ? { under: entitlement, ...held } : undefined;
}

/**
 * Says what ended while a change of it was left to a scan, by itself or by the terms of where it is now: the scan will pass over
 * it, and the replica, which still holds something older, does not know when it ended.
 * @returns whether the page had room for all
 */
export async function tellEnded(work: PageWork, { segments }: ReplicaState, goal: Decided): Promise<boolean> {
  for (const { id, class_id: classId, accepted_at: acceptedAt, until } of await readPlaces(work.tx, work.ahead.stale(work.head.at))) {
    const place = { id, classId, acceptedAt, until };
    if (await isMet(work, segments, goal, place)) continue;
    const untold = !isScanned(segments, place);
    if (untold && work.page.room <= 0) return false;
    if (untold) work.page.say(id, { type: 'remove', id, reason: 'gone' });
    work.ahead.delete(id);
  }
  return true;
}

/** Whether a scan comes upon what is in this place: to remove it, to send it, or to compare it. */
async function isMet(work: PageWork, segments: readonly Segment[], goal: Decided, place: Placed): Promise<boolean> {
  for (const decided of [segmentOf(segments, place), goal]) {
    const entitlement = (await work.tableOf(decided))[place.classId - 1];
    if (isVisible(entitlement, place, decided.at) && isVisible(entitlement, place, work.head.at)) return true;
  }
  return false;
}

function placeOf({ id, accepted_at: acceptedAt }: LogRow, classId: number, until: number): Placed {
  return { id, acceptedAt, classId, until };
}

/**
 * Says what the verdicts come to, as far as the page has room. It is full only where more is to be said: rows that say nothing
 * must not show by a page that is not complete.
 * @returns `stopped`: the last position that it took in when it was full before the end (null for none of these); undefined otherwise
 */
async function settle(work: PageWork, rows: readonly LogRow[], verdicts: readonly (Verdict | undefined)[]): Promise<{ dirty: boolean; stopped?: number | null }> {
  const versions = await versionsHeld(work, verdicts);
  const texts = await textsOf(work, verdicts.filter((verdict) => verdict?.show) as (Verdict & { show: Entitlement })[], versions);
  let [dirty, stopped]: [boolean, number | null] = [false, null];
  for (const [index, verdict] of verdicts.entries()) {
    const text = verdict && texts.get(verdict);
    if (work.page.room <= 0 && (text !== undefined || verdict?.removal)) return { dirty, stopped };
    stopped = rows[index]!.position;
    if (!verdict) continue;
    const { row, exception, left, held, removal } = verdict;
    work.ahead.set(row.id, left && held ? { ...exception, stale: { version: versions.get(verdict)!, until: held.until } } : exception);
    dirty ||= left ?? false;
    if (text !== undefined) work.page.say(row.id, `{"type":"signal","signal":${text}}`);
    if (removal) work.page.say(row.id, { type: 'remove', id: row.id, reason: removal });
  }
  return { dirty };
}

/** The versions of what is held of those that are shown, or left to the scan. */
async function versionsHeld(work: PageWork, verdicts: readonly (Verdict | undefined)[]): Promise<Map<Verdict, string | undefined>> {
  const asked = verdicts.flatMap((verdict) => (verdict?.held && (verdict.show || verdict.left) ? [{ verdict, held: verdict.held }] : []));
  const unknown = asked.filter(({ held }) => held.version === undefined);
  const before = await versionsBefore(work.tx, unknown.map(({ verdict: { row }, held }): Wanted => ({ id: row.id, look: work.lookOf(held.under, row.prev_class!), before: row.position })));
  return new Map([...asked.map(({ verdict, held }) => [verdict, held.version] as const), ...unknown.map(({ verdict }, index) => [verdict, before[index]] as const)]);
}

/** The views of those that look different from what is held. */
async function textsOf(work: PageWork, verdicts: readonly (Verdict & { show: Entitlement })[], held: ReadonlyMap<Verdict, string | undefined>): Promise<Map<Verdict, string>> {
  const views = await viewsOf(work.tx, verdicts.map(({ row, show }): Wanted => ({ id: row.id, look: work.lookOf(show, row.class_id) })));
  return new Map(verdicts.flatMap((verdict, index): [Verdict, string][] => (views[index]!.version === held.get(verdict) ? [] : [[verdict, views[index]!.json]])));
}
