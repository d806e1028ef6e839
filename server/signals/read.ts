import { sql } from 'kysely';
import type { SignalView } from '../../schemas/types.ts';
import { Batcher } from '../batcher.ts';
import { arrayText } from '../db/database.ts';
import { readHead } from '../db/head.ts';
import type { Hub } from '../hub.ts';
import { reachAt, type Entitlements } from '../feeds/entitlements.ts';
import { viewOf } from '../feeds/view.ts';
import type { SignalRow } from '../feeds/rows.ts';
import type { MemberDocument } from '../world/documents.ts';

interface Wanted {
  viewer: MemberDocument;
  id: string;
}

/**
 * Reads single signals through the policy. Reads that arrive together share one query and one commit of their disclosures, which
 * are durable before anything is answered. What the viewer may not see and what does not exist take the same steps.
 */
export class SignalReader {
  readonly #hub: Hub;
  readonly #entitlements: Entitlements;
  readonly #batcher: Batcher<Wanted, SignalView | undefined>;

  constructor(hub: Hub, entitlements: Entitlements) {
    this.#hub = hub;
    this.#entitlements = entitlements;
    this.#batcher = new Batcher((wanted) => this.#readMany(wanted));
  }

  /** The signal as the viewer may see it now, or undefined. */
  read(viewer: MemberDocument, id: string): Promise<SignalView | undefined> {
    return this.#batcher.add({ viewer, id });
  }

  async #readMany(wanted: readonly Wanted[]): Promise<(SignalView | undefined)[]> {
    const { db, clock, worlds, secrets } = this.#hub;
    const rows = await this.#rows(wanted.map(({ id }) => id));
    const head = await readHead(db, clock);
    const world = await worlds.at(head.world);
    const found = await Promise.all(
      wanted.map(async ({ viewer, id }) => {
        const table = await this.#entitlements.table(world, head.at, viewer.id, undefined, head.classes, db);
        const row = rows.get(id);
        const grant = row && table[row.class_id - 1]?.grant;
        const reach = grant && reachAt(grant, head.at);
        if (!reach || row.accepted_at <= reach.lo || row.accepted_at > reach.hi || (row.until !== null && row.until <= head.at)) return undefined;
        const shown = { id, origin: world.numbers.get(row.origin)!.id, acceptedAt: row.accepted_at, until: row.until, content: row.content };
        return { view: viewOf(shown, grant, viewer.id, secrets), disclosed: { at: head.at, viewer: viewer.number, signal_id: id, version: row.version, world: world.version, own: row.origin === viewer.number } };
      }),
    );
    const disclosures = found.flatMap((item) => (item && !item.disclosed.own ? [item.disclosed] : [])).map(({ own: _own, ...row }) => row);
    if (disclosures.length > 0) await db.insertInto('disclosure').values(disclosures).execute();
    return found.map((item) => item?.view);
  }

  async #rows(ids: readonly string[]): Promise<Map<string, SignalRow & { version: number }>> {
    const found = await sql<SignalRow & { version: number }>`select id, origin, class_id, accepted_at, until, content, version from signal
      where id = any(${arrayText([...new Set(ids)])}::text::uuid[]) and active`.execute(this.#hub.db);
    return new Map(found.rows.map((row) => [row.id, row]));
  }
}
