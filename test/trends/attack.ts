import lp from 'javascript-lp-solver';
import { harmTree } from '../../schemas/harms.ts';
import { enumeration } from '../../server/policy/conditions.ts';
import type { Dimension, Said } from '../../server/trends/tables.ts';

/** What somebody knows of single signals: harm, type and severity, and how many. */
export interface Group {
  harm: string;
  type: string;
  severity: string;
  signals: number;
}

/** A number that somebody would like to know: of a cell, or of what lies in a harm itself and not below it (`only`). */
export interface Target {
  dimension: Dimension;
  value: string;
  only?: boolean;
}

/** The package's types describe its CommonJS form; loaded as a module, its default export is the solver itself. */
const solver = lp as unknown as (typeof lp)['default'];

const OBJECTIVE = 'sought';

/** Whether a signal of this kind is counted in a cell. */
export function isIn({ dimension, value, only }: Target, group: Omit<Group, 'signals'>): boolean {
  if (dimension === 'all') return true;
  if (dimension !== 'harm') return group[dimension] === value;
  return only ? group.harm === value : harmTree.covers(value, group.harm);
}

/**
 * The least and the most that the signals of others in a cell can be, by all that was said together, for somebody who posted
 * signals and takes them off: linear programming over the numbers of every combination of harm, type and severity.
 */
export function boundsOf(target: Target, said: readonly Said[], own: readonly Group[], harms: readonly string[]): { least: number; most: number } {
  const ownIn = (cell: Target): number => own.filter((group) => isIn(cell, group)).reduce((sum, { signals }) => sum + signals, 0);
  const kinds = harms.flatMap((harm) => enumeration('IndicatorType').flatMap((type) => enumeration('Severity').map((severity) => ({ harm, type, severity }))));
  const constraints = Object.fromEntries(said.map((cell, index) => [`c${index}`, { equal: cell.signals - ownIn(cell) }]));
  const variables = Object.fromEntries(kinds.map((kind, n) => [`x${n}`, { [OBJECTIVE]: isIn(target, kind) ? 1 : 0, ...Object.fromEntries(said.flatMap((cell, index) => (isIn(cell, kind) ? [[`c${index}`, 1]] : []))) }]));
  const solve = (opType: 'min' | 'max'): number => {
    const { feasible, result } = solver.Solve({ optimize: OBJECTIVE, opType, constraints, variables }) as { feasible: boolean; result: number };
    if (!feasible) throw new Error('what was said contradicts itself');
    return result;
  };
  return { least: solve('min'), most: solve('max') };
}
