import type { CaseExpectation, CaseMember, CaseSignal, ExpectedHandling, Explanation, Handling, Policy, PolicyCase, PolicyCases } from '../../schemas/types.ts';
import { ALL_FIELDS, type Request } from './decide.ts';
import { explain } from './explain.ts';
import type { Lifetime, PolicyObject } from './object.ts';
import { formatInstant, instant } from './time.ts';
import type { Activation, Member, World } from './world.ts';

/** What became of one case. */
export interface CaseResult {
  name: string;
  passed: boolean;
  /** Each way in which the decision is not the expected one, as a sentence; none when the case passed. */
  differences: string[];
}

const OPERATOR = 'hub';
const REQUIRED = ['origin', 'type', 'schemes', 'harm', 'severity', 'confidence', 'status', 'tlp', 'accepted'] as const;

/** A signal whose every required attribute is there. */
type CompleteSignal = CaseSignal & Required<Pick<CaseSignal, (typeof REQUIRED)[number]>>;
type Problems = { problems: string[] };

/**
 * Asks the engine each question of a case file and compares the answers. Policy and cases must have passed their schemas.
 * @param others policies that the cases may name as their counterpart
 * @example runCases(policy, cases).filter((result) => !result.passed)
 */
export function runCases(policy: Policy, document: PolicyCases, others: readonly Policy[] = []): CaseResult[] {
  return document.cases.map((one) => {
    const prepared = prepareCase(policy, document, one, others);
    const differences = 'problems' in prepared ? prepared.problems : compare(one.expect, explain(prepared.request, prepared.lifetime), document.layer ?? 'policy');
    return { name: one.name, passed: differences.length === 0, differences };
  });
}

/** The question to the engine; or what keeps the case from being asked at all, so that no misspelt name passes as a withhold. */
export function prepareCase(policy: Policy, document: PolicyCases, one: PolicyCase, others: readonly Policy[]): { request: Request; lifetime: Lifetime } | Problems {
  const signal: CaseSignal = { ...document.signal, ...one.signal };
  const at = one.at ?? document.at;
  const counterpart = otherLayer(one.against ?? document.against ?? 'open', document, others);
  const problems = [...unknownNames(document, signal, one.peer), ...(at === undefined ? ['Neither the case nor the document says at which instant.'] : []), ...(counterpart ? [] : [`There is no policy ${one.against ?? document.against} to try it against.`])];
  if (problems.length > 0 || !isComplete(signal) || at === undefined || !counterpart) return { problems };
  return {
    request: { world: stage(document, policy, counterpart), at: instant(at), viewer: one.peer, object: policyObject(signal) },
    lifetime: { accepted: instant(signal.accepted), ...(signal.valid_until === undefined ? {} : { until: instant(signal.valid_until) }) },
  };
}

function isComplete(signal: CaseSignal): signal is CompleteSignal {
  return REQUIRED.every((name) => signal[name] !== undefined);
}

function unknownNames({ world }: PolicyCases, signal: CaseSignal, peer: string): string[] {
  const members = new Set(world.members.map((member) => member.id));
  const groups = new Set(world.groups ?? []);
  const named = [...new Set([peer, ...(signal.origin ? [signal.origin] : []), ...(signal.audience?.members ?? [])])];
  const joined = [...new Set([...world.members.flatMap((member) => member.groups ?? []), ...(signal.audience?.groups ?? [])])];
  return [
    ...REQUIRED.filter((name) => signal[name] === undefined).map((name) => `The signal has no ${name}.`),
    ...named.filter((id) => !members.has(id)).map((id) => `The cases’ world has no member ${id}.`),
    ...joined.filter((id) => !groups.has(id)).map((id) => `The cases’ world has no group ${id}.`),
  ];
}

/** The policy of the layer that is not under test. */
function otherLayer(against: string, { world }: PolicyCases, others: readonly Policy[]): Policy | undefined {
  const everyone = world.members.map((member) => member.id);
  if (against === 'open') return unrestricted(everyone, { pap: 'CLEAR', permitted_actions: 'externally-visible-direct-actions', affected_party_notifications: 'may', attribution: 'may', unmodified_resale: 'may', encrypt_in_transit: 'may', onward: 'public' });
  if (against === 'silent') return unrestricted(everyone);
  return others.find((policy) => policy.id === against);
}

