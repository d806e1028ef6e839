import { copyOut, forgetPeak, megabytes, pullStream, startFeedBench } from './feeds.ts';
import { fill, postTemplates } from './load.ts';
import { interleave, report } from './report.ts';

const PROMISED = 0.8;
/** Rows a second of the yardstick below which a run means nothing. */
const FLOOR = 40_000;
const CLASSES = 200;

/** A whole feed as NDJSON, through the policy, against COPY of the same rows as JSON. Also how much the hub's process grows. */
export async function pull(n = 1_000_000, rounds = 5): Promise<void> {
  const { hub, origin, wide } = await startFeedBench();
  try {
    await postTemplates(origin, CLASSES);
    await fill(hub.databaseUrl, n, n / 100);
    const before = megabytes(hub.pid, 'VmRSS');
    forgetPeak(hub.pid);
    const measured = await interleave(
      rounds,
      () => timed(n, async () => {
        await wide.renew();
        const { lines, bytes } = await pullStream(hub.url, wide);
        if (lines < n) throw new Error(`only ${lines} lines`);
        return bytes;
      }),
      () => timed(n, () => copyOut(hub.databaseUrl)),
    );
    report('pull', n, measured, PROMISED, FLOOR, { hub_megabytes: before, hub_megabytes_grown: megabytes(hub.pid, 'VmHWM') - before });
  } finally {
    await hub.stop();
  }
}

async function timed(n: number, work: () => Promise<number>): Promise<number> {
  const started = performance.now();
  const bytes = await work();
  const seconds = (performance.now() - started) / 1000;
  process.stderr.write(`  ${Math.round(bytes / 1e6)} MB in ${seconds.toFixed(1)} s\n`);
  return n / seconds;
}
