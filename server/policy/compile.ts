import type { Audience } from '../../schemas/types.ts';
import { CompiledPolicy, type ObjectSide, type PeerSide } from './compiled-policy.ts';
import { compileCounting } from './counting.ts';
import { TOPICS } from './coverage.ts';
import { audienceReach, builtIn, offers, ownGrant, selects, selectsAll, type AudienceReach } from './decide.ts';
import { layerTerms, type LayerTerms } from './evaluate.ts';
import type { Grant } from './grant.ts';
import { Interner, remember, type Interned } from './interner.ts';
import { Meetings, type Marks } from './meetings.ts';
import type { ObjectKind, PolicyObject } from './object.ts';
import type { Instant } from './time.ts';
import { inForce, type Feed, type Member, type World } from './world.ts';

/** The policies of one world as they stand at one instant, made ready for many decisions. */
export interface CompiledWorld {
  /** Who decides for a viewer, of a feed or of none; made for many objects at a time, and not to be kept. */
  viewer(id: string, feed?: Feed): Decider;
  /** Whether a signal may be counted: `countable`, decided once for each object. */
  countable(object: PolicyObject): boolean;
}

/** Decides for one viewer. */
export interface Decider {
  /** What the viewer is granted of the object; undefined where it is withheld. Equal grants of one world are one and the same. */
  grant(object: PolicyObject): Grant | undefined;
}

/**
 * Compiles the policies of a world. The decisions are those of `judge`, from `at` until the next instant of change. An object
 * is looked at once and then known by its identity, so it must not change. What is kept grows with the policies and with the
 * objects asked about, and not with the pairs of objects and viewers.
 * @example compile(world, at).viewer('harbourview').grant(object)
 */
export function compile(world: World, at: Instant): CompiledWorld {
  const shared = { terms: new Interner<LayerTerms>(), grants: new Interner<Grant>() };
  const compilations = new Map<ObjectKind, Compilation>();
  const compilation = (kind: ObjectKind): Compilation => remember(compilations, kind, () => new Compilation(world, at, kind, shared));
  return {
    countable: compileCounting(world, at),
    viewer: (id, feed) => {
      const member = world.members.get(id);
      if (member?.status !== 'active' || (feed && !offers(feed, world, member, at))) return { grant: () => undefined };
      const deciders = new Map<ObjectKind, Decider>();
      return { grant: (object) => remember(deciders, object.kind, () => new ViewerDecider(compilation(object.kind), member, feed)).grant(object) };
    },
  };
}

/** A member whose objects are asked about. */
interface Origin {
  index: number;
  member: Member;
  policy: CompiledPolicy;
}

/** What decisions read of an object. */
interface Subject {
  origin: Origin;
  charter: ObjectSide;
  policy: ObjectSide;
  audience: Interned<Audience | null>;
  marks: Interned<Marks>;
  /** Of no exercise. */
  real: boolean;
}

/** What is made once for all kinds of object, so that equal grants are one and the same. */
interface Interners {
  terms: Interner<LayerTerms>;
  grants: Interner<Grant>;
}

/** What is the same for all viewers of one kind of object. */
class Compilation {
  readonly world: World;
  readonly at: Instant;
  readonly charter: CompiledPolicy;
  readonly own: Grant;
  readonly kind: ObjectKind;
  readonly #interners: Interners;
  readonly #audiences = new Interner<Audience | null>();
  readonly #marks = new Interner<Marks>();
  readonly #origins = new Map<string, Origin>();
  readonly #subjects = new WeakMap<PolicyObject, Subject>();
  readonly #selections = new WeakMap<Feed, WeakMap<PolicyObject, boolean>>();
  readonly #meetings = new Map<LayerTerms | undefined, Meetings>();

  constructor(world: World, at: Instant, kind: ObjectKind, interners: Interners) {
    this.world = world;
    this.at = at;
    this.kind = kind;
    this.#interners = interners;
    this.charter = this.#compiled(world.operator, undefined);
    this.own = interners.grants.intern(ownGrant(kind)).value;
  }