/** Shares everything with everyone, by name, so that no TLP keeps a clause of the tested policy from showing. */
function unrestricted(everyone: string[], handling?: Omit<ExpectedHandling, 'excluded_kinds'>): Policy {
  const terms = { reveal: [...ALL_FIELDS], origin: 'named' as const, ...(handling ? { handling } : {}) };
  return { id: 'test/unrestricted', title: 'Unrestricted', summary: 'For tests only.', rules: [{ id: 'everything', effect: 'share', peers: { id: { in: everyone } }, terms }] };
}

function stage({ layer, world }: PolicyCases, policy: Policy, counterpart: Policy): World {
  const [charter, own] = layer === 'charter' ? [policy, counterpart] : [counterpart, policy];
  const activation = (document: Policy): Activation[] => [{ version: 1, effective: -Infinity, policy: document }];
  return {
    members: new Map(world.members.map((member) => [member.id, engineMember(member)])),
    groups: new Set(world.groups ?? []),
    operator: OPERATOR,
    activations: new Map([...world.members.map((member) => [member.id, activation(own)] as const), [OPERATOR, activation(charter)]]),
    feeds: new Map(),
  };
}

function engineMember({ id, kind, status, trust, jurisdictions, groups, agreements }: CaseMember): Member {
  return {
    id,
    kind,
    status: status ?? 'active',
    trust: trust ?? 'unverified',
    jurisdictions: jurisdictions ?? [],
    groups: new Set(groups ?? []),
    agreements: (agreements ?? []).map(({ id: agreement, from, until }) => ({ id: agreement, from: from === undefined ? -Infinity : instant(from), ...(until === undefined ? {} : { until: instant(until) }) })),
  };
}

function policyObject({ origin, audience, not_before: notBefore, accepted: _accepted, valid_until: _until, ...attributes }: CompleteSignal): PolicyObject {
  return {
    kind: 'signal',
    origin,
    attributes: { ...attributes, labels: attributes.labels ?? [] },
    ...(audience ? { audience } : {}),
    ...(notBefore === undefined ? {} : { notBefore: instant(notBefore) }),
  };
}

function compare(expected: CaseExpectation, found: Explanation, tested: 'policy' | 'charter'): string[] {
  const withholding = found.layers.find((layer) => layer.effect === 'withhold')?.layer;
  return [
    ...differs('effect', expected.effect, found.effect, ` ${found.because.join(' ')}`),
    ...differs('visible', expected.visible, found.visible),
    ...differs('rule', expected.rule, found.layers.find((layer) => layer.layer === tested)?.rule),
    ...differs('layer', expected.layer, withholding),
    ...differs('release', timestamp(expected.release), timestamp(found.release)),
    ...differs('end', expected.end === null ? 'never' : timestamp(expected.end), found.end === undefined ? 'never' : timestamp(found.end)),
    ...differs('reveal', expected.reveal, found.reveal),
    ...differs('origin', expected.origin, found.origin),
    ...handlingDifferences(expected.handling ?? {}, found.handling),
  ];
}

function handlingDifferences(expected: ExpectedHandling, found: Handling | undefined): string[] {
  return (Object.keys(expected) as (keyof ExpectedHandling)[]).flatMap((field) => differs(`handling.${field}`, expected[field], found?.[field]));
}

type Comparable = string | boolean | readonly string[] | undefined;

/** A sentence where the two differ. Undefined expects nothing; lists are compared as sets. */
function differs(what: string, expected: Comparable, found: Comparable, why = ''): string[] {
  if (expected === undefined || text(expected) === text(found)) return [];
  return [`Expected ${what} to be ${text(expected)}, but it is ${text(found)}.${why}`];
}

function text(value: Comparable): string {
  if (value === undefined) return 'absent';
  return typeof value === 'object' ? `[${value.toSorted().join(', ')}]` : String(value);
}

function timestamp(at: string | undefined): string | undefined {
  return at === undefined ? undefined : formatInstant(instant(at));
}
