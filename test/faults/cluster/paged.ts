import { isProblem, ReplicaDigest, TocsinError, type PartDifference, type ReconciliationDigest, type ReplicaStore, type TocsinClient } from '../../../clients/sdk/index.ts';
import type { ChangesPage } from '../../../schemas/types.ts';

/** How a replica is pulled. */
export interface PullOptions {
  limit?: number;
  /** Seconds that the answer may be held back. */
  wait?: number;
}

/** What a pull by pages came to. */
export interface PagedResult {
  /** There was nothing to say, and no page. */
  unchanged: boolean;
  /** Cursors that had expired. */
  expired: number;
  /** Where the digests differ, if they were asked for. */
  differences?: PartDifference[];
}

const MAX_PAGES = 5000;
const ENDED = ['member-suspended', 'not-found'];

/** Does with JSON pages what `Replica` does with streams: each page may come from another process, the first may be answered with 304. */
export class PagedReplica {
  readonly #client: TocsinClient;
  readonly #feed: string;
  /** The tag that came with a complete page, and the cursor that it is of. */
  #tag: { cursor: string; text: string } | undefined;

  constructor(client: TocsinClient, feed: string) {
    this.#client = client;
    this.#feed = feed;
  }

  /** @param verified asks for the digest in place of a 304 */
  async sync(store: ReplicaStore, options: PullOptions, verified: boolean): Promise<PagedResult> {
    let [cursor, expired] = [store.content.state.cursor, 0];
    for (let n = 0; n < MAX_PAGES; n += 1) {
      try {
        const page = await this.#page(cursor, options, verified);
        if (!page) return { unchanged: true, expired };
        await store.commit({ ...page, begins: cursor === undefined });
        cursor = page.cursor;
        if (page.complete) return { unchanged: false, expired, ...(verified ? { differences: differencesOf(store, page.digest) } : {}) };
      } catch (error) {
        if (isProblem(error, ...ENDED)) await store.clear();
        if (!isProblem(error, 'cursor-expired')) throw error;
        [cursor, expired] = [undefined, expired + 1];
      }
    }
    throw new Error('the pull does not come to an end');
  }

  /** @returns undefined for a 304 */
  async #page(cursor: string | undefined, options: PullOptions, verified: boolean): Promise<ChangesPage | undefined> {
    const tag = !verified && this.#tag?.cursor === cursor ? this.#tag?.text : undefined;
    try {
      const { body, headers } = await this.#client.send({ method: 'GET', path: `/v1/feeds/${this.#feed}/changes`, query: { cursor, ...options, digest: verified ? 'parts' : undefined }, headers: { accept: 'application/json', ...(tag === undefined ? {} : { 'if-none-match': tag }) } });
      const page = (await body.json()) as ChangesPage;
      this.#tag = typeof headers['etag'] === 'string' ? { cursor: page.cursor, text: headers['etag'] } : undefined;
      return page;
    } catch (error) {
      if (tag !== undefined && error instanceof TocsinError && error.status === 304) return undefined;
      throw error;
    }
  }
}

function differencesOf({ content }: ReplicaStore, digest: ReconciliationDigest | undefined): PartDifference[] {
  if (!digest) throw new Error('the complete page has no digest');
  const own = new ReplicaDigest();
  for (const view of content.values(-Infinity)) own.add(view);
  return own.differences(digest);
}
