import { actorOf, operatorOf, viewerOf, type Access, type Viewer } from '../auth/access.ts';
import type { ClientView } from '../../schemas/types.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';
import { memberOf } from '../world/state.ts';
import { addClient, addCredential, clientsOf, removeCredential, revokeClient } from './clients.ts';

const tags = ['Clients'];

/** Clients: the machines of members, and how they prove who they are. */
export function clientRoutes(app: App, hub: Hub, access: Access): void {
  app.get('/v1/members/:member/clients', { onRequest: access('members:read'), schema: { tags, summary: 'A member’s clients: your own, or for the operator anybody’s', params: $('MemberPath'), response: { 200: $('ClientList') } } }, async (request) => ({
    clients: await listClients(hub, viewerOf(request), request.params.member),
  }));

  app.post('/v1/members/:member/clients', { onRequest: access('members:write'), schema: { tags, summary: 'Make a client', params: $('MemberPath'), body: $('NewClient'), response: { 201: $('ClientView') } } }, async (request, reply) => {
    const viewer = operatorOf(request);
    const made = await hub.worlds.change(actorOf(viewer), (world, at) => addClient(hub, world, at, viewer, request.params.member, request.body));
    return reply.code(201).send(made);
  });

  app.post('/v1/clients/:client/credentials', { onRequest: access('members:read'), schema: { tags, summary: 'Give a client another credential', description: 'For the operator with `members:write`, and for the client’s own member with a token that has all scopes of the client.', params: $('ClientPath'), body: $('NewCredential'), response: { 201: $('ClientView') } } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const changed = await hub.worlds.change(actorOf(viewer), (world, at) => addCredential(hub, world, at, viewer, request.params.client, request.body));
    return reply.code(201).send(changed);
  });

  app.delete('/v1/clients/:client/credentials/:credential', { onRequest: access('members:read'), schema: { tags, summary: 'End a credential at once', params: $('CredentialPath'), response: { 204: { type: 'null', description: 'Ended' } } } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const { client, credential } = request.params;
    await hub.worlds.change(actorOf(viewer), (world) => removeCredential(world, viewer, client, credential));
    return reply.code(204).send();
  });

  app.post('/v1/clients/:client/revoke', { onRequest: access('members:read'), schema: { tags, summary: 'End a client and its tokens for good', params: $('ClientPath'), response: { 200: $('ClientView') } } }, (request) => {
    const viewer = viewerOf(request);
    return hub.worlds.change(actorOf(viewer), (world) => revokeClient(world, viewer, request.params.client));
  });
}

/** The operator's look at another member's clients is recorded first. */
async function listClients(hub: Hub, viewer: Viewer, member: string): Promise<ClientView[]> {
  const own = member === viewer.member.id;
  if (!own && !viewer.operator) throw new Problem('not-found');
  memberOf(viewer.world, member);
  if (!own) await hub.worlds.change(actorOf(viewer), () => ({ entries: [], deeds: [{ action: 'read-clients', subject: member }], result: undefined }));
  return clientsOf(viewer.world, member);
}
