import type { DeclaredIdentifier, NewReport, OwnReport, Tlp } from '../../schemas/types.ts';
import { rawIdentifierIn } from '../../server/text/raw-identifiers.ts';
import { isProblem } from '../sdk/errors.ts';
import type { Reports } from '../sdk/reports.ts';

/** One operation of a list such as that of the DISARM Foundation; whatever else it has is not read. */
export interface Operation {
  id: string;
  title: string;
  summary?: string;
  year?: string;
  countries?: string;
  techniques?: { id: string }[];
}

/** How operations become reports. */
export interface ImportOptions {
  tlp: Tlp;
  harm: string;
}

/** What became of a list. */
export interface ImportResult {
  published: number;
  /** Operations that had been imported before. */
  known: number;
  /** Raw identifiers that were declared, and words that were left out because they cannot be. */
  declared: number;
  dropped: number;
  /** Operations that the hub refused, and why. */
  refused: { id: string; problem: string }[];
}

/** A report made of an operation, and how many raw identifiers it declares or leaves out. */
export interface Translated {
  content: NewReport;
  declared: number;
  dropped: number;
}

const LEFT_OUT = '(left out)';
const REASON = 'The public source of this report names it.';
const YEAR = 31_536_000_000;

/** Makes a report of an operation. Raw identifiers of the summary are declared, those of the title left out; nothing else is invented. */
export function reportOf({ title, summary = '', year = '', countries = '', techniques = [] }: Operation, { tlp, harm }: ImportOptions): Translated {
  const name = withoutRaw(clean(title, ' ').slice(0, 200).trim() || 'Untitled');
  const text = declareRaw(escapeMarkdown(clean(summary, '\n').slice(0, 25_000)));
  const from = Date.UTC(Number(year), 0, 1);
  const regions = [...new Set(countries.split(',').map((country) => regionOf(country.trim())))].filter((code) => code !== undefined);
  const tactics = [...new Set(techniques.map(({ id }) => id))].filter((id) => /^[A-Za-z][A-Za-z0-9.-]{0,59}$/.test(id)).slice(0, 200);
  return {
    content: {
      title: { text: name.text, tlp },
      ...(text.text === '' ? {} : { summary: { text: text.text, tlp, ...(text.identifiers.length > 0 ? { identifiers: text.identifiers } : {}) } }),
      harms: [harm],
      ...(regions.length > 0 ? { regions } : {}),
      ...(tactics.length > 0 ? { tactics } : {}),
      ...(Number(year) > 0 ? { period: { from: new Date(from).toISOString(), until: new Date(Math.max(from + YEAR, Date.UTC(Number(year) + 1, 0, 1)) - 1).toISOString() } } : {}),
    },
    declared: text.identifiers.length,
    dropped: name.dropped + text.dropped,
  };
}

/** Without characters that are refused, and with one kind of white space. */
function clean(text: string, line: string): string {
  return text.normalize('NFC').replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Surrogate}/gu, '').replaceAll(/[^\S\n]+/gu, ' ').replaceAll(/\s*\n\s*/g, line).trim();
}

function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#|~&!]/g, '\\$&');
}

function withoutRaw(text: string): { text: string; dropped: number } {
  let dropped = 0;
  const kept = text.split(' ').map((word) => {
    if (!rawIdentifierIn(word)) return word;
    dropped += 1;
    return LEFT_OUT;
  });
  const joined = kept.join(' ');
  return rawIdentifierIn(joined) ? { text: LEFT_OUT, dropped: dropped + 1 } : { text: joined, dropped };
}

const KINDS: readonly [RegExp, DeclaredIdentifier['kind']][] = [[/e-mail/, 'email'], [/URL/, 'url'], [/host/, 'host'], [/IP/, 'ip'], [/phone/, 'phone'], [/handle/, 'handle']];

/** Puts a number in place of each word that looks like a raw identifier, and declares it; what several words make up is left out. */
function declareRaw(text: string): { text: string; identifiers: DeclaredIdentifier[]; dropped: number } {
  const identifiers: DeclaredIdentifier[] = [];
  let dropped = 0;
  const lines = text.split('\n').map((line) => {
    const words = line.split(' ').map((word) => {
      const what = rawIdentifierIn(word);
      if (!what) return word;
      const value = word.replaceAll('\\', '').slice(0, 2000);
      if (identifiers.length >= 100) {
        dropped += 1;
        return LEFT_OUT;
      }
      identifiers.push({ kind: KINDS.find(([pattern]) => pattern.test(what))?.[1] ?? 'other', value, reason: REASON });
      return `(identifier ${identifiers.length})`;
    });
    if (!rawIdentifierIn(words.join(' '))) return words.join(' ');
    dropped += 1;
    return LEFT_OUT;
  });
  const whole = lines.join('\n\n');
  return rawIdentifierIn(whole) ? { text: LEFT_OUT, identifiers: [], dropped: dropped + identifiers.length + 1 } : { text: whole, identifiers, dropped };
}

/** Names that people write otherwise than the Unicode CLDR does. */
const ALIASES: Record<string, string> = { usa: 'US', uk: 'GB', macedonia: 'MK', myanmar: 'MM', turkey: 'TR', world: '001' };

let codes: Map<string, string> | undefined;

/** The code of a country by its English name; undefined where it has none. */
function regionOf(name: string): string | undefined {
  const key = name.toLowerCase().replaceAll(/[^\p{L}]/gu, '');
  codes ??= new Map(regionNames());
  return /^[A-Z]{2}$/.test(name) && [...codes.values()].includes(name) ? name : (ALIASES[key] ?? codes.get(key));
}

function* regionNames(): Generator<[string, string]> {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(65 + index));
  for (const code of letters.flatMap((a) => letters.map((b) => a + b))) {
    // Codes that were given up have become others.
    const current = Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`;
    const name = current ? names.of(code) : undefined;
    if (name) yield [name.toLowerCase().replaceAll(/[^\p{L}]/gu, ''), code];
  }
}

/** Posts reports made of operations, has them reviewed by another client and publishes them. Doing it again makes nothing twice. */
export async function importReports(author: Reports, reviewer: Reports, operations: readonly Operation[], options: ImportOptions): Promise<ImportResult> {
  const result: ImportResult = { published: 0, known: 0, declared: 0, dropped: 0, refused: [] };
  for (const operation of operations) {
    const { content, declared, dropped } = reportOf(operation, options);
    result.declared += declared;
    result.dropped += dropped;
    try {
      result[(await publish(author, reviewer, await author.draft(content, `import ${operation.id}`.replaceAll(/[^\x21-\x7e]/g, '-').slice(0, 128)))) ? 'published' : 'known'] += 1;
    } catch (error) {
      if (!isProblem(error, 'raw-identifier', 'unsafe-text', 'invalid-body', 'idempotency-mismatch')) throw error;
      result.refused.push({ id: operation.id, problem: (error as Error).message });
    }
  }
  return result;
}

/** Goes on from wherever an earlier run was cut off. @returns whether there was anything to do */
async function publish(author: Reports, reviewer: Reports, draft: OwnReport): Promise<boolean> {
  let report = draft;
  if (report.state === 'draft') report = await author.submit(report);
  if (report.state === 'in-review' && !report.approved) report = await reviewer.review(report, { verdict: 'approve' });
  if (report.state !== 'in-review') return false;
  await author.publish(report);
  return true;
}
