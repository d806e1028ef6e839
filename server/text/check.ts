import type { DeclaredIdentifier } from '../../schemas/types.ts';
import { problemAt } from '../problems.ts';
import { lineFault, textFault } from './line.ts';
import { markdownFault, plainText } from './markdown.ts';
import { rawIdentifierIn } from './raw-identifiers.ts';

/** A title or heading. @throws Problem unsafe-text or raw-identifier, at the place */
export function checkLine(pointer: string, text: string): void {
  refuseUnsafe(pointer, lineFault(text));
  refuseRaw(pointer, text);
}

/** Plain text of several lines, such as a reason or a note of a review. @throws Problem unsafe-text or raw-identifier, at the place */
export function checkPlain(pointer: string, text: string): void {
  refuseUnsafe(pointer, textFault(text));
  refuseRaw(pointer, text);
}

/** What its marks hide is looked at too: a name can be spelled with emphasis in the middle. @throws Problem unsafe-text or raw-identifier, at the place */
export function checkMarkdown(pointer: string, text: string): void {
  refuseUnsafe(pointer, textFault(text) ?? markdownFault(text));
  refuseRaw(pointer, text);
  refuseRaw(pointer, plainText(text));
}

/** Raw identifiers that were declared, with the reasons. @throws Problem unsafe-text or raw-identifier, at the place */
export function checkIdentifiers(pointer: string, identifiers: readonly DeclaredIdentifier[] = []): void {
  identifiers.forEach(({ value, reason }, index) => {
    checkPlain(`${pointer}/${index}/reason`, reason);
    refuseUnsafe(`${pointer}/${index}/value`, lineFault(value));
  });
}

function refuseUnsafe(pointer: string, fault: string | undefined): void {
  if (fault) throw problemAt('unsafe-text', pointer, fault);
}

function refuseRaw(pointer: string, text: string): void {
  const what = rawIdentifierIn(text);
  if (what) throw problemAt('raw-identifier', pointer, `looks like it carries ${what}: declare it in identifiers, or leave it out`);
}
