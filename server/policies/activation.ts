import type { ActivationRequest, ActivationView, ProposalView, ProposedAct } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import type { Hub } from '../hub.ts';
import { formatInstant, instant } from '../policy/time.ts';
import type { Activation } from '../policy/world.ts';
import { Problem, problemAt } from '../problems.ts';
import { uuidFrom } from '../random.ts';
import type { ActivationDocument } from '../world/documents.ts';
import type { HubWorld } from '../world/state.ts';
import type { Change } from '../world/store.ts';
import { checkPolicy } from './names.ts';
import { propose } from './proposals.ts';
import type { StoredVersion } from './versions.ts';

export type Maker = Pick<Hub, 'random'>;

/** Who puts a policy of its member into force, and when. */
export interface Asking extends ActivationRequest {
  viewer: Viewer;
  /** The tag of the activations that the caller has seen. */
  seen?: string | undefined;
}

/** An activation as its readers see it. */
export function activationView(owner: string, { version, effective, policy }: Activation): ActivationView {
  return { owner, ...(policy ? { policy: policy.id } : {}), version, effective_at: formatInstant(effective) };
}

/** All activations of an owner, those to come included, in the order in which they take effect. */
export function activationsOf(world: HubWorld, owner: string): ActivationView[] {
  return (world.policy.activations.get(owner) ?? []).map((activation) => activationView(owner, activation));
}

/** Stands for all activations of an owner so far, as an ETag. */
export function activationsTag(world: HubWorld, owner: string): string {
  return `"${world.policy.activations.get(owner)?.length ?? 0}"`;
}

/**
 * Puts a version into force, at once or later; or proposes it, where the owner wants two clients to do so. Names are checked
 * again: they may be gone since it was stored.
 * @throws Problem invalid-policy, invalid-times, version-mismatch, conflict (something else is proposed)
 */
export function activate(hub: Maker, world: HubWorld, at: number, { viewer, seen, effective_at: text }: Asking, { doc: policy, version }: StoredVersion): Change<ActivationView | ProposalView> {
  const owner = viewer.member.id;
  checkSeen(world, owner, seen);
  checkPolicy(world, owner, policy);
  const effective = effectiveAt(at, text);
  if (world.approvals.has(owner)) return propose(hub, world, at, viewer, { act: 'activate', policy: policy.id, version, effective: text === undefined ? null : effective });
  return enter(hub, { owner, version, effective, policy }, 'activate');
}

/**
 * Puts into force what was in force before what is in force now, as a new activation; or proposes it.
 * @throws Problem conflict (there was nothing before, or something else is proposed), invalid-policy, invalid-times, version-mismatch
 */
export function rollBack(hub: Maker, world: HubWorld, at: number, { viewer, seen, effective_at: text }: Asking): Change<ActivationView | ProposalView> {
  const owner = viewer.member.id;
  checkSeen(world, owner, seen);
  const before = priorTo(world.policy.activations.get(owner) ?? [], at);
  if (!before) throw new Problem('conflict');
  const { policy, version } = before;
  if (policy) checkPolicy(world, owner, policy);
  const effective = effectiveAt(at, text);
  if (world.approvals.has(owner)) return propose(hub, world, at, viewer, { act: 'rollback', policy: policy?.id ?? null, version, effective: text === undefined ? null : effective });
  return enter(hub, { owner, version, effective, policy }, 'rollback');
}

/**
 * From then on the owner has no policy, and shares nothing. What was to take effect later still does. One client is enough even
 * where two must put into force: what stops sharing must not wait.
 * @throws Problem invalid-times
 */
export function withdraw(hub: Maker, at: number, owner: string, effective?: string): Change<ActivationView> {
  return enter(hub, { owner, version: 0, effective: effectiveAt(at, effective), policy: null }, 'withdraw');
}

/** Appends an activation. */
export function enter(hub: Maker, doc: ActivationDocument, act: Exclude<ProposedAct, 'end-approval'> | 'withdraw'): Change<ActivationView> {
  const view = activationView(doc.owner, doc);
  const subject = `${doc.owner}/${uuidFrom(hub.random.bytes(16))}`;
  return { entries: [{ kind: 'activation', subject, doc }], deeds: [{ action: `${act}-policy`, subject: view.policy ?? doc.owner, detail: { version: doc.version, effective_at: view.effective_at } }], result: view };
}

/** What was in force before what is in force at the instant: of one instant, only the later commit ever was. */
function priorTo(activations: readonly Activation[], at: number): Activation | undefined {
  const current = activations.findLast((activation) => activation.effective <= at);
  const before = (activation: Activation): boolean => current !== undefined && activation.effective < current.effective;
  return activations.findLast((activation) => before(activation) && !same(activation, current!));
}

function same(a: Activation, b: Activation): boolean {
  return a.policy?.id === b.policy?.id && a.version === b.version;
}

/** Nothing takes effect before it is committed. */
function effectiveAt(at: number, text: string | undefined): number {
  const wanted = text === undefined ? at : instant(text);
  if (wanted < at) throw problemAt('invalid-times', '/effective_at', 'must not be in the past');
  return wanted;
}

function checkSeen(world: HubWorld, owner: string, seen: string | undefined): void {
  if (seen !== undefined && seen !== activationsTag(world, owner)) throw new Problem('version-mismatch');
}
