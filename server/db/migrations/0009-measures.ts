import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `create table judgement (member integer not null, signal_id uuid not null, origin integer not null, verdict text not null, at bigint not null, primary key (member, signal_id))`,
  `create index judgement_signal on judgement (signal_id)`,
  `create index judgement_wrong on judgement (origin, signal_id) where verdict = 'wrong'`,
  `create table dispute_answer (signal_id uuid primary key, answer text not null, version integer not null, at bigint not null)`,

  `create table measuring (day integer primary key, at bigint not null, members jsonb not null, written boolean not null)`,
  `create table measured_signal (signal_id uuid primary key, corroboration integer not null, dispute text not null)`,

  `alter table signal add column changed_at bigint`,
  `update signal s set changed_at = (select max(at) from change_log where signal_id = s.id and prev_class is not null) where version > 1 and active`,
  `create index signal_changed on signal (changed_at) where active and changed_at is not null`,
  `alter table change_log add column measured boolean not null default false`,

  // Nothing has been measured yet, which is known of every signal from now on.
  `update visibility_class set doc = jsonb_set(jsonb_set(doc, '{attributes,corroboration}', '0'), '{attributes,dispute}', '"none"') where doc ->> 'kind' = 'signal'`,
  // Where a policy or a feed asked while it was unknown, replicas begin anew.
  `update head set epoch = gen_random_uuid() where exists (select from world_entry where kind in ('activation', 'feed') and (doc::text like '%"corroboration"%' or doc::text like '%"dispute"%'))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
