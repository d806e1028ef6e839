import pg from 'pg';
import { Pool } from 'undici';
import type { Policy, ReportHits } from '../../schemas/types.ts';
import { loadReports, wordOf } from './report-load.ts';
import { compare } from './report.ts';
import { activate, startBenchHub } from './setup.ts';

/** The ratio of latencies that is promised: at most. */
const PROMISED = 1.5;
const CONNECTIONS = 2;
const LIMIT = 20;
/** How often each query is asked in a round. */
const ROUND = 3;

/** One word of each rank, common and rare, and pairs of them: the same for both sides. */
const QUERIES = [3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 300, 500, 800, 1500, 3000, 6000].flatMap((n) => [wordOf(n), `${wordOf(n)} ${wordOf(n + 1)}`, `${wordOf(n)} or ${wordOf(2 * n)}`]);

const RANKED = `select report_id, place, ts_rank(search, query) as rank from report_part, websearch_to_tsquery('simple', $1) query where search @@ query order by rank desc limit ${LIMIT}`;

/**
 * The 99th percentile of searching 100,000 reports through the policy, their disclosures durable before the answer, against that
 * of the bare full-text query of PostgreSQL over the same rows: the same words, ranked, with the same limit. The reader may not
 * see one section in three.
 */
export async function reportSearch(n = 100_000, rounds = 5): Promise<void> {
  const hub = await startBenchHub();
  const rules = (sealed: Policy['rules']): Policy['rules'] => [...sealed, { id: 'all', effect: 'share', covers: ['reports'], terms: { reveal: ['text', 'harm', 'regions', 'tactics'], origin: 'named' } }];
  await activate(hub.operator, { id: 'hub/charter', title: 'Open', summary: 'Open', rules: rules([]) });
  const [origin, viewer] = [await hub.join('northstar'), await hub.join('brook')];
  await activate(origin, { id: 'northstar/open', title: 'Open', summary: 'Open', rules: rules([{ id: 'sealed', effect: 'withhold', covers: ['reports'], reports: { labels: { any: ['sealed'] } } }]) });
  await loadReports(hub.databaseUrl, 'northstar', n);
  const http = new Pool(hub.url, { connections: CONNECTIONS });
  const database = new pg.Pool({ connectionString: hub.databaseUrl, max: CONNECTIONS, options: '-c jit=off' });
  const ask = async (q: string, more = ''): Promise<ReportHits> => {
    const { statusCode, body } = await http.request({ method: 'GET', path: `/v1/reports/search?q=${encodeURIComponent(q)}&limit=${LIMIT}${more}`, headers: { authorization: `Bearer ${viewer.token}` } });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${statusCode} ${text}`);
    return JSON.parse(text) as ReportHits;
  };
  try {
    const [hits, rows] = [await ask(QUERIES[0]!), await database.query(RANKED, [QUERIES[0]!])];
    if (hits.reports.length !== LIMIT || rows.rows.length !== LIMIT) throw new Error('too little is found');
    const bare = (): Promise<number> => p99((q) => database.query(RANKED, [q]));
    const measured = await compare(rounds, () => p99((q) => ask(q)), bare);
    const faceted = await compare(1, () => p99((q) => ask(q, '&facets=true')), bare);
    process.stdout.write(`${JSON.stringify({ bench: 'report-search', ...measured, with_facets: faceted.ratio, n, queries: QUERIES.length, unit: 'ms', promised: PROMISED })}\n`);
  } finally {
    await http.close();
    await database.end();
    await hub.stop();
  }
}

/** The 99th percentile of the milliseconds that queries take, each asked several times, over a few connections. */
async function p99(ask: (q: string) => Promise<unknown>): Promise<number> {
  const queue = Array.from({ length: ROUND }, () => QUERIES).flat();
  const times: number[] = [];
  const worker = async (): Promise<void> => {
    for (let q = queue.pop(); q !== undefined; q = queue.pop()) {
      const started = performance.now();
      await ask(q);
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!;
}
