import { isDeepStrictEqual } from 'node:util';
import { pino } from 'pino';
import { systemClock } from '../../../server/clock.ts';
import { readConfig } from '../../../server/config.ts';
import { openDatabase } from '../../../server/db/database.ts';
import { openCursor } from '../../../server/feeds/cursor.ts';
import { createHub } from '../../../server/hub.ts';
import { systemRandom } from '../../../server/random.ts';
import { examine } from '../examine.ts';
import type { ArrivedPage } from './puller.ts';

/** Looks into the tables, while nothing is written, for what cannot be. @returns it in words */
export async function examineTables(settings: Record<string, string>): Promise<string[]> {
  const opened = await openDatabase({ kind: 'postgres', url: settings['DATABASE_URL']!, connections: 2 });
  return examine(opened.db).then(({ findings }) => findings).finally(() => opened.close());
}

/** What the tables say of a signal and of the pages that brought it, for the one who looks for a mistake. */
export async function storyOf(settings: Record<string, string>, id: string, pages: readonly ArrivedPage[]): Promise<string> {
  const config = readConfig(settings);
  const opened = await openDatabase(config.home);
  try {
    const hub = createHub({ db: opened.db, config, clock: systemClock, random: systemRandom, log: pino({ level: 'silent' }) });
    const { epoch, world } = await hub.head();
    const { members } = await hub.worlds.at(world);
    const numbers = pages.filter(({ ids }) => ids.includes(id)).map(({ viewer, feed, cursor }) => openCursor(hub, epoch, members.get(viewer)!.number, feed, cursor).pull);
    const records = numbers.length === 0 ? [] : await opened.db.selectFrom('pull').selectAll().where('id', 'in', numbers).execute();
    const log = await opened.db.selectFrom('change_log').selectAll().where('signal_id', '=', id).orderBy('position').execute();
    const signal = await opened.db.selectFrom('signal').select(['class_id', 'accepted_at', 'accepted_position', 'until']).where('id', '=', id).execute();
    return JSON.stringify({ signal, log: log.map(({ position, at, prev_class: before, prev_until: until }) => ({ position, at, before, until })), records: records.map((record) => ({ ...record, ahead: record.ahead.filter(([other]) => other === id) })) });
  } finally {
    await opened.close();
  }
}

/**
 * Each page that arrived must have its record: the one that its cursor names, of this viewer and feed, with as many changes, and
 * the state that the cursor holds.
 * @returns what is wrong, in words
 */
export async function examineRecords(settings: Record<string, string>, pages: readonly ArrivedPage[]): Promise<string[]> {
  const config = readConfig(settings);
  const opened = await openDatabase(config.home);
  try {
    const hub = createHub({ db: opened.db, config, clock: systemClock, random: systemRandom, log: pino({ level: 'silent' }) });
    const { epoch, world } = await hub.head();
    const { members } = await hub.worlds.at(world);
    const records = new Map((await opened.db.selectFrom('pull').selectAll().execute()).map((record) => [record.id, record]));
    return pages.flatMap(({ viewer, feed, cursor, changes }) => {
      const { number } = members.get(viewer)!;
      const { pull, ahead, ...state } = openCursor(hub, epoch, number, feed, cursor);
      const record = records.get(pull);
      if (!record) return [`a page of ${changes} changes for ${viewer} of ${feed} has no record`];
      const { pull: _pull, ahead: _ahead, ...recorded } = record.state_to;
      const same = record.viewer === number && record.feed === feed && record.items === changes && isDeepStrictEqual(recorded, state) && record.ahead.length > 0 === ahead;
      return same ? [] : [`the record ${pull} is not of the page of ${changes} changes for ${viewer} of ${feed}: ${JSON.stringify(record)}`];
    });
  } finally {
    await opened.close();
  }
}
