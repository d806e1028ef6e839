import type { Audience } from '../../schemas/types.ts';
import { CompiledPolicy, type PeerSide, type SignalSide } from './compiled-policy.ts';
import { audienceReach, builtIn, offers, ownGrant, selects, type AudienceReach } from './decide.ts';
import { layerTerms, type LayerTerms } from './evaluate.ts';
import type { Grant } from './grant.ts';
import { Interner, remember, type Interned } from './interner.ts';
import { Meetings, type Marks } from './meetings.ts';
import type { PolicyObject } from './object.ts';
import type { Instant } from './time.ts';
import { inForce, type Feed, type Member, type World } from './world.ts';

/** The policies of one world as they stand at one instant, made ready for many decisions. */
export interface CompiledWorld {
  /** Who decides for a viewer, of a feed or of none; made for many objects at a time, and not to be kept. */
  viewer(id: string, feed?: Feed): Decider;
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
  const compilation = new Compilation(world, at);
  return {
    viewer: (id, feed) => {
      const member = world.members.get(id);
      if (member?.status !== 'active' || (feed && !offers(feed, world, member, at))) return { grant: () => undefined };
      return new ViewerDecider(compilation, member, feed);
    },
  };
}

/** A member whose signals are asked about. */
interface Origin {
  index: number;
  member: Member;
  policy: CompiledPolicy;
}

/** What decisions read of an object. */
interface Subject {
  origin: Origin;
  charter: SignalSide;
  policy: SignalSide;
  audience: Interned<Audience | null>;
  marks: Interned<Marks>;
}

/** What is the same for all viewers. */
class Compilation {
  readonly world: World;
  readonly at: Instant;
  readonly charter: CompiledPolicy;
  readonly own: Grant;
  readonly #terms = new Interner<LayerTerms>();
  readonly #audiences = new Interner<Audience | null>();
  readonly #marks = new Interner<Marks>();
  readonly #grants = new Interner<Grant>();
  readonly #origins = new Map<string, Origin>();
  readonly #subjects = new WeakMap<PolicyObject, Subject>();
  readonly #selections = new WeakMap<Feed, WeakMap<PolicyObject, boolean>>();
  readonly #meetings = new Map<LayerTerms | undefined, Meetings>();

  constructor(world: World, at: Instant) {
    this.world = world;
    this.at = at;
    this.charter = this.#compiled(world.operator, undefined);
    this.own = this.#grants.intern(ownGrant()).value;
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
    return remember(known, object, () => selects(feed, this.world, member, object.attributes, this.at));
  }

  /** Where terms meet that are granted to the viewer by the feed, or without one. */
  meetings(feed: Feed | undefined, viewer: Member): Meetings {
    const terms = feed?.terms && this.#terms.intern(layerTerms(feed.terms, feed, viewer)).value;
    return remember(this.#meetings, terms, () => new Meetings(this.world, terms, this.#grants));
  }

  #look({ attributes, audience, notBefore }: PolicyObject, origin: Origin): Subject {
    const subject = { origin: origin.member, attributes };
    return {
      origin,
      charter: this.charter.signalSide(subject),
      policy: origin.policy.signalSide(subject),
      audience: this.#audiences.intern(audience ?? null),
      marks: this.#marks.intern({ tlp: attributes.tlp, notBefore }),
    };
  }

  #origin(member: Member): Origin {
    return { index: this.#origins.size, member, policy: this.#compiled(member.id, member) };
  }

  /** No policy shares nothing, and neither does one without rules. */
  #compiled(owner: string, origin: Member | undefined): CompiledPolicy {
    const rules = inForce(this.world, owner, this.at)?.policy?.rules ?? [];
    return new CompiledPolicy(rules, this.world, this.at, origin, this.#terms);
  }
}

class ViewerDecider implements Decider {
  readonly #compilation: Compilation;
  readonly #viewer: Member;
  readonly #own: Grant | undefined;
  /** The feed, where it does not select everything. */
  readonly #feed: Feed | undefined;
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
    this.#feed = feed?.filter || feed?.owner !== undefined ? feed : undefined;
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
    if (!reach || (this.#feed && !this.#compilation.selected(this.#feed, object, subject.origin))) return undefined;
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
