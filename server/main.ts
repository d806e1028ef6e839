import { constants } from 'node:os';
import { buildApp } from './app.ts';
import { bootstrap, type FirstClient } from './bootstrap.ts';
import { systemClock, type Clock } from './clock.ts';
import { ConfigError, readConfig, type Config } from './config.ts';
import { openDatabase, type OpenDatabase } from './db/database.ts';
import { migrate } from './db/migrate.ts';
import { createServer, type App } from './http/fastify.ts';
import { serveMetrics } from './http/metrics.ts';
import { createHub, type Hub } from './hub.ts';
import { systemRandom, type Random } from './random.ts';
import { keepTidy } from './tidying.ts';

/** A hub that serves requests. */
export interface RunningHub {
  /** The address that it listens on. */
  url: string;
  /** Where its metrics are, if they are served. */
  metricsUrl?: string;
  hub: Hub;
  /** The operator's client, when this start was the first. It is not told again. */
  firstClient?: FirstClient;
  /** Takes no new requests, lets those at work finish for a while, and closes the database. */
  stop(): Promise<void>;
}

/** What a test or a demonstration can put in place of the machine's own. */
export interface StartOptions {
  clock?: Clock;
  random?: Random;
  /** Where log lines go: stdout when absent. */
  logStream?: { write(line: string): void };
  /** Milliseconds that requests at work, and open streams, are given when the hub stops. */
  grace?: number;
}

const GRACE = 10_000;
/** How long a stop may take altogether, for a database that does not answer. */
const STOP_LIMIT = 20_000;

/**
 * Opens the home, prepares it where it is new, and listens. Several processes may start on one PostgreSQL at once. What was
 * opened is closed again when something fails.
 */
export async function startHub(config: Config, options: StartOptions = {}): Promise<RunningHub> {
  const opened = await openDatabase(config.home);
  try {
    await migrate(opened.db);
    const server = createServer(config, options.logStream);
    return await serve(server, opened, config, options).catch((error: unknown) => rethrowAfter(server.close(), error));
  } catch (error) {
    return rethrowAfter(opened.close(), error);
  }
}

/** The operator's client is made last: a start that fails before, for instance on a port in use, must not swallow its secret. */
async function serve(server: App, opened: OpenDatabase, config: Config, options: StartOptions): Promise<RunningHub> {
  const hub = createHub({ db: opened.db, config, clock: options.clock ?? systemClock, random: options.random ?? systemRandom, log: server.log });
  await buildApp(server, hub);
  const metrics = config.metrics && (await serveMetrics(config.metrics));
  if (metrics) server.addHook('onClose', () => metrics.close());
  const jobs = new AbortController();
  const tidying = keepTidy(hub, jobs.signal);
  server.addHook('onClose', () => {
    jobs.abort();
    return tidying;
  });
  let stopped: Promise<void> | undefined;
  server.addHook('onResponse', (_request, _reply, done) => {
    // A connection that is kept alive is idle once its answer has gone, and would hold up the stop.
    if (stopped) setImmediate(() => server.server.closeIdleConnections());
    done();
  });
  const url = await server.listen({ host: config.host, port: config.port });
  const firstClient = await bootstrap(hub);
  const stop = (): Promise<void> => (stopped ??= stopServing(server, opened, options.grace ?? GRACE));
  return { url, hub, stop, ...(firstClient ? { firstClient } : {}), ...(metrics ? { metricsUrl: metrics.url } : {}) };
}

async function stopServing(server: App, opened: OpenDatabase, grace: number): Promise<void> {
  const end = setTimeout(() => server.server.closeAllConnections(), grace);
  try {
    await server.close();
  } finally {
    clearTimeout(end);
    await opened.close();
  }
}

async function rethrowAfter(cleanup: PromiseLike<unknown>, error: unknown): Promise<never> {
  await Promise.resolve(cleanup).catch(() => undefined);
  throw error;
}

/**
 * Runs a hub as this process: settings from the environment, log to stderr, and to stdout what its operator must read. Exits with
 * 0 after SIGTERM or SIGINT (at once after a second one), with 2 on a wrong setting, with 1 on any other failure.
 */
export async function runHub(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  let log: Hub['log'] | undefined;
  const fail = (error: unknown): never => {
    if (log) log.fatal({ err: error }, 'the hub ends, because of an error that nothing handles');
    else process.stderr.write(`tocsin: the hub cannot start: ${messageOf(error)}\n`);
    return process.exit(error instanceof ConfigError ? 2 : 1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  try {
    const starting = startHub(readConfig(env), { logStream: process.stderr });
    stopOnSignals(starting);
    const running = await starting;
    log = running.hub.log;
    process.stdout.write(greeting(running));
  } catch (error) {
    fail(error);
  }
}

/** Signals count from the beginning: as a container's first process, it would not be ended by them otherwise. */
function stopOnSignals(starting: Promise<RunningHub>): void {
  let stopping = false;
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (stopping) process.exit(128 + constants.signals[signal]);
    stopping = true;
    setTimeout(() => process.exit(1), STOP_LIMIT).unref();
    const running = await starting;
    running.hub.log.info({ signal }, 'stopping');
    await running.stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
}

function greeting({ url, metricsUrl, firstClient }: RunningHub): string {
  const lines = [`Tocsin listens on ${url}`];
  if (metricsUrl) lines.push(`Its metrics are at ${metricsUrl}`);
  if (firstClient) {
    lines.push('This hub is new. Keep the credentials of its operator now: the secret is not shown again.');
    lines.push(`client_id: ${firstClient.client_id}`, `client_secret: ${firstClient.client_secret}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Only the message: other parts of an error can hold the address of the database, with its password. */
function messageOf(error: unknown): string {
  const { message, errors, code } = error as { message?: string; errors?: unknown[]; code?: string };
  return message || (errors?.length ? messageOf(errors[0]) : undefined) || code || 'unknown error';
}
