import type { Policy, PolicyVersion } from '../../schemas/types.ts';
import { canonical } from '../audit/chain.ts';
import { actorOf, type Viewer } from '../auth/access.ts';
import { transaction, type Queries, type Tx } from '../db/database.ts';
import type { Hub } from '../hub.ts';
import { formatInstant } from '../policy/time.ts';
import type { Change } from '../world/store.ts';
import { checkPolicy } from './names.ts';

/** A version of a policy as it is stored; never edited. */
export interface StoredVersion {
  id: string;
  version: number;
  doc: Policy;
  author: string;
  created_at: number;
}

/** What storing a policy did. */
export interface StoredPolicy {
  created: boolean;
  stored: StoredVersion;
}

/** A version as its readers see it: who wrote it is for the owner and the operator. */
export function versionView({ id, version, doc, author, created_at: at }: StoredVersion, withAuthor: boolean): PolicyVersion {
  return { id, version, ...(withAuthor ? { author } : {}), created_at: formatInstant(at), policy: doc };
}

/** All versions of a policy, newest first. */
export function versionsOf(db: Queries, id: string): Promise<StoredVersion[]> {
  return db.selectFrom('policy_version').selectAll().where('id', '=', id).orderBy('version', 'desc').execute();
}

/** One version of a policy. */
export function versionOf(db: Queries, id: string, version: number): Promise<StoredVersion | undefined> {
  return db.selectFrom('policy_version').selectAll().where('id', '=', id).where('version', '=', version).executeTakeFirst();
}

/**
 * Stores a policy as its next version; what equals the latest version is that version.
 * @throws Problem invalid-policy
 */
export function storePolicy(hub: Hub, viewer: Viewer, policy: Policy): Promise<StoredPolicy> {
  return transaction(hub.db, (tx) =>
    hub.worlds.changeIn(tx, actorOf(viewer), async (world, head) => {
      checkPolicy(world, viewer.member.id, policy);
      const latest = await latestOf(tx, policy.id);
      if (latest && sameDocument(latest.doc, policy)) return { entries: [], deeds: [], result: { created: false, stored: latest } };
      return append(tx, { id: policy.id, version: (latest?.version ?? 0) + 1, doc: policy, author: viewer.client, created_at: head.at });
    }));
}

async function append(tx: Tx, stored: StoredVersion): Promise<Change<StoredPolicy>> {
  await tx.insertInto('policy_version').values({ ...stored, doc: JSON.stringify(stored.doc) }).execute();
  return { entries: [], deeds: [{ action: 'store-policy', subject: stored.id, detail: { version: stored.version } }], result: { created: true, stored } };
}

function latestOf(tx: Tx, id: string): Promise<StoredVersion | undefined> {
  return tx.selectFrom('policy_version').selectAll().where('id', '=', id).orderBy('version', 'desc').limit(1).executeTakeFirst();
}

function sameDocument(a: Policy, b: Policy): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}
