import { sql } from 'kysely';
import { fieldHash, idNumber, modulo } from '../../clients/sdk/reconcile.ts';
import type { NewSignal } from '../../schemas/types.ts';
import { unnest, type Tx } from '../db/database.ts';

export const DAY = 86_400_000;

/** The hashes of those members of a signal that its class does not fix; 0 where a member is absent. */
export interface ContentHashes {
  digests: bigint;
  observed: bigint;
  note: bigint;
}

/** What a sum needs to know of a signal. */
export interface Summand {
  id: string;
  classId: number;
  acceptedAt: number;
  until: number;
  hashes: ContentHashes;
}

export function hashesOf({ digests, observed, note }: NewSignal): ContentHashes {
  return { digests: fieldHash('digests', digests), observed: observed ? fieldHash('observed', observed) : 0n, note: note ? fieldHash('note', note) : 0n };
}

interface Delta {
  classId: number;
  acceptedDay: number;
  untilDay: number;
  /** Of all, and of those with a note, with observation times, and with both. */
  counts: number[];
  sums: bigint[];
}

const MODULUS = sql.raw(`${1n << 128n}::numeric`);
const COUNTS = ['count', 'with_note', 'with_observed', 'with_both'] as const;
const COLUMNS = ['ids', 'accepted', 'until', 'digests', 'observed', 'note'] as const;

/** Gathers what a transaction adds to, and takes from, the sums of classes from which reconciliation digests are made. */
export class SumChanges {
  readonly #deltas = new Map<string, Delta>();

  add(signal: Summand): void {
    this.#change(signal, 1);
  }

  remove(signal: Summand): void {
    this.#change(signal, -1);
  }

  /** Writes what was gathered, in one statement. */
  async write(tx: Tx): Promise<void> {
    const deltas = [...this.#deltas.values()];
    if (deltas.length === 0) return;
    const values = unnest([
      { type: 'integer', values: deltas.map((d) => d.classId) },
      { type: 'integer', values: deltas.map((d) => d.acceptedDay) },
      { type: 'integer', values: deltas.map((d) => d.untilDay) },
      ...COUNTS.map((_, index) => ({ type: 'bigint' as const, values: deltas.map((d) => d.counts[index]!) })),
      ...COLUMNS.map((_, index) => ({ type: 'numeric' as const, values: deltas.map((d) => String(modulo(d.sums[index]!))) })),
    ]);
    await sql`insert into class_sum as c (class_id, accepted_day, until_day, ${sql.join([...COUNTS, ...COLUMNS].map((name) => sql.ref(name)))}) select * from ${values}
      on conflict (class_id, accepted_day, until_day) do update set ${sql.join(COUNTS.map((name) => sql`${sql.ref(name)} = ${sql.ref(`c.${name}`)} + ${sql.ref(`excluded.${name}`)}`))},
        ${sql.join(COLUMNS.map((name) => sql`${sql.ref(name)} = mod(c.${sql.ref(name)} + excluded.${sql.ref(name)}, ${MODULUS})`))}`.execute(tx);
    this.#deltas.clear();
  }

  #change({ id, classId, acceptedAt, until, hashes }: Summand, sign: 1 | -1): void {
    const [acceptedDay, untilDay] = [Math.floor(acceptedAt / DAY), Math.floor(until / DAY)];
    const key = `${classId} ${acceptedDay} ${untilDay}`;
    const delta = this.#deltas.get(key) ?? { classId, acceptedDay, untilDay, counts: COUNTS.map(() => 0), sums: COLUMNS.map(() => 0n) };
    const factor = idNumber(id) * BigInt(sign);
    [1n, BigInt(acceptedAt), BigInt(until), hashes.digests, hashes.observed, hashes.note].forEach((value, index) => (delta.sums[index] = modulo(delta.sums[index]! + factor * value)));
    const [noted, observed] = [hashes.note !== 0n, hashes.observed !== 0n];
    [true, noted, observed, noted && observed].forEach((has, index) => (delta.counts[index]! += has ? sign : 0));
    this.#deltas.set(key, delta);
  }
}
