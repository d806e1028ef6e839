/**
 * `npm run test:laws -- [--steps N] [--seed S] [--home embedded|postgres] [--length L] [--path P] [--shrink-seconds T] [--break NAME]`
 *
 * Takes N random steps in runs of L and prints how often they met what is hard. Exits with 3 when a law was broken, having said
 * how to make it happen again; with `--shrink-seconds` it looks for fewer steps first. `--break` puts a fault into the server.
 */
import { parseArgs } from 'node:util';
import { breakServer } from './breaking.ts';

const BROKEN = 3;
/** Steps between two signs of life. */
const PROGRESS = 3000;
const string = { type: 'string' } as const;
const { values } = parseArgs({ options: { steps: string, seed: string, home: string, path: string, length: string, 'shrink-seconds': string, break: string, measured: { type: 'boolean' } } });

const fault = values.break === undefined ? undefined : breakServer(values.break);
if (fault) console.log(`broken: ${fault.what}`);
// Imported late, since it imports the server.
const { checkLaws } = await import('./laws.ts');
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
  const length = numberOf('length');
  const shrinkSeconds = numberOf('shrink-seconds');
  let told = 0;
  const progress = (so: { of(event: 'steps'): number }): void => {
    if (so.of('steps') < told + PROGRESS) return;
    told = so.of('steps');
    console.error(`${told} steps, ${Math.round((performance.now() - begun) / 1000)} s`);
  };
  const { counts, failure } = await checkLaws({ progress, home, seed, steps, measured: values.measured ?? false, ...(values.path === undefined ? {} : { path: values.path }), ...(length === undefined ? {} : { length }), ...(shrinkSeconds === undefined ? {} : { shrinkSeconds }) });
  console.log(`${counts.table()}\n${Math.round((performance.now() - begun) / 1000)} s`);
  if (failure !== undefined) console.error(`\nBROKEN after ${counts.of('steps')} steps\n${failure}`);
  return failure === undefined;
}

function numberOf(name: Exclude<keyof typeof values, 'measured'>): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a whole number`);
  return Number(text);
}
