import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { harmTree } from '../../schemas/harms.ts';
import { definitions } from '../../schemas/index.ts';
import type { Place, Schemas } from '../../schemas/types.ts';
import { parseDuration, parseInstant } from '../policy/time.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
/** Places reported for one body: more help nobody, and cost. */
const MAX_PLACES = 20;

/** A validator over all definitions. `coerce` turns the text of parameters into numbers and booleans. */
export function createAjv(coerce: boolean): Ajv2020 {
  const ajv = new Ajv2020({ coerceTypes: coerce, useDefaults: coerce, allErrors: false, strict: true, strictRequired: false, strictTypes: false });
  ajv.addFormat('uuid', UUID);
  ajv.addFormat('instant', (text) => parseInstant(text) !== undefined);
  ajv.addFormat('exact-duration', (text) => parseDuration(text) !== undefined);
  ajv.addFormat('harm', (text) => harmTree.harms.has(text));
  for (const schema of Object.values(definitions)) ajv.addSchema(schema);
  return ajv;
}

const bodies = createAjv(false);

/** A reference to a definition, for a route's schema and as a type: `body: $('NewSignal')`. */
export function $<N extends keyof Schemas>(name: N): { $ref: `${N}#` } {
  return { $ref: `${name}#` };
}

/** A function that tells what is wrong with a document; undefined when nothing is. */
export function validatorOf(name: keyof Schemas): (document: unknown) => Place[] | undefined {
  const validate = bodies.compile({ $ref: `${name}#` });
  return (document) => (validate(document) ? undefined : places(validate.errors ?? []));
}

/** Where a validator's errors stand and what they ask for, without what was sent. */
export function places(errors: readonly ErrorObject[]): Place[] {
  const found = errors.filter((error) => !['if', 'anyOf', 'oneOf'].includes(error.keyword) || errors.length === 1);
  return found.slice(0, MAX_PLACES).map((error) => ({ pointer: pointer(error), detail: sentence(error) }));
}

/** An unknown field is named only when its name looks like a field's: a name can carry anything. */
function pointer(error: ErrorObject): string {
  const extra = String(error.params['additionalProperty'] ?? error.params['missingProperty'] ?? '');
  const named = /^[A-Za-z][A-Za-z_-]{0,39}$/.test(extra) ? `${error.instancePath}/${extra}` : error.instancePath;
  return named.split('/').map((part) => (part.length > 60 ? '…' : part)).join('/') || '/';
}

function sentence({ keyword, params, message }: ErrorObject): string {
  switch (keyword) {
    case 'additionalProperties':
      return 'is not a field that is known here';
    case 'required':
      return 'is missing';
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
    case 'false schema':
      return 'is not allowed here';
    case 'format':
      return formats[String(params['format'])] ?? 'has the wrong form';
    default:
      return message ?? 'is not valid';
  }
}

const formats: Record<string, string> = {
  uuid: 'must be a UUID in lower case',
  instant: 'must be an RFC 3339 instant with at most milliseconds',
  'exact-duration': 'must be an ISO 8601 duration in weeks, days, hours, minutes and seconds, at most 3,660 days',
  harm: 'must be a harm of the tree',
};
