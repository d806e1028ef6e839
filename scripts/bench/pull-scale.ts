import { pullPages, startFeedBench, type FeedBench } from './feeds.ts';
import { fill, postTemplates, type Loaded } from './load.ts';
import { compare } from './report.ts';
import type { Caller } from './setup.ts';

const PROMISED = 1.5;
const CLASSES = 200;

/** What a delivered item costs, of equal numbers delivered, among ten times as many signals: to who sees everything, and 1%. */
export async function pullScale(n = 1_000_000, rounds = 5): Promise<void> {
  // Half of what the narrow viewer sees of the smaller number.
  const delivered = n / 200;
  const [small, large] = [await prepared(n), await prepared(10 * n)];
  try {
    for (const viewer of ['wide', 'narrow'] as const) {
      const cost = async (of: Prepared): Promise<number> => microseconds(of.bench[viewer], delivered);
      const measured = await compare(rounds, () => cost(large), () => cost(small));
      process.stdout.write(`${JSON.stringify({ bench: `pull-scale ${viewer}`, ...measured, n, larger: 10 * n, delivered, unit: 'us per item', promised: PROMISED, load: large.loaded })}\n`);
    }
  } finally {
    await small.bench.hub.stop();
    await large.bench.hub.stop();
  }
}

interface Prepared {
  bench: FeedBench;
  loaded: Loaded;
}

async function prepared(n: number): Promise<Prepared> {
  const bench = await startFeedBench();
  await postTemplates(bench.origin, CLASSES);
  return { bench, loaded: await fill(bench.hub.databaseUrl, n, n / 100) };
}

async function microseconds(viewer: Caller, delivered: number): Promise<number> {
  await viewer.renew();
  const started = performance.now();
  const { changes } = await pullPages(viewer, delivered);
  if (changes < delivered) throw new Error(`only ${changes} came`);
  return ((performance.now() - started) * 1000) / changes;
}
