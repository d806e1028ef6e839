import type { HandlingTerms, Policy, Rule, Terms } from '../../schemas/types.ts';
import { ALL_FIELDS, decide, type Decision, type Request } from '../../server/policy/decide.ts';
import type { Lifetime, PolicyObject, SignalAttributes } from '../../server/policy/object.ts';
import { instant, type Instant } from '../../server/policy/time.ts';
import type { Activation, Feed, Member, World } from '../../server/policy/world.ts';

/** When signals of these tests are accepted, and when the engine is asked unless a test says otherwise. */
export const NOON = instant('2026-11-10T12:00:00Z');
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** Every field of handling at its widest. */
export const WIDEST: HandlingTerms = {
  pap: 'CLEAR',
  permitted_actions: 'externally-visible-direct-actions',
  affected_party_notifications: 'may',
  attribution: 'may',
  unmodified_resale: 'may',
  encrypt_in_transit: 'may',
  onward: 'public',
};
export const EVERYTHING: Terms = { reveal: [...ALL_FIELDS], origin: 'named', handling: WIDEST };

/** A verified platform without groups, agreements or known places. */
export function member(id: string, more: Partial<Omit<Member, 'groups'>> & { groups?: string[] } = {}): Member {
  return { id, kind: 'platform', status: 'active', trust: 'verified', jurisdictions: [], agreements: [], ...more, groups: new Set(more.groups ?? []) };
}

export function signal(more: Partial<SignalAttributes> = {}): SignalAttributes {
  return { type: 'url', schemes: ['url-v1'], harm: 'fraud.phishing', severity: 'medium', confidence: 50, status: 'malicious', tlp: 'CLEAR', labels: [], ...more };
}

export function policy(...rules: Rule[]): Policy {
  return { id: 'test/policy', title: 'Test', summary: 'Test.', rules };
}

/** Shares everything, unless told otherwise. */
export function share(id: string, more: Partial<Rule> = {}): Rule {
  return { id, effect: 'share', terms: EVERYTHING, ...more };
}

export function withhold(id: string, more: Partial<Rule> = {}): Rule {
  return { id, effect: 'withhold', ...more };
}

export function activation(document: Policy | null, effective: Instant = -Infinity, version = 1): Activation {
  return { version, effective, policy: document };
}

export const OPEN = policy(share('everything'));

/** A world of an origin, a viewer and whoever a test adds; with policies that share everything where a test gives none. */
export interface Scene {
  origin?: Partial<Omit<Member, 'groups'>> & { groups?: string[] };
  viewer?: Partial<Omit<Member, 'groups'>> & { groups?: string[] };
  others?: Member[];
  groups?: string[];
  charter?: Policy | null | Activation[];
  policy?: Policy | null | Activation[];
  signal?: Partial<SignalAttributes>;
  object?: Partial<PolicyObject>;
  lifetime?: Partial<Lifetime>;
  at?: Instant;
  as?: string;
  feed?: Feed;
}

export function world({ origin, viewer, others = [], groups = [], ...scene }: Scene): World {
  const members = [member('origin', origin), member('viewer', viewer), ...others];
  const activations = new Map([['hub', versions(scene.charter)], ['origin', versions(scene.policy)]]);
  return { members: new Map(members.map((one) => [one.id, one])), groups: new Set(groups), operator: 'hub', activations, feeds: new Map() };
}

function versions(given: Policy | null | Activation[] | undefined): Activation[] {
  if (Array.isArray(given)) return given;
  return given === null ? [] : [activation(given ?? OPEN)];
}

export function request(scene: Scene): Request {
  const object: PolicyObject = { kind: 'signal', origin: 'origin', attributes: signal(scene.signal), ...scene.object };
  return { world: world(scene), at: scene.at ?? NOON, viewer: scene.as ?? 'viewer', object, ...(scene.feed ? { feed: scene.feed } : {}) };
}

/** What the engine decides for the viewer about one signal of the origin. */
export function ask(scene: Scene): Decision {
  return decide(request(scene), { accepted: NOON, ...scene.lifetime });
}

/** The layer that withholds first, or `visible`, or `hidden` where it is shared but not at this instant. */
export function outcome(scene: Scene): string {
  const { grant, span, visible, findings } = ask(scene);
  if (!grant) return findings.find((finding) => finding.effect === 'withhold')!.layer;
  if (!span) return 'empty';
  return visible ? 'visible' : 'hidden';
}
