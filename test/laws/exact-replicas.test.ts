import t from 'tap';
import { ManualClock } from '../../server/clock.ts';
import { homes, startTestHub } from '../support/hub.ts';
import { LawRun, RETENTION, START_OF_TIME } from './run.ts';

const STEPS = Number(process.env['LAWS_STEPS'] ?? 600);
const SEED = Number(process.env['LAWS_SEED'] ?? 20_261_122);

for (const home of homes) {
  t.test(`${home}: after each complete pull a replica is what the plain evaluator decides`, async (t) => {
    const clock = new ManualClock(START_OF_TIME);
    const hub = await startTestHub(t, { home, clock, config: { retention: RETENTION } });
    const run = new LawRun(hub, clock, SEED);
    await run.prepare();
    try {
      for (let step = 0; step < STEPS; step += 1) await run.step();
      await run.finish();
    } finally {
      t.comment(`seed ${SEED} ${JSON.stringify(run.counts)}`);
    }
    t.ok(run.counts.removals > 20 && run.counts.retractions > 5 && run.counts.interrupted > 5, 'the run met what is hard');
  });
}
