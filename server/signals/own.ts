import { sql } from 'kysely';
import type { NewSignal, OwnSignal, OwnSignalCounts, OwnSignalList, RetractionReason } from '../../schemas/types.ts';
import { open, seal } from '../crypto/secrets.ts';
import type { Queries } from '../db/database.ts';
import { ZERO_ID } from '../feeds/cursor.ts';
import type { Hub } from '../hub.ts';
import { formatInstant } from '../policy/time.ts';
import { Problem } from '../problems.ts';

interface OwnRow {
  id: string;
  class_id: number;
  version: number;
  active: boolean;
  retraction: RetractionReason | null;
  accepted_at: number;
  set_name: string;
  content: NewSignal;
}

const COLUMNS = sql<OwnRow>`s.id, s.class_id, s.version, s.active, s.retraction, s.accepted_at, s.set_name, s.content`;

/** A page of a member's own signals, retracted ones too as long as they have content, in an order that does not change. */
export async function listOwn(hub: Hub, origin: number, after: string | undefined, limit: number): Promise<OwnSignalList> {
  const from = after === undefined ? { classId: 0, acceptedAt: 0, id: ZERO_ID } : openPlace(hub, origin, after);
  const found = await sql<OwnRow>`select ${COLUMNS} from (select id from visibility_class where origin = ${origin} and id >= ${from.classId} order by id) c
    cross join lateral (
      select * from signal s where s.class_id = c.id and (s.class_id, s.accepted_at, s.id) > (${from.classId}::integer, ${from.acceptedAt}::bigint, ${from.id}::uuid) and s.content is not null
      order by s.accepted_at, s.id limit ${limit}
    ) s order by c.id, s.accepted_at, s.id limit ${limit}`.execute(hub.db);
  const last = found.rows.at(-1);
  return { signals: found.rows.map(ownView), ...(found.rows.length === limit && last ? { next: sealPlace(hub, origin, last) } : {}) };
}

/** A member's own signal by its id, or undefined, where it was purged too. */
export async function findOwn(db: Queries, origin: number, id: string): Promise<OwnSignal | undefined> {
  const found = await sql<OwnRow>`select ${COLUMNS} from signal s where s.id = ${id} and s.origin = ${origin} and s.content is not null`.execute(db);
  return found.rows[0] && ownView(found.rows[0]);
}

/** How many signals a member has, by state and, where active, by harm. */
export async function countOwn(hub: Hub, origin: number): Promise<OwnSignalCounts> {
  const rows = await sql<{ harm: string; drilled: boolean; active: boolean; n: number }>`select c.doc #>> '{attributes,harm}' as harm, c.doc #> '{attributes,exercise}' is not null as drilled, s.active, sum(s.n)::bigint as n
    from visibility_class c cross join lateral (select active, count(*) as n from signal s where s.class_id = c.id and s.content is not null group by active) s
    where c.origin = ${origin} group by 1, 2, 3 order by 1`.execute(hub.db);
  const real = rows.rows.filter(({ drilled }) => !drilled);
  const sum = (some: readonly { n: number }[]): number => some.reduce((total, { n }) => total + n, 0);
  const usage = await hub.db.selectFrom('usage').select('classes').where('origin', '=', origin).executeTakeFirst();
  return { active: sum(real.filter(({ active }) => active)), retracted: sum(real.filter(({ active }) => !active)), exercise: sum(rows.rows.filter(({ drilled }) => drilled)), classes: usage?.classes ?? 0, class_quota: hub.config.classQuota, by_harm: Object.fromEntries(real.filter((row) => row.active).map((row) => [row.harm, row.n])) };
}

function ownView(row: OwnRow): OwnSignal {
  return {
    id: row.id,
    version: row.version,
    state: row.active ? 'active' : 'retracted',
    ...(row.retraction ? { retraction: row.retraction } : {}),
    accepted_at: formatInstant(row.accepted_at),
    ...(row.set_name ? { set: row.set_name } : {}),
    content: row.content,
  };
}

const PLACE = 62;
const context = (origin: number): string => `own signals ${origin}`;

/** Seals a place in the list, at one length: ids of classes are counted hub-wide, and would tell how many others made. */
function sealPlace(hub: Hub, origin: number, { class_id, accepted_at, id }: OwnRow): string {
  const place = `${class_id} ${accepted_at} ${id}`.padEnd(PLACE);
  return seal(hub.secrets.cursors, Buffer.from(place), context(origin), hub.random).toString('base64url');
}

function openPlace(hub: Hub, origin: number, after: string): { classId: number; acceptedAt: number; id: string } {
  const place = open(hub.secrets.cursors, Buffer.from(after, 'base64url'), context(origin))?.toString().trim().split(' ');
  if (place?.length !== 3) throw new Problem('invalid-parameter', [{ pointer: 'after', detail: 'is not what a page before gave as next' }]);
  return { classId: Number(place[0]), acceptedAt: Number(place[1]), id: place[2]! };
}
