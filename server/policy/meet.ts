import type { OriginDisplay } from '../../schemas/types.ts';
import { enumeration } from './conditions.ts';
import type { LayerTerms } from './evaluate.ts';
import type { Lifetime } from './object.ts';
import type { Instant } from './time.ts';

/** One layer's delay and length of visibility in milliseconds; undefined `for` is no end. */
export interface Window {
  after: number;
  for?: number;
}

/** Visible from `release` (included) to `end` (excluded; undefined is never). */
export interface Span {
  release: Instant;
  end?: Instant;
}

const displays = enumeration('OriginDisplay') as OriginDisplay[];

/** The most hidden display of several. */
export function mostHidden(terms: readonly LayerTerms[]): OriginDisplay {
  return displays[Math.max(...terms.map((layer) => displays.indexOf(layer.origin)))]!;
}

/**
 * Each layer yields [release, end): its release is the later of first acceptance + `after` and `notBefore`, its end is its
 * release + `for`. The intervals and the object's own end intersect.
 * @returns undefined where nothing is left
 */
export function span(grant: { windows: readonly Window[]; notBefore?: Instant }, lifetime: Lifetime): Span | undefined {
  const start = (after: number): Instant => Math.max(lifetime.accepted + after, grant.notBefore ?? -Infinity);
  const release = Math.max(start(0), ...grant.windows.map((window) => start(window.after)));
  const ends = grant.windows.flatMap((window) => (window.for === undefined ? [] : [start(window.after) + window.for]));
  const end = Math.min(lifetime.until ?? Infinity, ...ends);
  if (end <= release) return undefined;
  return end === Infinity ? { release } : { release, end };
}
