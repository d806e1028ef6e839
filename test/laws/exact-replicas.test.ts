import t from 'tap';
import { homes, type HomeName } from '../support/hub.ts';
import { Counts, type Event } from './counts.ts';
import { checkLaws } from './laws.ts';

const SEED = Number(process.env['LAWS_SEED'] ?? 202);
const STEPS: Record<HomeName, number> = { embedded: 600, postgres: 900 };

/** What the two runs together must have met, so that a generator that no longer meets what is hard fails. */
const MINIMUMS: Partial<Record<Event, number>> = {
  complete: 400,
  gone: 50,
  retracted: 100,
  retractedAnew: 50,
  embargoEnded: 40,
  windowClosed: 5,
  validityEnded: 10,
  worldInMidPull: 20,
  grantsInMidPull: 10,
  endedInMidPull: 2,
  policyTookEffect: 50,
  writeDuringPull: 50,
  pullsTogether: 30,
  retractedBeforeRelease: 10,
  updateInEmbargo: 10,
  classChanged: 40,
  leftFilter: 1,
  expired: 5,
  undone: 3,
  synchronised: 10,
  reads: 20,
  suspensions: 5,
  departures: 1,
  feedChanged: 10,
  feedWithdrawn: 2,
  clockBack: 4,
  longAbsence: 20,
  lost: 20,
  cut: 20,
  stopped: 20,
  twice: 10,
  polls: 30,
  nothingNew: 3,
  otherProcess: 50,
  restarts: 8,
  afterRestart: 30,
};

t.setTimeout(3_600_000);

t.test('after each complete pull a replica is what the plain evaluator decides', async (t) => {
  const all = new Counts();
  for (const home of homes) {
    const { counts, failure } = await checkLaws({ home, seed: SEED, steps: STEPS[home] });
    t.equal(failure, undefined, `${home}, seed ${SEED}`);
    all.addAll(counts);
  }
  t.comment(`seed ${SEED}: ${all.toString()}`);
  t.same(all.below(MINIMUMS), [], 'the run met what is hard');
  t.ok(all.of('resynced') * 20 < all.of('complete'), 'cursors seldom expire');
});
