import { sql } from 'kysely';
import type { HoldList, HoldView, NewHold, ReferralQuery } from '../../schemas/types.ts';
import { actorOf, type Viewer } from '../auth/access.ts';
import { transaction, unnest, type Queries } from '../db/database.ts';
import type { Hub } from '../hub.ts';
import { formatInstant, instant } from '../policy/time.ts';
import { Problem, problemAt } from '../problems.ts';
import { uuidFrom } from '../random.ts';
import { evidenceOf } from '../referrals/register.ts';
import { ownReports } from '../referrals/reports.ts';

interface HoldRow {
  id: string;
  at: number;
  reference: string;
  until: number;
  released_at: number | null;
  signals: string[];
  reports: string[];
}

/** The longest that a hold can last. */
const LONGEST = 3660 * 86_400_000;

/** Holds what signals and reports of one's own say, whatever becomes of them. @throws Problem invalid-body, invalid-times, not-found, conflict */
export function hold(hub: Hub, viewer: Viewer, { reference, signals = [], reports = [], until }: NewHold): Promise<HoldView> {
  if (signals.length + reports.length === 0) throw problemAt('invalid-body', '/signals', 'is missing, and so is reports');
  return transaction(hub.db, (tx) => hub.worlds.changeIn(tx, actorOf(viewer), async (_world, { at }) => {
    const end = instant(until);
    if (end <= at || end > at + LONGEST) throw problemAt('invalid-times', '/until', 'must be in the future, at most 3,660 days ahead');
    await evidenceOf(tx, viewer.member.number, signals);
    await ownReports(tx, viewer.member.number, reports);
    const row = { id: uuidFrom(hub.random.bytes(16)), at, reference, until: end, released_at: null };
    await tx.insertInto('hold').values({ ...row, member: viewer.member.number, swept: false }).execute();
    await sql`insert into hold_signal (hold_id, signal_id) select ${row.id}::uuid, id from ${unnest([{ type: 'uuid', values: signals }])} k(id)`.execute(tx);
    await sql`insert into hold_report (hold_id, report_id) select ${row.id}::uuid, id from ${unnest([{ type: 'uuid', values: reports }])} k(id)`.execute(tx);
    const detail = { reference, ...(signals.length > 0 ? { signals } : {}), ...(reports.length > 0 ? { reports } : {}), until };
    return { entries: [], deeds: [{ action: 'hold', subject: row.id, detail }], result: view(at, { ...row, signals, reports }) };
  }));
}

/** Ends a hold of one's own: what is due is purged soon. @throws Problem not-found, conflict (it is over) */
export function releaseHold(hub: Hub, viewer: Viewer, id: string): Promise<HoldView> {
  return transaction(hub.db, (tx) => hub.worlds.changeIn(tx, actorOf(viewer), async (_world, { at }) => {
    const [row] = await holdsOf(tx, viewer.member.number, sql`h.id = ${id}`, 1);
    if (!row) throw new Problem('not-found');
    if (row.released_at !== null || row.until <= at) throw new Problem('conflict');
    await tx.updateTable('hold').set({ released_at: at }).where('id', '=', id).execute();
    return { entries: [], deeds: [{ action: 'release-hold', subject: id }], result: view(at, { ...row, released_at: at }) };
  }));
}

/** One's own holds, latest first. */
export async function listHolds(hub: Hub, { member, head }: Viewer, { after, limit = 100 }: ReferralQuery): Promise<HoldList> {
  const rows = await holdsOf(hub.db, member.number, after === undefined ? sql`true` : sql`(h.at, h.id) < (select at, id from hold where id = ${after}::uuid and member = ${member.number})`, limit);
  const last = rows.at(-1);
  return { holds: rows.map((row) => view(head.at, row)), ...(rows.length === limit && last ? { next: last.id } : {}) };
}

async function holdsOf(db: Queries, member: number, which: ReturnType<typeof sql>, limit: number): Promise<HoldRow[]> {
  const { rows } = await sql<HoldRow>`select h.id, h.at, h.reference, h.until, h.released_at, coalesce((select json_agg(signal_id order by signal_id) from hold_signal where hold_id = h.id), '[]') as signals,
      coalesce((select json_agg(report_id order by report_id) from hold_report where hold_id = h.id), '[]') as reports
    from hold h where h.member = ${member} and ${which} order by h.at desc, h.id desc limit ${limit}`.execute(db);
  return rows;
}

function view(now: number, { id, at, reference, until, released_at: released, signals, reports }: HoldRow): HoldView {
  return {
    id,
    reference,
    created_at: formatInstant(at),
    until: formatInstant(until),
    ...(released === null ? {} : { released_at: formatInstant(released) }),
    state: released !== null ? 'released' : until <= now ? 'ended' : 'in-force',
    signals,
    ...(reports.length > 0 ? { reports } : {}),
  };
}
