import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangesPage, PageEnd, Problem, RemovalChange, SignalChange } from '../../schemas/types.ts';
import type { TocsinClient } from './client.ts';
import { ConnectionError, ProtocolError, TocsinError } from './errors.ts';
import { jsonLines } from './lines.ts';
import { waitBefore } from './retry.ts';

/** How a feed is pulled. */
export interface PullOptions {
  /** Changes in a page, at most 10,000; the hub's own number when absent. */
  limit?: number;
  /** Asks for a digest of what a replica should hold, with the complete page. */
  digest?: 'total' | 'parts';
  /** Seconds, at most 60, that the hub may hold its answer while there is nothing to say: a long poll. */
  wait?: number;
}

/**
 * Pulls a feed page by page until it is complete: the changes since the cursor, or everything when there is none. When the
 * connection breaks it goes on after the last page that was taken, so a page is to be kept, together with its cursor, before
 * the next one is asked for.
 *
 * @param feed `all`, or the offering member and a name: `northstar/fraud`
 * @throws TocsinError: with `cursor-expired`, start again without a cursor; what the new run does not mention is gone
 * @example for await (const page of pullPages(client, 'all', cursor)) await store(page.changes, page.cursor)
 */
export async function* pullPages(client: TocsinClient, feed: string, cursor?: string, options: PullOptions = {}): AsyncGenerator<ChangesPage, void> {
  let from = cursor;
  for (let failures = 1; ; failures += 1) {
    try {
      for await (const page of streamPages(client, feed, from, options)) {
        [from, failures] = [page.cursor, 0];
        yield page;
        if (page.complete) return;
      }
      throw new ConnectionError('The stream ended before the feed was complete');
    } catch (error) {
      const wait = waitBefore(error, Math.max(1, failures), true, client.retries);
      if (wait === undefined) throw error;
      await sleep(wait);
    }
  }
}

async function* streamPages(client: TocsinClient, feed: string, cursor: string | undefined, { limit, digest, wait }: PullOptions): AsyncGenerator<ChangesPage, void> {
  const path = `/v1/feeds/${feed.split('/').map(encodeURIComponent).join('/')}/changes`;
  const { body } = await client.send({ method: 'GET', path, query: { cursor, limit, digest, wait }, headers: { accept: 'application/x-ndjson' } });
  let changes: ChangesPage['changes'] = [];
  for await (const line of jsonLines(body)) {
    if (line['type'] === 'page') {
      yield { changes, ...pageEnd(line) };
      changes = [];
    } else {
      changes.push(change(line));
    }
  }
}

function pageEnd(line: Record<string, unknown>): Omit<PageEnd, 'type'> {
  const { type: _type, ...end } = line as unknown as PageEnd;
  if (typeof end.cursor !== 'string' || typeof end.complete !== 'boolean') throw new ProtocolError('the end of a page has no cursor');
  return end;
}

function change(line: Record<string, unknown>): SignalChange | RemovalChange {
  const { type, id, signal, problem } = line;
  if (type === 'remove' && typeof id === 'string') return line as unknown as RemovalChange;
  if (type === 'signal' && typeof (signal as { id?: unknown } | undefined)?.id === 'string') return line as unknown as SignalChange;
  if (type === undefined && typeof problem === 'object' && problem !== null) throw new TocsinError(problem as Problem);
  throw new ProtocolError('a line of the feed is not a change');
}
