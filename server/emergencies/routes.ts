import type { FastifyReply, FastifyRequest } from 'fastify';
import { blake3 } from '../../clients/sdk/digests/blake3.ts';
import { viewerOf, type Access } from '../auth/access.ts';
import { Watch } from '../feeds/watch.ts';
import { holds } from '../http/conditional.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { acknowledge, closeEmergency, listEmergencies, postEmergency, readEmergency } from './store.ts';

const tags = ['Emergencies'];
/** Milliseconds after which a list that is waited for is looked at again. */
const LOOK = 1000;

/** Emergencies: imminent harm, told at once to the responders that policy names. */
export function emergencyRoutes(app: App, hub: Hub, access: Access): void {
  const watch = new Watch(hub);
  app.addHook('preClose', (done) => {
    watch.close();
    done();
  });

  app.get('/v1/emergencies', { onRequest: access('emergencies:read'), schema: { tags, summary: 'The emergencies that policy lets you see, and your own', description: 'With `If-None-Match` and `wait` it answers when there is something to say.', querystring: $('EmergencyQuery'), headers: $('PollHeaders'), response: { 200: $('EmergencyList'), 304: { description: 'It would say the same', type: 'null' } } } }, (request, reply) => waitFor(hub, watch, request as FastifyRequest, reply as unknown as FastifyReply, request.query.exercise, (request.query.wait ?? 0) * 1000) as never);

  app.get('/v1/emergencies/:emergency', { onRequest: access('emergencies:read'), schema: { tags, summary: 'One emergency', params: $('EmergencyPath'), response: { 200: $('EmergencyView') } } }, (request) => readEmergency(hub, viewerOf(request), request.params.emergency));

  app.post('/v1/emergencies', { onRequest: access('emergencies:write'), schema: { tags, summary: 'Report imminent harm', body: $('NewEmergency'), response: { 201: $('EmergencyView') } } }, async (request, reply) => reply.code(201).send(await postEmergency(hub, viewerOf(request), request.body)));

  app.post('/v1/emergencies/:emergency/acknowledge', { onRequest: access('emergencies:write'), schema: { tags, summary: 'Say that you have taken it up', params: $('EmergencyPath'), response: { 200: $('EmergencyView') } } }, (request) => acknowledge(hub, viewerOf(request), request.params.emergency));

  app.post('/v1/emergencies/:emergency/close', { onRequest: access('emergencies:write'), schema: { tags, summary: 'Close an emergency of yours', params: $('EmergencyPath'), body: $('EmergencyClosing'), response: { 200: $('EmergencyView') } } }, (request) => closeEmergency(hub, viewerOf(request), request.params.emergency, request.body));
}

async function waitFor(hub: Hub, watch: Watch, request: FastifyRequest, reply: FastifyReply, exercise: string | undefined, wait: number): Promise<FastifyReply> {
  const end = performance.now() + wait;
  for (;;) {
    const text = JSON.stringify(await listEmergencies(hub, viewerOf(request), exercise));
    const tag = `"${blake3(text, 12).toString('base64url')}"`;
    if (!holds(request, tag)) return reply.header('etag', tag).type('application/json; charset=utf-8').send(text);
    const left = end - performance.now();
    if (left <= 0 || watch.closed || reply.raw.destroyed) return reply.header('etag', tag).code(304).send();
    await watch.moved((await hub.head()).position, Infinity, Math.min(LOOK, left));
  }
}
