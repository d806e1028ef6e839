import { isDeepStrictEqual } from 'node:util';
import { ReplicaDigest } from '../../clients/sdk/index.ts';
import type { ChangesPage, RemovalChange, SignalChange, SignalView } from '../../schemas/types.ts';
import type { Model } from './model.ts';
import { LawBroken } from './possible.ts';

/** What a client keeps of a feed, together with the cursor. Replaced by each page, as a client commits both at once. */
export interface Held {
  cursor?: string;
  items: ReadonlyMap<string, SignalView>;
  /** Retractions of which it was told since it began without a cursor. */
  told: ReadonlySet<string>;
  /** The instant of the last complete page; 0 before the first. */
  asOf: number;
  /** The latest instant at which a page was decided, complete or not. */
  decided: number;
  /** The ETag of the complete page that led here. */
  tag?: string | undefined;
  /** The process that gave the cursor. */
  from?: number;
  /** The world when the last page came. */
  world?: Model;
  /** That page was not complete. */
  midst: boolean;
  /** What the pull under way has removed so far. */
  removed: ReadonlySet<string>;
}

export const NOTHING: Held = { items: new Map(), told: new Set(), asOf: 0, decided: 0, midst: false, removed: new Set() };

/** One viewer's copy of one feed, kept as a client would. */
export class Replica {
  readonly key: string;
  readonly viewer: string;
  readonly feed: string;
  readonly copy: number;
  held: Held = NOTHING;
  /** The feed was refused since the last page, and the cursor kept. */
  refused = false;

  constructor(key: string, viewer: string, feed: string, copy: number) {
    this.key = key;
    this.viewer = viewer;
    this.feed = feed;
    this.copy = copy;
  }
}

/** A page as it was received: where, when, and in which world. */
export interface Receipt {
  page: ChangesPage;
  limit: number;
  process: number;
  /** The hub's instant when it was asked for. */
  instant: number;
  model: Model;
  /** Nothing of what the viewer is entitled to can have changed since the replica was complete. */
  undisturbed: boolean;
}

/**
 * Applies a page as a client does, and checks what can be told from the replica alone: a page is no larger than its limit and
 * names no signal twice; what is sent differs from what is held (where entitlements change, what is the same may come again,
 * together with what changed at the same time); a removal is of something held, a retraction is told once.
 * @throws LawBroken
 */
export function receive(held: Held, receipt: Receipt): Held {
  const { page, limit, process, instant, model } = receipt;
  if (page.changes.length > limit) throw new LawBroken(`a page of ${page.changes.length} changes is larger than its limit ${limit}`);
  const items = new Map(held.items);
  const told = new Set(held.told);
  const named = new Set<string>();
  for (const change of page.changes) {
    const id = change.type === 'signal' ? change.signal.id : change.id;
    if (named.has(id)) throw new LawBroken(`a page names ${id} twice`);
    named.add(id);
    if (change.type === 'signal') put(items, change, receipt.undisturbed);
    else remove(items, told, change, instant);
  }
  const decided = Math.max(held.decided, instant);
  const next: Held = { cursor: page.cursor, items, told, asOf: held.asOf, decided, from: process, world: model, midst: !page.complete, removed: page.complete ? NOTHING.removed : new Set([...held.removed, ...page.changes.flatMap((change) => (change.type === 'remove' ? [change.id] : []))]) };
  if (!page.complete) return next;
  const asOf = Date.parse(page.as_of!);
  if (asOf < instant || asOf > decided) throw new LawBroken(`as_of is ${asOf - instant} ms from the hub's instant`);
  if (asOf < held.asOf) throw new LawBroken(`as_of went back by ${held.asOf - asOf} ms`);
  return { ...next, items: undue(items, asOf), asOf };
}

/** The hub's reconciliation digest must be what the SDK makes of the replica, in all and in each part. @throws LawBroken */
export function checkDigest(items: ReadonlyMap<string, SignalView>, digest: NonNullable<ChangesPage['digest']>, withParts: boolean): void {
  const own = new ReplicaDigest();
  for (const view of items.values()) own.add(view);
  const { count, sum } = own.total;
  const differences = withParts ? own.differences(digest) : [];
  if (digest.count === count && digest.sum === sum && differences.length === 0) return;
  throw new LawBroken(`the digest differs: ${JSON.stringify({ own: { count, sum }, digest, differences })}`);
}

function put(items: Map<string, SignalView>, { signal }: SignalChange, undisturbed: boolean): void {
  const before = items.get(signal.id);
  if (undisturbed && before?.version === signal.version) throw new LawBroken(`${signal.id} is sent although it is held as it is: ${JSON.stringify(signal)}`);
  if (before && before.version !== signal.version && isDeepStrictEqual({ ...before, version: '' }, { ...signal, version: '' })) throw new LawBroken(`${signal.id} has another version, but says the same`);
  items.set(signal.id, signal);
}

function remove(items: Map<string, SignalView>, told: Set<string>, { id, reason }: RemovalChange, instant: number): void {
  const before = items.get(id);
  items.delete(id);
  if (reason === 'gone') {
    if (!before) throw new LawBroken(`${id} is removed although it is not held`);
    if (isDue(before, instant)) throw new LawBroken(`${id} is removed although it ended by itself`);
    return;
  }
  if (told.has(id)) throw new LawBroken(`the retraction of ${id} was told twice`);
  told.add(id);
}

/** What has not ended by itself. */
export function undue(items: ReadonlyMap<string, SignalView>, at: number): Map<string, SignalView> {
  return new Map([...items].filter(([, view]) => !isDue(view, at)));
}

function isDue({ visible_until: until }: SignalView, at: number): boolean {
  return until !== undefined && Date.parse(until) <= at;
}
