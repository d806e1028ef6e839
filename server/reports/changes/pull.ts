import { snapshot, type Tx } from '../../db/database.ts';
import { LAST_ID, ZERO_ID } from '../../feeds/cursor.ts';
import type { Entitlements } from '../../feeds/entitlements.ts';
import { admitViewer } from '../../feeds/pull.ts';
import type { Hub } from '../../hub.ts';
import type { RemovalChange, ReportChange } from '../../../schemas/types.ts';
import { Problem } from '../../problems.ts';
import { receivedAmong, recordShown } from '../disclosures.ts';
import { viewsAt } from '../known.ts';
import { presentOf, sightOf, type Present } from '../sight.ts';
import type { Shown, Sight } from '../view.ts';
import { candidates, candidatesForNothing } from './candidates.ts';
import { MAX_SEGMENTS, type ReportState, type Segment } from './cursor.ts';
import { quietUntil } from './quiet.ts';

/** Reports looked at together. */
const BLOCK = 100;

/** Who pulls. */
export interface Puller {
  member: string;
  number: number;
  client: string;
}

/** One page: the changes, the state that the replica has after applying them, and when it was decided. */
export interface ReportPage {
  changes: (ReportChange | RemovalChange)[];
  state: ReportState;
  complete: boolean;
  asOf: number;
  epoch: string;
  /** Until when there is nothing more to say unless the log moves on; of a complete page that says nothing. */
  quietUntil?: number;
}

/** What the steps of one page share. */
interface PageWork extends Present {
  hub: Hub;
  tx: Tx;
  puller: Puller;
  now: Sight;
  /** How the viewer saw things by what a segment was decided by; undefined where it holds nothing. */
  thenOf(segment: Segment): Promise<Sight | undefined>;
}

/** What is to be said of one report. */
interface Difference {
  id: string;
  change: ReportChange | RemovalChange;
  shown?: Shown;
}

/**
 * Makes the next page for a replica, on one snapshot: what each report looked like to the viewer by the replica's state is
 * compared with what it looks like now, in the order of ids, from the start. What was gone through stands at the present, so that
 * a page never shows what an earlier one decided. The record of the disclosure is committed before the page is returned.
 * @throws Problem member-suspended, member-left, invalid-token, cursor-expired
 */
export function pullReports(hub: Hub, entitlements: Entitlements, puller: Puller, from: ReportState, limit: number): Promise<ReportPage> {
  return snapshot(hub.db, async (tx) => {
    const work = await begin(hub, entitlements, puller, from, tx);
    const { head, now } = work;
    if (from.some(({ position, world }) => world > 0 && position < head.kept)) throw new Problem('cursor-expired');
    const { said, state } = await walk(work, from, limit);
    const shown = said.flatMap((each) => (each.shown ? [{ of: each.shown, name: each.shown.view.version, places: each.shown.places }] : []));
    await recordShown(tx, work, puller.number, shown);
    const complete = state.length === 1;
    const quiet = complete && said.length === 0 ? await quietUntil(tx, now, entitlements.nextInstant(work.world, now.at)) : undefined;
    return { changes: said.map(({ change }) => change), state, complete, asOf: now.at, epoch: head.epoch, ...(quiet === undefined ? {} : { quietUntil: quiet }) };
  });
}

async function begin(hub: Hub, entitlements: Entitlements, puller: Puller, from: ReportState, tx: Tx): Promise<PageWork> {
  const present = await presentOf(hub, tx);
  const { head, world } = present;
  admitViewer(world, puller);
  const sight = async (version: number, at: number): Promise<Sight> => sightOf(hub, entitlements, tx, head, puller.member, await hub.worlds.at(version, tx), at);
  const now = await sight(head.world, Math.max(head.at, ...from.map(({ at }) => at)));
  const thenOf = async (segment: Segment): Promise<Sight | undefined> => (segment.world === 0 ? undefined : sight(segment.world, segment.at));
  return { ...present, hub, tx, puller, now, thenOf };
}

/**
 * Goes through the segments until the end, or until the page is full and more is to be said. Where the cursor has no room for a
 * further segment, the page goes on beyond its limit.
 */
async function walk(work: PageWork, from: ReportState, limit: number): Promise<{ said: Difference[]; state: ReportState }> {
  const said: Difference[] = [];
  for (const [index, segment] of from.entries()) {
    const rest = from.slice(index);
    let reached = from[index - 1]?.upto ?? ZERO_ID;
    for await (const difference of differences(work, segment, reached)) {
      if (said.length >= limit && rest.length < MAX_SEGMENTS) return { said, state: [stateNow(work, reached), ...rest] };
      said.push(difference);
      reached = difference.id;
    }
  }
  return { said, state: [stateNow(work, LAST_ID)] };
}

function stateNow({ head, world, now }: PageWork, upto: string): Segment {
  return { upto, position: head.position, world: world.version, at: now.at };
}

/** What differs in a segment, in the order of ids. */
async function* differences(work: PageWork, segment: Segment, after: string): AsyncGenerator<Difference> {
  const { tx, now, puller } = work;
  const then = await work.thenOf(segment);
  for (let from = after; ; ) {
    const stretch = { viewer: puller.number, from, upto: segment.upto, limit: BLOCK };
    const ids = then ? await candidates(tx, then, now, segment, stretch) : await candidatesForNothing(tx, now, stretch);
    yield* await compared(work, segment, then, ids);
    if (ids.length < BLOCK) return;
    from = ids.at(-1)!;
  }
}

async function compared({ tx, head, now, puller }: PageWork, { position }: Segment, then: Sight | undefined, ids: readonly string[]): Promise<Difference[]> {
  if (ids.length === 0) return [];
  const before = then ? await viewsAt(tx, ids, position, then) : new Map<string, Shown>();
  const after = await viewsAt(tx, ids, head.position, now);
  const withdrawn = await withdrawnAmong(tx, ids.filter((id) => !after.has(id)), position);
  const received = await receivedAmong(tx, puller.number, [...withdrawn.keys()]);
  return ids.flatMap((id): Difference[] => {
    const [held, shown] = [before.get(id)?.view, after.get(id)];
    if (shown) return shown.view.version === held?.version ? [] : [{ id, change: { type: 'report', report: shown.view }, shown }];
    const reason = held !== undefined || received.has(id) ? withdrawn.get(id) : undefined;
    if (reason) return [{ id, change: { type: 'remove', id, reason } }];
    // What has ended the replica drops by itself.
    return held && Date.parse(held.visible_until) > now.at ? [{ id, change: { type: 'remove', id, reason: 'gone' } }] : [];
  });
}

/** Those that were withdrawn after a position, and why. */
async function withdrawnAmong(tx: Tx, ids: readonly string[], position: number): Promise<Map<string, RemovalChange['reason']>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.selectFrom('report').select(['id', 'withdrawal']).where('id', 'in', ids).where('withdrawn_position', '>', position).execute();
  return new Map(rows.map((row) => [row.id, row.withdrawal!]));
}
