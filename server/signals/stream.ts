import { Readable } from 'node:stream';
import type { ItemResult } from '../../schemas/types.ts';
import type { Hub } from '../hub.ts';
import { toProblem } from '../http/errors.ts';
import { Problem } from '../problems.ts';
import { CHUNK_ITEMS, type Batch, type Pending } from './bulk.ts';
import { readLines } from './lines.ts';

/** Result lines that a client which does not read may leave with us, in bytes. */
const MAX_BACKLOG = 32 * 1_048_576;

/**
 * Answers a stream of items with a stream of results. While one transaction is at work the next items gather, so that a slow
 * stream is answered at once and a fast one in large transactions. The closing line is written only when the request ended as
 * it should; a synchronisation takes back what was not mentioned only then, too.
 */
export function writeStream(hub: Hub, batch: Batch, body: AsyncIterable<Uint8Array>, synchronise: boolean): Readable {
  const results = new Readable({ read: () => undefined });
  const emit = (lines: readonly object[]): void => {
    if (results.destroyed) throw new Problem('stream-cut-off');
    results.push(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    if (results.readableLength > MAX_BACKLOG) throw new Problem('stream-cut-off');
  };
  void run(batch, body, synchronise, emit)
    .catch((error: unknown) => {
      const problem = toProblem(error);
      if (problem.key === 'internal') hub.log.error({ err: error }, 'a bulk write failed');
      if (!results.destroyed) results.push(`${JSON.stringify({ problem: problem.document() })}\n`);
    })
    .finally(() => results.push(null));
  return results;
}

async function run(batch: Batch, body: AsyncIterable<Uint8Array>, synchronise: boolean, emit: (lines: readonly object[]) => void): Promise<void> {
  await batch.begin();
  let waiting: Pending[] = [];
  let writing: Promise<void> | undefined;
  let failure: { error: unknown } | undefined;
  const flush = (): void => {
    const items = waiting;
    waiting = [];
    writing = batch
      .write(items)
      .then((results: ItemResult[]) => emit(results))
      .catch((error: unknown) => (failure ??= { error }))
      .then(() => {
        writing = undefined;
        if (waiting.length > 0 && !failure) flush();
      });
  };
  for await (const lines of readLines(arriving(body))) {
    for (let start = 0; start < lines.length; start += CHUNK_ITEMS) {
      waiting.push(...batch.accept(lines.slice(start, start + CHUNK_ITEMS)));
      while (waiting.length >= CHUNK_ITEMS && writing) await writing;
      if (failure) throw failure.error;
      if (!writing && waiting.length > 0) flush();
    }
  }
  while (writing) await writing;
  if (failure) throw failure.error;
  emit([batch.summary(synchronise ? await batch.retractUnmentioned() : 0)]);
}

/** The request's own failures, apart from those of the database, whose connections can be reset as well. */
async function* arriving(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw isCutOff(error) ? new Problem('stream-cut-off') : error;
  }
}

function isCutOff(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'HPE_INVALID_EOF_STATE' || message === 'aborted';
}
