import { isDeepStrictEqual } from 'node:util';
import type { Effect, Model, ModelSignal } from './model.ts';

/** A law was broken. */
export class LawBroken extends Error {}

/**
 * What a reader may have seen while writes were under way at the same time. Each of its snapshots holds some of them and not
 * others. Nothing says which, so a reader is right when some choice explains it: one choice of the changes of the world for
 * everything that it saw, and, since no two of the writes are about one signal, a choice for each signal by itself. Without
 * concurrent writes there is one choice, and the comparison is exact.
 */
export class Possible {
  readonly after: Model;
  readonly #before: Model;
  /** One for each choice of the changes of the world, with the signals as they were. */
  readonly #worlds: readonly Model[];
  /** Signals that were written meanwhile, as they are now. */
  readonly #written: ReadonlyMap<string, ModelSignal>;

  constructor(before: Model, effects: readonly Effect[]) {
    this.#before = before;
    this.after = before.with(effects);
    const changes = effects.flatMap(({ world }) => (world ? [{ world }] : []));
    this.#worlds = choices(changes).map((chosen) => before.with(chosen));
    this.#written = new Map(effects.flatMap(({ signals = [] }) => signals).map((signal) => [signal.id, signal]));
  }

  /** Whether something holds in one of the worlds. */
  some(holds: (model: Model) => boolean): boolean {
    return this.#worlds.some(holds);
  }

  /** The signal as it was, and as it is now. */
  states(id: string): ModelSignal[] {
    return [this.#before.signals.get(id), this.#written.get(id)].filter((signal) => signal !== undefined);
  }

  /** Whether the viewer may be shown this view at the instant; whether it may be shown nothing, when `view` is undefined. */
  allows(viewer: string, feed: string | undefined, id: string, view: object | undefined, at: number): boolean {
    return this.#worlds.some((model) => this.#allowsIn(model, viewer, feed, id, view, at));
  }

  /** Compares a replica with the plain evaluator's answer, object by object and field by field. @throws LawBroken */
  compare(viewer: string, feed: string, held: ReadonlyMap<string, object>, at: number): void {
    const ids = new Set([...this.#before.signals.keys(), ...this.#written.keys(), ...held.keys()]);
    const wrongIn = (model: Model): string | undefined => [...ids].find((id) => !this.#allowsIn(model, viewer, feed, id, held.get(id), at));
    const wrong = this.#worlds.map(wrongIn);
    if (wrong.includes(undefined)) return;
    const id = wrong.at(-1)!;
    const expected = this.states(id).map((signal) => this.after.view(viewer, feed, signal, at) ?? 'nothing');
    throw new LawBroken(`${viewer}'s copy of ${feed} differs as of ${new Date(at).toISOString()}: ${JSON.stringify({ held: held.get(id) ?? 'nothing', expected, signal: this.states(id) }, null, 1)}`);
  }

  #allowsIn(model: Model, viewer: string, feed: string | undefined, id: string, view: object | undefined, at: number): boolean {
    const before = this.#before.signals.get(id);
    const written = this.#written.get(id);
    const as = (signal: ModelSignal | undefined): boolean => isDeepStrictEqual(signal && model.view(viewer, feed, signal, at), view);
    return as(before) || (written !== undefined && as(written));
  }
}

function choices<T>(items: readonly T[]): T[][] {
  return items.reduce<T[][]>((chosen, item) => chosen.flatMap((some) => [some, [...some, item]]), [[]]);
}
