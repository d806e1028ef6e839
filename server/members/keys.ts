import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { PublicJwk } from '../../schemas/types.ts';
import { problemAt } from '../problems.ts';

/** A public key as the hub keeps it: nothing but the key, in its one canonical form. */
export type PublicKey = { kty: string; crv: string; x: string; y?: string };

/**
 * Checks a client's key by importing it: Ed25519, or P-256 with a point on the curve, meant for signatures.
 * @param pointer where the key stands in the request
 * @throws Problem invalid-body
 */
export function publicKeyOf(jwk: PublicJwk, pointer: string): PublicKey {
  const { kty, crv, x, y, use, alg } = jwk;
  const kind = kinds[`${kty} ${crv}`];
  if (!kind) throw problemAt('invalid-body', `${pointer}/crv`, 'must be Ed25519 with kty OKP, or P-256 with kty EC');
  if ((y !== undefined) !== kind.y) throw problemAt('invalid-body', `${pointer}/y`, kind.y ? 'is missing' : 'is not allowed here');
  if (use !== undefined && use !== 'sig') throw problemAt('invalid-body', `${pointer}/use`, 'must be sig');
  if (alg !== undefined && alg !== kind.alg) throw problemAt('invalid-body', `${pointer}/alg`, `must be ${kind.alg}`);
  try {
    const key: JsonWebKey = { kty, crv, x, ...(y === undefined ? {} : { y }) };
    return createPublicKey({ key, format: 'jwk' }).export({ format: 'jwk' }) as PublicKey;
  } catch {
    throw problemAt('invalid-body', pointer, 'is not a public key');
  }
}

const kinds: Record<string, { alg: string; y: boolean } | undefined> = {
  'OKP Ed25519': { alg: 'EdDSA', y: false },
  'EC P-256': { alg: 'ES256', y: true },
};
