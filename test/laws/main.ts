/**
 * `npm run test:laws -- [--steps N] [--seed S] [--home embedded|postgres] [--length L] [--path P] [--shrink-seconds T] [--law reports|measured] [--break NAME]`
 *
 * Takes N random steps in runs of L and prints how often they met what is hard. Exits with 3 when a law was broken, having said
 * how to make it happen again; with `--shrink-seconds` it looks for fewer steps first. With
 * `--law reports` the steps are of reports, in one run; with `--law measured` measures change as well. `--break` puts a fault into
 * the server.
 */
import { parseArgs } from 'node:util';
import { breakServer } from './breaking.ts';
import type { Outcome } from './laws.ts';

const BROKEN = 3;
/** Steps between two signs of life. */
const PROGRESS = 3000;
const string = { type: 'string' } as const;
const { values } = parseArgs({ options: { steps: string, seed: string, home: string, path: string, length: string, 'shrink-seconds': string, law: string, break: string } });

const fault = values.break === undefined ? undefined : breakServer(values.break);
if (fault) console.log(`broken: ${fault.what}`);
// Imported late, since it imports the server.
const { checkLaws } = await import('./laws.ts');
const { checkReports } = await import('./report-laws.ts');
const { homes } = await import('../support/hub.ts');

const seed = numberOf('seed') ?? Date.now() % 1_000_000;
let failed = false;
for (const home of homes) {
  if (values.home === undefined || values.home === home) failed = !(await check(home)) || failed;
}
process.exitCode = failed ? BROKEN : 0;

async function check(home: (typeof homes)[number]): Promise<boolean> {
  const begun = performance.now();
  const steps = numberOf('steps') ?? 3000;
  console.log(`${home}, seed ${seed}, ${steps} steps`);
  const { counts, failure } = values.law === 'reports' ? await checkReports({ home, seed, steps }) : await checkSignals(home, steps);
  console.log(`${counts.table()}\n${Math.round((performance.now() - begun) / 1000)} s`);
  if (failure !== undefined) console.error(`\nBROKEN after ${counts.of('steps')} steps\n${failure}`);
  return failure === undefined;
}

function checkSignals(home: (typeof homes)[number], steps: number): Promise<Outcome> {
  const begun = performance.now();
  const length = numberOf('length');
  const shrinkSeconds = numberOf('shrink-seconds');
  let told = 0;
  const progress = (so: { of(event: 'steps'): number }): void => {
    if (so.of('steps') < told + PROGRESS) return;
    told = so.of('steps');
    console.error(`${told} steps, ${Math.round((performance.now() - begun) / 1000)} s`);
  };
  return checkLaws({ progress, home, seed, steps, measured: values.law === 'measured', ...(values.path === undefined ? {} : { path: values.path }), ...(length === undefined ? {} : { length }), ...(shrinkSeconds === undefined ? {} : { shrinkSeconds }) });
}

function numberOf(name: keyof typeof values): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a whole number`);
  return Number(text);
}
