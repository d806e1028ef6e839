import type { SignalView } from '../../schemas/types.ts';
import { segmentOf, type ReplicaState } from './cursor.ts';
import { say, shownRow, viewAt, type Decided, type PageWork } from './pull.ts';
import { receivedAmong } from './record.ts';
import { readLog, type LogRow } from './rows.ts';

type Drained = Pick<ReplicaState, 'position' | 'dirty'>;

/** Log rows read at a time. */
const CHUNK = 1000;

/**
 * Goes through the log after the replica's position until it is drained or the page is full. Each signal is judged once, as it
 * is now, against what the replica holds of it: what it was before the first change that the replica does not know of.
 */
export async function drain(work: PageWork, from: ReplicaState, goal: Decided): Promise<Drained> {
  const { head, limit, changes, ahead } = work;
  const holdsNothing = from.segments.every((segment) => segment.world === 0);
  let { position, dirty } = from;
  while (position < head.position) {
    const rows = await readLog(work.tx, position, head.position, CHUNK, holdsNothing);
    const received = await receivedAmong(work, rows.filter((row) => !row.active));
    for (const row of rows) {
      if (changes.size >= limit) return { position, dirty };
      position = row.position;
      const known = ahead.get(row.id);
      if (known && known.position >= row.position) continue;
      const held = known?.absent ? undefined : await heldView(work, from, row);
      ahead.set(row.id, { position: row.latest, absent: false });
      if (row.active) dirty = (await judgeActive(work, from, goal, row, held)) || dirty;
      else if (held || received.has(row.id)) say(work, { type: 'remove', id: row.id, reason: row.retraction! });
    }
    if (rows.length < CHUNK) position = head.position;
  }
  return { position, dirty };
}

/**
 * What is to be said of a signal that is not retracted. It is judged by what its place in the replica was decided by; where the
 * goal grants something else there, the scan will deal with it, and the change is left to it.
 * @returns whether the change was left to the scan
 */
async function judgeActive(work: PageWork, from: ReplicaState, goal: Decided, row: LogRow, held: SignalView | undefined): Promise<boolean> {
  const shown = shownRow(work, row);
  if (shown.until !== null && shown.until <= work.head.at) {
    // A scan passes over what has ended: it must be said here that it ended earlier than the replica was told.
    if (held) say(work, { type: 'remove', id: row.id, reason: 'gone' });
    return false;
  }
  const segment = segmentOf(from.segments, shown);
  const [then, aimed] = [await work.tableOf(segment), await work.tableOf(goal)];
  const granted = viewAt(work, shown, then, segment.at);
  if (granted && then[shown.classId - 1]?.key !== aimed[shown.classId - 1]?.key) {
    if (!held) work.ahead.set(row.id, { position: row.latest, absent: true });
    return true;
  }
  const view = granted && viewAt(work, shown, aimed, work.head.at);
  if (view && held?.version !== view.version) say(work, { type: 'signal', signal: view });
  if (!view && held) say(work, { type: 'remove', id: row.id, reason: 'gone' });
  return false;
}

/** The view that the replica holds, by what decided its place; undefined where that shows nothing, or it has ended since. */
async function heldView(work: PageWork, from: ReplicaState, row: LogRow): Promise<SignalView | undefined> {
  if (row.prev_class === null || row.prev_content === null) return undefined;
  const shown = shownRow(work, { ...row, class_id: row.prev_class, until: row.prev_until, content: row.prev_content });
  const segment = segmentOf(from.segments, shown);
  const view = viewAt(work, shown, await work.tableOf(segment), segment.at);
  return view && (view.visible_until === undefined || Date.parse(view.visible_until) > work.head.at) ? view : undefined;
}
