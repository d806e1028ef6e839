import { existsSync, statSync } from 'node:fs';
import type { Digest, ItemResult, NewSignal, Problem } from '../../schemas/types.ts';
import { CanonicalisationError } from '../sdk/digests/errors.ts';
import { readLines, type Line } from './input.ts';
import type { Terminal } from './output.ts';

/** Makes a signal of a line. Throws a CanonicalisationError or a LineError for a line that makes none. */
export type Read = (text: string) => NewSignal;

/** What is wrong with a line, in words that don't repeat it. */
export class LineError extends Error {
  readonly problem: Problem | undefined;

  constructor(message: string, problem?: Problem) {
    super(message);
    this.problem = problem;
  }
}

/** A line that did not become a signal, found here before anything of it was sent. */
export interface BadLine {
  line: number;
  message: string;
  problem?: Problem;
}

/** Signals made of the lines of a file, read anew each time that they are sent. */
export class Source {
  readonly path: string;
  /** Bytes of the file, where that is known. */
  readonly bytes: number | undefined;
  read = 0;
  bad = 0;
  readonly #terminal: Terminal;
  readonly #readLine: Read;
  readonly #onBad: (bad: BadLine) => void;
  /** Lines of the items under way. */
  readonly #lines = new Map<number, number>();
  #settled = 0;
  #reported = 0;

  /** @param onBad told of each line once; what it throws ends the reading */
  constructor(path: string, terminal: Terminal, readLine: Read, onBad: (bad: BadLine) => void) {
    this.path = path;
    this.bytes = path !== '-' && existsSync(path) ? statSync(path).size : undefined;
    this.#terminal = terminal;
    this.#readLine = readLine;
    this.#onBad = onBad;
  }

  /** The signals, from the first one on. */
  async *items(): AsyncGenerator<NewSignal> {
    let index = 0;
    for await (const line of readLines(this.path, this.#terminal, (read) => (this.read = read))) {
      const signal = this.#signalOf(line);
      if (!signal) continue;
      if (index >= this.#settled) this.#lines.set(index, line.number);
      index += 1;
      yield signal;
    }
  }

  /** The line of an item whose result is there. */
  lineOf({ index }: ItemResult): number {
    const line = this.#lines.get(index) ?? 0;
    this.#lines.delete(index);
    this.#settled = Math.max(this.#settled, index + 1);
    return line;
  }

  #signalOf({ number, text }: Line): NewSignal | undefined {
    try {
      return this.#readLine(text);
    } catch (error) {
      if (!(error instanceof CanonicalisationError) && !(error instanceof LineError)) throw error;
      if (number <= this.#reported) return undefined;
      [this.#reported, this.bad] = [number, this.bad + 1];
      this.#onBad({ line: number, message: error.message, ...(error instanceof LineError && error.problem ? { problem: error.problem } : {}) });
      return undefined;
    }
  }
}

/** Checks a signal as the hub would, so that what does not belong into one, raw identifiers above all, stays here. */
export type Check = (signal: NewSignal) => void;

/** Makes the check. It throws a LineError. */
export async function signalCheck(): Promise<Check> {
  const [{ prepare }, { Problem: HubProblem }] = await Promise.all([import('../../server/signals/content.ts'), import('../../server/problems.ts')]);
  return (signal) => {
    try {
      prepare(signal, 'me');
    } catch (error) {
      if (!(error instanceof HubProblem)) throw error;
      const places = error.places.map(({ pointer, detail }) => `${pointer} ${detail}`);
      throw new LineError([error.message, ...places].join('; '), error.document());
    }
  };
}

/** Reads lines of NewSignal. */
export function signalReader(check: Check): Read {
  return (text) => {
    const signal = parseSignal(text);
    check(signal);
    return signal;
  };
}

function parseSignal(text: string): NewSignal {
  try {
    return JSON.parse(text) as NewSignal;
  } catch {
    throw new LineError('The line is not JSON');
  }
}

/** Reads lines of raw identifiers: each is hashed, and what is said about all of them is added. */
export function listReader(hash: (text: string) => Digest, about: Omit<NewSignal, 'digests'>): Read {
  return (text) => {
    const digest = hash(text);
    // The same thing has the same reference, so that pushing the list again updates what it said before.
    return { digests: [digest], ...about, reference: `${digest.scheme}:${digest.digest.slice(0, 32)}` };
  };
}
