import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `create table emergency (id uuid primary key, at bigint not null, origin integer not null, until bigint not null, respond_within bigint not null,
    object jsonb not null, content jsonb not null, closed_at bigint, outcome text)`,
  `create index emergency_until on emergency (until)`,
  `create table emergency_event (emergency_id uuid not null references emergency, member integer not null, kind text not null, at bigint not null, client text not null, primary key (emergency_id, kind, member))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
