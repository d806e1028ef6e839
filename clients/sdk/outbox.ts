import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';

/** Where items come from. */
export type Items<T> = AsyncIterable<T> | Iterable<T>;

const CHUNK = 32_768;
/** Items that may be under way: handed over, and not acknowledged. */
const WINDOW = 20_000;
const LATER = Symbol('later');

/** Items on their way out: an NDJSON body that is made as fast as the connection takes it and results are read, and no faster. */
export class Outbox<T> {
  /** Items handed over so far. */
  sent = 0;
  /** Whether the last item was handed over. */
  ended = false;
  /** What the source of the items threw. */
  failure: { error: unknown } | undefined;
  readonly #items: Items<T>;
  #acknowledged = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(items: Items<T>) {
    this.#items = items;
  }

  /** The body. When the source of the items fails, so does the body: a request cut off is not mistaken for one that came to its end. */
  body(): Readable {
    return Readable.from(this.#chunks(), { objectMode: true, highWaterMark: 1 });
  }

  /** Makes room for further items. */
  acknowledged(count: number): void {
    this.#acknowledged = count;
    this.#wake?.();
  }

  /** Lets go of the source: nobody takes the items any more. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async *#chunks(): AsyncGenerator<Buffer> {
    const iterator = iteratorOf(this.#items);
    try {
      let text = '';
      for (let next = iterator.next(); ; next = iterator.next()) {
        // A source that takes its time doesn't hold back what it gave before.
        let result = text === '' ? await next : await Promise.race([next, turn(LATER)]);
        if (result === LATER) {
          yield Buffer.from(text);
          text = '';
          result = await next;
        }
        if (result.done) break;
        text += `${JSON.stringify(result.value)}\n`;
        this.sent += 1;
        if (text.length < CHUNK && this.#hasRoom()) continue;
        yield Buffer.from(text);
        text = '';
        while (!this.#hasRoom()) await new Promise<void>((resolve) => (this.#wake = resolve));
        if (this.#closed) return;
      }
      if (text !== '') yield Buffer.from(text);
      this.ended = true;
    } catch (error) {
      this.failure = { error };
      throw error;
    } finally {
      if (!this.ended) await iterator.return?.();
    }
  }

  #hasRoom(): boolean {
    return this.#closed || this.sent - this.#acknowledged < WINDOW;
  }
}

function iteratorOf<T>(items: Items<T>): { next(): Promise<IteratorResult<T>>; return?(): Promise<unknown> } {
  if (Symbol.asyncIterator in items) return items[Symbol.asyncIterator]() as ReturnType<typeof iteratorOf<T>>;
  const iterator = items[Symbol.iterator]();
  return { next: () => new Promise((resolve) => resolve(iterator.next())), return: () => Promise.resolve(iterator.return?.()) };
}
