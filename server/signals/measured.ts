import type { SignalAttributes, SignalObject } from '../policy/object.ts';

/** What the hub measures of a signal: attributes that its origin does not give. */
export type Measured = Required<Pick<SignalAttributes, 'corroboration' | 'dispute'>>;

/** How every signal begins. */
export const UNMEASURED: Measured = { corroboration: 0, dispute: 'none' };

/** The class that a signal belongs to of which this was measured, given that to which it belongs as long as nothing was. */
export function measuredClass({ object, classKey }: { object: SignalObject; classKey: string }, { corroboration, dispute }: Measured): { key: string; object: SignalObject } {
  if (corroboration === UNMEASURED.corroboration && dispute === UNMEASURED.dispute) return { key: classKey, object };
  return { key: `${classKey} ${corroboration} ${dispute}`, object: { ...object, attributes: { ...object.attributes, corroboration, dispute } } };
}
