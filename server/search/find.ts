import { sql, type RawBuilder } from 'kysely';
import type { Language } from '../../schemas/types.ts';
import { unnest } from '../db/database.ts';
import type { Reach } from '../feeds/entitlements.ts';
import { FIRST, type Place } from '../feeds/place.ts';
import { reachColumns, RELEASED, seenClasses, type SeenClass, type Sight } from '../feeds/sight.ts';
import { configurationOf } from './languages.ts';

/** What a search may hold in memory. */
const MEMORY = '64MB';

/** Parts that are looked at first for each report that is wanted: few reports have more that fit about as well. */
const PARTS = 4;

/** A report that was found, and the part of it that fits best: the title (place 0) where no words were asked for. */
export interface Found {
  report_id: string;
  /** By what it is sorted: how well it fits, or its release. */
  rank: number;
  place: number;
  title_class: number;
  accepted_at: number;
}

/** How many reports were found of a title's class and a year of release. */
export interface Tally {
  title_class: number;
  year: number;
  reports: number;
}

/** What is looked for. */
export interface Wanted {
  /** Among reports with titles of these classes, within their reach. */
  titles: readonly SeenClass<'part'>[];
  words: Words | undefined;
  /** What the period that they cover touches. */
  covered: Span;
}

export interface Words {
  text: string;
  language: Language | undefined;
}

/** From one instant to another, as far as each is given. */
export interface Span {
  from?: number;
  until?: number;
}

/** Finds reports, the best after a place first, and counts all that there are where `counted` says so. */
export async function find(sight: Sight, wanted: Wanted, after: Place, limit: number, counted: boolean): Promise<{ hits: Found[]; tallies: Tally[] }> {
  // The index of words can be read by bitmap only; compiling a query takes longer than most of them; and reports are told apart in memory.
  await sql`select set_config('enable_bitmapscan', 'on', true), set_config('jit', 'off', true), set_config('work_mem', ${MEMORY}, true)`.execute(sight.tx);
  return (counted ? undefined : await findFirst(sight, wanted, after, limit)) ?? findAll(sight, wanted, after, limit, counted);
}

/**
 * Finds reports by the parts that fit best alone. A report stands where its best part does, so those of these parts that are their
 * report's best are the first reports, in order, and none is missing between them. Undefined where they are too few and more follow.
 */
async function findFirst(sight: Sight, { words, ...wanted }: Wanted, after: Place, limit: number): Promise<{ hits: Found[]; tallies: Tally[] } | undefined> {
  if (!words) return undefined;
  const parts = limit * PARTS;
  const rank = sql`ts_rank(p.search, ${queryOf(words)})`;
  const follows = after === FIRST ? sql`` : sql`and (${rank}, p.report_id) < (${after.key}::real, ${after.id}::uuid)`;
  const { rows } = await sql<Found & { best: boolean }>`with first as materialized (
      select p.report_id, ${rank} as rank, p.place, p.title_class, p.accepted_at from report_part p where ${fits(sight, wanted, words)} ${follows} order by rank desc, report_id desc, place limit ${parts}
    ) select f.*, place = ${bestPlace(sight, words)} as best from first f order by rank desc, report_id desc, place`.execute(sight.tx);
  const hits = rows.filter(({ best }) => best);
  return hits.length >= limit || rows.length < parts ? { hits: hits.slice(0, limit), tallies: [] } : undefined;
}

/** Finds reports among all that fit, each by its best part. */
async function findAll(sight: Sight, { words, ...wanted }: Wanted, after: Place, limit: number, counted: boolean): Promise<{ hits: Found[]; tallies: Tally[] }> {
  const number = sql.raw(words ? 'real' : 'bigint');
  const found = words
    ? sql`select p.report_id, max(ts_rank(p.search, ${queryOf(words)})) as rank, p.title_class, p.accepted_at from report_part p where ${fits(sight, wanted, words)} group by p.report_id, p.title_class, p.accepted_at`
    : sql`select p.report_id, ${RELEASED} as rank, p.title_class, p.accepted_at from ${reachColumns(wanted.titles)} join report_part p on p.class_id = k.class_id and p.accepted_at > k.lo and p.accepted_at <= k.hi where p.place = 0 ${lasts(sight, wanted)}`;
  const tallies = counted ? sql`(select title_class, extract(year from to_timestamp(${RELEASED} / 1000) at time zone 'UTC')::integer as year, count(*) as reports from found join ${reachColumns(wanted.titles)} on k.class_id = title_class group by 1, 2)` : sql`(select where false)`;
  const { rows } = await sql<{ hits: Found[]; tallies: Tally[] }>`with found as (${found}), first as materialized (
      select * from found where (rank, report_id) < (${after.key}::${number}, ${after.id}::uuid) order by rank desc, report_id desc limit ${limit}
    ), hits as (select f.*, ${words ? bestPlace(sight, words) : sql`0`} as place from first f)
    select (select coalesce(json_agg(h order by rank desc, report_id desc), '[]') from hits h) as hits, (select coalesce(json_agg(t), '[]') from ${tallies} t) as tallies`.execute(sight.tx);
  return rows[0]!;
}

