import { viewerOf, type Access } from '../auth/access.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { newsOf } from './news.ts';
import { dropTopic, keepTopic, listTopics } from './store.ts';

const tags = ['Topics'];
const PAGE = 20;

/** What a member wants to hear of, and what is new about it. */
export function topicRoutes(app: App, hub: Hub, access: Access, entitlements: Entitlements): void {
  app.post('/v1/topics', { onRequest: access('messages:read'), schema: { tags, summary: 'Keep a topic', body: $('NewTopic'), response: { 201: $('Topic') } } }, async (request, reply) =>
    reply.code(201).send(await keepTopic(hub, viewerOf(request), request.body)));
  app.get('/v1/topics', { onRequest: access('messages:read'), schema: { tags, summary: 'List your topics', response: { 200: $('TopicList') } } }, async (request) => ({ topics: await listTopics(hub.db, viewerOf(request).member.number) }));
  app.delete('/v1/topics/:topic', { onRequest: access('messages:read'), schema: { tags, summary: 'Drop a topic', params: $('TopicPath'), response: { 204: { type: 'null', description: 'Dropped' } } } }, async (request, reply) => {
    await dropTopic(hub.db, viewerOf(request).member.number, request.params.topic);
    return reply.code(204).send();
  });
  app.get('/v1/topics/:topic/news', { onRequest: access('messages:read'), schema: { tags, summary: 'Ask what is new under a topic', params: $('TopicPath'), querystring: $('NewsQuery'), response: { 200: $('News') } } }, (request) =>
    newsOf(hub, entitlements, viewerOf(request), request.params.topic, request.query.after, request.query.limit ?? PAGE));
}
