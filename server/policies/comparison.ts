import { setImmediate as immediate } from 'node:timers/promises';
import type { FateCounts } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import type { Secrets } from '../crypto/secrets.ts';
import type { Tx } from '../db/database.ts';
import type { Head } from '../db/head.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import { lookOf, type Look } from '../feeds/look.ts';
import type { Grant } from '../policy/decide.ts';
import type { SignalObject } from '../policy/object.ts';
import { Fate, edgesOf, fateOf } from '../policy/simulate.ts';
import { tally, type Tally } from '../signals/tally.ts';

/** A visibility class of signals. */
export interface Class {
  id: number;
  object: SignalObject;
}

/** The classes of the viewer's own signals. */
export async function ownClasses(entitlements: Entitlements, tx: Tx, { member }: Viewer, head: Head): Promise<Class[]> {
  const all = await allClasses(entitlements, tx, head);
  return all.filter(({ object }) => object.origin === member.id);
}

/** Every class of signals. */
export async function allClasses(entitlements: Entitlements, tx: Tx, { classes: count }: Head): Promise<Class[]> {
  const objects = await entitlements.classes(count, tx);
  return objects.slice(0, count).flatMap((object, index) => (object.kind === 'signal' ? [{ id: index + 1, object }] : []));
}

/** A class of which something else is granted after than before, and what becomes of its signals. */
export interface Pair {
  of: Class;
  before: Grant | undefined;
  after: Grant | undefined;
  /** Equal names are equal pairs of grants. */
  name: string;
  fates: ReadonlyMap<number, Tally>;
  counts: FateCounts;
}

const NOTHING: FateCounts = { gained: 0, lost: 0, changed: 0, promised: 0, forgone: 0, earlier: 0, later: 0, shorter: 0, longer: 0 };

/** Pairs of grants that differ. Each is counted once, however many peers it concerns. */
export class Comparison {
  readonly #secrets: Secrets;
  readonly #at: number;
  readonly #now: number;
  readonly #pairs = new Map<string, Pair>();
  readonly #numbers = new Map<string, number>();
  readonly #known = new WeakMap<Grant, number>();

  constructor(secrets: Secrets, at: number, now: number) {
    this.#secrets = secrets;
    this.#at = at;
    this.#now = now;
  }

  /** The pair of the class, or undefined where the grants are equal. */
  pair(of: Class, before: Grant | undefined, after: Grant | undefined): Pair | undefined {
    const [was, is] = [this.#number(before), this.#number(after)];
    if (was === is) return undefined;
    const key = `${of.id} ${was} ${is}`;
    const pair = this.#pairs.get(key) ?? { of, before, after, name: `${was} ${is}`, fates: new Map<number, Tally>(), counts: NOTHING };
    this.#pairs.set(key, pair);
    return pair;
  }

  /** Counts what becomes of the signals of each pair. */
  async count(tx: Tx): Promise<void> {
    const pairs = [...this.#pairs.values()];
    const questions = pairs.map(({ of, before, after }) => ({ classId: of.id, ...edgesOf([before, after], [this.#at]), answer: fateOf(before, after, this.#at) }));
    const counted = await tally(tx, questions, this.#at, this.#now);
    pairs.forEach((pair, index) => {
      pair.fates = counted[index]!;
      pair.counts = countsOf(pair.fates, this.#changed(pair));
    });
  }

  /** How many of the signals that are kept look different afterwards. Who looks makes no difference. */
  #changed({ of, before, after }: Pair): (fate: number, of: Tally) => number {
    if (!before || !after) return () => 0;
    const eye = { viewer: '', secrets: this.#secrets };
    const [was, is]: [Look, Look] = [lookOf(before, of.object, eye), lookOf(after, of.object, eye)];
    const all = was.text !== is.text || was.shown.digest !== is.shown.digest;
    const [note, observed] = [was.shown.note !== is.shown.note, was.shown.observed !== is.shown.observed];
    return (fate, { count, noted, observed: watched, both }) => {
      if (all || fate & Fate.redated) return count;
      return (note ? noted : 0) + (observed ? watched : 0) - (note && observed ? both : 0);
    };
  }

  /** Equal grants have one number, whichever engine they come from. */
  #number(grant: Grant | undefined): number {
    if (!grant) return 0;
    const known = this.#known.get(grant);
    if (known !== undefined) return known;
    const key = JSON.stringify(grant);
    const number = this.#numbers.get(key) ?? this.#numbers.size + 1;
    this.#numbers.set(key, number);
    this.#known.set(grant, number);
    return number;
  }
}

function countsOf(fates: ReadonlyMap<number, Tally>, changed: (fate: number, of: Tally) => number): FateCounts {
  const counts = { ...NOTHING };
  for (const [fate, of] of fates) {
    for (const name of ['gained', 'lost', 'promised', 'forgone', 'earlier', 'later', 'shorter', 'longer'] as const) if (fate & Fate[name]) counts[name] += of.count;
    if (fate & Fate.kept) counts.changed += changed(fate, of);
  }
  return counts;
}

/** Adds counts up. */
export function sumOf(all: readonly FateCounts[]): FateCounts {
  const sum = { ...NOTHING };
  for (const counts of all) for (const name of Object.keys(sum) as (keyof FateCounts)[]) sum[name] += counts[name];
  return sum;
}

const BREATH = 5000;

/** Lets others run now and then in a long calculation. */
export function breather(): () => Promise<void> | undefined {
  let steps = 0;
  return () => (++steps % BREATH === 0 ? immediate() : undefined);
}
