/** Runs one benchmark by its name: `npm run bench -- NAME [N] [ROUNDS]`. Each ends with one line of JSON. */
import { ingest } from './ingest.ts';
import { idlePoll } from './idle-poll.ts';
import { policyChange } from './policy-change.ts';
import { pull } from './pull.ts';
import { pullScale } from './pull-scale.ts';
import { read } from './read.ts';

const benchmarks: Record<string, (n?: number, rounds?: number) => Promise<void>> = { ingest, read, pull, 'policy-change': policyChange, 'pull-scale': pullScale, 'idle-poll': idlePoll };

const [name = '', ...numbers] = process.argv.slice(2);
const bench = benchmarks[name];
if (bench) await bench(...numbers.map(Number));
else {
  process.stderr.write(`usage: npm run bench -- NAME [N] [ROUNDS], where NAME is one of ${Object.keys(benchmarks).join(', ')}\n`);
  process.exitCode = 2;
}