/**
 * That a part `p` fits: only parts that the viewer sees are looked at, of reports whose title it sees, and only they have a say in
 * how well a report fits. A part's row says all that decides it.
 */
function fits(sight: Sight, wanted: Omit<Wanted, 'words'>, words: Words) {
  return sql`p.search @@ ${queryOf(words)} and ${among('p.class_id', seenClasses(sight, 'part'))} and ${among('p.title_class', wanted.titles)} ${lasts(sight, wanted)}`;
}

/** The place of the visible part of a report `f` that fits best. */
function bestPlace(sight: Sight, words: Words) {
  return sql`(select p.place from report_part p where p.report_id = f.report_id and p.search @@ ${queryOf(words)} and ${among('p.class_id', seenClasses(sight, 'part'))}
      order by ts_rank(p.search, ${queryOf(words)}) desc, p.place limit 1)`;
}

/** That a part `p` has not ended, and that its report covers what is wanted. */
function lasts(sight: Sight, { covered }: Omit<Wanted, 'words'>) {
  const period = sql`${bound(sql`r.period_until`, '>=', covered.from)} ${bound(sql`r.period_from`, '<=', covered.until)}`;
  return (covered.from ?? covered.until) === undefined ? sql`and p.until > ${sight.head.at}` : sql`and p.until > ${sight.head.at} and exists (select 1 from report r where r.id = p.report_id ${period})`;
}

/** That a class is one of these and the part `p` within its reach: constants, so that nothing is joined. Classes share a few reaches. */
function among(column: string, classes: readonly Pick<SeenClass, 'classId' | 'reach'>[]) {
  const alike = new Map<string, Reach & { ids: number[] }>();
  for (const { classId, reach } of classes) {
    const key = `${reach.lo} ${reach.hi}`;
    const one = alike.get(key);
    if (one) one.ids.push(classId);
    else alike.set(key, { ...reach, ids: [classId] });
  }
  const each = [...alike.values()].map(({ lo, hi, ids }) => sql`(${sql.ref(column)} = any(${sql.lit(`{${ids.join(',')}}`)}::integer[]) and p.accepted_at > ${lo}::bigint and p.accepted_at <= ${hi}::bigint)`);
  return each.length === 0 ? sql`false` : sql`(${sql.join(each, sql` or `)})`;
}

function bound(column: RawBuilder<unknown>, operator: '>=' | '<=', value: number | undefined) {
  return value === undefined ? sql`` : sql`and ${column} ${sql.raw(operator)} ${value}::bigint`;
}

/** Of a named configuration it is a constant to the planner, which then knows how much fits. */
function queryOf({ text, language }: Words) {
  return sql`websearch_to_tsquery(${configured(language)}, ${text}::text)`;
}

function configured(language: Language | undefined) {
  return sql`${sql.lit(configurationOf(language))}::regconfig`;
}

/** What is told of a report that was found: its title, and the part that fits best. */
export interface Told {
  report_id: string;
  version: number;
  title: string;
  place: number;
  part: string;
  part_class: number;
  heading: string | null;
  /** An excerpt in which what was asked for stands between `OPENED` and `CLOSED`; null where nothing was. */
  excerpt: string | null;
}

/** Control characters, which no text of a report has. */
export const OPENED = '\u0001';
export const CLOSED = '\u0002';
const EXCERPT = `StartSel=${OPENED}, StopSel=${CLOSED}, MinWords=12, MaxWords=30, MaxFragments=2, FragmentDelimiter=" … "`;

/** Reads what is told of reports, by id. Of no part but the one that was found is anything read. */
export async function tellOf(sight: Sight, hits: readonly Found[], words: Words | undefined): Promise<Map<string, Told>> {
  if (hits.length === 0) return new Map();
  const excerpt = words ? sql`ts_headline(${configured(words.language)}, p.text, ${queryOf(words)}, ${EXCERPT})` : sql`null`;
  const ids = unnest([
    { type: 'uuid', values: hits.map((hit) => hit.report_id) },
    { type: 'integer', values: hits.map((hit) => hit.place) },
  ]);
  const { rows } = await sql<Told>`select t.report_id, r.public_version as version, t.text as title, p.place, p.part, p.class_id as part_class, p.heading, ${excerpt} as excerpt
    from ${ids} h(report_id, place) join report r on r.id = h.report_id join report_part t on t.report_id = h.report_id and t.place = 0 join report_part p on p.report_id = h.report_id and p.place = h.place`.execute(sight.tx);
  return new Map(rows.map((row) => [row.report_id, row]));
}
