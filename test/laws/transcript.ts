/** A request to both twins. What only one twin could have given out, a cursor for instance, is a pair. */
export interface Probe {
  method: string;
  path: string | Pair<string>;
  body?: string;
  headers?: Record<string, string | Pair<string>>;
  /** Sent without a token. */
  anonymous?: boolean;
}

/** Something of the first twin, which has the hidden history, and of the second. */
export type Pair<T> = readonly [T, T];

/** An answer as its bytes came. */
export interface Exchange {
  status: number;
  headers: readonly (readonly [string, string])[];
  body: string;
}

/** The twins' answers differ: somebody can tell that there is something it may not see. */
export class LeakFound extends Error {}

/**
 * All that may differ between the twins. A masked value is shown by its length, so that a random field must be as long with the
 * hidden history as without it. Cursors, and the tokens that list one's own signals, are sealed under a random nonce.
 */
export const MASKS: readonly { what: string; why: string; pattern: RegExp }[] = [
  { what: 'cursor', why: 'sealed under a random nonce', pattern: /(?<="cursor":")[A-Za-z0-9_-]+(?=")/g },
  { what: 'next', why: 'sealed under a random nonce', pattern: /(?<="next":")[A-Za-z0-9_-]+(?=")/g },
  { what: 'request', why: 'the id of the request is random', pattern: /(?<="request_id":")[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=")/g },
  { what: 'token', why: 'signed by a key that each twin made at random', pattern: /(?<="access_token":")[A-Za-z0-9._-]+(?=")/g },
  { what: 'public key', why: 'each twin made its own at random', pattern: /(?<="x":")[A-Za-z0-9_-]{43}(?=")/g },
  { what: 'key id', why: 'follows from the public key', pattern: /(?<="kid":")[0-9a-f]{24}(?=")/g },
];

/** The same of headers: the framework dates answers and counts requests by the machine's clock; a weak tag follows from a cursor. */
export const MASKED_HEADERS: Readonly<Record<string, RegExp>> = { date: /.+/, 'ratelimit-remaining': /^\d+$/, 'ratelimit-reset': /.+/, etag: /^W\/"[A-Za-z0-9_-]+"$/ };

/**
 * Follows the allowances of viewers. How much is left starts again when the machine's clock says so, in each twin at another
 * request; that a request takes one must hold in both all the same. Without a token it is the address that has the allowance.
 */
export class Allowances {
  readonly #left = new Map<string, number>();

  /** What a request took from the allowance of `who`, in words. Every request of a viewer must be told of. */
  taken(who: string, headers: Headers): string {
    const [limit, left] = ['ratelimit-limit', 'ratelimit-remaining'].map((name) => Number(headers.get(name)));
    const key = `${who} ${limit}`;
    const before = this.#left.get(key) ?? limit!;
    this.#left.set(key, left!);
    return left! >= before ? 'one less' : `${before - left! === 1 ? 'one' : before - left!} less`;
  }
}

/** Reads an answer whole. Its headers are in order of their names. */
export async function exchangeOf(response: Response, taken: string | undefined): Promise<Exchange> {
  const headers = [...response.headers].map(([name, value]) => [name, name === 'ratelimit-remaining' ? (taken ?? value) : value] as const);
  return { status: response.status, headers: headers.sort(([a], [b]) => (a < b ? -1 : 1)), body: await response.text() };
}

/** The answer in lines, with what is random masked; `anyOrder` sorts the changes of each page. */
export function linesOf({ status, headers, body }: Exchange, anyOrder: boolean): string[] {
  const shown = headers.map(([name, value]) => `${name}: ${MASKED_HEADERS[name]?.test(value) ? maskedHeader(name, value) : value}`);
  const lines = mask(body).split('\n');
  return [`${status}`, ...shown, '', ...(anyOrder ? lines.map(sortPage).sort(changesFirst) : lines).flatMap(spread)];
}

/** The changes of a page of JSON in the order of what they say. */
function sortPage(line: string): string {
  if (!line.startsWith('{"changes":[')) return line;
  const { changes, ...page } = JSON.parse(line) as { changes: object[] };
  return JSON.stringify({ changes: changes.map((change) => JSON.stringify(change)).sort(), ...page });
}

/** Of a stream's lines the changes come before what closes the page, in the order of what they say. */
function changesFirst(a: string, b: string): number {
  const rank = (line: string): number => (/^\{"type":"(signal|remove)"/.test(line) ? 0 : 1);
  return rank(a) - rank(b) || (rank(a) === 0 && a < b ? -1 : rank(a) === 0 && a > b ? 1 : 0);
}

/** JSON with a line for each value, so that what differs stands alone; its length stands for the spaces that this does not show. */
function spread(line: string): string[] {
  try {
    return [`(${line.length} characters)`, ...JSON.stringify(JSON.parse(line), null, 1).split('\n')];
  } catch {
    return [line];
  }
}

/** What is left of an allowance, and of its minute, has no fixed length. */
function maskedHeader(name: string, value: string): string {
  return name.startsWith('ratelimit-') ? '(number)' : `(${name} of ${value.length})`;
}

function mask(body: string): string {
  return MASKS.reduce((text, { what, pattern }) => text.replaceAll(pattern, (value) => `(${what} of ${value.length})`), body);
}

/**
 * Compares the answers line by line.
 * @throws LeakFound with the request and both answers
 */
export function compare(asked: string, [first, second]: Pair<Exchange>, anyOrder = false): void {
  const [with_, without] = [linesOf(first, anyOrder), linesOf(second, anyOrder)];
  const at = with_.findIndex((line, index) => line !== without[index]);
  if (at < 0 && with_.length === without.length) return;
  const line = at < 0 ? without.length : at;
  throw new LeakFound(`${asked}\nline ${line + 1} differs:\n  with the hidden history: ${with_[line] ?? '(nothing)'}\n  without:                 ${without[line] ?? '(nothing)'}\n--- with\n${with_.join('\n')}\n--- without\n${without.join('\n')}`);
}
