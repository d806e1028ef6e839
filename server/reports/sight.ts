import type { Tx } from '../db/database.ts';
import { readHead, type Head } from '../db/head.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { Hub } from '../hub.ts';
import type { HubWorld } from '../world/state.ts';
import type { Sight } from './view.ts';

/** The present of one snapshot: what reads made in it are decided by. */
export interface Present {
  head: Head;
  world: HubWorld;
}

export async function presentOf(hub: Hub, tx: Tx): Promise<Present> {
  const head = await readHead(tx, hub.clock);
  return { head, world: await hub.worlds.at(head.world, tx) };
}

/** How a viewer sees what there is in the snapshot, as a version of the world decides it at an instant. */
export async function sightOf(hub: Hub, entitlements: Entitlements, tx: Tx, { classes: count }: Head, viewer: string, world: HubWorld, at: number): Promise<Sight> {
  const table = await entitlements.table(world, at, viewer, undefined, count, tx);
  return { viewer, secrets: hub.secrets, at, table, classes: await entitlements.classes(count, tx) };
}
