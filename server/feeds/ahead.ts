import type { Tx } from '../db/database.ts';

/** Where a replica stands with one signal, when that is not where the rest of it stands. */
export interface Exception {
  /** It was told of the signal as it was after its change at this position. */
  position: number;
  /** It was told nothing, although what its place was decided by would show the signal: that is left to a scan, until it has passed. */
  absent: boolean;
  /** What it was told of is older than that, looks like this, and ends by itself at this instant: the change is left to a scan. */
  stale?: { version: string; until: number };
}

/**
 * The signals with which a replica is ahead of its own position. A page shows signals as they are, so when it is full before
 * the log is drained, those that change again further on are ahead. Kept with the record of the page that the cursor names.
 */
export class Ahead {
  readonly #exceptions: Map<string, Exception>;

  constructor(entries: Iterable<readonly [string, Exception]> = []) {
    this.#exceptions = new Map(entries);
  }

  /** What the record of a page holds; nothing for the state before the first page. */
  static async load(tx: Tx, pull: number): Promise<Ahead> {
    if (pull === 0) return new Ahead();
    const row = await tx.selectFrom('pull').select('ahead').where('id', '=', pull).executeTakeFirst();
    return new Ahead(row?.ahead ?? []);
  }

  get(id: string): Exception | undefined {
    return this.#exceptions.get(id);
  }

  set(id: string, exception: Exception): void {
    this.#exceptions.set(id, exception);
  }

  /** The signals of which the replica holds, at this instant, something older than its place says. */
  stale(at: number): string[] {
    return [...this.#exceptions].flatMap(([id, { stale }]) => (stale && stale.until > at ? [id] : []));
  }

  delete(id: string): void {
    this.#exceptions.delete(id);
  }

  /** Leaves out what no longer is an exception at this position; what is left to a scan stays while one is under way. */
  at(position: number, scanning: boolean): Ahead {
    return new Ahead([...this.#exceptions].filter(([, { position: known, absent, stale }]) => known > position || ((absent || stale) && scanning)));
  }

  /** The signals of which the replica holds nothing at this instant, although its place would show them: it was not told, or what it was told has ended. */
  absent(at: number): string[] {
    return [...this.#exceptions].flatMap(([id, { absent, stale }]) => (absent || (stale && stale.until <= at) ? [id] : []));
  }

  entries(): [string, Exception][] {
    return [...this.#exceptions];
  }
}
