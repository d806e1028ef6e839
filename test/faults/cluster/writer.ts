import { setTimeout as sleep } from 'node:timers/promises';
import { isProblem, push, type TocsinClient } from '../../../clients/sdk/index.ts';
import type { BatchSummary, ItemResult, NewSignal, Retraction } from '../../../schemas/types.ts';
import type { SeededRandom } from '../../laws/random.ts';
import { Ledger, Order, type DoneBatch, type Entry } from './ledger.ts';
import { Again, type Patience } from './patience.ts';
import type { SignalMaker } from './signals.ts';
import type { Tally } from './tally.ts';

/** What a writer is made of. */
export interface WriterParts {
  member: string;
  /** Makes what it writes differ from what others of its member write. */
  name: string;
  client: TocsinClient;
  random: SeededRandom;
  maker: SignalMaker;
  patience: Patience;
  tally: Tally;
}

/** Active signals from which on a writer takes back more than it adds. */
const MANY = 250;
/** Batches that it remembers, to undo one. */
const BATCHES = 12;
const REASONS: readonly Retraction['reason'][] = ['mistake', 'appeal-upheld', 'duplicate', 'legal'];

/** Writes one thing after another, each until it is acknowledged, through whatever process answers. */
export class Writer {
  readonly ledger = new Ledger();
  readonly member: string;
  readonly #parts: WriterParts;
  #batches: DoneBatch[] = [];

  constructor(parts: WriterParts) {
    this.member = parts.member;
    this.#parts = parts;
  }

  /** Writes until it is told to stop; then all that it began is acknowledged. */
  async run(stopped: () => boolean): Promise<void> {
    const { random } = this.#parts;
    while (!stopped()) {
      await this.#step();
      await sleep(40 + random.below(260));
    }
  }

