import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { createHmac, createPublicKey, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import type { ClientView, Jwks, Me, Token } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { call, problemOf, requestToken, type Answer } from '../support/api.ts';
import { homes, startTestHub, type TestHub } from '../support/hub.ts';
import { assertionForm, clientKey, hubKey, rawJwt, type ClientKey } from '../support/jwt.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');
const MINUTE = 60_000;
const errorOf = ({ status, body }: Answer<unknown>): string => `${status} ${(body as { error?: string }).error}`;
const basic = (id: string, secret: string): { authorization: string } => ({ authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}` });

function me(url: string, token?: string): Promise<Answer<unknown>> {
  return call(`${url}/v1/me`, 'GET', undefined, token === undefined ? {} : { authorization: `Bearer ${token}` });
}

/** A client of a member with a key in place of a secret. */
async function keyClient({ operator }: TestHub, member: string, key: ClientKey): Promise<string> {
  const { body } = await operator.post<ClientView>(`/v1/members/${member}/clients`, { title: 'Key', scopes: ['members:read'], jwk: key.jwk });
  return body.client_id;
}

for (const home of homes) {
  t.test(home, async (t) => {
    t.test('the token endpoint', async (t) => tokenEndpoint(t, await startTestHub(t, { home })));
    t.test('client assertions', async (t) => {
      const clock = new ManualClock(NOON);
      await assertions(t, await startTestHub(t, { home, clock }), clock);
    });
    t.test('forged and stale tokens', async (t) => {
      const clock = new ManualClock(NOON);
      await attacks(t, await startTestHub(t, { home, clock }), clock);
    });
    t.test('signing keys rotate', async (t) => {
      const clock = new ManualClock(NOON);
      await rotation(t, await startTestHub(t, { home, clock }), clock);
    });
    t.test('who is cut off is cut off at once', async (t) => cutOff(t, await startTestHub(t, { home })));
    t.test('secrets overlap', async (t) => {
      const clock = new ManualClock(NOON);
      await overlap(t, await startTestHub(t, { home, clock }), clock);
    });
  });
}

async function tokenEndpoint(t: Test, hub: TestHub): Promise<void> {
  const { url } = hub;
  const { client_id, client_secret } = (await hub.join({ id: 'northstar' }, ['members:read', 'signals:read'])).credentials;

  const posted = await requestToken(url, { client_id, client_secret });
  t.match(posted, { status: 200, body: { token_type: 'Bearer', expires_in: 900, scope: 'members:read signals:read' } });
  t.equal(posted.headers.get('cache-control'), 'no-store');
  const narrowed = await requestToken(url, { scope: 'members:read' }, basic(client_id, client_secret));
  t.match(narrowed, { status: 200, body: { scope: 'members:read' } });
  const { status, body } = await me(url, (narrowed.body as Token).access_token);
  t.match({ status, body }, { status: 200, body: { client_id, scopes: ['members:read'], member: { id: 'northstar' } } });

  const refused: [string, Record<string, string>, Record<string, string>, string][] = [
    ['a wrong secret', { client_id, client_secret: 'x'.repeat(43) }, {}, '401 invalid_client'],
    ['an unknown client', { client_id: 'nobody.1', client_secret }, {}, '401 invalid_client'],
    ['another client’s secret', { client_id, client_secret: hub.operator.credentials.client_secret }, {}, '401 invalid_client'],
    ['no proof', {}, {}, '400 invalid_request'],
    ['half a proof', { client_id }, {}, '400 invalid_request'],
    ['two ways at once', { client_id, client_secret }, basic(client_id, client_secret), '400 invalid_request'],
    ['a secret and an assertion', { client_id, client_secret, client_assertion: 'a.b.c', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' }, {}, '400 invalid_request'],
    ['an assertion of no known type', { client_assertion: 'a.b.c', client_assertion_type: 'saml' }, {}, '400 invalid_request'],
    ['broken Basic', {}, { authorization: 'Basic !' }, '400 invalid_request'],
    ['Basic without a colon', {}, { authorization: 'Basic YWJj' }, '400 invalid_request'],
    ['Basic with a broken escape', {}, { authorization: `Basic ${Buffer.from('%zz:x').toString('base64')}` }, '400 invalid_request'],
    ['another grant', { client_id, client_secret, grant_type: 'password' }, {}, '400 unsupported_grant_type'],
    ['a scope that the client does not have', { client_id, client_secret, scope: 'members:read audit:read' }, {}, '400 invalid_scope'],
    ['a scope that there is not', { client_id, client_secret, scope: 'everything' }, {}, '400 invalid_scope'],
    ['a field that is too long', { client_id: 'x'.repeat(200), client_secret }, {}, '400 invalid_request'],
  ];
  for (const [name, form, headers, expected] of refused) t.equal(errorOf(await requestToken(url, form, headers)), expected, name);
  const wrong = await requestToken(url, { client_id, client_secret: 'wrong' });
  t.match(wrong.headers.get('www-authenticate'), /^Basic/);
  t.equal(errorOf(await call(`${url}/v1/oauth/token`, 'POST', 'client_id=a', { 'content-type': 'application/x-www-form-urlencoded' })), '400 invalid_request', 'no grant type');
}

async function assertions(t: Test, hub: TestHub, clock: ManualClock): Promise<void> {
  const { url } = hub;
  const endpoint = `${url}/v1/oauth/token`;
  await hub.join({ id: 'northstar' });
  const keys = { ed: await clientKey('EdDSA'), ec: await clientKey('ES256') };
  const clients = { ed: await keyClient(hub, 'northstar', keys.ed), ec: await keyClient(hub, 'northstar', keys.ec) };
  const ask = async (key: ClientKey, client: string, claims: Record<string, unknown> = {}, more: Record<string, string> = {}): Promise<string> => {
    const answer = await requestToken(url, { ...(await assertionForm(key, client, endpoint, clock.now(), claims)), ...more });
    return answer.status === 200 ? '200' : errorOf(answer);
  };

  t.equal(await ask(keys.ed, clients.ed), '200', 'Ed25519');
  t.equal(await ask(keys.ec, clients.ec), '200', 'P-256');
  t.equal(await ask(keys.ed, clients.ed, { aud: url }), '200', 'the issuer is an audience too');
  t.equal(await ask(keys.ed, clients.ed, {}, { client_id: clients.ed }), '200', 'the client may name itself');
  const named = await assertionForm(keys.ed, clients.ed, endpoint, clock.now(), {}, { kid: 'mine', typ: 'JWT' });
  t.equal((await requestToken(url, named)).status, 200, 'a key id of the client’s own does not get in the way');
  const once = await assertionForm(keys.ed, clients.ed, endpoint, clock.now());
  t.equal((await requestToken(url, once)).status, 200);
  t.equal(errorOf(await requestToken(url, once)), '401 invalid_client', 'it serves once');
  const twice = await assertionForm(keys.ec, clients.ec, endpoint, clock.now());
  t.same((await Promise.all([requestToken(url, twice), requestToken(url, twice)])).map(({ status }) => status).sort(), [200, 401], 'and once of two at the same time');

  const now = Math.floor(clock.now() / 1000);
  const refused: [string, Record<string, unknown>][] = [
    ['an audience elsewhere', { aud: 'https://elsewhere.example/v1/oauth/token' }],
    ['no audience', { aud: undefined }],
    ['expired', { exp: now - 31 }],
    ['no end', { exp: undefined }],
    ['too long a life', { exp: now + 3600 }],
    ['no id', { jti: undefined }],
    ['an id that is too long', { jti: 'x'.repeat(201) }],
    ['another issuer', { iss: clients.ec }],
    ['another client', { iss: clients.ec, sub: clients.ec }],
    ['nobody', { iss: 'nobody.1', sub: 'nobody.1' }],
    ['not yet', { nbf: now + 120 }],
  ];
  for (const [name, claims] of refused) t.equal(await ask(keys.ed, clients.ed, claims), '401 invalid_client', name);
  t.equal(await ask(keys.ed, clients.ed, {}, { client_id: clients.ec }), '401 invalid_client', 'it names another');
  t.equal(await ask(await clientKey('EdDSA'), clients.ed), '401 invalid_client', 'another key');
  const claims = { iss: clients.ed, sub: clients.ed, aud: endpoint, exp: now + 60, jti: 'none' };
  const unsigned = rawJwt({ alg: 'none' }, claims, () => new Uint8Array());
  const shared = rawJwt({ alg: 'HS256' }, claims, (input) => createHmac('sha256', keys.ed.jwk.x).update(input).digest());
  for (const assertion of [unsigned, shared, 'a.b.c', 'garbage']) t.equal(errorOf(await requestToken(url, { ...once, client_assertion: assertion })), '401 invalid_client');
}

async function attacks(t: Test, { url, hub, operator }: TestHub, clock: ManualClock): Promise<void> {
  const { kid, x, privateKey } = await hubKey(hub);
  const seconds = NOON / 1000;
  const claims = { sub: operator.credentials.client_id, member: 'hub', scope: 'members:read', iat: seconds, exp: seconds + 900, jti: 'test', iss: url, aud: url };
  const header = { alg: 'EdDSA', typ: 'JWT', kid };
  const signed = (more: object = {}, moreHeader: object = {}): string => rawJwt({ ...header, ...moreHeader }, { ...claims, ...more }, (input) => signBytes(null, Buffer.from(input), privateKey));
  const hmac = (key: string | Buffer): string => rawJwt({ ...header, alg: 'HS256' }, claims, (input) => createHmac('sha256', key).update(input).digest());
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const other = generateKeyPairSync('ed25519');
  const byOther = (moreHeader: object): string => rawJwt({ ...header, ...moreHeader }, claims, (input) => signBytes(null, Buffer.from(input), other.privateKey));
  t.equal((await me(url, signed())).status, 200, 'a token made by this test like this is one');

  const forged: [string, string][] = [
    ['alg none', rawJwt({ ...header, alg: 'none' }, claims, () => new Uint8Array())],
    ['alg None', rawJwt({ ...header, alg: 'None' }, claims, () => new Uint8Array())],
    ['the public key as PEM as an HMAC secret', hmac(publicKey.export({ format: 'pem', type: 'spki' }).toString())],
    ['the public key as DER as an HMAC secret', hmac(publicKey.export({ format: 'der', type: 'spki' }))],
    ['the public key’s bytes as an HMAC secret', hmac(Buffer.from(x, 'base64url'))],
    ['another audience', signed({ aud: 'https://elsewhere.example' })],
    ['no audience', signed({ aud: undefined })],
    ['another issuer', signed({ iss: 'https://elsewhere.example' })],
    ['no issuer', signed({ iss: undefined })],
    ['an end that has passed', signed({ exp: seconds })],
    ['no end', signed({ exp: undefined })],
    ['no id', signed({ jti: undefined })],
    ['no subject', signed({ sub: undefined })],
    ['a client that there is not', signed({ sub: 'nobody.1' })],
    ['an unknown key id', signed({}, { kid: 'f'.repeat(24) })],
    ['no key id', signed({}, { kid: undefined })],
    ['a key id that is no text', signed({}, { kid: { toString: kid } })],
    ['another key under our id', byOther({})],
    ['a key that the token brings', byOther({ kid: undefined, jwk: other.publicKey.export({ format: 'jwk' }) })],
    ['a changed signature', signed().replace(/.{4}$/, (end) => (end.startsWith('A') ? `B${end.slice(1)}` : `A${end.slice(1)}`))],
    ['changed claims', signed().replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...claims, scope: 'audit:read' })).toString('base64url')}.`)],
    ['no signature', signed().replace(/[^.]+$/, '')],
    ['garbage', 'garbage'],
    ['dots', '..'],
    ['a long text', 'x'.repeat(4000)],
  ];
  for (const [name, token] of forged) {
    const answer = await me(url, token);
    t.same(problemOf(answer), ['401 invalid-token'], name);
    t.match(answer.headers.get('www-authenticate'), /^Bearer/);
  }
  t.same(problemOf(await me(url)), ['401 missing-token'], 'no token');
  for (const authorization of ['Bearer', 'Bearer ', 'Basic eDp5', `Bearer ${signed()} x`, `Bearer ${'x'.repeat(5000)}`]) {
    t.same(problemOf(await call(`${url}/v1/me`, 'GET', undefined, { authorization })), ['401 invalid-token'], authorization.slice(0, 20));
  }
  t.same(problemOf(await call(`${url}/v1/audit`, 'GET', undefined, { authorization: `Bearer ${signed()}` })), ['403 missing-scope']);
  const token = await operator.token();
  clock.advance(899_000);
  t.equal((await me(url, token)).status, 200, 'in its last second');
  clock.advance(1000);
  t.same(problemOf(await me(url, token)), ['401 invalid-token'], 'and not after, though it was verified before');
}

