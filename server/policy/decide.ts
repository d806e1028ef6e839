import type { Audience, MemberKind, Rule } from '../../schemas/types.ts';
import { enumeration, objectOutcomes, peerOutcomes } from './conditions.ts';
import { concerning, evaluatePolicy, excludedKinds, layerTerms, type LayerTerms, type Question, type RuleTrace } from './evaluate.ts';
import { FIELDS } from './fields.ts';
import { BARRED_KINDS, completeGrant, meetTerms, standingBy, type Grant, type Refusal } from './grant.ts';
import { completeHandling } from './handling.ts';
import { span, type Span } from './meet.ts';
import type { Lifetime, ObjectKind, PolicyObject } from './object.ts';
import type { Instant } from './time.ts';
import { inForce, type Feed, type Member, type World } from './world.ts';

export { BARRED_KINDS, type Grant } from './grant.ts';

/** Every kind of member. */
export const ALL_KINDS = enumeration('MemberKind') as MemberKind[];

/** What one layer said, for those who want to know why. */
export interface Finding {
  layer: 'own' | 'built-in' | 'charter' | 'policy' | 'object' | 'feed' | 'meet' | 'tlp';
  effect: 'share' | 'withhold';
  reason: string;
  policy?: string;
  version?: number;
  rule?: string;
  terms?: LayerTerms;
  traces?: readonly RuleTrace[];
}

/** The judgement on a class of objects: `grant` is undefined where they are withheld. */
export interface Judgement {
  grant?: Grant;
  findings: readonly Finding[];
}

/** The decision on one object: what is granted, and from when to when. Nothing is granted where `span` is undefined. */
export interface Decision extends Judgement {
  span?: Span;
  /** Shared, released and not ended at the instant asked about. */
  visible: boolean;
}

export interface Request {
  world: World;
  at: Instant;
  viewer: string;
  object: PolicyObject;
  feed?: Feed;
}

/** Decides about one object for one viewer at one instant. This is the specification: every path out must agree with it. */
export function decide(request: Request, lifetime: Lifetime): Decision {
  const judgement = judge(request);
  const interval = judgement.grant && span(judgement.grant, lifetime);
  const { at } = request;
  return {
    ...judgement,
    ...(interval ? { span: interval } : {}),
    visible: interval !== undefined && interval.release <= at && (interval.end === undefined || at < interval.end),
  };
}

/** Judges all objects that share this one's attributes. Times of single objects come in with `decide`. */
export function judge(request: Request): Judgement {
  const { world, object } = request;
  const viewer = world.members.get(request.viewer);
  const origin = world.members.get(object.origin);
  if (!viewer || !origin || viewer.status !== 'active') return withheld('built-in', 'the viewer or the origin is not an active member');
  if (viewer.id === origin.id) return own(object.kind, request.feed);
  const barred = builtIn(viewer, origin);
  if (barred) return withheld('built-in', barred);
  return combine({ world, object, viewer, origin, at: request.at }, request.feed);
}

function own(kind: ObjectKind, feed: Feed | undefined): Judgement {
  if (feed) return withheld('feed', 'a feed never carries the viewer’s own signals');
  return { grant: ownGrant(kind), findings: [{ layer: 'own', effect: 'share', reason: 'the origin always sees its own signals' }] };
}

/** What an origin is granted of its own objects: everything. */
export function ownGrant(kind: ObjectKind): Grant {
  const handling = completeHandling({ pap: 'CLEAR', permitted_actions: 'externally-visible-direct-actions', affected_party_notifications: 'may', attribution: 'may', unmodified_resale: 'may', encrypt_in_transit: 'may', onward: 'public' }, 'CLEAR');
  return { windows: [], reveal: FIELDS[kind], origin: 'named', handling };
}

/** Why the hub itself keeps an origin's objects from a viewer, whatever policies say. */
export function builtIn(viewer: Member, origin: Member): string | undefined {
  // What a member that left has not withdrawn stays under its last policy.
  if (origin.status === 'suspended') return 'the origin is suspended';
  if (BARRED_KINDS.includes(viewer.kind)) return 'governments and law enforcement have no access to what members share';
  return undefined;
}

function combine(question: Question, feed: Feed | undefined): Judgement {
  const charter = policyLayer('charter', question, question.world.operator);
  const policy = policyLayer('policy', question, question.origin.id);
  const findings = [charter.finding, policy.finding, objectLayer(question), ...feedLayer(question, feed)];
  if (findings.some((finding) => finding.effect === 'withhold')) return { findings };
  return meet(question, findings, policy.rule!);
}

