import { FOREVER, reachAt, type Entitlement, type Reach } from './entitlements.ts';

/** Signals of a class accepted after `lo` and not after `hi`. */
export interface ClassRange extends Reach {
  /** To be sent; to be removed; or held, and to be sent where it looks different. */
  action: 'send' | 'remove' | 'compare';
}

/** What a replica holds of a class, or shall hold. */
export interface Standing {
  entitlement: Entitlement | undefined;
  at: number;
}

/**
 * What changes for a class when a replica goes from one standing to another, in order of acceptance. `now` is not before that
 * standing's own instant: what has ended in between is passed over. With the same grant only
 * time has passed: what was released since must be sent, and what ended is dropped by the replica itself. With another grant
 * what is visible is sent, or compared where it is held, and what is visible no more is removed, unless it has ended by itself.
 */
export function classDifference(from: Standing, to: Standing, now: number): ClassRange[] {
  const before = from.entitlement && reachAt(from.entitlement.grant, from.at);
  const after = stillAt(to.entitlement, to.entitlement && reachAt(to.entitlement.grant, to.at), now);
  if (from.entitlement?.key === to.entitlement?.key) return released(before?.hi, after);
  const held = stillAt(from.entitlement, before, now);
  const ranges = [...act('remove', without(held, after)), ...act('send', without(after, held)), ...act('compare', common(held, after))];
  return ranges.sort((a, b) => a.lo - b.lo);
}

/** What has not ended by itself at a later instant. */
function stillAt(entitlement: Entitlement | undefined, reach: Reach | undefined, now: number): Reach | undefined {
  return entitlement && reach ? between(reachAt(entitlement.grant, now)?.lo ?? FOREVER, reach.hi) : undefined;
}

function released(hi: number | undefined, after: Reach | undefined): ClassRange[] {
  if (!after) return [];
  return act('send', [between(hi === undefined ? after.lo : Math.max(hi, after.lo), after.hi)]);
}

function act(action: ClassRange['action'], ranges: readonly (Reach | undefined)[]): ClassRange[] {
  return ranges.flatMap((range) => (range ? [{ action, ...range }] : []));
}

function between(lo: number, hi: number): Reach | undefined {
  return lo < hi ? { lo, hi } : undefined;
}

/** What is in `a` and not in `b`. */
function without(a: Reach | undefined, b: Reach | undefined): (Reach | undefined)[] {
  if (!a || !b) return [a];
  return [between(a.lo, Math.min(a.hi, b.lo)), between(Math.max(a.lo, b.hi), a.hi)];
}

function common(a: Reach | undefined, b: Reach | undefined): (Reach | undefined)[] {
  return a && b ? [between(Math.max(a.lo, b.lo), Math.min(a.hi, b.hi))] : [];
}
