import { sql } from 'kysely';
import { unnest } from '../db/database.ts';
import type { Head } from '../db/head.ts';
import { FOREVER } from './entitlements.ts';
import type { PageWork } from './pull.ts';

const CACHED = 20_000;
/** A state is looked at anew after this long, so that no cursor falls far behind the log. */
export const FRESH = 600_000;

/** A state about which there is nothing to say while the log stands where it stands, until an instant. */
export interface Quiet<S> {
  state: S;
  until: number;
}

/** The position of the log at which a state stands, and the instant at which its beginning was decided. */
export interface Standing {
  position: number;
  at: number;
}

/**
 * Remembers states of replicas about which there was nothing to say. It only spares work: what it answers from is the head of
 * the log as it was read after the request arrived, and whoever asks another process, or this one after a restart, is told the same.
 */
export class QuietStates<S extends object> {
  readonly #quiet = new Map<string, Quiet<S>>();
  readonly #standingOf: (state: S) => Standing;

  constructor(standingOf: (state: S) => Standing) {
    this.#standingOf = standingOf;
  }

  /** The state that stands for this one: the same to the replica, but as of a later position of the log. */
  standsFor(viewer: number, feed: string, state: S, head: Head): S {
    return this.#known(viewer, feed, state, head)?.state ?? state;
  }

  /** The state that stands for this one, where nothing has happened since it was found to be all that there is to say. */
  find(viewer: number, feed: string, state: S, head: Head): Quiet<S> | undefined {
    const known = this.#known(viewer, feed, state, head);
    return known && this.#standingOf(known.state).position === head.position && head.at < known.until ? known : undefined;
  }

  /** What was found at a later instant than this does not count: the clock was put back since, and the replica was not told of it. */
  #known(viewer: number, feed: string, state: S, head: Head): Quiet<S> | undefined {
    const known = this.#quiet.get(keyOf(viewer, feed, state));
    return known && this.#standingOf(known.state).at <= head.at ? known : undefined;
  }

  /** Notes that a pull from `from` came to `state` without saying anything. */
  note(viewer: number, feed: string, from: S, state: S, until: number): void {
    // Nothing can stand for the empty replica: it is never too old for the log.
    for (const each of this.#standingOf(from).position === 0 ? [state] : [from, state]) {
      const key = keyOf(viewer, feed, each);
      this.#quiet.delete(key);
      this.#quiet.set(key, { state, until });
    }
    while (this.#quiet.size > CACHED) this.#quiet.delete(this.#quiet.keys().next().value!);
  }
}

/** States as text: the states of replicas that poll are met again and again. */
const texts = new WeakMap<object, string>();

function keyOf(viewer: number, feed: string, state: object): string {
  const text = texts.get(state) ?? JSON.stringify(state);
  texts.set(state, text);
  return `${viewer} ${feed} ${text}`;
}

/** The instant at which something may be released to the viewer although nothing is written; at the latest in ten minutes. */
export async function quietUntil(work: PageWork): Promise<number> {
  const { head } = work;
  const table = await work.tableOf({ world: head.world, at: head.at });
  let until = Math.min(head.at + FRESH, work.nextInstant);
  const delayed: { classId: number; hi: number; after: number }[] = [];
  table.forEach((entitlement, index) => {
    if (!entitlement) return;
    const { windows, notBefore } = entitlement.grant;
    if (notBefore !== undefined && notBefore > head.at) until = Math.min(until, notBefore);
    const after = Math.max(0, ...windows.map((window) => window.after));
    if (after > 0) delayed.push({ classId: index + 1, hi: head.at - after, after });
  });
  return delayed.length === 0 ? until : Math.min(until, await nextRelease(work, delayed));
}

async function nextRelease({ tx }: PageWork, delayed: readonly { classId: number; hi: number; after: number }[]): Promise<number> {
  const columns = unnest([
    { type: 'integer', values: delayed.map((item) => item.classId) },
    { type: 'bigint', values: delayed.map((item) => item.hi) },
    { type: 'bigint', values: delayed.map((item) => item.after) },
  ]);
  const { rows } = await sql<{ at: number | null }>`select min(s.accepted_at + k.after) as at from ${columns} k(class_id, hi, after)
    cross join lateral (select accepted_at from signal where class_id = k.class_id and accepted_at > k.hi order by accepted_at limit 1) s`.execute(tx);
  return rows[0]?.at ?? FOREVER;
}
