import { open, seal } from '../crypto/secrets.ts';
import type { Hub } from '../hub.ts';
import type { DigestKeyDocument, Entry } from '../world/documents.ts';
import { OPERATOR, groupsOf, type HubWorld } from '../world/state.ts';

/** How long digests under the old epoch of a key are still accepted when nothing else is said: a day, in milliseconds. */
export const KEY_OVERLAP = 86_400_000;

const BYTES = 32;
const context = (owner: string, epoch: number): string => `digest key ${owner}/${epoch}`;

/** The next epoch of an owner's digest key (the hub's, or a group's) as a world entry. */
export function newDigestKey(hub: Pick<Hub, 'secrets' | 'random'>, world: HubWorld, owner: string, at: number): Entry {
  const epoch = (world.digestKeys.get(owner)?.[0]?.epoch ?? 0) + 1;
  const sealed = seal(hub.secrets.atRest, hub.random.bytes(BYTES), context(owner, epoch), hub.random).toString('base64');
  return { kind: 'digest-key', subject: `${owner}/${epoch}`, doc: { owner, epoch, sealed, created_at: at } };
}

/** Starts a new epoch; digests under the present one are accepted for `overlap` milliseconds more. */
export function rotateDigestKey(hub: Pick<Hub, 'secrets' | 'random'>, world: HubWorld, owner: string, at: number, overlap: number): Entry[] {
  const current = (world.digestKeys.get(owner) ?? []).filter((key) => key.accepted_until === undefined);
  const closing = current.map((key): Entry => ({ kind: 'digest-key', subject: `${owner}/${key.epoch}`, doc: { ...key, accepted_until: at + overlap } }));
  return [...closing, newDigestKey(hub, world, owner, at)];
}

/** The secret bytes of a digest key. */
export function openDigestKey(hub: Pick<Hub, 'secrets'>, key: DigestKeyDocument): Buffer {
  const secret = open(hub.secrets.atRest, Buffer.from(key.sealed, 'base64'), context(key.owner, key.epoch));
  if (!secret) throw new Error('a digest key does not open: is TOCSIN_SECRET the one it was made with?');
  return secret;
}

/** The owners whose digest keys a member may have: the hub, and its groups by name. */
export function entitledOwners(world: HubWorld, member: string): string[] {
  return [OPERATOR, ...groupsOf(world, member).sort()];
}

/** Whether a member may post digests under this key and epoch now. What it is not entitled to does not exist for it. */
export function acceptsEpoch(world: HubWorld, member: string, owner: string, epoch: number, at: number): boolean {
  if (owner !== OPERATOR && !world.policy.members.get(member)?.groups.has(owner)) return false;
  const key = world.digestKeys.get(owner)?.find((candidate) => candidate.epoch === epoch);
  return key !== undefined && (key.accepted_until === undefined || at < key.accepted_until);
}