async function rotation(t: Test, { url, hub, operator }: TestHub, clock: ManualClock): Promise<void> {
  const jwks = async (): Promise<Jwks> => (await call<Jwks>(`${url}/.well-known/jwks.json`, 'GET', undefined, {})).body;
  const kids = async (): Promise<(string | undefined)[]> => (await jwks()).keys.map((key) => key.kid);
  const verify = async (token: string): Promise<unknown> => jwtVerify(token, createLocalJWKSet((await jwks()) as JSONWebKeySet), { issuer: url, audience: url, currentDate: new Date(clock.now()) });
  const first = (await hubKey(hub)).kid;
  const old = await operator.token();
  t.same(await kids(), [first]);
  await verify(old);

  t.same(problemOf(await operator.post('/v1/keys/signing/rotate', { overlap: 'P1M' })), ['400 invalid-body', '/overlap must be an ISO 8601 duration in weeks, days, hours, minutes and seconds, at most 3,660 days']);
  const { body } = await operator.post<Jwks>('/v1/keys/signing/rotate', { overlap: 'PT5M' });
  const second = body.keys[0]!.kid!;
  t.not(second, first);
  t.same((await kids()).sort(), [first, second].sort(), 'both verify for a while');
  await verify(old);
  t.equal((await me(url, old)).status, 200);
  clock.advance(5 * MINUTE - 1);
  t.equal((await me(url, old)).status, 200);
  clock.advance(1);
  t.same(await kids(), [second]);
  t.same(problemOf(await me(url, old)), ['401 invalid-token'], 'a live token of a key that is gone');
  clock.advance(10 * MINUTE);
  const fresh = await operator.token();
  await verify(fresh);
  t.equal((await me(url, fresh)).status, 200);
}

