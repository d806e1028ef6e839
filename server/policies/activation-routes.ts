import { actorOf, viewerOf, type Access, type Viewer } from '../auth/access.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';
import { activate, activationsTag, rollBack, withdraw } from './activation.ts';
import { approve, setApproval } from './approval.ts';
import { historyOf } from './history.ts';
import { endProposal } from './proposals.ts';
import { versionOf } from './versions.ts';

const tags = ['Policies'];

/** Putting policies into force: by one client or by two; back again; and who did what. */
export function activationRoutes(app: App, hub: Hub, access: Access): void {
  forceRoutes(app, hub, access);
  approvalRoutes(app, hub, access);

  app.get('/v1/activations/:owner', { onRequest: access('policies:read'), schema: { tags, summary: 'What is in force, what is proposed, and who did what', description: 'For the owner, and for the operator, whose look is recorded.', params: $('OwnerPath'), querystring: $('HistoryQuery'), response: { 200: $('ActivationHistory') } } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const { owner } = request.params;
    if (owner !== viewer.member.id) await recordRead(hub, viewer, owner);
    return reply.header('etag', activationsTag(viewer.world, owner)).send(await historyOf(hub.db, viewer, owner, request.query));
  });
}

function forceRoutes(app: App, hub: Hub, access: Access): void {
  const onRequest = access('policies:write');
  const response = { 200: $('ActivationView'), 202: $('ProposalView') };

  app.post('/v1/policies/:owner/:name/versions/:version/activate', { onRequest, schema: { tags, summary: 'Put a version into force, at once or from an instant on', description: 'Where the owner wants two clients to do so it is proposed: the answer is 202, and nothing takes effect before another client approves.', params: $('PolicyVersionPath'), body: $('ActivationRequest'), headers: $('MatchHeaders'), response } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const { owner, name, version } = request.params;
    checkOwner(viewer, owner);
    const stored = await versionOf(hub.db, `${owner}/${name}`, version);
    if (!stored) throw new Problem('not-found');
    const done = await hub.worlds.change(actorOf(viewer), (world, at) => activate(hub, world, at, { ...request.body, viewer, seen: request.headers['if-match'] }, stored));
    return reply.code('act' in done ? 202 : 200).send(done);
  });

  app.post('/v1/activations/:owner/rollback', { onRequest, schema: { tags, summary: 'Put into force what was in force before, as a new activation', params: $('OwnerPath'), body: $('ActivationRequest'), headers: $('MatchHeaders'), response } }, async (request, reply) => {
    const viewer = viewerOf(request);
    checkOwner(viewer, request.params.owner);
    const done = await hub.worlds.change(actorOf(viewer), (world, at) => rollBack(hub, world, at, { ...request.body, viewer, seen: request.headers['if-match'] }));
    return reply.code('act' in done ? 202 : 200).send(done);
  });

  app.post('/v1/policies/:owner/withdraw', { onRequest, schema: { tags, summary: 'Have no policy in force, and share nothing, at once or from an instant on', description: 'One client is enough, whatever it takes to put a policy into force.', params: $('OwnerPath'), body: $('ActivationRequest'), response: { 200: $('ActivationView') } } }, (request) => {
    const viewer = viewerOf(request);
    checkOwner(viewer, request.params.owner);
    return hub.worlds.change(actorOf(viewer), (_world, at) => withdraw(hub, at, viewer.member.id, request.body.effective_at));
  });
}

function approvalRoutes(app: App, hub: Hub, access: Access): void {
  app.put('/v1/activations/:owner/approval', { onRequest: access('policies:write'), schema: { tags, summary: 'Want two clients to put a policy into force, or one again', description: 'At least one other client must have `policies:approve`. Going back to one is proposed, and takes two.', params: $('OwnerPath'), body: $('ApprovalRule'), response: { 200: $('ApprovalState'), 202: $('ApprovalState') } } }, async (request, reply) => {
    const viewer = viewerOf(request);
    checkOwner(viewer, request.params.owner);
    const state = await hub.worlds.change(actorOf(viewer), (world, at) => setApproval(hub, world, at, viewer, request.body.required));
    return reply.code(state.proposal ? 202 : 200).send(state);
  });

  app.post('/v1/activations/:owner/proposals/:proposal/approve', { onRequest: access('policies:approve'), schema: { tags, summary: 'Approve what another client proposes', params: $('ProposalPath'), response: { 200: $('ProposalView') } } }, (request) => {
    const viewer = viewerOf(request);
    checkOwner(viewer, request.params.owner);
    return approve(hub, viewer, request.params.proposal);
  });

  const end = (state: 'refused' | 'withdrawn', viewer: Viewer, { owner, proposal }: { owner: string; proposal: string }): ReturnType<typeof approve> => {
    checkOwner(viewer, owner);
    return hub.worlds.change(actorOf(viewer), (world) => endProposal(world, viewer, proposal, state));
  };
  app.post('/v1/activations/:owner/proposals/:proposal/refuse', { onRequest: access('policies:approve'), schema: { tags, summary: 'Refuse what another client proposes', params: $('ProposalPath'), response: { 200: $('ProposalView') } } }, (request) => end('refused', viewerOf(request), request.params));
  app.post('/v1/activations/:owner/proposals/:proposal/withdraw', { onRequest: access('policies:write'), schema: { tags, summary: 'Take a proposal back', params: $('ProposalPath'), response: { 200: $('ProposalView') } } }, (request) => end('withdrawn', viewerOf(request), request.params));
}

/** The operator's look at a member's history is recorded; others are told that there is none. */
async function recordRead(hub: Hub, viewer: Viewer, owner: string): Promise<void> {
  if (!viewer.operator || !viewer.world.members.has(owner)) throw new Problem('not-found');
  await hub.worlds.change(actorOf(viewer), () => ({ entries: [], deeds: [{ action: 'read-policy', subject: owner }], result: undefined }));
}

function checkOwner(viewer: Viewer, owner: string): void {
  if (viewer.member.id !== owner) throw new Problem('not-found');
}
