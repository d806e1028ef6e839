import { sql, type RawBuilder } from 'kysely';

/**
 * Where time comes from. Decisions are made at the database's clock, so that several processes agree; everything else reads `now`.
 * A test or a demonstration can put a clock of its own in place of both.
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** The same instant as an SQL expression of type bigint. */
  sql(): RawBuilder<number>;
}

/** The machine's clock for the process, the database's for decisions. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sql: () => sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::bigint`,
};

/** A clock that stands until it is moved. */
export class ManualClock implements Clock {
  #now: number;

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sql(): RawBuilder<number> {
    return sql<number>`${this.#now}::bigint`;
  }

  /** Moves by so many milliseconds; backwards too, as real clocks do. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
