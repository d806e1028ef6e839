import type { Hub } from '../hub.ts';
import { transaction, type Tx } from '../db/database.ts';
import { advance, type Head } from '../db/head.ts';
import { acceptsEpoch } from '../digests/keys.ts';
import { Problem, problemAt } from '../problems.ts';
import { uuidFrom } from '../random.ts';
import type { RetractionReason } from '../../schemas/types.ts';
import { takesPart } from '../exercises/exercises.ts';
import type { ExerciseDocument, MemberDocument } from '../world/documents.ts';
import type { HubWorld } from '../world/state.ts';
import { ClassInterner, addClasses, findClasses, internClasses, type WantedClass } from './classes.ts';
import type { Prepared } from './content.ts';
import { measuredClass } from './measured.ts';
import { NO_USAGE, addUsage, findById, findByReference, insertSignals, readUsage, retractSignals, updateSignals, type Row, type Stored, type Usage } from './store.ts';
import { SumChanges } from './sums.ts';

/** One thing to be done to a signal of `origin`. */
export type Write = { origin: MemberDocument; client: string } & (
  | { kind: 'put'; prepared: Prepared; set: string; target: Target }
  | { kind: 'retract'; id: string; reason: RetractionReason }
);

/** Signals in exercises that a member may have: they are not counted among the real ones. */
const EXERCISE_QUOTA = 10_000;

/** Which signal a put means: a new one (of a given id, where retries must find it), or one that exists. */
export type Target = { kind: 'new'; id?: string } | { kind: 'id'; id: string; version?: number; position?: number };

/** What became of a write. */
export type Outcome = { status: 'created' | 'updated' | 'unchanged'; id: string; version: number } | { status: 'rejected'; problem: Problem };

/** What else belongs into the transaction of a batch: it is given the positions taken and the outcomes. */
export type Alongside = (tx: Tx, head: Head, first: number, outcomes: readonly Outcome[]) => Promise<void>;

/** Options of a group of writes. */
export interface WriteOptions {
  /** Writes nothing when any write is rejected. */
  atomic?: boolean;
  /** Also for members that have left: their withdrawal. */
  departed?: boolean;
  alongside?: Alongside;
}

/** Undoes the transaction of an atomic group; carries the outcomes out of it. */
class Rejected extends Error {
  readonly outcomes: Outcome[];

  constructor(outcomes: Outcome[]) {
    super('an item was rejected');
    this.outcomes = outcomes;
  }
}

/**
 * The one way in which signals change. A group of writes is one transaction whose first statement takes the head of the log;
 * when it returns, everything that it reports is durable.
 */
