import type { Audience, Basis, IndicatorType, Intent, Novelty, Severity, Status, Tlp } from '../../schemas/types.ts';
import type { Instant } from './time.ts';

/**
 * What the engine reads of a signal. Two signals that are equal in this are of one visibility class.
 * An unset attribute is undefined, never a default, so that conditions can tell.
 */
export interface SignalAttributes {
  type: IndicatorType;
  /** Every scheme among its digests. */
  schemes: readonly string[];
  harm: string;
  severity: Severity;
  confidence: number;
  status: Status;
  tlp: Tlp;
  labels: readonly string[];
  intent?: Intent;
  novelty?: Novelty;
  basis?: Basis;
}

/** An object that policies decide about. */
export interface PolicyObject {
  kind: 'signal';
  origin: string;
  attributes: SignalAttributes;
  audience?: Audience;
  /** Nobody else sees it before. */
  notBefore?: Instant;
}

/** The instants that differ from object to object of one class. */
export interface Lifetime {
  /** First acceptance. */
  accepted: Instant;
  /** The earlier of the object's own end and the end of its retention; undefined is no end. */
  until?: Instant;
}
