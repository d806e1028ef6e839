import type { FastifyRequest } from 'fastify';
import { viewerOf, type Access } from '../auth/access.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { prepareMessage } from './content.ts';
import { MessageReader } from './read.ts';
import { MessageWriter, type Author } from './write.ts';

const tags = ['Messages'];

/** Requests for information, their answers, and comments on reports. */
export function messageRoutes(app: App, hub: Hub, access: Access, entitlements: Entitlements): void {
  const [reader, writer] = [new MessageReader(hub, entitlements), new MessageWriter(hub, entitlements)];
  const viewer = (request: FastifyRequest) => viewerOf(request).member;

  app.post('/v1/requests', { onRequest: access('messages:write'), schema: { tags, summary: 'Ask for information: has anyone seen this?', headers: $('WriteHeaders'), body: $('NewRequest'), response: { 201: $('PostedMessage') } } }, async (request, reply) =>
    reply.code(201).send({ id: await writer.post(authorOf(request), prepareMessage('request', request.body), null) }));
  app.get('/v1/requests', { onRequest: access('messages:read'), schema: { tags, summary: 'List the requests that you see, the latest first', querystring: $('RequestsQuery'), response: { 200: $('MessageList') } } }, (request) =>
    reader.requests(viewer(request), request.query));
  app.get('/v1/requests/:request', { onRequest: access('messages:read'), schema: { tags, summary: 'Read one request', params: $('RequestPath'), response: { 200: $('MessageView') } } }, (request) =>
    reader.request(viewer(request), request.params.request));
  app.post('/v1/requests/:request/close', { onRequest: access('messages:write'), schema: { tags, summary: 'Take no more answers to a request of yours', params: $('RequestPath'), response: { 204: { description: 'It is closed', type: 'null' } } } }, async (request, reply) => {
    await writer.close(authorOf(request), request.params.request);
    return reply.code(204).send();
  });
  app.post('/v1/requests/:request/answers', { onRequest: access('messages:write'), schema: { tags, summary: 'Answer a request that you see', headers: $('WriteHeaders'), params: $('RequestPath'), body: $('NewAnswer'), response: { 201: $('PostedMessage') } } }, async (request, reply) =>
    reply.code(201).send({ id: await writer.post(authorOf(request), prepareMessage('answer', request.body), request.params.request) }));
  app.get('/v1/requests/:request/answers', { onRequest: access('messages:read'), schema: { tags, summary: 'List the answers that you see to a request that you see', params: $('RequestPath'), querystring: $('MessagesQuery'), response: { 200: $('MessageList') } } }, (request) =>
    reader.about(viewer(request), 'answer', request.params.request, request.query));

  app.post('/v1/reports/:report/comments', { onRequest: access('messages:write'), schema: { tags, summary: 'Comment on a report that you see', headers: $('WriteHeaders'), params: $('ReportPath'), body: $('NewComment'), response: { 201: $('PostedMessage') } } }, async (request, reply) =>
    reply.code(201).send({ id: await writer.post(authorOf(request), prepareMessage('comment', request.body), request.params.report) }));
  app.get('/v1/reports/:report/comments', { onRequest: access('messages:read'), schema: { tags, summary: 'List the comments that you see on a report that you see', params: $('ReportPath'), querystring: $('MessagesQuery'), response: { 200: $('MessageList') } } }, (request) =>
    reader.about(viewer(request), 'comment', request.params.report, request.query));

  app.post('/v1/messages/:message/withdraw', { onRequest: access('messages:write'), schema: { tags, summary: 'Take a message of yours back, for good', params: $('MessagePath'), response: { 204: { description: 'It is withdrawn', type: 'null' } } } }, async (request, reply) => {
    await writer.withdraw(authorOf(request), request.params.message);
    return reply.code(204).send();
  });
}

function authorOf(request: FastifyRequest): Author {
  const { member, client } = viewerOf(request);
  const key = request.headers['idempotency-key'];
  return { member, client, ...(typeof key === 'string' ? { idempotencyKey: key } : {}) };
}
