import { setImmediate } from 'node:timers/promises';
import type { ChangesPage, ReconciliationDigest, SignalView } from '../../schemas/types.ts';
import type { TocsinClient } from './client.ts';
import { isProblem, ProtocolError } from './errors.ts';
import { pullPages, type PullOptions } from './pull.ts';
import { ReplicaDigest, type PartDifference } from './reconcile.ts';
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

/** Whether a replica holds what it should. */
export interface Verification {
  /** The instant at which the hub decided. */
  asOf: string | undefined;
  /** Signals that it should hold. */
  count: number;
  /** Where it differs; nothing where it is exact. */
  differences: PartDifference[];
}

/** On these the member has no right to hold anything of the feed any more. */
const ENDED = ['member-suspended', 'member-left', 'kind-not-allowed', 'not-found'];
const CURSOR_LOST = ['cursor-expired', 'invalid-cursor'];
const MAX_RESTARTS = 3;
/** Signals that are summed before others may run. */
const BREATH = 1000;

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

  /** Signals held and not due, those of exercises included. */
  get size(): number {
    return this.#store.content.size(this.#now());
  }

  get(id: string): SignalView | undefined {
    return this.#store.content.get(id, this.#now());
  }

  /**
   * The real signals that carry a digest, or, where an exercise is named, those of that exercise alone. A keyed digest finds those
   * of its key and epoch only: see `urlLookups`.
   */
  byDigest(scheme: string, digest: string, { exercise }: { exercise?: string } = {}): SignalView[] {
    return this.#store.content.byDigest(scheme, digest, this.#now()).filter((signal) => signal.exercise === exercise);
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
    this.#syncing ??= this.#run(this.#options, this.#store.content.state.cursor).finally(() => (this.#syncing = undefined));
    return this.#syncing;
  }

  /**
   * Brings the replica up to date and compares it with what the hub says that it should hold, by their reconciliation digests.
   * A replica that was kept as it should be never differs; one that does has lost or altered something.
   * @param repair pulls everything anew, by mark and sweep, where it differs, and compares again
   * @example const { differences } = await replica.verify({ repair: true });
   */
  async verify({ repair = false }: { repair?: boolean } = {}): Promise<Verification> {
    while (this.#syncing) await this.#syncing.catch(() => undefined);
    const found = await this.#verifyFrom(this.#store.content.state.cursor);
    return repair && found.differences.length > 0 ? this.#verifyFrom(undefined) : found;
  }

  async #verifyFrom(cursor: string | undefined): Promise<Verification> {
    let found: Verification | undefined;
    const run = async (): Promise<SyncResult> => {
      let digest: ReconciliationDigest | undefined;
      const result = await this.#run({ ...this.#options, digest: 'parts' }, cursor, (page) => (digest = page.digest ?? digest));
      if (!digest) throw new ProtocolError('the complete page has no digest');
      found = { asOf: result.asOf, count: digest.count, differences: (await this.#sum()).differences(digest) };
      return result;
    };
    // Until it is summed nothing else may change what is held.
    this.#syncing = run().finally(() => (this.#syncing = undefined));
    await this.#syncing;
    return found!;
  }

  async #sum(): Promise<ReplicaDigest> {
    const own = new ReplicaDigest();
    let summed = 0;
    for (const view of this.#store.content.values(-Infinity)) {
      own.add(view);
      if (++summed % BREATH === 0) await setImmediate();
    }
    return own;
  }

  /** Closes the store. */
  close(): Promise<void> {
    return this.#store.close();
  }

  async #run(options: PullOptions, cursor: string | undefined, onPage: (page: ChangesPage) => void = () => undefined): Promise<SyncResult> {
    const result: SyncResult = { asOf: undefined, pages: 0, changed: 0, removed: 0, restarted: false };
    for (let restarts = 0; ; restarts += 1) {
      try {
        await this.#pull(options, restarts === 0 ? cursor : undefined, result, onPage);
        return { ...result, asOf: this.asOf };
      } catch (error) {
        if (isProblem(error, ...ENDED)) await this.#store.clear();
        if (!isProblem(error, ...CURSOR_LOST) || restarts >= MAX_RESTARTS) throw error;
        result.restarted = true;
      }
    }
  }

  async #pull(options: PullOptions, cursor: string | undefined, result: SyncResult, onPage: (page: ChangesPage) => void): Promise<void> {
    let begins = cursor === undefined;
    for await (const page of pullPages(this.#client, this.feed, cursor, options)) {
      await this.#store.commit({ ...page, begins });
      begins = false;
      onPage(page);
      result.pages += 1;
      for (const { type } of page.changes) result[type === 'signal' ? 'changed' : 'removed'] += 1;
    }
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }
}
