/** Runs the `tocsin` command with an environment of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { runCommand } from '../../../clients/cli/program.ts';

/** What a run of the command left. */
export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Stdout as one JSON document. */
  readonly json: unknown;
  /** Stdout as lines of JSON. */
  readonly lines: Record<string, unknown>[];
  /** The error that `--json` writes to stderr. */
  readonly error: { exit: number; message: string; advice?: string; problem?: { type: string } };
}

/** The command's file. */
export const MAIN = fileURLToPath(new URL('../../../clients/cli/main.js', import.meta.url));

/** Runs the command to its end, within this process: as it is run from a shell but for the process, which takes most of the time. */
export async function tocsin(args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Ran> {
  const output = { stdout: '', stderr: '' };
  const screen = (name: keyof typeof output): Writable => new Writable({ write: (chunk, _encoding, done) => done(void (output[name] += String(chunk))) });
  const code = await runCommand(args, { stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]), stdout: screen('stdout'), stderr: screen('stderr'), env: { HOME: '/nonexistent', ...env } });
  return ran(code, output);
}

/** Runs the command to its end, as a process. */
export async function tocsinProcess(args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Ran> {
  const child = start(args, env);
  const output = { stdout: '', stderr: '' };
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  child.stdin!.on('error', () => undefined).end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return ran(code, output);
}

function ran(code: number | null, output: { stdout: string; stderr: string }): Ran {
  return {
    code,
    ...output,
    get json() {
      return JSON.parse(output.stdout) as unknown;
    },
    get lines() {
      return output.stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    get error() {
      return (JSON.parse(output.stderr) as { error: Ran['error'] }).error;
    },
  };
}

function start(args: readonly string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** A hub that `tocsin serve` runs. */
export interface Served {
  url: string;
  /** What the start printed. */
  stdout: string;
  stop(): Promise<number | null>;
}

/** Runs `tocsin serve` until it listens. */
export async function serve(t: Test, env: Record<string, string>): Promise<Served> {
  const child = start(['serve'], { TOCSIN_PORT: '0', TOCSIN_LOG_LEVEL: 'error', ...env });
  let [stdout, stderr] = ['', ''];
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close');
  t.teardown(() => child.kill('SIGKILL'));
  for await (const text of child.stdout!.setEncoding('utf8')) {
    stdout += text as string;
    const url = /listens on (\S+)\n/.exec(stdout)?.[1];
    if (!url) continue;
    const stop = async (): Promise<number | null> => {
      child.kill('SIGTERM');
      return ((await ended) as [number | null])[0];
    };
    return { url, stdout, stop };
  }
  throw new Error(`the hub did not start: ${stderr}`);
}
