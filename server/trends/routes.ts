import { viewerOf, type Access } from '../auth/access.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { readOverlaps, readTrends } from './read.ts';

const tags = ['Trends'];

/** What members' signals come to, week by week: the same for everybody who may read it, and one's own overlap with others. */
export function trendRoutes(app: App, hub: Hub, access: Access): void {
  app.get('/v1/trends', {
    onRequest: access('trends:read'),
    schema: {
      tags,
      summary: 'Count what members posted, week by week',
      description: 'Exact, over the signals whose origins let them be counted; each week is counted once, after it has ended. A number is left out where it, or what is left over beside it, is of fewer than 3 origins, of fewer than 5 signals besides those of any one origin, or of one origin to more than 80 percent. What is left out may be nothing at all.',
      querystring: $('TrendsQuery'),
      response: { 200: $('Trends') },
    },
  }, (request) => readTrends(hub.db, request.query));

  app.get('/v1/trends/overlap', {
    onRequest: access('trends:read'),
    schema: { tags, summary: 'How much of what you posted in a week others knew at its close', description: 'Of distinct indicators, by the top of the harm tree, where there are at least 20; shares are rounded down to tenths.', querystring: $('OverlapQuery'), response: { 200: $('OverlapTable') } },
  }, (request) => readOverlaps(hub.db, viewerOf(request).member.number, request.query));
}
