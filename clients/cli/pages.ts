/** Reads pages until there is none after. */
export async function allPages<T>(read: (after: string | undefined) => Promise<{ items: readonly T[]; next?: string | undefined }>): Promise<T[]> {
  const all: T[] = [];
  for (let after: string | undefined; ;) {
    const { items, next } = await read(after);
    all.push(...items);
    if (next === undefined) return all;
    after = next;
  }
}
