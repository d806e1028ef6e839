import t, { type Test } from 'tap';
import type { ClientList, ClientView } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { problemOf, requestToken, type Api } from '../support/api.ts';
import { homes, startTestHub, type TestHub } from '../support/hub.ts';
import { assertionForm, clientKey } from '../support/jwt.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;

for (const home of homes) {
  t.test(home, async (t) => {
    t.test('making clients', async (t) => making(t, await startTestHub(t, { home })));
    t.test('keys', async (t) => keys(t, await startTestHub(t, { home })));
    t.test('rotating credentials', async (t) => {
      const clock = new ManualClock(NOON);
      await rotating(t, await startTestHub(t, { home, clock }), clock);
    });
    t.test('who may change a client', async (t) => permissions(t, await startTestHub(t, { home })));
    t.test('the operator cannot lock itself out', async (t) => lockout(t, await startTestHub(t, { home })));
  });
}

async function making(t: Test, hub: TestHub): Promise<void> {
  const { operator, url } = hub;
  const northstar = await hub.join({ id: 'northstar' });
  const harbour = await hub.join({ id: 'harbour' });
  const made = await operator.post<ClientView>('/v1/members/northstar/clients', { title: 'Uploader', scopes: ['signals:write', 'members:read'] });
  t.match(made, { status: 201, body: { member: 'northstar', title: 'Uploader', scopes: ['signals:write', 'members:read'], revoked: false, credentials: [{ kind: 'secret' }] } });
  const { client_id, client_secret, credentials } = made.body;
  t.match(client_id, /^northstar\.[0-9a-f]{10}$/);
  t.match(client_secret, /^[A-Za-z0-9_-]{43}$/);
  t.equal(made.headers.get('cache-control'), 'no-store');
  t.match(await requestToken(url, { client_id, client_secret: client_secret! }), { status: 200, body: { scope: 'signals:write members:read' } });

  const listed = (await northstar.get<ClientList>('/v1/members/northstar/clients')).body.clients;
  t.same(listed.map((client) => client.client_id).sort(), [client_id, northstar.credentials.client_id].sort());
  t.same(listed.find((client) => client.client_id === client_id)?.credentials, credentials);
  t.notOk(JSON.stringify(listed).includes(client_secret!), 'a secret is shown once');
  t.same((await operator.get('/v1/members/northstar/clients')).body, { clients: listed });
  t.same(problemOf(await harbour.get('/v1/members/northstar/clients')), ['404 not-found']);
  t.same(problemOf(await harbour.get('/v1/members/nobody/clients')), ['404 not-found']);
  t.same(problemOf(await operator.get('/v1/members/nobody/clients')), ['404 not-found']);

  const refused: [string, object, string[]][] = [
    ['northstar', { title: 'X', scopes: ['members:read', 'members:write', 'audit:read'] }, ['400 invalid-body', '/scopes/1 is not granted to such a member', '/scopes/2 is not granted to such a member']],
    ['northstar', { title: 'X', scopes: [] }, ['400 invalid-body', '/scopes must NOT have fewer than 1 items']],
    ['northstar', { title: 'X', scopes: ['members:read', 'members:read'] }, ['400 invalid-body', '/scopes must NOT have duplicate items (items ## 0 and 1 are identical)']],
    ['northstar', { title: 'X', scopes: ['everything'] }, ['400 invalid-body']],
    ['northstar', { title: 'X', scopes: ['members:read'], client_secret: 'mine' }, ['400 invalid-body', '/client_secret is not a field that is known here']],
    ['northstar', { title: '', scopes: ['members:read'] }, ['400 invalid-body', '/title must NOT have fewer than 1 characters']],
    ['nobody', { title: 'X', scopes: ['members:read'] }, ['404 not-found']],
  ];
  for (const [member, body, expected] of refused) t.same(problemOf(await operator.post(`/v1/members/${member}/clients`, body)).slice(0, Math.max(1, expected.length)), expected, expected.join(' '));

  const revoked = await operator.post<ClientView>(`/v1/clients/${client_id}/revoke`);
  t.match(revoked, { status: 200, body: { client_id, revoked: true } });
  t.match(await operator.post(`/v1/clients/${client_id}/revoke`), { status: 200, body: { revoked: true } }, 'again changes nothing');
  t.same(problemOf(await operator.post(`/v1/clients/${client_id}/credentials`, {})), ['409 conflict'], 'and it does not come back');
  t.same(problemOf(await operator.post('/v1/clients/northstar.none/revoke')), ['404 not-found']);
}

