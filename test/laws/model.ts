import type { FeedDocument, MemberKind, NewSignal, Policy, RetractionReason, SignalView, Trust } from '../../schemas/types.ts';
import { decide } from '../../server/policy/decide.ts';
import type { PolicyObject } from '../../server/policy/object.ts';
import type { Activation, Feed, World } from '../../server/policy/world.ts';
import { schemes } from '../../clients/sdk/digests/index.ts';

/** A member as the oracle knows it. */
export interface ModelMember {
  id: string;
  kind: MemberKind;
  status: 'active' | 'suspended';
  trust: Trust;
}

/** A signal as the oracle knows it. */
export interface ModelSignal {
  id: string;
  origin: string;
  accepted: number;
  content: NewSignal;
  retracted?: RetractionReason;
}

/** The oracle's own world: it reads no database, and decides one signal at a time with the plain evaluator. */
export class Model {
  readonly members = new Map<string, ModelMember>();
  readonly groups = new Map<string, Set<string>>();
  readonly activations = new Map<string, Activation[]>();
  readonly feeds = new Map<string, FeedDocument>();
  readonly signals = new Map<string, ModelSignal>();
  readonly retention: number;

  constructor(retention: number) {
    this.retention = retention;
  }

  activate(owner: string, version: number, effective: number, policy: Policy | null): void {
    const all = [...(this.activations.get(owner) ?? []), { version, effective, policy }];
    this.activations.set(owner, all.sort((a, b) => a.effective - b.effective));
  }

  /** What the viewer's replica of the feed must hold at the instant: the view of each signal without its version. */
  expected(viewer: string, feedId: string, at: number): Map<string, object> {
    const world = this.#world();
    const feed = this.#feed(feedId);
    const views = new Map<string, object>();
    for (const signal of this.signals.values()) {
      const view = signal.retracted ? undefined : this.#view(world, viewer, feed, signal, at);
      if (view) views.set(signal.id, view);
    }
    return views;
  }

  #view(world: World, viewer: string, feed: Feed, signal: ModelSignal, at: number): object | undefined {
    const { content } = signal;
    const kept = signal.accepted + this.retention;
    const until = content.valid_until === undefined ? kept : Math.min(Date.parse(content.valid_until), kept);
    const { grant, span, visible } = decide({ world, at, viewer, object: objectOf(signal), feed }, { accepted: signal.accepted, until });
    if (!visible || !grant || !span) return undefined;
    const fields = grant.reveal.map((field) => (field === 'digest' ? 'digests' : field));
    return clean({
      id: signal.id,
      released_at: new Date(span.release).toISOString(),
      visible_until: span.end === undefined ? undefined : new Date(span.end).toISOString(),
      origin: grant.origin === 'named' ? signal.origin : grant.origin === 'pseudonymous' ? '~' : undefined,
      handling: grant.handling,
      ...Object.fromEntries(fields.map((field) => [field, content[field as keyof NewSignal]])),
    });
  }

  #world(): World {
    const groupsOf = (id: string): Set<string> => new Set([...this.groups].filter(([, members]) => members.has(id)).map(([group]) => group));
    return {
      operator: 'hub',
      groups: new Set(this.groups.keys()),
      members: new Map([...this.members.values()].map((m) => [m.id, { ...m, jurisdictions: [], groups: groupsOf(m.id), agreements: [] }])),
      activations: this.activations,
      feeds: new Map(),
    };
  }

  #feed(id: string): Feed {
    const feed = this.feeds.get(id);
    if (!feed) return { id };
    const owner = id.split('/')[0]!;
    return { id, owner, ...(feed.filter ? { filter: feed.filter } : {}), ...(feed.terms ? { terms: feed.terms } : {}) };
  }
}

function objectOf({ origin, content }: ModelSignal): PolicyObject {
  const { harm, severity, confidence, status, tlp, intent, novelty, basis, labels = [], audience, not_before } = content;
  const attributes = clean({ type: schemes.get(content.digests[0]!.scheme)!.type, schemes: content.digests.map((d) => d.scheme), harm, severity, confidence, status, tlp, labels, intent, novelty, basis });
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
