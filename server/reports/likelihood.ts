import type { Estimate, Likelihood } from '../../schemas/types.ts';

/** Words of estimative probability with their ranges in per cent. Source: ICD 203 (2015), Analytic Standards. */
const RANGES: Record<Likelihood, readonly [number, number]> = {
  'almost-no-chance': [1, 5],
  'very-unlikely': [5, 20],
  unlikely: [20, 45],
  'roughly-even-chance': [45, 55],
  likely: [55, 80],
  'very-likely': [80, 95],
  'almost-certain': [95, 99],
};

/** The word with its range. */
export function estimateOf(word: Likelihood): Estimate {
  const [from, to] = RANGES[word];
  return { word, from, to };
}

/** What the engine reads in place of the word: the lower end of its range, in steps of 5. */
export function confidenceOf(word: Likelihood): number {
  return Math.floor(RANGES[word][0] / 5) * 5;
}
