import type { ManualClock } from '../../server/clock.ts';
import type { Counts } from './counts.ts';
import { Ledger } from './ledger.ts';
import { Model, type Effect } from './model.ts';
import type { Possible } from './possible.ts';
import type { Processes } from './processes.ts';
import { Replica } from './replica.ts';

/** Something that must hold, to be looked at when it is known what was written at the same time. */
export type Check = (possible: Possible) => void;

/** What a step did, and what must hold of what it saw. */
export interface Done {
  effect?: Effect;
  checks?: Check[];
}

/** A batch that can be undone: its signals as they were before, and their revisions after it. */
export interface ModelBatch {
  id: string;
  origin: string;
  items: { id: string; revision: number; before?: Model['signals'] extends ReadonlyMap<string, infer S> ? S : never }[];
}

/** What the steps of one run share. */
export class Scene {
  readonly processes: Processes;
  readonly clock: ManualClock;
  readonly counts: Counts;
  readonly ledger = new Ledger();
  readonly replicas = new Map<string, Replica>();
  readonly batches: ModelBatch[] = [];
  /** Groups that were deleted: their names stay taken. */
  readonly deletedGroups = new Set<string>();
  /** Instants for which policies were set beforehand. */
  readonly planned: number[] = [];
  /** The oracle's world before the present step. */
  model: Model;
  /** Counts steps. */
  step = 0;
  /** The present step is several at once. */
  together = false;
  /** What the writes of the present step are about, so that no two are about the same. */
  readonly busy = new Set<string>();
  /** The hub's time is never before its last commit. */
  #lastCommit = 0;
  #certain = true;

  constructor(processes: Processes, clock: ManualClock, counts: Counts, retention: number) {
    this.processes = processes;
    this.clock = clock;
    this.counts = counts;
    this.model = new Model(retention);
  }

  /** The instant at which the hub commits and decides now. */
  instant(): number {
    return Math.max(this.#lastCommit, this.clock.now());
  }

  /** Something was committed just now. */
  committed(): void {
    this.#lastCommit = this.instant();
    this.#certain = true;
  }

  /** Whether something was committed just now is not known. */
  doubt(): void {
    this.#certain = false;
  }

  /** Whether the instant of the last commit is known: else the clock must not go back. */
  get certain(): boolean {
    return this.#certain;
  }

  /** Reserves what a write is about. @returns whether it was free */
  take(...subjects: string[]): boolean {
    if (subjects.some((subject) => this.busy.has(subject))) return false;
    for (const subject of subjects) this.busy.add(subject);
    return true;
  }

  replica(viewer: string, feed: string, copy: number): Replica {
    const key = `${viewer} ${feed} ${copy}`;
    const replica = this.replicas.get(key) ?? new Replica(key, viewer, feed, copy);
    this.replicas.set(key, replica);
    return replica;
  }
}
