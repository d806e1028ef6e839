import { sql } from 'kysely';
import type { Dispute, DisputeList, DisputeVerdict, DisputeView } from '../../schemas/types.ts';
import { actorOf, type Viewer } from '../auth/access.ts';
import { arrayText, transaction, type Queries } from '../db/database.ts';
import { advance } from '../db/head.ts';
import { ZERO_ID } from '../feeds/cursor.ts';
import type { Hub } from '../hub.ts';
import { formatInstant } from '../policy/time.ts';
import { Problem, problemAt } from '../problems.ts';
import type { HubWorld } from '../world/state.ts';
import { checkActor } from '../world/store.ts';
import { activeMembers } from './members.ts';

interface Row {
  id: string;
  version: number;
  wrong: number;
  /** When the latest of them was said. */
  said: number | null;
  answer: DisputeVerdict | null;
  answered_version: number | null;
  answered_at: number | null;
}

/** The dispute about a signal of the viewer's own. @throws Problem not-found */
export async function readDispute(hub: Hub, { world, member }: Viewer, id: string): Promise<DisputeView> {
  return disputeView(await disputeOf(hub.db, world, member.number, id));
}

/** A page of the viewer's own signals about which a dispute is open, by id. */
export async function listDisputes(hub: Hub, { world, member }: Viewer, after = ZERO_ID, limit = 100): Promise<DisputeList> {
  const { rows } = await sql<Row>`select d.* from (select distinct signal_id from judgement where origin = ${member.number} and verdict = 'wrong' and signal_id > ${after}) j
    cross join lateral (${rowOf(world, sql`j.signal_id`)}) d where ${isOpen(sql`d`)} order by d.id limit ${limit}`.execute(hub.db);
  const last = rows.at(-1);
  return { disputes: rows.map(disputeView), ...(rows.length === limit && last ? { next: last.id } : {}) };
}

/** Answers those who find a signal of the viewer's own wrong. @throws Problem not-found, conflict where nobody does, or did */
export function answerDispute(hub: Hub, viewer: Viewer, id: string, answer: DisputeVerdict): Promise<DisputeView> {
  return transaction(hub.db, async (tx) => {
    const head = await advance(tx, hub.clock, 0);
    const world = await hub.worlds.at(head.world, tx);
    checkActor(world, actorOf(viewer));
    const row = await disputeOf(tx, world, viewer.member.number, id);
    if (row.wrong === 0 && row.answer === null) throw problemAt('conflict', '', 'nobody disputes it');
    const said = { answer, version: row.version, at: head.at };
    await tx.insertInto('dispute_answer').values({ signal_id: id, ...said }).onConflict((conflict) => conflict.column('signal_id').doUpdateSet(said)).execute();
    return disputeView({ ...row, answer, answered_version: row.version, answered_at: head.at });
  });
}

async function disputeOf(db: Queries, world: HubWorld, origin: number, id: string): Promise<Row> {
  const { rows } = await sql<Row & { origin: number }>`${rowOf(world, sql`${id}::uuid`)}`.execute(db);
  if (rows[0]?.origin !== origin) throw new Problem('not-found');
  return rows[0];
}

/** What is said of an active signal by members whose judgements count, and what its origin answered. */
function rowOf(world: HubWorld, id: ReturnType<typeof sql>) {
  return sql`select s.id, s.origin, s.version, w.n as wrong, w.at as said, a.answer, a.version as answered_version, a.at as answered_at
    from (select * from signal where id = ${id} and active limit 1) s left join dispute_answer a on a.signal_id = s.id
    cross join lateral (select count(*) as n, max(at) as at from judgement where signal_id = s.id and verdict = 'wrong' and member = any(${arrayText(activeMembers(world))}::integer[])) w`;
}

function isOpen(d: ReturnType<typeof sql>) {
  return sql`(${d}.said > coalesce(${d}.answered_at, 0) and not coalesce(${d}.answer = 'upheld' and ${d}.answered_version = ${d}.version, false))`;
}

function stateOf({ version, said, answer, answered_version: answered, answered_at: at }: Row): Dispute {
  if (answer === 'upheld' && answered === version) return 'upheld';
  return said !== null && said > (at ?? 0) ? 'disputed' : 'none';
}

function disputeView(row: Row): DisputeView {
  return { signal: row.id, dispute: stateOf(row), wrong: row.wrong, ...(row.answer ? { answer: row.answer, answered_at: formatInstant(row.answered_at!) } : {}) };
}
