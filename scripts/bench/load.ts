import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { BatchResult, NewSignal } from '../../schemas/types.ts';
import type { Caller } from './setup.ts';

const HARMS = ['fraud.phishing', 'fraud', 'spam', 'csea.sextortion', 'violence.incitement'];
const SEVERITIES = ['low', 'medium', 'high'] as const;
const DAY = 86_400_000;

/** What a load took. */
export interface Loaded {
  signals: number;
  seconds: number;
  /** What the database takes on the disk. */
  gigabytes: number;
}

/** Posts one signal of each of so many classes, made as a hub makes them; the first is labelled `narrow`. */
export async function postTemplates(origin: Caller, classes: number): Promise<void> {
  for (let start = 0; start < classes; start += 1000) {
    const items = Array.from({ length: Math.min(1000, classes - start) }, (_, index) => template(start + index));
    const { summary } = await origin.call<BatchResult>('POST', '/v1/signals', items);
    if (summary.created !== items.length) throw new Error('not all templates were created');
  }
}

function template(n: number): NewSignal {
  return {
    digests: [{ scheme: 'url-v1', key: 'hub', epoch: 1, digest: randomBytes(32).toString('hex') }],
    harm: HARMS[n % HARMS.length]!,
    severity: SEVERITIES[n % SEVERITIES.length]!,
    confidence: (n % 20) * 5,
    status: 'malicious',
    tlp: 'GREEN',
    observed: { first: '2026-11-20T08:00:00.000Z' },
    labels: [n === 0 ? 'narrow' : `wave-${n}`],
  };
}

/**
 * Fills the log up to `total` signals with copies of those that are there, `narrow` of them with that label, each with a digest of
 * its own, first accepted at even steps over 20 days that ended 10 days ago. Set-based, with the indexes made afterwards. Of the
 * sums by class and day the counts are right; what reconciliation digests add up is left out.
 */
export async function fill(databaseUrl: string, total: number, narrow: number): Promise<Loaded> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const started = performance.now();
  try {
    const { rows: indexes } = await client.query<{ name: string; definition: string }>(
      `select indexname as name, indexdef as definition from pg_indexes where schemaname = current_schema() and tablename in ('signal', 'change_log') and indexname not like '%pkey'`);
    await client.query('begin');
    for (const { name } of indexes) await client.query(`drop index ${name}`);
    await client.query('alter table signal drop constraint signal_pkey; alter table change_log drop constraint change_log_pkey');
    await client.query('create temp table template on commit drop as select row_number() over (order by class_id) - 1 as n, count(*) over () as templates, * from signal');
    const first = Date.now() - 30 * DAY;
    const every = Math.round(total / narrow);
    await client.query(`insert into signal (id, origin, class_id, accepted_at, accepted_position, position, version, active, until, set_name, content_hash, content)
      select gen_random_uuid(), t.origin, t.class_id, ${first} + (${20 * DAY}::float8 * i / ${total})::bigint, h.position + i, h.position + i, 1, true, t.until, t.set_name, t.content_hash,
        jsonb_set(t.content, '{digests,0,digest}', to_jsonb(encode(sha256(int8send(i)), 'hex')))
      from head h cross join generate_series(1::bigint, ${total} - (select count(*) from signal)) i cross join (select max(templates) as templates from template) m
        join template t on t.n = case when i % ${every} = 0 then 0 else 1 + i % (m.templates - 1) end`);
    await client.query(`insert into change_log (position, at, signal_id, class_id, retracted) select position, accepted_at, id, class_id, false from signal where position > (select position from head)`);
    await client.query(`insert into class_sum as c (class_id, accepted_day, until_day, count, with_note, with_observed, with_both, ids, accepted, until, digests, observed, note)
      select class_id, accepted_at / ${DAY}, until / ${DAY}, count(*), count(*) filter (where content ? 'note'), count(*) filter (where content ? 'observed'), count(*) filter (where content ?& array['note', 'observed']), 0, 0, 0, 0, 0, 0
        from signal where position > (select position from head) group by 1, 2, 3
      on conflict (class_id, accepted_day, until_day) do update set count = c.count + excluded.count, with_note = c.with_note + excluded.with_note, with_observed = c.with_observed + excluded.with_observed, with_both = c.with_both + excluded.with_both`);
    await client.query('update head set position = (select max(position) from signal)');
    await client.query('alter table signal add primary key (id); alter table change_log add primary key (position)');
    for (const { definition } of indexes) await client.query(definition);
    await client.query('commit');
    await client.query('vacuum analyze');
    await client.query('checkpoint');
    const seconds = Math.round((performance.now() - started) / 1000);
    const { rows } = await client.query<{ n: string; bytes: string }>('select count(*) as n, pg_database_size(current_database()) as bytes from signal');
    const loaded = { signals: Number(rows[0]!.n), seconds, gigabytes: Number((Number(rows[0]!.bytes) / 1e9).toFixed(2)) };
    process.stderr.write(`loaded ${JSON.stringify(loaded)}\n`);
    return loaded;
  } finally {
    await client.end();
  }
}
