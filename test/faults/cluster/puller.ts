import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ConnectionError, FileStore, isProblem, MemoryStore, Replica, type PartDifference, type ReplicaPage, type ReplicaStore, type TocsinClient } from '../../../clients/sdk/index.ts';
import type { SignalView } from '../../../schemas/types.ts';
import type { SeededRandom } from '../../laws/random.ts';
import { PagedReplica, type PullOptions } from './paged.ts';
import { isPassing, wordsOf } from './patience.ts';
import type { Tally } from './tally.ts';
import { comparable, type Expected, type KnownWorld, type Listed } from './world.ts';

/** A page that arrived: the cursor names the record that the hub made of it. */
export interface ArrivedPage {
  viewer: string;
  feed: string;
  cursor: string;
  changes: number;
  /** The signals that it brought. */
  ids: string[];
}

/** What a puller is made of. */
export interface PullerParts {
  viewer: string;
  feed: string;
  /** `files` for a store in this folder, `memory` for one in memory. */
  keeps: 'files' | 'memory';
  /** Streams through one process until it is complete, or page by page through any. */
  asks: 'streams' | 'pages';
  folder: string;
  /** Tries nothing twice by itself. */
  client: TocsinClient;
  random: SeededRandom;
  tally: Tally;
}

const LIMITS = [1, 3, 10, 50, 500];
const WAITS = [1, 2];
const ENDED = ['member-suspended', 'not-found'];

/** The connection is given up by the puller, before or after a page was kept. */
class GivenUp extends ConnectionError {}

/** Notes what arrives on its way into a store, and gives up when it is told to. */
class WatchedStore implements ReplicaStore {
  readonly #store: ReplicaStore;
  readonly #arrived: (page: ReplicaPage, store: ReplicaStore) => void;
  /** Pages until the puller gives up. */
  fuse = Infinity;

  constructor(store: ReplicaStore, arrived: (page: ReplicaPage, store: ReplicaStore) => void) {
    this.#store = store;
    this.#arrived = arrived;
  }

  get content() {
    return this.#store.content;
  }

  async commit(page: ReplicaPage): Promise<void> {
    this.#arrived(page, this.#store);
    this.fuse -= 1;
    if (this.fuse === 0) throw new GivenUp('given up before a page was kept');
    await this.#store.commit(page);
    if (this.fuse === -1) throw new GivenUp('given up after a page was kept');
  }

  clear(): Promise<void> {
    return this.#store.clear();
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/** One viewer's replica of one feed, which is pulled at random moments, given up in the middle, and begun again from its folder. */
export class Puller {
  readonly viewer: string;
  readonly feed: string;
  /** What must not be, in words. */
  readonly findings: string[] = [];
  /** Pages with changes that arrived. */
  readonly pages: ArrivedPage[] = [];
  /** All ids that ever arrived. */
  readonly ever = new Set<string>();
  /** Why signals were taken back, as far as that arrived. */
  readonly told = new Map<string, string>();
  readonly #parts: PullerParts;
  /** Instants of complete pages. */
  readonly #instants: number[] = [];
  /** Released since an earlier complete page that was without them. */
  readonly #crossed = new Set<string>();
  readonly #pseudonyms = new Map<string, string>();
  readonly #paged: PagedReplica;
  #folders = 0;
  #store: WatchedStore | undefined;

  constructor(parts: PullerParts) {
    this.viewer = parts.viewer;
    this.feed = parts.feed;
    this.#parts = parts;
    this.#paged = new PagedReplica(parts.client, parts.feed);
  }

  get name(): string {
    return `${this.viewer}'s copy of ${this.feed}`;
  }

  /** Pulls at random moments until it is told to stop. */
  async run(stopped: () => boolean): Promise<void> {
    const { random } = this.#parts;
    while (!stopped()) {
      const store = await this.#opened();
      store.fuse = random.below(4) === 0 ? 1 + random.below(4) : Infinity;
      // A copy of the folder in the middle of a write is what a process that is killed leaves behind.
      const leave = random.below(12) === 0;
      const copying = leave ? this.#copy() : undefined;
      await this.#sync(this.#options(), random.below(3) === 0).catch((error: unknown) => this.#excuse(error));
      await copying;
      if (leave) await this.#beginAgain();
      await sleep(100 + random.below(900));
    }
  }

  async #opened(): Promise<WatchedStore> {
    this.#store ??= new WatchedStore(this.#parts.keeps === 'memory' ? new MemoryStore() : await FileStore.open(this.#folder(), this.feed), (page, store) => this.#arrived(page, store));
    return this.#store;
  }

  #folder(): string {
    return join(this.#parts.folder, `${this.viewer}-${this.feed.replace('/', '-')}-${this.#folders}`);
  }

  async #copy(): Promise<void> {
    if (this.#parts.keeps === 'memory') return;
    const from = this.#folder();
    this.#folders += 1;
    const to = this.#folder();
    this.#folders -= 1;
    await sleep(this.#parts.random.below(30));
    await mkdir(to, { recursive: true });
    await cp(join(from, 'replica.ndjson'), join(to, 'replica.ndjson'));
  }

  /** From what a process that was killed left behind; in memory, that is nothing. */
  async #beginAgain(): Promise<void> {
    await this.#store?.close();
    this.#store = undefined;
    this.#folders += 1;
    this.#parts.tally.add(this.#parts.keeps === 'memory' ? 'pullers that began anew' : 'pullers started again from their folder');
  }

  #options(): PullOptions {
    const { random } = this.#parts;
    return { ...(random.below(6) > 0 ? { limit: random.pick(LIMITS) } : {}), ...(random.below(4) === 0 ? { wait: random.pick(WAITS) } : {}) };
  }

