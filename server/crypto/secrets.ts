import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto';
import { deriveKey, keyedBlake3 } from '../../clients/sdk/digests/blake3.ts';
import type { Random } from '../random.ts';

const NONCE = 12;
const TAG = 16;

/** The keys that the hub's one master secret (32 bytes) gives, one per purpose, so that none serves two. */
export interface Secrets {
  /** Seals private keys at rest. */
  atRest: Uint8Array;
  /** Seals cursors. */
  cursors: Uint8Array;
  /** Makes the pseudonyms of origins. */
  pseudonyms: Uint8Array;
  /** Makes ids of retried writes come out the same, and impossible to guess. */
  ids: Uint8Array;
  /** Hashes client secrets. */
  credentials: Uint8Array;
}

/** Derives every key from the master secret. */
export function deriveSecrets(master: Uint8Array): Secrets {
  const derive = (purpose: string): Uint8Array => deriveKey(`tocsin 2026-11 ${purpose}`, master);
  return { atRest: derive('at rest'), cursors: derive('cursors'), pseudonyms: derive('pseudonyms'), ids: derive('ids'), credentials: derive('credentials') };
}

/** AES-256-GCM with a random nonce; `context` must be given again to open. Output: nonce, tag, ciphertext. */
export function seal(key: Uint8Array, plain: Uint8Array, context: string, random: Random): Buffer {
  const nonce = random.bytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** Opens what `seal` made; undefined when it was not made with this key and context, or was changed. */
export function open(key: Uint8Array, sealed: Uint8Array, context: string): Buffer | undefined {
  if (sealed.length < NONCE + TAG) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** The stored form of a client secret: it has 256 random bits, so a keyed hash is enough. */
export function hashSecret(secrets: Secrets, secret: string): string {
  return keyedBlake3(secrets.credentials, secret).toString('hex');
}

/** Compares two texts of equal length in constant time; texts of different length are different. */
export function constantTimeEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
