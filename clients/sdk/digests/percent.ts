/**
 * Byte strings: one character (U+0000 to U+00FF) for each byte, so that text functions and expressions work on bytes.
 * Gives the UTF-8 bytes of a text; a lone surrogate becomes U+FFFD, as in the URL standard.
 */
export function utf8ByteString(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** Whether every character lies below U+0080. */
export function isAscii(text: string): boolean {
  return !/[\u0080-\uffff]/.test(text);
}

function hexValue(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** The byte that the three bytes ending at `end` escape, or -1. */
function escapedByte(bytes: Uint8Array, end: number): number {
  if (end < 3 || bytes[end - 3] !== 0x25) return -1;
  const high = hexValue(bytes[end - 2]);
  const low = hexValue(bytes[end - 1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/**
 * Percent-unescapes a byte string again and again until no escape is left; a `%` that escapes nothing stays.
 *
 * Done in one pass: escapes cannot overlap, so the order in which they are replaced does not matter, and a byte just
 * written is looked at again in case it completes an escape. (Whole passes would take quadratic time on `%252525...`.)
 */
export function unescapeFully(bytes: string): string {
  if (!bytes.includes('%')) return bytes;
  const out = Buffer.allocUnsafe(bytes.length);
  let end = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    out[end] = bytes.charCodeAt(at);
    end += 1;
    for (let byte = escapedByte(out, end); byte >= 0; byte = escapedByte(out, end)) {
      end -= 2;
      out[end - 1] = byte;
    }
  }
  return out.toString('latin1', 0, end);
}

// Everything but 0x21 to 0x7E without "#" (0x23) and "%" (0x25).
const TO_ESCAPE = /[^!"$&-~]/g;

/** Escapes the bytes <= 0x20, >= 0x7F, `#` and `%` of a byte string as `%XX` with upper-case digits. */
export function escapeBytes(bytes: string): string {
  return bytes.replace(TO_ESCAPE, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
