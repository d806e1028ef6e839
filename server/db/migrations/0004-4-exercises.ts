import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table usage add column exercise bigint not null default 0`.execute(db);
}
