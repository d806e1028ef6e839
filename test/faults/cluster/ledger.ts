import { isDeepStrictEqual } from 'node:util';
import type { BatchSummary, ItemResult, NewSignal, OwnSignal, RetractionReason, UndoResult } from '../../../schemas/types.ts';

/** What a signal says, and whether the hub ended it when it was told to: then `valid_until` is an instant between these two. */
interface Says {
  content: NewSignal;
  ended?: { from: number; to: number } | undefined;
}

/** One signal as its writer knows it, by what the hub has acknowledged. */
export interface Entry extends Says {
  id: string;
  /** One more for each change: were something done twice, the hub's would be higher. */
  version: number;
  set: string;
  retracted?: RetractionReason;
  /** First sent, and acknowledged. */
  accepted: { from: number; to: number };
}

/** A change that a batch made. */
interface Change {
  entry: Entry;
  version: number;
  before?: Says;
}

/** A batch that was acknowledged to its end. */
export interface DoneBatch {
  id: string;
  changes: readonly Change[];
}

/** Items that are sent until all are acknowledged, and what was said of each. */
export class Order {
  readonly items: readonly NewSignal[];
  readonly set: string;
  readonly key: string | undefined;
  readonly from = Date.now();
  tries = 0;
  /** By item: its signal, or that it came too late to be taken. */
  readonly said: (Entry | 'too late' | undefined)[] = [];
  /** What the present try has changed. */
  changes: Change[] = [];

  constructor(items: readonly NewSignal[], set = '', key?: string) {
    this.items = items;
    this.set = set;
    this.key = key;
  }

  /** Begins another try. */
  begin(): void {
    this.tries += 1;
    this.changes = [];
  }

  get settled(): boolean {
    return this.items.every((_, index) => this.said[index] !== undefined);
  }
}

/** Milliseconds by which the clocks of the test and of the database may differ. */
const SKEW = 1000;

/** What one writer has had acknowledged, and so what the hub must hold of it: exactly that. */
export class Ledger {
  /** What must not be, in words. */
  readonly findings: string[] = [];
  readonly #entries = new Map<string, Entry>();
  readonly #byReference = new Map<string, Entry>();

  /** Signals that are not taken back. */
  get active(): Entry[] {
    return [...this.#entries.values()].filter((entry) => entry.retracted === undefined);
  }

  /** Notes the result of an item of an order. */
  result(order: Order, { index, status, id, version, problem }: ItemResult): void {
    const item = order.items[index]!;
    const known = order.said[index];
    const before = this.#current(order.set, item);
    if (status === 'rejected') this.#rejected(order, index, problem?.type ?? '', known ?? before);
    else if (known === 'too late') this.#wrong(item, 'was taken after it had been too late');
    else this.#taken(order, index, { status, id: id!, version: version! }, known, before);
  }

  #taken(order: Order, index: number, { status, id, version }: { status: string; id: string; version: number }, known: Entry | undefined, before: Entry | undefined): void {
    const item = order.items[index]!;
    const first = known ? 'unchanged' : before === undefined ? 'created' : sameAs(before, item) ? 'unchanged' : 'updated';
    const expected = known?.version ?? (before === undefined ? 1 : before.version + (first === 'updated' ? 1 : 0));
    if (status !== first && !(order.tries > 1 && status === 'unchanged')) this.#wrong(item, `the result is ${status} in place of ${first}, try ${order.tries}`);
    if (version !== expected) this.#wrong(item, `has version ${version} in place of ${expected}, try ${order.tries}`);
    const already = known ?? before;
    if (already && already.id !== id) this.#wrong(item, `has the id ${id} after ${already.id}`);
    const says: Says | undefined = before && { content: before.content, ended: before.ended };
    const entry = already ?? this.#add(order, item, id);
    Object.assign(entry, { content: item, version: expected, ended: undefined });
    order.said[index] = entry;
    if (status !== 'unchanged') order.changes.push({ entry, version: expected, ...(says ? { before: says } : {}) });
  }

