import { sql } from 'kysely';
import { verifyAudit } from '../../server/audit/log.ts';
import type { Queries } from '../../server/db/database.ts';

/** Rows that must not be: what is wrong, and a query that counts them. */
const WRONG: readonly (readonly [what: string, query: string])[] = [
  ['signals whose class is not there or is another origin’s', 'select count(*) n from signal s left join visibility_class c on c.id = s.class_id where c.origin is distinct from s.origin'],
  [
    'signals whose log rows are not one for each version, the last at their position',
    `select count(*) n from signal s left join (
       select signal_id, count(*) rows, count(*) filter (where prev_class is null) firsts, min(position) first, max(position) last from change_log group by signal_id
     ) c on c.signal_id = s.id where c.rows is distinct from s.version or c.firsts <> 1 or c.last <> s.position`,
  ],
  ['log rows of no signal', 'select count(*) n from change_log c left join signal s on s.id = c.signal_id where s.id is null'],
  ['last log rows that say another state than the signal', 'select count(*) n from signal s join change_log c on c.position = s.position where c.retracted = s.active'],
  ['first log rows at another place or instant than the acceptance', 'select count(*) n from change_log c join signal s on s.id = c.signal_id where c.prev_class is null and (c.at <> s.accepted_at or c.position <> s.accepted_position)'],
  ['log rows with half of what was before', 'select count(*) n from change_log where (prev_class is null) <> (prev_content is null)'],
  [
    'links that active signals lack, or that nothing asks for',
    `select count(*) n from (
       select s.id as signal_id, i.id as indicator_id from signal s cross join lateral jsonb_array_elements(s.content -> 'digests') d
       left join indicator i on i.scheme = d ->> 'scheme' and i.key = coalesce(d ->> 'key', '') and i.epoch = coalesce((d ->> 'epoch')::integer, 0) and i.digest = decode(d ->> 'digest', 'hex')
       where s.active
     ) w full join signal_indicator l on l.signal_id = w.signal_id and l.indicator_id = w.indicator_id where w.signal_id is null or l.signal_id is null`,
  ],
  [
    'indicators that nothing has ever named',
    `select count(*) n from indicator i left join (
       select distinct d ->> 'scheme' as scheme, d ->> 'digest' as digest
       from (select content from signal union all select prev_content from change_log where prev_content is not null) c cross join lateral jsonb_array_elements(c.content -> 'digests') d
     ) d on d.scheme = i.scheme and d.digest = encode(i.digest, 'hex') where d.digest is null`,
  ],
  ['positions given twice', 'select count(*) - count(distinct position) n from (select position from change_log union all select position from world_entry union all select position from batch) p'],
  [
    'positions beyond the head',
    `select count(*) n from head h cross join (
       select position from change_log union all select position from world_entry union all select position from signal union all select position from batch union all select last from batch_range
     ) p where p.position > h.position`,
  ],
  ['instants that go back along the log', 'select count(*) n from (select at < lag(at) over (order by position) as back from (select position, at from change_log union all select position, at from world_entry) e) l where back'],
  ['instants after the head’s', 'select count(*) n from head h cross join (select max(at) as at from change_log union all select max(at) from world_entry union all select max(at) from audit) e where e.at > h.at'],
  ['ranges of batches that overlap', 'select count(*) n from (select first <= lag(last) over (order by first) or first > last as wrong from batch_range) r where wrong'],
  ['a head with another number of classes', 'select count(*) n from head h cross join (select count(*) as classes, coalesce(max(id), 0) as last from visibility_class) c where c.classes <> h.classes or c.last <> h.classes'],
  ['a head with another last change of the world', 'select count(*) n from head h where h.world is distinct from (select max(position) from world_entry)'],
  [
    'origins with another usage',
    `select count(*) n from (select origin, count(*) filter (where active) as signals from signal group by origin) s
     full join (select origin, count(*) as classes from visibility_class group by origin) c on c.origin = s.origin
     full join usage u on u.origin = coalesce(s.origin, c.origin)
     where coalesce(s.signals, 0) <> coalesce(u.signals, 0) or coalesce(c.classes, 0) <> coalesce(u.classes, 0)`,
  ],
  ['a head with another end of the audit log', `select count(*) n from head h left join audit a on a.entry = h.audit_entries where h.audit_entries <> (select count(*) from audit) or a.hash is distinct from h.audit_hash`],
  ['changes of groups that are not in the audit log, or only there', `select abs((select count(*) from world_entry where kind = 'group') - (select count(*) from audit where action in ('add-group', 'change-group'))) n`],
  ['pages from beyond the head', `select count(*) n from head h join pull p on (p.state_to ->> 'position')::bigint > h.position`],
];

/** What the tables hold that no sequence of whole transactions could have left, in words; and how many pages of feeds were recorded. */
export interface Examination {
  findings: string[];
  pages: number;
}

/** Examines the tables. Nothing may be written meanwhile. */
export async function examine(db: Queries): Promise<Examination> {
  const findings: string[] = [];
  for (const [what, query] of WRONG) {
    const n = await count(db, query);
    if (n > 0) findings.push(`${n} ${what}`);
  }
  const { broken } = await verifyAudit(db);
  if (broken !== undefined) findings.push(`the audit chain breaks at entry ${broken}`);
  return { findings, pages: await count(db, 'select count(*) n from pull where items > 0') };
}

async function count(db: Queries, query: string): Promise<number> {
  const { rows } = await sql.raw<{ n: number }>(query).execute(db);
  return rows[0]!.n;
}
