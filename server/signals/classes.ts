import { sql } from 'kysely';
import { blake3 } from '../../clients/sdk/digests/index.ts';
import { arrayText, type Tx } from '../db/database.ts';
import type { PolicyObject } from '../policy/object.ts';

/** A class that a write needs. */
export interface WantedClass {
  key: string;
  origin: number;
  object: PolicyObject;
}

const CACHED = 50_000;

/** Interns visibility classes: signals that are equal in all that the engine reads share an id. */
export class ClassInterner {
  readonly #ids = new Map<string, number>();

  /** The class ids that are known without asking the database. */
  known(key: string): number | undefined {
    return this.#ids.get(key);
  }

  /** Keeps ids, once the transaction that made them has committed. */
  keep(ids: ReadonlyMap<string, number>): void {
    for (const [key, id] of ids) {
      if (this.#ids.size >= CACHED) this.#ids.delete(this.#ids.keys().next().value!);
      this.#ids.set(key, id);
    }
  }
}

/** Looks up classes that are not cached. The transaction holds the head row. */
export async function findClasses(tx: Tx, wanted: readonly WantedClass[]): Promise<Map<string, number>> {
  if (wanted.length === 0) return new Map();
  const keys = new Map(wanted.map((item) => [hashOf(item.key), item.key]));
  const rows = await tx
    .selectFrom('visibility_class')
    .select(['id', sql<string>`encode(key, 'hex')`.as('hash')])
    .where(sql<boolean>`key = any (select decode(k, 'hex') from unnest(${arrayText([...keys.keys()])}::text[]) k)`)
    .execute();
  return new Map(rows.map((row) => [keys.get(row.hash)!, row.id]));
}

/** Adds classes with the next ids. */
export async function addClasses(tx: Tx, wanted: readonly WantedClass[]): Promise<Map<string, number>> {
  if (wanted.length === 0) return new Map();
  const { classes } = await tx
    .updateTable('head')
    .set({ classes: sql<number>`classes + ${wanted.length}::integer` })
    .returning('classes')
    .executeTakeFirstOrThrow();
  const first = classes - wanted.length + 1;
  const rows = wanted.map((item, index) => ({ id: first + index, origin: item.origin, key: Buffer.from(hashOf(item.key), 'hex'), doc: JSON.stringify(item.object) }));
  await tx.insertInto('visibility_class').values(rows).execute();
  return new Map(wanted.map((item, index) => [item.key, first + index]));
}

/** Finds classes, and adds those that are missing, whatever the origin's quota. */
export async function internClasses(tx: Tx, wanted: readonly WantedClass[]): Promise<Map<string, number>> {
  const found = await findClasses(tx, wanted);
  const missing = new Map(wanted.filter(({ key }) => !found.has(key)).map((item) => [item.key, item]));
  return new Map([...found, ...(await addClasses(tx, [...missing.values()]))]);
}

function hashOf(key: string): string {
  return blake3(key, 16).toString('hex');
}
