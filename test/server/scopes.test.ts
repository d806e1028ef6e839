import t, { type Test } from 'tap';
import type { Problem, Scope } from '../../schemas/types.ts';
import { scopeOf } from '../../server/auth/access.ts';
import { ALL_SCOPES, OPERATOR_SCOPES, grantable } from '../../server/auth/scopes.ts';
import { BARRED_KINDS } from '../../server/policy/decide.ts';
import type { Entry } from '../../server/world/documents.ts';
import { problemOf } from '../support/api.ts';
import { MEMBER_SCOPES, homes, startTestHub, type TestHub } from '../support/hub.ts';

/** What answers without a token. Everything else must ask for one scope. */
const PUBLIC = ['POST /v1/oauth/token', 'GET /.well-known/jwks.json', 'GET /v1/digest-schemes', 'GET /v1/harms', 'GET /health/live', 'GET /health/ready', 'GET /openapi.json', 'GET /contacts'];
const isPublic = (route: string): boolean => PUBLIC.includes(route.replace(/^HEAD/, 'GET')) || /^(GET|HEAD) \/docs(\/|$)/.test(route);

const SCOPES: Record<string, Scope> = {
  'GET /v1/me': 'members:read',
  'GET /v1/members': 'members:read',
  'GET /v1/members/:member': 'members:read',
  'POST /v1/members': 'members:write',
  'PATCH /v1/members/:member': 'members:write',
  'POST /v1/members/:member/suspend': 'members:write',
  'POST /v1/members/:member/resume': 'members:write',
  'POST /v1/members/:member/off-board': 'members:write',
  'GET /v1/groups': 'members:read',
  'PUT /v1/groups/:group': 'members:write',
  'DELETE /v1/groups/:group': 'members:write',
  'GET /v1/members/:member/clients': 'members:read',
  'POST /v1/members/:member/clients': 'members:write',
  'POST /v1/clients/:client/credentials': 'members:read',
  'DELETE /v1/clients/:client/credentials/:credential': 'members:read',
  'POST /v1/clients/:client/revoke': 'members:read',
  'GET /v1/contacts': 'members:read',
  'GET /v1/contacts/:owner/:name': 'members:read',
  'PUT /v1/contacts/:owner/:name': 'contacts:write',
  'POST /v1/contacts/:owner/:name/verify': 'contacts:write',
  'DELETE /v1/contacts/:owner/:name': 'contacts:write',
  'GET /v1/digest-keys': 'digest-keys:read',
  'POST /v1/digest-keys/:key/rotate': 'keys:write',
  'POST /v1/keys/signing/rotate': 'keys:write',
  'POST /v1/policies': 'policies:write',
  'GET /v1/policies/:owner/:name': 'policies:read',
  'GET /v1/policies/:owner/:name/versions/:version': 'policies:read',
  'POST /v1/policies/:owner/:name/versions/:version/activate': 'policies:write',
  'POST /v1/policies/:owner/withdraw': 'policies:write',
  'GET /v1/activations/:owner': 'policies:read',
  'POST /v1/activations/:owner/rollback': 'policies:write',
  'PUT /v1/activations/:owner/approval': 'policies:write',
  'POST /v1/activations/:owner/proposals/:proposal/approve': 'policies:approve',
  'POST /v1/activations/:owner/proposals/:proposal/refuse': 'policies:approve',
  'POST /v1/activations/:owner/proposals/:proposal/withdraw': 'policies:write',
  'GET /v1/policies/visibility': 'explain',
  'GET /v1/policies/calendar': 'explain',
  'POST /v1/policies/simulate': 'explain',
  'POST /v1/policies/lint': 'explain',
  'POST /v1/policies/diff': 'policies:read',
  'POST /v1/explain': 'explain',
  'GET /v1/subscriptions': 'feeds:read',
  'PUT /v1/subscriptions/:feed': 'feeds:read',
  'PUT /v1/subscriptions/:owner/:name': 'feeds:read',
  'DELETE /v1/subscriptions/:feed': 'feeds:read',
  'DELETE /v1/subscriptions/:owner/:name': 'feeds:read',
  'GET /v1/feeds/:owner/:name/subscribers': 'feeds:read',
  'GET /v1/incidents': 'members:read',
  'GET /v1/incidents/:incident': 'members:read',
  'PUT /v1/incidents/:incident': 'incidents:write',
  'POST /v1/incidents/:incident/open': 'incidents:write',
  'POST /v1/incidents/:incident/close': 'incidents:write',
  'GET /v1/emergencies': 'emergencies:read',
  'GET /v1/emergencies/:emergency': 'emergencies:read',
  'POST /v1/emergencies': 'emergencies:write',
  'POST /v1/emergencies/:emergency/acknowledge': 'emergencies:write',
  'POST /v1/emergencies/:emergency/close': 'emergencies:write',
  'GET /v1/exercises': 'members:read',
  'GET /v1/exercises/:exercise': 'members:read',
  'PUT /v1/exercises/:exercise': 'incidents:write',
  'GET /v1/referrals': 'referrals:read',
  'GET /v1/referrals/:referral': 'referrals:read',
  'POST /v1/referrals': 'referrals:write',
  'POST /v1/referrals/:referral/end': 'referrals:write',
  'GET /v1/holds': 'referrals:write',
  'POST /v1/holds': 'referrals:write',
  'POST /v1/holds/:hold/release': 'referrals:write',
  'POST /v1/reports': 'reports:write',
  'PUT /v1/reports/:report': 'reports:write',
  'POST /v1/reports/:report/submit': 'reports:write',
  'POST /v1/reports/:report/review': 'reports:review',
  'POST /v1/reports/:report/publish': 'reports:write',
  'POST /v1/reports/:report/withdraw': 'reports:write',
  'GET /v1/reports': 'reports:read',
  'GET /v1/reports/changes': 'reports:read',
  'GET /v1/reports/own': 'reports:read',
  'GET /v1/reports/:report': 'reports:read',
  'PUT /v1/signals/:signal/judgement': 'signals:write',
  'DELETE /v1/signals/:signal/judgement': 'signals:write',
  'GET /v1/signals/:signal/dispute': 'signals:read',
  'PUT /v1/signals/:signal/dispute': 'signals:write',
  'GET /v1/disputes': 'signals:read',
  'GET /v1/measures': 'members:read',
  'GET /v1/audit': 'audit:read',
};

