import { sql } from 'kysely';
import type { Actor } from '../audit/log.ts';
import type { Hub } from '../hub.ts';
import { SignalWriter } from './writer.ts';

const CHUNK = 2000;

/**
 * Takes back everything that a member who has left shared. May be called again to go on after a crash.
 * @returns how many signals this call took back
 */
export async function withdrawAll(hub: Hub, actor: Actor, number: number): Promise<number> {
  const { world } = await hub.head();
  const member = (await hub.worlds.at(world)).numbers.get(number)!;
  const writer = new SignalWriter(hub);
  let withdrawn = 0;
  for (;;) {
    const { rows } = await sql<{ id: string }>`select s.id from visibility_class c cross join lateral (
        select id from signal s where s.class_id = c.id and s.active limit ${CHUNK}
      ) s where c.origin = ${number} limit ${CHUNK}`.execute(hub.db);
    if (rows.length === 0) return withdrawn;
    await writer.write(rows.map(({ id }) => ({ kind: 'retract', origin: member, client: actor.client, id, reason: 'origin-left' })), { departed: true });
    withdrawn += rows.length;
  }
}
