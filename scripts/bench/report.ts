/** One benchmark's result: `ratio` is ours over the yardstick, both from the same run. Rates are per second. */
export interface BenchResult {
  bench: string;
  ratio: number;
  rate: number;
  yardstick: number;
  n: number;
  /** The ratio that is promised. */
  promised: number;
  /** The yardstick was below its floor: the machine was too busy for the figure to mean anything. */
  void?: boolean;
  /** What else was measured. */
  [other: string]: unknown;
}

/** Runs `ours` and `yardstick` in turn, so that both meet the same machine; the first round warms up. Each gives a rate. */
export async function interleave(rounds: number, ours: (round: number) => Promise<number>, yardstick: (round: number) => Promise<number>): Promise<{ rate: number; yardstick: number }> {
  const rates: number[] = [];
  const yards: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const [rate, yard] = [await ours(round), await yardstick(round)];
    process.stderr.write(`${round === 0 ? 'warm-up' : `round ${round}`}: ${Math.round(rate)}/s, yardstick ${Math.round(yard)}/s, ratio ${(rate / yard).toFixed(3)}\n`);
    if (round > 0) {
      rates.push(rate);
      yards.push(yard);
    }
  }
  return { rate: median(rates), yardstick: median(yards) };
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Prints the closing line. A void run fails; a ratio below what is promised is for the reader to see. */
export function report(bench: string, n: number, measured: { rate: number; yardstick: number }, promised: number, floor: number, more: Record<string, number> = {}): void {
  const result: BenchResult = { bench, ratio: Number((measured.rate / measured.yardstick).toFixed(3)), rate: Math.round(measured.rate), yardstick: Math.round(measured.yardstick), n, promised, ...more };
  if (measured.yardstick < floor) result.void = true;
  process.stdout.write(`${JSON.stringify(result)}\n`);
  if (result.void) process.exitCode = 1;
}

/** Runs `larger` and `smaller` in turn; each gives a cost. The first round warms up. */
export async function compare(rounds: number, larger: () => Promise<number>, smaller: () => Promise<number>): Promise<{ ratio: number; cost: number; yardstick: number }> {
  const [costs, yards]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    const [cost, yard] = [await larger(), await smaller()];
    process.stderr.write(`${round === 0 ? 'warm-up' : `round ${round}`}: ${cost.toFixed(1)} against ${yard.toFixed(1)}, ratio ${(cost / yard).toFixed(3)}\n`);
    if (round > 0) {
      costs.push(cost);
      yards.push(yard);
    }
  }
  const [cost, yardstick] = [median(costs), median(yards)];
  return { ratio: Number((cost / yardstick).toFixed(3)), cost: Number(cost.toFixed(1)), yardstick: Number(yardstick.toFixed(1)) };
}
