import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchSummary, ItemResult, NewSignal, Problem } from '../../schemas/types.ts';
import { Acknowledged } from './acknowledged.ts';
import type { TocsinClient } from './client.ts';
import { ConnectionError, isProblem, ProtocolError, PushError, TocsinError } from './errors.ts';
import { jsonLines } from './lines.ts';
import { Outbox, type Items } from './outbox.ts';
import { waitBefore } from './retry.ts';
import type { Outgoing } from './transport.ts';

/** How signals are pushed. */
export interface PushOptions {
  /** Pushing the same items again with the same key writes nothing twice. */
  idempotencyKey?: string;
  /** Synchronises this set: each item needs a `reference`, and what the set has and the items don't mention is retracted. */
  set?: string;
  /** Told of each result as it arrives; the stream waits for it. */
  onResult?: (result: ItemResult) => void | Promise<void>;
  /** The push fails when items are under way and nothing has moved for so many milliseconds; five minutes when absent. */
  stallTimeout?: number;
}

const STALL = 300_000;

/**
 * Streams signals to the hub and gives each item's result as it arrives; returns the closing line. A result is the
 * acknowledgement of its item. Neither items nor results pile up: who reads no results sends no items.
 *
 * @param items read once, as fast as the hub takes them
 * @throws TocsinError when the hub refuses the request, PushError when there is no closing line
 * @example for await (const result of push(client, signals)) if (result.status === 'rejected') console.warn(result.problem)
 */
export async function* push(client: TocsinClient, items: Items<NewSignal>, options: PushOptions = {}): AsyncGenerator<ItemResult, BatchSummary> {
  const outbox = new Outbox(items);
  const acknowledged = new Acknowledged();
  const stop = new AbortController();
  let summary: BatchSummary | undefined;
  let began = false;
  // Nothing is waited for while the reader of the results takes its time.
  let reading = false;
  const idle = (): boolean => reading || (outbox.sent === acknowledged.count && !summary);
  const watch = setTimeout(() => (idle() ? watch.refresh() : stop.abort(new ConnectionError('The hub has stopped answering'))), options.stallTimeout ?? STALL);
  try {
    const { body } = await client.send({ ...target(options), body: outbox.body(), patient: true, signal: stop.signal });
    began = true;
    for await (const line of jsonLines(body)) {
      watch.refresh();
      if (line['done'] === true) {
        summary = closingLine(line, outbox, acknowledged);
        continue;
      }
      const result = resultIn(line, outbox.sent);
      if (!acknowledged.add(result.index)) throw new ProtocolError('the hub acknowledged an item twice');
      outbox.acknowledged(acknowledged.count);
      reading = true;
      await options.onResult?.(result);
      yield result;
      reading = false;
      watch.refresh();
    }
    if (!summary) throw new ConnectionError('The stream ended without its closing line');
  } catch (error) {
    if (!summary) throw began || outbox.failure || !isUnread(error) ? pushError(error, outbox, acknowledged) : error;
  } finally {
    clearTimeout(watch);
    stop.abort();
    outbox.close();
  }
  return summary;
}

/** Whether the request was refused as a whole, or never left. */
function isUnread(error: unknown): boolean {
  return error instanceof TocsinError || (error instanceof ConnectionError && error.neverSent);
}

function target({ set, idempotencyKey }: PushOptions): Outgoing {
  return {
    ...(set === undefined ? { method: 'POST', path: '/v1/signals' } : { method: 'PUT', path: `/v1/sets/${encodeURIComponent(set)}` }),
    headers: { 'content-type': 'application/x-ndjson', accept: 'application/x-ndjson', ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }) },
  };
}

const STATUSES: readonly unknown[] = ['created', 'updated', 'unchanged', 'rejected'];

function resultIn(line: Record<string, unknown>, sent: number): ItemResult {
  const { index, status, problem } = line;
  if (status === undefined && typeof problem === 'object' && problem !== null) throw new TocsinError(problem as Problem);
  if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= sent || !STATUSES.includes(status)) throw new ProtocolError('a line of the answer is not a result of an item that was sent');
  return line as unknown as ItemResult;
}

function closingLine(line: Record<string, unknown>, outbox: Outbox<NewSignal>, acknowledged: Acknowledged): BatchSummary {
  if (!outbox.ended || acknowledged.count !== outbox.sent) throw new ProtocolError('the hub closed the stream before it had acknowledged every item');
  return line as unknown as BatchSummary;
}

/** What ended a stream under way, with how far it came. */
function pushError(error: unknown, outbox: Outbox<NewSignal>, acknowledged: Acknowledged): unknown {
  const state = { acknowledged: acknowledged.count, sent: outbox.sent };
  if (outbox.failure) return new PushError('The items could not be read to their end', { ...state, resumable: false, cause: outbox.failure.error });
  if (error instanceof TocsinError) return new PushError(error.message, { ...state, resumable: RESUMABLE.has(error.key), cause: error });
  if (error instanceof ConnectionError) return new PushError(error.message, { ...state, resumable: true, cause: error });
  if (error instanceof ProtocolError) return new PushError(error.message, { ...state, resumable: false, cause: error });
  return error;
}

/** Problems that end a stream through no fault of what was sent. */
const RESUMABLE = new Set(['stream-cut-off', 'not-ready', 'rate-limited', 'internal']);

/** How a push that may take several requests came to its end. */
export interface PushOutcome {
  summary: BatchSummary;
  /** How often the items were sent. */
  attempts: number;
}

/**
 * Streams signals until the closing line is there: a stream that is cut is sent again, from the first item on and under the same
 * idempotency key, so that nothing is written twice. `onResult` is told of each item once.
 *
 * @param source gives the same items in the same order each time it is called
 * @throws TocsinError, PushError when it still fails after the client's number of tries in a row without progress
 * @example await pushAll(client, () => readSignals(file), { set: 'phishing' })
 */
export async function pushAll(client: TocsinClient, source: () => Items<NewSignal>, options: PushOptions = {}): Promise<PushOutcome> {
  const told = new Acknowledged();
  const once: PushOptions = {
    ...options,
    idempotencyKey: options.idempotencyKey ?? randomUUID(),
    onResult: (result) => (told.add(result.index) ? options.onResult?.(result) : undefined),
  };
  for (let attempts = 1, failures = 1; ; attempts += 1, failures += 1) {
    const before = told.count;
    try {
      return { summary: await drain(push(client, source(), once)), attempts };
    } catch (error) {
      if (told.count > before) failures = 1;
      const wait = waitBefore(passing(error), failures, true, client.retries);
      if (wait === undefined) throw error;
      await sleep(wait);
    }
  }
}

/** The error whose kind tells whether to try again. */
function passing(error: unknown): unknown {
  const again = error instanceof PushError ? error.resumable : isProblem(error, 'invalid-token');
  return again ? new ConnectionError('again') : error;
}

async function drain(stream: AsyncGenerator<ItemResult, BatchSummary>): Promise<BatchSummary> {
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return value;
  }
}
