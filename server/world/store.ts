import { sql } from 'kysely';
import { record, type Actor, type Deed } from '../audit/log.ts';
import type { Clock } from '../clock.ts';
import { transaction, type Database, type Queries, type Tx } from '../db/database.ts';
import { advance, type Head } from '../db/head.ts';
import { Problem } from '../problems.ts';
import type { Entry } from './documents.ts';
import { buildWorld, type HubWorld } from './state.ts';

/** What a change of the world consists of: the documents to append, what the audit log says, and what the caller gets. */
export interface Change<T> {
  entries: readonly Entry[];
  deeds: readonly Deed[];
  result: T;
}

const CACHED = 16;

/** Reads and changes the world. Versions are immutable, so any process may cache them. */
export class WorldStore {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #cache = new Map<number, HubWorld>();
  readonly #loading = new Map<number, Promise<HubWorld>>();

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /**
   * The world as it was at a position that ended a change; position 0 is the empty world. Readers outside of transactions share
   * a load. A transaction never waits for theirs, which may be waiting for its connection.
   */
  async at(version: number, db: Queries = this.#db): Promise<HubWorld> {
    return this.#cache.get(version) ?? (db === this.#db ? this.#shared(version) : this.#load(db, version));
  }

  #shared(version: number): Promise<HubWorld> {
    const running = this.#loading.get(version);
    if (running) return running;
    const loading = this.#load(this.#db, version).finally(() => this.#loading.delete(version));
    this.#loading.set(version, loading);
    return loading;
  }

  async #load(db: Queries, version: number): Promise<HubWorld> {
    const world = await loadWorld(db, version);
    this.#cache.set(version, world);
    if (this.#cache.size > CACHED) this.#cache.delete(this.#cache.keys().next().value!);
    return world;
  }

  /**
   * Changes the world: `decide` sees it as it is while nobody else can change it, and says what to append. It must not have
   * side effects, since a transaction may run again.
   * @throws Problem invalid-token, member-suspended or member-left when the actor was cut off meanwhile, and whatever `decide` throws
   */
  change<T>(actor: Actor, decide: (world: HubWorld, at: number) => Change<T>): Promise<T> {
    return transaction(this.#db, (tx) => this.changeIn(tx, actor, (world, head) => Promise.resolve(decide(world, head.at))));
  }

  /** Like `change`, inside a transaction whose first statement this must be. */
  async changeIn<T>(tx: Tx, actor: Actor, decide: (world: HubWorld, head: Head) => Promise<Change<T>>): Promise<T> {
    const head = await advance(tx, this.#clock, 0);
    const world = await this.at(head.world, tx);
    checkActor(world, actor);
    const { entries, deeds, result } = await decide(world, head);
    if (entries.length > 0) await append(tx, head, entries);
    await record(tx, head.at, actor, deeds);
    return result;
  }
}

/**
 * Requests are checked when they arrive; this is for what happened since.
 * @throws Problem member-suspended, member-left, invalid-token
 */
export function checkActor(world: HubWorld, { member, client }: Actor): void {
  const status = world.members.get(member)?.status;
  if (status === 'suspended' || status === 'left') throw new Problem(`member-${status}`);
  if (world.clients.get(client)?.revoked) throw new Problem('invalid-token');
}

async function append(tx: Tx, head: Head, entries: readonly Entry[]): Promise<void> {
  const { position } = await tx
    .updateTable('head')
    .set({ position: sql<number>`position + ${entries.length}::bigint`, world: sql<number>`position + ${entries.length}::bigint` })
    .returning('position')
    .executeTakeFirstOrThrow();
  const first = position - entries.length + 1;
  const rows = entries.map(({ kind, subject, doc }, index) => ({ position: first + index, at: head.at, kind, subject, doc: JSON.stringify(doc) }));
  await tx.insertInto('world_entry').values(rows).execute();
}

async function loadWorld(db: Queries, version: number): Promise<HubWorld> {
  const latest = db.selectFrom('world_entry').distinctOn(['kind', 'subject']).select(['kind', 'doc', 'position']).where('position', '<=', version).orderBy('kind').orderBy('subject').orderBy('position', 'desc');
  const rows = await db.selectFrom(latest.as('latest')).select(['kind', 'doc']).orderBy('position').execute();
  return buildWorld(version, rows);
}
