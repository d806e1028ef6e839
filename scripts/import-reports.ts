/** Publishes reports made of a list of operations: `npm run import-reports -- FILE [options]` is `tocsin report import`. */
import { runCommand } from '../clients/cli/program.ts';

process.exitCode = await runCommand(['report', 'import', ...process.argv.slice(2)], process);
