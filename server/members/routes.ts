import { actorOf, operatorOf, viewerOf, type Access, type Viewer } from '../auth/access.ts';
import type { Me, Scope } from '../../schemas/types.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { withdrawMessages } from '../messages/purge.ts';
import { withdrawReports } from '../reports/departure.ts';
import { withdrawAll } from '../signals/withdraw.ts';
import { groupsOf } from '../world/state.ts';
import { clientRoutes } from './client-routes.ts';
import { offBoard } from './departure.ts';
import { groupRoutes } from './group-routes.ts';
import { countWritten } from './written.ts';
import { addMember, changeMember, memberView, setStatus, visibleMember, visibleMembers } from './members.ts';

const tags = ['Members'];

/** Members, groups and clients: who takes part in the hub. */
export function memberRoutes(app: App, hub: Hub, access: Access): void {
  readRoutes(app, hub, access);
  writeRoutes(app, hub, access);
  groupRoutes(app, hub, access);
  clientRoutes(app, hub, access);
}

function readRoutes(app: App, hub: Hub, access: Access): void {
  app.get('/v1/me', { onRequest: access('members:read'), schema: { tags, summary: 'Who you are here, and your quota', response: { 200: $('Me') } } }, (request) => me(hub, viewerOf(request)));

  app.get('/v1/members', { onRequest: access('members:read'), schema: { tags, summary: 'The members of this hub', response: { 200: $('MemberList') } } }, (request) => {
    const { world, operator } = viewerOf(request);
    return { members: visibleMembers(world, operator) };
  });

  app.get('/v1/members/:member', { onRequest: access('members:read'), schema: { tags, summary: 'One member', params: $('MemberPath'), response: { 200: $('MemberView') } } }, (request) => {
    const { world, operator } = viewerOf(request);
    return visibleMember(world, operator, request.params.member);
  });
}

function writeRoutes(app: App, hub: Hub, access: Access): void {
  const onRequest = access('members:write');

  app.post('/v1/members', { onRequest, schema: { tags, summary: 'Add a member', body: $('NewMember'), response: { 201: $('MemberView') } } }, async (request, reply) => {
    const actor = actorOf(operatorOf(request));
    return reply.code(201).send(await hub.worlds.change(actor, (world, at) => addMember(world, at, request.body)));
  });

  app.patch('/v1/members/:member', { onRequest, schema: { tags, summary: 'Change a member', params: $('MemberPath'), body: $('MemberChange'), response: { 200: $('MemberView') } } }, (request) =>
    hub.worlds.change(actorOf(operatorOf(request)), (world) => changeMember(world, request.params.member, request.body)));

  app.post('/v1/members/:member/suspend', { onRequest, schema: { tags, summary: 'Cut a member off, and hide what it shared', params: $('MemberPath'), response: { 200: $('MemberView') } } }, (request) =>
    hub.worlds.change(actorOf(operatorOf(request)), (world) => setStatus(world, request.params.member, 'suspended')));

  app.post('/v1/members/:member/resume', { onRequest, schema: { tags, summary: 'End a suspension', params: $('MemberPath'), response: { 200: $('MemberView') } } }, (request) =>
    hub.worlds.change(actorOf(operatorOf(request)), (world) => setStatus(world, request.params.member, 'active')));

  app.post('/v1/members/:member/off-board', { onRequest, schema: { tags, summary: 'Let a member go for good; repeat it if it was interrupted', params: $('MemberPath'), body: $('Departure'), response: { 200: $('DepartureResult') } } }, async (request) => {
    const actor = actorOf(operatorOf(request));
    const { signals } = request.body;
    const { member, number } = await hub.worlds.change(actor, (world, at) => offBoard(hub, world, at, request.params.member, signals));
    if (signals !== 'withdraw') return { member, retracted: 0 };
    await withdrawReports(hub, number);
    await withdrawMessages(hub, number);
    return { member, retracted: await withdrawAll(hub, actor, number) };
  });
}

async function me(hub: Hub, { member, client, scopes, world }: Viewer): Promise<Me> {
  const written = await countWritten(hub.db, member.number);
  const usage = await hub.db.selectFrom('usage').select(['signals', 'classes']).where('origin', '=', member.number).executeTakeFirst();
  return {
    member: memberView(member, groupsOf(world, member.id)),
    client_id: client,
    scopes: [...scopes] as Scope[],
    quota: { signals: hub.config.signalQuota, signals_used: usage?.signals ?? 0, classes: hub.config.classQuota, classes_used: usage?.classes ?? 0, reports: hub.config.reportQuota, reports_used: written.reports, messages: hub.config.messageQuota, messages_used: written.messages },
  };
}
