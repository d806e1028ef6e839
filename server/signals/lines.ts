import { parse } from 'secure-json-parse';
import { Problem } from '../problems.ts';

const NEWLINE = 0x0a;
/** Bytes of one line: more than the longest signal that the schema allows. */
const MAX_LINE = 524_288;

/** One line of a stream: what it says, or why it says nothing. */
export type Line = { item: unknown } | { problem: Problem };

/**
 * Cuts a stream of bytes into lines of JSON, giving those that each chunk completes. Blank lines are passed over.
 * @throws Problem line-too-long, after which the rest of the stream has no meaning
 */
export async function* readLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Line[]> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const { lines, used } = cut(bytes);
    rest = Buffer.from(bytes.subarray(used));
    if (lines.length > 0) yield lines;
    if (rest.length > MAX_LINE) throw new Problem('line-too-long');
  }
  const last = rest.toString().trim();
  if (last) yield [parseLine(last)];
}

function cut(bytes: Buffer): { lines: Line[]; used: number } {
  const lines: Line[] = [];
  let used = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, used)) {
    if (end - used > MAX_LINE) throw new Problem('line-too-long');
    const text = bytes.toString('utf8', used, end).trim();
    if (text) lines.push(parseLine(text));
    used = end + 1;
  }
  return { lines, used };
}

function parseLine(text: string): Line {
  try {
    return { item: parse(text, undefined, { protoAction: 'error', constructorAction: 'error' }) };
  } catch {
    return { problem: new Problem('malformed-json') };
  }
}
