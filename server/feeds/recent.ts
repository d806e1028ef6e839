/** What the cache has under the key, or what is made for it; the least recently used beyond the bound drops out. */
export function recent<T>(cache: Map<string, T>, key: string, bound: number, make: () => T): T {
  const value = cache.get(key) ?? make();
  cache.delete(key);
  cache.set(key, value);
  if (cache.size > bound) cache.delete(cache.keys().next().value!);
  return value;
}
