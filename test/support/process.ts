/**
 * Hubs as real processes, for what only a process shows: signals, exit codes, locks, what is printed where.
 *
 * @example
 * const hub = await startHubProcess(t, { TOCSIN_DATA: folder });
 * await fetch(`${hub.url}/health/ready`);
 * t.equal((await hub.end('SIGTERM')).code, 0);
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { FirstClient } from '../../server/bootstrap.ts';

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
}

/** A hub's process that listens. */
export interface ListeningProcess extends HubProcess {
  readonly url: string;
  /** What the process printed of its operator's client, if it did. */
  readonly firstClient: FirstClient | undefined;
}

const ENTRY = fileURLToPath(new URL('../../server/serve.js', import.meta.url));

/** Starts a hub on a free port of 127.0.0.1 with these settings and no others, and ends it with the test. */
export function spawnHub(t: Test, settings: Record<string, string>): HubProcess {
  const child = spawn(process.execPath, [ENTRY], { env: { PATH: process.env['PATH'], TOCSIN_PORT: '0', ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text));
  const exit = once(child, 'close').then(([code, signal]) => ({ code, signal }) as Exit);
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
    get stdout() {
      return printed.stdout;
    },
    get stderr() {
      return printed.stderr;
    },
  };
}

/** Starts a hub and waits until it has said where it listens. */
export async function startHubProcess(t: Test, settings: Record<string, string>): Promise<ListeningProcess> {
  const hub = spawnHub(t, settings);
  const url = await printed(hub, /^Tocsin listens on (\S+)\n/m);
  const [, id, secret] = /^client_id: (\S+)\nclient_secret: (\S+)$/m.exec(hub.stdout) ?? [];
  return Object.defineProperties({ url, firstClient: id && secret ? { client_id: id, client_secret: secret } : undefined }, Object.getOwnPropertyDescriptors(hub)) as ListeningProcess;
}

/** Waits until the hub has printed something, on stdout unless told otherwise. @returns the expression's first group */
export async function printed(hub: HubProcess, expression: RegExp, where: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
  let ended = false;
  void hub.exit.then(() => (ended = true));
  for (;;) {
    const match = expression.exec(hub[where]);
    if (match) return match[1] ?? match[0];
    if (ended) throw new Error(`the hub ended without printing ${expression.source}: ${hub.stderr}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