  #rejected(order: Order, index: number, type: string, known: unknown): void {
    const item = order.items[index]!;
    if (type.endsWith(':member-suspended')) return;
    if (type.endsWith(':invalid-times') && item.valid_until !== undefined && (known === undefined || known === 'too late')) order.said[index] = 'too late';
    else this.#wrong(item, `was refused: ${type}, try ${order.tries}`);
  }

  #add({ from, set }: Order, item: NewSignal, id: string): Entry {
    if (this.#entries.has(id)) this.#wrong(item, `has the id of another signal, ${id}`);
    const entry: Entry = { id, version: 1, content: item, set, accepted: { from, to: Date.now() } };
    this.#entries.set(id, entry);
    if (item.reference !== undefined) this.#byReference.set(`${set}/${item.reference}`, entry);
    return entry;
  }

  #current(set: string, { reference }: NewSignal): Entry | undefined {
    const entry = reference === undefined ? undefined : this.#byReference.get(`${set}/${reference}`);
    return entry?.retracted === undefined ? entry : undefined;
  }

  /** Notes the closing line of a set's synchronisation, all items of which were settled. */
  synchronised(order: Order, { retracted }: BatchSummary): void {
    const mentioned = new Set(order.said);
    const gone = this.active.filter((entry) => entry.set === order.set && !mentioned.has(entry));
    if (order.tries === 1 ? retracted !== gone.length : retracted > gone.length) this.findings.push(`the set ${order.set}: ${retracted} were taken back in place of ${gone.length}, try ${order.tries}`);
    for (const entry of gone) this.#retract(entry, 'no-longer-listed');
  }

  /** Notes an update by id. */
  updated(entry: Entry, content: NewSignal, { status, version }: ItemResult, tries: number): void {
    const first = sameAs(entry, content) ? 'unchanged' : 'updated';
    this.#expect(entry, status, version, first, tries);
    Object.assign(entry, { content, ended: undefined });
  }

  /** Notes a retraction. */
  retracted(entry: Entry, reason: RetractionReason, { status, version }: ItemResult, tries: number): void {
    this.#expect(entry, status, version, 'updated', tries);
    entry.retracted = reason;
  }

  /** Notes that the hub ended a signal that had no end, at an instant since `from`. */
  ended(entry: Entry, from: number, { status, version }: ItemResult, tries: number): void {
    this.#expect(entry, status, version, 'updated', tries);
    const { not_before: _gone, ...content } = entry.content;
    Object.assign(entry, { content, ended: { from, to: Date.now() } });
  }

  #expect(entry: Entry, status: string, version: number | undefined, first: string, tries: number): void {
    if (first === 'updated') entry.version += 1;
    if (status !== first && !(tries > 1 && status === 'unchanged')) this.findings.push(`${entry.id}: the result is ${status} in place of ${first}, try ${tries}`);
    if (version !== entry.version) this.findings.push(`${entry.id}: has version ${version} in place of ${entry.version}, try ${tries}`);
  }

  /** Notes that a batch was undone. */
  undone({ id, changes }: DoneBatch, { retracted, restored, left }: UndoResult, tries: number): void {
    const untouched = changes.filter(({ entry, version }) => entry.retracted === undefined && entry.version === version);
    const made = untouched.filter(({ before }) => before === undefined);
    const wanted = [made.length, untouched.length - made.length, changes.length - untouched.length];
    if (tries === 1 && !isDeepStrictEqual([retracted, restored, left], wanted)) this.findings.push(`undoing ${id} gave ${[retracted, restored, left].join()} in place of ${wanted.join()}`);
    for (const { entry, before } of untouched) {
      if (!before) this.#retract(entry, 'batch-undone');
      else Object.assign(entry, { version: entry.version + 1, content: before.content, ended: before.ended });
    }
  }

  #retract(entry: Entry, reason: RetractionReason): void {
    entry.version += 1;
    entry.retracted = reason;
  }

  /** Compares with what the hub lists of the member, of which this writer's are taken out. All orders must be settled. */
  compare(rows: Map<string, OwnSignal>): void {
    for (const entry of this.#entries.values()) {
      const row = rows.get(entry.id);
      rows.delete(entry.id);
      const wrong = row ? differences(entry, row) : ['is not there'];
      if (wrong.length > 0) this.findings.push(`${entry.id} ${wrong.join(', ')}: ${JSON.stringify({ entry, row })}`);
    }
  }

  #wrong(item: NewSignal, what: string): void {
    this.findings.push(`${JSON.stringify(item)}: ${what}`);
  }
}

/** Whether the hub finds nothing new in it. */
function sameAs({ content, ended }: Says, item: NewSignal): boolean {
  return ended === undefined && isDeepStrictEqual(content, item);
}

function differences(entry: Entry, row: OwnSignal): string[] {
  const { valid_until: until, ...rest } = row.content;
  const content = entry.ended ? rest : row.content;
  const between = (text: string | undefined, { from, to }: { from: number; to: number }): boolean => text !== undefined && Date.parse(text) >= from - SKEW && Date.parse(text) <= to + SKEW;
  const checks: [string, boolean][] = [
    ['has another version', row.version === entry.version],
    ['is in another set', (row.set ?? '') === entry.set],
    ['was taken back, or not, or for another reason', row.retraction === entry.retracted && (row.state === 'retracted') === (entry.retracted !== undefined)],
    ['says something else', isDeepStrictEqual(content, entry.content)],
    ['ended at another time', !entry.ended || between(until, entry.ended)],
    ['was accepted at another time', between(row.accepted_at, entry.accepted)],
  ];
  return checks.flatMap(([what, holds]) => (holds ? [] : [what]));
}
