import { END, LAST_ID, compareKeys, type Key, type Segment } from './cursor.ts';
import { classDifference, type ClassRange } from './diff.ts';
import type { Entitlement } from './entitlements.ts';
import { surelyDiffer } from './look.ts';
import type { Decided, PageWork } from './pull.ts';
import { readKeys, readRemoved, readSent, type Reading, type Stretch } from './rows.ts';
import { viewsOf } from './view.ts';

/** Stretches asked for in one query: few at first, since a page may need no more. */
const FEW = 32;
const MANY = 512;

/** Signals read at a time, and signals compared at a time. */
const BLOCK = 4000;
const COMPARED = 1000;

/** A stretch that is dealt with in one way. */
interface Piece extends Stretch {
  action: ClassRange['action'];
  /** Under what the signals are held, where they are. */
  held: Entitlement | undefined;
}

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
  for (let batch = FEW; ; batch = Math.min(MANY, batch * 2)) {
    const pieces = await nextPieces(work, base, goal, reached, batch);
    if (pieces.length === 0) return base.upto;
    for (const run of runsOf(pieces)) {
      for (let left: readonly Piece[] = run; left.length > 0; ) {
        const stop = await sayRun(work, left, reached);
        if (stop?.full) return stop.at;
        reached = stop?.at ?? run.at(-1)!.to;
        left = stop ? after(left, stop.at) : [];
      }
    }
  }
}

/** Pieces that follow each other and are dealt with in the same way. */
function runsOf(pieces: readonly Piece[]): Piece[][] {
  const runs: Piece[][] = [];
  for (const piece of pieces) {
    if (runs.at(-1)?.[0]!.action === piece.action) runs.at(-1)!.push(piece);
    else runs.push([piece]);
  }
  return runs;
}

/** What of a run lies beyond a key. */
function after(run: readonly Piece[], reached: Key): Piece[] {
  return run.filter(({ to }) => compareKeys(reached, to) < 0).map((piece) => ({ ...piece, from: later(piece.from, reached) }));
}

/** Where a run was left before its end: because the page is full, or because enough for one query was read; and more is to be said. */
interface Stop {
  at: Key;
  full: boolean;
}

/** @returns where it stopped, at the earliest where it began; undefined at the end of the run */
async function sayRun(work: PageWork, run: readonly Piece[], began: Key): Promise<Stop | undefined> {
  const { page, tx, head, ahead } = work;
  const [{ action }] = run as [Piece];
  if (action === 'compare') return sayCompared(work, run, began);
  const reading: Reading = { at: head.at, limit: Math.max(1, Math.min(page.room, BLOCK)), absent: action === 'remove' ? ahead.absent(head.at) : [], wantIds: page.wantsIds };
  const block = action === 'send' ? await readSent(tx, run, reading) : await readRemoved(tx, run, reading);
  // A page that another run has filled must not show by itself what nothing is said of: it asks whether more is to be said.
  if (page.room <= 0) return block.count > 0 ? { at: began, full: true } : undefined;
  page.add(block);
  return block.last && { at: block.last, full: page.room <= 0 };
}

/** Signals that are held, and may look different: both views are made, and compared. */
async function sayCompared(work: PageWork, run: readonly Piece[], began: Key): Promise<Stop | undefined> {
  const { page, tx, head, ahead } = work;
  const limit = Math.min(Math.max(page.room, 100), COMPARED);
  const rows = await readKeys(tx, run, head.at, limit);
  const views = await viewsOf(tx, rows.map(({ id, n }) => ({ id, look: run[n]!.look })));
  const held = await viewsOf(tx, rows.map(({ id, n }) => ({ id, look: work.lookOf(run[n]!.held!, run[n]!.to.classId) })));
  let reached = began;
  for (const [index, { id, n, accepted_at: acceptedAt }] of rows.entries()) {
    const exception = ahead.get(id);
    // Where a change was left to the scan, the replica holds nothing yet, or something older.
    const differs = exception?.absent || views[index]!.version !== (exception?.stale ?? held[index]!).version;
    if (differs && page.room <= 0) return { at: reached, full: true };
    reached = { classId: run[n]!.to.classId, acceptedAt, id };
    if (differs) page.say(id, `{"type":"signal","signal":${views[index]!.json}}`);
  }
  return rows.length < limit ? undefined : { at: reached, full: false };
}

async function nextPieces(work: PageWork, base: Segment, goal: Decided, after: Key, count: number): Promise<Piece[]> {
  const [before, aimed] = [await work.tableOf(base), await work.tableOf(goal)];
  const last = Math.min(base.upto.classId, work.head.classes);
  const pieces: Piece[] = [];
  for (let classId = Math.max(1, after.classId); classId <= last && pieces.length < count; classId += 1) {
    const [held, granted] = [before[classId - 1], aimed[classId - 1]];
    if (!held && !granted) continue;
    for (const { action, lo, hi } of classDifference({ entitlement: held, at: base.at }, { entitlement: granted, at: goal.at }, work.head.at)) {
      const from = later({ classId, acceptedAt: lo, id: LAST_ID }, after);
      const to = earlier({ classId, acceptedAt: hi, id: LAST_ID }, base.upto);
      if (compareKeys(from, to) < 0) pieces.push({ from, to, held, ...told(work, action, classId, held, granted) });
    }
  }
  return pieces;
}

/** Comparing is spared where the answer is known. */
function told(work: PageWork, action: ClassRange['action'], classId: number, held: Entitlement | undefined, granted: Entitlement | undefined): Pick<Piece, 'action' | 'look'> {
  const look = work.lookOf((granted ?? held)!, classId);
  const known = action === 'compare' && surelyDiffer(look, work.lookOf(held!, classId));
  return { action: known ? 'send' : action, look };
}

function later(a: Key, b: Key): Key {
  return a.classId === b.classId && compareKeys(a, b) < 0 ? b : a;
}

function earlier(a: Key, b: Key): Key {
  return compareKeys(a, b) <= 0 ? a : b;
}
