import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError, PushError, TocsinError } from '../../../clients/sdk/index.ts';
import { LawBroken } from '../rounds.ts';
import type { SeededRandom } from '../../laws/random.ts';
import type { Tally } from './tally.ts';

/** The answer was whole, but what was asked for has not been done yet. */
export class Again extends Error {}

/** Tries of one request. With the waits between them that is more than two minutes. */
const TRIES = 1500;

/** Whether the same request may be answered by another process, or by the same one a little later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof PushError) return error.resumable || isPassing(error.cause);
  if (error instanceof TocsinError) return error.status >= 500 || error.key === 'member-suspended' || error.key === 'stream-cut-off';
  return error instanceof ConnectionError || error instanceof Again;
}

/** What an error says, with the problem of the hub's where there is one. */
export function wordsOf(error: unknown): string {
  if (error instanceof PushError) return `${error.message}: ${wordsOf(error.cause)}`;
  return error instanceof TocsinError ? JSON.stringify(error.problem) : String((error as Error).stack ?? error);
}

/** Sends requests again and again until they are answered for good. */
export class Patience {
  readonly #random: SeededRandom;
  readonly #tally: Tally;

  constructor(random: SeededRandom, tally: Tally) {
    this.#random = random;
    this.#tally = tally;
  }

  /** @param attempt is given the number of the try, from 1 @throws LawBroken when the answer is a refusal, or none comes */
  async insist<T>(what: string, attempt: (tries: number) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt(tries);
      } catch (error) {
        if (error instanceof LawBroken) throw error;
        if (!isPassing(error) || tries >= TRIES) throw new LawBroken(`${what}, try ${tries}: ${wordsOf(error)}`);
        this.#count(error);
        await sleep(50 + this.#random.below(200));
      }
    }
  }

  #count(error: unknown): void {
    const cause = error instanceof PushError ? error.cause : error;
    if (cause instanceof TocsinError) this.#tally.add(`sent again after ${cause.key}`);
    else if (cause instanceof ConnectionError) this.#tally.add(cause.neverSent ? 'sent again when nobody was there' : 'sent again after a cut');
  }
}

/** Waits for work that must not hang. Counted in short waits, since a machine that stood still has not waited. @throws LawBroken */
export async function within<T>(seconds: number, work: Promise<T>, what: string, state: () => Promise<string>): Promise<T> {
  const flag = { over: false };
  const late = async (): Promise<never> => {
    for (let n = 0; n < seconds * 10 && !flag.over; n += 1) await sleep(100);
    throw new LawBroken(flag.over ? what : `${what} takes too long\n${await state()}`);
  };
  return Promise.race([work, late()]).finally(() => (flag.over = true));
}
