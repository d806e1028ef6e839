import { createReadStream, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { splitLines } from '../sdk/lines.ts';
import { CliError } from './failure.ts';
import type { Terminal } from './output.ts';

/** A line of a file, counted from 1. */
export interface Line {
  number: number;
  text: string;
}

/**
 * The lines of a file, or of the standard input for `-`, without those that are blank.
 * @param onBytes told of the bytes read so far
 */
export async function* readLines(path: string, terminal: Terminal, onBytes?: (read: number) => void): AsyncGenerator<Line> {
  let number = 0;
  for await (const lines of splitLines(counted(await openBytes(path, terminal), onBytes))) {
    for (const line of lines) {
      number += 1;
      const text = line.toString('utf8').replace(number === 1 ? /^\ufeff/ : '', '').trim();
      if (text !== '') yield { number, text };
    }
  }
}

async function openBytes(path: string, terminal: Terminal): Promise<AsyncIterable<Uint8Array>> {
  if (path === '-') return terminal.stdin;
  const stream = createReadStream(path);
  try {
    await once(stream, 'open');
  } catch (error) {
    throw unreadable(path, error);
  }
  return stream;
}

async function* counted(bytes: AsyncIterable<Uint8Array>, onBytes?: (read: number) => void): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const chunk of bytes) {
    read += chunk.length;
    onBytes?.(read);
    yield chunk;
  }
}

/** A JSON document in a file. */
export function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    // The message shows a piece of the file, which may be a secret; where it is wrong may be told.
    const where = / at position \d+(?: \(line \d+ column \d+\))?/.exec((error as Error).message)?.[0] ?? '';
    throw new CliError(`${path} is not JSON${where}.`, undefined, 1);
  }
}

function unreadable(path: string, error: unknown): CliError {
  return new CliError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
}
