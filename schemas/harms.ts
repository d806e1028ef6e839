import { readFileSync } from 'node:fs';
import { projectFile } from './root.ts';

/** A taxonomy of somebody else into whose words harms are translated. */
export type Vocabulary = 'dsa' | 'gifct' | 'ncmec' | 'threatexchange';

/** One node of the harm tree. */
export interface Harm {
  /** A dotted path that never changes; what stands before the last dot is the parent. */
  readonly id: string;
  /** The name by language tag; English is always there. */
  readonly label: Readonly<{ en: string } & Record<string, string>>;
  readonly definition: string;
  readonly parent: string | null;
  /**
   * The nearest words of other taxonomies. `dsa` starts with the statement category to report under; further categories
   * apply as well, and each keyword belongs to one of the categories in the list.
   */
  readonly crosswalk: Readonly<Partial<Record<Vocabulary, readonly string[]>>>;
  /** Set on a harm that should no longer be used: its replacement, and the version of the tree that retired it. */
  readonly deprecated?: Readonly<{ by: string; since: string }>;
}

/** The harm types of one version, indexed by id. */
export interface HarmTree {
  readonly version: string;
  /** In the order of the file: every harm comes after its parent. */
  readonly harms: ReadonlyMap<string, Harm>;
  /** True if `harm` is `ancestor` or lies below it; false if either is unknown. */
  covers: (ancestor: string, harm: string) => boolean;
}

const idPattern = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/;
const versionPattern = /^\d{4}-(0[1-9]|1[0-2])$/;
const deepest = 3;
const vocabularies: readonly Vocabulary[] = ['dsa', 'gifct', 'ncmec', 'threatexchange'];

/** The tree of `schemas/harms.json`. */
export const harmTree: HarmTree = parseHarmTree(JSON.parse(readFileSync(projectFile('schemas/harms.json'), 'utf8')));

/** Checks a document shaped like `schemas/harms.json` and indexes it; throws at the first thing that is wrong. */
export function parseHarmTree(document: unknown): HarmTree {
  const top = record(document, 'the document');
  onlyKeys(top, ['version', 'harms'], 'the document');
  const version = text(top['version'], 'version');
  check(versionPattern.test(version), 'version is not of the form YYYY-MM');
  const harms = new Map<string, Harm>();
  for (const [index, entry] of list(top['harms'], 'harms').entries()) {
    const harm = parseHarm(entry, `harms[${index}]`);
    check(!harms.has(harm.id), `${harm.id} is listed twice`);
    check(harm.parent === null || harms.has(harm.parent), `${harm.id} does not come after its parent`);
    harms.set(harm.id, harm);
  }
  for (const harm of harms.values()) checkReplacement(harm, harms, version);
  return {
    version,
    harms,
    covers: (ancestor, harm) =>
      harms.has(ancestor) && harms.has(harm) && (harm === ancestor || harm.startsWith(`${ancestor}.`)),
  };
}

function parseHarm(entry: unknown, at: string): Harm {
  const fields = record(entry, at);
  onlyKeys(fields, ['id', 'label', 'definition', 'parent', 'crosswalk', 'deprecated'], at);
  const id = text(fields['id'], `${at}.id`);
  check(idPattern.test(id), `${at}.id is malformed: ${id}`);
  check(id.split('.').length <= deepest, `${id} has more than ${deepest} levels`);
  const parent = id.includes('.') ? id.slice(0, id.lastIndexOf('.')) : null;
  check(fields['parent'] === parent, `the parent of ${id} is not ${parent}`);
  return {
    id,
    label: parseLabel(fields['label'], `the label of ${id}`),
    definition: text(fields['definition'], `the definition of ${id}`),
    parent,
    crosswalk: parseCrosswalk(fields['crosswalk'] ?? {}, `the crosswalk of ${id}`),
    ...(fields['deprecated'] === undefined ? {} : { deprecated: parseDeprecation(fields['deprecated'], `${id}.deprecated`) }),
  };
}

function parseLabel(value: unknown, at: string): Harm['label'] {
  const label = record(value, at);
  for (const [language, name] of Object.entries(label)) text(name, `${at} in ${language}`);
  return { ...(label as Record<string, string>), en: text(label['en'], `${at} in en`) };
}

function parseCrosswalk(value: unknown, at: string): Harm['crosswalk'] {
  const words = record(value, at);
  onlyKeys(words, vocabularies, at);
  const crosswalk: Partial<Record<Vocabulary, readonly string[]>> = {};
  for (const vocabulary of vocabularies) {
    if (words[vocabulary] === undefined) continue;
    crosswalk[vocabulary] = list(words[vocabulary], `${at}: ${vocabulary}`).map((word) => text(word, `${at}: ${vocabulary}`));
  }
  return crosswalk;
}

function parseDeprecation(value: unknown, at: string): { by: string; since: string } {
  const fields = record(value, at);
  onlyKeys(fields, ['by', 'since'], at);
  const since = text(fields['since'], `${at}.since`);
  check(versionPattern.test(since), `${at}.since is not of the form YYYY-MM`);
  return { by: text(fields['by'], `${at}.by`), since };
}

/** A replacement must be usable itself, so that one step always leads to a current harm. */
function checkReplacement(harm: Harm, harms: ReadonlyMap<string, Harm>, version: string): void {
  if (!harm.deprecated) return;
  const replacement = harms.get(harm.deprecated.by);
  check(replacement !== undefined, `${harm.id} is replaced by an unknown harm: ${harm.deprecated.by}`);
  check(replacement?.deprecated === undefined, `${harm.id} is replaced by a deprecated harm: ${harm.deprecated.by}`);
  check(harm.deprecated.since <= version, `${harm.id} is deprecated by a later version than this`);
}

function record(value: unknown, at: string): Record<string, unknown> {
  check(typeof value === 'object' && value !== null && !Array.isArray(value), `${at} is not an object`);
  return value as Record<string, unknown>;
}

function list(value: unknown, at: string): unknown[] {
  check(Array.isArray(value), `${at} is not a list`);
  return value as unknown[];
}

function text(value: unknown, at: string): string {
  check(typeof value === 'string' && value.trim() !== '', `${at} is missing or empty`);
  return value as string;
}

function onlyKeys(fields: Record<string, unknown>, allowed: readonly string[], at: string): void {
  for (const key of Object.keys(fields)) check(allowed.includes(key), `${at} has an unknown key: ${key}`);
}

function check(holds: boolean, complaint: string): void {
  if (!holds) throw new Error(`harm tree: ${complaint}`);
}
