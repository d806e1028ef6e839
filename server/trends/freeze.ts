import { snapshot, transaction, type Tx } from '../db/database.ts';
import { advance, readHead } from '../db/head.ts';
import { ClassCatalogue } from '../feeds/classes.ts';
import type { Hub } from '../hub.ts';
import { compileCounting } from '../policy/counting.ts';
import type { SignalObject } from '../policy/object.ts';
import { countAtClose } from './counts.ts';
import { overlapsOf, sayOverlaps } from './overlap.ts';
import { tablesOf } from './tables.ts';
import { closeOf, weekAfter, weekBefore, weekOf, type Week } from './week.ts';

/** Weeks that are still counted when nobody was there to do it in time. */
const CATCH_UP = 104;

/**
 * Counts every week that has ended and was not counted yet, and keeps what can be said of it for good. What is kept is never
 * counted again, so that a retraction or a policy of later shows in no difference between two answers. Several processes may
 * do so at once: they come to the same, and the first has the say.
 * @returns how many weeks were counted
 */
export async function freezeWeeks(hub: Hub): Promise<number> {
  // Whatever is committed after this has a later instant, and whatever was before is seen by what begins after it.
  const { at } = await transaction(hub.db, (tx) => advance(tx, hub.clock, 0));
  const last = weekBefore(weekOf(at));
  const first = await firstMissing(hub, last);
  let weeks = 0;
  for (let week = first; week <= last; week = weekAfter(week), weeks += 1) await snapshot(hub.db, (tx) => freeze(hub, tx, week));
  return weeks;
}

/** The week after the last that was counted; else the one in which the hub began. */
async function firstMissing({ db }: Hub, last: Week): Promise<Week> {
  const counted = await db.selectFrom('trend_week').select('week').orderBy('week', 'desc').limit(1).executeTakeFirst();
  const began = await db.selectFrom('world_entry').select('at').orderBy('position').limit(1).executeTakeFirst();
  const next = counted ? weekAfter(counted.week) : began ? weekOf(began.at) : weekAfter(last);
  return Math.max(next, weekBefore(last, CATCH_UP - 1));
}

async function freeze(hub: Hub, tx: Tx, week: Week): Promise<void> {
  const head = await readHead(tx, hub.clock);
  const made = await tx.insertInto('trend_week').values({ week, at: head.at }).onConflict((conflict) => conflict.doNothing()).returning('week').execute();
  if (made.length === 0) return;
  const last = closeOf(week) - 1;
  const change = await tx.selectFrom('world_entry').select('position').where('at', '<=', last).orderBy('position', 'desc').limit(1).executeTakeFirst();
  const world = await hub.worlds.at(change?.position ?? 0, tx);
  const countable = compileCounting(world.policy, last);
  const objects = await new ClassCatalogue().upTo(head.classes, tx);
  const classes = objects.flatMap((object, index) => (object.kind === 'signal' ? [{ id: index + 1, object, harm: object.attributes.harm.split('.')[0]!, countable: countable(object) }] : []));
  const counts = await countAtClose(tx, classes.filter((one) => one.countable).map(({ id }) => id), week);
  const counted = counts.map(({ classId, signals }) => {
    const { origin, attributes } = objects[classId - 1] as SignalObject;
    return { origin: world.members.get(origin)!.number, attributes, signals };
  });
  const cells = tablesOf(counted).map((cell) => ({ week, ...cell }));
  if (cells.length > 0) await tx.insertInto('trend_cell').values(cells).execute();
  const overlaps = sayOverlaps(await overlapsOf(tx, classes, week)).map(({ shares, ...overlap }) => ({ week, ...overlap, shares: JSON.stringify(shares) }));
  if (overlaps.length > 0) await tx.insertInto('trend_overlap').values(overlaps).execute();
}
