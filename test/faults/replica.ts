import { isDeepStrictEqual } from 'node:util';
import type { ChangesPage, OwnSignal, SignalView } from '../../schemas/types.ts';
import type { Api } from '../support/api.ts';
import { DELAYED, SEALED } from './orders.ts';

/** Pages that a comparison may take. */
const PAGES = 1000;
const REVEALED = ['digests', 'harm', 'severity', 'confidence', 'status', 'observed', 'labels', 'intent', 'novelty', 'basis', 'jurisdictions', 'note'] as const;

/** A peer's copy of the feed `all`. It keeps its cursor with what it holds, and starts anew for nothing. */
export class Replica {
  /** Pages with changes that arrived. */
  pages = 0;
  readonly #held = new Map<string, SignalView>();
  #cursor: string | undefined;

  /** Pulls one page and applies it. @returns when it was decided, if it is complete; undefined also when there was no answer */
  async pull(api: Api, limit: number): Promise<number | undefined> {
    const query = `limit=${limit}${this.#cursor === undefined ? '' : `&cursor=${this.#cursor}`}`;
    const { status, body } = await api.get<ChangesPage>(`/v1/feeds/all/changes?${query}`);
    if (status >= 500) return undefined;
    if (status !== 200) throw new Error(`the pull was answered with ${status}: ${JSON.stringify(body)}`);
    for (const change of body.changes) {
      if (change.type === 'signal') this.#held.set(change.signal.id, change.signal);
      else this.#held.delete(change.id);
    }
    if (body.changes.length > 0) this.pages += 1;
    this.#cursor = body.cursor;
    return body.complete ? Date.parse(body.as_of!) : undefined;
  }

  /** Goes on from the saved cursor to the end, and compares. @returns what differs from what the members' own listings say, in words */
  async compare(api: Api, rows: readonly OwnSignal[]): Promise<string[]> {
    let at: number | undefined;
    for (let n = 0; at === undefined; n += 1) {
      if (n > PAGES) return ['the pull does not come to an end'];
      at = await this.pull(api, 1000);
    }
    const visible = new Map(rows.filter((row) => isVisible(row, at)).map((row) => [row.id, row]));
    const ids = new Set([...visible.keys(), ...this.#held.keys()]);
    return [...ids].flatMap((id) => difference(id, visible.get(id), this.#held.get(id)));
  }

  get size(): number {
    return this.#held.size;
  }
}

function isVisible({ state, accepted_at, content }: OwnSignal, at: number): boolean {
  if (state !== 'active' || content.labels?.includes(SEALED)) return false;
  return content.harm !== DELAYED.harm || Date.parse(accepted_at) + DELAYED.milliseconds <= at;
}

function difference(id: string, row: OwnSignal | undefined, view: SignalView | undefined): string[] {
  if (!row) return [`the replica holds ${id}, which is not visible`];
  if (!view) return [`the replica lacks ${id}: ${JSON.stringify(row)}`];
  const wrong = REVEALED.filter((field) => !isDeepStrictEqual(view[field], row.content[field]));
  return wrong.length === 0 ? [] : [`the replica has another ${wrong.join(', ')} of ${id}: ${JSON.stringify({ view, row })}`];
}
