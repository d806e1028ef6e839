import { sql } from 'kysely';
import { unnest, transaction } from '../db/database.ts';
import { advance } from '../db/head.ts';
import type { Hub } from '../hub.ts';
import { takePositions } from './desk.ts';

const CHUNK = 200;

/**
 * Takes back every report of a member that has left. May be called again to go on after a crash.
 * @returns how many reports this call took back
 */
export async function withdrawReports(hub: Hub, origin: number): Promise<number> {
  for (let withdrawn = 0; ; ) {
    const count = await transaction(hub.db, async (tx) => {
      const { at } = await advance(tx, hub.clock, 0);
      const rows = await tx.selectFrom('report').select(['id', 'public_version']).where('origin', '=', origin).where('withdrawal', 'is', null).orderBy('id').limit(CHUNK).execute();
      if (rows.length === 0) return 0;
      const shown = rows.filter((row) => row.public_version !== null);
      const first = await takePositions(tx, shown.length);
      const values = unnest([
        { type: 'uuid', values: [...shown, ...rows.filter((row) => row.public_version === null)].map(({ id }) => id) },
        { type: 'bigint', values: rows.map((_, index) => (index < shown.length ? first + index : null)) },
      ]);
      await sql`update report r set withdrawal = 'origin-left', working = null, changed_at = ${at}, position = coalesce(k.position, r.position), withdrawn_position = k.position from ${values} k(id, position) where r.id = k.id`.execute(tx);
      await tx.deleteFrom('report_part').where('report_id', 'in', rows.map(({ id }) => id)).execute();
      return rows.length;
    });
    withdrawn += count;
    if (count < CHUNK) return withdrawn;
  }
}
