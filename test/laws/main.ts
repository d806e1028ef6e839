import { parseArgs } from 'node:util';
import { homes, type HomeName } from '../support/hub.ts';
import { checkLaws } from './laws.ts';

const { values } = parseArgs({
  options: { steps: { type: 'string' }, seed: { type: 'string' }, home: { type: 'string' }, path: { type: 'string' }, length: { type: 'string' }, 'shrink-seconds': { type: 'string' }, break: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
for (const home of values.home === undefined ? homes : [values.home as HomeName]) {
  console.log(`${home}, seed ${seed}`);
  const begun = Date.now();
  const { counts, failure } = await checkLaws({ home, seed, steps: Number(values.steps ?? 3000), ...(values.path === undefined ? {} : { path: values.path }), ...(values.length === undefined ? {} : { length: Number(values.length) }), ...(values['shrink-seconds'] === undefined ? {} : { shrinkSeconds: Number(values['shrink-seconds']) }) });
  console.log(counts.table());
  console.log(`${Math.round((Date.now() - begun) / 1000)} s`);
  if (failure !== undefined) {
    console.error(failure);
    process.exit(3);
  }
}
