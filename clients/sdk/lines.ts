import { connectionError, ProtocolError } from './errors.ts';

const LINE_FEED = 0x0a;

/** No line of the interface comes near it; it bounds what a broken peer can make us hold. */
const LONGEST = 16 * 1_048_576;

/**
 * Splits a stream of bytes at its line feeds: of each chunk the lines that it completes. What stands after the last line feed
 * comes last, or is left out.
 * @throws ProtocolError for a line of over 16 MiB
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>, unterminated: 'keep' | 'drop' = 'keep'): AsyncGenerator<Buffer[]> {
  let rest: Buffer[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const piece = bufferOf(chunk.subarray(start, end));
      lines.push(rest.length === 0 ? piece : Buffer.concat([...rest, piece]));
      [rest, held, start] = [[], 0, end + 1];
    }
    if (start < chunk.length) rest.push(bufferOf(chunk.subarray(start)));
    held += chunk.length - start;
    if (held > LONGEST) throw new ProtocolError('a line is longer than any of the interface');
    if (lines.length > 0) yield lines;
  }
  if (unterminated === 'keep' && held > 0) yield [Buffer.concat(rest)];
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * The documents of an NDJSON answer, one by one. Blank lines are skipped.
 * @throws ConnectionError when the stream breaks, ProtocolError for a line that is no JSON object
 */
export async function* jsonLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<Record<string, unknown>> {
  try {
    for await (const lines of splitLines(body)) {
      for (const line of lines) if (line.some((byte) => byte > 0x20)) yield parseLine(line);
    }
  } catch (error) {
    throw connectionError(error);
  }
}

function parseLine(line: Buffer): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(line.toString('utf8'));
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document as Record<string, unknown>;
  } catch (error) {
    throw new ProtocolError('a line of the answer is not JSON', { cause: error });
  }
  throw new ProtocolError('a line of the answer is not a JSON object');
}
