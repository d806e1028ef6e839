import { sql } from 'kysely';
import type { Difference, FateCounts, StandingView } from '../../schemas/types.ts';
import { unnest, type Tx } from '../db/database.ts';
import type { Grant } from '../policy/decide.ts';
import { compareGrants, durationText, fateOf, type Responsible, type Say } from '../policy/simulate.ts';
import type { ObjectKind, PolicyObject } from '../policy/object.ts';
import { formatInstant } from '../policy/time.ts';
import type { Member } from '../policy/world.ts';
import { sumOf, type Compared, type Pair } from './comparison.ts';

interface Found {
  pairs: Pair[];
  before: Say;
  after: Say;
}

/** Differences that concern the same classes, grants and rules are one, whichever peers they are for. */
export class DifferenceList {
  readonly #before: Responsible;
  readonly #after: Responsible;
  readonly #numbers = new Map<string, number>();
  readonly #found: Found[] = [];

  constructor(before: Responsible, after: Responsible) {
    this.#before = before;
    this.#after = after;
  }

  /** @param peer as it is before, and as it is after */
  add(peer: readonly [Member, Member], pairs: readonly Pair[]): number[] {
    const groups = new Map<string, Found>();
    for (const pair of pairs) {
      if (pair.fates.size === 0) continue;
      const [before, after] = [sayOf(this.#before, pair.of, peer[0], pair.before), sayOf(this.#after, pair.of, peer[1], pair.after)];
      const key = JSON.stringify([pair.of.object.origin, pair.name, before, after]);
      const group = groups.get(key) ?? { pairs: [], before, after };
      group.pairs.push(pair);
      groups.set(key, group);
    }
    return [...groups].map(([key, group]) => this.#number(`${key} ${group.pairs.map(({ of }) => of.id).join()}`, group));
  }

  counts(index: number): FateCounts {
    return sumOf(this.#found[index]!.pairs.map((pair) => pair.counts));
  }

  kind(index: number): ObjectKind {
    return this.#found[index]!.pairs[0]!.of.object.kind;
  }

  /** All of them, in the order of their numbers; with ids of the owner's own signals. */
  async views(tx: Tx, owner: string, samples: number, at: number): Promise<Difference[]> {
    const ids = await samplesOf(tx, this.#found, samples, at);
    return this.#found.map(({ pairs, before, after }, index): Difference => {
      const [first] = pairs as [Pair];
      const { origin, kind } = first.of.object;
      const both = first.before && first.after ? { revealed: compareGrants(first.before, first.after) } : {};
      return {
        kind,
        origin,
        classes: pairs.length,
        harms: [...new Set(pairs.flatMap(({ of }) => harmsOf(of.object)))].sort(),
        counts: this.counts(index),
        before: standingView(before, first.before),
        after: standingView(after, first.after),
        ...both,
        ...(origin === owner && samples > 0 ? { samples: ids[index]! } : {}),
      };
    });
  }

  #number(key: string, found: Found): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#found.length);
    return this.#found.push(found) - 1;
  }
}

/** Who has the say about a class: about a part that would be shared, but for its title, who has it about that. */
export function sayOf(responsible: Responsible, of: Compared, peer: Member, grant: Grant | undefined): Say {
  const say = responsible.say(of.object, peer, grant !== undefined);
  return grant === undefined && say.withheld_by === undefined && 'title' in of ? responsible.say(of.title!, peer, false) : say;
}

function harmsOf({ attributes }: PolicyObject): readonly string[] {
  return 'harm' in attributes ? [attributes.harm] : attributes.harms;
}

/** A decision about a class, for people. */
export function standingView(say: Say, grant: Grant | undefined): StandingView {
  if (!grant) return { effect: 'withhold', ...say };
  const { windows, notBefore, reveal, origin, handling } = grant;
  const after = Math.max(0, ...windows.map((window) => window.after));
  const ends = windows.flatMap((window) => (window.for === undefined ? [] : [window.after + window.for]));
  return {
    effect: 'share',
    ...say,
    ...(after > 0 ? { after: durationText(after) } : {}),
    ...(notBefore === undefined ? {} : { not_before: formatInstant(notBefore) }),
    ...(ends.length > 0 ? { ends_after: durationText(Math.min(...ends)) } : {}),
    reveal: [...reveal],
    origin,
    handling,
  };
}

/** Signals looked at for one difference, to find some that it is about. */
const LOOKED_AT = 50;

/** Ids of signals, of reports with parts, or of requests to which something happens, for each difference. */
async function samplesOf(tx: Tx, found: readonly Found[], samples: number, at: number): Promise<string[][]> {
  if (samples === 0 || found.length === 0) return [];
  const pairs = found.map(({ pairs: all }) => all.findLast((pair) => [...pair.fates.keys()].some((fate) => fate !== 0)));
  const columns = unnest([{ type: 'integer', values: pairs.map((_, n) => n) }, { type: 'integer', values: pairs.map((pair) => (pair && !('cells' in pair.of) ? pair.of.id : 0)) }]);
  const { rows } = await sql<{ n: number; id: string; accepted: number; until: number }>`select k.n, s.id, s.accepted_at as accepted, s.until from ${columns} k(n, class_id)
    cross join lateral (select * from signal s where s.class_id = k.class_id and s.active and s.until > ${at} order by s.accepted_at desc, s.id limit ${LOOKED_AT}) s`.execute(tx);
  return pairs.map((pair, n) => {
    if (!pair) return [];
    const those = 'cells' in pair.of ? pair.of.cells.map(({ sample: id, ...times }) => ({ id, ...times })) : rows.filter((row) => row.n === n);
    return [...new Set(those.filter((one) => fateOf(pair.before, pair.after, at)(one) !== 0).map(({ id }) => id))].slice(0, samples);
  });
}
