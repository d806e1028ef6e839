import type { ClassView, SeenClass, SeenCounts, Visibility, VisibilityQuery } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import { snapshot } from '../db/database.ts';
import { readHead } from '../db/head.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { Hub } from '../hub.ts';
import type { Grant } from '../policy/decide.ts';
import type { SignalObject } from '../policy/object.ts';
import { Responsible, edgesOf, stateOf, type State } from '../policy/simulate.ts';
import { formatInstant, instant } from '../policy/time.ts';
import { Problem } from '../problems.ts';
import { tally, type Tally } from '../signals/tally.ts';
import type { HubWorld } from '../world/state.ts';
import { ownClasses, type Class } from './comparison.ts';
import { standingView } from './differences.ts';
import { seenInWords } from './sentences.ts';

/** What a peer sees of the caller's signals, by class, and by which rules. @throws Problem not-found, invalid-parameter */
export function visibilityTo(hub: Hub, entitlements: Entitlements, viewer: Viewer, { peer: id, at: text, limit = 100 }: VisibilityQuery): Promise<Visibility> {
  return snapshot(hub.db, async (tx) => {
    const head = await readHead(tx, hub.clock);
    const world = await hub.worlds.at(head.world, tx);
    checkPeer(world, viewer, id);
    const at = text === undefined ? head.at : instant(text);
    if (at < head.at) throw new Problem('invalid-parameter', [{ pointer: 'at', detail: 'must not be in the past' }]);
    const decider = entitlements.engine(world, at).viewer(id);
    const classes = (await ownClasses(entitlements, tx, viewer, head)).map((of) => ({ of, grant: decider.grant(of.object) }));
    const counted = await tally(tx, classes.map(({ of, grant }) => ({ classId: of.id, ...edgesOf([grant], [at]), answer: stateOf(grant, at) })), at, head.at);
    const responsible = new Responsible(world.policy, at);
    const peer = world.policy.members.get(id)!;
    const seen = classes.map(({ of, grant }, index) => ({ of, grant, counts: countsOf(counted[index]!) })).filter(({ counts }) => total(counts) > 0).sort((a, b) => total(b.counts) - total(a.counts));
    const listed = seen.slice(0, limit).map(({ of, grant, counts }): SeenClass => ({ class: classView(of.object), counts, standing: standingView(responsible.say(of.object, peer, grant !== undefined), grant) }));
    const visibility = { peer: id, at: formatInstant(at), counts: sum(seen), classes: listed, more_classes: seen.length - listed.length };
    return { ...visibility, says: seenInWords(visibility) };
  });
}

/** Members know of each other only who is active. @throws Problem not-found */
export function checkPeer(world: HubWorld, viewer: Viewer, peer: string): void {
  const status = world.members.get(peer)?.status;
  if (status !== 'active' && !(viewer.operator && status)) throw new Problem('not-found', [{ pointer: 'peer', detail: 'is not a member of this hub' }]);
}

function countsOf(states: ReadonlyMap<State, Tally>): SeenCounts {
  const count = (state: State): number => states.get(state)?.count ?? 0;
  return { visible: count('visible'), later: count('later'), withheld: count('withheld') };
}

function total({ visible, later, withheld }: SeenCounts): number {
  return visible + later + withheld;
}

function sum(seen: readonly { of: Class; grant: Grant | undefined; counts: SeenCounts }[]): SeenCounts {
  const add = (name: keyof SeenCounts): number => seen.reduce((all, { counts }) => all + counts[name], 0);
  return { visible: add('visible'), later: add('later'), withheld: add('withheld') };
}

function classView({ kind, attributes: { jurisdictions, ...attributes }, audience, notBefore }: SignalObject): ClassView {
  return { kind, ...attributes, schemes: [...attributes.schemes], labels: [...attributes.labels], ...(jurisdictions ? { jurisdictions: [...jurisdictions] } : {}), ...(audience ? { audience } : {}), ...(notBefore === undefined ? {} : { not_before: formatInstant(notBefore) }) };
}
