/** Control characters, of which Markdown needs line feed and tab. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/u;
/** Embeddings, overrides and isolates: they make text read otherwise than it is stored. */
const BIDI = /[\u202a-\u202e\u2066-\u2069]/u;
/** Characters that nobody sees: zero-width ones, marks of direction, fillers, tags. */
const INVISIBLE = /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/u;
const LONE_SURROGATE = /\p{Surrogate}/u;
const WORD = /[\p{L}\p{M}]+/gu;
/** Scripts whose letters look like each other's. */
const LOOKALIKES = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u];

/** What is wrong with the characters of a text of many lines; undefined when nothing is. Joiners and marks of direction are part of many languages. */
export function textFault(text: string): string | undefined {
  if (CONTROL.test(text)) return 'has a control character';
  if (BIDI.test(text)) return 'has a character that changes the direction of what follows';
  return LONE_SURROGATE.test(text) ? 'is not well-formed Unicode' : undefined;
}

/** What is wrong with a title or heading; undefined when nothing is. It is shown alone, so that nothing in it may hide. */
export function lineFault(text: string): string | undefined {
  if (/[\n\t]/.test(text)) return 'has a control character';
  if (INVISIBLE.test(text)) return 'has an invisible character';
  if (text.trim() !== text || text === '') return 'begins or ends with a space';
  if ((text.match(WORD) ?? []).some(mixesLookalikes)) return 'has a word of letters of several scripts that look alike';
  return textFault(text);
}

function mixesLookalikes(word: string): boolean {
  return LOOKALIKES.filter((script) => script.test(word)).length > 1;
}
