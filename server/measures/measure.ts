import { sql } from 'kysely';
import { isDeepStrictEqual } from 'node:util';
import { snapshot, transaction, type Tx } from '../db/database.ts';
import { advance, readHead } from '../db/head.ts';
import { ClassCatalogue } from '../feeds/classes.ts';
import type { Hub } from '../hub.ts';
import { compileCounting } from '../policy/counting.ts';
import type { SignalObject } from '../policy/object.ts';
import { formatInstant } from '../policy/time.ts';
import { moveMeasured } from '../signals/remeasure.ts';
import { DAY } from '../signals/sums.ts';
import { OPERATOR, type HubWorld } from '../world/state.ts';
import { measureMembers } from './members.ts';
import { measureSignals } from './signals.ts';

/** What measuring is done with: what stood before the instant with which a day begins, as it is now. */
export interface Measuring {
  tx: Tx;
  world: HubWorld;
  classes: readonly SignalClass[];
  /** The day, since the epoch; and the first of those on which what was confirmed is not stale. */
  day: number;
  freshDay: number;
}

export interface SignalClass {
  id: number;
  object: SignalObject;
  countable: boolean;
}

/** Who writes what was measured. */
const ACTOR = { member: OPERATOR, client: 'hub.measures' };

/**
 * Measures what conditions read of members and signals, once a day: what was there at 00:00 UTC, as it stands in one snapshot
 * taken as soon after as somebody is there to do it. Days on which nobody was are left out. What differs from the last time is
 * then written: of members as a change of the world, of signals as changes of the log. Several processes may do so at once:
 * the first has the say for the day, and they share the writing.
 */
export async function takeMeasures(hub: Hub): Promise<void> {
  const day = Math.floor((await hub.head()).at / DAY);
  if (await isDue(hub, day)) {
    // Whatever is committed after this has a later instant, and whatever was before is seen by what begins after it.
    await transaction(hub.db, (tx) => advance(tx, hub.clock, 0));
    await snapshot(hub.db, (tx) => measure(hub, tx, day));
  }
  await writeMembers(hub);
  while ((await noted(hub)) && (await moveMeasured(hub)) > 0);
}

/** Whether the day, and what came before it, is still to be measured. There is nothing to measure on a hub's first day. */
async function isDue({ db }: Hub, day: number): Promise<boolean> {
  const measured = await db.selectFrom('measuring').select('day').where('day', '>=', day).limit(1).executeTakeFirst();
  const began = await db.selectFrom('world_entry').select('at').orderBy('position').limit(1).executeTakeFirst();
  return !measured && began !== undefined && began.at < day * DAY;
}

async function measure(hub: Hub, tx: Tx, day: number): Promise<void> {
  const head = await readHead(tx, hub.clock);
  const made = await tx.insertInto('measuring').values({ day, at: head.at, members: '{}', written: false }).onConflict((conflict) => conflict.doNothing()).returning('day').execute();
  if (made.length === 0) return;
  // What is expected to cost much is compiled first, which took longer than running it.
  await sql`set local jit = off`.execute(tx);
  const world = await hub.worlds.at(head.world, tx);
  const countable = compileCounting(world.policy, head.at);
  const objects = await new ClassCatalogue().upTo(head.classes, tx);
  const classes = objects.flatMap((object, index): SignalClass[] => (object.kind === 'signal' ? [{ id: index + 1, object, countable: countable(object) }] : []));
  const measuring = { tx, world, classes, day, freshDay: day - Math.ceil(hub.config.staleAfter / DAY) };
  const members = await measureMembers(measuring);
  await tx.updateTable('measuring').set({ members: JSON.stringify(members) }).where('day', '=', day).execute();
  await tx.deleteFrom('measured_signal').execute();
  await measureSignals(measuring);
}

/** Puts the latest measures of members into the world, if they differ from those that are there. */
async function writeMembers(hub: Hub): Promise<void> {
  const waiting = await hub.db.selectFrom('measuring').select('day').where('written', '=', false).limit(1).executeTakeFirst();
  if (!waiting) return;
  await transaction(hub.db, (tx) => hub.worlds.changeIn(tx, ACTOR, async (world) => {
    const latest = await tx.selectFrom('measuring').select(['day', 'members', 'written']).orderBy('day', 'desc').limit(1).executeTakeFirstOrThrow();
    await tx.updateTable('measuring').set({ written: true }).where('written', '=', false).execute();
    if (latest.written || isDeepStrictEqual(latest.members, world.measures.members)) return { entries: [], deeds: [], result: undefined };
    const deed = { action: 'measure', subject: formatInstant(latest.day * DAY) };
    return { entries: [{ kind: 'measures', subject: 'members', doc: { members: latest.members } }], deeds: [deed], result: undefined };
  }));
}

async function noted({ db }: Hub): Promise<boolean> {
  return (await db.selectFrom('measured_signal').select('signal_id').limit(1).execute()).length > 0;
}
