import type { Dispute, FeedDocument, MemberKind, NewSignal, Policy, RetractionReason, SignalField, SignalView, Trust } from '../../schemas/types.ts';
import { schemes } from '../../clients/sdk/digests/index.ts';
import { decide, offers, type Decision } from '../../server/policy/decide.ts';
import type { PolicyObject } from '../../server/policy/object.ts';
import type { AcceptedAgreement, Activation, Feed, Measures, World } from '../../server/policy/world.ts';
import { OPERATOR } from './steps.ts';

/** A member as the oracle knows it. */
export interface ModelMember {
  id: string;
  kind: MemberKind;
  status: 'active' | 'suspended' | 'left';
  trust: Trust;
  jurisdictions: readonly string[];
  agreements: readonly AcceptedAgreement[];
  /** Absent is none. */
  subscriptions?: ReadonlySet<string>;
}

/** A signal as the oracle knows it. Never changed, only replaced. */
export interface ModelSignal {
  id: string;
  origin: string;
  set: string;
  accepted: number;
  content: NewSignal;
  /** What was measured of it: 0 and `none` before. */
  corroboration?: number;
  dispute?: Dispute;
  /** Counts its changes. */
  revision: number;
  retracted?: { reason: RetractionReason; step: number };
}

/** What a write did, to be done to the model as well: to the world, and to signals, which it gives as they are now. */
export interface Effect {
  world?: (model: Model) => void;
  signals?: readonly ModelSignal[];
}

/**
 * The oracle's own world: it reads no database, and decides one signal at a time with the plain evaluator. What it holds is
 * replaced and never changed, so that a copy is cheap.
 */
export class Model {
  members: ReadonlyMap<string, ModelMember> = new Map();
  groups: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  activations: ReadonlyMap<string, readonly Activation[]> = new Map();
  feeds: ReadonlyMap<string, FeedDocument> = new Map();
  measures: Readonly<Record<string, Measures>> = {};
  signals: ReadonlyMap<string, ModelSignal> = new Map();
  /** Counts the changes of the world. */
  version = 0;
  readonly retention: number;
  #world: { version: number; world: World } | undefined;

  constructor(retention: number) {
    this.retention = retention;
  }

  /** This model with some effects. */
  with(effects: readonly Effect[]): Model {
    const copy = new Model(this.retention);
    const { members, groups, activations, feeds, measures, signals, version } = this;
    Object.assign(copy, { members, groups, activations, feeds, measures, signals, version });
    for (const effect of effects) copy.apply(effect);
    return copy;
  }

  apply({ world, signals = [] }: Effect): void {
    if (world) {
      world(this);
      this.version += 1;
    }
    if (signals.length > 0) this.signals = new Map([...this.signals, ...signals.map((signal) => [signal.id, signal] as const)]);
  }

  putMember(member: ModelMember): void {
    this.members = new Map([...this.members, [member.id, member]]);
  }

  putGroup(id: string, members: readonly string[] | undefined): void {
    const others = [...this.groups].filter(([other]) => other !== id);
    this.groups = new Map(members ? [...others, [id, new Set(members)]] : others);
  }

  putFeed(id: string, feed: FeedDocument | undefined): void {
    const others = [...this.feeds].filter(([other]) => other !== id);
    this.feeds = new Map(feed ? [...others, [id, feed]] : others);
  }

  putMeasures(measures: Readonly<Record<string, Measures>>): void {
    this.measures = measures;
  }

  /** In order of effective instant, ties by commit. */
  activate(owner: string, version: number, effective: number, policy: Policy | null): void {
    const all = [...(this.activations.get(owner) ?? []), { version, effective, policy }];
    this.activations = new Map([...this.activations, [owner, all.sort((a, b) => a.effective - b.effective)]]);
  }

  /** The groups that a member is in. */
  groupsOf(id: string): string[] {
    return [...this.groups].filter(([, members]) => members.has(id)).map(([group]) => group);
  }

  isActive(id: string): boolean {
    return this.members.get(id)?.status === 'active';
  }

