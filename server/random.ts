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

const VARIANTS = ['8', '9', 'a', 'b'];

/** Sixteen bytes as a UUID of version 4. */
export function uuidFrom(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex');
  const variant = VARIANTS[Number.parseInt(hex[16]!, 16) & 3]!;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
