import t from 'tap';
import { homes, type HomeName } from '../support/hub.ts';
import { ReportCounts, checkReports } from './report-laws.ts';

const SEED = Number(process.env['REPORTS_SEED'] ?? 3);
const STEPS: Record<HomeName, number> = { embedded: Number(process.env['REPORTS_STEPS'] ?? 130), postgres: Number(process.env['REPORTS_STEPS'] ?? 220) };

t.setTimeout(3_600_000);

t.test('reads, lists, searches, exports and the feed of reports are what the plain evaluator decides, part by part', async (t) => {
  const counts = new ReportCounts();
  for (const home of homes) t.equal((await checkReports({ home, seed: SEED, steps: STEPS[home] }, counts)).failure, undefined, `${home}, seed ${SEED}`);
  t.comment(counts.table());
  t.same(counts.below(), [], 'the run met what is hard');
});
