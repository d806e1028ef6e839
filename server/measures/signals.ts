import { sql } from 'kysely';
import type { Status } from '../../schemas/types.ts';
import { arrayText, unnest } from '../db/database.ts';
import type { SignalAttributes } from '../policy/object.ts';
import { DAY } from '../signals/sums.ts';
import { activeMembers } from './members.ts';
import type { Measuring } from './measure.ts';

/** The greatest corroboration that is told. */
const MOST = 5;

/** Verdicts that say the same of a thing. */
const SIDES: Record<Status, string> = { malicious: 'bad', suspicious: 'bad', 'non-malicious': 'good', unknown: 'unknown' };

/**
 * Notes the signals of which something else is measured than their class says.
 *
 * Corroboration: origins, besides the signal's own, that let themselves be counted and say the same (the top of the harm tree, and
 * whether it is bad) of one of its indicators by a signal that is no echo and has not ended; one less, since one of them may be
 * the peer who asks. It may be too little by that, never too much: at least so many there are without the peer's own post.
 *
 * A dispute is upheld while its origin says so of what the signal says now; else it is open when an active member found the
 * signal wrong since the origin's last answer.
 */
export async function measureSignals({ tx, world, classes, day }: Measuring): Promise<void> {
  const says = new Map<string, number>();
  const columns = unnest([
    { type: 'integer', values: classes.map(({ id }) => id) },
    { type: 'integer', values: classes.map(({ object }) => numberOf(says, sayOf(object.attributes))) },
    { type: 'boolean', values: classes.map(({ object, countable }) => countable && object.attributes.basis !== 'derived') },
    { type: 'integer', values: classes.map(({ object }) => object.attributes.corroboration!) },
    { type: 'text', values: classes.map(({ object }) => object.attributes.dispute!) },
  ]);
  const stands = sql`s.active and s.until >= ${day * DAY} and s.accepted_at < ${day * DAY}`;
  // Of the origins that say something of an indicator as many are kept as it takes to tell the greatest corroboration.
  await sql`with k as materialized (
      select * from ${columns} k(class_id, say, voice, corroboration, dispute)
    ), shared as materialized (
      select indicator_id from signal_indicator group by indicator_id having count(*) > 1
    ), said as materialized (
      select l.indicator_id, s.id, s.origin, k.say, k.voice from shared join signal_indicator l using (indicator_id)
      cross join lateral (select * from signal s where s.id = l.signal_id and ${stands} limit 1) s join k using (class_id) where k.say is not null
    ), voices as materialized (
      select indicator_id, say, origin from (
        select indicator_id, say, origin, row_number() over (partition by indicator_id, say order by origin) as n from (select distinct indicator_id, say, origin from said where voice) d
      ) v where n <= ${MOST + 2}
    ), corroborated as (
      select s.id, least(count(distinct v.origin) - 1, ${MOST})::integer as corroboration
      from said s join voices v on v.indicator_id = s.indicator_id and v.say = s.say and v.origin <> s.origin group by s.id having count(distinct v.origin) > 1
    ), wrong as (
      select signal_id, max(at) as at from judgement where verdict = 'wrong' and member = any(${arrayText(activeMembers(world))}::integer[]) group by 1
    ), disputed as (
      select s.id, case when a.answer = 'upheld' and a.version = s.version then 'upheld' else 'disputed' end as dispute
      from wrong w full join dispute_answer a using (signal_id) cross join lateral (select * from signal s where s.id = signal_id and ${stands} limit 1) s
      where (a.answer = 'upheld' and a.version = s.version) or w.at > coalesce(a.at, 0)
    ), known as (
      select s.id from k cross join lateral (select id from signal s where s.class_id = k.class_id and ${stands} offset 0) s where k.corroboration > 0 or k.dispute <> 'none'
    ), measured as (
      select id, coalesce(c.corroboration, 0) as corroboration, coalesce(d.dispute, 'none') as dispute
      from (select id from corroborated union select id from disputed union select id from known) ids left join corroborated c using (id) left join disputed d using (id)
    ) insert into measured_signal (signal_id, corroboration, dispute)
      select m.id, m.corroboration, m.dispute from measured m cross join lateral (select class_id from signal where id = m.id limit 1) s join k using (class_id)
      where m.corroboration <> k.corroboration or m.dispute <> k.dispute`.execute(tx);
}

/** What a signal says of its indicator, as far as others must say the same; nothing of one in an exercise. */
function sayOf({ harm, status, exercise }: SignalAttributes): string | undefined {
  return exercise === undefined ? `${harm.split('.')[0]} ${SIDES[status]}` : undefined;
}

function numberOf(says: Map<string, number>, say: string | undefined): number | null {
  if (say === undefined) return null;
  const number = says.get(say) ?? says.size;
  says.set(say, number);
  return number;
}
