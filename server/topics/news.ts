import { sql } from 'kysely';
import { harmTree } from '../../schemas/harms.ts';
import type { News, NewTopic, TrendWeek } from '../../schemas/types.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import { openPlace, sealPlace } from '../feeds/place.ts';
import { look, reachColumns, RELEASED, seenClasses, type SeenClass, type Sight } from '../feeds/sight.ts';
import type { Hub } from '../hub.ts';
import { show } from '../messages/read.ts';
import { MESSAGE_COLUMNS, type MessageRow } from '../messages/row.ts';
import type { PolicyObject } from '../policy/object.ts';
import { instant } from '../policy/time.ts';
import { Problem } from '../problems.ts';
import type { Found } from '../search/find.ts';
import { showHits, titleClasses } from '../search/search.ts';
import { readTrends } from '../trends/read.ts';
import { checkScope, holdTopic, noteOffered, type Kept, type Reader } from './store.ts';

/** Weeks of trends that are news at most. */
const WEEKS = 12;

/** What an answer brings: the items by which it is acknowledged, and what is said of them. */
interface Brought {
  items: string[];
  said: Pick<News, 'reports' | 'requests' | 'trends'>;
}

/**
 * What is new under a topic of the viewer's: what it sees now and has not acknowledged. What is there was decided by the policies
 * of this instant; what was acknowledged does not come again, however it came to be seen.
 * @throws Problem not-found, invalid-parameter, missing-scope
 */
export function newsOf(hub: Hub, entitlements: Entitlements, { member: viewer, scopes }: Reader, id: string, after: string | undefined, limit: number): Promise<News> {
  return look(hub, entitlements, viewer, async (sight) => {
    const topic = await holdTopic(sight.tx, viewer.number, id);
    checkScope(scopes, topic.doc);
    const acknowledged = after === undefined ? topic.acknowledged : Math.max(topic.acknowledged, openPlace(hub, `topic ${id}`, viewer.number, after).key);
    if (acknowledged > topic.offered) throw new Problem('invalid-parameter', [{ pointer: 'after', detail: 'is not what an answer before gave as cursor' }]);
    const kept = { ...topic, acknowledged };
    const { items, said } = await bring(sight, kept, limit + 1);
    const page = await noteOffered(sight.tx, kept, items.slice(0, limit));
    return { ...said, cursor: sealPlace(hub, `topic ${id}`, viewer.number, { key: page, id }), complete: items.length <= limit };
  });
}

async function bring(sight: Sight, topic: Kept, limit: number): Promise<Brought> {
  switch (topic.doc.of) {
    case 'reports':
      return bringReports(sight, topic, limit);
    case 'requests':
      return bringRequests(sight, topic, limit);
    case 'trends':
      return bringTrends(sight, topic, limit);
  }
}

async function bringReports(sight: Sight, { id, doc, acknowledged }: Kept, limit: number): Promise<Brought> {
  const classes = titleClasses(sight).filter((title) => isReal(title) && title.object.origin !== sight.viewer.id && fits(doc, title));
  const { rows } = await sql<Found>`select p.report_id, ${RELEASED} as rank, 0 as place, p.class_id as title_class, p.accepted_at from ${reachColumns(classes)} cross join lateral (
      select report_id, class_id, accepted_at from report_part p where p.class_id = k.class_id and p.place = 0 and p.accepted_at > k.lo and p.accepted_at <= k.hi and p.until > ${sight.head.at}
    ) p where ${unheard('p.report_id', id, acknowledged)} order by rank, p.report_id limit ${limit}`.execute(sight.tx);
  return { items: rows.map((row) => row.report_id), said: { reports: await showHits(sight, rows.slice(0, limit - 1)) } };
}

async function bringRequests(sight: Sight, { id, doc, acknowledged }: Kept, limit: number): Promise<Brought> {
  const classes = seenClasses(sight, 'message').filter((one) => one.object.attributes.message === 'request' && isReal(one) && one.object.origin !== sight.viewer.id && fits(doc, told(one)));
  const columns = sql.join(MESSAGE_COLUMNS.map((name) => sql.ref(`m.${name}`)));
  const { rows } = await sql<MessageRow>`select ${columns}, ${RELEASED} as released from ${reachColumns(classes)} cross join lateral (
      select * from message m where m.class_id = k.class_id and m.accepted_at > k.lo and m.accepted_at <= k.hi and m.until > ${sight.head.at} and m.withdrawn_at is null
    ) m where ${unheard('m.id', id, acknowledged)} order by released, m.id limit ${limit}`.execute(sight.tx);
  const seen = rows.slice(0, limit - 1).map((row) => ({ row, entitlement: sight.table[row.class_id - 1]! }));
  return { items: rows.map((row) => row.id), said: { requests: await show(sight, seen) } };
}

async function bringTrends(sight: Sight, { id, doc, acknowledged }: Kept, limit: number): Promise<Brought> {
  const { weeks } = await readTrends(sight.tx, { weeks: WEEKS });
  const known = new Set((await sight.tx.selectFrom('topic_item').select('item').where('topic_id', '=', id).where('page', '<=', acknowledged).execute()).map(({ item }) => item));
  const fresh = weeks.map((week) => narrowed(week, doc)).filter(({ from, cells }) => cells.length > 0 && !known.has(from)).sort((a, b) => instant(a.from) - instant(b.from)).slice(0, limit);
  return { items: fresh.map(({ from }) => from), said: { trends: fresh.slice(0, limit - 1) } };
}

function narrowed(week: TrendWeek, { harms }: NewTopic): TrendWeek {
  return harms ? { ...week, cells: week.cells.filter(({ by, value }) => by === 'harm' && harms.some((harm) => harmTree.covers(harm, value))) } : week;
}

function unheard(column: string, topic: string, acknowledged: number) {
  return sql`not exists (select 1 from topic_item i where i.topic_id = ${topic} and i.item = ${sql.ref(column)}::text and i.page <= ${acknowledged})`;
}

/** What is in an exercise is no news. */
function isReal({ object }: { object: Pick<PolicyObject, 'attributes'> }): boolean {
  return object.attributes.exercise === undefined;
}

/** What is told of messages of a class. */
function told({ object: { attributes }, entitlement: { grant } }: SeenClass<'message'>): Told {
  return { harms: grant.reveal.includes('harm') ? attributes.harms : [], regions: grant.reveal.includes('regions') ? attributes.regions : [], tactics: [] };
}

interface Told {
  harms: readonly string[];
  regions: readonly string[];
  tactics: readonly string[];
}

function fits(topic: NewTopic, { harms, regions, tactics }: Told): boolean {
  return (
    (topic.harms?.some((harm) => harms.some((one) => harmTree.covers(harm, one))) ?? true) &&
    (topic.regions?.some((region) => regions.includes(region)) ?? true) &&
    (topic.tactics?.some((tactic) => tactics.includes(tactic)) ?? true)
  );
}
