import { sql, type RawBuilder } from 'kysely';
import type { NewSignal } from '../../schemas/types.ts';
import { arrayText, transaction, type Tx } from '../db/database.ts';
import { advance, type Head } from '../db/head.ts';
import type { Hub } from '../hub.ts';
import { indicatorsOf } from './content.ts';
import { NO_USAGE, addUsage, unlink, type Usage } from './store.ts';
import { SumChanges, hashesOf } from './sums.ts';

/** Signals purged in one transaction: writers wait for it. */
const CHUNK = 2000;

interface Due {
  id: string;
  origin: number;
  class_id: number;
  accepted_at: number;
  until: number;
  active: boolean;
  content: NewSignal;
}

const COLUMNS = sql<Due>`s.id, s.origin, s.class_id, s.accepted_at, s.until, s.active, s.content`;

/** Purges what is due because it ended long ago, and what only a hold kept that is over. What was retracted goes with the log. */
export async function purgeSignals(hub: Hub): Promise<void> {
  for (const purgeSome of [purgeEnded, purgeReleased]) {
    while ((await transaction(hub.db, async (tx) => purgeSome(tx, await advance(tx, hub.clock, 0), hub.config.logRetention))) > 0);
  }
}

/** Whether a hold is in force on a signal. */
export function isHeld(id: RawBuilder<unknown>, at: number): RawBuilder<boolean> {
  return sql<boolean>`exists (select from hold_signal hs join hold h on h.id = hs.hold_id where hs.signal_id = ${id} and h.until > ${at} and h.released_at is null)`;
}

const ID = sql.ref('s.id');

/** Purges signals whose retraction stands in a stretch of the log. */
export async function purgeRetracted(tx: Tx, at: number, after: number, last: number): Promise<void> {
  const { rows } = await sql<Due>`select ${COLUMNS} from change_log c join signal s on s.id = c.signal_id
    where c.position > ${after} and c.position <= ${last} and c.retracted and s.content is not null and not ${isHeld(ID, at)}`.execute(tx);
  await purge(tx, rows);
}

/**
 * Purges signals that ended so long ago that the log would not know any more what they were. No cursor needs what they said:
 * replicas dropped them by themselves, and they cannot be changed any more.
 * @returns how many
 */
async function purgeEnded(tx: Tx, { at }: Head, keep: number): Promise<number> {
  const { rows } = await sql<Due>`select ${COLUMNS} from signal s where s.until <= ${at - keep} and s.active and s.content is not null and not ${isHeld(ID, at)} order by s.until limit ${CHUNK}`.execute(tx);
  await purge(tx, rows);
  return rows.length;
}

/** Purges what only a hold kept that is over. @returns 1, or 0 when there is none */
async function purgeReleased(tx: Tx, { at, kept }: Head, keep: number): Promise<number> {
  const over = await tx.selectFrom('hold').select('id').where('swept', '=', false).where((or) => or.or([or('until', '<=', at), or('released_at', 'is not', null)])).limit(1).executeTakeFirst();
  if (!over) return 0;
  const { rows } = await sql<Due>`select ${COLUMNS} from hold_signal k join signal s on s.id = k.signal_id where k.hold_id = ${over.id} and s.content is not null
    and case when s.active then s.until <= ${at - keep} else s.position <= ${kept} end and not ${isHeld(ID, at)}`.execute(tx);
  await purge(tx, rows);
  await sql`update change_log c set prev_content = null from hold_signal k where k.hold_id = ${over.id} and c.signal_id = k.signal_id
    and c.prev_class is not null and c.position <= ${kept} and not ${isHeld(sql.ref('k.signal_id'), at)}`.execute(tx);
  await tx.updateTable('hold').set({ swept: true }).where('id', '=', over.id).execute();
  return 1;
}

/** Leaves of signals what tombstones need: ids, dates, class and reason. Those that only ended stop being counted, too. */
async function purge(tx: Tx, due: readonly Due[]): Promise<void> {
  if (due.length === 0) return;
  const ended = due.filter(({ active }) => active);
  const sums = new SumChanges();
  for (const row of ended) sums.remove({ id: row.id, classId: row.class_id, acceptedAt: row.accepted_at, until: row.until, hashes: hashesOf(row.content) });
  await sums.write(tx);
  await unlink(tx, ended.flatMap((row) => indicatorsOf(row.content).map(({ id }) => ({ id, signal: row.id }))));
  const freed = new Map<number, Usage>();
  for (const { origin, content } of ended) {
    const usage = freed.get(origin) ?? { ...NO_USAGE };
    usage[content.exercise === undefined ? 'signals' : 'exercise'] -= 1;
    freed.set(origin, usage);
  }
  await addUsage(tx, freed);
  await sql`update signal set content = null, content_hash = '', reference = null where id = any(${arrayText(due.map(({ id }) => id))}::text::uuid[])`.execute(tx);
  for (const table of ['judgement', 'dispute_answer']) await sql`delete from ${sql.table(table)} where signal_id = any(${arrayText(due.map(({ id }) => id))}::uuid[])`.execute(tx);
  const indicators = [...new Set(due.flatMap((row) => indicatorsOf(row.content).map(({ id }) => id)))];
  await sql`delete from indicator i where i.id = any(${arrayText(indicators)}::text::uuid[]) and not exists (select from signal_indicator l where l.indicator_id = i.id)`.execute(tx);
}
