import type { HandlingTerms, Policy, Rule, Terms } from '../../schemas/types.ts';
import { decide, type Decision, type Request } from '../../server/policy/decide.ts';
import { ALL_FIELDS } from '../../server/policy/fields.ts';
import type { Lifetime, MessageAttributes, MessageObject, PartAttributes, PartObject, PolicyObject, SignalAttributes, SignalObject } from '../../server/policy/object.ts';
import { instant, type Instant } from '../../server/policy/time.ts';
import type { Activation, Feed, Incident, Member, World } from '../../server/policy/world.ts';

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

export function part(more: Partial<PartAttributes> = {}): PartAttributes {
  return { part: 'section', harms: ['fraud.phishing'], regions: ['NL'], tactics: ['T0049'], confidence: 50, tlp: 'CLEAR', labels: [], ...more };
}

export function message(more: Partial<MessageAttributes> = {}): MessageAttributes {
  return { message: 'request', harms: ['fraud.phishing'], regions: ['NL'], tlp: 'CLEAR', labels: [], ...more };
}

export function policy(...rules: Rule[]): Policy {
  return { id: 'test/policy', title: 'Test', summary: 'Test.', rules };
}

/** Shares everything that there is of signals, unless told otherwise. */
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
  incidents?: Incident[];
  feeds?: Feed[];
  charter?: Policy | null | Activation[];
  policy?: Policy | null | Activation[];
  signal?: Partial<SignalAttributes>;
  /** A part of a report or a message, in place of the signal. */
  part?: Partial<PartAttributes>;
  message?: Partial<MessageAttributes>;
  object?: Partial<Pick<PolicyObject, 'origin' | 'audience' | 'notBefore'>>;
  lifetime?: Partial<Lifetime>;
  at?: Instant;
  as?: string;
  feed?: Feed;
}

export function world({ origin, viewer, others = [], groups = [], incidents, feeds = [], ...scene }: Scene): World {
  const members = [member('origin', origin), member('viewer', viewer), ...others];
  const activations = new Map([['hub', versions(scene.charter)], ['origin', versions(scene.policy)]]);
  return { members: new Map(members.map((one) => [one.id, one])), groups: new Set(groups), operator: 'hub', activations, feeds: new Map(feeds.map((one) => [one.id, one])), ...(incidents ? { incidents: new Map(incidents.map((one) => [one.id, one])) } : {}) };
}

function versions(given: Policy | null | Activation[] | undefined): Activation[] {
  if (Array.isArray(given)) return given;
  return given === null ? [] : [activation(given ?? OPEN)];
}

export function request(scene: Scene): Request {
  return { world: world(scene), at: scene.at ?? NOON, viewer: scene.as ?? 'viewer', object: objectOf(scene), ...(scene.feed ? { feed: scene.feed } : {}) };
}

function objectOf(scene: Scene): PolicyObject {
  const common = { origin: 'origin', ...scene.object };
  if (scene.part) return { ...common, kind: 'part', attributes: part(scene.part) } satisfies PartObject;
  if (scene.message) return { ...common, kind: 'message', attributes: message(scene.message) } satisfies MessageObject;
  return { ...common, kind: 'signal', attributes: signal(scene.signal) } satisfies SignalObject;
}

/** What the engine decides for the viewer about one object of the origin. */
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
