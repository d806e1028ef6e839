import t from 'tap';
import { ManualClock } from '../../server/clock.ts';
import { homes, startTestHub } from '../support/hub.ts';
import { LawRun, RETENTION, START_OF_TIME } from './run.ts';

const STEPS = Number(process.env['LAWS_STEPS'] ?? 600);
/** The second found that a signal which its origin ended, while a policy changed, stayed. */
const SEEDS = process.env['LAWS_SEED'] === undefined ? [20_261_122, 3] : [Number(process.env['LAWS_SEED'])];

t.setTimeout(3_600_000);

for (const [home, seed] of homes.flatMap((name) => SEEDS.map((each) => [name, each] as const))) {
  t.test(`${home}, seed ${seed}: after each complete pull a replica is what the plain evaluator decides`, async (t) => {
    const clock = new ManualClock(START_OF_TIME);
    const hub = await startTestHub(t, { home, clock, config: { retention: RETENTION } });
    const run = new LawRun(hub, clock, seed);
    await run.prepare();
    try {
      for (let step = 0; step < STEPS; step += 1) await run.step();
      await run.finish();
    } finally {
      t.comment(`seed ${seed} ${JSON.stringify(run.counts)}`);
    }
    t.ok(run.counts.removals > 20 && run.counts.retractions > 5 && run.counts.interrupted > 5, 'the run met what is hard');
  });
}