async function keys(t: Test, hub: TestHub): Promise<void> {
  const { operator, url } = hub;
  await hub.join({ id: 'northstar' });
  const [ed, ec] = [await clientKey('EdDSA'), await clientKey('ES256')];
  const make = (jwk: object): ReturnType<Api['post']> => operator.post('/v1/members/northstar/clients', { title: 'Key', scopes: ['members:read'], jwk });
  const made = (await make({ ...ed.jwk, kid: 'mine', use: 'sig', alg: 'EdDSA' })) as { status: number; body: ClientView };
  t.match(made, { status: 201, body: { credentials: [{ kind: 'key' }] } });
  t.notOk('client_secret' in made.body, 'no secret is made');
  const { client_id } = made.body;
  t.match(await requestToken(url, await assertionForm(ed, client_id, url, Date.now())), { status: 200 });

  const credentials = `/v1/clients/${client_id}/credentials`;
  t.match(await operator.post(credentials, { jwk: ec.jwk }), { status: 201, body: { credentials: [{ kind: 'key' }, { kind: 'key' }] } });
  for (const key of [ed, ec]) t.match(await requestToken(url, await assertionForm(key, client_id, url, Date.now())), { status: 200 });
  t.same(problemOf(await operator.post(credentials, { jwk: ed.jwk })), ['409 already-exists', '/jwk There is one of that name already']);

  const offCurve = { ...ec.jwk, y: ec.jwk.x };
  const { kty: _kty, ...untyped } = ed.jwk;
  const refused: [string, object, string[]][] = [
    ['a point off the curve', offCurve, ['/jwk is not a public key']],
    ['P-256 without y', { kty: 'EC', crv: 'P-256', x: ec.jwk.x }, ['/jwk/y is missing']],
    ['Ed25519 with y', { ...ed.jwk, y: ed.jwk.x }, ['/jwk/y is not allowed here']],
    ['mixed types', { ...ed.jwk, kty: 'EC' }, ['/jwk/crv must be Ed25519 with kty OKP, or P-256 with kty EC']],
    ['another use', { ...ed.jwk, use: 'enc' }, ['/jwk/use must be sig']],
    ['another algorithm', { ...ed.jwk, alg: 'ES256' }, ['/jwk/alg must be EdDSA']],
    ['a private key', { ...ed.jwk, d: ed.jwk.x }, ['/jwk/d is not a field that is known here']],
    ['another curve', { ...ec.jwk, crv: 'P-384' }, ['/jwk/crv must be one of Ed25519, P-256']],
    ['a secret key', { kty: 'oct', crv: 'P-256', x: ed.jwk.x }, ['/jwk/kty must be one of OKP, EC']],
    ['too few bytes', { ...ed.jwk, x: 'AAAA' }, ['/jwk/x must match pattern "^[A-Za-z0-9_-]{43}$"']],
    ['no type', untyped, ['/jwk/kty is missing']],
  ];
  for (const [name, jwk, places] of refused) {
    t.same(problemOf(await make(jwk)), ['400 invalid-body', ...places], name);
    t.same(problemOf(await operator.post(credentials, { jwk })), ['400 invalid-body', ...places], name);
  }
}

async function rotating(t: Test, hub: TestHub, clock: ManualClock): Promise<void> {
  const northstar = await hub.join({ id: 'northstar' });
  const { client_id } = northstar.credentials;
  const path = `/v1/clients/${client_id}/credentials`;
  const add = async (body: object): Promise<ClientView> => (await northstar.post<ClientView>(path, body)).body;

  t.same(problemOf(await northstar.post(path, { retire_others_after: 'P1M' })), ['400 invalid-body', '/retire_others_after must be an ISO 8601 duration in weeks, days, hours, minutes and seconds, at most 3,660 days']);
  t.same(problemOf(await northstar.post(path, { secret: 'mine' })), ['400 invalid-body', '/secret is not a field that is known here']);
  const second = await add({});
  t.match(second.credentials, [{ kind: 'secret' }, { kind: 'secret' }]);
  t.notOk(second.credentials.some((credential) => 'expires_at' in credential));
  const third = await add({ retire_others_after: 'PT2H' });
  const inTwoHours = new Date(NOON + 2 * HOUR).toISOString();
  t.same(third.credentials.map((credential) => credential.expires_at), [inTwoHours, inTwoHours, undefined]);
  const fourth = await add({ retire_others_after: 'P1D' });
  t.same(fourth.credentials.map((credential) => credential.expires_at), [inTwoHours, inTwoHours, new Date(NOON + 24 * HOUR).toISOString(), undefined], 'an end is never put off');

  const [first, , , last] = fourth.credentials;
  t.same(problemOf(await northstar.delete(`${path}/${last!.id}`)), ['409 conflict'], 'the one without an end stays');
  t.match(await northstar.delete(`${path}/${first!.id}`), { status: 204 });
  t.same(problemOf(await northstar.delete(`${path}/${first!.id}`)), ['404 not-found']);
  t.equal((await requestToken(hub.url, { ...northstar.credentials })).status, 401, 'it ended at once');
  clock.advance(2 * HOUR);
  const renewed = hub.api({ client_id, client_secret: fourth.client_secret! });
  const { body } = await renewed.post<ClientView>(path, {});
  t.equal(body.credentials.length, 3, 'what has ended is forgotten');

  for (let count = body.credentials.length; count < 10; count += 1) t.equal((await renewed.post(path, {})).status, 201);
  t.same(problemOf(await renewed.post(path, {})), ['409 conflict'], 'ten are enough');
}

