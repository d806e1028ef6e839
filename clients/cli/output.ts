import type { Writable } from 'node:stream';
import { once } from 'node:events';
import type { Failure } from './failure.ts';

/** What a command reads from and writes to. */
export interface Terminal {
  stdin: AsyncIterable<Uint8Array>;
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable & { isTTY?: boolean };
  env: Readonly<Record<string, string | undefined>>;
}

/** Where a command's results and notes go: for people, or for machines with `--json`. */
export class Output {
  readonly json: boolean;
  readonly #terminal: Terminal;

  constructor(terminal: Terminal, json: boolean) {
    this.#terminal = terminal;
    this.json = json;
  }

  /** Whether a person watches, so that a progress bar helps. */
  get watched(): boolean {
    return !this.json && this.#terminal.stderr.isTTY === true;
  }

  /** The command's result, once: a document for machines, text for people. */
  result(document: unknown, text: () => string): void {
    const shown = this.json ? JSON.stringify(document, null, 2) : text();
    if (shown !== '') this.#terminal.stdout.write(`${shown}\n`);
  }

  /** One of many lines of the result. Waits while the reader is slower. */
  async line(text: string): Promise<void> {
    if (!this.#terminal.stdout.write(`${text}\n`)) await once(this.#terminal.stdout, 'drain');
  }

  /** Something that a person should know; not part of the result. */
  note(text: string): void {
    if (!this.json) this.#terminal.stderr.write(`${text}\n`);
  }

  /** Why the command failed. */
  failure({ message, advice, exit, problem }: Failure): void {
    const document = { error: { exit, message, ...(advice ? { advice } : {}), ...(problem ? { problem } : {}) } };
    this.#terminal.stderr.write(this.json ? `${JSON.stringify(document)}\n` : `tocsin: ${message}\n${advice ? `${advice}\n` : ''}`);
  }
}

/** Rows under their headings, in columns. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n');
}

/** Names and values, one a line; what is undefined is left out. */
export function fields(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...given.map(([name]) => name.length)) + 1;
  return given.map(([name, value]) => `${`${name}:`.padEnd(width)} ${value}`).join('\n');
}

/** `1 signal`, `2 signals`. */
export function count(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;
}

/** What stands above what is not real, so that nobody acts on it; nothing above what is. */
export function exerciseMark({ exercise }: { exercise?: string | undefined }): string {
  return exercise === undefined ? '' : `EXERCISE ${exercise}: not real. Do not act on it.\n\n`;
}
