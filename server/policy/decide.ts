import type { Handling, MemberKind, OriginDisplay, SignalField } from '../../schemas/types.ts';
import { enumeration, peerOutcomes, signalOutcomes } from './conditions.ts';
import { evaluatePolicy, excludedKinds, layerTerms, namedGroups, type LayerTerms, type PolicyFinding, type Question, type RuleTrace } from './evaluate.ts';
import { CONTRADICTION, completeHandling, fillHandling, meetHandling, strictestTlp, type LayerHandling } from './handling.ts';
import { meetReveal, mostHidden, span, type Span, type Window } from './meet.ts';
import type { Lifetime, PolicyObject } from './object.ts';
import type { Instant } from './time.ts';
import { inForce, type Feed, type Member, type World } from './world.ts';

/** Kinds that the built-in layer bars from everything that members share with each other. */
export const BARRED_KINDS: readonly MemberKind[] = ['government', 'law-enforcement'];

const ALL_KINDS = enumeration('MemberKind') as MemberKind[];
export const ALL_FIELDS = enumeration('SignalField') as SignalField[];

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

/** What all layers together grant for a class of objects, whatever their dates. */
export interface Grant {
  /** One per layer that sets a delay or an end. */
  windows: readonly Window[];
  notBefore?: Instant;
  reveal: readonly SignalField[];
  origin: OriginDisplay;
  handling: Handling;
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
  if (viewer.id === origin.id) return own(request.feed);
  const barred = builtIn(viewer, origin);
  if (barred) return withheld('built-in', barred);
  return combine({ world, object, viewer, origin, at: request.at }, request.feed);
}

function own(feed: Feed | undefined): Judgement {
  if (feed) return withheld('feed', 'a feed never carries the viewer’s own signals');
  const handling = completeHandling({ pap: 'CLEAR', permitted_actions: 'externally-visible-direct-actions', affected_party_notifications: 'may', attribution: 'may', unmodified_resale: 'may', encrypt_in_transit: 'may', onward: 'public' }, 'CLEAR');
  return { grant: { windows: [], reveal: ALL_FIELDS, origin: 'named', handling }, findings: [{ layer: 'own', effect: 'share', reason: 'the origin always sees its own signals' }] };
}

function builtIn(viewer: Member, origin: Member): string | undefined {
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
  return meet(question, findings, policy.evaluated);
}

function policyLayer(layer: 'charter' | 'policy', question: Question, owner: string): { finding: Finding; evaluated?: PolicyFinding } {
  const activation = inForce(question.world, owner, question.at);
  if (!activation?.policy) return { finding: { layer, effect: 'withhold', reason: layer === 'charter' ? 'the hub has no charter in force' : 'the origin has no policy in force' } };
  const evaluated = evaluatePolicy(question, activation);
  const { effect, rule, traces } = evaluated;
  const reason = rule ? `rule ${rule.id} ${effect === 'share' ? 'shares' : 'withholds'}` : 'no rule shares';
  const finding: Finding = { layer, effect, reason, policy: activation.policy.id, version: activation.version, traces, ...(rule ? { rule: rule.id } : {}) };
  if (effect === 'withhold') return { finding, evaluated };
  return { finding: { ...finding, terms: layerTerms(rule!.terms!, rule!, question.viewer, excludedKinds(traces, ALL_KINDS)) }, evaluated };
}

function objectLayer({ object, viewer, world }: Question): Finding {
  const { audience } = object;
  const inAudience = !audience || (audience.members?.includes(viewer.id) ?? false) || (audience.groups?.some((group) => world.groups.has(group) && viewer.groups.has(group)) ?? false);
  return inAudience
    ? { layer: 'object', effect: 'share', reason: audience ? 'the peer is in the signal’s audience' : 'the signal does not narrow its audience' }
    : { layer: 'object', effect: 'withhold', reason: 'the peer is not in the signal’s audience' };
}