  /** Whether the feed exists for the viewer. */
  isOffered(viewer: string, feedId: string, at: number): boolean {
    const member = this.world.members.get(viewer);
    return member !== undefined && (feedId === 'all' || (this.feeds.has(feedId) && offers(this.#feed(feedId), this.world, member, at)));
  }

  /** What the viewer's replica of the feed must hold at the instant. */
  expected(viewer: string, feedId: string, at: number): Map<string, object> {
    const views = new Map<string, object>();
    for (const signal of this.signals.values()) {
      const view = this.view(viewer, feedId, signal, at);
      if (view) views.set(signal.id, view);
    }
    return views;
  }

  /** The view of one signal without its version, or nothing; by single reads, which are of no feed, when `feedId` is undefined. */
  view(viewer: string, feedId: string | undefined, signal: ModelSignal, at: number): object | undefined {
    if (signal.retracted) return undefined;
    const { grant, span, visible } = this.decide(viewer, feedId, signal, at);
    if (!visible || !grant || !span) return undefined;
    const fields = (grant.reveal as readonly SignalField[]).map((field) => (field === 'digest' ? 'digests' : field));
    return clean({
      id: signal.id,
      released_at: new Date(span.release).toISOString(),
      visible_until: span.end === undefined ? undefined : new Date(span.end).toISOString(),
      origin: grant.origin === 'named' ? signal.origin : grant.origin === 'pseudonymous' ? '~' : undefined,
      handling: grant.handling,
      ...Object.fromEntries(fields.map((field) => [field, signal.content[field]])),
    });
  }

  /** The plain evaluator's decision, whatever became of the signal. */
  decide(viewer: string, feedId: string | undefined, signal: ModelSignal, at: number): Decision {
    const feed = feedId === undefined ? {} : { feed: this.#feed(feedId) };
    return decide({ world: this.world, at, viewer, object: objectOf(signal), ...feed }, { accepted: signal.accepted, until: this.untilOf(signal) });
  }

  /** When the signal ends by itself. */
  untilOf({ content, accepted }: ModelSignal): number {
    const kept = accepted + this.retention;
    return content.valid_until === undefined ? kept : Math.min(Date.parse(content.valid_until), kept);
  }

  /** What the evaluator reads. */
  get world(): World {
    if (this.#world?.version !== this.version) this.#world = { version: this.version, world: this.#build() };
    return this.#world.world;
  }

  #build(): World {
    return {
      operator: OPERATOR,
      groups: new Set(this.groups.keys()),
      members: new Map([...this.members.values()].map((member) => [member.id, { ...member, groups: new Set(this.groupsOf(member.id)), subscriptions: member.subscriptions ?? new Set(), ...(this.measures[member.id] ? { measures: this.measures[member.id]! } : {}) }])),
      activations: this.activations,
      feeds: new Map(),
    };
  }

  /** A feed that is not there is one without conditions: `all`. */
  #feed(id: string): Feed {
    const feed = this.feeds.get(id);
    if (!feed) return { id };
    const owner = id.split('/')[0]!;
    return { id, ...(owner === OPERATOR ? {} : { owner }), ...(feed.filter ? { filter: feed.filter } : {}), ...(feed.peers ? { peers: feed.peers } : {}), ...(feed.terms ? { terms: feed.terms } : {}) };
  }
}

/** What the engine reads of a signal. */
export function objectOf({ origin, content, corroboration = 0, dispute = 'none' }: Pick<ModelSignal, 'origin' | 'content' | 'corroboration' | 'dispute'>): PolicyObject {
  const { harm, severity, confidence, status, tlp, intent, novelty, basis, jurisdictions, labels = [], audience, not_before } = content;
  const attributes = clean({ type: schemes.get(content.digests[0]!.scheme)!.type, schemes: [...new Set(content.digests.map((d) => d.scheme))].sort(), harm, severity, confidence, status, tlp, labels, intent, novelty, basis, jurisdictions, corroboration, dispute });
  return { kind: 'signal', origin, attributes, ...(audience ? { audience } : {}), ...(not_before ? { notBefore: Date.parse(not_before) } : {}) };
}

/** A view as the oracle states it: a pseudonym only as such, no version. */
export function comparable(view: SignalView): object {
  const { version: _version, origin, ...rest } = view;
  return clean({ ...rest, origin: origin?.startsWith('~') ? '~' : origin });
}

function clean<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;
}
