import { sql, type Kysely } from 'kysely';

const COUNTS = `count(*) filter (where content ? 'note') as with_note, count(*) filter (where content ? 'observed') as with_observed, count(*) filter (where content ?& array['note', 'observed']) as with_both`;

/** How many of the signals of a sum have a note, observation times, or both: what a policy that reveals them changes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(`alter table class_sum add with_note bigint not null default 0, add with_observed bigint not null default 0, add with_both bigint not null default 0`).execute(db);
  await sql.raw(`update class_sum c set with_note = s.with_note, with_observed = s.with_observed, with_both = s.with_both
    from (select class_id, accepted_at / 86400000 as accepted_day, until / 86400000 as until_day, ${COUNTS} from signal where active group by 1, 2, 3) s
    where s.class_id = c.class_id and s.accepted_day = c.accepted_day and s.until_day = c.until_day`).execute(db);
}
