import type { SignalView } from '../../schemas/types.ts';
import { segmentOf, type ReplicaState } from './cursor.ts';
import { say, shownRow, viewAt, type Decided, type PageWork } from './pull.ts';
import { receivedAmong } from './record.ts';
import { readHistory, readLog, type Before, type LogRow } from './rows.ts';

type Drained = Pick<ReplicaState, 'position' | 'seen' | 'dirty'>;

/** Log rows read at a time. */
const CHUNK = 1000;

/**
 * Goes through the log after the replica's position until it is drained or the page is full. Each signal is judged once, as it
 * is now, against what the replica may hold of it.
 */
export async function drain(work: PageWork, from: ReplicaState, goal: Decided): Promise<Drained> {
  const { head, limit, changes } = work;
  const holdsNothing = from.segments.every((segment) => segment.world === 0);
  const judged = new Set<string>();
  let { position, dirty } = from;
  while (position < head.position) {
    const rows = await readLog(work.tx, position, head.position, CHUNK, holdsNothing);
    const states = await possibleStates(work, rows, position, from.seen);
    const received = await receivedAmong(work, rows.filter((row) => !row.active));
    for (const row of rows) {
      if (changes.size >= limit) return { position, seen: head.position, dirty };
      position = row.position;
      if (judged.has(row.id)) continue;
      judged.add(row.id);
      const held = await heldViews(work, from, row, states.get(row.id)!);
      if (row.active) dirty = (await judgeActive(work, from, goal, row, held)) || dirty;
      else if (received.has(row.id) || held.some((view) => view)) say(work, { type: 'remove', id: row.id, reason: row.retraction! });
    }
    if (rows.length < CHUNK) position = head.position;
  }
  return { position, seen: position, dirty };
}

/**
 * What each signal may be held as. It is what it was at the replica's position. Where earlier pages were cut off before the log
 * was drained, they showed signals as they were at a later moment: then it may be any state up to `seen`.
 */
async function possibleStates(work: PageWork, rows: readonly LogRow[], position: number, seen: number): Promise<Map<string, Before[]>> {
  const states = new Map<string, Before[]>();
  for (const row of rows) if (!states.has(row.id)) states.set(row.id, [row]);
  if (seen <= position || rows.length === 0) return states;
  // The state at `seen` itself is what a change after it replaced, or what the signal is now.
  for (const before of await readHistory(work.tx, [...states.keys()], position, work.head.position)) states.get(before.id)!.push(before);
  for (const row of new Map(rows.map((r) => [r.id, r])).values()) states.get(row.id)!.push({ ...row, prev_class: row.class_id, prev_until: row.until, prev_content: row.content });
  return states;
}

/**
 * What is to be said of a signal that is not retracted. It is judged by what its place in the replica was decided by; where the
 * goal grants something else there, the scan will deal with it, and the change is left to it.
 * @returns whether the change was left to the scan
 */
async function judgeActive(work: PageWork, from: ReplicaState, goal: Decided, row: LogRow, held: readonly (SignalView | undefined)[]): Promise<boolean> {
  const shown = shownRow(work, row);
  const isHeld = held.some((view) => view);
  if (shown.until !== null && shown.until <= work.head.at) {
    // A scan passes over what has ended: it must be said here that it ended earlier than the replica was told.
    if (isHeld) say(work, { type: 'remove', id: row.id, reason: 'gone' });
    return false;
  }
  const segment = segmentOf(from.segments, shown);
  const [then, aimed] = [await work.tableOf(segment), await work.tableOf(goal)];
  const granted = viewAt(work, shown, then, segment.at);
  if (granted && then[shown.classId - 1]?.key !== aimed[shown.classId - 1]?.key) return true;
  const view = granted && viewAt(work, shown, aimed, work.head.at);
  if (view && held.some((other) => other?.version !== view.version)) say(work, { type: 'signal', signal: view });
  if (!view && isHeld) say(work, { type: 'remove', id: row.id, reason: 'gone' });
  return false;
}

/** The view of each state under what decided its place in the replica; undefined where that shows nothing, or it has ended since. */
async function heldViews(work: PageWork, from: ReplicaState, row: LogRow, states: readonly Before[]): Promise<(SignalView | undefined)[]> {
  return Promise.all(
    states.map(async ({ prev_class, prev_until, prev_content }) => {
      if (prev_class === null || prev_content === null) return undefined;
      const shown = shownRow(work, { ...row, class_id: prev_class, until: prev_until, content: prev_content });
      const segment = segmentOf(from.segments, shown);
      const table = await work.tableOf(segment);
      const view = viewAt(work, shown, table, segment.at);
      return view && (view.visible_until === undefined || Date.parse(view.visible_until) > work.head.at) ? view : undefined;
    }),
  );
}
