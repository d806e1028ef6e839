import { setImmediate as breathe } from 'node:timers/promises';
import type { Queries } from '../db/database.ts';
import { compile, type CompiledWorld } from '../policy/compile.ts';
import type { Grant } from '../policy/decide.ts';
import type { PolicyObject } from '../policy/object.ts';
import { instant } from '../policy/time.ts';
import { instantsOfChange, type Feed } from '../policy/world.ts';
import type { HubWorld } from '../world/state.ts';
import { ClassCatalogue } from './classes.ts';
import { recent } from './recent.ts';

/** What a viewer is granted of a class. Equal keys are equal grants. */
export interface Entitlement {
  key: string;
  grant: Grant;
}

/** Objects of a class that are visible at an instant: those accepted after `lo` and not after `hi`. */
export interface Reach {
  lo: number;
  hi: number;
}

/** Beyond every instant. */
export const FOREVER = Number.MAX_SAFE_INTEGER;
const NEVER = -FOREVER;

/** Grants of all classes to one viewer of one feed, as long as nothing but time within one interval passes. Element 0 is class 1. */
export type EntitlementTable = readonly (Entitlement | undefined)[];

/**
 * Which accepted instants the grant makes visible at `at`; undefined for none. A delay is a shift of this window, so that the
 * end of an embargo needs no job. Where there is no delay, `hi` is FOREVER: everything accepted is visible at once.
 */
export function reachAt({ windows, notBefore = NEVER }: Grant, at: number): Reach | undefined {
  if (notBefore > at) return undefined;
  const delay = Math.max(0, ...windows.map((window) => window.after));
  const ends = windows.flatMap((w) => (w.for === undefined || notBefore + w.for > at ? [] : [at - w.after - w.for]));
  const hi = delay === 0 ? FOREVER : at - delay;
  const lo = Math.max(NEVER, ...ends);
  return lo < hi ? { lo, hi } : undefined;
}

const BREATH = 500;
const CACHED_TABLES = 400;
const CACHED_ENGINES = 4;

/** Decides by class and viewer, with the policy engine, and keeps the decisions while they hold. */
export class Entitlements {
  readonly #classes = new ClassCatalogue();
  readonly #tables = new Map<string, { grants: (Entitlement | undefined)[]; filling: Promise<void> }>();
  readonly #engines = new Map<string, CompiledWorld>();
  readonly #instants = new WeakMap<HubWorld, number[]>();
  readonly #entitlements = new WeakMap<Grant, Entitlement>();

  /** What the first `count` classes are: element 0 is class 1. */
  classes(count: number, db: Queries): Promise<readonly PolicyObject[]> {
    return this.#classes.upTo(count, db);
  }

  /** The next instant at which decisions may differ although nothing is written. */
  nextInstant(world: HubWorld, at: number): number {
    return this.#instantsOf(world).find((change) => change > at) ?? FOREVER;
  }

  /** The engine that decides in this world, as it stands at this instant. */
  engine(world: HubWorld, at: number): CompiledWorld {
    return recent(this.#engines, `${world.version} ${this.#interval(world, at)}`, CACHED_ENGINES, () => compile(world.policy, at));
  }

  /** The table for the first `count` classes, as the world and the instant give it. */
  async table(world: HubWorld, at: number, viewer: string, feed: Feed | undefined, count: number, db: Queries): Promise<EntitlementTable> {
    const objects = await this.#classes.upTo(count, db);
    const interval = `${world.version} ${this.#interval(world, at)}`;
    const table = recent(this.#tables, `${viewer} ${feed?.id ?? ''} ${interval}`, CACHED_TABLES, () => ({ grants: [], filling: Promise.resolve() }));
    table.filling = table.filling.then(async () => {
      if (table.grants.length >= count) return;
      const decider = this.engine(world, at).viewer(viewer, feed);
      await fill(table.grants, count, (index) => this.#entitlement(decider.grant(objects[index]!)));
    });
    await table.filling;
    return table.grants;
  }

  /** Equal grants of one engine are one and the same, so each is written as a key once. */
  #entitlement(grant: Grant | undefined): Entitlement | undefined {
    if (!grant) return undefined;
    const entitlement = this.#entitlements.get(grant) ?? { key: JSON.stringify(grant), grant };
    this.#entitlements.set(grant, entitlement);
    return entitlement;
  }

  /** Which of the intervals between instants of change `at` falls into. */
  #interval(world: HubWorld, at: number): number {
    return this.#instantsOf(world).findLastIndex((change) => change <= at);
  }

  #instantsOf(world: HubWorld): number[] {
    const instants = this.#instants.get(world) ?? instantsOfChange(world.policy, instant);
    this.#instants.set(world, instants);
    return instants;
  }
}

/** Decides what is missing, letting others run in between. */
async function fill(grants: (Entitlement | undefined)[], count: number, decide: (index: number) => Entitlement | undefined): Promise<void> {
  while (grants.length < count) {
    grants.push(decide(grants.length));
    if (grants.length % BREATH === 0) await breathe();
  }
}
