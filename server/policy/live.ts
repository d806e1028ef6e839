import type { Policy, Rule } from '../../schemas/types.ts';
import { hasBit, type Bits } from './bits.ts';
import { covers, TOPICS } from './coverage.ts';
import type { PolicyObject } from './object.ts';
import { indexByObject, indexByPeer } from './rule-index.ts';
import type { Instant } from './time.ts';
import type { Member, World } from './world.ts';

/**
 * The ids of the rules of which both sides are fulfilled: by some of the objects, and by some of the peers, whom a rule about
 * counts does not need. Whether windows and incidents are open is another question.
 */
export function liveRules({ rules }: Policy, world: World, at: Instant, objects: readonly PolicyObject[], peers: readonly Member[]): Set<string> {
  const byPeer = indexByPeer(rules, world, at);
  const met = fulfilled(rules, peers.map((peer) => byPeer.matching(peer)));
  const live = (Object.keys(TOPICS) as PolicyObject['kind'][]).flatMap((kind) => {
    const covering = rules.filter((rule) => covers(rule, TOPICS[kind]) || (kind === 'signal' && covers(rule, 'counts')));
    const byObject = indexByObject(covering, TOPICS[kind], world, at);
    const ofKind = objects.filter((object) => object.kind === kind && world.members.has(object.origin));
    return [...fulfilled(covering, ofKind.map(({ origin, attributes }) => byObject.matching({ origin: world.members.get(origin)!, attributes })))];
  });
  return new Set(live.filter((rule) => met.has(rule) || covers(rule, 'counts')).map(({ id }) => id));
}

function fulfilled(rules: readonly Rule[], sets: readonly Bits[]): Set<Rule> {
  return new Set(rules.filter((_, index) => sets.some((bits) => hasBit(bits, index))));
}
