import { END, LAST_ID, compareKeys, type Key, type Segment } from './cursor.ts';
import { classDifference } from './diff.ts';
import { say, shownRow, viewAt, type Decided, type PageWork } from './pull.ts';
import { readStretches, type SignalRow, type Stretch } from './rows.ts';

/** Stretches asked for in one query. */
const BATCH = 256;

/**
 * Goes through the key order after `from`, where the replica stands as `rest` says, and says what differs from the goal, until
 * all is done or the page is full. The log must be drained.
 * @returns the key up to which the replica stands at the goal
 */
export async function scan(work: PageWork, rest: readonly Segment[], goal: Decided, from: Key): Promise<Key> {
  let reached = from;
  for (const base of rest) {
    if (compareKeys(base.upto, reached) <= 0) continue;
    reached = await scanSegment(work, base, goal, reached);
    if (compareKeys(reached, base.upto) < 0) return reached;
  }
  return END;
}

async function scanSegment(work: PageWork, base: Segment, goal: Decided, from: Key): Promise<Key> {
  let reached = from;
  for (;;) {
    const stretches = await nextStretches(work, base, goal, reached);
    if (stretches.length === 0) return base.upto;
    const wanted = Math.max(work.limit - work.changes.size, 100);
    const rows = await readStretches(work.tx, stretches, work.head.at, wanted);
    for (const row of rows) {
      if (work.changes.size >= work.limit) return reached;
      reached = follow(reached, row);
      await sayRow(work, base, goal, stretches[row.n]!, row);
    }
    if (rows.length < wanted) reached = stretches.at(-1)!.to;
  }
}

/** Rows must come in key order: what is passed over would be lost. */
function follow(reached: Key, row: SignalRow): Key {
  const key = { classId: row.class_id, acceptedAt: row.accepted_at, id: row.id };
  if (compareKeys(key, reached) <= 0) throw new Error('the database gave signals out of order');
  return key;
}

async function nextStretches(work: PageWork, base: Segment, goal: Decided, after: Key): Promise<Stretch[]> {
  const [before, aimed] = [await work.tableOf(base), await work.tableOf(goal)];
  const last = Math.min(base.upto.classId, work.head.classes);
  const stretches: Stretch[] = [];
  for (let classId = Math.max(1, after.classId); classId <= last && stretches.length < BATCH; classId += 1) {
    const ranges = classDifference({ entitlement: before[classId - 1], at: base.at }, { entitlement: aimed[classId - 1], at: goal.at });
    for (const { action, lo, hi } of ranges) {
      const from = later({ classId, acceptedAt: lo, id: LAST_ID }, after);
      const to = earlier({ classId, acceptedAt: hi, id: LAST_ID }, base.upto);
      if (compareKeys(from, to) < 0) stretches.push({ action, from, to });
    }
  }
  return stretches;
}

async function sayRow(work: PageWork, base: Segment, goal: Decided, { action }: Stretch, row: SignalRow & { n: number }): Promise<void> {
  const shown = shownRow(work, row);
  const held = work.ahead.get(row.id)?.absent ? undefined : viewAt(work, shown, await work.tableOf(base), base.at);
  const view = action === 'send' ? viewAt(work, shown, await work.tableOf(goal), work.head.at) : undefined;
  // Where a change was left to the scan, the replica may hold something older than what the base gives of the signal as it is.
  if (view && (work.dirty || view.version !== held?.version)) say(work, { type: 'signal', signal: view });
  if (!view && held) say(work, { type: 'remove', id: row.id, reason: 'gone' });
}

function later(a: Key, b: Key): Key {
  return a.classId === b.classId && compareKeys(a, b) < 0 ? b : a;
}

function earlier(a: Key, b: Key): Key {
  return compareKeys(a, b) <= 0 ? a : b;
}
