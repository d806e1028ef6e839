import { sql } from 'kysely';
import { unnest, type Tx } from '../../db/database.ts';
import { FOREVER } from '../../feeds/entitlements.ts';
import { FRESH } from '../../feeds/quiet.ts';
import type { Sight } from '../view.ts';

/** An object of a class changes what is shown `shift` milliseconds after its acceptance. */
interface Turn {
  classId: number;
  shift: number;
}

/** An instant before which no view changes although nothing is written; at the latest in ten minutes. */
export async function quietUntil(tx: Tx, { table, at }: Sight, nextInstant: number): Promise<number> {
  let until = Math.min(at + FRESH, nextInstant);
  const turns: Turn[] = [];
  table.forEach((entitlement, index) => {
    if (!entitlement) return;
    const { windows, notBefore } = entitlement.grant;
    const lengths = windows.flatMap((window) => (window.for === undefined ? [] : [window.for]));
    for (const instant of notBefore === undefined ? [] : [notBefore, ...lengths.map((length) => notBefore + length)]) if (instant > at) until = Math.min(until, instant);
    const shifts = new Set(windows.flatMap(({ after, for: length }) => (length === undefined ? [after] : [after, after + length])));
    for (const shift of shifts) if (shift > 0) turns.push({ classId: index + 1, shift });
  });
  return Math.min(until, await nextTurn(tx, turns, at), await nextEnd(tx, at));
}

async function nextTurn(tx: Tx, turns: readonly Turn[], at: number): Promise<number> {
  if (turns.length === 0) return FOREVER;
  const columns = unnest([
    { type: 'integer', values: turns.map(({ classId }) => classId) },
    { type: 'bigint', values: turns.map(({ shift }) => shift) },
  ]);
  const { rows } = await sql<{ at: number | null }>`with k as materialized (select * from ${columns} k(class_id, shift))
    select least(
      (select min(p.accepted_at + k.shift) from k cross join lateral (select accepted_at from report_part where class_id = k.class_id and accepted_at > ${at} - k.shift order by accepted_at limit 1) p),
      (select min(s.accepted_at + k.shift) from report_link l join signal s on s.id = l.target join k on k.class_id = s.class_id where l.kind = 'signal' and s.accepted_at > ${at} - k.shift)
    ) as at`.execute(tx);
  return rows[0]?.at ?? FOREVER;
}

async function nextEnd(tx: Tx, at: number): Promise<number> {
  const { rows } = await sql<{ at: number | null }>`select least(
      (select min(until) from report where until > ${at}),
      (select min(s.until) from report_link l join signal s on s.id = l.target where l.kind = 'signal' and s.until > ${at})
    ) as at`.execute(tx);
  return rows[0]?.at ?? FOREVER;
}
