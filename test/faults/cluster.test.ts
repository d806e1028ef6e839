import t from 'tap';
import { SeededRandom } from '../laws/random.ts';
import { ClusterRun } from './cluster/run.ts';

/** Seeds decide what is written, asked and killed; how processes interleave is up to the machine. */
const SEED = Number(process.env['FAULTS_SEED'] ?? 20_261_122);
const SECONDS = Number(process.env['FAULTS_SECONDS'] ?? 60);

/**
 * What must have happened in each minute, or the run has shown nothing; a machine with nothing else to do does several times as
 * much, and a busy one is given up to three times as long.
 */
const FLOOR: Record<string, number> = {
  'kills of a hub': 5,
  'several hubs killed at once': 1,
  'kills of the database': 1,
  'signals accepted': 100,
  'written: update': 5,
  'written: retraction': 10,
  'written: set': 2,
  'orders sent more than once': 5,
  policies: 2,
  'groups changed': 1,
  suspensions: 2,
  pulls: 80,
  'complete pulls': 40,
  'digests compared': 20,
  'pulls that failed': 20,
  'pulls given up in the middle': 2,
  'pullers started again from their folder': 4,
  'ends of embargoes crossed': 20,
  'requests to single processes': 15,
  'quiet moments': 2,
};

const MOST_SECONDS = 3 * SECONDS;

t.setTimeout((MOST_SECONDS + 600) * 1000);

t.test('several processes on one database: killed at random, every replica is exact', async (t) => {
  const random = new SeededRandom(SEED);
  const run = await ClusterRun.start(t, random.next());
  const reached = (what: string, times: number): boolean => run.tally.of(what) >= (times * SECONDS) / 60;
  const begun = Date.now();
  const left = (seconds: number): number => begun + seconds * 1000 - Date.now();
  try {
    while (left(SECONDS) > 0 || (left(MOST_SECONDS) > 0 && !Object.entries(FLOOR).every(([what, times]) => reached(what, times)))) {
      await run.turmoil(Math.min(9000 + random.below(5000), Math.max(3000, left(SECONDS))));
      await run.compare();
    }
    await run.finish();
  } finally {
    t.comment(`seed ${SEED}, ${SECONDS} seconds: ${run.tally.toString()}`);
    await run.close();
  }
  for (const [what, times] of Object.entries(FLOOR)) t.ok(reached(what, times), `${what}: ${run.tally.of(what)}`);
});
