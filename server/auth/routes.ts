import type { Token, TokenError, TokenRequest } from '../../schemas/types.ts';
import type { App } from '../http/fastify.ts';
import { $, validatorOf } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { duration } from '../policy/time.ts';
import { operatorOf, type Access } from './access.ts';
import { proveClient, type Proof } from './clients.ts';
import { newSigningKey, TOKEN_SECONDS, type Tokens } from './tokens.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const validRequest = validatorOf('TokenRequest');

/** The token endpoint, the JWKS, and the rotation of signing keys. */
export function authRoutes(app: App, hub: Hub, tokens: Tokens, access: Access, address: () => string): void {
  app.post('/v1/oauth/token', { schema: { tags: ['Access'], summary: 'Get an access token', consumes: ['application/x-www-form-urlencoded'], response: { 200: $('Token'), 400: $('TokenError'), 401: $('TokenError') } }, config: { rateLimit: { max: Math.ceil(hub.config.rateLimit / 50) } } }, async (request, reply) => {
    void reply.header('cache-control', 'no-store');
    const outcome = await grant(hub, tokens, address(), request.body, request.headers.authorization);
    if (typeof outcome !== 'string') return outcome;
    const status = outcome === 'invalid_client' ? 401 : 400;
    if (status === 401) void reply.header('www-authenticate', 'Basic realm="tocsin"');
    return reply.code(status).send({ error: outcome });
  });

  app.get('/.well-known/jwks.json', { schema: { tags: ['Access'], summary: 'The public keys of the hub’s tokens', response: { 200: $('Jwks') } } }, async (_request, reply) => {
    const world = await hub.worlds.at((await hub.head()).world);
    const live = world.signingKeys.filter((key) => key.expires_at === undefined || key.expires_at > hub.clock.now());
    void reply.header('cache-control', 'public, max-age=60');
    return { keys: live.map(({ jwk, kid }) => ({ kty: 'OKP' as const, crv: 'Ed25519' as const, x: jwk.x, kid, use: 'sig', alg: 'EdDSA' })) };
  });

  app.post('/v1/keys/signing/rotate', { onRequest: access('keys:write'), schema: { tags: ['Operation'], summary: 'Sign with a new key; the old one’s tokens are accepted for a while', body: $('Rotation'), response: { 200: $('Jwks') } } }, async (request) => {
    const viewer = operatorOf(request);
    const overlap = request.body.overlap === undefined ? TOKEN_SECONDS * 1000 : duration(request.body.overlap);
    const made = await hub.worlds.change({ member: viewer.member.id, client: viewer.client }, (world, at) => {
      const fresh = newSigningKey(hub, at);
      const retiring = world.signingKeys.filter((key) => key.retired_at === undefined);
      const retired = retiring.map((key) => ({ kind: 'signing-key' as const, subject: key.kid, doc: { ...key, retired_at: at, expires_at: at + overlap } }));
      return { entries: [...retired, fresh], deeds: [{ action: 'rotate-signing-key', subject: fresh.subject, detail: { overlap } }], result: fresh };
    });
    const { jwk, kid } = made.doc as { jwk: { x: string }; kid: string };
    return { keys: [{ kty: 'OKP' as const, crv: 'Ed25519' as const, x: jwk.x, kid, use: 'sig', alg: 'EdDSA' }] };
  });
}

async function grant(hub: Hub, tokens: Tokens, address: string, body: unknown, authorization: string | undefined): Promise<Token | TokenError['error']> {
  const form = (body ?? {}) as TokenRequest;
  if (validRequest(form)) return 'invalid_request';
  if (form.grant_type !== 'client_credentials') return 'unsupported_grant_type';
  const proof = readProof(form, authorization);
  if (!proof) return 'invalid_request';
  const world = await hub.worlds.at((await hub.head()).world);
  const client = await proveClient(hub, world, proof, [address, `${address}/v1/oauth/token`]);
  const member = client && world.members.get(client.member);
  if (!client || !member) return 'invalid_client';
  const asked = form.scope?.split(' ').filter(Boolean) ?? client.scopes;
  if (!asked.every((scope) => client.scopes.includes(scope))) return 'invalid_scope';
  return { access_token: tokens.issue(world, client.id, client.member, asked), token_type: 'Bearer', expires_in: TOKEN_SECONDS, scope: asked.join(' ') };
}

/** Exactly one way of authentication must be used (RFC 6749, 2.3). */
function readProof(form: TokenRequest, authorization: string | undefined): Proof | undefined {
  const basic = authorization === undefined ? undefined : readBasic(authorization);
  if (authorization !== undefined && !basic) return undefined;
  const { client_id: id, client_secret: secret, client_assertion: assertion, client_assertion_type: type } = form;
  if (basic) return secret === undefined && assertion === undefined ? basic : undefined;
  if (assertion !== undefined) return type === ASSERTION_TYPE && secret === undefined ? { kind: 'assertion', assertion, ...(id === undefined ? {} : { client: id }) } : undefined;
  return id !== undefined && secret !== undefined ? { kind: 'secret', client: id, secret } : undefined;
}

function readBasic(authorization: string): Proof | undefined {
  const match = /^Basic ([A-Za-z0-9+/=]{1,1000})$/i.exec(authorization);
  const text = match ? Buffer.from(match[1]!, 'base64').toString() : '';
  const colon = text.indexOf(':');
  if (colon < 1) return undefined;
  try {
    return { kind: 'secret', client: decodeURIComponent(text.slice(0, colon)), secret: decodeURIComponent(text.slice(colon + 1)) };
  } catch {
    return undefined;
  }
}
