import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { BatchResult, NewSignal } from '../../schemas/types.ts';
import type { Caller } from './setup.ts';

/** Which of the signals carry the label `narrow`: one in so many. */
const NARROW = 100;
const HARMS = ['fraud.phishing', 'fraud', 'spam', 'csea.sextortion', 'violence.incitement'];
const SEVERITIES = ['low', 'medium', 'high'] as const;
const DAY = 86_400_000;

/** What a load took. */
export interface Loaded {
  signals: number;
  seconds: number;
  /** What the database takes on the disk, in bytes. */
  bytes: number;
}

/** Posts one signal of each class, so that classes and templates are as a hub makes them. One class in a hundred is labelled `narrow`. */
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
    labels: [n % NARROW === 0 ? 'narrow' : `wave-${n}`],
  };
}

/**
 * Fills the log up to `total` signals with copies of what is there, each with a digest of its own, first accepted at even steps
 * over the 20 days that end 10 days ago; set-based, with the indexes made afterwards. Sums for the reconciliation digest are not kept.
 */
export async function fill(databaseUrl: string, total: number): Promise<Loaded> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const started = performance.now();
  try {
    const { rows: indexes } = await client.query<{ name: string; definition: string }>(
      `select indexname as name, indexdef as definition from pg_indexes where schemaname = current_schema() and tablename in ('signal', 'change_log') and indexname not like '%pkey'`);
    await client.query('begin');
    for (const { name } of indexes) await client.query(`drop index ${name}`);
    await client.query('alter table signal drop constraint signal_pkey; alter table change_log drop constraint change_log_pkey');
    await client.query('create temp table template on commit drop as select row_number() over (order by position) - 1 as n, * from signal');
    const until = Date.now() - 10 * DAY;
    await client.query(`insert into signal (id, origin, class_id, accepted_at, accepted_position, position, version, active, until, set_name, content_hash, content)
      select gen_random_uuid(), t.origin, t.class_id, ${until - 20 * DAY} + (${20 * DAY}::float8 * i / $1)::bigint, h.position + i, h.position + i, 1, true, t.until, t.set_name, t.content_hash,
        jsonb_set(t.content, '{digests,0,digest}', to_jsonb(encode(sha256(int8send(i)), 'hex')))
      from head h cross join generate_series(1, greatest(0, $1::bigint - (select count(*) from signal))) i join template t on t.n = i % (select count(*) from template)`, [total]);
    await client.query(`insert into change_log (position, at, signal_id, class_id, retracted) select position, accepted_at, id, class_id, false from signal where position > (select position from head)`);
    await client.query('update head set position = (select max(position) from signal)');
    await client.query('alter table signal add primary key (id); alter table change_log add primary key (position)');
    for (const { definition } of indexes) await client.query(definition);
    await client.query('commit');
    await client.query('vacuum analyze');
    await client.query('checkpoint');
    const seconds = (performance.now() - started) / 1000;
    const { rows } = await client.query<{ n: string; bytes: string }>('select count(*) as n, pg_database_size(current_database()) as bytes from signal');
    return { signals: Number(rows[0]!.n), seconds, bytes: Number(rows[0]!.bytes) };
  } finally {
    await client.end();
  }
}
