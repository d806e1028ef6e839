import canonicalize from 'canonicalize';
import type { Handling, ReconciliationDigest, SignalView } from '../../schemas/types.ts';
import { blake3 } from './digests/blake3.ts';

const BITS = 128;
const BYTES = 16;
const REMEMBERED = 10_000;

/** Members of a view that differ from signal to signal of one part. */
const VARYING = ['digests', 'observed', 'note'] as const;
type Varying = (typeof VARYING)[number];

/** Members that are no terms of the sum: the id multiplies it, the version follows from the rest, and instants count as numbers. */
const APART = new Set<string>(['id', 'version', 'released_at', 'visible_until', ...VARYING]);

/** H(name, value): the first 16 bytes of BLAKE3 of the name, a line feed and the value as canonical JSON (RFC 8785). */
export function fieldHash(name: string, value: unknown): bigint {
  return BigInt(`0x${blake3(`${name}\n${canonicalize(value)}`, BYTES).toString('hex')}`);
}

/** What instants are multiplied with: fixed odd numbers. */
export const RELEASED_FACTOR = fieldHash('released_at', null) | 1n;
export const UNTIL_FACTOR = fieldHash('visible_until', null) | 1n;

/** A UUID as a number of 128 bits. */
export function idNumber(id: string): bigint {
  return BigInt(`0x${id.replaceAll('-', '')}`);
}

/** The remainder modulo 2^128. */
export function modulo(value: bigint): bigint {
  return BigInt.asUintN(BITS, value);
}

/** A sum, or the name of a part, as it is written: 32 hex digits. */
export function sumText(sum: bigint): string {
  return modulo(sum).toString(16).padStart(2 * BYTES, '0');
}

/** Sums of H over members that are the same for many signals; remembers what it has hashed. */
export class ConstantHashes {
  readonly #remembered = new Map<string, bigint>();
  readonly #handlings = new WeakMap<Handling, bigint>();

  /** The sum over all members but those that differ from signal to signal. */
  sum(view: Partial<SignalView>): bigint {
    let sum = 0n;
    for (const [name, value] of Object.entries(view)) {
      if (!APART.has(name)) sum += name === 'handling' ? this.#handling(value as Handling) : this.#hash(name, value);
    }
    return modulo(sum);
  }

  #handling(handling: Handling): bigint {
    const known = this.#handlings.get(handling) ?? this.#hash('handling', handling);
    this.#handlings.set(handling, known);
    return known;
  }

  #hash(name: string, value: unknown): bigint {
    const key = `${name}\n${JSON.stringify(value)}`;
    const known = this.#remembered.get(key) ?? fieldHash(name, value);
    if (this.#remembered.size >= REMEMBERED) this.#remembered.clear();
    this.#remembered.set(key, known);
    return known;
  }
}

/** Sums by part, and what signals of the part have in common. */
export interface PartSum {
  count: number;
  sum: bigint;
  /** A signal of the part, to tell by its harm, severity and so on what part that is. */
  example: SignalView;
}

/** A part in which a replica differs from what it should hold. */
export interface PartDifference {
  part: string;
  /** Signals that it should hold, and those that it holds. */
  expected: number;
  held: number;
  /** A signal held of this part, if any. */
  example: SignalView | undefined;
}

/**
 * The reconciliation digest of signals that a replica holds: how many, and the sum modulo 2^128 of
 * `id * (sum of H(name, value) over all other members but version and instants + A * released_at + B * visible_until)`, instants
 * in milliseconds. A hub gets the same from sums that it keeps, without reading the signals.
 *
 * Two sets that differ have the same sum with a chance of about 2^-128: it finds mistakes, and is no proof against malice.
 */
export class ReplicaDigest {
  readonly parts = new Map<string, PartSum>();
  readonly #constants = new ConstantHashes();

  add(view: SignalView): void {
    const constant = this.#constants.sum(view);
    const part = sumText(constant);
    const known = this.parts.get(part) ?? { count: 0, sum: 0n, example: view };
    known.count += 1;
    known.sum = modulo(known.sum + itemDigest(view, constant));
    this.parts.set(part, known);
  }

  get total(): ReconciliationDigest {
    let [count, sum] = [0, 0n];
    for (const part of this.parts.values()) [count, sum] = [count + part.count, sum + part.sum];
    return { count, sum: sumText(sum) };
  }

  /** Where it differs from a digest with parts. */
  differences({ parts = [] }: ReconciliationDigest): PartDifference[] {
    const expected = new Map(parts.map((part) => [part.part, part]));
    const names = new Set([...expected.keys(), ...this.parts.keys()]);
    return [...names].flatMap((part) => {
      const [should, held] = [expected.get(part), this.parts.get(part)];
      if (should?.count === held?.count && should?.sum === sumText(held?.sum ?? 0n)) return [];
      return [{ part, expected: should?.count ?? 0, held: held?.count ?? 0, example: held?.example }];
    });
  }
}

/** The term of one signal; `constant` is the sum of its hashes that are the same for its part. */
export function itemDigest(view: SignalView, constant: bigint): bigint {
  return modulo(idNumber(view.id) * (constant + varying(view) + instants(view)));
}

function varying(view: Pick<SignalView, Varying>): bigint {
  let sum = 0n;
  for (const name of VARYING) if (view[name] !== undefined) sum += fieldHash(name, view[name]);
  return sum;
}

function instants({ released_at: released, visible_until: until }: SignalView): bigint {
  return RELEASED_FACTOR * BigInt(Date.parse(released)) + UNTIL_FACTOR * BigInt(until === undefined ? 0 : Date.parse(until));
}
