/** Runs one benchmark by its name: `npm run bench -- NAME [N] [ROUNDS]`. Each ends with one line of JSON. */
import { decide } from './decide.ts';
import { ingest } from './ingest.ts';
import { read } from './read.ts';

const benchmarks: Record<string, (n?: number, rounds?: number) => Promise<void>> = { decide, ingest, read };

const [name = '', ...numbers] = process.argv.slice(2);
const bench = benchmarks[name];
if (bench) await bench(...numbers.map(Number));
else {
  process.stderr.write(`usage: npm run bench -- NAME [N] [ROUNDS], where NAME is one of ${Object.keys(benchmarks).join(', ')}\n`);
  process.exitCode = 2;
}
