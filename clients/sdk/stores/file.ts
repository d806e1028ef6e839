import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChangesPage, SignalView } from '../../../schemas/types.ts';
import { ReplicaContent, type ReplicaPage } from './content.ts';
import { Journal } from './journal.ts';
import { takeLock } from './lock.ts';
import type { ReplicaStore } from './memory.ts';

/** The folder holds the replica of another feed, or one of a later format. */
export class ReplicaMismatch extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReplicaMismatch';
  }
}

const FORMAT = 1;
const FEW = 1000;
const DAY = 86_400_000;

/** What the journal starts with: everything held when it was written. */
interface Start {
  kind: 'start';
  format: number;
  feed: string;
  /** When, in milliseconds. */
  at: number;
  cursor?: string;
  as_of?: string;
  complete: boolean;
}

type PageCommit = Omit<ReplicaPage, 'changes'> & { kind: 'page' };

/**
 * A store in a folder: one file that starts with a snapshot and goes on as a journal of pages, and is rewritten when much of it
 * is past. It survives `kill -9` and power failures at any byte; when the file itself decays, it falls back to the last state
 * that is sound, and the next synchronisation brings the rest. One process at a time may have it open.
 */
export class FileStore implements ReplicaStore {
  readonly content = new ReplicaContent();
  readonly #feed: string;
  readonly #unlock: () => void;
  #journal!: Journal;
  /** Signal and removal lines in the file. */
  #lines = 0;
  #startedAt = 0;

  private constructor(feed: string, unlock: () => void) {
    this.#feed = feed;
    this.#unlock = unlock;
  }

  /**
   * Opens a folder, or makes it.
   * @throws FolderInUse when another process has it open, ReplicaMismatch when it holds another feed
   * @example const replica = new Replica(client, 'all', await FileStore.open('replica', 'all'));
   */
  static async open(folder: string, feed: string): Promise<FileStore> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const store = new FileStore(feed, takeLock(join(folder, 'replica.lock')));
    try {
      store.#journal = await Journal.open(join(folder, 'replica.ndjson'), (lines, commit) => store.#replay(lines, commit));
      if (store.#journal.empty) await store.#restart();
      return store;
    } catch (error) {
      await (store.#journal as Journal | undefined)?.close();
      store.#unlock();
      throw error;
    }
  }

  async commit(page: ReplicaPage): Promise<void> {
    const { changes, ...rest } = page;
    await this.#journal.append(changes.map((change) => JSON.stringify(change)), { kind: 'page', ...rest } satisfies PageCommit);
    this.#lines += changes.length;
    this.content.apply(page);
    if (page.complete && this.#isStale()) await this.#restart();
  }

  /** What is forgotten does not stay on the disk either. */
  async clear(): Promise<void> {
    this.content.clear();
    await this.#restart().catch(() => this.#journal.erase());
  }

  async close(): Promise<void> {
    await this.#journal.close();
    this.#unlock();
  }

  #replay(lines: unknown[], commit: Record<string, unknown>): void {
    this.#lines += lines.length;
    if (commit['kind'] === 'page') this.content.apply({ ...(commit as unknown as PageCommit), changes: lines as ChangesPage['changes'] });
    else this.#begin(lines as SignalView[], commit as unknown as Start);
  }

  #begin(signals: readonly SignalView[], { format, feed, at, cursor, as_of: asOf, complete }: Start): void {
    if (format !== FORMAT) throw new ReplicaMismatch(`the replica is of format ${format}; this program reads format ${FORMAT}`);
    if (feed !== this.#feed) throw new ReplicaMismatch(`the folder holds a replica of ${feed}, not of ${this.#feed}`);
    this.#startedAt = at;
    this.content.clear();
    for (const signal of signals) this.content.put(signal);
    this.content.state = { cursor, asOf, complete };
  }

  /** Much of the file is past; or a little, for long: what was removed shall not lie about. */
  #isStale(): boolean {
    const past = this.#lines - this.content.held;
    return past > Math.max(FEW, this.content.held) || (past > 0 && Date.now() - this.#startedAt > DAY);
  }

  /** Writes the file anew. */
  async #restart(): Promise<void> {
    const { cursor, asOf, complete } = this.content.state;
    const at = Date.now();
    const start: Start = { kind: 'start', format: FORMAT, feed: this.#feed, at, ...(cursor === undefined ? {} : { cursor }), ...(asOf === undefined ? {} : { as_of: asOf }), complete };
    await this.#journal.replace(jsonOf(this.content.values(-Infinity)), start);
    [this.#lines, this.#startedAt] = [this.content.held, at];
  }
}

function* jsonOf(signals: Iterable<SignalView>): Generator<string> {
  for (const signal of signals) yield JSON.stringify(signal);
}
