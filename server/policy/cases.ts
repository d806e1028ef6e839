import type { CaseExpectation, CaseIncident, CaseMember, CaseMessage, CasePart, CaseSignal, During, ExpectedHandling, Handling, Policy, PolicyCase, PolicyCases, Rule } from '../../schemas/types.ts';
import { countable } from './counting.ts';
import type { Request } from './decide.ts';
import { explain } from './explain.ts';
import { ALL_FIELDS } from './fields.ts';
import type { Lifetime, ObjectKind, PolicyObject } from './object.ts';
import { formatInstant, instant, type Instant } from './time.ts';
import type { Activation, Incident, Member, World } from './world.ts';

/** What became of one case. */
export interface CaseResult {
  name: string;
  passed: boolean;
  /** Each way in which the decision is not the expected one, as a sentence; none when the case passed. */
  differences: string[];
}

const OPERATOR = 'hub';

/** What must be said of an object of each kind. */
const REQUIRED = {
  signal: ['origin', 'type', 'schemes', 'harm', 'severity', 'confidence', 'status', 'tlp', 'accepted'],
  part: ['origin', 'part', 'tlp', 'accepted'],
  message: ['origin', 'message', 'tlp', 'accepted'],
} as const satisfies Record<ObjectKind, readonly string[]>;

/** What the case says of its object, on top of what the document says of all of its kind. */
type CaseObject = { kind: 'signal'; said: CaseSignal } | { kind: 'part'; said: CasePart } | { kind: 'message'; said: CaseMessage };
type Complete<T, K extends ObjectKind> = T & Required<Pick<T, (typeof REQUIRED)[K][number] & keyof T>>;
type CompleteObject = { kind: 'signal'; said: Complete<CaseSignal, 'signal'> } | { kind: 'part'; said: Complete<CasePart, 'part'> } | { kind: 'message'; said: Complete<CaseMessage, 'message'> };
type Problems = { problems: string[] };

/**
 * Asks the engine each question of a case file and compares the answers. Policy and cases must have passed their schemas.
 * @param others policies that the cases may name as their counterpart
 * @example runCases(policy, cases).filter((result) => !result.passed)
 */
export function runCases(policy: Policy, document: PolicyCases, others: readonly Policy[] = []): CaseResult[] {
  return document.cases.map((one) => {
    const prepared = prepareCase(policy, document, one, others);
    const differences = 'problems' in prepared ? prepared.problems : compare(one.expect, prepared, document.layer ?? 'policy');
    return { name: one.name, passed: differences.length === 0, differences };
  });
}

/** The question to the engine; or what keeps the case from being asked at all, so that no misspelt name passes as a withhold. */
export function prepareCase(policy: Policy, document: PolicyCases, one: PolicyCase, others: readonly Policy[]): { request: Request; lifetime: Lifetime } | Problems {
  const object = caseObject(document, one);
  const at = one.at ?? document.at;
  const counterpart = otherLayer(one.against ?? document.against ?? 'open', document, others);
  const problems = [...unknownNames(document, object, one.peer), ...(at === undefined ? ['Neither the case nor the document says at which instant.'] : []), ...(counterpart ? [] : [`There is no policy ${one.against ?? document.against} to try it against.`])];
  if (problems.length > 0 || !isComplete(object) || at === undefined || !counterpart) return { problems };
  const { accepted, valid_until: until } = object.said;
  return {
    request: { world: stage(document, policy, counterpart), at: instant(at), viewer: one.peer, object: policyObject(object) },
    lifetime: { accepted: instant(accepted), ...(until === undefined ? {} : { until: instant(until) }) },
  };
}

function caseObject(document: PolicyCases, one: PolicyCase): CaseObject {
  if (one.part) return { kind: 'part', said: { ...document.part, ...one.part } };
  if (one.message) return { kind: 'message', said: { ...document.message, ...one.message } };
  return { kind: 'signal', said: { ...document.signal, ...one.signal } };
}

function missing({ kind, said }: CaseObject): string[] {
  return REQUIRED[kind].filter((name) => (said as Record<string, unknown>)[name] === undefined);
}

function isComplete(object: CaseObject): object is CompleteObject {
  return missing(object).length === 0;
}

function unknownNames({ world }: PolicyCases, object: CaseObject, peer: string): string[] {
  const { origin, audience } = object.said;
  const members = new Set(world.members.map((member) => member.id));
  const groups = new Set(world.groups ?? []);
  const feeds = new Set(['all', ...(world.feeds ?? [])]);
  const exercises = new Set(world.exercises ?? []);
  const { exercise } = object.said;
  const named = [...new Set([peer, ...(world.incidents ?? []).flatMap((incident) => incident.responders ?? []), ...(origin ? [origin] : []), ...(audience?.members ?? [])])];
  const joined = [...new Set([...world.members.flatMap((member) => member.groups ?? []), ...(audience?.groups ?? [])])];
  return [
    ...missing(object).map((name) => `The ${object.kind} has no ${name}.`),
    ...named.filter((id) => !members.has(id)).map((id) => `The cases’ world has no member ${id}.`),
    ...joined.filter((id) => !groups.has(id)).map((id) => `The cases’ world has no group ${id}.`),
    ...world.members.flatMap((member) => member.subscribed ?? []).filter((id) => !feeds.has(id)).map((id) => `The cases’ world has no feed ${id}.`),
    ...(exercise !== undefined && !exercises.has(exercise) ? [`The cases’ world has no exercise ${exercise}.`] : []),
  ];
}

