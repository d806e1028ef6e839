import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ChangesPage, ChangesQuery, FeedDocument } from '../../schemas/types.ts';
import { viewerOf, type Access, type Viewer } from '../auth/access.ts';
import { toProblem } from '../http/errors.ts';
import { holds } from '../http/conditional.ts';
import type { App } from '../http/fastify.ts';
import { countFeedChanges } from '../http/metrics.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { formatInstant } from '../policy/time.ts';
import { Problem } from '../problems.ts';
import { CursorReader, EMPTY, sealCursor, tagOf, type ReplicaState } from './cursor.ts';
import type { Entitlements } from './entitlements.ts';
import { checkFeed, isOffered } from './feed.ts';
import { Poller } from './poll.ts';
import type { Asked, Page, Puller } from './pull.ts';
import { FRESH } from './quiet.ts';

const NDJSON = 'application/x-ndjson';
const tags = ['Feeds'];

/** Changes in a page when the client does not say. */
const JSON_PAGE = 1000;
const STREAM_PAGE = 4000;

/** Feeds, and the changes that replicas of them pull. */
export function feedRoutes(app: App, hub: Hub, access: Access, entitlements: Entitlements): void {
  const poller = new Poller(hub, entitlements);
  const cursors = new CursorReader(hub);
  app.addHook('preClose', (done) => {
    poller.close();
    done();
  });
  const changes = async (request: FastifyRequest, reply: FastifyReply, feed: string, query: ChangesQuery): Promise<FastifyReply> => {
    const viewer = viewerOf(request);
    admit(viewer, feed);
    const puller: Puller = { member: viewer.member.id, number: viewer.member.number, client: viewer.client, feed };
    const from = query.cursor === undefined ? EMPTY : cursors.open(viewer.head.epoch, puller.number, feed, query.cursor);
    const stream = wantsStream(request);
    const asked: Asked = { limit: query.limit ?? (stream ? STREAM_PAGE : JSON_PAGE), ...(query.digest ? { digest: query.digest } : {}) };
    const page = await poller.poll(puller, from, asked, viewer.head, (query.wait ?? 0) * 1000, () => reply.raw.destroyed);
    const pull = new Pull(hub, poller, puller, asked);
    if (stream) return reply.type(NDJSON).send(Readable.from(pull.lines(page), { objectMode: false }));
    return sendPage(request, reply, pull, page, from, query.cursor);
  };
  const schema = { tags, summary: 'Pull what changed since a cursor; without one, everything', querystring: $('ChangesQuery'), headers: $('PollHeaders'), response: { 200: $('ChangesPage'), 304: { description: 'There is nothing to say to a replica that stands where `If-None-Match` says', type: 'null' } } };

  app.get('/v1/feeds', { onRequest: access('feeds:read'), schema: { tags, summary: 'List the feeds that are offered to you', response: { 200: $('FeedList') } } }, (request) => {
    const viewer = viewerOf(request);
    const offered = [...viewer.world.feeds.values()].filter((feed) => isOfferedTo(viewer, feed.id));
    // By id: the order of their last changes would tell of changes that are their owners' to know.
    return { feeds: [ALL, ...offered.sort((a, b) => (a.id < b.id ? -1 : 1)).map((feed) => shownTo(viewer, feed))] };
  });
  app.get('/v1/feeds/:feed/changes', { onRequest: access('feeds:read'), schema: { ...schema, params: $('FeedPath') } }, (request, reply) => changes(request, reply as FastifyReply, request.params.feed, request.query) as never);
  app.get('/v1/feeds/:owner/:name/changes', { onRequest: access('feeds:read'), schema: { ...schema, params: $('OwnedFeedPath') } }, (request, reply) => changes(request, reply as FastifyReply, `${request.params.owner}/${request.params.name}`, request.query) as never);

  app.put('/v1/feeds/:owner/:name', { onRequest: access('feeds:write'), schema: { tags, summary: 'Offer a feed, or change one', params: $('OwnedFeedPath'), body: $('FeedDocument'), response: { 200: $('FeedDocument') } } }, (request) => {
    const { member, client } = viewerOf(request);
    const id = ownFeed(request.params, member.id);
    if (request.body.id !== id) throw new Problem('invalid-body', [{ pointer: '/id', detail: 'must be the id in the address' }]);
    return hub.worlds.change({ member: member.id, client }, (world) => {
      checkFeed(world, member.id, request.body);
      return { entries: [{ kind: 'feed', subject: id, doc: request.body }], deeds: [{ action: 'put-feed', subject: id, detail: request.body }], result: request.body };
    });
  });
  app.delete('/v1/feeds/:owner/:name', { onRequest: access('feeds:write'), schema: { tags, summary: 'Withdraw a feed', params: $('OwnedFeedPath'), response: { 200: $('FeedDocument') } } }, (request) => {
    const { member, client } = viewerOf(request);
    const id = ownFeed(request.params, member.id);
    return hub.worlds.change({ member: member.id, client }, (world) => {
      const feed = world.feeds.get(id);
      if (!feed) throw new Problem('not-found');
      return { entries: [{ kind: 'feed', subject: id, doc: { ...feed, deleted: true } }], deeds: [{ action: 'delete-feed', subject: id }], result: feed };
    });
  });
}

