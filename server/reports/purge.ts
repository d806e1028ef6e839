import { sql, type RawBuilder } from 'kysely';
import { transaction } from '../db/database.ts';
import { advance } from '../db/head.ts';
import type { Hub } from '../hub.ts';

/** Reports in one transaction: writers wait for it. */
const CHUNK = 200;

/** Whether a hold is in force on a report. */
function isHeld(at: number): RawBuilder<boolean> {
  return sql<boolean>`exists (select from hold_report k join hold h on h.id = k.hold_id where k.report_id = report.id and h.until > ${at} and h.released_at is null)`;
}

/**
 * Purges the content of reports that are due, all versions of it. What stays is a tombstone: ids, dates, classes, links and who
 * received them, from which it follows what replicas hold. What a hold keeps stays until the hold is over.
 * @returns how many reports were purged
 */
export async function purgeReports(hub: Hub): Promise<number> {
  for (let purged = 0; ; ) {
    const count = await transaction(hub.db, async (tx) => {
      const { at } = await advance(tx, hub.clock, 0);
      const due = await tx.selectFrom('report').select('id').where('purged_at', 'is', null).where('keep_until', '<=', at).where(sql<boolean>`not ${isHeld(at)}`).orderBy('keep_until').limit(CHUNK).execute();
      const ids = due.map(({ id }) => id);
      if (ids.length === 0) return 0;
      await tx.updateTable('report').set({ purged_at: at, working: null }).where('id', 'in', ids).execute();
      await tx.updateTable('report_version').set({ content: null, reviews: '[]' }).where('report_id', 'in', ids).execute();
      await tx.deleteFrom('report_part').where('report_id', 'in', ids).execute();
      return ids.length;
    });
    purged += count;
    if (count < CHUNK) return purged;
  }
}