interface Route {
  name: string;
  method: string;
  path: string;
  scope: Scope | undefined;
}

function routesOf({ routes }: TestHub): Route[] {
  return routes.flatMap((route) =>
    [route.method].flat().map((method) => ({ name: `${method} ${route.url}`, method, path: route.url.replaceAll(/:[a-z]+/g, 'none'), scope: scopeOf(route) })));
}

/** The status, and the problem if it is one; the body of a stream is not waited for. */
async function ask(url: string, { method, path }: Route, token?: string): Promise<string> {
  const response = await fetch(`${url}${path}`, { method, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') && method !== 'HEAD';
  if (isProblem) return `${response.status} ${((await response.json()) as Problem).type.split(':').at(-1)}`;
  await response.body?.cancel();
  return `${response.status}`;
}

for (const home of homes) {
  t.test(home, async (t) => {
    const hub = await startTestHub(t, { home });
    await t.test('every route but the public ones asks for its one scope', async (t) => everyRoute(t, hub));
    await t.test('what members may be granted', async (t) => grants(t, hub));
  });
}

async function everyRoute(t: Test, hub: TestHub): Promise<void> {
  const { url } = hub;
  const routes = routesOf(hub);
  const names = new Set(routes.map((route) => route.name));
  for (const name of [...Object.keys(SCOPES), ...PUBLIC]) t.ok(names.has(name), `${name} is there`);
  for (const [name, scope] of Object.entries(SCOPES)) t.equal(routes.find((route) => route.name === name)?.scope, scope, `${name} asks for ${scope}`);

  const nothing = await hub.api(hub.operator.credentials, '').token();
  const tokens = await Promise.all(ALL_SCOPES.map(async (scope) => [scope, await hub.api(hub.operator.credentials, scope).token()] as const));
  for (const route of routes) {
    if (isPublic(route.name)) {
      t.equal(route.scope, undefined, `${route.name} is public`);
      t.notMatch(await ask(url, route), /^40[13]/);
      continue;
    }
    const head = route.method === 'HEAD';
    t.equal(await ask(url, route), head ? '401' : '401 missing-token', `${route.name} without a token`);
    t.equal(await ask(url, route, nothing), head ? '403' : '403 missing-scope', `${route.name} without a scope`);
    const opening: Scope[] = [];
    for (const [scope, token] of tokens) if (!/^40[13]/.test(await ask(url, route, token))) opening.push(scope);
    t.same(opening, [route.scope], `${route.name} opens to its scope alone`);
  }
}

async function grants(t: Test, { hub, operator, join }: TestHub): Promise<void> {
  t.same(grantable('platform', false).filter((scope) => OPERATOR_SCOPES.includes(scope)), []);
  t.same([...grantable('platform', false)].sort(), [...MEMBER_SCOPES].sort());
  for (const kind of BARRED_KINDS) t.same(grantable(kind, false), ['referrals:read'], `${kind} stays off what members share`);
  await operator.post('/v1/members', { id: 'police', title: 'Police', kind: 'law-enforcement' });
  for (const scope of ALL_SCOPES.filter((one) => one !== 'referrals:read')) {
    const answer = await operator.post('/v1/members/police/clients', { title: 'A client', scopes: ['referrals:read', scope] });
    t.same(problemOf(answer), ['400 invalid-body', '/scopes/1 is not granted to such a member'], scope);
  }

  const northstar = await join({ id: 'northstar' });
  const { client_id } = northstar.credentials;
  const world = await hub.worlds.at((await hub.head()).world);
  const client = { ...world.clients.get(client_id)!, scopes: [...ALL_SCOPES] };
  await hub.worlds.change({ member: 'hub', client: 'test' }, () => ({ entries: [{ kind: 'client', subject: client_id, doc: client } satisfies Entry], deeds: [], result: undefined }));
  const calls = [northstar.post('/v1/members', { id: 'other', title: 'Other', kind: 'ngo' }), northstar.get('/v1/audit'), northstar.post('/v1/digest-keys/hub/rotate', {}), northstar.put('/v1/groups/circle', { title: 'Circle', members: [] }), northstar.delete('/v1/groups/circle'), northstar.post('/v1/keys/signing/rotate', {})];
  for (const answer of await Promise.all(calls)) t.same(problemOf(answer), ['403 operator-only'], 'even with a scope that it should never have got');
}
