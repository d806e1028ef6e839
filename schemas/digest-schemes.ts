import { readFileSync } from 'node:fs';
import { projectFile } from './root.ts';

/** The kind of thing a scheme's digests stand for. */
export type IndicatorType = 'account' | 'url' | 'media';

/** A digest scheme as `schemas/digest-schemes.json` declares it. Lengths are of the digest, in bytes. */
export interface DigestScheme {
  readonly name: string;
  readonly type: IndicatorType;
  readonly version: number;
  /** Whether digests are keyed BLAKE3 of a canonical text; if not, they are fingerprints of the media itself. */
  readonly keyed: boolean;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly multipleOf: number;
  /** The rules in plain words. */
  readonly canonicalisation: string;
  readonly source: string;
}

/** Why text is no digest of a scheme. */
export type DigestFault = 'unknown-scheme' | 'not-lower-case-hex' | 'wrong-length';

type DeclaredScheme = Omit<DigestScheme, 'minBytes' | 'maxBytes' | 'multipleOf'>
  & ({ bytes: number } | { minBytes: number; maxBytes: number; multipleOf: number });

function withLengths(declared: DeclaredScheme): DigestScheme {
  if (!('bytes' in declared)) return Object.freeze(declared);
  const { bytes, ...rest } = declared;
  return Object.freeze({ ...rest, minBytes: bytes, maxBytes: bytes, multipleOf: bytes });
}

function loadSchemes(): ReadonlyMap<string, DigestScheme> {
  const { schemes: declared } = JSON.parse(readFileSync(projectFile('schemas/digest-schemes.json'), 'utf8')) as { schemes: DeclaredScheme[] };
  return new Map(declared.map((scheme) => [scheme.name, withLengths(scheme)]));
}

/** All digest schemes by name, read once when this module loads. */
export const schemes: ReadonlyMap<string, DigestScheme> = loadSchemes();

/**
 * Whether text has the form of a scheme's digests, which travel as lower-case hexadecimal: undefined if it has, else
 * the first fault. It cannot tell whether anything was hashed.
 */
export function checkDigestForm(scheme: string, hex: string): DigestFault | undefined {
  const known = schemes.get(scheme);
  if (known === undefined) return 'unknown-scheme';
  if (/[^0-9a-f]/.test(hex)) return 'not-lower-case-hex';
  const bytes = hex.length / 2;
  const fits = bytes >= known.minBytes && bytes <= known.maxBytes && bytes % known.multipleOf === 0;
  return fits ? undefined : 'wrong-length';
}
