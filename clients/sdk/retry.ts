import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError, TocsinError } from './errors.ts';

/** How often a request is repeated, and how long is waited in between. */
export interface RetryPolicy {
  /** Tries in all, the first one included. */
  attempts: number;
  /** Milliseconds before the second try; doubled for each further one. */
  base: number;
  /** The longest wait in milliseconds. A hub that asks for a longer one is not asked again. */
  longest: number;
}

export const DEFAULT_RETRIES: RetryPolicy = { attempts: 5, base: 200, longest: 60_000 };

/** Answers after which the same request may succeed, and which say that nothing was done. */
const PASSING = new Set([429, 503]);

/** What is refused until somebody acts: waiting does not help. */
const LASTING = new Set(['quota-exceeded']);

/**
 * Milliseconds to wait before a request is tried again after its `failures`th failure; undefined when it must not be.
 * @param idempotent whether sending it twice is the same as once
 */
export function waitBefore(error: unknown, failures: number, idempotent: boolean, policy: RetryPolicy): number | undefined {
  if (failures >= policy.attempts || !mayRepeat(error, idempotent)) return undefined;
  const asked = error instanceof TocsinError ? error.retryAfter ?? 0 : 0;
  if (asked > policy.longest) return undefined;
  // Half of the wait is by chance, so that clients that failed together don't return together.
  const backoff = Math.min(policy.longest, policy.base * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
  return Math.max(asked, backoff);
}

function mayRepeat(error: unknown, idempotent: boolean): boolean {
  if (error instanceof ConnectionError) return idempotent || error.neverSent;
  if (!(error instanceof TocsinError) || LASTING.has(error.key)) return false;
  return PASSING.has(error.status) && (idempotent || error.key === 'rate-limited');
}

/** Tries until it succeeds, or fails for good. */
export async function withRetries<T>(policy: RetryPolicy, idempotent: boolean, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      const wait = waitBefore(error, failures, idempotent, policy);
      if (wait === undefined) throw error;
      await sleep(wait);
    }
  }
}
