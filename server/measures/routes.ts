import { viewerOf, type Access } from '../auth/access.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { answerDispute, listDisputes, readDispute } from './disputes.ts';
import { Judgements } from './judgements.ts';
import { ownMeasures } from './own.ts';

const tags = ['Measures'];

/** What members find of each other's signals, how origins answer, and what the hub measures of it all. */
export function measureRoutes(app: App, hub: Hub, access: Access, entitlements: Entitlements): void {
  const judgements = new Judgements(hub, entitlements);

  app.put('/v1/signals/:signal/judgement', { onRequest: access('signals:write'), schema: { tags, summary: 'Say that another’s signal which you see is good, or wrong', description: 'One judgement for each member and signal. That it is wrong opens a dispute: the origin is told how many say so, and not who.', params: $('SignalPath'), body: $('Judgement'), response: { 200: $('JudgementView') } } }, (request) =>
    judgements.judge(viewerOf(request), request.params.signal, request.body.verdict));

  app.delete('/v1/signals/:signal/judgement', { onRequest: access('signals:write'), schema: { tags, summary: 'Take your judgement of a signal back', params: $('SignalPath'), response: { 204: { description: 'There is none of yours', type: 'null' } } } }, async (request, reply) => {
    await judgements.withdraw(viewerOf(request), request.params.signal);
    return reply.code(204).send();
  });

  app.get('/v1/signals/:signal/dispute', { onRequest: access('signals:read'), schema: { tags, summary: 'Whether one of your signals is disputed, and by how many', params: $('SignalPath'), response: { 200: $('DisputeView') } } }, (request) =>
    readDispute(hub, viewerOf(request), request.params.signal));

  app.put('/v1/signals/:signal/dispute', { onRequest: access('signals:write'), schema: { tags, summary: 'Answer a dispute about one of your signals', description: 'One that is upheld should be corrected, which ends that state, or retracted.', params: $('SignalPath'), body: $('DisputeAnswer'), response: { 200: $('DisputeView') } } }, (request) =>
    answerDispute(hub, viewerOf(request), request.params.signal, request.body.answer));

  app.get('/v1/disputes', { onRequest: access('signals:read'), schema: { tags, summary: 'Your signals about which a dispute is open', querystring: $('DisputesQuery'), response: { 200: $('DisputeList') } } }, (request) =>
    listDisputes(hub, viewerOf(request), request.query.after, request.query.limit));

  app.get('/v1/measures', { onRequest: access('members:read'), schema: { tags, summary: 'What policies read of you', description: 'Measured once a day, at 00:00 UTC.', response: { 200: $('OwnMeasures') } } }, (request) => ownMeasures(hub, viewerOf(request)));
}
