import t, { type Test } from 'tap';
import { homes } from '../support/hub.ts';
import { MAY_KNOW } from './may-know.ts';
import { LEAKS, Planted } from './planted-leaks.ts';
import { gapsIn } from './probes.ts';
import { Probing, type ProbingOptions } from './probing.ts';
import { LeakFound } from './transcript.ts';

/**
 * Law 1 by experiment: twin hubs, one with a hidden history and one without, must answer alike to whoever has no right to it.
 * PROBING_SEED and PROBING_STEPS make a run of one's own.
 */
const STEPS = Number(process.env['PROBING_STEPS'] ?? 300);
const SEEDS = { embedded: 5, postgres: 5 };

t.setTimeout(3_600_000);
for (const { what, why, so } of MAY_KNOW) t.comment(`${so}: ${what}; ${why}`);

for (const home of homes) {
  const seed = Number(process.env['PROBING_SEED'] ?? SEEDS[home]);
  t.test(`${home}, seed ${seed}: nobody can tell what there is beside what it may see`, async (t) => {
    const planted = new Planted();
    const probing = await run(t, { home, seed, extend: planted.extend });
    if (!probing) return;
    const positions = await probing.positions();
    t.ok(positions.some(([first, second]) => first > second), 'the cursors are different inside');
    for (const leak of LEAKS) {
      planted.plant(leak);
      const found: unknown = await probing.sweep('ash', { only: leak.route }).catch((error: unknown) => error);
      t.ok(found instanceof LeakFound, `finds ${leak.what}`, { found });
    }
  });
}

const seed = Number(process.env['PROBING_SEED'] ?? 3);
t.test(`postgres, seed ${seed}: nobody can tell what is not revealed of what it sees`, async (t) => {
  await run(t, { home: 'postgres', seed, touches: true });
});

async function run(t: Test, options: ProbingOptions): Promise<Probing | undefined> {
  const probing = await Probing.start(t, options);
  const { seen, twins, hidden } = probing;
  t.same(gapsIn(twins.routes), [], 'every route is asked');
  try {
    for (let step = 0; step < STEPS; step += 1) await probing.step();
    await probing.sweep('ash', options.touches ? { most: 12 } : {});
    await probing.sweep('dogwood', { most: options.touches ? 2 : 10 });
    await probing.sweep('police', { most: 1 });
  } catch (error) {
    if (!(error instanceof LeakFound)) throw error;
    t.fail(`a leak with seed ${options.seed}`);
    t.comment(error.message);
    return undefined;
  } finally {
    t.comment(`seed ${options.seed}: ${twins.compared} answers compared; shown ${seen.changes} changes, ${seen.reports} of reports, ${seen.removals} removals; by status ${counted(seen.answers)}; hidden: ${counted(hidden.counts)}, ${counted(hidden.reports.counts)}`);
  }
  t.notOk(seen.answers.has(500), 'and nothing broke');
  t.ok(seen.changes > 20 && seen.removals > 0 && hidden.signals.length > 20, 'there was something to see, and something hidden');
  t.ok(hidden.reports.reports.length > 8 && hidden.reports.messages.length > 4 && seen.reports > 4, 'of reports and messages too');
  return probing;
}

function counted(counts: ReadonlyMap<string | number, number>): string {
  return [...counts].map(([what, count]) => `${what} ${count}`).join(', ');
}
