import { readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { INSTRUMENTER_CONSTANTS, type InstrumenterContext } from '@stryker-mutator/api/core';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { determineHitLimitReached, DryRunStatus, TestStatus, toMutantRunResult, type DryRunResult, type MutantRunOptions, type MutantRunResult, type TestResult, type TestRunner, type TestRunnerCapabilities } from '@stryker-mutator/api/test-runner';
import fc from 'fast-check';
import type { TAP } from 'tap';

interface Registered {
  id: string;
  fileName: string;
  run: () => Promise<{ ok: boolean; failure: string }>;
}

/** Where the instrumented code looks for the mutant that is switched on, and notes which mutants it came by. */
const context: InstrumenterContext = ((globalThis as unknown as Record<string, InstrumenterContext>)[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {} as InstrumenterContext);
const FOLDER = 'dist/test/policy';
// The process speaks with Stryker in texts; what tap has to say to whoever started it is not for Stryker.
const send = process.send?.bind(process);
process.send = (message: unknown, ...more) => (typeof message === 'string' ? (send as (...all: unknown[]) => boolean)(message, ...more) : true);

/** Tests that take longer than all others together, and ask the same of more. */
const LEFT_OUT = ['the cases have teeth', 'the largest policy that is accepted', 'the shipped policies, all their cases and each case for every peer', 'hundreds of rules that match'];
/** The portion of random work that is done for each mutant. */
process.env['RUNS'] ??= '0.1';

/**
 * Runs the tests of the policy engine in one process, as often as there are mutants: the files are loaded once, and of each only
 * those tests run that come by the mutant. It stops at the first that fails.
 */
class PolicyTestRunner implements TestRunner {
  readonly #tests: Registered[] = [];
  /** Quick ones first. */
  readonly #times = new Map<string, number>();

  capabilities(): TestRunnerCapabilities {
    return { reloadEnvironment: false };
  }

  async dryRun(): Promise<DryRunResult> {
    await this.#load();
    return this.#run(this.#tests, false);
  }

  async mutantRun({ activeMutant, mutantActivation, testFilter, hitLimit }: MutantRunOptions): Promise<MutantRunResult> {
    // What is evaluated as a module is loaded must be loaded with the mutant on.
    if (mutantActivation === 'static') context.activeMutant = activeMutant.id;
    await this.#load();
    Object.assign(context, { activeMutant: activeMutant.id, hitCount: hitLimit === undefined ? undefined : 0, hitLimit });
    const tests = testFilter ? this.#tests.filter(({ id }) => testFilter.includes(id)) : this.#tests;
    const result = await this.#run(tests, true);
    return toMutantRunResult(determineHitLimitReached(context.hitCount, hitLimit) ?? result);
  }

  async #load(): Promise<void> {
    if (this.#tests.length > 0) return;
    // A failure is enough: nobody reads the smallest example.
    fc.configureGlobal({ endOnFailure: true });
    const { t } = await import('tap');
    t.setTimeout(0);
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.test.js'));
    for (const name of files) await this.#collect(t, `${FOLDER}/${name}`);
  }

  async #collect(t: TAP, fileName: string): Promise<void> {
    const test = t.test.bind(t);
    Object.assign(t, {
      comment: () => undefined,
      test: (name: string, body: () => unknown) => {
        if (!LEFT_OUT.some((beginning) => name.startsWith(beginning))) this.#tests.push({ id: `${fileName} ${name}`, fileName, run: async () => outcome(await test(name, { silent: true }, body)) });
      },
    });
    await import(pathToFileURL(resolve(fileName)).href);
    Object.assign(t, { test });
  }

  async #run(tests: readonly Registered[], bail: boolean): Promise<DryRunResult> {
    const results: TestResult[] = [];
    for (const test of tests.toSorted((a, b) => (this.#times.get(a.id) ?? 0) - (this.#times.get(b.id) ?? 0))) {
      const result = await this.#runOne(test);
      results.push(result);
      if (bail && result.status !== TestStatus.Success) break;
    }
    return { status: DryRunStatus.Complete, tests: results, ...(context.mutantCoverage ? { mutantCoverage: context.mutantCoverage } : {}) };
  }

  async #runOne({ id, fileName, run }: Registered): Promise<TestResult> {
    const started = performance.now();
    context.currentTestId = id;
    const { ok, failure } = await run();
    context.currentTestId = undefined;
    const timeSpentMs = Math.round(performance.now() - started);
    if (!this.#times.has(id)) this.#times.set(id, timeSpentMs);
    const common = { id, name: id, fileName, timeSpentMs };
    return ok ? { ...common, status: TestStatus.Success } : { ...common, status: TestStatus.Failed, failureMessage: failure };
  }
}

function outcome(found: Awaited<ReturnType<TAP['test']>>): { ok: boolean; failure: string } {
  return { ok: found?.ok ?? false, failure: found ? JSON.stringify(found.failures).slice(0, 1000) : 'it did not end' };
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'policy', PolicyTestRunner)];
