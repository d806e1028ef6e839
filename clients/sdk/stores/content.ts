import type { ChangesPage, Handling, SignalView } from '../../../schemas/types.ts';

/** Where a replica stands. */
export interface ReplicaState {
  /** The cursor of the last page; undefined before the first one and after the replica was emptied. */
  cursor?: string | undefined;
  /** The instant of the last complete page: what the replica held then was exactly what policy gave at that instant. */
  asOf?: string | undefined;
  /** Whether that is still so: false while pages of a run are missing. */
  complete: boolean;
}

/** A page to apply. */
export interface ReplicaPage extends ChangesPage {
  /** The first page of a run without a cursor: what the run doesn't mention up to its complete page goes. */
  begins: boolean;
}

/** What a replica holds, in memory, and how pages change it. */
export class ReplicaContent {
  state: ReplicaState = { complete: false };
  readonly #signals = new Map<string, SignalView>();
  readonly #byDigest = new Map<string, string[]>();
  /** Those of `#signals` that end, with the instant in milliseconds. */
  readonly #ends = new Map<string, number>();
  /** Equal handling is held once. */
  readonly #handlings = new Map<string, Handling>();
  /** What the present run has not mentioned yet, in a run that began without a cursor. */
  #unmentioned: Set<string> | undefined;

  /** Signals held, those that are due included. */
  get held(): number {
    return this.#signals.size;
  }

  /** Applies a page that is committed. */
  apply(page: ReplicaPage): void {
    if (page.begins) this.#unmentioned = new Set(this.#signals.keys());
    for (const change of page.changes) {
      if (change.type === 'signal') this.put(change.signal);
      else this.#drop(change.id);
    }
    this.state = { cursor: page.cursor, asOf: page.complete ? page.as_of : this.state.asOf, complete: page.complete };
    if (page.complete) this.#settle(page.as_of);
  }

  /** Puts a signal in place of what is held under its id. */
  put(signal: SignalView): void {
    this.#drop(signal.id);
    this.#signals.set(signal.id, { ...signal, handling: this.#shared(signal.handling) });
    if (signal.visible_until !== undefined) this.#ends.set(signal.id, Date.parse(signal.visible_until));
    for (const key of digestKeys(signal)) this.#byDigest.set(key, [...(this.#byDigest.get(key) ?? []), signal.id]);
  }

  clear(): void {
    for (const map of [this.#signals, this.#byDigest, this.#ends, this.#handlings]) map.clear();
    this.#unmentioned = undefined;
    this.state = { complete: false };
  }

  /** The signal, unless it is due at `now` (milliseconds). */
  get(id: string, now: number): SignalView | undefined {
    return (this.#ends.get(id) ?? Infinity) > now ? this.#signals.get(id) : undefined;
  }

  size(now: number): number {
    let due = 0;
    for (const end of this.#ends.values()) if (end <= now) due += 1;
    return this.#signals.size - due;
  }

  *values(now: number): Generator<SignalView> {
    for (const [id, signal] of this.#signals) if ((this.#ends.get(id) ?? Infinity) > now) yield signal;
  }

  byDigest(scheme: string, digest: string, now: number): SignalView[] {
    return (this.#byDigest.get(`${scheme}:${digest}`) ?? []).flatMap((id) => this.get(id, now) ?? []);
  }

  #drop(id: string): void {
    this.#unmentioned?.delete(id);
    const signal = this.#signals.get(id);
    if (!signal) return;
    this.#signals.delete(id);
    this.#ends.delete(id);
    for (const key of digestKeys(signal)) {
      const others = (this.#byDigest.get(key) ?? []).filter((other) => other !== id);
      if (others.length > 0) this.#byDigest.set(key, others);
      else this.#byDigest.delete(key);
    }
  }

  /** At a complete page: sweeps, and drops what was due by the hub's clock, which is the one that counts. */
  #settle(asOf: string | undefined): void {
    for (const id of this.#unmentioned ?? []) this.#drop(id);
    this.#unmentioned = undefined;
    const at = asOf === undefined ? -Infinity : Date.parse(asOf);
    for (const [id, end] of this.#ends) if (end <= at) this.#drop(id);
  }

  #shared(handling: Handling): Handling {
    const key = JSON.stringify(handling);
    const known = this.#handlings.get(key);
    if (!known) this.#handlings.set(key, handling);
    return known ?? handling;
  }
}

/** Where a signal is found by its digests; a set, since two of its digests may be equal. */
function digestKeys({ digests = [] }: SignalView): Set<string> {
  return new Set(digests.map(({ scheme, digest }) => `${scheme}:${digest}`));
}
