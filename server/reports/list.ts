import { sql } from 'kysely';
import { harmTree } from '../../schemas/harms.ts';
import type { ReportList, ReportsQuery, ReportView } from '../../schemas/types.ts';
import { snapshot, unnest, type Tx } from '../db/database.ts';
import { reachAt, type Entitlements } from '../feeds/entitlements.ts';
import { shownOrigin } from '../feeds/look.ts';
import { openPlace, sealPlace, type Place } from '../feeds/place.ts';
import type { Hub } from '../hub.ts';
import type { PartObject } from '../policy/object.ts';
import { instant } from '../policy/time.ts';
import type { MemberDocument } from '../world/documents.ts';
import { excerptOf, recordShown } from './disclosures.ts';
import { viewsAt } from './known.ts';
import { presentOf, sightOf } from './sight.ts';
import { reveals, type Shown, type Sight } from './view.ts';

const LIST = 'reports';

/** Titles of a class accepted after `lo` and not after `hi`, which were released `after` their acceptance and not before `notBefore`. */
interface Listed {
  classId: number;
  lo: number;
  hi: number;
  after: number;
  notBefore: number;
}

/** A page of the reports that the viewer may see, latest release first: an order that follows from what is shown. */
export function listReports(hub: Hub, entitlements: Entitlements, viewer: MemberDocument, query: ReportsQuery): Promise<ReportList> {
  const from = openPlace(hub, LIST, viewer.number, query.after);
  const limit = query.limit ?? 20;
  return snapshot(hub.db, async (tx) => {
    const present = await presentOf(hub, tx);
    const { head, world } = present;
    const sight = await sightOf(hub, entitlements, tx, head, viewer.id, world, head.at);
    const places = await readPlaces(tx, listedClasses(sight, query), query, head.at, from, limit);
    const views = await viewsAt(tx, places.map(({ id }) => id), head.position, sight);
    const shown = places.map(({ id }) => views.get(id)!);
    const excerpts = shown.map(excerpt);
    await recordShown(tx, present, viewer.number, shown.map((of, index) => ({ of, name: excerptOf(of.view.version), places: of.places.slice(0, excerpts[index]!.parts.length) })));
    const last = places.at(-1);
    return { reports: excerpts, ...(places.length === limit && last ? { next: sealPlace(hub, LIST, viewer.number, last) } : {}) };
  });
}

/** The title, and the summary, which comes second where it is shown. */
function excerpt({ view }: Shown): ReportView {
  return { ...view, parts: view.parts.filter((part) => 'part' in part && (part.part === 'title' || part.part === 'summary')) };
}

/** The classes of titles that are visible and fit the query. What a title does not reveal is not searched by. */
function listedClasses(sight: Sight, query: ReportsQuery): Listed[] {
  return sight.classes.slice(0, sight.table.length).flatMap((object, index): Listed[] => {
    const grant = sight.table[index]?.grant;
    if (!grant || object.kind !== 'part' || object.attributes.part !== 'title' || !reveals(grant, 'text')) return [];
    const reach = reachAt(grant, sight.at);
    const shows = (field: Parameters<typeof reveals>[1], fits: (attributes: PartObject['attributes']) => boolean): boolean => reveals(grant, field) && fits(object.attributes);
    const { harm, region, tactic, origin, from, until, exercise } = query;
    const fits =
      object.attributes.exercise === exercise &&
      (harm === undefined || shows('harm', ({ harms }) => harms.some((each) => harmTree.covers(harm, each)))) &&
      (region === undefined || shows('regions', ({ regions }) => regions.includes(region))) &&
      (tactic === undefined || shows('tactics', ({ tactics }) => tactics.some((each) => each === tactic || each.startsWith(`${tactic}.`)))) &&
      (origin === undefined || shownOrigin(object.origin, grant, sight) === origin) &&
      ((from ?? until) === undefined || reveals(grant, 'period'));
    if (!reach || !fits) return [];
    return [{ classId: index + 1, ...reach, after: Math.max(0, ...grant.windows.map((window) => window.after)), notBefore: grant.notBefore ?? 0 }];
  });
}

async function readPlaces(tx: Tx, listed: readonly Listed[], { from, until }: ReportsQuery, at: number, { key, id }: Place, limit: number): Promise<Place[]> {
  if (listed.length === 0) return [];
  const classes = unnest([
    { type: 'integer', values: listed.map((each) => each.classId) },
    { type: 'bigint', values: listed.map((each) => each.lo) },
    { type: 'bigint', values: listed.map((each) => each.hi) },
    { type: 'bigint', values: listed.map((each) => each.after) },
    { type: 'bigint', values: listed.map((each) => each.notBefore) },
  ]);
  const covered = [from === undefined ? sql`true` : sql`r.period_until >= ${instant(from)}`, until === undefined ? sql`true` : sql`r.period_from <= ${instant(until)}`];
  const { rows } = await sql<Place>`select p.id, p.released as key from ${classes} k(class_id, lo, hi, after, not_before) cross join lateral (
      select q.report_id as id, greatest(q.accepted_at + k.after, k.not_before) as released from report_part q join report r on r.id = q.report_id
      where q.class_id = k.class_id and q.accepted_at > k.lo and q.accepted_at <= k.hi and q.until > ${at} and ${sql.join(covered, sql` and `)}
      and (greatest(q.accepted_at + k.after, k.not_before), q.report_id) < (${key}::bigint, ${id}::uuid) order by 2 desc, 1 desc limit ${limit}
    ) p order by p.released desc, p.id desc limit ${limit}`.execute(tx);
  return rows;
}
