import { FOREVER, reachAt, type Entitlement } from './entitlements.ts';

/** Signals of a class accepted after `lo` and not after `hi`, which must be sent, or removed. */
export interface ClassRange {
  action: 'send' | 'remove';
  lo: number;
  hi: number;
}

/** What a replica holds of a class, or shall hold. */
export interface Standing {
  entitlement: Entitlement | undefined;
  at: number;
}

/**
 * What changes for a class when a replica goes from one standing to another, in order of acceptance. With the same grant only
 * time has passed: what was released since must be sent, and what ended is dropped by the replica itself. With another grant
 * everything visible is sent anew, and what is visible no more is removed, unless it has ended by itself.
 */
export function classDifference(from: Standing, to: Standing): ClassRange[] {
  const before = from.entitlement && reachAt(from.entitlement.grant, from.at);
  const after = to.entitlement && reachAt(to.entitlement.grant, to.at);
  if (from.entitlement?.key === to.entitlement?.key) return released(before?.hi, after);
  const sent: ClassRange[] = after ? [{ action: 'send', ...after }] : [];
  const still = from.entitlement && before ? { lo: reachAt(from.entitlement.grant, to.at)?.lo ?? FOREVER, hi: before.hi } : undefined;
  return [...removed(still, after), ...sent].sort((a, b) => a.lo - b.lo);
}

function released(hi: number | undefined, after: { lo: number; hi: number } | undefined): ClassRange[] {
  if (!after) return [];
  const lo = hi === undefined ? after.lo : Math.max(hi, after.lo);
  return lo < after.hi ? [{ action: 'send', lo, hi: after.hi }] : [];
}

function removed(still: { lo: number; hi: number } | undefined, after: { lo: number; hi: number } | undefined): ClassRange[] {
  if (!still) return [];
  const parts = after ? [{ lo: still.lo, hi: Math.min(still.hi, after.lo) }, { lo: Math.max(still.lo, after.hi), hi: still.hi }] : [still];
  return parts.filter(({ lo, hi }) => lo < hi).map((part) => ({ action: 'remove', ...part }));
}