  /** Undefined where the hub does not know the origin. */
  subject(object: PolicyObject): Subject | undefined {
    const known = this.#subjects.get(object);
    if (known) return known;
    const member = this.world.members.get(object.origin);
    return member && remember(this.#subjects, object, () => this.#look(object, remember(this.#origins, member.id, () => this.#origin(member))));
  }

  /** Whether the feed's filter selects the object. */
  selected(feed: Feed, object: PolicyObject, { member }: Origin): boolean {
    const known = remember(this.#selections, feed, () => new WeakMap<PolicyObject, boolean>());
    return remember(known, object, () => selects(feed, this.world, member, object, this.at));
  }

  /** Where terms meet that are granted to the viewer by the feed, or without one. */
  meetings(feed: Feed | undefined, viewer: Member): Meetings {
    const terms = feed?.terms && this.#interners.terms.intern(layerTerms(feed.terms, feed, viewer)).value;
    return remember(this.#meetings, terms, () => new Meetings(this.world, this.kind, terms, this.#interners.grants));
  }

  #look({ attributes, audience, notBefore }: PolicyObject, origin: Origin): Subject {
    const subject = { origin: origin.member, attributes };
    return {
      origin,
      charter: this.charter.objectSide(subject),
      policy: origin.policy.objectSide(subject),
      audience: this.#audiences.intern(audience ?? null),
      marks: this.#marks.intern({ tlp: attributes.tlp, notBefore }),
      real: attributes.exercise === undefined,
    };
  }

  #origin(member: Member): Origin {
    return { index: this.#origins.size, member, policy: this.#compiled(member.id, member) };
  }

  /** No policy shares nothing, and neither does one without rules. */
  #compiled(owner: string, origin: Member | undefined): CompiledPolicy {
    const rules = inForce(this.world, owner, this.at)?.policy?.rules ?? [];
    return new CompiledPolicy(rules, TOPICS[this.kind], this.world, this.at, origin, this.#interners.terms);
  }
}

class ViewerDecider implements Decider {
  readonly #compilation: Compilation;
  readonly #viewer: Member;
  readonly #own: Grant | undefined;
  readonly #feed: Feed | undefined;
  /** Whether the feed leaves out anything that is real. */
  readonly #choosy: boolean;
  readonly #meetings: Meetings;
  readonly #charter: PeerSide;
  /** How origins' policies see the viewer, by the number of the origin; null where the hub itself bars it. */
  readonly #peers: (PeerSide | null)[] = [];
  /** By the number of the audience; null where it does not reach the viewer. */
  readonly #reaches: (AudienceReach | null)[] = [];

  constructor(compilation: Compilation, viewer: Member, feed: Feed | undefined) {
    this.#compilation = compilation;
    this.#viewer = viewer;
    this.#own = feed ? undefined : compilation.own;
    this.#feed = feed;
    this.#choosy = feed !== undefined && !selectsAll(feed, compilation.kind);
    this.#meetings = compilation.meetings(feed, viewer);
    this.#charter = compilation.charter.peerSide(viewer);
  }

  grant(object: PolicyObject): Grant | undefined {
    if (object.origin === this.#viewer.id) return this.#own;
    const subject = this.#compilation.subject(object);
    const peer = subject && this.#peer(subject.origin);
    if (!peer) return undefined;
    const charter = this.#compilation.charter.layer(subject.charter, this.#charter);
    const policy = charter && subject.origin.policy.layer(subject.policy, peer);
    if (!policy) return undefined;
    const reach = this.#reach(subject.audience);
    if (!reach || (this.#feed && (this.#choosy || !subject.real) && !this.#compilation.selected(this.#feed, object, subject.origin))) return undefined;
    return this.#meetings.grant(charter.terms, policy.terms, subject.marks, reach === 'named' ? 'named' : policy.standing);
  }

  #peer({ index, member, policy }: Origin): PeerSide | null {
    const known = this.#peers[index];
    if (known !== undefined) return known;
    return (this.#peers[index] = builtIn(this.#viewer, member) === undefined ? policy.peerSide(this.#viewer) : null);
  }

  #reach({ index, value }: Interned<Audience | null>): AudienceReach | null {
    const known = this.#reaches[index];
    if (known !== undefined) return known;
    return (this.#reaches[index] = audienceReach(value ?? undefined, this.#compilation.world, this.#viewer) ?? null);
  }
}
