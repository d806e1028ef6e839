import { readdirSync, readFileSync } from 'node:fs';
import { projectFile } from './root.ts';

/** A JSON Schema (draft 2020-12) as plain data. */
export type JsonSchema = { [key: string]: unknown };

interface SchemaFile {
  $id: string;
  $defs: Record<string, JsonSchema>;
}

/**
 * Every definition of `schemas/*.json`, by name. References between definitions are rewritten to bare names
 * (`common.json#/$defs/Tlp` becomes `Tlp`), so that each stands alone under its name in the validator and in OpenAPI.
 */
export const definitions: Readonly<Record<string, JsonSchema>> = load();

function load(): Record<string, JsonSchema> {
  const all: Record<string, JsonSchema> = {};
  for (const file of schemaFiles()) {
    for (const [name, schema] of Object.entries(file.$defs)) {
      if (all[name]) throw new Error(`schemas: ${name} is defined twice`);
      all[name] = { $id: name, ...(shorten(schema) as JsonSchema) };
    }
  }
  return all;
}

function schemaFiles(): SchemaFile[] {
  const folder = projectFile('schemas');
  const files: SchemaFile[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.json')) continue;
    const parsed = JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Partial<SchemaFile>;
    if (parsed.$defs && parsed.$id) files.push(parsed as SchemaFile);
  }
  return files;
}

function shorten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shorten);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === '$ref' ? shortName(String(inner)) : shorten(inner)]),
  );
}

function shortName(ref: string): string {
  return `${ref.slice(ref.lastIndexOf('/') + 1)}#`;
}
