/** Writes `schemas/types.ts` from the JSON Schemas. Run by `npm run generate`; CI fails when the result differs. */
import { writeFileSync } from 'node:fs';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { definitions } from '../schemas/index.ts';
import { projectFile } from '../schemas/root.ts';

const bundle = {
  $id: 'Schemas',
  type: 'object',
  additionalProperties: false,
  required: Object.keys(definitions),
  properties: Object.fromEntries(Object.keys(definitions).map((name) => [name, { $ref: `#/definitions/${name}` }])),
  definitions: Object.fromEntries(Object.entries(definitions).map(([name, schema]) => [name, local(schema)])),
};

/** Points references into the bundle and drops what has no counterpart in a type. */
function local(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(local);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !['$id', 'if', 'then', 'else', 'dependentSchemas', 'minItems', 'maxItems'].includes(key));
  const reference = entries.find(([key]) => key === '$ref');
  if (reference) return { $ref: `#/definitions/${String(reference[1]).slice(0, -1)}` };
  return Object.fromEntries(entries.map(([key, inner]) => [key, local(inner)]));
}

const text = await compile(bundle as JSONSchema, 'Schemas', {
  bannerComment: '/* Generated from schemas/*.json by `npm run generate`. Do not edit. */',
  style: { singleQuote: true, printWidth: 120 },
  additionalProperties: false,
});
writeFileSync(projectFile('schemas/types.ts'), text);
