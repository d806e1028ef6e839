import { sql, type Kysely } from 'kysely';

/** Reports can be referred and held, as signals can. A copy's `n` counts signals first, then reports. */
const STATEMENTS = [
  `create table referral_report (referral_id uuid not null references referral, n integer not null, report_id uuid not null, version integer not null, hash bytea not null, primary key (referral_id, n))`,
  `create trigger referral_report_append_only before update or delete or truncate on referral_report for each statement execute function refuse_change()`,
  `create table hold_report (hold_id uuid not null references hold, report_id uuid not null, primary key (report_id, hold_id))`,
  `create index hold_report_hold on hold_report (hold_id)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