  async #step(): Promise<void> {
    const roll = this.#parts.random.below(100);
    const active = this.ledger.active;
    if (active.length > MANY && roll < 50) return this.#retract(active);
    if (roll < 16) return this.#order('one', 1);
    if (roll < 34) return this.#order('array', 2 + this.#parts.random.below(5));
    if (roll < 48) return this.#order('stream', 4 + this.#parts.random.below(12));
    if (roll < 58) return this.#referenced();
    if (roll < 66) return this.#synchronise();
    if (roll < 80) return this.#update(active);
    if (roll < 88) return this.#retract(active);
    if (roll < 93) return this.#expire(active);
    return this.#undo();
  }

  /** Items without references, under a key by which they are found again. */
  #order(kind: 'one' | 'array' | 'stream', count: number): Promise<void> {
    const { maker, name } = this.#parts;
    const items = Array.from({ length: count }, () => maker.make());
    return this.#send(kind, new Order(items, '', maker.name(`${name}-key`)));
  }

  /** Items with references, some of which change what was sent before. */
  #referenced(): Promise<void> {
    const { maker, name, random } = this.#parts;
    const known = this.ledger.active.filter(({ set, content }) => set === '' && content.reference !== undefined);
    const changed = known.filter(() => random.below(known.length) < 4).map(({ content }) => maker.change(content));
    const fresh = Array.from({ length: 1 + random.below(6) }, () => maker.make({ reference: maker.name(`${name}-case`) }));
    return this.#send(random.pick(['array', 'stream'] as const), new Order([...changed, ...fresh]));
  }

  /** The whole of a set: some of it gone, some changed, some new. */
  #synchronise(): Promise<void> {
    const { maker, name, random } = this.#parts;
    const set = `${name}-set`;
    const kept = this.ledger.active.filter((entry) => entry.set === set && random.below(8) > 0);
    const items = kept.map(({ content }) => (random.below(6) === 0 ? maker.change(content) : content));
    const fresh = Array.from({ length: Math.max(2, 16 - items.length) }, () => maker.make({ reference: maker.name(`${name}-entry`) }));
    return this.#send('set', new Order([...items, ...fresh], set));
  }

  async #send(kind: 'one' | 'array' | 'stream' | 'set', order: Order): Promise<void> {
    const { patience, tally } = this.#parts;
    const summary = await patience.insist(`${kind} of ${this.#parts.name}`, async () => {
      order.begin();
      const done = await (kind === 'one' ? this.#sendOne(order) : kind === 'array' ? this.#sendArray(order) : this.#stream(order, kind === 'set'));
      if (!order.settled) throw new Again('not all items were taken');
      return done;
    });
    if (kind === 'set') this.ledger.synchronised(order, summary!);
    else if (summary) this.#batches = [...this.#batches, { id: summary.batch, changes: order.changes }].slice(-BATCHES);
    tally.add(`written: ${kind}`);
    tally.add('signals accepted', order.said.filter((said) => said !== 'too late').length);
    if (order.tries > 1) tally.add('orders sent more than once');
  }

  async #sendOne(order: Order): Promise<undefined> {
    const item = order.items[0]!;
    try {
      this.ledger.result(order, await this.#parts.client.request('POST', '/v1/signals', item, { idempotencyKey: order.key! }));
    } catch (error) {
      if (!isProblem(error, 'invalid-times')) throw error;
      this.ledger.result(order, { index: 0, status: 'rejected', problem: error.problem });
    }
  }

  async #sendArray(order: Order): Promise<BatchSummary> {
    const { results, summary } = await this.#parts.client.request('POST', '/v1/signals', order.items as NewSignal[], order.key === undefined ? {} : { idempotencyKey: order.key });
    for (const result of results) this.ledger.result(order, result);
    return summary;
  }

  /** What was acknowledged before a cut stays so. */
  async #stream(order: Order, synchronise: boolean): Promise<BatchSummary> {
    const stream = push(this.#parts.client, this.#slowly(order.items), { ...(order.key === undefined ? {} : { idempotencyKey: order.key }), ...(synchronise ? { set: order.set } : {}) });
    for (;;) {
      const next: IteratorResult<ItemResult, BatchSummary> = await stream.next();
      if (next.done) return next.value;
      this.ledger.result(order, next.value);
    }
  }

  async *#slowly(items: readonly NewSignal[]): AsyncGenerator<NewSignal> {
    for (const item of items) {
      if (this.#parts.random.below(4) === 0) await sleep(this.#parts.random.below(25));
      yield item;
    }
  }

  async #update(active: readonly Entry[]): Promise<void> {
    if (active.length === 0) return;
    const { client, maker, patience, random, tally } = this.#parts;
    const entry = random.pick(active);
    const content = maker.change(entry.content);
    // A second try may find the version that the first one made.
    const match = random.below(2) === 0 ? { ifMatch: entry.version } : {};
    await patience.insist(`update of ${entry.id}`, async (tries) => this.ledger.updated(entry, content, await client.request('PUT', `/v1/signals/${entry.id}`, content, tries === 1 ? match : {}), tries));
    tally.add('written: update');
  }

  async #retract(active: readonly Entry[]): Promise<void> {
    if (active.length === 0) return;
    const { client, patience, random, tally } = this.#parts;
    const [entry, reason] = [random.pick(active), random.pick(REASONS)];
    await patience.insist(`retraction of ${entry.id}`, async (tries) => this.ledger.retracted(entry, reason, await client.request('POST', `/v1/signals/${entry.id}/retract`, { reason }), tries));
    tally.add('written: retraction');
  }

  async #expire(active: readonly Entry[]): Promise<void> {
    const { client, patience, random, tally } = this.#parts;
    const endless = active.filter(({ content, ended }) => content.valid_until === undefined && !ended);
    if (endless.length === 0) return;
    const [entry, from] = [random.pick(endless), Date.now()];
    await patience.insist(`end of ${entry.id}`, async (tries) => {
      try {
        this.ledger.ended(entry, from, await client.request('POST', `/v1/signals/${entry.id}/expire`), tries);
      } catch (error) {
        // The try before, of a process that was killed, was committed between this one's read and its write.
        throw tries > 1 && isProblem(error, 'version-mismatch') ? new Again('ended meanwhile') : error;
      }
    });
    tally.add('written: end');
  }

  async #undo(): Promise<void> {
    const { client, patience, random, tally } = this.#parts;
    if (this.#batches.length === 0) return;
    const batch = random.pick(this.#batches);
    this.#batches = this.#batches.filter((other) => other !== batch);
    await patience.insist(`undoing ${batch.id}`, async (tries) => this.ledger.undone(batch, await client.request('POST', `/v1/batches/${batch.id}/undo`), tries));
    tally.add('written: undo');
  }

  /** Takes back what is given of this writer's. */
  async retractAll(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) await this.#retract([entry]);
  }
}
