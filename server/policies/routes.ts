import type { PolicyVersion, PolicyVersionList } from '../../schemas/types.ts';
import { actorOf, viewerOf, type Access, type Viewer } from '../auth/access.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { inForce } from '../policy/world.ts';
import { Problem } from '../problems.ts';
import { OPERATOR } from '../world/state.ts';
import { activationView, activationsOf } from './activation.ts';
import { activationRoutes } from './activation-routes.ts';
import { explainObject } from './explain.ts';
import { calendarOf } from './calendar.ts';
import { difference, lint } from './lint.ts';
import { simulate } from './simulate.ts';
import { storePolicy, versionOf, versionsOf, versionView, type StoredVersion } from './versions.ts';
import { visibilityTo } from './visibility.ts';

const tags = ['Policies'];

/** Sharing policies: their versions, what is in force when, and why a peer sees an object or does not. */
export function policyRoutes(app: App, hub: Hub, access: Access, entitlements: Entitlements): void {
  readRoutes(app, hub, access);
  writeRoutes(app, hub, access);
  activationRoutes(app, hub, access);

  app.post('/v1/explain', { onRequest: access('explain'), schema: { tags, summary: 'Why a peer sees an object of yours, or does not, what would have to be otherwise, and when that changes', body: $('ExplainRequest'), response: { 200: $('Explanation') } } }, (request) => explainObject(hub, viewerOf(request), request.body));

  app.get('/v1/policies/visibility', { onRequest: access('explain'), schema: { tags, summary: 'What a peer sees of your signals, by class', querystring: $('VisibilityQuery'), response: { 200: $('Visibility') } } }, (request) => visibilityTo(hub, entitlements, viewerOf(request), request.query));

  app.get('/v1/policies/calendar', { onRequest: access('explain'), schema: { tags, summary: 'What of yours will be released, end and be decided otherwise, when, for whom', querystring: $('CalendarQuery'), response: { 200: $('Calendar') } } }, (request) => calendarOf(hub, entitlements, viewerOf(request), request.query));

  app.post('/v1/policies/lint', { onRequest: access('explain'), schema: { tags, summary: 'What of a policy will not do what its author may think', description: 'The policy need not be stored. It is looked at against the charter in force, and against what there is.', body: $('Policy'), response: { 200: $('LintReport') } } }, (request) => lint(hub, entitlements, viewerOf(request), request.body));

  app.post('/v1/policies/diff', { onRequest: access('policies:read'), schema: { tags, summary: 'What differs between two policies, in sentences', body: $('DiffRequest'), response: { 200: $('PolicyDifference') } } }, (request) => difference(hub, viewerOf(request), request.body));

  app.post('/v1/policies/simulate', { onRequest: access('explain'), schema: { tags, summary: 'What a policy, or other changes, would do to what each peer sees', description: 'Of your signals; for the operator, of everybody’s, without samples. A candidate is checked as if it were to be activated. Nothing is written.', body: $('SimulateRequest'), response: { 200: $('Simulation') } } }, (request) => simulate(hub, entitlements, viewerOf(request), request.body));
}

function readRoutes(app: App, hub: Hub, access: Access): void {
  const onRequest = access('policies:read');

  app.get('/v1/policies/:owner/:name', { onRequest, schema: { tags, summary: 'The versions of a policy, newest first, and what its owner put into force', description: 'For the owner and the operator. Everybody may read the version of the charter that is in force.', params: $('PolicyPath'), response: { 200: $('PolicyVersionList') } } }, (request) => {
    const { owner, name } = request.params;
    return listVersions(hub, viewerOf(request), owner, `${owner}/${name}`);
  });

  app.get('/v1/policies/:owner/:name/versions/:version', { onRequest, schema: { tags, summary: 'One version of a policy', params: $('PolicyVersionPath'), response: { 200: $('PolicyVersion') } } }, (request) => {
    const { owner, name, version } = request.params;
    return readVersion(hub, viewerOf(request), owner, `${owner}/${name}`, version);
  });
}

function writeRoutes(app: App, hub: Hub, access: Access): void {
  const onRequest = access('policies:write');

  app.post('/v1/policies', { onRequest, schema: { tags, summary: 'Store a policy as its next version; it is not in force before it is activated', body: $('Policy'), response: { 200: $('PolicyVersion'), 201: $('PolicyVersion') } } }, async (request, reply) => {
    const { created, stored } = await storePolicy(hub, viewerOf(request), request.body);
    return reply.code(created ? 201 : 200).send(versionView(stored, true));
  });
}

async function listVersions(hub: Hub, viewer: Viewer, owner: string, id: string): Promise<PolicyVersionList> {
  if (!seesAll(viewer, owner)) {
    const { version, effective, policy } = charterInForce(viewer, id);
    const stored = found(await versionOf(hub.db, id, version));
    return { versions: [versionView(stored, false)], activations: [activationView(owner, { version, effective, policy })] };
  }
  const versions = await versionsOf(hub.db, id);
  found(versions[0]);
  await recordRead(hub, viewer, owner, id);
  return { versions: versions.map((stored) => versionView(stored, true)), activations: activationsOf(viewer.world, owner) };
}

async function readVersion(hub: Hub, viewer: Viewer, owner: string, id: string, version: number): Promise<PolicyVersion> {
  const whole = seesAll(viewer, owner);
  if (!whole && charterInForce(viewer, id).version !== version) throw new Problem('not-found');
  const stored = found(await versionOf(hub.db, id, version));
  if (whole) await recordRead(hub, viewer, owner, id);
  return versionView(stored, whole);
}

function seesAll(viewer: Viewer, owner: string): boolean {
  return viewer.operator || viewer.member.id === owner;
}

/** The charter that is in force, if it has this id: what every member may read. @throws Problem not-found */
function charterInForce({ world, head }: Viewer, id: string): NonNullable<ReturnType<typeof inForce>> {
  const charter = inForce(world.policy, OPERATOR, head.at);
  if (charter?.policy?.id !== id) throw new Problem('not-found');
  return charter;
}

/** The operator's look at a member's policy is recorded before it is answered. */
async function recordRead(hub: Hub, viewer: Viewer, owner: string, id: string): Promise<void> {
  if (owner === viewer.member.id) return;
  await hub.worlds.change(actorOf(viewer), () => ({ entries: [], deeds: [{ action: 'read-policy', subject: id }], result: undefined }));
}

function found(stored: StoredVersion | undefined): StoredVersion {
  if (!stored) throw new Problem('not-found');
  return stored;
}
