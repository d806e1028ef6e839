import { sql } from 'kysely';
import { transaction } from '../db/database.ts';
import type { Hub } from '../hub.ts';
import { advance } from '../db/head.ts';

/**
 * Forgets what messages said that have come to their end. That there was one stays, since who was shown it is known by its id.
 * @returns how many
 */
export function purgeMessages(hub: Hub): Promise<number> {
  return transaction(hub.db, async (tx) => {
    const { at } = await advance(tx, hub.clock, 0);
    const { numUpdatedRows } = await tx.updateTable('message').set({ content: null, withdrawn_at: sql<number>`until` }).where('until', '<=', at).where('withdrawn_at', 'is', null).executeTakeFirst();
    return Number(numUpdatedRows);
  });
}

/** Takes back everything that a member said that has left. */
export async function withdrawMessages(hub: Hub, origin: number): Promise<void> {
  await transaction(hub.db, async (tx) => {
    const { at } = await advance(tx, hub.clock, 0);
    await tx.updateTable('message').set({ content: null, withdrawn_at: at }).where('origin', '=', origin).where('withdrawn_at', 'is', null).execute();
  });
}
