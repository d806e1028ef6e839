import { harmTree } from '../../schemas/harms.ts';
import type { SignalAttributes } from '../policy/object.ts';
import { isSafe, say, shownOf, sumOf, type Cell, type Shown, type Tally } from './suppress.ts';

/** By what signals are counted. */
export type Dimension = 'all' | 'harm' | 'type' | 'severity';

/** Signals of one class that may be counted. */
export interface Counted {
  origin: number;
  attributes: SignalAttributes;
  signals: number;
}

/** What can be said of a week. */
export interface Said extends Shown {
  dimension: Dimension;
}

const ALL = 'all';

/**
 * The tables of one week: all signals, and what they are by harm, type of indicator and severity. Harms are counted along the
 * tree, each with what lies below it; below one of which nothing is said, nothing is said either.
 */
export function tablesOf(counted: readonly Counted[]): Said[] {
  const all = { value: ALL, tally: tallyOf(counted) };
  if (!isSafe(all.tally)) return [];
  const by = (dimension: 'type' | 'severity'): Said[] => shownOf(cellsBy(counted, ({ attributes }) => attributes[dimension])).map((cell) => ({ dimension, ...say(cell) }));
  return [{ dimension: 'all', ...say(all) }, ...byHarm(counted, null), ...by('type'), ...by('severity')];
}

function byHarm(counted: readonly Counted[], parent: string | null): Said[] {
  const cells = cellsBy(counted, ({ attributes }) => childTowards(attributes.harm, parent));
  return shownOf(cells.map((cell) => (cell.value === parent ? { ...cell, unnamed: true } : cell))).flatMap((cell): Said[] => [
    { dimension: 'harm', ...say(cell) },
    ...byHarm(counted.filter(({ attributes }) => harmTree.covers(cell.value, attributes.harm)), cell.value),
  ]);
}

/** The harm right below `parent` on the way to one that lies there; `parent` itself for itself. Ids are paths. */
function childTowards(harm: string, parent: string | null): string {
  const depth = parent === null ? 0 : parent.split('.').length;
  return harm.split('.').slice(0, depth + 1).join('.');
}

function cellsBy(counted: readonly Counted[], valueOf: (counted: Counted) => string): Cell[] {
  const groups = new Map<string, Counted[]>();
  for (const one of counted) {
    const value = valueOf(one);
    groups.set(value, [...(groups.get(value) ?? []), one]);
  }
  return [...groups].map(([value, group]) => ({ value, tally: tallyOf(group) }));
}

function tallyOf(counted: readonly Counted[]): Tally {
  return sumOf(counted.map(({ origin, signals }) => new Map([[origin, signals]])));
}
