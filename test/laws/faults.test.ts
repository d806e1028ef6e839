import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { testDatabaseUrl } from '../support/postgres.ts';
import { breakServer } from './breaking.ts';
import { faults, withFault } from './faults.ts';

/** A seed that is known to catch each fault of the laws of signals, most within 150 steps. */
const CAUGHT: Record<string, number> = {
  'removal-lost': 1,
  'removal-by-policy-lost': 1,
  'late-commit-skipped': 6,
  'embargo-restarts': 1,
  'embargo-ends-late': 6,
  'window-end-untold': 2,
  'retraction-to-holders-only': 1,
  'retraction-to-everybody': 1,
  'resync-without-retractions': 1,
  'entitlements-change-unnoticed': 1,
  'ahead-forgotten': 4,
  'end-left-to-a-scan-untold': 7,
  'judged-by-the-old-class': 1,
  'feed-as-it-is-now': 1,
  'table-of-an-older-world': 1,
  'cursor-beyond-the-page': 1,
  'time-runs-backwards': 3,
  'digest-without-updates': 1,
  'digest-with-retracted': 1,
  'digest-with-ended': 1,
};
/** The same of the laws of reports: a seed, and steps that are enough. */
const CAUGHT_IN_REPORTS: Record<string, [seed: number, steps: number]> = {
  'report-removal-lost': [1, 150],
  'report-withdrawal-to-holders-only': [1, 150],
  'report-withdrawal-to-everybody': [1, 150],
  'report-segments-passed-over': [1, 150],
  'report-by-the-present-policy': [3, 150],
  'report-links-to-hidden-signals': [1, 150],
  'report-links-to-hidden-reports': [1, 150],
  'report-parts-by-the-title': [1, 150],
  'report-omissions-told': [1, 150],
  'report-export-without-marks': [1, 150],
  'report-list-by-hidden-fields': [1, 150],
  'search-in-hidden-parts': [3, 150],
  'report-release-forgotten': [3, 120],
  'report-link-to-a-change-untold': [3, 120],
};
const STEPS = 520;
const LENGTH = 130;
const BROKEN = 3;

t.setTimeout(900_000);

t.test('each fault is caught', async (t) => {
  t.same([...Object.keys(CAUGHT), ...Object.keys(CAUGHT_IN_REPORTS)].sort(), Object.keys(faults).sort(), 'a run is known for each');
  const url = await testDatabaseUrl();
  const waiting = [
    ...Object.entries(CAUGHT).map(([name, seed]) => ({ name, how: ['--seed', String(seed), '--steps', String(STEPS), '--length', String(LENGTH)] })),
    ...Object.entries(CAUGHT_IN_REPORTS).map(([name, [seed, steps]]) => ({ name, how: ['--law', 'reports', '--seed', String(seed), '--steps', String(steps)] })),
  ];
  const next = async (): Promise<void> => {
    for (let item = waiting.shift(); item; item = waiting.shift()) {
      const { name, how } = item;
      const { code, output } = await run(url, ['--break', name, '--home', 'postgres', ...how]);
      t.ok(code === BROKEN && output.includes('BROKEN after'), `${name}: ${faults[name]!.what}`, code === BROKEN ? {} : { code, output: output.slice(-2000) });
    }
  };
  await Promise.all([next(), next()]);
});

t.test('a fault that does not fit the code is refused', (t) => {
  t.throws(() => breakServer('unheard-of'), /no fault is called/);
  const fault = { what: '', module: 'x.js', snippet: 'a', replacement: 'b' };
  t.throws(() => withFault('none', fault), /occurs 0 times/);
  t.throws(() => withFault('a a', fault), /occurs 2 times/);
  t.equal(withFault('a', fault), 'b');
  t.end();
});

function run(url: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    // Without the test runner's own hooks: they would count the coverage of broken modules.
    const { NODE_OPTIONS: _options, ...env } = process.env;
    const child = spawn(process.execPath, [fileURLToPath(new URL('./main.js', import.meta.url)), ...args], { env: { ...env, TOCSIN_TEST_DATABASE_URL: url } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
    child.once('error', reject);
    child.once('exit', (code) => resolve({ code, output }));
  });
}
