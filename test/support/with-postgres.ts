/**
 * Runs a command with a PostgreSQL server for its tests:
 *
 *     node dist/test/support/with-postgres.js COMMAND ARGS...
 *
 * The command finds the server's URL in `TOCSIN_TEST_DATABASE_URL`. Where that is set already, the server there is used
 * once it has shown that it can create databases; else one is started, and stopped afterwards. Exits as the command
 * does, and with 1 where no server can be had: tests on PostgreSQL are never skipped in silence.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import pg from 'pg';
import { scratchDatabase, startPostgres, type PostgresServer } from './postgres.ts';

/** Only the machine's own end can take what is not forced to its disk: tests that kill a server have one of their own. */
const FORGETFUL = { fsync: 'off', full_page_writes: 'off' };

let child: ChildProcess | undefined;

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error('Usage: node with-postgres.js COMMAND ARGS...');
  process.exit(2);
}
forwardSignals();
process.exit(await main(command, args));

async function main(command: string, args: string[]): Promise<number> {
  const given = process.env.TOCSIN_TEST_DATABASE_URL;
  const origin = given ? 'given by TOCSIN_TEST_DATABASE_URL' : 'started for this run';
  let server: PostgresServer | undefined;
  try {
    if (!given) server = await startPostgres({ settings: FORGETFUL });
    const url = server?.url ?? given ?? '';
    console.error(`Tests run on PostgreSQL ${await check(url)}, ${origin}.`);
    return await run(command, args, { ...process.env, TOCSIN_TEST_DATABASE_URL: url });
  } catch (error) {
    console.error(banner(`No server that could be used (${origin}):`, error));
    return 1;
  } finally {
    await server?.stop();
  }
}

/** Creates a database on the server, drops it again, and returns the server's version. */
async function check(url: string): Promise<string> {
  const database = await scratchDatabase(url);
  const client = new pg.Client({ connectionString: database.url });
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return rows[0]?.server_version ?? 'of unknown version';
  } finally {
    await client.end();
    await database.drop();
  }
}

/** Resolves to the command's exit code; after a signal, to the code that a shell would report. */
function run(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise(settle => {
    child = spawn(command, args, { env, stdio: 'inherit' });
    child.once('error', error => {
      console.error(`Cannot run ${command}: ${error.message}`);
      settle(127);
    });
    child.once('exit', (code, signal) => settle(code ?? signalCode(signal ?? 'SIGKILL')));
  });
}

/** The command decides what a signal means; before it runs, a signal ends this program, and the server with it. */
function forwardSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (child) child.kill(signal);
      else process.exit(signalCode(signal));
    });
  }
}

function signalCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

function banner(heading: string, error: unknown): string {
  const reason = error instanceof Error ? error.message || String(error) : String(error);
  const lines = ['NO POSTGRESQL: THE TESTS DID NOT RUN', '', heading, ...reason.split('\n')];
  const bar = '*'.repeat(100);
  return ['', bar, ...lines.map(line => `** ${line}`.trimEnd()), bar, ''].join('\n');
}