function policyLayer(layer: 'charter' | 'policy', question: Question, owner: string): { finding: Finding; rule?: Rule } {
  const activation = inForce(question.world, owner, question.at);
  if (!activation?.policy) return { finding: { layer, effect: 'withhold', reason: layer === 'charter' ? 'the hub has no charter in force' : 'the origin has no policy in force' } };
  const { effect, rule, traces } = evaluatePolicy(question, activation);
  const reason = rule ? `rule ${rule.id} ${effect === 'share' ? 'shares' : 'withholds'}` : 'no rule shares';
  const finding: Finding = { layer, effect, reason, policy: activation.policy.id, version: activation.version, traces, ...(rule ? { rule: rule.id } : {}) };
  if (!rule || effect === 'withhold') return { finding };
  return { finding: { ...finding, terms: layerTerms(rule.terms!, rule, question.viewer, excludedKinds(concerning(traces), ALL_KINDS)) }, rule };
}

/** What people call an object of each kind. */
const NOUNS: Record<ObjectKind, string> = { signal: 'signal', part: 'part of the report', message: 'message' };

function objectLayer({ object, viewer, world }: Question): Finding {
  const noun = NOUNS[object.kind];
  return audienceReach(object.audience, world, viewer)
    ? { layer: 'object', effect: 'share', reason: object.audience ? `the peer is in the ${noun}’s audience` : `the ${noun} does not narrow its audience` }
    : { layer: 'object', effect: 'withhold', reason: `the peer is not in the ${noun}’s audience` };
}

/** How an object's own audience reaches a member: by name, by a group that exists, or because it has none. */
export type AudienceReach = 'named' | 'grouped' | 'everybody';

/** Undefined where the audience does not reach the viewer. */
export function audienceReach(audience: Audience | undefined, world: World, viewer: Member): AudienceReach | undefined {
  if (!audience) return 'everybody';
  if (audience.members?.includes(viewer.id)) return 'named';
  return audience.groups?.some((group) => world.groups.has(group) && viewer.groups.has(group)) ? 'grouped' : undefined;
}

function feedLayer(question: Question, feed: Feed | undefined): Finding[] {
  if (!feed) return [];
  const { world, origin, object, viewer, at } = question;
  const offered = offers(feed, world, viewer, at);
  if (!offered || !selects(feed, world, origin, object, at)) return [{ layer: 'feed', effect: 'withhold', reason: offered ? 'the feed’s filter does not select it' : 'the feed is not offered to the peer' }];
  return [{ layer: 'feed', effect: 'share', reason: 'the feed selects it', ...(feed.terms ? { terms: layerTerms(feed.terms, feed, viewer) } : {}) }];
}

/** Whether a feed selects an object of this origin. Feeds are of signals: they never select anything else. */
export function selects(feed: Feed, world: World, origin: Member, object: PolicyObject, at: Instant): boolean {
  if (object.kind !== 'signal' || (feed.owner !== undefined && feed.owner !== origin.id)) return false;
  return objectOutcomes('signals', feed.filter, world, origin, object.attributes, at, 'every').every((o) => o.truth === true);
}

/** Whether a feed selects all that is real and of this kind. */
export function selectsAll(feed: Feed, kind: ObjectKind): boolean {
  return kind === 'signal' && feed.owner === undefined && !feed.filter;
}

/** Whether a feed is offered to the viewer; to others it does not exist. Its owner can always look at it. */
export function offers(feed: Feed, world: World, viewer: Member, at: Instant): boolean {
  return feed.owner === viewer.id || peerOutcomes('peers', feed.peers, world, viewer, at).every((o) => o.truth === true);
}

function meet(question: Question, findings: readonly Finding[], rule: Rule): Judgement {
  const terms = (feed: boolean): LayerTerms[] => findings.flatMap((finding) => ((finding.layer === 'feed') === feed ? (finding.terms ?? []) : []));
  const { world, viewer, origin, object } = question;
  const met = meetTerms(terms(false), terms(true), object.kind, world);
  if ('refusal' in met) return withheldAfter(findings, met);
  const standing = audienceReach(object.audience, world, viewer) === 'named' ? 'named' : standingBy(rule, world, viewer, origin);
  const grant = completeGrant(met, { tlp: object.attributes.tlp, notBefore: object.notBefore }, standing);
  return 'refusal' in grant ? withheldAfter(findings, grant) : { grant, findings };
}

function withheld(layer: Finding['layer'], reason: string): Judgement {
  return { findings: [{ layer, effect: 'withhold', reason }] };
}

function withheldAfter(findings: readonly Finding[], { layer, refusal }: Refusal): Judgement {
  return { findings: [...findings, { layer, effect: 'withhold', reason: refusal }] };
}
