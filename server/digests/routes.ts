import type { DigestKey } from '../../schemas/types.ts';
import { actorOf, operatorOf, viewerOf, type Access } from '../auth/access.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { duration, formatInstant } from '../policy/time.ts';
import { Problem } from '../problems.ts';
import type { DigestKeyDocument } from '../world/documents.ts';
import { OPERATOR, type HubWorld } from '../world/state.ts';
import type { Change } from '../world/store.ts';
import { KEY_OVERLAP, entitledOwners, openDigestKey, rotateDigestKey } from './keys.ts';
import { listRoutes } from './lists.ts';

const tags = ['Digest keys'];

/** The keys of keyed digest schemes, and the public lists of schemes and harms. */
export function digestRoutes(app: App, hub: Hub, access: Access): void {
  listRoutes(app);

  app.get('/v1/digest-keys', { onRequest: access('digest-keys:read'), schema: { tags, summary: 'The digest keys that you are entitled to, newest epochs first', response: { 200: $('DigestKeyList') } } }, async (request, reply) => {
    const viewer = viewerOf(request);
    void reply.header('cache-control', 'no-store');
    return { keys: await hub.worlds.change(actorOf(viewer), (world) => discloseKeys(hub, world, viewer.member.id)) };
  });

  app.post('/v1/digest-keys/:key/rotate', { onRequest: access('keys:write'), schema: { tags, summary: 'Start a new epoch of a digest key; the old one’s digests are accepted for a while, a day when nothing is said', params: $('KeyPath'), body: $('Rotation'), response: { 200: $('RotatedDigestKey') } } }, (request) => {
    const actor = actorOf(operatorOf(request));
    const { overlap } = request.body;
    return hub.worlds.change(actor, (world, at) => rotate(hub, world, at, request.params.key, overlap === undefined ? KEY_OVERLAP : duration(overlap)));
  });
}

/** Every epoch of the keys that a member may have now; who got them is recorded. */
function discloseKeys(hub: Hub, world: HubWorld, member: string): Change<DigestKey[]> {
  const keys = entitledOwners(world, member).flatMap((owner) => world.digestKeys.get(owner) ?? []);
  const names = keys.map(({ owner, epoch }) => `${owner}/${epoch}`);
  return { entries: [], deeds: [{ action: 'read-digest-keys', subject: member, detail: { keys: names } }], result: keys.map((key) => keyView(hub, key)) };
}

function keyView(hub: Hub, key: DigestKeyDocument): DigestKey {
  const { owner, epoch, accepted_until: end } = key;
  return { key: owner, epoch, secret: openDigestKey(hub, key).toString('hex'), current: end === undefined, ...(end === undefined ? {} : { accepted_until: formatInstant(end) }) };
}

function rotate(hub: Hub, world: HubWorld, at: number, owner: string, overlap: number): Change<{ key: string; epoch: number }> {
  if (owner !== OPERATOR && !world.groups.has(owner)) throw new Problem('not-found');
  const entries = rotateDigestKey(hub, world, owner, at, overlap);
  const epoch = (world.digestKeys.get(owner)?.[0]?.epoch ?? 0) + 1;
  return { entries, deeds: [{ action: 'rotate-digest-key', subject: owner, detail: { epoch, overlap } }], result: { key: owner, epoch } };
}
