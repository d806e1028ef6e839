/**
 * Hubs as real processes, for what only a process shows: signals, exit codes, locks, what is printed where.
 *
 * @example
 * const hub = await startHubProcess(t, { TOCSIN_DATA: folder });
 * await fetch(`${hub.url}/health/ready`);
 * t.equal((await hub.end('SIGTERM')).code, 0);
 */
import { spawn, type ChildProcessByStdio, type StdioOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { Test } from 'tap';
import type { FirstClient } from '../../server/bootstrap.ts';
import { systemClock } from '../../server/clock.ts';
import { Api } from './api.ts';
import { scratchDatabase, testDatabaseUrl } from './postgres.ts';

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A hub's process. */
export interface HubProcess {
  readonly pid: number;
  /** What it has printed so far; the log goes to stderr. */
  readonly stdout: string;
  readonly stderr: string;
  /** Settles when it has ended and everything that it printed has come. */
  readonly exit: Promise<Exit>;
  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Exit>;
  /** Sends a message to an entry that listens for them. */
  send(message: object): void;
}

/** What else is run in place of `server/serve.ts`: a module of the tests, and who hears the messages that it sends. */
export interface OtherEntry {
  entry: URL;
  heard(message: unknown): void;
}

/** A hub's process that listens. */
export interface ListeningProcess extends HubProcess {
  readonly url: string;
  /** What the process printed of its operator's client, if it did. */
  readonly firstClient: FirstClient | undefined;
}

const ENTRY = fileURLToPath(new URL('../../server/serve.js', import.meta.url));

/** Starts a hub on a free port of 127.0.0.1 with these settings and no others, and ends it with the test. */
export function spawnHub(t: Test, settings: Record<string, string>, other?: OtherEntry): HubProcess {
  const env = { PATH: process.env['PATH'], TOCSIN_PORT: '0', ...settings };
  const stdio: StdioOptions = other ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'];
  const child = spawn(process.execPath, [other ? fileURLToPath(other.entry) : ENTRY], { env, stdio }) as ChildProcessByStdio<null, Readable, Readable>;
  if (other) child.on('message', (message) => other.heard(message));
  const printed = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text));
  const exit = once(child, 'close').then((ended): Exit => {
    const [code, signal] = ended as [Exit['code'], Exit['signal']];
    return { code, signal };
  });
  const end = (signal: NodeJS.Signals): Promise<Exit> => {
    child.kill(signal);
    return exit;
  };
  t.teardown(() => end('SIGKILL'));
  return {
    pid: child.pid!,
    exit,
    end,
    kill: (signal) => void child.kill(signal),
    // One that has just died hears nothing.
    send: (message) => void child.send(message, () => undefined),
    get stdout() {
      return printed.stdout;
    },
    get stderr() {
      return printed.stderr;
    },
  };
}

/** Starts a hub and waits until it has said where it listens. */
export async function startHubProcess(t: Test, settings: Record<string, string>, other?: OtherEntry): Promise<ListeningProcess> {
  const hub = spawnHub(t, settings, other);
  const url = await printed(hub, /^Tocsin listens on (\S+)\n/m);
  const [, id, secret] = /^client_id: (\S+)\nclient_secret: (\S+)$/m.exec(hub.stdout) ?? [];
  return Object.defineProperties({ url, firstClient: id && secret ? { client_id: id, client_secret: secret } : undefined }, Object.getOwnPropertyDescriptors(hub)) as ListeningProcess;
}

/** Waits until the hub has printed something, on stdout unless told otherwise. @returns the expression's first group */
export async function printed(hub: HubProcess, expression: RegExp, where: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
  const state = { ended: false };
  void hub.exit.then(() => (state.ended = true));
  for (;;) {
    const match = expression.exec(hub[where]);
    if (match) return match[1] ?? match[0];
    if (state.ended) throw new Error(`the hub ended without printing ${expression.source}: ${hub.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Settings for hubs on a new PostgreSQL database, and a connection to it beside theirs. Both go with the test. */
export async function freshDatabase(t: Test): Promise<{ settings: { DATABASE_URL: string; TOCSIN_SECRET: string }; client: pg.Client }> {
  const database = await scratchDatabase(await testDatabaseUrl());
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  t.teardown(async () => {
    await client.end();
    await database.drop();
  });
  return { settings: { DATABASE_URL: database.url, TOCSIN_SECRET: randomBytes(32).toString('base64') }, client };
}

/** Calls the hub as its first client, or as another. */
export function apiOf(hub: ListeningProcess, credentials = hub.firstClient): Api {
  if (!credentials) throw new Error('the hub was not new: whose credentials?');
  return new Api(hub.url, systemClock, credentials);
}

/** The status that an address answers a GET with. */
export async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
}
