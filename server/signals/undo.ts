import { sql } from 'kysely';
import type { NewSignal, UndoResult } from '../../schemas/types.ts';
import type { Hub } from '../hub.ts';
import { Problem, type ProblemKey } from '../problems.ts';
import type { MemberDocument } from '../world/documents.ts';
import { prepare } from './content.ts';
import type { SignalWriter, Write } from './writer.ts';

interface Written {
  position: number;
  id: string;
  /** The position of its origin's latest change, and of the latest of all: what was measured of it may have changed since. */
  latest: number;
  stands: number;
  active: boolean;
  set_name: string;
  prev_class: number | null;
  prev_content: NewSignal | null;
}

const CHUNK = 2000;
/** What happened to the one who undoes since the request was let in: not to what is undone. */
const CUT_OFF: ReadonlySet<string> = new Set<ProblemKey>(['member-suspended', 'member-left', 'invalid-token']);

/**
 * Undoes a batch of the member's: what it created is retracted, what it updated is set back. What has changed since is left, and
 * so is what the batch retracted, since a retraction is final. Undoing again does nothing.
 * @throws Problem not-found; member-suspended, member-left or invalid-token when the caller was cut off meanwhile
 */
export async function undoBatch(hub: Hub, writer: SignalWriter, origin: MemberDocument, client: string, batch: string): Promise<UndoResult> {
  const known = await hub.db.selectFrom('batch').select('id').where('id', '=', batch).where('origin', '=', origin.number).executeTakeFirst();
  if (!known) throw new Problem('not-found');
  const result: UndoResult = { retracted: 0, restored: 0, left: 0 };
  const ranges = await hub.db.selectFrom('batch_range').select(['first', 'last']).where('batch_id', '=', batch).orderBy('first').execute();
  for (const { first, last } of ranges) {
    for (let after = first - 1; ; ) {
      const rows = await writtenBetween(hub, after, last);
      if (rows.length === 0) break;
      after = rows.at(-1)!.position;
      await undoRows(writer, origin, client, rows, result);
    }
  }
  await hub.db.updateTable('batch').set({ undone_at: hub.clock.now() }).where('id', '=', batch).execute();
  return result;
}

async function writtenBetween(hub: Hub, after: number, last: number): Promise<Written[]> {
  const found = await sql<Written>`select c.position, s.id, coalesce(o.position, s.accepted_position) as latest, s.position as stands, s.active, s.set_name, c.prev_class, c.prev_content
    from change_log c join signal s on s.id = c.signal_id
    left join lateral (select position from change_log where signal_id = s.id and prev_class is not null and not measured order by position desc limit 1) o on true
    where c.position > ${after} and c.position <= ${last} order by c.position limit ${CHUNK}`.execute(hub.db);
  return found.rows;
}

async function undoRows(writer: SignalWriter, origin: MemberDocument, client: string, rows: readonly Written[], result: UndoResult): Promise<void> {
  const untouched = rows.filter((row) => row.active && row.latest === row.position && !isPruned(row));
  const outcomes = await writer.write(untouched.map((row) => undoing(row, origin, client)));
  const cutOff = outcomes.find((outcome) => outcome.status === 'rejected' && CUT_OFF.has(outcome.problem.key));
  if (cutOff?.status === 'rejected') throw cutOff.problem;
  untouched.forEach((row, index) => {
    if (outcomes[index]!.status !== 'updated') return;
    if (row.prev_content === null) result.retracted += 1;
    else result.restored += 1;
  });
  result.left += rows.length - outcomes.filter((outcome) => outcome.status === 'updated').length;
}

/** What it said before is not kept any more. */
function isPruned({ prev_class, prev_content }: Written): boolean {
  return prev_class !== null && prev_content === null;
}

function undoing(row: Written, origin: MemberDocument, client: string): Write {
  if (row.prev_content === null) return { kind: 'retract', origin, client, id: row.id, reason: 'batch-undone' };
  return { kind: 'put', origin, client, prepared: prepare(row.prev_content, origin.id), set: row.set_name, target: { kind: 'id', id: row.id, position: row.stands } };
}
