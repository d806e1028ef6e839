/** A set of rules of one policy, in words of 32 bits: the first rule is the highest bit of the first word. */
export type Bits = number[];

/** The rules for which `has` holds. */
export function bitsOf(count: number, has: (index: number) => boolean): Bits {
  const bits = new Array<number>(Math.ceil(count / 32)).fill(0);
  for (let index = 0; index < count; index += 1) if (has(index)) bits[index >>> 5]! |= 0x80000000 >>> (index & 31);
  return bits;
}

/** Whether the rule is in the set. */
export function hasBit(bits: Bits, index: number): boolean {
  return (bits[index >>> 5]! & (0x80000000 >>> (index & 31))) !== 0;
}

/** Leaves in `bits` what is in both. */
export function keepCommon(bits: Bits, other: Bits): void {
  for (let word = 0; word < bits.length; word += 1) bits[word]! &= other[word]!;
}

/** The first rule that is in both sets; -1 for none. */
export function firstCommon(a: Bits, b: Bits): number {
  for (let word = 0; word < a.length; word += 1) {
    const both = a[word]! & b[word]!;
    if (both !== 0) return word * 32 + Math.clz32(both);
  }
  return -1;
}
