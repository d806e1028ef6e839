import { randomUUID } from 'node:crypto';
import { importJWK, SignJWT, type JWK } from 'jose';
import type { Token } from '../../schemas/types.ts';
import { ProtocolError } from './errors.ts';
import { documentOf, refusal, type Transport } from './transport.ts';

/** How a client proves who it is: by its secret, or by signing with its private key (RFC 7523). */
export type Credentials = { clientSecret: string; privateKey?: undefined } | { privateKey: JWK; clientSecret?: undefined };

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const TOKEN_PATH = '/v1/oauth/token';
/** A token is renewed so long before it ends, or in the last quarter of its life, whichever is shorter. */
const MARGIN = 60_000;

interface Held {
  text: string;
  /** By the process's monotonic clock. */
  renewAt: number;
  endsAt: number;
}

/** A client's access token, fetched when it is needed and renewed before it ends. Requests that wait for one share one fetch. */
export class TokenSource {
  readonly #fetch: () => Promise<Token>;
  #held: Held | undefined;
  #fetching: Promise<Held> | undefined;

  constructor(fetch: () => Promise<Token>) {
    this.#fetch = fetch;
  }

  /** A token that is live for a while yet. */
  async token(): Promise<string> {
    const held = this.#held;
    if (held && performance.now() < held.renewAt) return held.text;
    this.#fetching ??= this.#renew().finally(() => (this.#fetching = undefined));
    if (!held) return (await this.#fetching).text;
    return this.#fetching.then((renewed) => renewed.text, (error: unknown) => this.#stillLive(held, error));
  }

  /** Forgets a token that the hub did not accept. */
  drop(token: string): void {
    if (this.#held?.text === token) this.#held = undefined;
  }

  #stillLive(held: Held, error: unknown): string {
    if (performance.now() >= held.endsAt) throw error;
    return held.text;
  }

  async #renew(): Promise<Held> {
    const asked = performance.now();
    const { access_token: text, expires_in: seconds } = await this.#fetch();
    const life = seconds * 1000;
    this.#held = { text, renewAt: asked + life - Math.min(MARGIN, life / 4), endsAt: asked + life };
    return this.#held;
  }
}

/** Asks the hub for a token. Each call signs a new assertion: one is good once. */
export async function fetchToken(transport: Transport, clientId: string, credentials: Credentials, scope?: string): Promise<Token> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, ...(scope === undefined ? {} : { scope }) });
  for (const [name, value] of Object.entries(await proof(transport, clientId, credentials))) form.set(name, value);
  const incoming = await transport.send({
    method: 'POST', path: TOKEN_PATH, headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }, body: form.toString(),
  });
  if (incoming.statusCode !== 200) throw await refusal(incoming);
  const token = (await documentOf(incoming)) as Partial<Token> | undefined;
  if (typeof token?.access_token !== 'string' || typeof token.expires_in !== 'number') throw new ProtocolError('the token endpoint gave no token: is this the address of a hub?');
  return token as Token;
}

async function proof(transport: Transport, clientId: string, { clientSecret, privateKey }: Credentials): Promise<Record<string, string>> {
  if (privateKey === undefined) return { client_secret: clientSecret };
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: await signAssertion(privateKey, clientId, transport.address + TOKEN_PATH) };
}

async function signAssertion(jwk: JWK, clientId: string, audience: string): Promise<string> {
  const alg = jwk.kty === 'OKP' ? 'EdDSA' : 'ES256';
  const key = await importJWK(jwk, alg);
  return new SignJWT({})
    .setProtectedHeader({ alg, ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(key);
}
