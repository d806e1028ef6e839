import pg from 'pg';
import type { PartObject } from '../../server/policy/object.ts';

const HARMS = ['fraud.phishing', 'fraud.investment', 'spam', 'csea.grooming', 'influence-operations', 'violence.incitement'];
const REGIONS = ['NL', 'FR', 'DE', 'FJ', '150'];
const TACTICS = ['T0049', 'T0049.001', 'T1566', 'T0085', 'T0101'];
const DAY = 86_400_000;

/** Words of a part; how many words there are, of which the n-th is about n times as rare as the first. */
const LENGTH = 30;
const VOCABULARY = 8000;

/** The n-th word. */
export function wordOf(n: number): string {
  return `w${n}`;
}

/**
 * Loads so many reports of one origin, each a title and three sections of 30 words, the last of which is sealed. Classes are
 * those of every harm, region and tactic together. Set-based.
 */
export async function loadReports(databaseUrl: string, origin: string, total: number): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const started = performance.now();
  try {
    await client.query('begin');
    const { rows } = await client.query<{ number: string; classes: string }>(`select (select doc ->> 'number' from world_entry where kind = 'member' and subject = $1 limit 1) as number, classes from head`, [origin]);
    const [number, first] = [Number(rows[0]!.number), Number(rows[0]!.classes) + 1];
    const kinds = HARMS.flatMap((harm) => REGIONS.flatMap((region) => TACTICS.map((tactic) => ({ harms: [harm], regions: [region], tactics: [tactic] }))));
    const objects = kinds.flatMap((kind): PartObject[] => [
      { kind: 'part', origin, attributes: { part: 'title', ...kind, tlp: 'GREEN', labels: [] } },
      { kind: 'part', origin, attributes: { part: 'section', ...kind, tlp: 'GREEN', labels: [] } },
      { kind: 'part', origin, attributes: { part: 'section', ...kind, tlp: 'GREEN', labels: ['sealed'] } },
    ]);
    await client.query(`insert into visibility_class (id, origin, key, doc) select $1 + n - 1, $2, sha256(convert_to(doc::text, 'UTF8')), doc from jsonb_array_elements($3::jsonb) with ordinality d(doc, n)`, [first, number, JSON.stringify(objects)]);
    await client.query('update head set classes = classes + $1', [objects.length]);
    const begun = Date.now() - 900 * DAY;
    await client.query(`insert into report (id, origin, version, public_version, accepted_at, position, until, changed_at, keep_until)
      select gen_random_uuid(), ${number}, 1, 1, ${begun} + (${880 * DAY}::float8 * i / ${total})::bigint, 0, 9000000000000, ${begun}, 9000000000000 from generate_series(1, ${total}) i`);
    await client.query('drop index report_part_search');
    await client.query(`insert into report_part (report_id, place, part, class_id, title_class, accepted_at, until, heading, text)
      select r.id, p.place, case when p.place = 0 then 'title' else 'section' end, ${first} + 3 * r.kind + case p.place when 0 then 0 when 3 then 2 else 1 end, ${first} + 3 * r.kind, r.accepted_at, r.until, null, t.text
      from (select id, accepted_at, until, floor(random() * ${kinds.length})::integer as kind from report) r cross join generate_series(0, 3) p(place) cross join lateral (
        select string_agg('w' || floor(exp(random() * ${Math.log(VOCABULARY)}))::integer, ' ') as text from generate_series(1, case when p.place = 0 then 8 else ${LENGTH} end) where r.id is not null
      ) t`);
    await client.query('create index report_part_search on report_part using gin (search)');
    await client.query('commit');
    await client.query('vacuum analyze');
    await client.query('checkpoint');
    process.stderr.write(`loaded ${total} reports in ${Math.round((performance.now() - started) / 1000)} s\n`);
  } finally {
    await client.end();
  }
}
