import { inspect } from 'node:util';
import fc from 'fast-check';
import type { HomeName, TestScope } from '../support/hub.ts';
import { Counts } from './counts.ts';
import { anyMeasuredStep } from './generate-measured.ts';
import { anyStep } from './generate.ts';
import { StepLists } from './property.ts';
import { takeSteps } from './run.ts';
import type { Step } from './steps.ts';

/** What the laws are checked with. */
export interface LawOptions {
  home: HomeName;
  seed: number;
  /** About how many steps are taken in all, in runs of `length` on a new hub each. */
  steps: number;
  length?: number;
  /** Leads to one list again: as printed by a failure of the same seed and length. */
  path?: string;
  /** Measures change, and policies ask for them. */
  measured?: boolean;
  /** For how long a failing list may be made smaller; not at all when absent. */
  shrinkSeconds?: number;
  /** Told after each run. */
  progress?: (counts: Counts) => void;
}

/** How it came out. `failure` says what was wrong, where, and how to make it happen again. */
export interface Outcome {
  counts: Counts;
  failure?: string;
}

/** Steps of one run. */
export const LENGTH = 300;

/** Steps that a failure lists. */
const SHOWN = 60;

/** Several processes where the database can be shared. */
const PROCESSES: Record<HomeName, number> = { embedded: 1, postgres: 3 };

/** Takes random steps on new hubs and compares replicas with the plain evaluator. */
export async function checkLaws(options: LawOptions): Promise<Outcome> {
  const { home, seed, steps, path, length = LENGTH, measured = false, shrinkSeconds, progress } = options;
  const counts = new Counts();
  const property = fc.asyncProperty(new StepLists(length, measured ? anyMeasuredStep : anyStep), async (list: Step[]) => {
    await inScope((scope) => takeSteps(scope, { home, processes: PROCESSES[home], seed }, list, counts));
    progress?.(counts);
  });
  const found = await fc.check(property, { seed, endOnFailure: true, ...(path === undefined ? { numRuns: Math.ceil(steps / length) } : { path, numRuns: 1 }) });
  if (!found.failed) return { counts };
  const smallest = shrinkSeconds === undefined ? found : await fc.check(property, { seed, path: found.counterexamplePath!, interruptAfterTimeLimit: shrinkSeconds * 1000 });
  return { counts, failure: describe(smallest.failed ? smallest : found, options) };
}

function describe({ counterexample, counterexamplePath, errorInstance }: fc.RunDetails<[Step[]]>, { home, seed, length = LENGTH, measured }: LawOptions): string {
  const steps = counterexample?.[0] ?? [];
  const list = steps.length > SHOWN ? `${steps.length}; shrink them to see them` : steps.map((step) => `\n${JSON.stringify(step)}`).join('');
  const error = inspect(errorInstance);
  const again = `npm run test:laws -- --home ${home} --seed ${seed} --length ${length} --path ${counterexamplePath ?? '0'}${measured ? ' --law measured' : ''}`;
  return `${error}\n\nThe steps: ${list}\n\nAgain (what is sent at once may come out otherwise): ${again}`;
}

/** What a hub needs of a test, where there is none. An answer that does not fit its schema is a failure too. */
export async function inScope(work: (scope: TestScope) => Promise<void>): Promise<void> {
  const wrong: string[] = [];
  const endings: (() => unknown)[] = [];
  const scope = {
    fail: (message: string, extra: unknown) => void wrong.push(`${message} ${JSON.stringify(extra)}`),
    teardown: (ending: () => unknown) => void endings.push(ending),
  } as unknown as TestScope;
  try {
    await work(scope);
  } finally {
    for (const ending of endings) await ending();
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}
