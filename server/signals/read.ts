import { sql } from 'kysely';
import { Batcher } from '../batcher.ts';
import { arrayText, snapshot, type Tx } from '../db/database.ts';
import { readHead } from '../db/head.ts';
import type { Hub } from '../hub.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import { lookOf, type Look } from '../feeds/look.ts';
import { isVisible } from '../feeds/pull.ts';
import { viewsOf } from '../feeds/view.ts';
import type { MemberDocument } from '../world/documents.ts';

interface Wanted {
  viewer: MemberDocument;
  id: string;
}

interface Row {
  id: string;
  origin: number;
  class_id: number;
  accepted_at: number;
  until: number;
  version: number;
}

/** A signal that a viewer may see, and how. */
interface Granted {
  row: Row;
  viewer: number;
  look: Look;
}

/**
 * Reads single signals through the policy. Reads that arrive together share one snapshot and one commit of their disclosures,
 * which are durable before anything is answered. What the viewer may not see and what does not exist take the same steps.
 */
export class SignalReader {
  readonly #hub: Hub;
  readonly #entitlements: Entitlements;
  readonly #batcher: Batcher<Wanted, string | undefined>;

  constructor(hub: Hub, entitlements: Entitlements) {
    this.#hub = hub;
    this.#entitlements = entitlements;
    this.#batcher = new Batcher((wanted) => snapshot(hub.db, (tx) => this.#readMany(tx, wanted)));
  }

  /** The signal as the viewer may see it now, as JSON of a SignalView; or undefined. */
  read(viewer: MemberDocument, id: string): Promise<string | undefined> {
    return this.#batcher.add({ viewer, id });
  }

  async #readMany(tx: Tx, wanted: readonly Wanted[]): Promise<(string | undefined)[]> {
    const { clock, worlds, secrets } = this.#hub;
    const head = await readHead(tx, clock);
    const rows = await rowsOf(tx, wanted.map(({ id }) => id));
    const world = await worlds.at(head.world, tx);
    const classes = await this.#entitlements.classes(head.classes, tx);
    const granted = await Promise.all(
      wanted.map(async ({ viewer, id }): Promise<Granted | undefined> => {
        const table = await this.#entitlements.table(world, head.at, viewer.id, undefined, head.classes, tx);
        const row = rows.get(id);
        const entitlement = row && table[row.class_id - 1];
        if (!entitlement || !isVisible(entitlement, { classId: row.class_id, acceptedAt: row.accepted_at, id, until: row.until }, head.at)) return undefined;
        return { row, viewer: viewer.number, look: lookOf(entitlement.grant, classes[row.class_id - 1]!, { viewer: viewer.id, secrets }) };
      }),
    );
    const found = granted.filter((item) => item !== undefined);
    const views = await viewsOf(tx, found.map(({ row, look }) => ({ id: row.id, look })));
    const disclosures = found.filter(({ row, viewer }) => row.origin !== viewer).map(({ row, viewer }) => ({ at: head.at, viewer, signal_id: row.id, version: row.version, world: world.version }));
    if (disclosures.length > 0) await tx.insertInto('disclosure').values(disclosures).execute();
    const texts = new Map(found.map((item, index) => [item, views[index]?.json]));
    return granted.map((item) => item && texts.get(item));
  }
}

async function rowsOf(tx: Tx, ids: readonly string[]): Promise<Map<string, Row>> {
  const found = await sql<Row>`select id, origin, class_id, accepted_at, until, version from signal where id = any(${arrayText([...new Set(ids)])}::uuid[]) and active`.execute(tx);
  return new Map(found.rows.map((row) => [row.id, row]));
}
