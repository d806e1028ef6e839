import type { JWT } from '@fastify/jwt';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { blake3 } from '../../clients/sdk/digests/blake3.ts';
import { open, seal } from '../crypto/secrets.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';
import { uuidFrom } from '../random.ts';
import type { Entry, SigningKeyDocument } from '../world/documents.ts';
import type { HubWorld } from '../world/state.ts';

/** Seconds that an access token lives. */
export const TOKEN_SECONDS = 900;

/** What an access token says. */
export interface TokenClaims {
  /** The client. */
  sub: string;
  member: string;
  scope: string;
  exp: number;
  kid: string;
}

const CACHED = 10_000;
const CONTEXT = 'signing key';

/** Issues and checks the hub's access tokens: JWTs (RFC 7519) signed with EdDSA over Ed25519 (RFC 8037). */
export class Tokens {
  readonly #hub: Hub;
  readonly #jwt: JWT;
  readonly #address: () => string;
  readonly #verified = new Map<string, TokenClaims>();
  readonly #publicKeys = new Map<string, string>();

  /** @param address the hub's public address: issuer and audience */
  constructor(hub: Hub, jwt: JWT, address: () => string) {
    this.#hub = hub;
    this.#jwt = jwt;
    this.#address = address;
  }

  issue(world: HubWorld, client: string, member: string, scopes: readonly string[]): string {
    const key = world.signingKeys.find((candidate) => candidate.retired_at === undefined);
    if (!key) throw new Error('the hub has no signing key');
    const now = Math.floor(this.#hub.clock.now() / 1000);
    const claims = { sub: client, member, scope: scopes.join(' '), iat: now, exp: now + TOKEN_SECONDS, jti: uuidFrom(this.#hub.random.bytes(16)) };
    const address = this.#address();
    return this.#jwt.sign(claims, { key: this.#privateKey(key), algorithm: 'EdDSA', kid: key.kid, iss: address, aud: address });
  }

  /** @throws Problem invalid-token for anything but a live token of a key that the world still accepts */
  verify(world: HubWorld, token: string): TokenClaims {
    const now = this.#hub.clock.now();
    const claims = this.#verified.get(token) ?? this.#check(world, token, now);
    const key = world.signingKeys.find((candidate) => candidate.kid === claims.kid);
    if (!key || (key.expires_at !== undefined && key.expires_at <= now) || claims.exp * 1000 <= now) throw new Problem('invalid-token');
    this.#remember(token, claims);
    return claims;
  }

  #check(world: HubWorld, token: string, now: number): TokenClaims {
    const address = this.#address();
    try {
      const { header } = this.#jwt.decode<{ header: { kid?: string } }>(token, { complete: true })!;
      const key = world.signingKeys.find((candidate) => candidate.kid === header.kid);
      if (!key) throw new Problem('invalid-token');
      const claims = this.#jwt.verify<Omit<TokenClaims, 'kid'>>(token, {
        key: this.#publicKey(key),
        algorithms: ['EdDSA'],
        allowedIss: address,
        allowedAud: address,
        clockTimestamp: now,
        requiredClaims: ['iss', 'aud', 'sub', 'exp', 'jti'],
      });
      return { sub: claims.sub, member: claims.member, scope: claims.scope, exp: claims.exp, kid: key.kid };
    } catch {
      throw new Problem('invalid-token');
    }
  }

  #remember(token: string, claims: TokenClaims): void {
    if (this.#verified.size >= CACHED) this.#verified.delete(this.#verified.keys().next().value!);
    this.#verified.set(token, claims);
  }

  #publicKey(key: SigningKeyDocument): string {
    const pem = this.#publicKeys.get(key.kid) ?? pemOf(createPublicKey({ key: key.jwk as JsonWebKey, format: 'jwk' }), 'spki');
    this.#publicKeys.set(key.kid, pem);
    return pem;
  }

  #privateKey(key: SigningKeyDocument): string {
    const der = open(this.#hub.secrets.atRest, Buffer.from(key.sealed, 'base64'), `${CONTEXT} ${key.kid}`);
    if (!der) throw new Error('the signing key does not open: is TOCSIN_SECRET the one it was made with?');
    return pemOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), 'pkcs8');
  }
}

/** A new signing key as a world entry. */
export function newSigningKey(hub: Pick<Hub, 'secrets' | 'random'>, at: number): Entry {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const jwk = publicKey.export({ format: 'jwk' }) as SigningKeyDocument['jwk'];
  const kid = blake3(jwk.x, 12).toString('hex');
  const sealed = seal(hub.secrets.atRest, privateKey.export({ format: 'der', type: 'pkcs8' }), `${CONTEXT} ${kid}`, hub.random).toString('base64');
  return { kind: 'signing-key', subject: kid, doc: { kid, jwk, sealed, created_at: at } };
}

function pemOf(key: KeyObject, type: 'spki' | 'pkcs8'): string {
  return key.export({ format: 'pem', type: type }).toString();
}
