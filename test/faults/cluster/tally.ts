/** How often what happened in a run: a run in which nothing happened has shown nothing. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string, times = 1): void {
    if (times > 0) this.#counts.set(what, this.of(what) + times);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** Sums all counts whose names start so. */
  sum(start: string): number {
    return [...this.#counts].filter(([what]) => what.startsWith(start)).reduce((sum, [, n]) => sum + n, 0);
  }

  /** All counts in one line. */
  toString(): string {
    return [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, n]) => `${what} ${n}`).join(', ');
  }
}
