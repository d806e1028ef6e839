import { setFlagsFromString } from 'node:v8';
import { preparsePolicySet, statefulIsAuthorized, type CedarValueJson, type EntityJson, type StatefulAuthorizationCall } from '@cedar-policy/cedar-wasm/nodejs';
import { harmTree } from '../../schemas/harms.ts';
import type { PeerConditions, Rule } from '../../schemas/types.ts';
import { agreementsAt, enumeration } from '../../server/policy/conditions.ts';
import { BARRED_KINDS } from '../../server/policy/decide.ts';
import { covers } from '../../server/policy/coverage.ts';
import type { SignalObject } from '../../server/policy/object.ts';
import { instant, type Instant } from '../../server/policy/time.ts';
import { inForce, type Member, type World } from '../../server/policy/world.ts';

// Cedar's functions return references. Where such a call is inlined into optimised code that is discarded meanwhile, V8 11.3
// (Node.js 20) ends the process: "unreachable code" in Deoptimizer::DoComputeBuiltinContinuation.
setFlagsFromString('--no-turbo-inline-js-wasm-calls');

type Operators = { [operator: string]: unknown };
type Attributes = Record<string, CedarValueJson>;

const RANKS: Record<string, readonly string[]> = { severity: enumeration('Severity'), tlp: enumeration('Tlp'), trust: enumeration('Trust') };

/**
 * The same rules in Cedar, one policy set for each origin: permits for the shares of its policy, forbids for withholds, and one
 * that forbids what no share of the charter covers. Cedar says whether, not on which terms; the TLP gate and the meet of the
 * terms, which read the terms of the first matching share, are not its business. Requests carry only attributes that the set reads.
 */
export class CedarYardstick {
  readonly #world: World;
  readonly #at: Instant;
  readonly #sets = new Map<string, { id: string; text: string }>();

  constructor(world: World, at: Instant) {
    this.#world = world;
    this.#at = at;
  }

