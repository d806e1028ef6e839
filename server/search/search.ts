import { blake3 } from '../../clients/sdk/digests/index.ts';
import { harmTree } from '../../schemas/harms.ts';
import type { PartField, PartKind, ReportHit, ReportHits, ReportSearchQuery } from '../../schemas/types.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import { shownOrigin } from '../feeds/look.ts';
import { openPlace, sealPlace } from '../feeds/place.ts';
import { look, releasedAt, releasedWithin, seenClasses, type SeenClass, type Sight } from '../feeds/sight.ts';
import type { Hub } from '../hub.ts';
import { formatInstant, instant } from '../policy/time.ts';
import type { MemberDocument } from '../world/documents.ts';
import { facetsOf } from './facets.ts';
import { CLOSED, OPENED, find, tellOf, type Found, type Span, type Told, type Wanted, type Words } from './find.ts';

const PAGE = 20;

/** A class of titles, and what of it its reader is told: nothing where it is not. */
export interface TitleClass extends SeenClass<'part'> {
  harms: readonly string[];
  regions: readonly string[];
  tactics: readonly string[];
  origin: string | undefined;
}

/** Searches and lists reports with a viewer's eyes. That they were shown is durable before anything is answered. */
export function searchReports(hub: Hub, entitlements: Entitlements, viewer: MemberDocument, query: ReportSearchQuery): Promise<ReportHits> {
  const { after, limit = PAGE, facets = false, ...asked } = query;
  const list = `reports ${JSON.stringify(Object.entries(asked).sort())}`;
  return look(hub, entitlements, viewer, async (sight) => {
    const released = spanOf(asked.released_from, asked.released_until);
    const titles = titleClasses(sight).filter((title) => fits(title, asked)).flatMap((title): TitleClass[] => {
      const reach = releasedWithin(title, released.from, released.until);
      return reach ? [{ ...title, reach }] : [];
    });
    const words = asked.q === undefined ? undefined : { text: asked.q, language: asked.language };
    const wanted: Wanted = { titles, words, covered: spanOf(asked.from, asked.until) };
    const { hits, tallies } = await find(sight, wanted, openPlace(hub, list, viewer.number, after), limit + 1, facets);
    const shown = hits.slice(0, limit);
    const last = hits.length > limit ? shown.at(-1) : undefined;
    return {
      reports: await showHits(sight, shown, words),
      ...(facets ? { facets: facetsOf(tallies, new Map(titles.map((title) => [title.classId, title]))) } : {}),
      ...(last ? { next: sealPlace(hub, list, viewer.number, { key: last.rank, id: last.report_id }) } : {}),
    };
  });
}

function spanOf(from: string | undefined, until: string | undefined): Span {
  return { ...(from === undefined ? {} : { from: instant(from) }), ...(until === undefined ? {} : { until: instant(until) }) };
}

/** The classes of the titles that a viewer may see. */
export function titleClasses(sight: Sight): TitleClass[] {
  const eye = { viewer: sight.viewer.id, secrets: sight.hub.secrets };
  return seenClasses(sight, 'part').filter(({ object }) => object.attributes.part === 'title').map((seen): TitleClass => {
    const { grant } = seen.entitlement;
    const told = (field: PartField, values: readonly string[]): readonly string[] => (grant.reveal.includes(field) ? values : []);
    const { harms, regions, tactics } = seen.object.attributes;
    return { ...seen, harms: told('harm', harms), regions: told('regions', regions), tactics: told('tactics', tactics), origin: shownOrigin(seen.object.origin, grant, eye) };
  });
}

/** Whether what is told of a title's class is what was asked for. */
function fits({ object, harms, regions, tactics, origin, entitlement }: TitleClass, asked: ReportSearchQuery): boolean {
  return (
    object.attributes.exercise === asked.exercise &&
    (asked.harm === undefined || harms.some((harm) => harmTree.covers(asked.harm!, harm))) &&
    (asked.region === undefined || regions.includes(asked.region)) &&
    (asked.tactic === undefined || tactics.some((tactic) => tactic === asked.tactic || tactic.startsWith(`${asked.tactic}.`))) &&
    (asked.origin === undefined || origin === asked.origin) &&
    ((asked.from ?? asked.until) === undefined || entitlement.grant.reveal.includes('period'))
  );
}

/** Makes what is shown of reports, and records it where they are others'. */
export async function showHits(sight: Sight, hits: readonly Found[], words?: Words): Promise<ReportHit[]> {
  const told = await tellOf(sight, hits, words);
  const titles = new Map(titleClasses(sight).map((title) => [title.classId, title]));
  return hits.map((found) => {
    const [one, title] = [told.get(found.report_id)!, titles.get(found.title_class)!];
    const hit = hitOf(sight, found, one, title);
    if (title.object.origin !== sight.viewer.id) {
      const view = blake3(JSON.stringify(hit), 9).toString('base64url');
      sight.disclosed.report_disclosure.push({ viewer: sight.viewer.number, report_id: found.report_id, view, version: one.version, places: JSON.stringify([...new Set([0, found.place])]), world: sight.world.version, at: sight.head.at });
    }
    return hit;
  });
}

function hitOf(sight: Sight, found: Found, told: Told, title: TitleClass): ReportHit {
  const { object: { attributes: { exercise } }, harms, regions, tactics, origin, entitlement } = title;
  const lists = Object.fromEntries(Object.entries({ harms, regions, tactics }).filter(([, values]) => values.length > 0));
  return {
    id: found.report_id,
    ...(exercise === undefined ? {} : { exercise }),
    title: told.title,
    released_at: formatInstant(releasedAt(entitlement, found.accepted_at)),
    ...(origin === undefined ? {} : { origin }),
    handling: entitlement.grant.handling,
    ...lists,
    ...(told.excerpt === null ? {} : { match: { part: told.part as PartKind, ...(told.heading === null ? {} : { heading: told.heading }), handling: sight.table[told.part_class - 1]!.grant.handling, text: piecesOf(told.excerpt) } }),
  };
}

/** The pieces of an excerpt. What is found stands between two marks. */
function piecesOf(excerpt: string): { text: string; found?: true }[] {
  return excerpt.split(OPENED).flatMap((piece, index) => {
    const [found, rest] = index === 0 ? ['', piece] : (piece.split(CLOSED) as [string, string]);
    return [...(found ? [{ text: found, found: true as const }] : []), ...(rest ? [{ text: rest }] : [])];
  });
}
