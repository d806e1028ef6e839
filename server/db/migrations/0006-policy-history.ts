import { sql, type Kysely } from 'kysely';

/** What a member did, for its own history. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index audit_member on audit (member, at)`.execute(db);
}
