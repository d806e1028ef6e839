import { sql, type Kysely } from 'kysely';

/** What is counted by class and acceptance is found in the index alone, without the signals; parts by their title's class as well. */
const STATEMENTS = [
  `drop index signal_class`,
  `create index signal_class on signal (class_id, accepted_at, id) include (until, active)`,
  `drop index report_part_class`,
  `create index report_part_class on report_part (class_id, accepted_at, report_id) include (title_class, until)`,
  `create index report_part_title on report_part (title_class, class_id, accepted_at, until) include (report_id)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
