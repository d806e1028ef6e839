import type { RemovalChange } from '../../schemas/types.ts';
import { LINE_FEED } from '../db/lines.ts';
import type { Block } from './rows.ts';

const COMMA = 44;

/** The changes of a page as lines of JSON, as far as it has come. */
export class PageText {
  readonly limit: number;
  /** By signal: what the log gave rise to. */
  readonly #said = new Map<string, string>();
  readonly #blocks: Block[] = [];
  #scanned = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Changes in it. */
  get count(): number {
    return this.#said.size + this.#scanned;
  }

  /** Changes that it still has room for. */
  get room(): number {
    return this.limit - this.count;
  }

  /** Whether a block that is added must name its signals. */
  get wantsIds(): boolean {
    return this.#said.size > 0;
  }

  /** Says what becomes of a signal, in place of what the page said of it before. */
  say(id: string, change: string | RemovalChange): void {
    this.#said.set(id, typeof change === 'string' ? change : JSON.stringify(change));
  }

  /** Adds what a scan found, which replaces what the page said of the same signals before. */
  add(block: Block): void {
    if (block.count === 0) return;
    for (const id of block.ids) this.#said.delete(id);
    this.#blocks.push(block);
    this.#scanned += block.count;
  }

  /** All changes as lines, each with its line feed, some in each piece. */
  pieces(): Buffer[] {
    const said = [...this.#said.values()].map((line) => `${line}\n`).join('');
    return [...(said === '' ? [] : [Buffer.from(said)]), ...this.#blocks.flatMap(({ pieces }) => pieces)];
  }

  /** All changes as the elements of a JSON array. JSON has no line feed but those between the lines. */
  elements(): Buffer {
    const all = Buffer.concat(this.pieces());
    for (let at = all.indexOf(LINE_FEED); at >= 0; at = all.indexOf(LINE_FEED, at + 1)) all[at] = COMMA;
    return all.subarray(0, -1);
  }
}
