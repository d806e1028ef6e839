import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Queries, Tx } from './database.ts';

/** The state of the log. */
export interface Head {
  position: number;
  /** The database's clock, never before the last commit. */
  at: number;
  world: number;
  /** Up to this position the log was pruned. */
  kept: number;
  classes: number;
  epoch: string;
}

const COLUMNS = ['position', 'world', 'kept', 'classes', 'epoch'] as const;

/**
 * Takes the next `count` positions of the log. It must be the first statement of a writing transaction: the row lock makes
 * commits follow each other in the order of their positions, so that a reader past a position never meets a row below it.
 * @returns the head after the positions were taken: they are `position - count + 1` to `position`
 */
export function advance(tx: Tx, clock: Clock, count: number): Promise<Head> {
  return tx
    .updateTable('head')
    .set({ position: sql<number>`position + ${count}::bigint`, at: sql<number>`greatest(at, ${clock.sql()})` })
    .returning([...COLUMNS, 'at'])
    .executeTakeFirstOrThrow();
}

/** The head as it is now; `at` is the instant at which a read made in this snapshot is decided. */
export function readHead(db: Queries, clock: Clock): Promise<Head> {
  return db.selectFrom('head').select([...COLUMNS, sql<number>`greatest(at, ${clock.sql()})`.as('at')]).executeTakeFirstOrThrow();
}