  /**
   * @param verified asks for the digest of what the replica should hold, too: it must always be that of what it holds
   * @returns whether there was nothing to say, and no page with an instant
   */
  async #sync(options: PullOptions, verified: boolean): Promise<boolean> {
    const { asks, client, tally } = this.#parts;
    const store = await this.#opened();
    tally.add('pulls');
    if (options.wait !== undefined) tally.add('long polls');
    if (asks === 'pages') {
      const { differences, expired, unchanged } = await this.#paged.sync(store, options, verified);
      tally.add('cursors expired', expired);
      if (unchanged) tally.add('answers that nothing has changed');
      if (differences) this.#verified(differences);
      return unchanged;
    }
    const replica = new Replica(client, this.feed, store, options);
    if (verified) this.#verified((await replica.verify()).differences);
    else if ((await replica.sync()).restarted) tally.add('cursors expired');
    return false;
  }

  #verified(differences: readonly PartDifference[]): void {
    this.#parts.tally.add('digests compared');
    if (differences.length > 0) this.findings.push(`${this.name}: the digests differ at ${this.#instants.at(-1)}: ${JSON.stringify(differences)}`);
  }

  #excuse(error: unknown): void {
    const { tally } = this.#parts;
    if (error instanceof GivenUp) tally.add('pulls given up in the middle');
    else if (isProblem(error, ...ENDED)) tally.add('pulls refused');
    else if (isPassing(error)) tally.add('pulls that failed');
    else this.findings.push(`${this.name}: ${wordsOf(error)}`);
  }

  #arrived(page: ReplicaPage, { content }: ReplicaStore): void {
    const { tally } = this.#parts;
    tally.add('pages');
    for (const change of page.changes) {
      if (change.type === 'signal') {
        this.ever.add(change.signal.id);
        tally.add('signals pulled');
        if (!page.begins && isDeepStrictEqual(content.get(change.signal.id, -Infinity), change.signal)) tally.add('signals pulled that were held as they are');
      } else {
        this.told.set(change.id, change.reason);
        tally.add(change.reason === 'gone' ? 'removals pulled' : 'retractions pulled');
        if (!content.get(change.id, -Infinity)) tally.add(change.reason === 'gone' ? 'removals of what was not held' : 'retractions of what was not held');
        if (!this.ever.has(change.id)) tally.add('ends of what never arrived');
      }
    }
    if (page.changes.length > 0) this.pages.push({ viewer: this.viewer, feed: this.feed, cursor: page.cursor, changes: page.changes.length, ids: page.changes.flatMap((change) => (change.type === 'signal' ? [change.signal.id] : [])) });
    if (page.complete) this.#instant(Date.parse(page.as_of!));
  }

  #instant(at: number): void {
    const last = this.#instants.at(-1);
    if (last !== undefined && at < last) this.findings.push(`${this.name}: complete as of ${at} after it was as of ${last}`);
    this.#instants.push(at);
    this.#parts.tally.add('complete pulls');
  }

  /**
   * Brings the replica up to date while nothing is written and every process is up, and compares it with what the plain evaluator
   * decides of each signal.
   */
  async compare(world: KnownWorld, signals: readonly Listed[]): Promise<void> {
    const { random, tally } = this.#parts;
    const store = await this.#opened();
    store.fuse = Infinity;
    const asked = Date.now();
    const result = await this.#sync({ limit: random.pick([20, 500]) }, random.below(3) > 0).catch((error: unknown) => (isProblem(error, ...ENDED) ? error.key : wordsOf(error)));
    // Where the hub only said that nothing has changed, it was so at an instant between asking and being answered.
    const instants = result === false ? [this.#instants.at(-1)!] : [asked, Date.now()];
    const at = instants[0]!;
    const refusal = world.refusal(this.viewer, this.feed, at);
    if (refusal === undefined ? typeof result === 'string' : result !== refusal) this.findings.push(`${this.name}: the pull ended with ${result} in place of ${refusal}`);
    const expected = instants.map((instant) => world.expected(this.viewer, this.feed, instant, signals));
    const held = instants.map((instant) => new Map([...store.content.values(instant)].map((view) => [view.id, view])));
    for (const id of new Set([...expected[0]!.keys(), ...held[0]!.keys()])) {
      if (!instants.some((_, n) => isDeepStrictEqual(shownOf(held[n]!.get(id)), expected[n]!.get(id)?.view))) this.findings.push(`${this.name} differs at ${new Date(at).toISOString()}: ${JSON.stringify({ expected: expected[0]!.get(id), held: held[0]!.get(id), signal: signals.find(({ row }) => row.id === id) })}`);
    }
    for (const [id, wanted] of expected[0]!) {
      this.#pseudonym(wanted.origin, held[0]!.get(id)?.origin);
      this.#count(id, wanted, at);
    }
    tally.add('comparisons');
    tally.add('signals compared', expected[0]!.size);
  }

  /** A pseudonym stands for one origin, always. */
  #pseudonym(origin: string, pseudonym: string | undefined): void {
    if (!pseudonym?.startsWith('~')) return;
    const others = [...this.#pseudonyms].filter(([known, name]) => (known === origin) !== (name === pseudonym));
    if (others.length > 0) this.findings.push(`${this.name}: ${pseudonym} stands for ${origin}, and was known otherwise`);
    this.#pseudonyms.set(origin, pseudonym);
  }

  /** Whether the end of an embargo lay between complete pages. */
  #count(id: string, { accepted, released }: Expected, at: number): void {
    if (released <= accepted || this.#crossed.has(id) || !this.#instants.some((instant) => instant >= accepted && instant < released) || released > at) return;
    this.#crossed.add(id);
    this.#parts.tally.add('ends of embargoes crossed');
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }
}

function shownOf(view: SignalView | undefined): object | undefined {
  return view && comparable(view);
}
