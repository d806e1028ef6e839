import { sql } from 'kysely';
import type { NewTopic, Scope, Topic, TopicKind } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import { transaction, unnest, type Queries, type Tx } from '../db/database.ts';
import { advance } from '../db/head.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';
import { uuidFrom } from '../random.ts';
import { checkLine } from '../text/check.ts';

/** Topics that a member can keep. */
const MOST = 100;

/** Which lists go with what a topic is of. */
const LISTS = { reports: ['harms', 'regions', 'tactics'], requests: ['harms', 'regions'], trends: ['harms'] } as const;

const SCOPES: Record<TopicKind, Scope> = { reports: 'reports:read', requests: 'messages:read', trends: 'trends:read' };

/** Whose topics, and what its token lets it read. */
export type Reader = Pick<Viewer, 'member' | 'scopes'>;

/** News is read as what it is of. @throws Problem missing-scope */
export function checkScope(scopes: Reader['scopes'], { of }: NewTopic): void {
  if (!scopes.has(SCOPES[of])) throw new Problem('missing-scope');
}

/** A topic as it is kept, and how far its news was acknowledged. */
export interface Kept {
  id: string;
  doc: NewTopic;
  acknowledged: number;
  offered: number;
}

/** Keeps a topic. @throws Problem missing-scope, invalid-body, unsafe-text, raw-identifier, quota-exceeded */
export async function keepTopic(hub: Hub, { member: { number: member }, scopes }: Reader, topic: NewTopic): Promise<Topic> {
  checkScope(scopes, topic);
  checkLine('/title', topic.title);
  const lists: readonly string[] = LISTS[topic.of];
  for (const list of ['regions', 'tactics'] as const) if (topic[list] && !lists.includes(list)) throw new Problem('invalid-body', [{ pointer: `/${list}`, detail: `does not go with ${topic.of}` }]);
  const id = uuidFrom(hub.random.bytes(16));
  return transaction(hub.db, async (tx) => {
    const { at } = await advance(tx, hub.clock, 0);
    const kept = await tx.selectFrom('topic').select('id').where('member', '=', member).execute();
    if (kept.length >= MOST) throw new Problem('quota-exceeded');
    await tx.insertInto('topic').values({ id, member, doc: JSON.stringify(topic), created_at: at, acknowledged: 0, offered: 0 }).execute();
    return { id, ...topic };
  });
}

/** A member's topics, the oldest first. */
export async function listTopics(db: Queries, member: number): Promise<Topic[]> {
  const rows = await db.selectFrom('topic').select(['id', 'doc']).where('member', '=', member).orderBy('created_at').orderBy('id').execute();
  return rows.map(({ id, doc }) => ({ id, ...doc }));
}

/** Ends a topic. @throws Problem not-found */
export async function dropTopic(db: Queries, member: number, id: string): Promise<void> {
  const dropped = await db.deleteFrom('topic').where('id', '=', id).where('member', '=', member).returning('id').execute();
  if (dropped.length === 0) throw new Problem('not-found');
}

/** A topic of the member's, held so that its news goes out one answer at a time. @throws Problem not-found */
export async function holdTopic(tx: Tx, member: number, id: string): Promise<Kept> {
  const row = await tx.selectFrom('topic').select(['id', 'doc', 'acknowledged', 'offered']).where('id', '=', id).where('member', '=', member).forUpdate().executeTakeFirst();
  if (!row) throw new Problem('not-found');
  return row;
}

/** Notes what an answer brings. What an answer before it brought and was not acknowledged is forgotten: it comes again. */
export async function noteOffered(tx: Tx, { id, acknowledged }: Kept, items: readonly string[]): Promise<number> {
  await tx.deleteFrom('topic_item').where('topic_id', '=', id).where('page', '>', acknowledged).execute();
  const page = acknowledged + (items.length > 0 ? 1 : 0);
  if (items.length > 0) await sql`insert into topic_item (topic_id, item, page) select ${id}, item, ${page} from ${unnest([{ type: 'text', values: items }])} u(item)`.execute(tx);
  await tx.updateTable('topic').set({ acknowledged, offered: page }).where('id', '=', id).execute();
  return page;
}
