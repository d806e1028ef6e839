import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { ReportChangesPage } from '../../../schemas/types.ts';
import { viewerOf, type Access } from '../../auth/access.ts';
import { tagOf } from '../../feeds/cursor.ts';
import type { Entitlements } from '../../feeds/entitlements.ts';
import { FRESH } from '../../feeds/quiet.ts';
import { toProblem } from '../../http/errors.ts';
import { holds } from '../../http/conditional.ts';
import type { App } from '../../http/fastify.ts';
import { $ } from '../../http/validation.ts';
import type { Hub } from '../../hub.ts';
import { formatInstant } from '../../policy/time.ts';
import { EMPTY, openCursor, sealCursor } from './cursor.ts';
import { ReportPoller } from './poll.ts';
import type { Puller, ReportPage } from './pull.ts';

const NDJSON = 'application/x-ndjson';
/** Changes in a page when the client does not say. */
const PAGE = 100;

/** The feed of reports: the changes that exact replicas of them pull. */
export function reportChangesRoutes(app: App, hub: Hub, access: Access, entitlements: Entitlements): void {
  const poller = new ReportPoller(hub, entitlements);
  app.addHook('preClose', (done) => {
    poller.close();
    done();
  });
  const response = { 200: $('ReportChangesPage'), 304: { description: 'There is nothing to say to a replica that stands where `If-None-Match` says', type: 'null' } } as const;
  app.get('/v1/reports/changes', { onRequest: access('reports:read'), schema: { tags: ['Reports'], summary: 'Pull what changed since a cursor; without one, every report that you may see', description: 'Never your own.', querystring: $('ReportChangesQuery'), headers: $('PollHeaders'), response } }, async (request, reply) => {
    const { member, client, head } = viewerOf(request);
    const { cursor, limit = PAGE, wait = 0 } = request.query;
    const puller: Puller = { member: member.id, number: member.number, client };
    const from = cursor === undefined ? EMPTY : openCursor(hub, head.epoch, puller.number, cursor);
    const page = await poller.poll(puller, from, limit, head, wait * 1000, () => reply.raw.destroyed);
    if (request.headers.accept?.includes(NDJSON)) return (reply as FastifyReply).type(NDJSON).send(Readable.from(lines(hub, poller, puller, page, limit)));
    const unchanged = page.quietUntil !== undefined && cursor !== undefined && holds(request, tagOf(cursor));
    // Now and then it is given a new cursor all the same, so that it does not fall far behind the log.
    if (unchanged && page.asOf - from[0]!.at < FRESH) return (reply as FastifyReply).code(304).header('etag', tagOf(cursor)).send();
    const end = endOf(hub, puller, page);
    if (page.complete) void reply.header('etag', tagOf(end.cursor));
    return { changes: page.changes, ...end };
  });
}

/** Page after page, each decided when it is made, until one is complete. */
async function* lines(hub: Hub, poller: ReportPoller, puller: Puller, first: ReportPage, limit: number): AsyncGenerator<string> {
  try {
    for (let page = first; ; page = await poller.page(puller, page.state, limit)) {
      for (const change of page.changes) yield `${JSON.stringify(change)}\n`;
      yield `${JSON.stringify({ type: 'page', ...endOf(hub, puller, page) })}\n`;
      if (page.complete) return;
    }
  } catch (error) {
    const problem = toProblem(error);
    if (problem.key === 'internal') hub.log.error({ err: error }, 'a pull of reports failed');
    yield `${JSON.stringify({ problem: problem.document() })}\n`;
  }
}

function endOf(hub: Hub, { number }: Puller, { state, complete, asOf, epoch }: ReportPage): Omit<ReportChangesPage, 'changes'> {
  return { cursor: sealCursor(hub, epoch, number, state), complete, ...(complete ? { as_of: formatInstant(asOf) } : {}) };
}
