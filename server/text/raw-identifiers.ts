/**
 * Finds what looks like a raw identifier in free text: an e-mail address, a URL or host name, a phone number. It errs on the
 * side of finding: an author can always say it in other words.
 */
const LOOKS: readonly { what: string; pattern: RegExp }[] = [
  { what: 'an e-mail address', pattern: /[^\s@<>()]{1,64}\s?(?:@|\(at\)|\[at\]|＠)\s?[^\s@<>()]{1,255}(?:\.|\[\.\]|\(dot\))[\p{L}]{2,}/iu },
  { what: 'a URL', pattern: /\b(?:https?|hxxps?|ftp|wss?|tg|data|javascript):\S|\bwww\.\S/iu },
  { what: 'a host name', pattern: /(?<![\p{L}\p{N}])(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?(?:\.|\[\.\]|\(dot\)))+(?:xn--[a-z0-9-]+|\p{L}{2,24})(?![\p{L}\p{N}])/iu },
  { what: 'an IP address', pattern: /(?<![\d.])(?:\d{1,3}(?:\.|\[\.\])){3}\d{1,3}(?![\d.])|(?<![\p{L}\p{N}:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}/iu },
  { what: 'a phone number', pattern: /(?<![\p{L}\p{N}])\+?(?:\(?\d\)?[\s./()-]{0,2}){7,15}(?![\p{L}\p{N}])/u },
  { what: 'an account handle', pattern: /(?<![\p{L}\p{N}])@[\p{L}\p{N}_.]{2,}/u },
];

/** Dates, times and spans of years have the digits of phone numbers; they are allowed. */
const DATE = /\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?Z?)?\b|\b(?:19|20)\d{2}\s?[-/]\s?(?:19|20)\d{2}\b/g;
const ABBREVIATION = /\b(?:e\.g|i\.e|a\.m|p\.m|U\.S|U\.K|etc|vs)\b\.?/gi;

/** Characters looked at together, and how far one look reaches into the next: no identifier is longer. It bounds the cost of long texts. */
const WINDOW = 2000;
const OVERLAP = 400;

/** What kind of raw identifier the text seems to carry, or undefined. */
export function rawIdentifierIn(text: string): string | undefined {
  const normal = text.normalize('NFKC').replaceAll(/[\u200b-\u200f\u2060\ufeff\u00ad]/g, '').replaceAll(DATE, ' ').replaceAll(ABBREVIATION, ' ');
  for (let at = 0; at === 0 || at + OVERLAP < normal.length; at += WINDOW - OVERLAP) {
    const found = LOOKS.find(({ pattern }) => pattern.test(normal.slice(at, at + WINDOW)));
    if (found) return found.what;
  }
  return undefined;
}
