import { SignJWT, exportJWK, generateKeyPair, type CryptoKey } from 'jose';
import { createPrivateKey } from 'node:crypto';
import type { PublicJwk } from '../../schemas/types.ts';
import { open } from '../../server/crypto/secrets.ts';
import type { Hub } from '../../server/hub.ts';
import type { SigningKeyDocument } from '../../server/world/documents.ts';

/** A key pair of a client, for private-key JWT. */
export interface ClientKey {
  alg: 'EdDSA' | 'ES256';
  jwk: PublicJwk;
  privateKey: CryptoKey;
}

/** Makes a key pair. */
export async function clientKey(alg: ClientKey['alg']): Promise<ClientKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, privateKey, jwk: (await exportJWK(publicKey)) as PublicJwk };
}

/** The form of a token request with a client assertion; `claims` replace or, where undefined, remove the usual ones. */
export async function assertionForm(key: ClientKey, client: string, audience: string, now: number, claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<Record<string, string>> {
  const seconds = Math.floor(now / 1000);
  const payload = { iss: client, sub: client, aud: audience, iat: seconds, exp: seconds + 60, jti: crypto.randomUUID(), ...claims };
  const client_assertion = await new SignJWT(JSON.parse(JSON.stringify(payload)) as Record<string, unknown>).setProtectedHeader({ alg: key.alg, ...header }).sign(key.privateKey);
  return { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion };
}

/** The key that the hub signs with. */
export async function hubKey(hub: Hub): Promise<{ kid: string; x: string; privateKey: ReturnType<typeof createPrivateKey> }> {
  const world = await hub.worlds.at((await hub.head()).world);
  const { kid, jwk, sealed } = world.signingKeys.find((key) => key.retired_at === undefined) as SigningKeyDocument;
  const der = open(hub.secrets.atRest, Buffer.from(sealed, 'base64'), `signing key ${kid}`)!;
  return { kid, x: jwk.x, privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) };
}

/** A compact JWT put together by hand: header and claims as they are, and the signature given. */
export function rawJwt(header: object, claims: object, sign: (input: string) => Uint8Array): string {
  const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${input}.${Buffer.from(sign(input)).toString('base64url')}`;
}