async function permissions(t: Test, hub: TestHub): Promise<void> {
  const { operator } = hub;
  const northstar = await hub.join({ id: 'northstar' });
  const harbour = await hub.join({ id: 'harbour' });
  const { client_id } = northstar.credentials;
  const { body: client } = await operator.get<ClientList>('/v1/members/northstar/clients');
  const credential = client.clients[0]!.credentials[0]!.id;
  const tries = (api: Api): Promise<string[]> =>
    Promise.all([api.post(`/v1/clients/${client_id}/credentials`, {}), api.delete(`/v1/clients/${client_id}/credentials/${credential}`), api.post(`/v1/clients/${client_id}/revoke`)].map(async (answer) => problemOf(await answer)[0]!));

  t.same(await tries(harbour), ['404 not-found', '404 not-found', '404 not-found'], 'another member’s client does not exist');
  const reader = hub.api(northstar.credentials, 'members:read');
  t.same(await tries(reader), ['403 missing-scope', '403 missing-scope', '403 missing-scope'], 'a token makes nothing that may do more than itself');
  t.same(await tries(hub.api(operator.credentials, 'members:read')), ['403 missing-scope', '403 missing-scope', '403 missing-scope'], 'the operator’s neither');

  const { body: small } = await operator.post<ClientView>('/v1/members/northstar/clients', { title: 'Reader', scopes: ['members:read'] });
  t.equal((await reader.post(`/v1/clients/${small.client_id}/credentials`, {})).status, 201, 'one that may do no more is fine');
  t.equal((await hub.api(operator.credentials, 'members:read members:write').post(`/v1/clients/${client_id}/credentials`, {})).status, 201);
  t.match(await northstar.post(`/v1/clients/${client_id}/revoke`), { status: 200, body: { revoked: true } }, 'a member may end its own client, also the one it uses');
  t.same(problemOf(await operator.post('/v1/clients/UPPER/revoke')), ['400 invalid-parameter', '/client must match pattern "^[a-z][a-z0-9.-]{0,99}$"']);
}

async function lockout(t: Test, hub: TestHub): Promise<void> {
  const { operator } = hub;
  const { client_id } = operator.credentials;
  t.same(problemOf(await operator.post(`/v1/clients/${client_id}/revoke`)), ['409 conflict']);
  t.same(problemOf(await operator.delete(`/v1/clients/${client_id}/credentials/first`)), ['409 conflict']);
  const admin = await operator.post<ClientView>('/v1/members/hub/clients', { title: 'Admin', scopes: ['members:read', 'members:write'] });
  const second = hub.api({ client_id: admin.body.client_id, client_secret: admin.body.client_secret! });
  t.same(problemOf(await second.post(`/v1/clients/${client_id}/revoke`)), ['403 missing-scope']);
  t.same(problemOf(await second.post('/v1/members/hub/clients', { title: 'More', scopes: ['audit:read'] })), ['403 missing-scope'], 'the operator’s clients do not grow by themselves');
  t.equal((await second.post('/v1/members/hub/clients', { title: 'As much', scopes: ['members:write'] })).status, 201);
  t.match(await operator.post(`/v1/clients/${admin.body.client_id}/revoke`), { status: 200 });
  t.match(await operator.get('/v1/me'), { status: 200 });
}
