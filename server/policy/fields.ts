import type { Field } from '../../schemas/types.ts';
import { enumeration } from './conditions.ts';
import type { LayerTerms } from './evaluate.ts';
import type { ObjectKind } from './object.ts';

/** The fields that an object of each kind has, in the order of the schemas. */
export const FIELDS: Readonly<Record<ObjectKind, readonly Field[]>> = {
  signal: enumeration('SignalField') as Field[],
  part: enumeration('PartField') as Field[],
  message: enumeration('MessageField') as Field[],
};

/** Every field that terms can reveal. */
export const ALL_FIELDS: readonly Field[] = [...new Set(Object.values(FIELDS).flat())];

/** The fields of an object of this kind that every layer reveals, in the schema's order; none where no layer grants any. */
export function meetReveal(terms: readonly Pick<LayerTerms, 'reveal'>[], kind: ObjectKind): Field[] {
  return terms.length === 0 ? [] : FIELDS[kind].filter((field) => terms.every((layer) => layer.reveal.includes(field)));
}

/** Why this reveal shows nothing: there is nothing to it, or no text where the text is what there is to see. */
export function emptyReveal(reveal: readonly Field[], kind: ObjectKind): string | undefined {
  if (reveal.length === 0) return 'no field is revealed by every layer';
  return FIELDS[kind].includes('text') && !reveal.includes('text') ? 'its text is not revealed by every layer' : undefined;
}