/** The policy of the layer that is not under test. */
function otherLayer(against: string, { world }: PolicyCases, others: readonly Policy[]): Policy | undefined {
  const everyone = world.members.map((member) => member.id);
  const { exercises = [] } = world;
  if (against === 'open') return unrestricted(everyone, exercises, { pap: 'CLEAR', permitted_actions: 'externally-visible-direct-actions', affected_party_notifications: 'may', attribution: 'may', unmodified_resale: 'may', encrypt_in_transit: 'may', onward: 'public' });
  if (against === 'silent') return unrestricted(everyone, exercises);
  return others.find((policy) => policy.id === against);
}

/** Shares everything with everyone, by name, so that no TLP keeps a clause of the tested policy from showing. */
function unrestricted(everyone: string[], exercises: string[], handling?: Omit<ExpectedHandling, 'excluded_kinds'>): Policy {
  const terms = { reveal: [...ALL_FIELDS], origin: 'named' as const, ...(handling ? { handling } : {}) };
  const sharing = { effect: 'share', peers: { id: { in: everyone } }, terms } as const;
  const named = { exercise: { in: exercises } };
  const rules: Rule[] = [
    { id: 'everything', ...sharing, covers: ['signals', 'reports', 'messages'] },
    { id: 'exercises', ...sharing, signals: named, reports: named, messages: named },
    { id: 'counts', effect: 'share', covers: ['counts'] },
  ];
  return { id: 'test/unrestricted', title: 'Unrestricted', summary: 'For tests only.', rules };
}

function stage({ layer, world }: PolicyCases, policy: Policy, counterpart: Policy): World {
  const [charter, own] = layer === 'charter' ? [policy, counterpart] : [counterpart, policy];
  const activation = (document: Policy): Activation[] => [{ version: 1, effective: -Infinity, policy: document }];
  return {
    members: new Map(world.members.map((member) => [member.id, engineMember(member)])),
    groups: new Set(world.groups ?? []),
    incidents: new Map((world.incidents ?? []).map((incident) => [incident.id, engineIncident(incident)])),
    operator: OPERATOR,
    activations: new Map([...world.members.map((member) => [member.id, activation(own)] as const), [OPERATOR, activation(charter)]]),
    feeds: new Map((world.feeds ?? []).map((id) => [id, { id }])),
  };
}

function engineMember({ id, kind, status, trust, jurisdictions, groups, agreements, subscribed, measures }: CaseMember): Member {
  const { found_good: foundGood, ...others } = measures ?? {};
  return {
    id,
    kind,
    status: status ?? 'active',
    trust: trust ?? 'unverified',
    jurisdictions: jurisdictions ?? [],
    groups: new Set(groups ?? []),
    agreements: (agreements ?? []).map(({ id: agreement, version, ...dates }) => ({ id: agreement, ...(version === undefined ? {} : { version }), ...interval(dates) })),
    ...(subscribed ? { subscriptions: new Set(subscribed) } : {}),
    ...(measures ? { measures: { ...others, ...(foundGood ? { foundGood } : {}) } } : {}),
  };
}

/** Severity and harms are for readers: no decision reads them. */
function engineIncident({ id, open, responders }: CaseIncident): Incident {
  return { id, open: (open ?? []).map(interval), severity: 'info', harms: [], responders: new Set(responders ?? []) };
}

function interval({ from, until }: During): { from: Instant; until?: Instant } {
  return { from: from === undefined ? -Infinity : instant(from), ...(until === undefined ? {} : { until: instant(until) }) };
}

function policyObject({ kind, said }: CompleteObject): PolicyObject {
  const { origin, audience, not_before: notBefore, accepted: _accepted, valid_until: _until, ...attributes } = said;
  const about = { origin, ...(audience ? { audience } : {}), ...(notBefore === undefined ? {} : { notBefore: instant(notBefore) }) };
  // What is unset and holds several values is an empty list.
  const lists = { labels: [], ...(kind === 'signal' ? {} : { harms: [], regions: [] }), ...(kind === 'part' ? { tactics: [] } : {}) };
  return { kind, ...about, attributes: { ...lists, ...attributes } } as PolicyObject;
}

function compare(expected: CaseExpectation, { request, lifetime }: { request: Request; lifetime: Lifetime }, tested: 'policy' | 'charter'): string[] {
  const found = explain(request, lifetime);
  const { world, at, object } = request;
  const withholding = found.layers.find((layer) => layer.effect === 'withhold')?.layer;
  return [
    ...differs('effect', expected.effect, found.effect, ` ${found.because.join(' ')}`),
    ...differs('visible', expected.visible, found.visible),
    ...differs('counted', expected.counted, countable(world, at, object)),
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