export class SignalWriter {
  readonly #hub: Hub;
  readonly #classes = new ClassInterner();

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** Outcomes come in the order of the writes. Writes to one and the same signal take effect in that order. */
  async write(writes: readonly Write[], options: WriteOptions = {}): Promise<Outcome[]> {
    try {
      const { outcomes, classes } = await transaction(this.#hub.db, (tx) => this.#writeIn(tx, writes, options));
      this.#classes.keep(classes);
      return outcomes;
    } catch (error) {
      if (error instanceof Rejected) return error.outcomes;
      throw error;
    }
  }

  async #writeIn(tx: Tx, writes: readonly Write[], options: WriteOptions): Promise<{ outcomes: Outcome[]; classes: Map<string, number> }> {
    const head = await advance(tx, this.#hub.clock, writes.length);
    const world = await this.#hub.worlds.at(head.world, tx);
    const first = head.position - writes.length + 1;
    const round = new Round(this.#hub, tx, head, world, this.#classes, first, options.departed ?? false);
    const outcomes: Outcome[] = new Array<Outcome>(writes.length);
    for (const indexes of rounds(writes)) {
      const done = await round.run(indexes.map((index) => writes[index]!));
      indexes.forEach((index, i) => (outcomes[index] = done[i]!));
    }
    if (options.atomic && outcomes.some((outcome) => outcome.status === 'rejected')) throw new Rejected(outcomes);
    await options.alongside?.(tx, head, first, outcomes);
    return { outcomes, classes: round.interned };
  }
}

/** Splits writes so that no round touches a signal twice, keeping their order. */
function rounds(writes: readonly Write[]): number[][] {
  const groups: number[][] = [];
  const next = new Map<string, number>();
  writes.forEach((write, index) => {
    const key = identityOf(write);
    const round = key === undefined ? 0 : (next.get(key) ?? 0);
    if (key !== undefined) next.set(key, round + 1);
    (groups[round] ??= []).push(index);
  });
  return groups;
}

function identityOf(write: Write): string | undefined {
  if (write.kind === 'retract') return write.id;
  if (write.target.id !== undefined) return write.target.id;
  return write.prepared.reference === null ? undefined : `${write.origin.number} ${write.set} ${write.prepared.reference}`;
}

type Step = { at: number; write: Write; stored?: Stored };

/** Set-based work on writes that touch different signals. */
class Round {
  readonly #hub: Hub;
  readonly #tx: Tx;
  readonly #head: Head;
  readonly #world: HubWorld;
  readonly #classes: ClassInterner;
  readonly #departed: boolean;
  readonly #epochs = new Map<string, boolean>();
  #position: number;
  /** Classes found or made; to be kept after the commit. */
  readonly interned = new Map<string, number>();

  constructor(hub: Hub, tx: Tx, head: Head, world: HubWorld, classes: ClassInterner, first: number, departed: boolean) {
    this.#hub = hub;
    this.#tx = tx;
    this.#head = head;
    this.#world = world;
    this.#classes = classes;
    this.#position = first;
    this.#departed = departed;
  }

  async run(writes: readonly Write[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = new Array<Outcome>(writes.length);
    const steps = await this.#locate(writes);
    const changes = steps.filter((step) => {
      const settled = this.#settle(step);
      if (settled) outcomes[step.at] = settled;
      return settled === undefined;
    });
    const allowed = await this.#withinQuota(changes, outcomes);
    await this.#apply(allowed, outcomes);
    return outcomes;
  }

  /** Finds the stored signal that each write means. */
  async #locate(writes: readonly Write[]): Promise<Step[]> {
    const references = writes.flatMap((w) => (w.kind === 'put' && w.target.kind === 'new' && w.prepared.reference !== null ? [{ origin: w.origin.number, set: w.set, reference: w.prepared.reference }] : []));
    const ids = writes.flatMap((w) => (w.kind === 'retract' ? [w.id] : w.target.id === undefined ? [] : [w.target.id]));
    const byReference = new Map((await findByReference(this.#tx, references)).map((s) => [`${s.origin} ${s.set_name} ${s.reference}`, s]));
    const byId = new Map((await findById(this.#tx, ids)).map((s) => [s.id, s]));
    return writes.map((write, at) => {
      const key = identityOf(write);
      const stored = key === undefined ? undefined : (byId.get(key) ?? byReference.get(key));
      return { at, write, ...(stored ? { stored } : {}) };
    });
  }

  /** The outcome of a write that changes nothing, or undefined. */
  #settle({ write, stored }: Step): Outcome | undefined {
    const refusal = this.#refuse(write, stored);
    if (refusal) return { status: 'rejected', problem: refusal };
    if (!stored) return undefined;
    const same: Outcome = { status: 'unchanged', id: stored.id, version: stored.version };
    if (write.kind === 'retract') return stored.active ? undefined : same;
    if (write.target.kind === 'new' && write.target.id !== undefined) return this.#retried(write.prepared, stored, same);
    return stored.hash === write.prepared.hash ? same : undefined;
  }

  /** A put whose id says that it was made before: the same content is a retry, other content a misuse of the key. */
  #retried(prepared: Prepared, stored: Stored, same: Outcome): Outcome {
    const misused = !stored.purged && stored.version === 1 && stored.hash !== prepared.hash;
    return misused ? { status: 'rejected', problem: new Problem('idempotency-mismatch') } : same;
  }

  #refuse(write: Write, stored: Stored | undefined): Problem | undefined {
    const status = this.#world.members.get(write.origin.id)?.status;
    if (!this.#departed && status !== 'active') return new Problem(status === 'suspended' ? 'member-suspended' : 'member-left');
    if (!this.#departed && this.#world.clients.get(write.client)?.revoked) return new Problem('invalid-token');
    const foreign = stored !== undefined && stored.origin !== write.origin.number;
    if (write.kind === 'retract') return stored && !foreign ? undefined : new Problem('not-found');
    return this.#refuseTarget(write, stored, foreign) ?? this.#refuseContent(write.prepared, write.origin.id, stored === undefined);
  }

  #refuseTarget({ target, prepared }: Write & { kind: 'put' }, stored: Stored | undefined, foreign: boolean): Problem | undefined {
    if (target.kind === 'new') return undefined;
    if (!stored || foreign) return new Problem('not-found');
    if (!stored.active) return new Problem('conflict', [{ pointer: '', detail: 'a retraction is final' }]);
    if (stored.purged) return new Problem('conflict', [{ pointer: '', detail: 'it has ended, and what it said was purged' }]);
    if (target.version !== undefined && target.version !== stored.version) return new Problem('version-mismatch');
    if (target.position !== undefined && target.position !== stored.position) return new Problem('version-mismatch');
    if ((prepared.content.exercise ?? null) !== stored.exercise) return problemAt('conflict', '/exercise', 'a signal stays in its exercise, or real');
    return prepared.reference === stored.reference ? undefined : problemAt('conflict', '/reference', 'a signal keeps its reference');
  }

  #refuseContent({ content, validUntil }: Prepared, origin: string, isNew: boolean): Problem | undefined {
    if (isNew && validUntil !== null && validUntil <= this.#head.at) return problemAt('invalid-times', '/valid_until', 'has passed');
    if (content.exercise !== undefined && !this.#exercise(origin, content.exercise)) return problemAt('invalid-body', '/exercise', 'is not an exercise that you take part in, or is over');
    const unknown = content.digests.findIndex(({ key, epoch }) => key !== undefined && !this.#accepts(origin, key, epoch!));
    return unknown < 0 ? undefined : problemAt('unknown-key', `/digests/${unknown}`);
  }

  /** The exercise, if the origin takes part in it and it is not over. */
  #exercise(origin: string, id: string): ExerciseDocument | undefined {
    const exercise = this.#world.exercises.get(id);
    return exercise && this.#head.at < exercise.until && takesPart(this.#world, exercise, origin) ? exercise : undefined;
  }

  #accepts(origin: string, key: string, epoch: number): boolean {
    const name = `${origin} ${key} ${epoch}`;
    const known = this.#epochs.get(name) ?? acceptsEpoch(this.#world, origin, key, epoch, this.#head.at);
    this.#epochs.set(name, known);
    return known;
  }

  /** Finds or makes the classes, and turns away what exceeds the origin's quota of signals or classes. */
  async #withinQuota(steps: readonly Step[], outcomes: Outcome[]): Promise<Step[]> {
    const puts = steps.filter((step) => step.write.kind === 'put');
    if (puts.length === 0) return [...steps];
    const usage = await readUsage(this.#tx, [...new Set(puts.map((step) => step.write.origin.number))]);
    const missing = await this.#findClasses(puts);
    const { signalQuota, classQuota } = this.#hub.config;
    const made = new Map<string, WantedClass>();
    const added = new Map<number, Usage>();
    const allowed = steps.filter((step) => {
      if (step.write.kind !== 'put') return true;
      const { origin, prepared } = step.write;
      const used = usage.get(origin.number) ?? NO_USAGE;
      const more = added.get(origin.number) ?? { ...NO_USAGE };
      added.set(origin.number, more);
      const isNew = step.stored === undefined ? 1 : 0;
      const newClass = missing.has(prepared.classKey) && !made.has(prepared.classKey) ? 1 : 0;
      const [kind, quota] = prepared.content.exercise === undefined ? (['signals', signalQuota] as const) : (['exercise', EXERCISE_QUOTA] as const);
      if (used[kind] + more[kind] + isNew > quota || used.classes + more.classes + newClass > classQuota) {
        outcomes[step.at] = { status: 'rejected', problem: new Problem('quota-exceeded') };
        return false;
      }
      more[kind] += isNew;
      more.classes += newClass;
      if (newClass) made.set(prepared.classKey, missing.get(prepared.classKey)!);
      return true;
    });
    for (const [key, id] of await addClasses(this.#tx, [...made.values()])) this.interned.set(key, id);
    await addUsage(this.#tx, added);
    await this.#internMeasured(allowed);
    return allowed;
  }

  /** A signal keeps what was measured of it. Classes that come of that are no matter of the origin's quota, since others have a part in them. */
  async #internMeasured(steps: readonly Step[]): Promise<void> {
    const wanted = steps.flatMap(({ write, stored }) => (write.kind === 'put' && stored ? [{ ...measuredClass(write.prepared, stored.measured), origin: write.origin.number }] : []));
    const missing = wanted.filter(({ key }) => this.#classId(key) === undefined);
    for (const [key, id] of await internClasses(this.#tx, missing)) this.interned.set(key, id);
  }

  async #findClasses(puts: readonly Step[]): Promise<Map<string, WantedClass>> {
    const wanted = new Map<string, WantedClass>();
    for (const { write } of puts) {
      if (write.kind !== 'put' || this.#classId(write.prepared.classKey) !== undefined) continue;
      wanted.set(write.prepared.classKey, { key: write.prepared.classKey, origin: write.origin.number, object: write.prepared.object });
    }
    for (const [key, id] of await findClasses(this.#tx, [...wanted.values()])) {
      this.interned.set(key, id);
      wanted.delete(key);
    }
    return wanted;
  }

  #classId(key: string): number | undefined {
    return this.interned.get(key) ?? this.#classes.known(key);
  }

  async #apply(steps: readonly Step[], outcomes: Outcome[]): Promise<void> {
    const rows = steps.flatMap((step) => (step.write.kind === 'put' ? [{ step, row: this.#row(step.write, step.stored) }] : []));
    const retractions = steps.flatMap(({ write }) => (write.kind === 'retract' ? [{ id: write.id, position: this.#position++, reason: write.reason }] : []));
    const sums = new SumChanges();
    await insertSignals(this.#tx, rows.filter(({ step }) => !step.stored).map(({ row }) => row), this.#head.at, sums);
    await updateSignals(this.#tx, rows.filter(({ step }) => step.stored).map(({ row }) => row), this.#head.at, sums);
    await retractSignals(this.#tx, retractions, this.#head.at, sums);
    await sums.write(this.#tx);
    for (const { step, row } of rows) outcomes[step.at] = { status: step.stored ? 'updated' : 'created', id: row.id, version: row.version };
    for (const step of steps) if (step.write.kind === 'retract') outcomes[step.at] = { status: 'updated', id: step.write.id, version: step.stored!.version + 1 };
    await this.#releaseUsage(steps);
  }

  async #releaseUsage(steps: readonly Step[]): Promise<void> {
    const freed = new Map<number, Usage>();
    for (const { write, stored } of steps) {
      if (write.kind !== 'retract' || stored!.purged) continue;
      const usage = freed.get(write.origin.number) ?? { ...NO_USAGE };
      usage[stored!.exercise === null ? 'signals' : 'exercise'] -= 1;
      freed.set(write.origin.number, usage);
    }
    await addUsage(this.#tx, freed);
  }

  #row({ prepared, origin, set, target }: Write & { kind: 'put' }, stored: Stored | undefined): Row {
    const acceptedAt = stored?.accepted_at ?? this.#head.at;
    const keptUntil = acceptedAt + this.#hub.config.retention;
    return {
      id: stored?.id ?? target.id ?? uuidFrom(this.#hub.random.bytes(16)),
      origin: origin.number,
      classId: this.#classId(stored ? measuredClass(prepared, stored.measured).key : prepared.classKey)!,
      acceptedAt,
      position: this.#position++,
      version: (stored?.version ?? 0) + 1,
      until: Math.min(prepared.validUntil ?? keptUntil, keptUntil, this.#world.exercises.get(prepared.content.exercise ?? '')?.until ?? keptUntil),
      reference: prepared.reference,
      setName: stored?.set_name ?? set,
      hash: prepared.hash,
      json: prepared.json,
      hashes: prepared.hashes,
      indicators: prepared.indicators,
    };
  }
}
