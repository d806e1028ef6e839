import type { Field, Handling, MemberKind, OriginDisplay, Tlp } from '../../schemas/types.ts';
import { namedGroups, type Granting, type LayerTerms } from './evaluate.ts';
import { emptyReveal, meetReveal } from './fields.ts';
import { CONTRADICTION, completeHandling, fillHandling, meetHandling, strictestTlp, type LayerHandling } from './handling.ts';
import { mostHidden, type Window } from './meet.ts';
import type { ObjectKind } from './object.ts';
import type { Instant } from './time.ts';
import type { Member, World } from './world.ts';

/** Kinds that the built-in layer bars from everything that members share with each other. */
export const BARRED_KINDS: readonly MemberKind[] = ['government', 'law-enforcement'];

/** What all layers together grant for a class of objects, whatever their dates. */
export interface Grant {
  /** One per layer that sets a delay or an end. */
  windows: readonly Window[];
  notBefore?: Instant;
  reveal: readonly Field[];
  origin: OriginDisplay;
  handling: Handling;
}

/** What the terms of all layers come to, before TLP has its say. */
export interface Met {
  windows: readonly Window[];
  reveal: readonly Field[];
  origin: OriginDisplay;
  handling: LayerHandling;
}

/** Why nothing can be granted although every layer shares. */
export interface Refusal {
  layer: 'meet' | 'tlp';
  refusal: string;
}

/** How a peer stands to an object: named in person, in a group that the rule names and the origin is in too, or neither. */
export type Standing = 'named' | 'shared' | 'neither';

/** Meets the terms of charter and policy, then those of a feed, where there is one, for objects of one kind. */
export function meetTerms(granted: readonly LayerTerms[], feed: readonly LayerTerms[], kind: ObjectKind, world: World): Met | Refusal {
  const terms = [...granted, ...feed];
  const handling = meetHandlings(granted, feed, world);
  const reveal = meetReveal(terms, kind);
  const nothing = emptyReveal(reveal, kind);
  if (handling === CONTRADICTION) return { layer: 'meet', refusal: 'one layer says attribution must, another must-not' };
  if (nothing !== undefined) return { layer: 'meet', refusal: nothing };
  const windows = terms.filter((t) => t.after > 0 || t.for !== undefined).map(({ after, for: length }): Window => (length === undefined ? { after } : { after, for: length }));
  return { windows, reveal, origin: mostHidden(terms), handling };
}

/** A feed meets what charter and policy leave when taken together, silence included: it can open nothing. Deleted groups drop out. */
function meetHandlings(granted: readonly LayerTerms[], feed: readonly LayerTerms[], world: World): LayerHandling | typeof CONTRADICTION {
  const together = meetAll(granted, { excluded_kinds: BARRED_KINDS });
  const narrowed = together === CONTRADICTION ? together : meetAll(feed, fillHandling(together));
  if (narrowed === CONTRADICTION || !narrowed.onward_groups) return narrowed;
  return { ...narrowed, onward_groups: narrowed.onward_groups.filter((group) => world.groups.has(group)) };
}

function meetAll(layers: readonly LayerTerms[], start: LayerHandling): LayerHandling | typeof CONTRADICTION {
  return layers.reduce<LayerHandling | typeof CONTRADICTION>((met, layer) => (met === CONTRADICTION ? met : meetHandling(met, layer.handling)), start);
}

/** The grant for objects of this TLP and date to a peer of this standing. The strictest TLP of all is gated once, here. */
export function completeGrant({ handling, ...met }: Met, object: { tlp: Tlp; notBefore?: Instant | undefined }, standing: Standing): Grant | Refusal {
  const tlp = strictestTlp(object.tlp, handling.tlp);
  const refusal = tlpGate(tlp, standing);
  if (refusal !== undefined) return { layer: 'tlp', refusal };
  return { ...met, handling: completeHandling(handling, tlp), ...(object.notBefore === undefined ? {} : { notBefore: object.notBefore }) };
}

/** RED needs the peer named; AMBER+STRICT and AMBER need it named, or a group that the rule names and both are in. */
function tlpGate(tlp: Tlp, standing: Standing): string | undefined {
  if (standing === 'named' || tlp === 'GREEN' || tlp === 'CLEAR') return undefined;
  if (tlp === 'RED') return 'TLP RED needs the peer named';
  return standing === 'shared' ? undefined : `TLP ${tlp} needs the peer named, or a group that the rule names and both are in`;
}

/** The standing that a matching rule of the origin gives the viewer. */
export function standingBy(rule: Granting, world: World, viewer: Member, origin: Member): Standing {
  if (rule.peers?.id?.in?.includes(viewer.id)) return 'named';
  return namedGroups(rule).some((group) => world.groups.has(group) && viewer.groups.has(group) && origin.groups.has(group)) ? 'shared' : 'neither';
}
