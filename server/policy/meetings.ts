import type { Tlp } from '../../schemas/types.ts';
import type { LayerTerms } from './evaluate.ts';
import { completeGrant, meetTerms, type Grant, type Met, type Refusal, type Standing } from './grant.ts';
import { Interner, type Interned } from './interner.ts';
import type { ObjectKind } from './object.ts';
import type { Instant } from './time.ts';
import type { World } from './world.ts';

/** What a grant takes from the object itself. */
export interface Marks {
  tlp: Tlp;
  notBefore: Instant | undefined;
}

/** What the terms of two layers and of a feed come to, and what was granted by it: by standing, and by the number of the marks. */
interface Meeting {
  met: Met | Refusal;
  grants: Record<Standing, (Grant | null)[]>;
}

/** The meets of the terms of charter and policy with those of one feed, or of none, for objects of one kind: each is made once. */
export class Meetings {
  readonly #world: World;
  readonly #kind: ObjectKind;
  readonly #feed: readonly LayerTerms[];
  readonly #grants: Interner<Grant>;
  readonly #known: Meeting[][] = [];

  /** @param grants shared by all meetings of one world, so that equal grants are one and the same */
  constructor(world: World, kind: ObjectKind, feed: LayerTerms | undefined, grants: Interner<Grant>) {
    this.#world = world;
    this.#kind = kind;
    this.#feed = feed ? [feed] : [];
    this.#grants = grants;
  }

  /** What is granted of an object with these marks to a peer of this standing; undefined for nothing. */
  grant(charter: Interned<LayerTerms>, policy: Interned<LayerTerms>, marks: Interned<Marks>, standing: Standing): Grant | undefined {
    const row = (this.#known[charter.index] ??= []);
    const { met, grants } = (row[policy.index] ??= this.#meet(charter.value, policy.value));
    const known = grants[standing][marks.index];
    return (known === undefined ? (grants[standing][marks.index] = this.#complete(met, marks.value, standing)) : known) ?? undefined;
  }

  #meet(charter: LayerTerms, policy: LayerTerms): Meeting {
    return { met: meetTerms([charter, policy], this.#feed, this.#kind, this.#world), grants: { named: [], shared: [], neither: [] } };
  }

  #complete(met: Met | Refusal, marks: Marks, standing: Standing): Grant | null {
    const grant = 'refusal' in met ? met : completeGrant(met, marks, standing);
    return 'refusal' in grant ? null : this.#grants.intern(grant).value;
  }
}
