import type { ActivationView } from '../../schemas/types.ts';
import type { Hub } from '../hub.ts';
import { formatInstant, instant } from '../policy/time.ts';
import type { Activation } from '../policy/world.ts';
import { problemAt } from '../problems.ts';
import { uuidFrom } from '../random.ts';
import type { ActivationDocument } from '../world/documents.ts';
import type { HubWorld } from '../world/state.ts';
import type { Change } from '../world/store.ts';
import { checkPolicy } from './names.ts';
import type { StoredVersion } from './versions.ts';

/** An activation as its readers see it. */
export function activationView(owner: string, { version, effective, policy }: Activation): ActivationView {
  return { owner, ...(policy ? { policy: policy.id } : {}), version, effective_at: formatInstant(effective) };
}

/** All activations of an owner, those to come included, in the order in which they take effect. */
export function activationsOf(world: HubWorld, owner: string): ActivationView[] {
  return (world.policy.activations.get(owner) ?? []).map((activation) => activationView(owner, activation));
}

/**
 * Puts a version into force, at once or later. Names are checked again: they may be gone since it was stored.
 * @throws Problem invalid-policy, invalid-times
 */
export function activate(hub: Pick<Hub, 'random'>, world: HubWorld, at: number, owner: string, { doc: policy, version }: StoredVersion, effectiveAt?: string): Change<ActivationView> {
  checkPolicy(world, owner, policy);
  return enter(hub, { owner, version, effective: effective(at, effectiveAt), policy }, 'activate-policy');
}

/** From then on the owner has no policy, and shares nothing. What was to take effect later still does. @throws Problem invalid-times */
export function withdraw(hub: Pick<Hub, 'random'>, at: number, owner: string, effectiveAt?: string): Change<ActivationView> {
  return enter(hub, { owner, version: 0, effective: effective(at, effectiveAt), policy: null }, 'withdraw-policy');
}

function enter(hub: Pick<Hub, 'random'>, doc: ActivationDocument, action: string): Change<ActivationView> {
  const view = activationView(doc.owner, doc);
  const subject = `${doc.owner}/${uuidFrom(hub.random.bytes(16))}`;
  return { entries: [{ kind: 'activation', subject, doc }], deeds: [{ action, subject: view.policy ?? doc.owner, detail: { version: doc.version, effective_at: view.effective_at } }], result: view };
}

/** Nothing takes effect before it is committed. */
function effective(at: number, text: string | undefined): number {
  const wanted = text === undefined ? at : instant(text);
  if (wanted < at) throw problemAt('invalid-times', '/effective_at', 'must not be in the past');
  return wanted;
}
