import type { ClassView, SeenClass, SeenCounts, Visibility, VisibilityQuery, WrittenClassView } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import { snapshot, type Tx } from '../db/database.ts';
import { readHead } from '../db/head.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { Hub } from '../hub.ts';
import type { Decider } from '../policy/compile.ts';
import type { Grant } from '../policy/decide.ts';
import type { ObjectKind, PolicyObject } from '../policy/object.ts';
import { Responsible, edgesOf, stateOf, type State } from '../policy/simulate.ts';
import { formatInstant, instant } from '../policy/time.ts';
import { Problem } from '../problems.ts';
import { tally } from '../signals/tally.ts';
import type { HubWorld } from '../world/state.ts';
import { ownClasses, ownStored, type Class, type Compared } from './comparison.ts';
import { sayOf, standingView } from './differences.ts';
import { seenInWords } from './sentences.ts';
import { StoredGrants, countCells, type StoredClass } from './stored.ts';

/** What a peer sees of the caller's signals, parts of reports and requests, by class, and by which rules. @throws Problem not-found, invalid-parameter */
export function visibilityTo(hub: Hub, entitlements: Entitlements, viewer: Viewer, { peer: id, at: text, limit = 100 }: VisibilityQuery): Promise<Visibility> {
  return snapshot(hub.db, async (tx) => {
    const head = await readHead(tx, hub.clock);
    const world = await hub.worlds.at(head.world, tx);
    checkPeer(world, viewer, id);
    const at = text === undefined ? head.at : instant(text);
    if (at < head.at) throw new Problem('invalid-parameter', [{ pointer: 'at', detail: 'must not be in the past' }]);
    const decider = entitlements.engine(world, at).viewer(id);
    const seen = [...(await seenSignals(tx, await ownClasses(entitlements, tx, viewer, head), decider, at, head.at)), ...seenStored(await ownStored(entitlements, tx, viewer, head, at), decider, at)];
    const found = seen.filter(({ counts }) => total(counts) > 0).sort((a, b) => total(b.counts) - total(a.counts));
    const responsible = new Responsible(world.policy, at);
    const peer = world.policy.members.get(id)!;
    const listed = found.slice(0, limit).map(({ of, grant, counts }): SeenClass => ({ class: classView(of.object), counts, standing: standingView(sayOf(responsible, of, peer, grant), grant) }));
    const of = (kind: ObjectKind): SeenCounts => sum(found.filter((one) => one.of.object.kind === kind));
    const visibility = { peer: id, at: formatInstant(at), counts: of('signal'), parts: of('part'), requests: of('message'), classes: listed, more_classes: found.length - listed.length };
    return { ...visibility, says: seenInWords(visibility) };
  });
}

interface Seen {
  of: Compared;
  grant: Grant | undefined;
  counts: SeenCounts;
}

async function seenSignals(tx: Tx, classes: readonly Class[], decider: Decider, at: number, now: number): Promise<Seen[]> {
  const granted = classes.map((of) => ({ of, grant: decider.grant(of.object) }));
  const counted = await tally(tx, granted.map(({ of, grant }) => ({ classId: of.id, ...edgesOf([grant], [at]), answer: stateOf(grant, at) })), at, now);
  return granted.map((one, index) => ({ ...one, counts: countsOf((state) => counted[index]!.get(state)?.count ?? 0) }));
}

function seenStored(classes: readonly StoredClass[], decider: Decider, at: number): Seen[] {
  const grants = new StoredGrants();
  return classes.map((of) => {
    const grant = grants.of(of, decider);
    const counted = countCells(of, stateOf(grant, at));
    return { of, grant, counts: countsOf((state) => counted.get(state) ?? 0) };
  });
}

/** Members know of each other only who is active. @throws Problem not-found */
export function checkPeer(world: HubWorld, viewer: Viewer, peer: string): void {
  const status = world.members.get(peer)?.status;
  if (status !== 'active' && !(viewer.operator && status)) throw new Problem('not-found', [{ pointer: 'peer', detail: 'is not a member of this hub' }]);
}

function countsOf(count: (state: State) => number): SeenCounts {
  return { visible: count('visible'), later: count('later'), withheld: count('withheld') };
}

function total({ visible, later, withheld }: SeenCounts): number {
  return visible + later + withheld;
}

function sum(seen: readonly Seen[]): SeenCounts {
  const add = (name: keyof SeenCounts): number => seen.reduce((all, { counts }) => all + counts[name], 0);
  return { visible: add('visible'), later: add('later'), withheld: add('withheld') };
}

function classView({ kind, attributes, audience, notBefore }: PolicyObject): ClassView | WrittenClassView {
  return { kind, ...(structuredClone(attributes) as object), ...(audience ? { audience } : {}), ...(notBefore === undefined ? {} : { not_before: formatInstant(notBefore) }) } as ClassView | WrittenClassView;
}
