import { randomUUID } from 'node:crypto';
import type { Audience, NewSignal } from '../../schemas/types.ts';
import { advance } from '../../server/db/head.ts';
import { transaction } from '../../server/db/database.ts';
import type { Hub } from '../../server/hub.ts';
import type { PolicyObject, SignalAttributes } from '../../server/policy/object.ts';

/** What a signal written past the interface says; the rest is the same for all. */
export interface PlainSignal {
  origin: string;
  attributes?: Partial<SignalAttributes>;
  audience?: Audience;
  until?: number;
  retracted?: boolean;
}

const attributes: SignalAttributes = { type: 'media', schemes: ['media-sha256'], harm: 'fraud', severity: 'high', confidence: 80, status: 'malicious', tlp: 'GREEN', labels: [] };

/** Writes one signal with a class of its own straight into the tables, for tests of what reads them. @returns its id */
export function insertSignal(hub: Hub, { origin, attributes: own, audience, until, retracted = false }: PlainSignal): Promise<string> {
  const id = randomUUID();
  return transaction(hub.db, async (tx) => {
    const head = await advance(tx, hub.clock, 1);
    const { number } = (await hub.worlds.at(head.world, tx)).members.get(origin)!;
    const object: PolicyObject = { kind: 'signal', origin, attributes: { ...attributes, ...own }, ...(audience ? { audience } : {}) };
    const classId = head.classes + 1;
    await tx.updateTable('head').set({ classes: classId }).execute();
    await tx.insertInto('visibility_class').values({ id: classId, origin: number, key: Buffer.from(id), doc: JSON.stringify(object) }).execute();
    const content = { digests: [{ scheme: 'media-sha256', digest: 'ab'.repeat(32) }], harm: object.attributes.harm, severity: 'high', confidence: 80, status: 'malicious', tlp: 'GREEN' } satisfies NewSignal;
    await tx
      .insertInto('signal')
      .values({ id, origin: number, class_id: classId, accepted_at: head.at, accepted_position: 1, position: head.position, version: 1, active: !retracted, retraction: retracted ? 'mistake' : null, until: until ?? head.at + 30 * 86_400_000, reference: null, set_name: 'default', content_hash: Buffer.alloc(32), content: JSON.stringify(content) })
      .execute();
    return id;
  });
}