function feedLayer(question: Question, feed: Feed | undefined): Finding[] {
  if (!feed) return [];
  const { world, origin, object, viewer, at } = question;
  const selected = (feed.owner === undefined || feed.owner === origin.id) && signalOutcomes(feed.filter, world, origin, object.attributes, at, 'every').every((o) => o.truth === true);
  const offered = offers(feed, world, viewer, at);
  if (!selected || !offered) return [{ layer: 'feed', effect: 'withhold', reason: offered ? 'the feed’s filter does not select it' : 'the feed is not offered to the peer' }];
  return [{ layer: 'feed', effect: 'share', reason: 'the feed selects it', ...(feed.terms ? { terms: layerTerms(feed.terms, feed, viewer) } : {}) }];
}

/** Whether a feed is offered to the viewer; to others it does not exist. Its owner can always look at it. */
export function offers(feed: Feed, world: World, viewer: Member, at: Instant): boolean {
  return feed.owner === viewer.id || peerOutcomes('peers', feed.peers, world, viewer, at).every((o) => o.truth === true);
}

function meet(question: Question, findings: readonly Finding[], policy: PolicyFinding | undefined): Judgement {
  const terms = findings.flatMap((finding) => finding.terms ?? []);
  const handling = meetHandlings(findings, question.world);
  const reveal = meetReveal(terms);
  if (handling === CONTRADICTION) return withheldAfter(findings, 'meet', 'one layer says attribution must, another must-not');
  if (reveal.length === 0) return withheldAfter(findings, 'meet', 'no field is revealed by every layer');
  const tlp = strictestTlp(question.object.attributes.tlp, handling.tlp);
  const gate = tlpGate(question, tlp, policy?.rule);
  if (gate) return withheldAfter(findings, 'tlp', gate);
  const windows = terms.filter((t) => t.after > 0 || t.for !== undefined).map(({ after, for: length }): Window => (length === undefined ? { after } : { after, for: length }));
  const { notBefore } = question.object;
  const grant: Grant = { windows, reveal, origin: mostHidden(terms), handling: completeHandling(handling, tlp), ...(notBefore === undefined ? {} : { notBefore }) };
  return { grant, findings };
}

/** A feed meets what charter and policy leave when taken together, silence included: it can open nothing. Deleted groups drop out. */
function meetHandlings(findings: readonly Finding[], world: World): LayerHandling | typeof CONTRADICTION {
  const of = (feed: boolean): LayerHandling[] => findings.flatMap(({ layer, terms }) => (terms && (layer === 'feed') === feed ? [terms.handling] : []));
  const granted = meetAll(of(false), { excluded_kinds: BARRED_KINDS });
  const narrowed = granted === CONTRADICTION ? granted : meetAll(of(true), fillHandling(granted));
  if (narrowed === CONTRADICTION || !narrowed.onward_groups) return narrowed;
  return { ...narrowed, onward_groups: narrowed.onward_groups.filter((group) => world.groups.has(group)) };
}

function meetAll(layers: readonly LayerHandling[], start: LayerHandling): LayerHandling | typeof CONTRADICTION {
  return layers.reduce<LayerHandling | typeof CONTRADICTION>((met, layer) => (met === CONTRADICTION ? met : meetHandling(met, layer)), start);
}

/** RED needs the peer named; AMBER+STRICT and AMBER need it named, or a group that the rule names and both are in. */
function tlpGate({ world, origin, viewer, object }: Question, tlp: string, rule: PolicyFinding['rule']): string | undefined {
  const named = (rule?.peers?.id?.in?.includes(viewer.id) ?? false) || (object.audience?.members?.includes(viewer.id) ?? false);
  if (named || tlp === 'GREEN' || tlp === 'CLEAR') return undefined;
  if (tlp === 'RED') return 'TLP RED needs the peer named';
  const shared = rule && namedGroups(rule).some((group) => world.groups.has(group) && viewer.groups.has(group) && origin.groups.has(group));
  return shared ? undefined : `TLP ${tlp} needs the peer named, or a group that the rule names and both are in`;
}

function withheld(layer: Finding['layer'], reason: string): Judgement {
  return { findings: [{ layer, effect: 'withhold', reason }] };
}

function withheldAfter(findings: readonly Finding[], layer: Finding['layer'], reason: string): Judgement {
  return { findings: [...findings, { layer, effect: 'withhold', reason }] };
}
