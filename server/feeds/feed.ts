import type { FeedDocument, Policy } from '../../schemas/types.ts';
import { policyFaults } from '../policies/names.ts';
import { offers } from '../policy/decide.ts';
import { EVERYTHING } from '../policy/world.ts';
import { Problem } from '../problems.ts';
import type { HubWorld } from '../world/state.ts';

/**
 * Checks the names that a feed's filter and peers refer to, as those of a policy rule are checked.
 * @throws Problem invalid-body naming the places
 */
export function checkFeed(world: HubWorld, member: string, feed: FeedDocument): void {
  const { filter, peers } = feed;
  const policy: Policy = { id: feed.id, title: feed.title, summary: feed.title, rules: [{ id: 'feed', effect: 'withhold', ...(filter ? { signals: filter } : {}), ...(peers ? { peers } : {}) }] };
  const wrong = policyFaults(world, member, policy);
  if (wrong.length > 0) throw new Problem('invalid-body', wrong.map(({ pointer, detail }) => ({ pointer: pointer.replace('/rules/0/signals', '/filter').replace('/rules/0', ''), detail })));
}

/** Whether a feed exists for a member: `all` does for everybody, others where they are offered to it. */
export function isOffered(world: HubWorld, at: number, member: string, id: string): boolean {
  const feed = world.policy.feeds.get(id);
  return id === EVERYTHING || (feed !== undefined && offers(feed, world.policy, world.policy.members.get(member)!, at));
}