const ALL: FeedDocument = { id: 'all', title: 'Everything that is shared with you' };

/** A page that is made while another is being sent. */
interface Ahead {
  page: Promise<Page>;
  begun: number;
}

/** Milliseconds after which a page that was made ahead is decided again. */
const STALE = 1000;

/** Pulls of one puller, in pages. */
class Pull {
  readonly #hub: Hub;
  readonly #poller: Poller;
  readonly #puller: Puller;
  readonly #asked: Asked;

  constructor(hub: Hub, poller: Poller, puller: Puller, asked: Asked) {
    this.#hub = hub;
    this.#poller = poller;
    this.#puller = puller;
    this.#asked = asked;
  }

  cursor({ epoch, state }: Page): string {
    return sealCursor(this.#hub, epoch, this.#puller.number, this.#puller.feed, state);
  }

  /** Page after page until one is complete; the next is made while one is being sent. */
  async *lines(first: Page): AsyncGenerator<Buffer> {
    try {
      for (let page = first; ; ) {
        countFeedChanges(page.changes.count);
        const ahead = page.complete ? undefined : this.#begin(page);
        yield* page.changes.pieces();
        yield Buffer.from(`${JSON.stringify({ type: 'page', ...endOf(page, this.cursor(page)) })}\n`);
        if (!ahead) return;
        page = await this.#taken(ahead, page);
      }
    } catch (error) {
      const problem = toProblem(error);
      if (problem.key === 'internal') this.#hub.log.error({ err: error }, 'a pull failed');
      yield Buffer.from(`${JSON.stringify({ problem: problem.document() })}\n`);
    }
  }

  #begin({ state }: Page): Ahead {
    const page = this.#poller.page(this.#puller, state, this.#asked);
    // Its failure is met when it is taken; the stream may be given up before.
    page.catch(() => undefined);
    return { page, begun: performance.now() };
  }

  /** A page that had to wait for a slow reader is decided again, so that a revocation ends the stream. */
  #taken({ page, begun }: Ahead, { state }: Page): Promise<Page> {
    return performance.now() - begun <= STALE ? page : page.then(() => this.#poller.page(this.#puller, state, this.#asked));
  }
}

/**
 * A page as JSON, its changes being JSON already; nothing at all to a replica that says it is where there is nothing to say. What has
 * nothing to say leaves the replica its cursor, whether or not the log moved on with what one may not see; now and then it is given a
 * new one all the same, so that it does not fall far behind the log.
 */
function sendPage(request: FastifyRequest, reply: FastifyReply, pull: Pull, page: Page, from: ReplicaState, cursor: string | undefined): FastifyReply {
  const kept = cursor !== undefined && page.quietUntil !== undefined && page.asOf - from.segments[0]!.at < FRESH ? cursor : undefined;
  if (kept !== undefined && holds(request, tagOf(kept))) return reply.code(304).header('etag', tagOf(kept)).send();
  countFeedChanges(page.changes.count);
  const end = endOf(page, kept ?? pull.cursor(page));
  if (page.complete) void reply.header('etag', tagOf(end.cursor));
  const rest = `],${JSON.stringify(end).slice(1)}`;
  const changes = page.changes.count === 0 ? `{"changes":[${rest}` : Buffer.concat([Buffer.from('{"changes":['), page.changes.elements(), Buffer.from(rest)]);
  return reply.type('application/json; charset=utf-8').send(changes);
}

function endOf(page: Page, cursor: string): Omit<ChangesPage, 'changes'> {
  return { cursor, complete: page.complete, ...(page.complete ? { as_of: formatInstant(page.asOf) } : {}), ...(page.digest ? { digest: page.digest } : {}) };
}

/** A feed that is not offered to the viewer does not exist for it. */
function admit(viewer: Viewer, id: string): void {
  if (!isOfferedTo(viewer, id)) throw new Problem('not-found');
}

function isOfferedTo({ world, member, head }: Viewer, id: string): boolean {
  return isOffered(world, head.at, member.id, id);
}

/** To whom a feed is offered is its owner's to know. */
function shownTo({ member }: Viewer, feed: FeedDocument): FeedDocument {
  const { id, title, description, filter, peers, terms } = feed;
  const own = id.startsWith(`${member.id}/`);
  return { id, title, ...(description ? { description } : {}), ...(filter && own ? { filter } : {}), ...(peers && own ? { peers } : {}), ...(terms && own ? { terms } : {}) };
}

function ownFeed({ owner, name }: { owner: string; name: string }, member: string): string {
  if (owner !== member) throw new Problem('not-found');
  return `${owner}/${name}`;
}

function wantsStream(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes(NDJSON);
}
