import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ChangesPage, ChangesQuery, FeedDocument } from '../../schemas/types.ts';
import { viewerOf, type Access, type Viewer } from '../auth/access.ts';
import { toProblem } from '../http/errors.ts';
import type { App } from '../http/fastify.ts';
import { countFeedChanges } from '../http/metrics.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { offers } from '../policy/decide.ts';
import { formatInstant } from '../policy/time.ts';
import { Problem } from '../problems.ts';
import { EMPTY, openCursor, sealCursor, type ReplicaState } from './cursor.ts';
import type { Entitlements } from './entitlements.ts';
import { checkFeed } from './feed.ts';
import { feedOf, pullPage, type Asked, type Page, type Puller } from './pull.ts';

const NDJSON = 'application/x-ndjson';
const tags = ['Feeds'];

/** Changes in a page when the client does not say. */
const JSON_PAGE = 1000;
const STREAM_PAGE = 5000;

/** Feeds, and the changes that replicas of them pull. */
export function feedRoutes(app: App, hub: Hub, access: Access, entitlements: Entitlements): void {
  const changes = (request: FastifyRequest, reply: FastifyReply, feed: string, query: ChangesQuery) => {
    const viewer = viewerOf(request);
    admit(viewer, feed);
    const puller: Puller = { member: viewer.member.id, number: viewer.member.number, client: viewer.client, feed };
    const from = query.cursor === undefined ? EMPTY : openCursor(hub, viewer.head.epoch, puller.number, feed, query.cursor);
    const stream = wantsStream(request);
    const pull = new Pull(hub, entitlements, puller, { limit: query.limit ?? (stream ? STREAM_PAGE : JSON_PAGE), ...(query.digest ? { digest: query.digest } : {}) });
    return stream ? reply.type(NDJSON).send(Readable.from(pull.lines(from), { objectMode: false })) : pull.page(from).then((page) => reply.type('application/json; charset=utf-8').send(jsonOf(pull, page)));
  };
  const schema = { tags, summary: 'Pull what changed since a cursor; without one, everything', querystring: $('ChangesQuery'), response: { 200: $('ChangesPage') } };

  app.get('/v1/feeds', { onRequest: access('feeds:read'), schema: { tags, summary: 'List the feeds that are offered to you', response: { 200: $('FeedList') } } }, (request) => {
    const viewer = viewerOf(request);
    const offered = [...viewer.world.feeds.values()].filter((feed) => isOffered(viewer, feed.id));
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

/** Pulls of one puller, in pages. */
class Pull {
  readonly #hub: Hub;
  readonly #entitlements: Entitlements;
  readonly #puller: Puller;
  readonly #asked: Asked;

  constructor(hub: Hub, entitlements: Entitlements, puller: Puller, asked: Asked) {
    this.#hub = hub;
    this.#entitlements = entitlements;
    this.#puller = puller;
    this.#asked = asked;
  }

  async page(from: ReplicaState): Promise<Page> {
    const page = await pullPage(this.#hub, this.#entitlements, this.#puller, from, this.#asked);
    countFeedChanges(page.changes.count);
    return page;
  }

  cursor({ epoch, state }: Page): string {
    return sealCursor(this.#hub, epoch, this.#puller.number, this.#puller.feed, state);
  }

  /** Page after page until one is complete. Each is decided when it is about to be sent, so that a revocation ends the stream. */
  async *lines(from: ReplicaState): AsyncGenerator<string> {
    try {
      for (let state = from; ; ) {
        const page = await this.page(state);
        yield `${page.changes.join('\n')}${page.changes.count > 0 ? '\n' : ''}${JSON.stringify({ type: 'page', ...endOf(this, page) })}\n`;
        if (page.complete) return;
        state = page.state;
      }
    } catch (error) {
      const problem = toProblem(error);
      if (problem.key === 'internal') this.#hub.log.error({ err: error }, 'a pull failed');
      yield `${JSON.stringify({ problem: problem.document() })}\n`;
    }
  }
}

/** The changes are JSON already. */
function jsonOf(pull: Pull, page: Page): string {
  return `{"changes":[${page.changes.join(',')}],${JSON.stringify(endOf(pull, page)).slice(1)}`;
}

function endOf(pull: Pull, page: Page): Omit<ChangesPage, 'changes'> {
  return { cursor: pull.cursor(page), complete: page.complete, ...(page.complete ? { as_of: formatInstant(page.asOf) } : {}), ...(page.digest ? { digest: page.digest } : {}) };
}

/** A feed that is not offered to the viewer does not exist for it. */
function admit(viewer: Viewer, id: string): void {
  if (id !== 'all' && !isOffered(viewer, id)) throw new Problem('not-found');
}

function isOffered({ world, member, head }: Viewer, id: string): boolean {
  const feed = feedOf(world, id);
  return feed !== undefined && offers(feed, world.policy, world.policy.members.get(member.id)!, head.at);
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
