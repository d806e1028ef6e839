import { Migrator, type Kysely, type Migration } from 'kysely';
import * as foundation from './migrations/0001-foundation.ts';
import * as reports from './migrations/0002-reports.ts';
import * as insight from './migrations/0003-insight.ts';
import * as contacts from './migrations/0004-1-contacts.ts';
import * as referrals from './migrations/0004-2-referrals.ts';
import * as emergencies from './migrations/0004-3-emergencies.ts';
import * as exercises from './migrations/0004-4-exercises.ts';
import * as policyHistory from './migrations/0006-policy-history.ts';
import * as classSumContent from './migrations/0007-class-sum-content.ts';
import * as titleClass from './migrations/0008-title-class.ts';
import * as measures from './migrations/0009-measures.ts';
import * as evidenceOfReports from './migrations/0010-evidence-of-reports.ts';
import * as classCovers from './migrations/0011-class-covers.ts';
import type { Tables } from './tables.ts';

/** In order; a migration that has been released is never edited. */
const migrations: Record<string, Migration> = {
  '0001-foundation': foundation,
  '0002-reports': reports,
  '0003-insight': insight,
  '0004-1-contacts': contacts,
  '0004-2-referrals': referrals,
  '0004-3-emergencies': emergencies,
  '0004-4-exercises': exercises,
  '0006-policy-history': policyHistory,
  '0007-class-sum-content': classSumContent,
  '0008-title-class': titleClass,
  '0009-measures': measures,
  '0010-evidence-of-reports': evidenceOfReports,
  '0011-class-covers': classCovers,
};

/** Brings the schema up to date. Several processes may do so at once: the migrator holds a lock in the database. */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error instanceof Error ? error : new Error('the migration failed', { cause: error });
}
