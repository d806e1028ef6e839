import type { ReconciliationDigest } from '../../schemas/types.ts';
import { snapshot, type Tx } from '../db/database.ts';
import { readHead, type Head } from '../db/head.ts';
import type { Hub } from '../hub.ts';
import { offers } from '../policy/decide.ts';
import type { Feed, Member } from '../policy/world.ts';
import { Problem } from '../problems.ts';
import type { HubWorld } from '../world/state.ts';
import { Ahead } from './ahead.ts';
import { END, MAX_SEGMENTS, START, compareKeys, type Key, type ReplicaState, type Segment } from './cursor.ts';
import { drain, tellEnded } from './drain.ts';
import { digestOf } from './digest.ts';
import { reachAt, type Entitlement, type Entitlements, type EntitlementTable, type Reach } from './entitlements.ts';
import { lookOf, type Look } from './look.ts';
import { PageText } from './page.ts';
import { quietUntil } from './quiet.ts';
import { recordPull } from './record.ts';
import { anyShown, type ClassReach } from './rows.ts';
import { scan } from './scan.ts';

/** One page: the changes, the state that the replica has after applying them, and when it was decided, if it is complete. */
export interface Page {
  changes: PageText;
  state: ReplicaState;
  complete: boolean;
  asOf: number;
  epoch: string;
  /** Until when there is nothing more to say unless the log moves on; of a complete page that says nothing. */
  quietUntil?: number;
  /** What the replica should hold; of a complete page, where it was asked for. */
  digest?: ReconciliationDigest;
}

/** What a page is asked for. */
export interface Asked {
  limit: number;
  digest?: 'total' | 'parts';
}

/** Who pulls what. */
export interface Puller {
  member: string;
  number: number;
  client: string;
  feed: string;
}

/** What the steps of one page share: a snapshot, what it is decided by, and the page as far as it has come. */
export interface PageWork {
  hub: Hub;
  tx: Tx;
  head: Head;
  world: HubWorld;
  puller: Puller;
  page: PageText;
  ahead: Ahead;
  /** When the world changes next although nothing is written. */
  nextInstant: number;
  /** The table by which a segment of a replica of this viewer was decided; of another feed, where one is named. */
  tableOf(decided: Decided, feed?: string): Promise<EntitlementTable>;
  /** How the signals of a class look to the viewer under an entitlement. */
  lookOf(entitlement: Entitlement, classId: number): Look;
}

/** What decides whether a signal is visible under an entitlement. */
export type Placed = Key & { until: number };

/** By which version of the world, and at which instant. */
export type Decided = Pick<Segment, 'world' | 'at'>;

/**
 * Makes the next page for a replica, on one snapshot: first what the log says since its position, judged by what each part of
 * the replica was decided by; then, the log being drained, the difference between that and what is to be decided now. The
 * record of the disclosure is committed before the page is returned.
 * @throws Problem not-found, member-suspended, member-left, invalid-token, cursor-expired
 */
export function pullPage(hub: Hub, entitlements: Entitlements, puller: Puller, from: ReplicaState, { limit, digest }: Asked): Promise<Page> {
  return snapshot(hub.db, async (tx) => {
    const work = await begin(hub, entitlements, puller, from, limit, tx);
    if (from.position < work.head.kept && from.segments.some((segment) => segment.world > 0)) throw new Problem('cursor-expired');
    const state = await advanceReplica(work, from);
    const ahead = work.ahead.at(state.position, state.segments.length > 1).entries();
    const { head, page } = work;
    const complete = state.position === head.position && state.segments.length === 1 && state.segments[0]!.at === head.at;
    const pull = await recordPull(work, from, state, ahead);
    const quiet = complete && page.count === 0 ? await quietUntil(work) : undefined;
    const summed = complete && digest ? await digestOf(work, digest === 'parts') : undefined;
    return { changes: page, state: { ...state, pull, ahead: ahead.length > 0 }, complete, asOf: head.at, epoch: head.epoch, ...(quiet === undefined ? {} : { quietUntil: quiet }), ...(summed ? { digest: summed } : {}) };
  });
}

async function begin(hub: Hub, entitlements: Entitlements, puller: Puller, from: ReplicaState, limit: number, tx: Tx): Promise<PageWork> {
  const read = await readHead(tx, hub.clock);
  const head = { ...read, at: Math.max(read.at, ...from.segments.map((segment) => segment.at)) };
  const world = await hub.worlds.at(head.world, tx);
  const feed = admit(world, puller, head.at);
  const classes = await entitlements.classes(head.classes, tx);
  const tables = new Map<string, Promise<EntitlementTable>>();
  const load = async (decided: Decided, id: string): Promise<EntitlementTable> => {
    const then = await hub.worlds.at(decided.world, tx);
    return entitlements.table(then, decided.at, puller.member, feedOf(then, id) ?? feed, head.classes, tx);
  };
  const tableOf = (decided: Decided, id = puller.feed): Promise<EntitlementTable> => remembered(tables, `${id} ${decided.world} ${decided.at}`, () => load(decided, id));
  const eye = { viewer: puller.member, secrets: hub.secrets };
  const looks = new Map<string, Look>();
  const lookOfClass = ({ key, grant }: Entitlement, classId: number): Look => remembered(looks, `${classId} ${key}`, () => lookOf(grant, classes[classId - 1]!, eye));
  return { hub, tx, head, world, puller, page: new PageText(limit), ahead: await Ahead.load(tx, from.ahead ? from.pull : 0), nextInstant: entitlements.nextInstant(world, head.at), tableOf, lookOf: lookOfClass };
}

