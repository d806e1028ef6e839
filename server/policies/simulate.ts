import type { FateCounts, PeerDifference, SimulateRequest, Simulation } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import { snapshot, type Tx } from '../db/database.ts';
import { readHead, type Head } from '../db/head.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { Hub } from '../hub.ts';
import { compile, type CompiledWorld, type Decider } from '../policy/compile.ts';
import type { ObjectKind, PolicyObject } from '../policy/object.ts';
import { Responsible } from '../policy/simulate.ts';
import { formatInstant, instant } from '../policy/time.ts';
import type { Member, World } from '../policy/world.ts';
import { problemAt } from '../problems.ts';
import type { HubWorld } from '../world/state.ts';
import { Comparison, breather, sumOf, type Class, type Pair } from './comparison.ts';
import { checkPolicy } from './names.ts';
import { DifferenceList } from './differences.ts';
import { inWords } from './sentences.ts';
import { StoredGrants, readStored, type StoredClass } from './stored.ts';
import { versionOf } from './versions.ts';
import { withChanges, withPolicy } from './what-if.ts';

/** Two worlds at one instant: as it is, and as it would be. */
export interface Stage {
  viewer: Viewer;
  head: Head;
  at: number;
  before: World;
  after: World;
}

/**
 * What a policy, or other changes, would do to what peers see of the caller's signals, parts of reports and requests; for the
 * operator, of everybody's. By class: what is decided is compared for each peer and class, and objects are only counted where it
 * differs. Writes nothing.
 * @throws Problem invalid-policy, invalid-times, invalid-body, not-found
 */
export function simulate(hub: Hub, entitlements: Entitlements, viewer: Viewer, request: SimulateRequest): Promise<Simulation> {
  return snapshot(hub.db, async (tx) => {
    const head = await readHead(tx, hub.clock);
    const world = await hub.worlds.at(head.world, tx);
    const stage = await stageOf(tx, world, { ...viewer, world }, head, request);
    const objects = (await entitlements.classes(head.classes, tx)).slice(0, head.classes);
    const comparison = new Comparison(hub.secrets, stage.at, head.at);
    const engines = [entitlements.engine(world, stage.at), compile(stage.after, stage.at)] as const;
    const peers = await comparePeers(tx, stage, engines, objects, comparison);
    await comparison.count(tx);
    return report(tx, stage, peers, request.samples ?? 0);
  });
}

async function stageOf(tx: Tx, world: HubWorld, viewer: Viewer, head: Head, request: SimulateRequest): Promise<Stage> {
  const at = request.at === undefined ? head.at : instant(request.at);
  if (at < head.at) throw problemAt('invalid-times', '/at', 'must not be in the past');
  const promised = await withCandidate(tx, world, viewer, request, at);
  return { viewer, head, at, before: world.policy, after: withChanges(promised, viewer, request.changes ?? [], at) };
}

async function withCandidate(tx: Tx, world: HubWorld, { member }: Viewer, { policy, version, withdraw }: SimulateRequest, at: number): Promise<World> {
  const given = [policy && '/policy', version && '/version', withdraw && '/withdraw'].filter((pointer) => typeof pointer === 'string');
  if (given.length > 1) throw problemAt('invalid-body', given[1]!, 'does not go with another candidate');
  if (withdraw) return withPolicy(world.policy, member.id, null, 0, at);
  if (!policy && !version) return world.policy;
  const stored = version && version.policy.startsWith(`${member.id}/`) ? await versionOf(tx, version.policy, version.version) : undefined;
  if (version && !stored) throw problemAt('not-found', '/version');
  const candidate = policy ?? stored!.doc;
  checkPolicy(world, member.id, candidate);
  return withPolicy(world.policy, member.id, candidate, stored?.version ?? 0, at);
}

/** What differs for one peer. */
export interface PeerPairs {
  peer: Member;
  pairs: readonly Pair[];
}

async function comparePeers(tx: Tx, { viewer, at, before, after }: Stage, engines: readonly [CompiledWorld, CompiledWorld], objects: readonly PolicyObject[], comparison: Comparison): Promise<PeerPairs[]> {
  const breathe = breather();
  const own = objects.flatMap((object, index) => (viewer.operator || object.origin === viewer.member.id ? [{ id: index + 1, object }] : []));
  const [signals, others] = [own.filter((one): one is Class => one.object.kind === 'signal'), own.filter(({ object }) => object.kind !== 'signal')];
  const found: (PeerPairs & { pairs: Pair[]; deciders: readonly [Decider, Decider] })[] = [];
  const differing = new Set<number>();
  for (const peer of peersOf(viewer, before, after)) {
    const deciders = [engines[0].viewer(peer.id), engines[1].viewer(peer.id)] as const;
    const pairs: Pair[] = [];
    for (const one of signals) {
      if (one.object.origin === peer.id) continue;
      const pair = comparison.pair(one, deciders[0].grant(one.object), deciders[1].grant(one.object));
      if (pair) pairs.push(pair);
      await breathe();
    }
    for (const { id, object } of others) {
      if (object.origin !== peer.id && comparison.differ(deciders[0].grant(object), deciders[1].grant(object))) differing.add(id);
      await breathe();
    }
    found.push({ peer, pairs, deciders });
  }
  await compareStored(await readStored(tx, objects, [...differing], at), found, comparison);
  return found;
}

/** Adds what differs of parts and requests. They are looked up only where something about them differs for some peer. */
async function compareStored(stored: readonly StoredClass[], found: readonly (PeerPairs & { pairs: Pair[]; deciders: readonly [Decider, Decider] })[], comparison: Comparison): Promise<void> {
  const breathe = breather();
  const grants = new StoredGrants();
  for (const { peer, pairs, deciders } of found) {
    for (const one of stored) {
      if (one.object.origin === peer.id) continue;
      const pair = comparison.pair(one, grants.of(one, deciders[0]), grants.of(one, deciders[1]));
      if (pair) pairs.push(pair);
      await breathe();
    }
  }
}

/** Members of whom the caller may know, who are active before or after. */
function peersOf(viewer: Viewer, before: World, after: World): Member[] {
  const active = (world: World, id: string): boolean => world.members.get(id)?.status === 'active';
  const ids = [...before.members.keys()].filter((id) => id !== viewer.member.id || viewer.operator).filter((id) => active(before, id) || (viewer.operator && active(after, id)));
  return ids.sort().map((id) => before.members.get(id)!);
}

async function report(tx: Tx, { viewer, at, before, after }: Stage, found: readonly PeerPairs[], samples: number): Promise<Simulation> {
  const list = new DifferenceList(new Responsible(before, at), new Responsible(after, at));
  const peers = found.map(({ peer, pairs }): PeerDifference => {
    const differences = list.add([peer, after.members.get(peer.id)!], pairs);
    const of = (kind: ObjectKind): FateCounts => sumOf(differences.filter((index) => list.kind(index) === kind).map((index) => list.counts(index)));
    const [parts, requests] = [of('part'), of('message')];
    return { peer: peer.id, counts: of('signal'), ...(any(parts) ? { parts } : {}), ...(any(requests) ? { requests } : {}), differences };
  });
  const changed = peers.filter(({ counts, parts, requests }) => any(counts) || parts !== undefined || requests !== undefined);
  const differences = await list.views(tx, viewer.member.id, samples, at);
  const simulation = { owner: viewer.member.id, at: formatInstant(at), peers: changed, unchanged: peers.length - changed.length, differences };
  return { ...simulation, says: inWords(simulation) };
}

function any(counts: FateCounts): boolean {
  return Object.values(counts).some((count) => count > 0);
}

