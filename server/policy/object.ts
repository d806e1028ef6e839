import type { Audience, Basis, Dispute, IndicatorType, Jurisdiction, Intent, MessageKind, Novelty, PartKind, Severity, Status, Tlp } from '../../schemas/types.ts';
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
  /** Independent origins, besides its own and one more, that let themselves be counted and say the same: 0 to 5, as last measured, 0 before. */
  corroboration?: number;
  /** As last measured, `none` before. */
  dispute?: Dispute;
  /** Where it plays. An empty list is an unset one. */
  jurisdictions?: readonly Jurisdiction[];
  /** The exercise that it belongs to. Unset is none: it is real. */
  exercise?: string;
}

/** What the engine reads of a part of a strategic report. An empty list of harms, regions or tactics is an unset one. */
export interface PartAttributes {
  part: PartKind;
  harms: readonly string[];
  regions: readonly string[];
  tactics: readonly string[];
  /** 0 to 100 in steps of 5. */
  confidence?: number;
  tlp: Tlp;
  labels: readonly string[];
  /** The exercise that it belongs to. Unset is none: it is real. */
  exercise?: string;
}

/** What the engine reads of a request for information, an answer or a comment. An empty list of harms or regions is an unset one. */
export interface MessageAttributes {
  message: MessageKind;
  harms: readonly string[];
  regions: readonly string[];
  tlp: Tlp;
  labels: readonly string[];
  /** The exercise that it belongs to. Unset is none: it is real. */
  exercise?: string;
}

interface Shared<K, A> {
  kind: K;
  origin: string;
  attributes: A;
  audience?: Audience;
  /** Nobody else sees it before. */
  notBefore?: Instant;
}

export type SignalObject = Shared<'signal', SignalAttributes>;
export type PartObject = Shared<'part', PartAttributes>;
export type MessageObject = Shared<'message', MessageAttributes>;

/** An object that policies decide about. Equal objects are of one visibility class, whatever their kind. */
export type PolicyObject = SignalObject | PartObject | MessageObject;
export type ObjectKind = PolicyObject['kind'];
export type Attributes = PolicyObject['attributes'];

/** The instants that differ from object to object of one class. */
export interface Lifetime {
  /** First acceptance. */
  accepted: Instant;
  /** The earlier of the object's own end and the end of its retention; undefined is no end. */
  until?: Instant;
}
