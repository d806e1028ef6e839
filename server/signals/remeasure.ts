import { sql } from 'kysely';
import type { NewSignal } from '../../schemas/types.ts';
import { arrayText, transaction, type Tx } from '../db/database.ts';
import { advance } from '../db/head.ts';
import type { Hub } from '../hub.ts';
import type { SignalAttributes } from '../policy/object.ts';
import { internClasses, type WantedClass } from './classes.ts';
import { unmeasuredClass } from './content.ts';
import { measuredClass, type Measured } from './measured.ts';
import { moveSignals } from './store.ts';
import { SumChanges } from './sums.ts';

/** Signals moved in one transaction: writers wait for it. */
const CHUNK = 2000;

interface Standing {
  id: string;
  origin: number;
  member: string;
  attributes: SignalAttributes;
  content: NewSignal;
}

type Move = WantedClass & { id: string };

/**
 * Moves signals of which something else was measured to the class that they belong to now, some of those that are noted: a
 * change of the log like any other, whose content is the same. Classes that come of it are no matter of the origin's quota.
 * @returns how many were dealt with: 0 when none is left
 */
export function moveMeasured(hub: Hub): Promise<number> {
  return transaction(hub.db, async (tx) => {
    await advance(tx, hub.clock, 0);
    const { rows: due } = await sql<Measured & { signal_id: string }>`delete from measured_signal where signal_id = any(array(select signal_id from measured_signal order by signal_id limit ${CHUNK})) returning *`.execute(tx);
    const measured = new Map(due.map((row) => [row.signal_id, row]));
    const moves = (await standing(tx, [...measured.keys()])).flatMap((signal) => moveOf(signal, measured.get(signal.id)!));
    if (moves.length > 0) await move(hub, tx, moves);
    return due.length;
  });
}

/** What of some signals is active and has not been purged. */
async function standing(tx: Tx, ids: readonly string[]): Promise<Standing[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Standing>`select s.id, s.origin, c.doc ->> 'origin' as member, c.doc -> 'attributes' as attributes, s.content from signal s join visibility_class c on c.id = s.class_id
    where s.id = any(${arrayText(ids)}::uuid[]) and s.active and s.content is not null order by s.id`.execute(tx);
  return rows;
}

function moveOf({ id, origin, member, attributes, content }: Standing, measured: Measured): Move[] {
  if (attributes.corroboration === measured.corroboration && attributes.dispute === measured.dispute) return [];
  return [{ id, origin, ...measuredClass(unmeasuredClass(content, member), measured) }];
}

async function move(hub: Hub, tx: Tx, moves: readonly Move[]): Promise<void> {
  const { position, at } = await advance(tx, hub.clock, moves.length);
  const classes = await internClasses(tx, moves);
  const first = position - moves.length + 1;
  const sums = new SumChanges();
  await moveSignals(tx, moves.map(({ id, key }, index) => ({ id, position: first + index, classId: classes.get(key)! })), at, sums);
  await sums.write(tx);
}
