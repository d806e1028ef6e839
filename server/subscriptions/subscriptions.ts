import type { Subscriber, Subscription } from '../../schemas/types.ts';
import { isOffered } from '../feeds/feed.ts';
import { formatInstant } from '../policy/time.ts';
import { Problem } from '../problems.ts';
import type { Entry, SubscriptionDocument } from '../world/documents.ts';
import type { HubWorld } from '../world/state.ts';
import type { Change } from '../world/store.ts';

/** What the member is subscribed to, by feed. It is what the member said: what became of the feed since is not told by it. */
export function subscriptionsOf(world: HubWorld, member: string): Subscription[] {
  return world.subscriptions
    .filter((subscription) => subscription.member === member)
    .map(subscriptionView)
    .sort((a, b) => (a.feed < b.feed ? -1 : 1));
}

/** The active members that are subscribed to a feed, by id. */
export function subscribersOf(world: HubWorld, feed: string): Subscriber[] {
  return world.subscriptions
    .filter((subscription) => subscription.feed === feed && world.members.get(subscription.member)?.status === 'active')
    .map(({ member, at }) => ({ member, since: formatInstant(at) }))
    .sort((a, b) => (a.member < b.member ? -1 : 1));
}

/** Subscribes a member to a feed that is offered to it; doing so twice changes nothing. @throws Problem not-found */
export function subscribe(world: HubWorld, at: number, member: string, feed: string): Change<Subscription> {
  if (!isOffered(world, at, member, feed)) throw new Problem('not-found');
  const before = subscriptionTo(world, member, feed);
  if (before) return { entries: [], deeds: [], result: subscriptionView(before) };
  const doc: SubscriptionDocument = { member, feed, at };
  return { entries: [entryOf(doc)], deeds: [{ action: 'subscribe', subject: feed }], result: subscriptionView(doc) };
}

/** Ends a subscription, whether or not the feed is still there. @throws Problem not-found where there is none */
export function unsubscribe(world: HubWorld, member: string, feed: string): Change<undefined> {
  const before = subscriptionTo(world, member, feed);
  if (!before) throw new Problem('not-found');
  return { entries: [entryOf({ ...before, ended: true })], deeds: [{ action: 'unsubscribe', subject: feed }], result: undefined };
}

function subscriptionTo(world: HubWorld, member: string, feed: string): SubscriptionDocument | undefined {
  return world.subscriptions.find((subscription) => subscription.member === member && subscription.feed === feed);
}

function entryOf(doc: SubscriptionDocument): Entry {
  return { kind: 'subscription', subject: `${doc.member} ${doc.feed}`, doc };
}

function subscriptionView({ feed, at }: SubscriptionDocument): Subscription {
  return { feed, since: formatInstant(at) };
}
