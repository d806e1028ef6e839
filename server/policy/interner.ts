/** A value with its number: equal values are one and the same object. */
export interface Interned<T> {
  index: number;
  value: T;
}

/** Keeps one of each set of equal values, counted from 0. Equal is what reads the same as JSON. */
export class Interner<T> {
  readonly #known = new Map<string, Interned<T>>();

  intern(value: T): Interned<T> {
    return remember(this.#known, JSON.stringify(value), () => ({ index: this.#known.size, value }));
  }
}

/** The value of a key, made at its first use. */
export function remember<K, V>(map: { get(key: K): V | undefined; set(key: K, value: V): unknown }, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
