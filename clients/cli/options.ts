import { Option } from 'commander';
import { definitions } from '../../schemas/index.ts';
import { CliError } from './failure.ts';

/** An option that takes the values of an enumeration of the schemas. */
export function oneOf(flags: string, description: string, schema: string): Option {
  return new Option(flags, description).choices(valuesOf(schema));
}

/** The values of an enumeration of the schemas. */
export function valuesOf(schema: string): string[] {
  return [...((definitions[schema] as { enum: string[] }).enum)];
}

/** The examples at the end of a command's help: what is typed, and what it does. */
export function examples(...lines: readonly (readonly [command: string, does: string])[]): string {
  return `\nExamples:\n${lines.map(([command, does]) => `  $ ${command}\n      ${does}`).join('\n')}\n`;
}

/** Leaves out what is undefined: for documents made of flags. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** A path's segment made of an argument. */
export function segment(text: string): string {
  return encodeURIComponent(text);
}

/** The path of what a member owns: `northstar/abuse-desk`. */
export function ownedPath(id: string): `${string}/${string}` {
  const [owner, name, ...more] = id.split('/');
  if (!owner || !name || more.length > 0) throw new CliError(`${id} does not name a member and something of it.`, 'For example: northstar/abuse-desk');
  return `${segment(owner)}/${segment(name)}`;
}

/** A query of what is given, with the mark before it. */
export function query(values: Readonly<Record<string, string | number | boolean | undefined>>): `?${string}` {
  const set = Object.entries(values).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]]));
  return `?${new URLSearchParams(set).toString()}`;
}
