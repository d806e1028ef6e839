import { sql } from 'kysely';
import { unnest, type Queries } from '../db/database.ts';
import { MAX_ENDS, VARYING, type Look } from './look.ts';

/** Columns of looks, in the order of `lookValues`. */
const NAMES = ['text', 'mark', 'shown', 'after', 'not_before', ...Array.from({ length: MAX_ENDS }, (_, n) => [`x${n}`, `y${n}`]).flat()];

/** The names of a look's columns, for a list of columns. */
export const LOOK_COLUMNS = sql.raw(NAMES.join(', '));

/** Looks as columns for `unnest`. */
export function lookValues(looks: readonly Look[]): Parameters<typeof unnest>[0] {
  const bits = ({ shown }: Look): number => VARYING.reduce((sum, field, bit) => sum + (shown[field] ? 1 << bit : 0), 0);
  return [
    { type: 'text', values: looks.map((look) => look.text) },
    { type: 'text', values: looks.map((look) => look.mark) },
    { type: 'integer', values: looks.map(bits) },
    { type: 'bigint', values: looks.map((look) => look.after) },
    { type: 'bigint', values: looks.map((look) => look.notBefore) },
    ...Array.from({ length: MAX_ENDS }, (_, n) => [
      { type: 'bigint' as const, values: looks.map((look) => look.ends[n]?.x ?? null) },
      { type: 'bigint' as const, values: looks.map((look) => look.ends[n]?.y ?? null) },
    ]).flat(),
  ];
}

/** An instant as RFC 3339 in UTC with milliseconds. */
const instant = (milliseconds: string): string => `to_char(timestamp '1970-01-01' + (${milliseconds}) * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const member = (field: (typeof VARYING)[number], name: string): string =>
  `case when k.shown & ${1 << VARYING.indexOf(field)} <> 0 then coalesce(',"${name}":' || (s.content -> '${name}')::text, '') else '' end`;

/** What differs from signal to signal. PostgreSQL ignores null in `greatest` and `least`. */
const BODY = `'"released_at":"' || ${instant('greatest(s.accepted_at + k.after, k.not_before)')}
  || '","visible_until":"' || ${instant(`least(s.until, ${Array.from({ length: MAX_ENDS }, (_, n) => `greatest(s.accepted_at + k.x${n}, k.y${n})`).join(', ')})`)}
  || '"' || ${member('digest', 'digests')} || ${member('observed', 'observed')} || ${member('note', 'note')}`;

/**
 * A view made in the database: of a signal `s` (id, accepted_at, until, content) under a look `k`, as `v.body`. The offset keeps
 * the planner from writing the expression twice.
 */
export const WITH_BODY = sql.raw(`cross join lateral (select ${BODY} as body offset 0) v`);

/** The version of a view: a digest of everything else that is shown. */
const VERSION = sql.raw<string>(`translate(encode(substr(sha256(convert_to(s.id::text || k.mark || v.body, 'UTF8')), 1, 9), 'base64'), '+/', '-_')`);

/** The view as JSON. */
const VIEW = sql<string>`'{"id":"' || s.id || '","version":"' || ${VERSION} || '",' || v.body || k.text`;

/** The change that tells a replica of it, as JSON. */
export const CHANGE = sql<string>`'{"type":"signal","signal":' || ${VIEW} || '}'`;

/** The ids in lines of such changes, or of removals. */
export function idsIn(changes: string): string[] {
  return Array.from(changes.matchAll(/^\{"type":"[a-z]+",(?:"signal":\{)?"id":"([0-9a-f-]{36})"/gm), ([, id]) => id!);
}

/** A signal to be shown, as it is or as it was before a change. */
export interface Wanted {
  id: string;
  look: Look;
  /** The place of that change in the log. */
  before?: number;
}

/** A view in JSON, and its version. */
export interface Shown {
  version: string;
  json: string;
}

/** Views of signals as they are, in the order of `wanted`; undefined for one that does not exist. */
export async function viewsOf(db: Queries, wanted: readonly Wanted[]): Promise<(Shown | undefined)[]> {
  if (wanted.length === 0) return [];
  const { items, looks } = tables(wanted);
  const rows = await sql<{ n: number } & Shown>`select i.n, ${VERSION} as version, ${VIEW} as json from ${items}
    cross join lateral (select id, accepted_at, until, content from signal where id = i.id limit 1) s join ${looks} on k.look = i.look ${WITH_BODY}`.execute(db);
  return inOrder(wanted.length, rows.rows);
}

/** The versions of signals as they were before the changes named, in the order of `wanted`. */
export async function versionsBefore(db: Queries, wanted: readonly Wanted[]): Promise<(string | undefined)[]> {
  if (wanted.length === 0) return [];
  const { items, looks } = tables(wanted);
  const rows = await sql<{ n: number; version: string }>`select i.n, ${VERSION} as version from ${items}
    cross join lateral (select c.signal_id as id, s.accepted_at, c.prev_until as until, c.prev_content as content from change_log c join signal s on s.id = c.signal_id where c.position = i.before limit 1) s
    join ${looks} on k.look = i.look ${WITH_BODY}`.execute(db);
  return inOrder(wanted.length, rows.rows).map((row) => row?.version);
}

function tables(wanted: readonly Wanted[]) {
  const looks = [...new Set(wanted.map((item) => item.look))];
  const numbers = new Map(looks.map((look, n) => [look, n]));
  const items = unnest([
    { type: 'integer', values: wanted.map((_, n) => n) },
    { type: 'uuid', values: wanted.map((item) => item.id) },
    { type: 'integer', values: wanted.map((item) => numbers.get(item.look)!) },
    { type: 'bigint', values: wanted.map((item) => item.before ?? null) },
  ]);
  return {
    items: sql`${items} i(n, id, look, before)`,
    looks: sql`${unnest([{ type: 'integer', values: looks.map((_, n) => n) }, ...lookValues(looks)])} k(look, ${LOOK_COLUMNS})`,
  };
}

function inOrder<T extends { n: number }>(length: number, rows: readonly T[]): (T | undefined)[] {
  const ordered = new Array<T | undefined>(length).fill(undefined);
  for (const row of rows) ordered[row.n] = row;
  return ordered;
}