async function cutOff(t: Test, hub: TestHub): Promise<void> {
  const { url, operator } = hub;
  const northstar = await hub.join({ id: 'northstar' });
  const harbour = await hub.join({ id: 'harbour' });
  const token = await northstar.token();
  const state = async (): Promise<string> => {
    const answer = await me(url, token);
    return answer.status === 200 ? '200' : problemOf(answer)[0]!;
  };
  t.equal(await state(), '200');
  await operator.post('/v1/members/northstar/suspend');
  t.equal(await state(), '403 member-suspended');
  t.equal((await requestToken(url, { ...northstar.credentials })).status, 200, 'a suspended member may still learn that it is');
  await operator.post('/v1/members/northstar/resume');
  t.equal(await state(), '200', 'the same token again');
  await operator.post(`/v1/clients/${northstar.credentials.client_id}/revoke`);
  t.equal(await state(), '401 invalid-token');
  t.equal(errorOf(await requestToken(url, { ...northstar.credentials })), '401 invalid_client');

  const live = await harbour.token();
  await operator.post('/v1/members/harbour/off-board', { signals: 'keep' });
  t.same(problemOf(await me(url, live)), ['403 member-left'], 'so that its replicas are emptied');
  const late = await requestToken(url, { ...harbour.credentials });
  t.equal(late.status, 200, 'also where the token has run out meanwhile');
  t.same(problemOf(await me(url, (late.body as Token).access_token)), ['403 member-left']);
}

async function overlap(t: Test, hub: TestHub, clock: ManualClock): Promise<void> {
  const northstar = await hub.join({ id: 'northstar' });
  const { client_id } = northstar.credentials;
  const { body } = await northstar.post<ClientView>(`/v1/clients/${client_id}/credentials`, { retire_others_after: 'PT1H' });
  const renewed = hub.api({ client_id, client_secret: body.client_secret! });
  const both = (): Promise<number[]> => Promise.all([northstar, renewed].map(async ({ credentials }) => (await requestToken(hub.url, { ...credentials })).status));
  t.same(await both(), [200, 200]);
  clock.advance(60 * MINUTE - 1);
  t.same(await both(), [200, 200]);
  clock.advance(1);
  t.same(await both(), [401, 200]);
  t.match((await renewed.get<Me>('/v1/me')).body, { client_id });
}
