import t from 'tap';
import { homes, type HomeName } from '../support/hub.ts';
import { Counts } from './counts.ts';
import { checkLaws } from './laws.ts';

const SEED = Number(process.env['LAWS_SEED'] ?? 205);
const STEPS: Record<HomeName, number> = { embedded: 300, postgres: 300 };

t.setTimeout(1_800_000);

t.test('replicas are exact while measures change, and policies ask for them', async (t) => {
  const all = new Counts();
  for (const home of homes) {
    const { counts, failure } = await checkLaws({ home, seed: SEED, steps: STEPS[home], measured: true });
    t.equal(failure, undefined, `${home}, seed ${SEED}`);
    all.addAll(counts);
  }
  t.comment(`seed ${SEED}: ${all.toString()}`);
  t.same(all.below({ measured: 60, complete: 100, gone: 50, grantsInMidPull: 3 }), [], 'the run met what is hard');
});
