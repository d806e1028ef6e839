import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `create table contact (owner text not null, name text not null, doc jsonb not null, verified_at bigint, primary key (owner, name))`,
  `create index contact_public on contact (owner, name) where doc ->> 'visibility' = 'public'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
