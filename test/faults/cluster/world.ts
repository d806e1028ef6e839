import { schemes } from '../../../clients/sdk/index.ts';
import type { Agreement, FeedDocument, MemberKind, NewSignal, OwnSignal, Policy, SignalField, SignalView, Trust } from '../../../schemas/types.ts';
import { decide, offers } from '../../../server/policy/decide.ts';
import type { PolicyObject } from '../../../server/policy/object.ts';
import type { Activation, Feed, World } from '../../../server/policy/world.ts';

/** How long hubs keep signals when nothing else is set. */
const RETENTION = 1095 * 86_400_000;

/** A member as the test knows it. */
export interface KnownMember {
  id: string;
  kind: MemberKind;
  status: 'active' | 'suspended';
  trust: Trust;
  agreements: Agreement[];
}

/** A signal as its origin lists it. */
export interface Listed {
  origin: string;
  row: OwnSignal;
}

/** What a replica must hold of one signal, and when it was or will be released. */
export interface Expected {
  /** Without its version; a pseudonym only as `~`. */
  view: object;
  origin: string;
  accepted: number;
  released: number;
  end: number | undefined;
}

/** The world that the test has made, as far as the hub has acknowledged it. Signals are decided one at a time by the plain evaluator. */
export class KnownWorld {
  readonly members = new Map<string, KnownMember>();
  readonly groups = new Map<string, readonly string[]>();
  readonly activations = new Map<string, Activation[]>();
  readonly feeds = new Map<string, FeedDocument>();

  /** In the order of acknowledgement, which is that of the commits: the test changes one thing at a time. */
  activate(owner: string, version: number, effective: number, policy: Policy | null): void {
    const all = [...(this.activations.get(owner) ?? []), { version, effective, policy }];
    this.activations.set(owner, all.sort((a, b) => a.effective - b.effective));
  }

  /** Whether the feed is there for the viewer: undefined when it is, else the problem that a pull is answered with. */
  refusal(viewer: string, feedId: string, at: number): string | undefined {
    if (this.members.get(viewer)!.status === 'suspended') return 'member-suspended';
    const world = this.#world();
    const feed = this.#feed(feedId);
    return feed && offers(feed, world, world.members.get(viewer)!, at) ? undefined : 'not-found';
  }

  /** What the viewer's replica of the feed must hold at the instant. */
  expected(viewer: string, feedId: string, at: number, signals: readonly Listed[]): Map<string, Expected> {
    const found = new Map<string, Expected>();
    if (this.refusal(viewer, feedId, at)) return found;
    const world = this.#world();
    const feed = this.#feed(feedId)!;
    for (const signal of signals) {
      const expected = signal.row.state === 'active' ? expectedOf(world, viewer, feed, signal, at) : undefined;
      if (expected) found.set(signal.row.id, expected);
    }
    return found;
  }

  #world(): World {
    const groupsOf = (id: string): Set<string> => new Set([...this.groups].filter(([, members]) => members.includes(id)).map(([group]) => group));
    const agreements = (all: readonly Agreement[]) => all.map(({ id, from, until }) => ({ id, from: Date.parse(from), ...(until === undefined ? {} : { until: Date.parse(until) }) }));
    return {
      operator: 'hub',
      groups: new Set(this.groups.keys()),
      members: new Map([...this.members.values()].map((member) => [member.id, { ...member, jurisdictions: [], groups: groupsOf(member.id), agreements: agreements(member.agreements) }])),
      activations: this.activations,
      feeds: new Map(),
    };
  }

  #feed(id: string): Feed | undefined {
    if (id === 'all') return { id };
    const feed = this.feeds.get(id);
    if (!feed) return undefined;
    const { filter, peers, terms } = feed;
    const owner = id.split('/')[0]!;
    return { id, ...(owner === 'hub' ? {} : { owner }), ...(filter ? { filter } : {}), ...(peers ? { peers } : {}), ...(terms ? { terms } : {}) };
  }
}

function expectedOf(world: World, viewer: string, feed: Feed, { origin, row }: Listed, at: number): Expected | undefined {
  const { content } = row;
  const accepted = Date.parse(row.accepted_at);
  const kept = accepted + RETENTION;
  const until = content.valid_until === undefined ? kept : Math.min(Date.parse(content.valid_until), kept);
  const { grant, span, visible } = decide({ world, at, viewer, object: objectOf(origin, content), feed }, { accepted, until });
  if (!visible || !grant || !span) return undefined;
  const fields = (grant.reveal as readonly SignalField[]).map((field) => (field === 'digest' ? 'digests' : field));
  const view = clean({
    id: row.id,
    released_at: new Date(span.release).toISOString(),
    visible_until: span.end === undefined ? undefined : new Date(span.end).toISOString(),
    origin: grant.origin === 'named' ? origin : grant.origin === 'pseudonymous' ? '~' : undefined,
    handling: grant.handling,
    ...Object.fromEntries(fields.map((field) => [field, content[field]])),
  });
  return { view, origin, accepted, released: span.release, end: span.end };
}

function objectOf(origin: string, content: NewSignal): PolicyObject {
  const { harm, severity, confidence, status, tlp, intent, novelty, basis, jurisdictions, labels = [], audience, not_before: notBefore } = content;
  const attributes = clean({ type: schemes.get(content.digests[0]!.scheme)!.type, schemes: content.digests.map((digest) => digest.scheme), harm, severity, confidence, status, tlp, labels, intent, novelty, basis, jurisdictions });
  return { kind: 'signal', origin, attributes, ...(audience ? { audience } : {}), ...(notBefore ? { notBefore: Date.parse(notBefore) } : {}) };
}

/** A view as the oracle states it. */
export function comparable(view: SignalView): object {
  const { version: _version, origin, ...rest } = view;
  return clean({ ...rest, origin: origin?.startsWith('~') ? '~' : origin });
}

function clean<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;
}
