import { activate } from './setup.ts';
import { originPolicy, pullPages, startFeedBench, type FeedBench } from './feeds.ts';
import { fill, postTemplates } from './load.ts';
import { compare } from './report.ts';

const PROMISED = 1.5;
const CLASSES = 200;
const GAINED = 1000;

/**
 * A policy that lets a viewer gain 1,000 signals: its version is stored, activated, and pulled by that viewer for the first time;
 * among ten times as many signals, as a ratio.
 */
export async function policyChange(n = 100_000, rounds = 7): Promise<void> {
  const [small, large] = [await prepared(n), await prepared(10 * n)];
  try {
    const measured = await compare(rounds, () => change(large), () => change(small));
    process.stdout.write(`${JSON.stringify({ bench: 'policy-change', ...measured, n, larger: 10 * n, gained: GAINED, unit: 'ms', promised: PROMISED })}\n`);
  } finally {
    await small.bench.hub.stop();
    await large.bench.hub.stop();
  }
}

interface Prepared {
  bench: FeedBench;
  cursor: string;
}

async function prepared(n: number): Promise<Prepared> {
  const bench = await startFeedBench();
  await postTemplates(bench.origin, CLASSES);
  await fill(bench.hub.databaseUrl, n, GAINED);
  await activate(bench.origin, originPolicy(false));
  const { cursor } = await pullPages(bench.narrow, Infinity);
  return { bench, cursor };
}

/** Milliseconds that it takes. The policy is taken back afterwards. */
async function change(prepared: Prepared): Promise<number> {
  const { bench } = prepared;
  for (const caller of [bench.origin, bench.narrow]) await caller.renew();
  const started = performance.now();
  await activate(bench.origin, originPolicy(true));
  const { changes, cursor } = await pullPages(bench.narrow, Infinity, prepared.cursor);
  const took = performance.now() - started;
  if (Math.abs(changes - GAINED) > 2) throw new Error(`gained ${changes}`);
  await activate(bench.origin, originPolicy(false));
  prepared.cursor = (await pullPages(bench.narrow, Infinity, cursor)).cursor;
  return took;
}
