import type { Random } from '../../server/random.ts';

/** A small generator whose whole sequence follows from its seed (mulberry32, by Tommy Ettinger). */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 to 2^32 - 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  }

  /** A whole number from 0 to n - 1. */
  below(n: number): number {
    return this.next() % n;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** So many random bytes in hex. */
  hex(bytes: number): string {
    return Array.from({ length: bytes }, () => this.below(256).toString(16).padStart(2, '0')).join('');
  }

  /** So many random bytes, for a hub whose ids are to come out the same again. */
  bytes(length: number): Buffer {
    return Buffer.from(this.hex(length), 'hex');
  }
}
