import { actorOf, viewerOf, type Access, type Viewer } from '../auth/access.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';
import { subscribe, subscribersOf, subscriptionsOf, unsubscribe } from './subscriptions.ts';

const tags = ['Feeds'];

/** Subscriptions: which feeds a member says that it uses. Policies may ask for that. */
export function subscriptionRoutes(app: App, hub: Hub, access: Access): void {
  const onRequest = access('feeds:read');
  const putting = (viewer: Viewer, feed: string) => hub.worlds.change(actorOf(viewer), (world, at) => subscribe(world, at, viewer.member.id, feed));
  const ending = (viewer: Viewer, feed: string) => hub.worlds.change(actorOf(viewer), (world) => unsubscribe(world, viewer.member.id, feed));
  const subscribing = { tags, summary: 'Subscribe to a feed that is offered to you', response: { 200: $('Subscription') } };
  const unsubscribing = { tags, summary: 'End a subscription', response: { 204: { type: 'null', description: 'Ended' } } } as const;

  app.get('/v1/subscriptions', { onRequest, schema: { tags, summary: 'The feeds that you are subscribed to', response: { 200: $('SubscriptionList') } } }, (request) => {
    const { world, member } = viewerOf(request);
    return { subscriptions: subscriptionsOf(world, member.id) };
  });
  app.put('/v1/subscriptions/:feed', { onRequest, schema: { ...subscribing, params: $('FeedPath') } }, (request) => putting(viewerOf(request), request.params.feed));
  app.put('/v1/subscriptions/:owner/:name', { onRequest, schema: { ...subscribing, params: $('OwnedFeedPath') } }, (request) => putting(viewerOf(request), nameOf(request.params)));
  app.delete('/v1/subscriptions/:feed', { onRequest, schema: { ...unsubscribing, params: $('FeedPath') } }, async (request, reply) => {
    await ending(viewerOf(request), request.params.feed);
    return reply.code(204).send();
  });
  app.delete('/v1/subscriptions/:owner/:name', { onRequest, schema: { ...unsubscribing, params: $('OwnedFeedPath') } }, async (request, reply) => {
    await ending(viewerOf(request), nameOf(request.params));
    return reply.code(204).send();
  });
  app.get('/v1/feeds/:owner/:name/subscribers', { onRequest, schema: { tags, summary: 'Who is subscribed to a feed of yours', params: $('OwnedFeedPath'), response: { 200: $('SubscriberList') } } }, (request) => {
    const { world, member } = viewerOf(request);
    const id = nameOf(request.params);
    if (request.params.owner !== member.id || !world.feeds.has(id)) throw new Problem('not-found');
    return { subscribers: subscribersOf(world, id) };
  });
}

function nameOf({ owner, name }: { owner: string; name: string }): string {
  return `${owner}/${name}`;
}
