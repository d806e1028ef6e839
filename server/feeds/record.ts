import { sql } from 'kysely';
import { arrayText } from '../db/database.ts';
import { isScanned, segmentOf, type ReplicaState } from './cursor.ts';
import { Ahead, type Exception } from './ahead.ts';
import { isVisible, type PageWork } from './pull.ts';
import { readHistory, type LogRow } from './rows.ts';

/**
 * Records a page before its bytes leave: who was brought from which state to which. Who has received which signal follows from
 * these. Also notes that the page before has arrived, since its cursor has come back.
 * @returns the record's id, 0 when the page says nothing
 */
export async function recordPull({ tx, hub, head, puller, page }: PageWork, from: ReplicaState, to: ReplicaState, ahead: readonly [string, Exception][]): Promise<number> {
  if (from.pull > 0) await tx.updateTable('pull').set({ confirmed_at: hub.clock.now() }).where('id', '=', from.pull).where('confirmed_at', 'is', null).execute();
  if (page.count === 0 && ahead.length === 0) return 0;
  const row = { at: head.at, viewer: puller.number, feed: puller.feed, state_from: JSON.stringify(from), state_to: JSON.stringify(to), ahead: JSON.stringify(ahead), items: page.count };
  const { id } = await tx.insertInto('pull').values(row).returning('id').executeTakeFirstOrThrow();
  return id;
}

/** Whether the viewer has ever received anything, by whatever way. */
export async function hasReceived({ tx, puller }: PageWork): Promise<boolean> {
  const pulled = await tx.selectFrom('pull').select('id').where('viewer', '=', puller.number).limit(1).execute();
  const read = await tx.selectFrom('disclosure').select('id').where('viewer', '=', puller.number).limit(1).execute();
  return pulled.length > 0 || read.length > 0;
}

/** Which of these retracted signals the viewer has ever received, by whatever way: a retraction is owed to it, whatever policy says now. */
export async function receivedAmong(work: PageWork, rows: readonly LogRow[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set();
  const ids = [...new Set(rows.map((row) => row.id))];
  const read = await work.tx
    .selectFrom('disclosure')
    .select('signal_id')
    .distinct()
    .where('viewer', '=', work.puller.number)
    .where('signal_id', '=', sql<string>`any(${arrayText(ids)}::uuid[])`)
    .execute();
  const received = new Set(read.map((row) => row.signal_id));
  for (const id of await pulledAmong(work, rows)) received.add(id);
  return received;
}

/** A signal as it was while the log stood at `from` to before `to`. */
interface Past {
  id: string;
  from: number;
  to: number;
  classId: number;
  acceptedAt: number;
  until: number;
}

async function pulledAmong(work: PageWork, rows: readonly LogRow[]): Promise<Set<string>> {
  const since = Math.min(...rows.map((row) => row.accepted_at));
  const pulls = await work.tx.selectFrom('pull').select(['at', 'feed', 'state_to', 'ahead']).where('viewer', '=', work.puller.number).where('at', '>=', since).execute();
  const received = new Set<string>();
  if (pulls.length === 0) return received;
  const past = await pastOf(work, rows);
  for (const { at, feed, state_to, ahead } of pulls) {
    const exceptions = new Ahead(ahead);
    for (const signal of past) if (await held(work, feed, state_to, at, exceptions.get(signal.id), signal)) received.add(signal.id);
  }
  return received;
}

async function pastOf(work: PageWork, rows: readonly LogRow[]): Promise<Past[]> {
  const signals = new Map(rows.map((row) => [row.id, row]));
  const history = await readHistory(work.tx, [...signals.keys()], 0, work.head.position);
  const from = new Map<string, number>();
  return history
    .sort((a, b) => a.position - b.position)
    .map(({ id, position, prev_class, prev_until }) => {
      const { accepted_at: acceptedAt, accepted_position: first } = signals.get(id)!;
      const start = from.get(id) ?? first;
      from.set(id, position);
      return { id, from: start, to: position, classId: prev_class!, acceptedAt, until: prev_until! };
    });
}

/**
 * Whether a replica in this state holds a signal that had not ended when it was brought there. What ended between the instant at
 * which its place was decided and that, it was never sent, unless by an earlier page, whose record tells.
 */
async function held(work: PageWork, feed: string, state: ReplicaState, at: number, exception: Exception | undefined, signal: Past): Promise<boolean> {
  const position = exception?.position ?? state.position;
  if (position < signal.from || position >= signal.to || (exception?.absent && !isScanned(state.segments, signal))) return false;
  const segment = segmentOf(state.segments, signal);
  const entitlement = (await work.tableOf(segment, feed))[signal.classId - 1];
  return isVisible(entitlement, signal, segment.at) && isVisible(entitlement, signal, at);
}
