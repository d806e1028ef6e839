import type { MemberKind, Rule } from '../../schemas/types.ts';
import { firstCommon, hasBit, type Bits } from './bits.ts';
import { ruleMatches, stateOutcomes } from './conditions.ts';
import { covers, type Topic } from './coverage.ts';
import { ALL_KINDS } from './decide.ts';
import { byPrecedence, excludedKinds, layerTerms, namedGroups, type LayerTerms } from './evaluate.ts';
import { standingBy, type Standing } from './grant.ts';
import { Interner, remember, type Interned } from './interner.ts';
import { indexByObject, indexByPeer, type ObjectSubject, type RuleIndex } from './rule-index.ts';
import type { Instant } from './time.ts';
import type { Member, World } from './world.ts';

/** What a policy grants where it shares. */
export interface Layer {
  terms: Interned<LayerTerms>;
  standing: Standing;
}

/** What a policy sees of an object. Objects that it cannot tell apart have one and the same. */
export interface ObjectSide {
  matching: Bits;
  /** The kinds of member that the policy excludes from these objects. */
  excluded: readonly MemberKind[];
  /** What each rule grants while these kinds are excluded: by rule, and by the number of the peer's groups. */
  layers: Layer[][];
}

/** What a policy sees of a peer. */
export interface PeerSide {
  peer: Member;
  matching: Bits;
  /** The number of the groups that the peer is in, of those that the rules name. */
  groups: number;
}

/**
 * What one policy says of one kind of object at one instant. What a rule asks of the object and what it asks of the peer is
 * looked at apart, once per object and once per peer; of a pair, the first rule that is among those of both has the say.
 */
export class CompiledPolicy {
  readonly #world: World;
  readonly #owner: Member | undefined;
  readonly #terms: Interner<LayerTerms>;
  readonly #rules: readonly Rule[];
  readonly #byObject: RuleIndex<ObjectSubject>;
  readonly #byPeer: RuleIndex<Member>;
  readonly #namedGroups: readonly string[];
  readonly #groups = new Interner<readonly string[]>();
  readonly #sides = new Map<string, ObjectSide>();
  readonly #layers = new Map<string, Layer[][]>();

  /** @param owner whose objects it is about; undefined for the charter, which gives nobody a standing */
  constructor(rules: readonly Rule[], topic: Topic, world: World, at: Instant, owner: Member | undefined, terms: Interner<LayerTerms>) {
    this.#world = world;
    this.#owner = owner;
    this.#terms = terms;
    this.#rules = byPrecedence(rules.filter((rule) => covers(rule, topic) && ruleMatches(rule, stateOutcomes(rule, world, at))));
    this.#byObject = indexByObject(this.#rules, topic, world, at);
    this.#byPeer = indexByPeer(this.#rules, world, at);
    this.#namedGroups = [...new Set(this.#rules.flatMap(namedGroups))];
  }

  objectSide(subject: ObjectSubject): ObjectSide {
    const matching = this.#byObject.matching(subject);
    return remember(this.#sides, matching.join(), () => {
      const excluded = excludedKinds(this.#rules.filter((rule, index) => rule.effect === 'withhold' && hasBit(matching, index)), ALL_KINDS);
      return { matching, excluded, layers: remember(this.#layers, excluded.join(), () => this.#rules.map(() => [])) };
    });
  }

  peerSide(peer: Member): PeerSide {
    const groups = this.#namedGroups.filter((group) => peer.groups.has(group));
    return { peer, matching: this.#byPeer.matching(peer), groups: this.#groups.intern(groups).index };
  }

  /** What it grants the peer of the objects; undefined where it withholds. */
  layer({ matching, excluded, layers }: ObjectSide, peer: PeerSide): Layer | undefined {
    const index = firstCommon(matching, peer.matching);
    if (index === -1) return undefined;
    return layers[index]![peer.groups] ?? this.#grant(index, excluded, layers[index]!, peer);
  }

  /** Of a peer, terms and standing depend on its groups alone, once it is given that the rule matches. */
  #grant(index: number, excluded: readonly MemberKind[], layers: Layer[], { peer, groups }: PeerSide): Layer | undefined {
    const rule = this.#rules[index]!;
    if (rule.effect === 'withhold') return undefined;
    const terms = this.#terms.intern(layerTerms(rule.terms!, rule, peer, excluded));
    const standing = this.#owner ? standingBy(rule, this.#world, peer, this.#owner) : 'neither';
    return (layers[groups] = { terms, standing });
  }
}
