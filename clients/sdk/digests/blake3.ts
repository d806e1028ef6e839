import { createDeriveKey, createHash, createKeyed, hash } from 'blake3';

/** Anything these functions hash: bytes, or text that is hashed as UTF-8. */
export type Blake3Input = string | Uint8Array;

/** A BLAKE3 computation fed piece by piece. It holds WebAssembly memory until `digest` or `dispose` is called. */
export interface Blake3Hasher {
  /** Feeds more input; any split of the same bytes gives the same digest. */
  update(data: Blake3Input): this;
  /** Ends the computation and gives `length` bytes (32 by default). Throws when called twice. */
  digest(length?: number): Buffer;
  /** Gives the memory back without a digest. Harmless when called again. */
  dispose(): void;
}

type PackageHasher = ReturnType<typeof createHash>;

const KEY_BYTES = 32;

// WebAssembly memory never shrinks: a large input is copied into it in pieces of this size.
const PIECE_BYTES = 65_536;

function bytesOf(data: Blake3Input): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
}

function feed(hasher: PackageHasher, data: Blake3Input): PackageHasher {
  const bytes = bytesOf(data);
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    hasher.update(bytes.subarray(start, start + PIECE_BYTES));
  }
  return hasher;
}

function keyed(key: Uint8Array): PackageHasher {
  if (key.length !== KEY_BYTES) throw new RangeError('a BLAKE3 key has 32 bytes');
  return createKeyed(Buffer.from(key.buffer, key.byteOffset, key.length));
}

/**
 * Plain BLAKE3 of bytes or UTF-8 text: `length` bytes, 32 by default.
 *
 * Source: the BLAKE3 paper (O'Connor and others, 2020), as are the modes below.
 */
export function blake3(data: Blake3Input, length = 32): Buffer {
  const bytes = bytesOf(data);
  if (bytes.length > PIECE_BYTES) return feed(createHash(), bytes).digest({ length });
  // `hash` is five times faster than a hasher. It is typed to give text as well, which it never does.
  return hash(bytes, { length }) as Buffer;
}

/**
 * BLAKE3 in keyed mode: a message authentication code of `length` bytes, 32 by default. Throws a RangeError for a
 * key that is not of 32 bytes.
 *
 * The package's one-shot `keyedHash` and `deriveKey` never free their WebAssembly state (2 kB a call), which is why
 * these functions build a hasher whose `digest` frees it.
 */
export function keyedBlake3(key: Uint8Array, data: Blake3Input, length = 32): Buffer {
  return feed(keyed(key), data).digest({ length });
}

/**
 * BLAKE3 in key derivation mode: `length` bytes, 32 by default, of a key made from `material`. The context is a
 * constant of the program that names the one use of the key, never something that a user chose.
 */
export function deriveKey(context: string, material: Uint8Array, length = 32): Buffer {
  return feed(createDeriveKey(context), material).digest({ length });
}

/**
 * Starts an incremental BLAKE3, keyed when a 32-byte key is given. Throws a RangeError for a key of another length.
 *
 * @example createBlake3().update(first).update(second).digest().toString('hex')
 */
export function createBlake3(key?: Uint8Array): Blake3Hasher {
  const hasher = key === undefined ? createHash() : keyed(key);
  return {
    update(data) {
      feed(hasher, data);
      return this;
    },
    digest: (length = 32) => hasher.digest({ length }),
    dispose() {
      hasher.dispose();
    },
  };
}