  /** A request, ready to be asked. */
  request(viewer: string, object: SignalObject): StatefulAuthorizationCall {
    const set = this.#set(object.origin);
    const origin = this.#world.members.get(object.origin)!;
    const read = (root: string, attributes: Attributes): Attributes => Object.fromEntries(Object.entries(attributes).filter(([name]) => new RegExp(`\\b${root}( has |\\.)${name}\\b`).test(set.text)));
    const principal = entity('Member', viewer, read('principal', this.#member(this.#world.members.get(viewer)!)));
    const resource = entity('Signal', 'signal', read('resource', { ...signal(object), origin: this.#member(origin) }));
    return { principal: principal.uid, action: { type: 'Action', id: 'see' }, resource: resource.uid, context: read('context', { at: this.#at }), preparsedPolicySetId: set.id, entities: [principal, resource] };
  }

  #member(member: Member): Attributes {
    return { id: member.id, kind: member.kind, trust: RANKS['trust']!.indexOf(member.trust), groups: [...member.groups], jurisdictions: [...member.jurisdictions], agreements: [...agreementsAt(member, this.#at)] };
  }

  #set(origin: string): { id: string; text: string } {
    const known = this.#sets.get(origin);
    if (known) return known;
    const set = { id: origin, text: policySet(rulesOf(this.#world, this.#world.operator, this.#at), rulesOf(this.#world, origin, this.#at)) };
    const parsed = preparsePolicySet(set.id, { staticPolicies: set.text });
    if (parsed.type !== 'success') throw new Error(`Cedar does not take the policies of ${origin}: ${JSON.stringify(parsed.errors)}`);
    this.#sets.set(origin, set);
    return set;
  }
}

/** Cedar's answer; an error is not one. */
export function permits(call: StatefulAuthorizationCall): boolean {
  const answer = statefulIsAuthorized(call);
  if (answer.type !== 'success' || answer.response.diagnostics.errors.length > 0) throw new Error(`Cedar could not decide: ${JSON.stringify(answer)}`);
  return answer.response.decision === 'allow';
}

function rulesOf(world: World, owner: string, at: Instant): readonly Rule[] {
  return (inForce(world, owner, at)?.policy?.rules ?? []).filter((rule) => covers(rule, 'signals'));
}

function entity(type: string, id: string, attrs: Attributes): EntityJson & { uid: { type: string; id: string } } {
  return { uid: { type, id }, attrs, parents: [] };
}

function signal({ attributes, audience }: SignalObject): Attributes {
  const { type, schemes, harm, severity, confidence, status, tlp, labels, intent, novelty, basis } = attributes;
  const ancestry = [...harmTree.harms.keys()].filter((ancestor) => harmTree.covers(ancestor, harm));
  const optional = Object.entries({ intent, novelty, basis }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const narrowed: Attributes = audience ? { audience: { members: audience.members ?? [], groups: audience.groups ?? [] } } : {};
  return { type, schemes: [...schemes], harm: ancestry, severity: RANKS['severity']!.indexOf(severity), confidence, status, tlp: RANKS['tlp']!.indexOf(tlp), labels: [...labels], ...Object.fromEntries(optional), ...narrowed };
}

function policySet(charter: readonly Rule[], policy: readonly Rule[]): string {
  const of = (rules: readonly Rule[], effect: Rule['effect']): string[] => rules.filter((rule) => rule.effect === effect).map(condition);
  return [
    `forbid (principal, action, resource) when { ${list(BARRED_KINDS)}.contains(principal.kind) };`,
    'forbid (principal, action, resource) when { resource has audience && !(resource.audience.members.contains(principal.id) || resource.audience.groups.containsAny(principal.groups)) };',
    `forbid (principal, action, resource) unless { ${of(charter, 'share').map((one) => `(${one})`).join(' || ')} };`,
    ...[...of(charter, 'withhold'), ...of(policy, 'withhold')].map((one) => `forbid (principal, action, resource) when { ${one} };`),
    ...of(policy, 'share').map((one) => `permit (principal, action, resource) when { ${one} };`),
  ].join('\n');
}

/** All conditions of a rule. What is unset fails a share's and meets a withhold's. */
function condition(rule: Rule): string {
  const share = rule.effect === 'share';
  const { origin, ...own } = rule.signals ?? {};
  const all = [
    ...each(own, (name, operator, operand) => known(['intent', 'novelty', 'basis', 'exercise'].includes(name) ? `resource has ${name}` : undefined, share, signalTest(name, operator, operand, share))),
    ...member('resource.origin', origin, share),
    ...member('principal', rule.peers, share),
    ...each({ during: rule.during }, (_, operator, operand) => `context.at ${operator === 'from' ? '>=' : '<'} ${instant(String(operand))}`),
  ];
  return all.length === 0 ? 'true' : all.join(' && ');
}

function member(path: string, conditions: PeerConditions | undefined, share: boolean): string[] {
  return each(conditions ?? {}, (name, operator, operand) => known(name === 'jurisdictions' ? `!${path}.jurisdictions.isEmpty()` : undefined, share, test(`${path}.${name}`, name, operator, operand)));
}

function each(conditions: object, translate: (name: string, operator: string, operand: unknown) => string): string[] {
  return Object.entries(conditions).flatMap(([name, operators]: [string, Operators | undefined]) => Object.entries(operators ?? {}).map(([operator, operand]) => translate(name, operator, operand)));
}

function known(isKnown: string | undefined, share: boolean, holds: string): string {
  if (isKnown === undefined) return holds;
  return share ? `(${isKnown} && ${holds})` : `(!(${isKnown}) || ${holds})`;
}

function signalTest(name: string, operator: string, operand: unknown, share: boolean): string {
  if (name === 'harm') return `${operator === 'in' ? '' : '!'}resource.harm.containsAny(${list(operand)})`;
  if (name !== 'scheme') return test(`resource.${name}`, name, operator, operand);
  const all = `${list(operand)}.containsAll(resource.schemes)`;
  const any = `resource.schemes.containsAny(${list(operand)})`;
  if (operator === 'in') return share ? all : any;
  return share ? `!${any}` : `!${all}`;
}

function test(path: string, name: string, operator: string, operand: unknown): string {
  switch (operator) {
    case 'in':
      return `${list(operand)}.contains(${path})`;
    case 'notIn':
      return `!${list(operand)}.contains(${path})`;
    case 'any':
      return `${path}.containsAny(${list(operand)})`;
    case 'all':
      return `${path}.containsAll(${list(operand)})`;
    case 'none':
      return `!${path}.containsAny(${list(operand)})`;
    default:
      return `${path} ${operator === 'atLeast' ? '>=' : '<='} ${RANKS[name]?.indexOf(String(operand)) ?? Number(operand)}`;
  }
}

function list(words: unknown): string {
  return JSON.stringify(words);
}
