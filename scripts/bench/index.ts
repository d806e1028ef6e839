/** Runs one benchmark by its name: `npm run bench -- NAME [N] [ROUNDS]`. Each ends with one line of JSON. */
import { decide } from './decide.ts';
import { idlePoll } from './idle-poll.ts';
import { ingest } from './ingest.ts';
import { policyChange } from './policy-change.ts';
import { pullScale } from './pull-scale.ts';
import { pull } from './pull.ts';
import { read } from './read.ts';
import { simulate } from './simulate.ts';
import { reportSearch } from './report-search.ts';

const benchmarks: Record<string, (n?: number, rounds?: number) => Promise<void>> = { decide, 'idle-poll': idlePoll, ingest, 'policy-change': policyChange, pull, 'pull-scale': pullScale, read, simulate, 'report-search': reportSearch };

const [name = '', ...numbers] = process.argv.slice(2);
const bench = benchmarks[name];
if (bench) await bench(...numbers.map(Number));
else {
  process.stderr.write(`usage: npm run bench -- NAME [N] [ROUNDS], where NAME is one of ${Object.keys(benchmarks).join(', ')}\n`);
  process.exitCode = 2;
}
