import type { Queries, Tx } from '../db/database.ts';
import { CHAIN_START, canonical, chainHash, type AuditEntry } from './chain.ts';

/** Who acts: a client of a member. */
export interface Actor {
  member: string;
  client: string;
}

/** What is to be recorded. */
export interface Deed {
  action: string;
  subject: string;
  detail?: unknown;
}

/** Appends to the audit log. The transaction must hold the head row (see `advance`), which also carries the chain's end. */
export async function record(tx: Tx, at: number, actor: Actor, deeds: readonly Deed[]): Promise<void> {
  const head = await tx.selectFrom('head').select(['audit_entries', 'audit_hash']).executeTakeFirstOrThrow();
  let hash: Uint8Array = head.audit_hash;
  const rows = deeds.map(({ action, subject, detail }, index) => {
    const entry: AuditEntry = { entry: head.audit_entries + 1 + index, at, ...actor, action, subject, detail: canonical(detail ?? {}) };
    hash = chainHash(hash, entry);
    return { ...entry, detail: JSON.stringify(entry.detail), hash };
  });
  if (rows.length === 0) return;
  await tx.insertInto('audit').values(rows).execute();
  await tx.updateTable('head').set({ audit_entries: head.audit_entries + rows.length, audit_hash: hash }).execute();
}

/** A page of the audit log after an entry, oldest first. */
export async function readAudit(db: Queries, after: number, limit: number): Promise<(AuditEntry & { hash: string })[]> {
  const rows = await db.selectFrom('audit').selectAll().where('entry', '>', after).orderBy('entry').limit(limit).execute();
  return rows.map((row) => ({ ...row, hash: hex(row.hash) }));
}

/**
 * Checks the chain from its start, and that it reaches the end that the hub keeps apart from it: rows cut off at the end leave
 * a chain that fits in itself.
 * @returns the number of entries, and the first entry that does not fit, if any
 */
export async function verifyAudit(db: Queries): Promise<{ entries: number; broken?: number }> {
  const head = await db.selectFrom('head').select(['audit_entries', 'audit_hash']).executeTakeFirstOrThrow();
  let hash: Uint8Array = CHAIN_START;
  let entries = 0;
  for (;;) {
    const page = await readAudit(db, entries, 1000);
    for (const { hash: stated, ...entry } of page) {
      hash = chainHash(hash, entry);
      const fits = entry.entry === entries + 1 && hex(hash) === stated && (entry.entry !== head.audit_entries || stated === hex(head.audit_hash));
      if (!fits) return { entries, broken: entries + 1 };
      entries += 1;
    }
    if (page.length < 1000) return entries < head.audit_entries ? { entries, broken: entries + 1 } : { entries };
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
