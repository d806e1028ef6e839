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
import { tally, tallyOf, type Tally } from '../signals/tally.ts';
import { countCells, readStored, type StoredClass } from './stored.ts';

/** A visibility class of signals. */
export interface Class {
  id: number;
  object: SignalObject;
}

/** The classes of the viewer's own signals. */
export async function ownClasses(entitlements: Entitlements, tx: Tx, { member }: Viewer, { classes: count }: Head): Promise<Class[]> {
  const objects = await entitlements.classes(count, tx);
  return objects.slice(0, count).flatMap((object, index) => (object.kind === 'signal' && object.origin === member.id ? [{ id: index + 1, object }] : []));
}

/** The classes of the viewer's own parts of reports and requests, with what has not ended at an instant. */
export async function ownStored(entitlements: Entitlements, tx: Tx, { member }: Viewer, { classes: count }: Head, at: number): Promise<StoredClass[]> {
  const objects = (await entitlements.classes(count, tx)).slice(0, count);
  return readStored(tx, objects, objects.flatMap(({ kind, origin }, index) => (kind !== 'signal' && origin === member.id ? [index + 1] : [])), at);
}

/** What is compared: a class of signals, which are counted where that matters; or one of parts or requests, which have been. */
export type Compared = Class | StoredClass;

/** A class of which something else is granted after than before, and what becomes of its objects. */
export interface Pair {
  of: Compared;
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

  /** Whether they grant something else. */
  differ(before: Grant | undefined, after: Grant | undefined): boolean {
    return this.#number(before) !== this.#number(after);
  }

  /** The pair of the class, or undefined where the grants are equal. */
  pair(of: Compared, before: Grant | undefined, after: Grant | undefined): Pair | undefined {
    const [was, is] = [this.#number(before), this.#number(after)];
    if (was === is) return undefined;
    const key = `${of.id} ${was} ${is}`;
    const pair = this.#pairs.get(key) ?? { of, before, after, name: `${was} ${is}`, fates: new Map<number, Tally>(), counts: NOTHING };
    this.#pairs.set(key, pair);
    return pair;
  }

  /** Counts what becomes of the objects of each pair. */
  async count(tx: Tx): Promise<void> {
    for (const pair of this.#pairs.values()) if ('cells' in pair.of) this.#countStored(pair, pair.of);
    await this.#countSignals(tx, [...this.#pairs.values()].filter((pair): pair is Pair & { of: Class } => !('cells' in pair.of)));
  }

  #countStored(pair: Pair, of: StoredClass): void {
    const counted = countCells(of, fateOf(pair.before, pair.after, this.#at));
    pair.fates = new Map([...counted].map(([fate, count]) => [fate, tallyOf(count)]));
    pair.counts = countsOf(pair.fates, pair.before && pair.after && { all: termsOf(pair.before) !== termsOf(pair.after), note: false, observed: false });
  }

  async #countSignals(tx: Tx, pairs: readonly (Pair & { of: Class })[]): Promise<void> {
    const looks = pairs.map((pair) => this.#compareLooks(pair));
    const questions = pairs.map(({ of, before, after }, index) => ({ classId: of.id, contents: isAboutContents(looks[index]), ...edgesOf([before, after], [this.#at]), answer: fateOf(before, after, this.#at) }));
    const counted = await tally(tx, questions, this.#at, this.#now);
    pairs.forEach((pair, index) => {
      pair.fates = counted[index]!;
      pair.counts = countsOf(pair.fates, looks[index]);
    });
  }

  /** How signals that are seen before and after look different afterwards. Who looks makes no difference. */
  #compareLooks({ of, before, after }: Pair & { of: Class }): LookChange | undefined {
    if (!before || !after) return undefined;
    const eye = { viewer: '', secrets: this.#secrets };
    const [was, is]: [Look, Look] = [lookOf(before, of.object, eye), lookOf(after, of.object, eye)];
    return { all: was.text !== is.text || was.shown.digest !== is.shown.digest, note: was.shown.note !== is.shown.note, observed: was.shown.observed !== is.shown.observed };
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

/** What a grant lets be seen and done, whenever. */
function termsOf({ reveal, origin, handling }: Grant): string {
  return JSON.stringify([reveal, origin, handling]);
}

/** Which of the signals of a class look different under another grant: all, or those that have a note or observation times. */
interface LookChange {
  all: boolean;
  note: boolean;
  observed: boolean;
}

function isAboutContents(look: LookChange | undefined): boolean {
  return look !== undefined && !look.all && (look.note || look.observed);
}

function countsOf(fates: ReadonlyMap<number, Tally>, look: LookChange | undefined): FateCounts {
  const counts = { ...NOTHING };
  for (const [fate, of] of fates) {
    for (const name of ['gained', 'lost', 'promised', 'forgone', 'earlier', 'later', 'shorter', 'longer'] as const) if (fate & Fate[name]) counts[name] += of.count;
    if (look && fate & Fate.kept) counts.changed += look.all || fate & Fate.redated ? of.count : (look.note ? of.noted : 0) + (look.observed ? of.observed : 0) - (look.note && look.observed ? of.both : 0);
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