function remembered<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}

/** The feed, for a viewer to whom it is offered. */
function admit(world: HubWorld, puller: Puller, at: number): Feed {
  const viewer = admitViewer(world, puller);
  const { feed: id } = puller;
  const feed = feedOf(world, id);
  if (!feed || !offers(feed, world.policy, viewer, at)) throw new Problem('not-found');
  return feed;
}

/**
 * The member that pulls, as it is when its page is made.
 * @throws Problem invalid-token, member-suspended or member-left, on which replicas are emptied
 */
export function admitViewer(world: HubWorld, { member, client }: Pick<Puller, 'member' | 'client'>): Member {
  const viewer = world.policy.members.get(member);
  if (world.clients.get(client)?.revoked !== false || !viewer) throw new Problem('invalid-token');
  if (viewer.status !== 'active') throw new Problem(viewer.status === 'suspended' ? 'member-suspended' : 'member-left');
  return viewer;
}

/** The feed of that id; `all` is the hub's own, of everything. */
export function feedOf(world: HubWorld, id: string): Feed | undefined {
  return id === 'all' ? { id } : world.policy.feeds.get(id);
}

/** A scan of the key order: what it leads to, how far it has come, and what lies beyond. */
interface Scan {
  goal: Decided;
  done: Key;
  rest: Segment[];
}

async function advanceReplica(work: PageWork, from: ReplicaState): Promise<ReplicaState> {
  let plan = await aim(work, from);
  const drained = await drain(work, from, plan.goal);
  if (drained.position < work.head.position) {
    // A change left to the scan binds the scan to its goal, even before it begins.
    return { ...drained, segments: drained.dirty ? segmentsOf(plan) : from.segments, pull: 0, ahead: false };
  }
  if (!(await tellEnded(work, from, plan.goal))) return { ...drained, segments: segmentsOf(plan), pull: 0, ahead: false };
  for (;;) {
    plan = { ...plan, done: await scan(work, plan.rest, plan.goal, plan.done) };
    const segments = segmentsOf(plan);
    if (segments.length > MAX_SEGMENTS) throw new Problem('cursor-expired');
    const ended = segments.length === 1 && compareKeys(plan.done, END) === 0;
    // A scan that began on an earlier page is followed by another, of what was released since; on a page of its own, lest it name a signal again.
    if (!ended || plan.goal.at === work.head.at || work.page.count > 0) return { ...drained, dirty: drained.dirty && !ended, segments, pull: 0, ahead: false };
    plan = { goal: nowOf(work), done: START, rest: segments };
  }
}

function segmentsOf({ goal, done, rest }: Scan): Segment[] {
  return [{ ...goal, upto: done }, ...rest.filter((segment) => compareKeys(segment.upto, done) > 0)];
}

function nowOf(work: PageWork): Decided {
  return { world: work.world.version, at: work.head.at };
}

/**
 * What the scan leads to. A scan under way goes on towards its goal as long as the goal still shows what is shown now; else a
 * new scan begins over what there is, which is then of several pieces.
 */
async function aim(work: PageWork, { segments, dirty }: ReplicaState): Promise<Scan> {
  const [first, ...rest] = segments;
  const now = nowOf(work);
  if (rest.length === 0) return { goal: now, done: START, rest: segments };
  if (await showSame(work, first!, now)) return { goal: { world: first!.world, at: first!.at }, done: first!.upto, rest };
  if (dirty) throw new Problem('cursor-expired');
  return { goal: now, done: START, rest: segments };
}

/**
 * Whether the goal shows what is shown now. Grants that differ for signals that neither shows make no difference: who can see none
 * of them must not learn, from a cursor that ends early, that their policy changed.
 */
async function showSame(work: PageWork, goal: Decided, now: Decided): Promise<boolean> {
  const [aimed, granted] = [await work.tableOf(goal), await work.tableOf(now)];
  if (aimed === granted) return true;
  const shown = aimed.slice(0, work.head.classes).flatMap((entitlement, index): ClassReach[] => {
    if (entitlement?.key === granted[index]?.key) return [];
    const reaches = [reachOf(entitlement, goal.at), reachOf(entitlement, now.at), reachOf(granted[index], now.at)];
    return reaches.flatMap((reach) => (reach ? [{ classId: index + 1, ...reach }] : []));
  });
  return !(await anyShown(work.tx, shown, now.at));
}

function reachOf(entitlement: Entitlement | undefined, at: number): Reach | undefined {
  return entitlement && reachAt(entitlement.grant, at);
}

/** Whether a signal is visible under an entitlement at an instant. */
export function isVisible(entitlement: Entitlement | undefined, { acceptedAt, until }: Placed, at: number): boolean {
  const reach = entitlement && reachAt(entitlement.grant, at);
  return reach !== undefined && acceptedAt > reach.lo && acceptedAt <= reach.hi && until > at;
}
