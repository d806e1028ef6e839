import type { Language } from '../../schemas/types.ts';

/** The text search configuration of PostgreSQL for each language. */
const CONFIGURATIONS: Record<Language, string> = {
  ar: 'arabic', hy: 'armenian', eu: 'basque', ca: 'catalan', da: 'danish', nl: 'dutch', en: 'english', fi: 'finnish', fr: 'french', de: 'german',
  el: 'greek', hi: 'hindi', hu: 'hungarian', id: 'indonesian', ga: 'irish', it: 'italian', lt: 'lithuanian', ne: 'nepali', no: 'norwegian',
  pt: 'portuguese', ro: 'romanian', ru: 'russian', sr: 'serbian', es: 'spanish', sv: 'swedish', ta: 'tamil', tr: 'turkish', yi: 'yiddish',
};

/** The configuration for a language; without one, the one that takes words as they are written. */
export function configurationOf(language: Language | undefined): string {
  return language === undefined ? 'simple' : CONFIGURATIONS[language];
}
