import { sql } from 'kysely';
import { transaction, type Tx } from '../db/database.ts';
import { advance } from '../db/head.ts';
import type { Hub } from '../hub.ts';
import { isHeld, purgeRetracted } from './purge.ts';

/** Log rows in one transaction: writers wait for it. */
const CHUNK = 5000;

/**
 * Takes out of the log what is older than the hub keeps it: rows of first acceptances, and what signals said before they changed.
 * That a signal changed, and its class until then, stays, since who received it follows from that; so do retractions. Cursors
 * from before are too old then. Signals that were retracted by then lose their content as well, and what is held stays.
 * @returns how many rows were gone through
 */
export async function pruneLog(hub: Hub): Promise<number> {
  for (let pruned = 0; ; ) {
    const rows = await transaction(hub.db, (tx) => pruneChunk(hub, tx));
    pruned += rows;
    if (rows < CHUNK) return pruned;
  }
}

async function pruneChunk(hub: Hub, tx: Tx): Promise<number> {
  const { at, kept } = await advance(tx, hub.clock, 0);
  const oldest = tx.selectFrom('change_log').select(['position', 'at']).where('position', '>', kept).orderBy('position').limit(CHUNK);
  const { last, count } = await tx
    .selectFrom(oldest.as('oldest'))
    .select(({ fn }) => [fn.max('position').as('last'), fn.countAll<number>().as('count')])
    .where('at', '<', at - hub.config.logRetention)
    .executeTakeFirstOrThrow();
  if (count === 0) return 0;
  const old = sql<boolean>`position > ${kept} and position <= ${last}`;
  await purgeRetracted(tx, at, kept, last);
  await tx.deleteFrom('change_log').where(old).where('prev_class', 'is', null).execute();
  await tx.updateTable('change_log').set({ prev_content: null }).where(old).where('prev_content', 'is not', null).where(sql<boolean>`not ${isHeld(sql.ref('change_log.signal_id'), at)}`).execute();
  await tx.updateTable('head').set({ kept: last }).execute();
  return count;
}
