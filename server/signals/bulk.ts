import { sql } from 'kysely';
import { keyedBlake3 } from '../../clients/sdk/digests/index.ts';
import type { BatchSummary, ItemResult } from '../../schemas/types.ts';
import { unnest, transaction, type Queries, type Tx } from '../db/database.ts';
import { advance, type Head } from '../db/head.ts';
import { countSignals } from '../http/metrics.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';
import { uuidFrom } from '../random.ts';
import type { MemberDocument } from '../world/documents.ts';
import { prepare } from './content.ts';
import type { Line } from './lines.ts';
import type { Outcome, SignalWriter, Write } from './writer.ts';

/** Who writes a batch, and how. */
export interface BatchOptions {
  origin: MemberDocument;
  client: string;
  /** Makes the ids of items without a reference come out the same when the request is sent again. */
  idempotencyKey?: string;
  /** The set that the batch synchronises. */
  set?: string;
  atomic?: boolean;
}

/** Items in one transaction at most. */
const CHUNK = 8000;

/** A bulk write under way: items go in, their results come out in the same order, each after its commit. */
export class Batch {
  readonly id: string;
  readonly #hub: Hub;
  readonly #writer: SignalWriter;
  readonly #options: BatchOptions;
  readonly #counts: Record<Outcome['status'], number> = { created: 0, updated: 0, unchanged: 0, rejected: 0 };
  /** References of items that were refused: what stands under them was mentioned. */
  readonly #refused: string[] = [];
  /** Some item could not be read so far as to know which signal it means. */
  #unreadable = false;
  /** Where in the log it began. */
  #position = 0;
  #index = 0;

  constructor(hub: Hub, writer: SignalWriter, options: BatchOptions) {
    this.#hub = hub;
    this.#writer = writer;
    this.#options = options;
    this.id = uuidFrom(hub.random.bytes(16));
  }

  /** Notes that the batch exists, so that it can be undone. */
  async begin(): Promise<void> {
    const { origin, client, set } = this.#options;
    await transaction(this.#hub.db, async (tx) => {
      const { position, at } = await advance(tx, this.#hub.clock, 1);
      this.#position = position;
      await tx.insertInto('batch').values({ id: this.id, position, origin: origin.number, client, at, set_name: set ?? null }).execute();
    });
  }

