import { isDeepStrictEqual } from 'node:util';
import type { ItemResult, NewSignal, OwnSignal } from '../../schemas/types.ts';

/** What a signal says, or that it was taken back. */
type State = NewSignal | 'retracted';

/** One signal as its origin knows it. */
interface Slot {
  key: string;
  /** Since its first acknowledgement. */
  id?: string;
  /** What was acknowledged last. */
  settled?: State;
  /** What has been sent since, without an acknowledgement. */
  pending: State[];
  /** What the hub holds, as far as that is known. */
  found?: State;
}

/** How much was sent, and what became of it. */
export interface LedgerCounts {
  /** Result lines and answers that the client read. */
  acknowledged: number;
  /** Without an acknowledgement when the hub or its database died, but there afterwards. */
  there: number;
  notThere: number;
}

/**
 * What one member sent, what it was told, and so what the hub may hold: of each signal what was acknowledged last, or something
 * sent since, whole; nothing that was not sent, and nothing twice.
 */
export class Ledger {
  readonly counts: LedgerCounts = { acknowledged: 0, there: 0, notThere: 0 };
  /** What must not be, in words. */
  readonly findings: string[] = [];
  readonly #slots = new Map<string, Slot>();

  /** Notes that an item is about to be sent: from now on the hub may hold it. */
  sending(set: string, content: NewSignal): void {
    const key = keyOf(set, content);
    const slot = this.#slots.get(key) ?? { key, pending: [] };
    this.#slots.set(key, slot);
    this.#mayBecome(slot, content);
  }

  /** Notes that the end of a set's stream is about to be sent: from now on the hub may take back what it did not mention. */
  ending(set: string, items: readonly NewSignal[]): void {
    for (const slot of this.#unmentioned(set, items)) this.#mayBecome(slot, 'retracted');
  }

  #mayBecome(slot: Slot, state: State): void {
    if (slot.pending.length === 0 && isDeepStrictEqual(slot.settled, state)) return;
    if (!slot.pending.some((other) => isDeepStrictEqual(other, state))) slot.pending.push(state);
  }

  /** Notes the result of an item, which must fit what is known of it. */
  acknowledged(set: string, content: NewSignal, result: ItemResult): void {
    this.counts.acknowledged += 1;
    const slot = this.#slots.get(keyOf(set, content))!;
    const expected = slot.found === undefined ? 'created' : isDeepStrictEqual(slot.found, content) ? 'unchanged' : 'updated';
    if (result.status !== expected) this.findings.push(`${slot.key}: the result is ${result.status} in place of ${expected} ${JSON.stringify(result.problem ?? '')}`);
    if (slot.id !== undefined && result.id !== slot.id) this.findings.push(`${slot.key}: has the id ${result.id} after ${slot.id}`);
    if (result.id !== undefined) slot.id = result.id;
    this.#settle(slot, content);
  }

  /** Notes the closing line of a set's stream, with the number of signals that it took back. */
  ended(set: string, items: readonly NewSignal[], retracted: number): void {
    const gone = this.#unmentioned(set, items);
    const expected = gone.filter((slot) => slot.found !== undefined && slot.found !== 'retracted');
    if (retracted !== expected.length) this.findings.push(`the set ${set}: ${retracted} were taken back in place of ${expected.length}`);
    for (const slot of gone) this.#settle(slot, 'retracted');
  }

  #settle(slot: Slot, state: State): void {
    slot.settled = state;
    slot.found = state;
    slot.pending = slot.pending.slice(slot.pending.findIndex((other) => isDeepStrictEqual(other, state)) + 1);
  }

  #unmentioned(set: string, items: readonly NewSignal[]): Slot[] {
    const mentioned = new Set(items.map((item) => keyOf(set, item)));
    return [...this.#slots.values()].filter(({ key, settled }) => settled !== 'retracted' && key.startsWith(`${set}/`) && !mentioned.has(key));
  }

  /** Compares the member's listing with what may be, and keeps what was found. @returns how many unacknowledged changes were there */
  compare(rows: readonly OwnSignal[]): number {
    const before = this.counts.there;
    const found = new Map<string, OwnSignal[]>();
    for (const row of rows) {
      const key = keyOf(row.set ?? '', row.content);
      found.set(key, [...(found.get(key) ?? []), row]);
    }
    for (const key of found.keys()) if (!this.#slots.has(key)) this.findings.push(`${key}: is there and was never sent`);
    for (const slot of this.#slots.values()) this.#compareSlot(slot, found.get(slot.key) ?? []);
    return this.counts.there - before;
  }

  #compareSlot(slot: Slot, rows: readonly OwnSignal[]): void {
    const [row] = rows;
    const state = row && (row.state === 'retracted' ? 'retracted' : row.content);
    if (rows.length > 1) this.findings.push(`${slot.key}: is there ${rows.length} times`);
    if (slot.id !== undefined && row?.id !== slot.id) this.findings.push(`${slot.key}: was acknowledged as ${slot.id} and is ${row ? row.id : 'not there'}`);
    if (!slot.key.includes('/') && row && row.version !== 1) this.findings.push(`${slot.key}: was written ${row.version} times`);
    if (![slot.settled, ...slot.pending].some((allowed) => isDeepStrictEqual(allowed, state))) this.findings.push(`${slot.key}: is ${JSON.stringify(state)}, was acknowledged as ${JSON.stringify(slot.settled)}`);
    if (slot.pending.length > 0) this.counts[isDeepStrictEqual(state, slot.settled) ? 'notThere' : 'there'] += 1;
    if (state === undefined) delete slot.found;
    else slot.found = state;
  }

  /** The contents acknowledged last in a set ('' for none), by reference; what was taken back is left out. */
  current(set: string): NewSignal[] {
    return [...this.#slots.values()].flatMap(({ key, settled }) => (key.startsWith(`${set}/`) && settled !== undefined && settled !== 'retracted' ? [settled] : []));
  }
}

/** What makes an item the same signal: its reference in its set, or else its own digest, which no other has. */
function keyOf(set: string, { reference, digests }: NewSignal): string {
  return reference === undefined ? digests[0]!.digest : `${set}/${reference}`;
}
