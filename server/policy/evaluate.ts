import type { MemberKind, PeerConditions, Rule, Terms } from '../../schemas/types.ts';
import { ruleMatches, ruleOutcomes, type Outcome } from './conditions.ts';
import type { LayerHandling } from './handling.ts';
import type { PolicyObject } from './object.ts';
import { duration, type Instant } from './time.ts';
import type { Activation, Member, World } from './world.ts';

/** A question to the engine at one instant. */
export interface Question {
  world: World;
  at: Instant;
  origin: Member;
  viewer: Member;
  object: PolicyObject;
}

/** How one rule fared. */
export interface RuleTrace {
  rule: Rule;
  matched: boolean;
  outcomes: readonly Outcome[];
}

/** What one policy says: the rule that decides, if any, and how all of them fared. */
export interface PolicyFinding {
  effect: 'share' | 'withhold';
  rule?: Rule;
  traces: readonly RuleTrace[];
}

/** Terms as the meet wants them: milliseconds, and every default filled in. */
export interface LayerTerms {
  after: number;
  /** Undefined is no end. */
  for?: number;
  reveal: readonly string[];
  origin: 'named' | 'pseudonymous' | 'hidden';
  handling: LayerHandling;
}

/** What names the peers that it grants something to: a rule or a feed. */
export interface Granting {
  peers?: PeerConditions;
}

/** In one policy any matching withhold wins, else the first matching share, else withhold. */
export function evaluatePolicy(question: Question, activation: Activation): PolicyFinding {
  const rules = activation.policy?.rules ?? [];
  const traces = rules.map((rule): RuleTrace => {
    const outcomes = ruleOutcomes(rule, question.world, question.origin, question.object, question.viewer, question.at);
    return { rule, outcomes, matched: ruleMatches(rule, outcomes) };
  });
  const [rule] = byPrecedence(traces.filter((trace) => trace.matched).map((trace) => trace.rule));
  return rule ? { effect: rule.effect, rule, traces } : { effect: 'withhold', traces };
}

/** The rules in the order in which they decide: the first that matches has the say. */
export function byPrecedence(rules: readonly Rule[]): Rule[] {
  return [...rules.filter((rule) => rule.effect === 'withhold'), ...rules.filter((rule) => rule.effect === 'share')];
}

/** The terms of a matched share rule, or of a feed. Onward `group` without groups means those that it names and the viewer is in. */
export function layerTerms(document: Terms, by: Granting, viewer: Member, excluded: readonly MemberKind[] = []): LayerTerms {
  const terms = termsOf(document);
  const groups = terms.handling.onward === 'group' && !terms.handling.onward_groups;
  const handling = groups ? { ...terms.handling, onward_groups: namedGroups(by).filter((group) => viewer.groups.has(group)) } : terms.handling;
  return { ...terms, handling: excluded.length > 0 ? { ...handling, excluded_kinds: excluded } : handling };
}

/** Terms in milliseconds with their defaults: no delay, no end, a hidden origin. */
function termsOf(terms: Terms): LayerTerms {
  return {
    after: terms.after === undefined ? 0 : duration(terms.after),
    ...(terms.for === undefined ? {} : { for: duration(terms.for) }),
    reveal: terms.reveal,
    origin: terms.origin ?? 'hidden',
    handling: { ...terms.handling },
  };
}

/** The groups that a rule or a feed asks the peer to be in. */
export function namedGroups({ peers }: Granting): string[] {
  return [...(peers?.groups?.any ?? []), ...(peers?.groups?.all ?? [])];
}

/** The withhold rules that hold for this object now, or might, whoever the peer is. */
export function concerning(traces: readonly RuleTrace[]): Rule[] {
  return traces.filter(({ rule, outcomes }) => rule.effect === 'withhold' && outcomes.every((o) => o.condition.startsWith('peers.') || o.truth !== false)).map(({ rule }) => rule);
}

/**
 * The kinds of member that a policy excludes whoever the peer is: those of the withhold rules concerning an object that ask
 * of the peer nothing but its kind. They travel in the handling, so that no peer becomes the way around.
 */
export function excludedKinds(withholds: readonly Rule[], kinds: readonly MemberKind[]): MemberKind[] {
  const barring = withholds.filter(asksOnlyKind);
  return kinds.filter((kind) => barring.some((rule) => bars(rule, kind)));
}

function asksOnlyKind(rule: Rule): boolean {
  return rule.peers !== undefined && Object.keys(rule.peers).every((name) => name === 'kind');
}

function bars(rule: Rule, kind: MemberKind): boolean {
  const condition = rule.peers!.kind!;
  return (condition.in?.includes(kind) ?? true) && !(condition.notIn?.includes(kind) ?? false);
}
