import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import pg from 'pg';
import { request } from 'undici';
import { openDatabase } from '../../server/db/database.ts';
import { migrate } from '../../server/db/migrate.ts';
import { interleave, report } from './report.ts';
import { startBenchHub, type Caller } from './setup.ts';

const PROMISED = 0.4;
/** Rows a second of the yardstick below which a run means nothing. */
const FLOOR = 15_000;
const TABLES = ['indicator', 'signal', 'signal_indicator', 'change_log'] as const;
const HARMS = ['fraud.phishing', 'fraud', 'spam', 'csea.sextortion', 'violence.incitement'];
const SEVERITIES = ['low', 'medium', 'high'];

/** HTTP NDJSON into PostgreSQL, end to end, against COPY of the very same rows into the same indexed tables. */
export async function ingest(n = 200_000, rounds = 5): Promise<void> {
  const hub = await startBenchHub();
  const member = await hub.join('northstar');
  const source = new pg.Client(hub.databaseUrl);
  const target = new pg.Client(hub.yardstickUrl);
  const opened = await openDatabase({ kind: 'postgres', url: hub.yardstickUrl, connections: 2 });
  await migrate(opened.db);
  await opened.close();
  await Promise.all([source.connect(), target.connect()]);
  let from = 0;
  try {
    const measured = await interleave(
      rounds,
      async () => {
        const body = makeBody(n);
        from = Number((await source.query<{ position: string }>('select position from head')).rows[0]!.position);
        const started = performance.now();
        await post(hub.url, member, body, n);
        return n / ((performance.now() - started) / 1000);
      },
      (round) => copyRows(source, target, from, n, round),
    );
    report('ingest', n, measured, PROMISED, FLOOR);
  } finally {
    await Promise.all([source.end(), target.end()]);
    await hub.stop();
  }
}

function makeBody(n: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let start = 0; start < n; start += 1000) {
    const lines = Array.from({ length: Math.min(1000, n - start) }, (_, index) =>
      JSON.stringify({
        digests: [{ scheme: 'url-v1', key: 'hub', epoch: 1, digest: randomBytes(32).toString('hex') }],
        harm: HARMS[index % HARMS.length],
        severity: SEVERITIES[index % SEVERITIES.length],
        confidence: (index % 20) * 5,
        status: 'malicious',
        tlp: 'GREEN',
        observed: { first: '2026-11-20T08:00:00Z' },
        reference: `case-${randomBytes(8).toString('hex')}`,
      }),
    );
    chunks.push(Buffer.from(`${lines.join('\n')}\n`));
  }
  return chunks;
}

async function post(url: string, member: Caller, body: readonly Buffer[], n: number): Promise<void> {
  const answer = await request(`${url}/v1/signals`, { method: 'POST', body: Readable.from(body), headers: { authorization: `Bearer ${member.token}`, 'content-type': 'application/x-ndjson' } });
  let tail = '';
  for await (const chunk of answer.body) tail = (tail + String(chunk)).slice(-400);
  const summary = JSON.parse(tail.trim().split('\n').at(-1)!) as { done?: boolean; created?: number };
  if (!summary.done || summary.created !== n) throw new Error(`not everything was created: ${tail}`);
}

/** Copies what the hub has just written out to files on the server, and times their COPY into the tables of the yardstick. */
async function copyRows(source: pg.Client, target: pg.Client, from: number, n: number, round: number): Promise<number> {
  const folder = (await source.query<{ data_directory: string }>('show data_directory')).rows[0]!.data_directory;
  const recent = `select id from signal where position > ${from}`;
  const selections: Record<(typeof TABLES)[number], string> = {
    signal: `select * from signal where position > ${from} order by position`,
    change_log: `select * from change_log where position > ${from} order by position`,
    signal_indicator: `select * from signal_indicator where signal_id in (${recent})`,
    indicator: `select * from indicator where id in (select indicator_id from signal_indicator where signal_id in (${recent}))`,
  };
  for (const table of TABLES) await source.query(`copy (${selections[table]}) to '${folder}/bench-${table}'`);
  await source.query(`copy (select * from visibility_class) to '${folder}/bench-class'`);
  if (round === 0) await target.query(`copy visibility_class from '${folder}/bench-class'`);
  await source.query('checkpoint');
  const started = performance.now();
  await target.query('begin');
  for (const table of TABLES) await target.query(`copy ${table} from '${folder}/bench-${table}'`);
  await target.query('commit');
  const rate = n / ((performance.now() - started) / 1000);
  await target.query('checkpoint');
  return rate;
}
