import type { SignalView } from '../../schemas/types.ts';
import type { TocsinClient } from './client.ts';
import { isProblem } from './errors.ts';
import { pullPages, type PullOptions } from './pull.ts';
import { MemoryStore, type ReplicaStore } from './stores/memory.ts';

/** What a synchronisation did. */
export interface SyncResult {
  /** The instant at which the hub decided what the replica now holds. */
  asOf: string | undefined;
  pages: number;
  /** Signals that came or changed. */
  changed: number;
  removed: number;
  /** Whether the cursor was too old, so that everything was sent again. */
  restarted: boolean;
}

/** On these the member has no right to hold anything of the feed any more. */
const ENDED = ['member-suspended', 'member-left', 'kind-not-allowed', 'not-found'];
const CURSOR_LOST = ['cursor-expired', 'invalid-cursor'];
const MAX_RESTARTS = 3;

/**
 * A copy of a feed, kept exact: after `sync` it holds what policy gives this member at the stated instant, no more and no less.
 *
 * @example
 * const replica = new Replica(client, 'all', await FileStore.open('replica', 'all'));
 * await replica.sync();
 * const hits = urlLookups(keys, url).flatMap(({ scheme, digest }) => replica.byDigest(scheme, digest));
 */
export class Replica {
  readonly feed: string;
  readonly #client: TocsinClient;
  readonly #store: ReplicaStore;
  readonly #options: PullOptions & { now?: () => number };
  #syncing: Promise<SyncResult> | undefined;

  /** @param store kept in memory when absent */
  constructor(client: TocsinClient, feed: string, store: ReplicaStore = new MemoryStore(), options: PullOptions & { now?: () => number } = {}) {
    this.feed = feed;
    this.#client = client;
    this.#store = store;
    this.#options = options;
  }

  /** The instant as of which the replica was exact last; undefined before its first complete page. */
  get asOf(): string | undefined {
    return this.#store.content.state.asOf;
  }

  /** Whether it holds exactly what the hub gave at `asOf`; false in the middle of a synchronisation. */
  get complete(): boolean {
    return this.#store.content.state.complete;
  }

  /** Signals held and not due. */
  get size(): number {
    return this.#store.content.size(this.#now());
  }

  get(id: string): SignalView | undefined {
    return this.#store.content.get(id, this.#now());
  }

  /** The signals that carry a digest. A keyed digest finds those of its key and epoch only: see `urlLookups`. */
  byDigest(scheme: string, digest: string): SignalView[] {
    return this.#store.content.byDigest(scheme, digest, this.#now());
  }

  [Symbol.iterator](): Iterator<SignalView> {
    return this.#store.content.values(this.#now());
  }

  /**
   * Pulls until the feed is complete. Calls while one is under way share it. A cursor that is too old leads to a new run by mark
   * and sweep: what is held stays in sight until the run is complete.
   *
   * @throws TocsinError: when the member is suspended, has left, or the feed is no more for it, the replica has emptied itself
   */
  sync(): Promise<SyncResult> {
    this.#syncing ??= this.#run().finally(() => (this.#syncing = undefined));
    return this.#syncing;
  }

  /** Closes the store. */
  close(): Promise<void> {
    return this.#store.close();
  }

  async #run(): Promise<SyncResult> {
    const result: SyncResult = { asOf: undefined, pages: 0, changed: 0, removed: 0, restarted: false };
    for (let restarts = 0; ; restarts += 1) {
      try {
        await this.#pull(restarts === 0 ? this.#store.content.state.cursor : undefined, result);
        return { ...result, asOf: this.asOf };
      } catch (error) {
        if (isProblem(error, ...ENDED)) await this.#store.clear();
        if (!isProblem(error, ...CURSOR_LOST) || restarts >= MAX_RESTARTS) throw error;
        result.restarted = true;
      }
    }
  }

  async #pull(cursor: string | undefined, result: SyncResult): Promise<void> {
    let begins = cursor === undefined;
    for await (const page of pullPages(this.#client, this.feed, cursor, this.#options)) {
      await this.#store.commit({ ...page, begins });
      begins = false;
      result.pages += 1;
      for (const { type } of page.changes) result[type === 'signal' ? 'changed' : 'removed'] += 1;
    }
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }
}
