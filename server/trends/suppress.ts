/** How many signals each origin has in a cell, by its member number. */
export type Tally = ReadonlyMap<number, number>;

/** A cell of a table that splits what is counted: no signal is in two. */
export interface Cell {
  value: string;
  tally: Tally;
  /** What is counted under no name of its own: it is never shown. */
  unnamed?: boolean;
}

/** What is said of a cell. */
export interface Shown {
  value: string;
  signals: number;
  origins: number;
}

/**
 * When a number may be said. At least so many origins; at least so many signals besides those of the origin that has most, so
 * that an origin which takes off its own still cannot tell single ones; and no origin with more than that share.
 */
export const LIMITS = { origins: 3, others: 5, share: 0.8 } as const;

/** Whether a number may be said of these signals. */
export function isSafe(tally: Tally): boolean {
  const [signals, largest] = [total(tally), Math.max(0, ...tally.values())];
  return tally.size >= LIMITS.origins && signals - largest >= LIMITS.others && largest <= LIMITS.share * signals;
}

/**
 * The cells of a table that can be said, whose total is known or can be found out from other tables. What is left over is then
 * known as a whole, so that has to be safe too: the smallest cells that could be said are held back until it is. Whoever puts
 * everything that is said together gets sums of what is safe, and of a cell that is not said no more than that it is somewhere
 * between nothing and all that is left over.
 */
export function shownOf(cells: readonly Cell[]): Cell[] {
  const safe = cells.filter((cell) => !cell.unnamed && isSafe(cell.tally)).sort((a, b) => total(b.tally) - total(a.tally) || (a.value < b.value ? -1 : 1));
  let rest = sumOf(cells.filter((cell) => !safe.includes(cell)).map((cell) => cell.tally));
  while (safe.length > 0 && rest.size > 0 && !isSafe(rest)) rest = sumOf([rest, safe.pop()!.tally]);
  return safe;
}

/** The signals of several cells together. */
export function sumOf(tallies: readonly Tally[]): Tally {
  const sum = new Map<number, number>();
  for (const tally of tallies) for (const [origin, signals] of tally) sum.set(origin, (sum.get(origin) ?? 0) + signals);
  return sum;
}

export function say({ value, tally }: Cell): Shown {
  return { value, signals: total(tally), origins: tally.size };
}

function total(tally: Tally): number {
  return [...tally.values()].reduce((sum, signals) => sum + signals, 0);
}
