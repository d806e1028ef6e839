import type { PostgresCursor, RawBuilder } from 'kysely';
import type { Connection } from 'pg';
import type { Queries } from './database.ts';

/** Lines as bytes: each piece holds whole lines, and each line ends with a line feed. */
export interface Lines {
  pieces: Buffer[];
  count: number;
}

/**
 * The lines that a query of one column gives. No line may hold a line feed, nor the characters U+0001 and U+0002; JSON has none of
 * them. PostgreSQL copies the lines out: they arrive as bytes and stay that, where rows would be made into text, and that into bytes
 * again, which took the hub as long as the database took to make them.
 */
export async function readLines(db: Queries, query: RawBuilder<unknown>): Promise<Lines> {
  for await (const { rows } of db.getExecutor().stream<Lines>(query.compile(db), 1)) return rows[0]!;
  throw new Error('a query of lines gave no answer');
}

export const LINE_FEED = 10;

/** Bytes of a piece, unless a line is longer. */
const SPACE = 65_536;

/** Puts lines together into pieces. */
export class LineGatherer implements Lines {
  readonly pieces: Buffer[] = [];
  count = 0;
  #space = Buffer.alloc(0);
  #used = 0;

  /** Takes a line with its line feed; its bytes may be overwritten afterwards. */
  add(line: Uint8Array): void {
    if (this.#used + line.length > this.#space.length) this.#grow(line.length);
    this.#space.set(line, this.#used);
    this.#used += line.length;
    this.count += 1;
  }

  end(): Lines {
    this.#grow(0);
    return { pieces: this.pieces, count: this.count };
  }

  #grow(length: number): void {
    if (this.#used > 0) this.pieces.push(this.#space.subarray(0, this.#used));
    this.#space = length > 0 ? Buffer.allocUnsafeSlow(Math.max(SPACE, length)) : Buffer.alloc(0);
    this.#used = 0;
  }
}

/** Kysely's streams on PostgreSQL, which here serve for `readLines` alone: `COPY` of a query, with one result. */
export class CopyCursor<T> implements PostgresCursor<T> {
  readonly #text: string;
  readonly #gatherer = new LineGatherer();
  readonly #done: Promise<void>;
  #settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;

  constructor(text: string, parameters: readonly unknown[]) {
    this.#text = `copy (${inlined(text, parameters)}) to stdout (format csv, delimiter e'\\x01', quote e'\\x02')`;
    this.#done = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
  }

  async read(): Promise<T[]> {
    await this.#done;
    return [this.#gatherer.end() as T];
  }

  async close(): Promise<void> {
    await this.#done.catch(() => undefined);
  }

  // What the driver calls.

  submit(connection: Connection): void {
    connection.query(this.#text);
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    this.#gatherer.add(chunk);
  }

  handleCommandComplete(): void {
    // Ready is said after it.
  }

  handleReadyForQuery(): void {
    this.#settle!.resolve();
  }

  handleError(error: unknown): void {
    this.#settle!.reject(error);
  }
}

/** `COPY` takes no parameters: they become literals. Our connections have `standard_conforming_strings`, so that only a quote ends one. */
function inlined(text: string, parameters: readonly unknown[]): string {
  return text.replaceAll(/\$(\d+)/g, (_, number: string) => literal(parameters[Number(number) - 1]));
}

function literal(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  throw new TypeError('only numbers and texts can be parameters of a query of lines');
}
