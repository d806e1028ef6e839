import t from 'tap';
import { homes } from '../support/hub.ts';
import { LeakFound } from './transcript.ts';
import { Probing, VIEWERS } from './probing.ts';

const STEPS = Number(process.env['PROBING_STEPS'] ?? 200);
const SEEDS = process.env['PROBING_SEED'] === undefined ? [1] : [Number(process.env['PROBING_SEED'])];

t.setTimeout(3_600_000);

for (const [home, seed] of homes.flatMap((name) => SEEDS.map((each) => [name, each] as const))) {
  t.test(`${home}, seed ${seed}: nobody can tell that there is something that policy withholds`, async (t) => {
    const probing = await Probing.start(t, { home, seed });
    try {
      for (let step = 0; step < STEPS; step += 1) await probing.step();
      for (const viewer of VIEWERS) await probing.sweep(viewer);
    } catch (error) {
      if (!(error instanceof LeakFound)) throw error;
      t.fail('a leak', { seed });
      t.comment(error.message);
    } finally {
      t.comment(`seed ${seed}: ${probing.twins.compared} answers compared`, { ...probing.seen, answers: Object.fromEntries(probing.seen.answers) }, Object.fromEntries(probing.hidden.counts));
    }
    t.ok(probing.seen.changes > 20 && probing.seen.removals > 0, 'the viewers saw something');
  });
}
