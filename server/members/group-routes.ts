import { actorOf, operatorOf, viewerOf, type Access } from '../auth/access.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { deleteGroup, putGroup, visibleGroups } from './groups.ts';

const tags = ['Members'];

/** Groups: standing circles of members, each with a digest key of its own. */
export function groupRoutes(app: App, hub: Hub, access: Access): void {
  app.get('/v1/groups', { onRequest: access('members:read'), schema: { tags, summary: 'The groups that you are in', response: { 200: $('GroupList') } } }, (request) => {
    const viewer = viewerOf(request);
    return { groups: visibleGroups(viewer.world, viewer) };
  });

  app.put('/v1/groups/:group', { onRequest: access('members:write'), schema: { tags, summary: 'Create a group, or change it', params: $('GroupPath'), body: $('GroupChange'), response: { 200: $('GroupView'), 201: $('GroupView') } } }, async (request, reply) => {
    const actor = actorOf(operatorOf(request));
    const { created, group } = await hub.worlds.change(actor, (world, at) => putGroup(hub, world, at, request.params.group, request.body));
    return reply.code(created ? 201 : 200).send(group);
  });

  app.delete('/v1/groups/:group', { onRequest: access('members:write'), schema: { tags, summary: 'Delete a group', params: $('GroupPath'), response: { 204: { type: 'null', description: 'Deleted' } } } }, async (request, reply) => {
    await hub.worlds.change(actorOf(operatorOf(request)), (world) => deleteGroup(world, request.params.group));
    return reply.code(204).send();
  });
}
