import { sql, type RawBuilder } from 'kysely';
import type { Clock } from '../../server/clock.ts';

/** The machine's clock, moved ahead: lets a reader watch what days would bring. */
export class ShiftedClock implements Clock {
  #shift = 0;

  now(): number {
    return Date.now() + this.#shift;
  }

  sql(): RawBuilder<number> {
    return sql<number>`${this.now()}::bigint`;
  }

  /** Moves ahead by so many milliseconds. */
  advance(milliseconds: number): void {
    this.#shift += milliseconds;
  }
}
