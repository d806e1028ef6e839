import type { ExplainRequest, Explanation } from '../../schemas/types.ts';
import { actorOf, type Viewer } from '../auth/access.ts';
import { snapshot, type Tx } from '../db/database.ts';
import { readHead } from '../db/head.ts';
import type { Hub } from '../hub.ts';
import { offers } from '../policy/decide.ts';
import { explain } from '../policy/explain.ts';
import type { Lifetime, PolicyObject } from '../policy/object.ts';
import { instant } from '../policy/time.ts';
import type { Feed } from '../policy/world.ts';
import { problemAt, type Problem } from '../problems.ts';
import type { HubWorld } from '../world/state.ts';

interface Subject {
  object: PolicyObject;
  lifetime: Lifetime;
}

/**
 * Why a peer sees a signal, or does not. Only for the signal's origin and the operator, whose question is recorded first; to
 * others the signal does not exist.
 * @throws Problem not-found at the place that names nothing, invalid-times
 */
export async function explainSignal(hub: Hub, viewer: Viewer, request: ExplainRequest): Promise<Explanation> {
  const { explanation, origin } = await snapshot(hub.db, (tx) => answer(hub, tx, viewer, request));
  if (origin !== viewer.member.id) {
    const { signal, ...detail } = request;
    await hub.worlds.change(actorOf(viewer), () => ({ entries: [], deeds: [{ action: 'explain', subject: signal, detail }], result: undefined }));
  }
  return explanation;
}

async function answer(hub: Hub, tx: Tx, viewer: Viewer, request: ExplainRequest): Promise<{ explanation: Explanation; origin: string }> {
  const head = await readHead(tx, hub.clock);
  const world = await hub.worlds.at(head.world, tx);
  const { object, lifetime } = await subjectOf(tx, viewer, request.signal);
  const at = request.at === undefined ? head.at : instant(request.at);
  if (at < head.at) throw problemAt('invalid-times', '/at', 'must not be in the past');
  checkPeer(world, viewer, request.peer);
  const feed = request.feed === undefined ? {} : { feed: feedOf(world, viewer, head.at, request.feed) };
  return { explanation: explain({ world: world.policy, at, viewer: request.peer, object, ...feed }, lifetime), origin: object.origin };
}

/** The signal as the engine sees it. One query, whether it exists or not, and whoever it belongs to. */
async function subjectOf(tx: Tx, viewer: Viewer, id: string): Promise<Subject> {
  const row = await tx
    .selectFrom('signal')
    .innerJoin('visibility_class', 'visibility_class.id', 'signal.class_id')
    .select(['signal.origin', 'signal.accepted_at', 'signal.until', 'visibility_class.doc'])
    .where('signal.id', '=', id)
    .where('signal.active', '=', true)
    .executeTakeFirst();
  if (!row || !(viewer.operator || row.origin === viewer.member.number)) throw nothingAt('/signal');
  return { object: row.doc, lifetime: { accepted: row.accepted_at, until: row.until } };
}

/** Members know of each other only who is active. */
function checkPeer(world: HubWorld, viewer: Viewer, peer: string): void {
  const status = world.members.get(peer)?.status;
  if (status !== 'active' && !(viewer.operator && status)) throw nothingAt('/peer');
}

/** A feed that exists for the viewer; `all` is everything that policies share. */
function feedOf(world: HubWorld, viewer: Viewer, at: number, id: string): Feed {
  const feed = world.policy.feeds.get(id) ?? (id === 'all' ? { id } : undefined);
  const member = world.policy.members.get(viewer.member.id);
  const visible = feed && (viewer.operator || (member && offers(feed, world.policy, member, at)));
  if (!visible) throw nothingAt('/feed');
  return feed;
}

function nothingAt(pointer: string): Problem {
  return problemAt('not-found', pointer);
}
