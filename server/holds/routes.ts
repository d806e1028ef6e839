import { viewerOf, type Access } from '../auth/access.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { hold, listHolds, releaseHold } from './holds.ts';

const tags = ['Referrals'];

/** Holds: evidence kept past retention, and shared with nobody. */
export function holdRoutes(app: App, hub: Hub, access: Access): void {
  const onRequest = access('referrals:write');

  app.get('/v1/holds', { onRequest, schema: { tags, summary: 'Your holds, latest first', querystring: $('ReferralQuery'), response: { 200: $('HoldList') } } }, (request) => listHolds(hub, viewerOf(request), request.query));

  app.post('/v1/holds', { onRequest, schema: { tags, summary: 'Keep what signals of yours say past retention, without sharing it', body: $('NewHold'), response: { 201: $('HoldView') } } }, async (request, reply) => reply.code(201).send(await hold(hub, viewerOf(request), request.body)));

  app.post('/v1/holds/:hold/release', { onRequest, schema: { tags, summary: 'End a hold', params: $('HoldPath'), response: { 200: $('HoldView') } } }, (request) => releaseHold(hub, viewerOf(request), request.params.hold));
}