  /** Takes lines; the result of each is either known at once or a write to be made. */
  accept(lines: readonly Line[]): Pending[] {
    return lines.map((line) => {
      const index = this.#index++;
      if (index >= this.#hub.config.bulkItems) throw new Problem('too-many-items');
      try {
        if ('problem' in line) throw line.problem;
        return { index, write: this.#toWrite(line.item, index) };
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        this.#noteRefused('item' in line ? line.item : undefined);
        return { index, problem: error };
      }
    });
  }

  #noteRefused(item: unknown): void {
    const reference = typeof item === 'object' && item !== null && 'reference' in item ? item.reference : undefined;
    if (typeof reference === 'string') this.#refused.push(reference);
    else this.#unreadable = true;
  }

  #toWrite(item: unknown, index: number): Write {
    const { origin, client, idempotencyKey, set } = this.#options;
    const prepared = prepare(item, origin.id);
    if (set !== undefined && prepared.reference === null) throw new Problem('invalid-body', [{ pointer: '/reference', detail: 'is missing: an item of a set has one' }]);
    const id = idempotencyKey !== undefined && prepared.reference === null ? derivedId(this.#hub, origin.id, idempotencyKey, index) : undefined;
    return { kind: 'put', origin, client, prepared, set: set ?? '', target: { kind: 'new', ...(id ? { id } : {}) } };
  }

  /** Writes pending items in one transaction. When it returns, what the results say is durable. */
  async write(pending: readonly Pending[]): Promise<ItemResult[]> {
    const writes = pending.flatMap((item) => ('write' in item ? [item.write] : []));
    const doomed = this.#options.atomic && writes.length < pending.length;
    const outcomes = doomed || writes.length === 0 ? [] : await this.#writer.write(writes, { atomic: this.#options.atomic ?? false, alongside: (...args) => this.#alongside(...args) });
    writes.forEach((write, index) => {
      if (write.kind === 'put' && outcomes[index]?.status === 'rejected') this.#noteRefused({ reference: write.prepared.reference });
    });
    let next = 0;
    return pending.map((item) => this.#result(item.index, 'problem' in item ? { status: 'rejected', problem: item.problem } : (outcomes[next++] ?? { status: 'rejected', problem: new Problem('batch-rejected') })));
  }

  #result(index: number, outcome: Outcome): ItemResult {
    this.#counts[outcome.status] += 1;
    countSignals(outcome.status);
    return outcome.status === 'rejected' ? { index, status: 'rejected', problem: outcome.problem.document() } : { index, ...outcome };
  }

  async #alongside(tx: Tx, head: Head, first: number, outcomes: readonly Outcome[]): Promise<void> {
    await tx.insertInto('batch_range').values({ batch_id: this.id, first, last: head.position }).execute();
    if (this.#options.set === undefined) return;
    await this.#assertLatest(tx);
    const ids = [...new Set(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [] : [outcome.id])))];
    if (ids.length > 0) await sql`insert into sync_seen (batch_id, signal_id) select ${this.id}, id from ${unnest([{ type: 'uuid', values: ids }])} u(id) on conflict do nothing`.execute(tx);
  }

  /** The closing line. `retracted` is what a synchronisation took back. */
  summary(retracted: number): BatchSummary {
    return { done: true, batch: this.id, ...this.#counts, retracted };
  }

  get rejected(): number {
    return this.#counts.rejected;
  }

  /**
   * Ends a synchronisation: what is in the set and was not mentioned is taken back. What was mentioned and refused stays as it
   * was; where an item could not even be told apart, nothing is taken back.
   * @throws Problem conflict when another synchronisation of the set began later: that one decides
   */
  async retractUnmentioned(): Promise<number> {
    const { origin, client, set } = this.#options;
    if (this.#unreadable) return 0;
    await this.#keepRefused();
    let retracted = 0;
    for (;;) {
      const ids = await unmentioned(this.#hub.db, this.id, origin.number, set!);
      if (ids.length === 0) break;
      const writes = ids.map((id): Write => ({ kind: 'retract', origin, client, id, reason: 'no-longer-listed' }));
      const outcomes = await this.#writer.write(writes, { alongside: (tx) => this.#assertLatest(tx) });
      const refused = outcomes.find((outcome) => outcome.status === 'rejected');
      if (refused) throw refused.problem;
      retracted += ids.length;
    }
    await this.#forgetSeen();
    return retracted;
  }

  /** In a transaction that holds the head: nobody can begin another synchronisation meanwhile. */
  async #assertLatest(tx: Tx): Promise<void> {
    const { origin, set } = this.#options;
    const newer = await tx.selectFrom('batch').select('id').where('origin', '=', origin.number).where('set_name', '=', set!).where('position', '>', this.#position).limit(1).execute();
    if (newer.length > 0) throw new Problem('conflict', [{ pointer: '', detail: 'another synchronisation of this set began later' }]);
  }

  /** What earlier synchronisations of the set noted and did not come to use goes too. */
  async #forgetSeen(): Promise<void> {
    const { origin, set } = this.#options;
    const earlier = this.#hub.db.selectFrom('batch').select('id').where('origin', '=', origin.number).where('set_name', '=', set!).where('position', '<=', this.#position);
    await this.#hub.db.deleteFrom('sync_seen').where('batch_id', 'in', earlier).execute();
  }

  async #keepRefused(): Promise<void> {
    const { origin, set } = this.#options;
    if (this.#refused.length === 0) return;
    const references = unnest([{ type: 'text', values: [...new Set(this.#refused)] }]);
    await sql`insert into sync_seen (batch_id, signal_id) select ${this.id}, s.id from ${references} k(reference)
      join signal s on s.origin = ${origin.number} and s.set_name = ${set!} and s.reference = k.reference and s.active on conflict do nothing`.execute(this.#hub.db);
  }
}

/** An item on its way: to be written, or refused already. */
export type Pending = { index: number } & ({ write: Write } | { problem: Problem });

export const CHUNK_ITEMS = CHUNK;

/** The id that an item of a request with an idempotency key always gets: nobody without the hub's secret can tell it. */
export function derivedId(hub: Hub, origin: string, key: string, index: number): string {
  return uuidFrom(keyedBlake3(hub.secrets.ids, `${origin}\n${key}\n${index}`, 16));
}

async function unmentioned(db: Queries, batch: string, origin: number, set: string): Promise<string[]> {
  const rows = await sql<{ id: string }>`select s.id from signal s where s.origin = ${origin} and s.set_name = ${set} and s.active and s.reference is not null
    and not exists (select 1 from sync_seen m where m.batch_id = ${batch} and m.signal_id = s.id) limit ${CHUNK}`.execute(db);
  return rows.rows.map((row) => row.id);
}
