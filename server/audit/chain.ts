import { blake3 } from '../../clients/sdk/digests/blake3.ts';

/** One thing that somebody did. Never holds secrets or raw identifiers. */
export interface AuditEntry {
  entry: number;
  at: number;
  member: string;
  client: string;
  action: string;
  subject: string;
  detail: unknown;
}

/** The chain before its first entry. */
export const CHAIN_START = Buffer.alloc(32);

/** The chain's next hash: BLAKE3 over the previous hash and the entry as JSON with its keys in this order. */
export function chainHash(previous: Uint8Array, { entry, at, member, client, action, subject, detail }: AuditEntry): Buffer {
  return blake3(Buffer.concat([previous, Buffer.from(JSON.stringify([entry, at, member, client, action, subject, canonical(detail)]))]));
}

/** JSON with sorted keys at every depth, so that a database that reorders them does not change a hash. */
export function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, canonical(v)]));
}
