import { sql } from 'kysely';
import type { Queries, Tx } from '../db/database.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';

/** What people write, that a member may have so many of. */
export interface Written {
  /** Drafts too; not what was withdrawn or purged. */
  reports: number;
  /** Requests, answers and comments that were not withdrawn and have not ended. */
  messages: number;
}

/** How many reports and messages a member has. */
export async function countWritten(db: Queries, member: number): Promise<Written> {
  const { rows } = await sql<Written>`select (select count(*) from report where origin = ${member} and withdrawal is null and purged_at is null) as reports,
    (select count(*) from message where origin = ${member} and withdrawn_at is null) as messages`.execute(db);
  return rows[0]!;
}

/** Whether there is room for one more; the transaction holds the head row. @throws Problem quota-exceeded */
export async function checkRoom(tx: Tx, { config }: Hub, member: number, of: keyof Written): Promise<void> {
  const quota = { reports: config.reportQuota, messages: config.messageQuota }[of];
  if ((await countWritten(tx, member))[of] >= quota) throw new Problem('quota-exceeded');
}
