import { randomBytes } from 'node:crypto';

/** Where randomness comes from: `bytes(n)` gives n bytes that nobody can guess. */
export interface Random {
  bytes(length: number): Buffer;
}

const BLOCK = 8192;
let block = Buffer.alloc(0);

/** The operating system's generator, asked for a block at a time. No byte is given out twice. */
export const systemRandom: Random = {
  bytes(length) {
    if (length > BLOCK) return randomBytes(length);
    if (block.length < length) block = randomBytes(BLOCK);
    const taken = Buffer.from(block.subarray(0, length));
    block.fill(0, 0, length);
    block = block.subarray(length);
    return taken;
  },
};

/** Sixteen bytes as a UUID of version 4. */
export function uuidFrom(bytes: Uint8Array): string {
  const b = Buffer.from(bytes.subarray(0, 16));
  b[6] = (b[6]! & 0x0f) | 0x40;
  b[8] = (b[8]! & 0x3f) | 0x80;
  const hex = b.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
