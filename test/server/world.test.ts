import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ManualClock } from '../../server/clock.ts';
import { transaction } from '../../server/db/database.ts';
import { readHead } from '../../server/db/head.ts';
import { Problem } from '../../server/problems.ts';
import type { Entry, MemberDocument } from '../../server/world/documents.ts';
import { WorldStore } from '../../server/world/store.ts';
import { homes, openTestDatabase } from '../support/hub.ts';

const actor = { member: 'hub', client: 'hub.test' };

function member(id: string, number: number, status: MemberDocument['status'] = 'active'): Entry {
  return { kind: 'member', subject: id, doc: { id, number, title: id, kind: 'platform', status, trust: 'verified', jurisdictions: [], agreements: [], created_at: 0 } };
}

for (const home of homes) {
  t.test(home, async (t) => {
    const opened = await openTestDatabase(home);
    t.teardown(() => opened.close());
    const { db } = opened;
    const clock = new ManualClock(Date.parse('2026-11-22T12:00:00Z'));
    const worlds = new WorldStore(db, clock);
    const add = (entry: Entry): Promise<void> => worlds.change(actor, () => ({ entries: [entry], deeds: [], result: undefined }));

    await t.test('a transaction does not wait for a reader outside that waits for it', async (t) => {
      await add(member('northstar', 2));
      const outside: Promise<unknown>[] = [];
      const inside = transaction(db, async (tx) => {
        const head = await readHead(tx, clock);
        outside.push(worlds.at(head.world));
        return worlds.at(head.world, tx);
      });
      const world = await Promise.race([inside, sleep(5000, undefined, { ref: true })]);
      t.ok(world?.members.has('northstar'), 'the transaction got its world');
      if (world) await Promise.all(outside);
    });

    await t.test('an old version stays what it was', async (t) => {
      const before = await readHead(db, clock);
      await add(member('harbour', 3));
      const after = await readHead(db, clock);
      t.notOk((await worlds.at(before.world)).members.has('harbour'));
      t.ok((await worlds.at(after.world)).members.has('harbour'));
      t.equal((await new WorldStore(db, clock).at(before.world)).members.size, (await worlds.at(before.world)).members.size);
    });

    await t.test('many changes and readers at once get through, one after the other', async (t) => {
      const reads = Array.from({ length: 30 }, async () => worlds.at((await readHead(db, clock)).world));
      const counts = Array.from({ length: 30 }, () =>
        worlds.change(actor, (world) => {
          const number = world.members.size + 2;
          return { entries: [member(`member-${number}`, number)], deeds: [{ action: 'add-member', subject: `member-${number}` }], result: number };
        }));
      const numbers = await Promise.all(counts);
      await Promise.all(reads);
      t.equal(new Set(numbers).size, 30, 'no two saw the same world');
    });

    await t.test('who is suspended or gone by then changes nothing any more', async (t) => {
      const change = (id: string): Promise<void> => worlds.change({ member: id, client: `${id}.one` }, () => ({ entries: [], deeds: [{ action: 'test', subject: id }], result: undefined }));
      await add(member('northstar', 2, 'suspended'));
      await t.rejects(change('northstar'), new Problem('member-suspended'));
      await add(member('northstar', 2, 'left'));
      await t.rejects(change('northstar'), new Problem('member-left'));
    });
  });
}
