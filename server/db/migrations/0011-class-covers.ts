import { sql, type Kysely } from 'kysely';

/** What is counted by class and acceptance is found in the index alone, without the signals. */
const STATEMENTS = [`drop index signal_class`, `create index signal_class on signal (class_id, accepted_at, id) include (until, active)`];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
