import fc from 'fast-check';
import type { HandlingTerms, MessageConditions, PeerConditions, Policy, ReportConditions, Rule, SignalConditions, Terms } from '../../schemas/types.ts';
import { enumeration } from '../../server/policy/conditions.ts';
import type { Request } from '../../server/policy/decide.ts';
import type { LayerHandling } from '../../server/policy/handling.ts';
import { ALL_FIELDS, FIELDS } from '../../server/policy/fields.ts';
import type { Lifetime, PolicyObject } from '../../server/policy/object.ts';
import { formatInstant } from '../../server/policy/time.ts';
import type { Activation, Feed, Incident, Member, World } from '../../server/policy/world.ts';
import { DAY, HOUR, NOON } from './build.ts';

/** The harms of these worlds that are in the tree; signals may carry another one. */
export const HARMS = ['fraud', 'fraud.phishing', 'csea', 'csea.grooming'];
/** The durations of these worlds. */
export const MILLISECONDS: Record<string, number> = { PT0S: 0, PT1H: HOUR, PT2H: 2 * HOUR, P1D: DAY, P2D: 2 * DAY };

/** What random worlds follow from: always the same, so that how many of them mean something does not change by chance. Set SEED for others. */
export const seed = Number(process.env['SEED'] ?? 20_261_122);

/** How much of the random work is done: all of it, unless RUNS says otherwise. */
export const portion = Number(process.env['RUNS'] ?? 1);
/** So many runs, or the portion of them that is done. */
export const runs = (numRuns: number): { seed: number; numRuns: number } => ({ seed, numRuns: Math.ceil(numRuns * portion) });

const MEMBERS = ['origin', 'viewer', 'third'];
const GROUPS = ['a', 'b', 'gone'];
const words = (name: string): fc.Arbitrary<string> => fc.constantFrom(...enumeration(name));
const subset = (values: readonly string[]): fc.Arbitrary<string[]> => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
const delays = fc.constantFrom('PT0S', 'PT1H', 'PT2H', 'P1D');
const lengths = fc.constantFrom('PT0S', 'PT2H', 'P1D', 'P2D', 'P2D', 'P2D');
const instants = fc.constantFrom(NOON - DAY, NOON, NOON + HOUR, NOON + DAY);

const listed = (values: readonly string[]): fc.Arbitrary<object> => fc.oneof(fc.record({ in: subset(values) }), fc.record({ notIn: subset(values) }), fc.record({ in: subset(values), notIn: subset(values) }));
const sets = (values: readonly string[]): fc.Arbitrary<object> => fc.oneof(...['any', 'all', 'none'].map((operator) => fc.record({ [operator]: subset(values) })), fc.record({ any: subset(values), none: subset(values) }));
const bounds = (values: fc.Arbitrary<unknown>): fc.Arbitrary<object> => fc.oneof(fc.record({ atLeast: values }), fc.record({ atMost: values }));
const confidences = fc.constantFrom(0, 50, 75, 100);

/** Few conditions at a time, so that rules match often enough. */
function conditions<T>(entries: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<T | undefined> {
  const one = fc.oneof(...Object.entries(entries).map(([name, value]) => fc.tuple(fc.constant(name), value)));
  return fc.uniqueArray(one, { maxLength: 2, selector: ([name]) => name }).map((found) => (found.length === 0 ? undefined : (Object.fromEntries(found) as T)));
}

const peerConditions = conditions<PeerConditions>({
  id: listed(MEMBERS),
  kind: listed(['platform', 'ngo', 'hub', 'government']),
  groups: sets(GROUPS),
  jurisdictions: sets(['NL', 'FR']),
  trust: bounds(words('Trust')),
  agreements: sets(['x', 'y', 'x@2', 'y@1']),
  contributed: fc.record({ atLeast: fc.constantFrom(1, 10), within: words('MeasuredPeriod') }),
  found_good: fc.record({ atLeast: fc.constantFrom(50, 90), within: words('MeasuredPeriod') }),
  quality: fc.oneof(...['overturned', 'stale'].map((name) => fc.record({ [name]: bounds(fc.constantFrom(5, 10)) }))),
  subscribed: sets(['all', 'f', 'nowhere']),
  responds: fc.record({ any: subset(['flood', 'storm', 'none']) }),
});
const signalConditions = conditions<SignalConditions>({
  type: listed(['account', 'url', 'media']),
  scheme: listed(['url-v1', 'media-pdq', 'media-md5']),
  harm: listed(HARMS),
  severity: bounds(words('Severity')),
  confidence: bounds(confidences),
  status: listed(enumeration('Status')),
  tlp: bounds(words('Tlp')),
  labels: sets(['l', 'm']),
  intent: listed(enumeration('Intent')),
  novelty: listed(enumeration('Novelty')),
  basis: listed(enumeration('Basis')),
  corroboration: bounds(fc.constantFrom(1, 3)),
  dispute: listed(enumeration('Dispute')),
  jurisdictions: sets(['NL', 'FR']),
  exercise: fc.record({ in: subset(['drill', 'game']) }),
  origin: peerConditions.map((found) => found ?? { kind: { in: ['platform'] } }),
});
const reportConditions = conditions<ReportConditions>({
  part: listed(enumeration('PartKind')),
  harm: listed(HARMS),
  regions: listed(['NL', 'FR', '150']),
  tactics: listed(['T0049', 'T1566']),
  exercise: fc.record({ in: subset(['drill', 'game']) }),
  confidence: bounds(confidences),
  tlp: bounds(words('Tlp')),
  labels: sets(['l', 'm']),
  origin: peerConditions.map((found) => found ?? { kind: { in: ['platform'] } }),
});
const messageConditions = conditions<MessageConditions>({
  message: listed(enumeration('MessageKind')),
  exercise: fc.record({ in: subset(['drill', 'game']) }),
  harm: listed(HARMS),
  regions: listed(['NL', 'FR', '150']),
  tlp: bounds(words('Tlp')),
  labels: sets(['l', 'm']),
  origin: peerConditions.map((found) => found ?? { kind: { in: ['platform'] } }),
});
const during = fc.oneof(instants.map((at) => ({ from: formatInstant(at) })), instants.map((at) => ({ until: formatInstant(at) })));

const handlingFields = {
  tlp: fc.oneof({ arbitrary: fc.constantFrom('CLEAR', 'GREEN'), weight: 4 }, { arbitrary: words('Tlp'), weight: 1 }),
  pap: words('Pap'),
  permitted_actions: words('PermittedActions'),
  affected_party_notifications: words('MayOrMustNot'),
  attribution: fc.constantFrom('may', 'may', 'may', 'must', 'must-not'),
  unmodified_resale: words('MayOrMustNot'),
  encrypt_in_transit: words('MayOrMust'),
  onward: words('Onward'),
  onward_groups: subset(GROUPS).map((groups) => groups.sort()),
};
const handling = fc.record(handlingFields, { requiredKeys: [] }) as fc.Arbitrary<HandlingTerms>;

/** What a layer may say of handling, in the form that a meet gives it. */
export const layerHandlings = fc.record({ ...handlingFields, excluded_kinds: subset(enumeration('MemberKind')).map((kinds) => kinds.sort()) }, { requiredKeys: [] }) as fc.Arbitrary<LayerHandling>;

const terms = fc.record(
  { after: delays, for: lengths, reveal: fc.oneof({ arbitrary: fc.constant(ALL_FIELDS), weight: 4 }, { arbitrary: subset(FIELDS.signal.slice(0, 4)), weight: 2 }, { arbitrary: subset(FIELDS.part).map((found) => [...found, 'text']).map((found) => [...new Set(found)]), weight: 1 }), origin: words('OriginDisplay'), handling },
  { requiredKeys: ['reveal'] },
) as fc.Arbitrary<Terms>;

/** Terms of shares and of feeds. */
export const someTerms = terms;

const drop = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.oneof({ arbitrary: fc.constant(undefined), weight: 3 }, { arbitrary: value, weight: 1 });
const coverage = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 2 },
  { arbitrary: fc.constant(['signals', 'reports', 'messages']), weight: 1 },
  { arbitrary: fc.subarray(enumeration('Covered') as string[], { minLength: 1 }), weight: 1 },
);
const incidents = fc.oneof(fc.record({ open: subset(['flood', 'storm', 'none']) }), fc.record({ closed: subset(['flood', 'storm', 'none']) }));
const matching = { covers: coverage, signals: fc.option(signalConditions, { nil: undefined }), reports: rarely(reportConditions), messages: rarely(messageConditions), peers: fc.option(peerConditions, { nil: undefined }), during: rarely(during), incidents: rarely(rarely(incidents)) };

/** Withhold rules. */
export const withholds: fc.Arbitrary<Rule> = fc.record({ id: fc.constant('w'), effect: fc.constant('withhold'), ...matching }).map((rule) => drop(rule) as Rule);
const shares: fc.Arbitrary<Rule> = fc.record({ id: fc.constant('s'), effect: fc.constant('share'), ...matching, terms }).map((rule) => drop(rule) as Rule);
/** Rules of both effects. */
export const anyRules: fc.Arbitrary<Rule> = fc.oneof(shares, withholds);
const catchAll: fc.Arbitrary<Rule> = fc.record({ id: fc.constant('c'), effect: fc.constant('share'), covers: fc.constantFrom(['signals', 'reports', 'messages'], ['signals', 'reports', 'messages', 'counts']), terms });

/** Policies of up to five rules, most of which share something with somebody. */
export const policies: fc.Arbitrary<Policy> = fc
  .tuple(fc.array(fc.oneof({ arbitrary: shares, weight: 5 }, { arbitrary: withholds, weight: 1 }), { maxLength: 4 }), fc.option(catchAll, { freq: 4, nil: undefined }))
  .map(([rules, last]) => ({ id: 'test/policy', title: 'Test', summary: 'Test.', rules: [...rules, ...(last ? [last] : [])].map((rule, index) => ({ ...rule, id: `${rule.id}${index}` })) }));

const measures = fc
  .record({ contributed: fc.constantFrom(undefined, { P7D: 1, P30D: 9 }, { P7D: 10, P30D: 10, P90D: 10, P365D: 10 }), foundGood: fc.constantFrom(undefined, { P30D: 50 }, { P7D: 89, P365D: 90 }), overturned: fc.constantFrom(undefined, 4, 5, 11), stale: fc.constantFrom(undefined, 5, 10) })
  .map(drop);
const agreements = fc.array(fc.record({ id: fc.constantFrom('x', 'y'), version: fc.constantFrom(undefined, 1, 2, 3), from: instants, until: rarely(instants) }).map(drop), { maxLength: 2 });
const member = (id: string): fc.Arbitrary<Member> =>
  fc.record({
    id: fc.constant(id),
    kind: fc.oneof({ arbitrary: fc.constant('platform'), weight: 5 }, { arbitrary: words('MemberKind'), weight: 1 }),
    status: fc.oneof({ arbitrary: fc.constant('active'), weight: 20 }, { arbitrary: fc.constantFrom('suspended', 'left'), weight: 1 }),
    trust: words('Trust'),
    jurisdictions: fc.constantFrom([], ['NL'], ['NL', 'FR']),
    groups: fc.subarray(GROUPS).map((groups) => new Set(groups)),
    agreements,
    subscriptions: fc.constantFrom(undefined, new Set<string>(), new Set(['all']), new Set(['all', 'f', 'nowhere'])),
    measures: fc.option(measures, { nil: undefined }),
  }).map((found) => drop(found)) as fc.Arbitrary<Member>;

const tlps = fc.oneof({ arbitrary: fc.constantFrom('CLEAR', 'GREEN'), weight: 3 }, { arbitrary: words('Tlp'), weight: 1 });
const harms = fc.constantFrom(...HARMS, 'fraud.unheard-of');
const several = (values: readonly string[]): fc.Arbitrary<string[]> => fc.subarray([...values], { maxLength: 2 });
const drills = fc.oneof({ arbitrary: fc.constant(undefined), weight: 12 }, { arbitrary: fc.constantFrom('drill', 'game', 'other'), weight: 1 });
const attributes = {
  signal: fc.record({
    type: words('IndicatorType'),
    schemes: fc.subarray(['url-v1', 'media-pdq', 'media-md5'], { minLength: 1 }),
    harm: harms,
    severity: words('Severity'),
    confidence: confidences,
    status: words('Status'),
    tlp: tlps,
    labels: fc.subarray(['l', 'm']),
    intent: fc.option(words('Intent'), { nil: undefined }),
    novelty: fc.option(words('Novelty'), { nil: undefined }),
    basis: fc.option(words('Basis'), { nil: undefined }),
    corroboration: fc.option(fc.constantFrom(0, 1, 3), { nil: undefined }),
    dispute: fc.option(words('Dispute'), { nil: undefined }),
    jurisdictions: fc.constantFrom(undefined, [], ['NL'], ['NL', 'FR']),
    exercise: drills,
  }),
  part: fc.record({
    part: words('PartKind'),
    harms: several([...HARMS, 'fraud.unheard-of']),
    regions: several(['NL', 'FR', '150']),
    tactics: several(['T0049', 'T1566', 'own']),
    confidence: fc.option(confidences, { nil: undefined }),
    exercise: drills,
    tlp: tlps,
    labels: fc.subarray(['l', 'm']),
  }),
  message: fc.record({ message: words('MessageKind'), exercise: drills, harms: several([...HARMS, 'fraud.unheard-of']), regions: several(['NL', 'FR', '150']), tlp: tlps, labels: fc.subarray(['l', 'm']) }),
};

const audience = fc.record({ members: fc.subarray(['viewer', 'third']), groups: fc.subarray(GROUPS) }, { requiredKeys: [] });
const objectsOf = (...origins: string[]): fc.Arbitrary<PolicyObject> => {
  const of = (kind: PolicyObject['kind'], weight: number): { arbitrary: fc.Arbitrary<PolicyObject>; weight: number } => ({
    arbitrary: fc
      .record({ kind: fc.constant(kind), origin: fc.constantFrom(...origins), attributes: (attributes[kind] as fc.Arbitrary<object>).map(drop), audience: rarely(audience), notBefore: rarely(instants) })
      .map((found) => drop(found) as unknown as PolicyObject),
    weight,
  });
  return fc.oneof(of('signal', 4), of('part', 2), of('message', 1));
};

/** Feeds of the hub and of members. */
export const feeds = fc
  .record({ id: fc.constant('f'), owner: fc.constantFrom(undefined, undefined, 'origin', 'third'), filter: rarely(signalConditions), peers: rarely(peerConditions), terms: fc.option(terms, { nil: undefined }) })
  .map((found) => drop(found) as Feed);

const versions = fc.oneof(
  { arbitrary: policies.map((policy): Activation[] => [{ version: 1, effective: -Infinity, policy }]), weight: 6 },
  {
    arbitrary: fc.array(fc.tuple(instants, fc.option(policies, { freq: 6 })), { maxLength: 3 }).map((found): Activation[] =>
      found.sort(([a], [b]) => a - b).map(([effective, policy], index) => ({ version: index + 1, effective, policy }))),
    weight: 1,
  },
);
const incidentsOfWorlds = fc.record({ flood: fc.array(instants, { maxLength: 3 }), storm: fc.array(instants, { maxLength: 1 }), responders: fc.subarray(MEMBERS) }).map(({ flood, storm, responders }) => {
  const spells = (times: number[]): Incident['open'] => times.map((from, index) => ({ from, ...(index > 0 ? { until: from + HOUR } : {}) }));
  const of = (id: string, open: Incident['open']): [string, Incident] => [id, { id, open, severity: 'high', harms: [], responders: new Set(responders) }];
  return new Map([of('flood', spells(flood)), of('storm', spells(storm))]);
});
const happenings = fc.option(incidentsOfWorlds, { nil: undefined });
const FEEDS = new Map([['f', { id: 'f' }]]);
const worlds: fc.Arbitrary<World> = fc.record({ origin: member('origin'), viewer: member('viewer'), charter: versions, own: versions, incidents: happenings }).map(({ origin, viewer, charter, own, incidents: going }) => ({
  members: new Map([origin, viewer].map((one) => [one.id, one])),
  groups: new Set(['a', 'b']),
  operator: 'hub',
  activations: new Map([['hub', charter], ['origin', own]]),
  feeds: FEEDS,
  ...(going ? { incidents: going } : {}),
}));

const moments = fc.constantFrom(NOON - HOUR, NOON, NOON + HOUR, NOON + DAY, NOON + 2 * DAY);

/** One question to the engine, about an object with its times. */
export interface Inquiry {
  request: Request;
  lifetime: Lifetime;
}

export const inquiries: fc.Arbitrary<Inquiry> = fc
  .record({
    world: worlds,
    at: moments,
    viewer: fc.oneof({ arbitrary: fc.constant('viewer'), weight: 20 }, { arbitrary: fc.constant('origin'), weight: 1 }),
    object: objectsOf('origin'),
    feed: rarely(feeds),
    until: rarely(instants),
  })
  .map(({ until, feed, ...request }) => ({ request: { ...request, ...(feed ? { feed } : {}) }, lifetime: { accepted: NOON, ...(until === undefined ? {} : { until }) } }));

/** A world of several origins and viewers, and what is asked of it: every viewer about every object, by every feed, at every instant. */
export interface Scene {
  world: World;
  instants: number[];
  viewers: string[];
  feeds: (Feed | undefined)[];
  objects: PolicyObject[];
}

/** Rules that seldom match, so that a policy's deciding rule stands far down. */
const seldom = fc.array(fc.tuple(fc.oneof(shares, withholds), fc.constantFrom<PeerConditions>({ id: { in: ['nobody'] } }, { kind: { in: ['hotline'] } })), { minLength: 31, maxLength: 70 }).map((found) => found.map(([rule, peers]): Rule => ({ ...rule, peers })));
const long = fc.tuple(seldom, policies).map(([first, policy]): Policy => ({ ...policy, rules: [...first, ...policy.rules].map((rule, index) => ({ ...rule, id: `r${index}` })) }));
/** What reaches peers of several circles, and may go on to those that each is in. */
const circles = fc.tuple(sets(GROUPS), terms, policies).map(([groups, said, policy]): Policy => {
  const { onward_groups: _named, ...others } = said.handling ?? {};
  const rule: Rule = { id: 'circles', effect: 'share', peers: { groups }, terms: { ...said, handling: { ...others, onward: 'group' } } };
  return { ...policy, rules: [rule, ...policy.rules] };
});
const anyVersions = fc.oneof({ arbitrary: versions, weight: 8 }, { arbitrary: fc.oneof(long, circles).map((policy): Activation[] => [{ version: 1, effective: -Infinity, policy }]), weight: 3 });
const EVERYBODY = ['hub', ...MEMBERS, 'fourth'];

/** Members `hub`, `origin`, `viewer`, `third` and `fourth` are there and may have policies, signals and feeds; `nobody` is not. */
export const scenes: fc.Arbitrary<Scene> = fc
  .record({
    members: fc.tuple(...EVERYBODY.map(member)),
    policies: fc.tuple(...EVERYBODY.map(() => anyVersions)),
    objects: fc.array(objectsOf('origin', 'origin', 'origin', 'third', 'third', 'viewer', 'hub', 'nobody'), { minLength: 10, maxLength: 10 }),
    feeds: fc.tuple(feeds, feeds),
    going: happenings,
    instants: fc.uniqueArray(moments, { minLength: 2, maxLength: 2 }),
  })
  .map(({ members, policies: versionsOf, going, ...asked }) => ({
    world: {
      members: new Map(members.map((one) => [one.id, one])),
      groups: new Set(['a', 'b']),
      operator: 'hub',
      activations: new Map(members.map((one, index) => [one.id, versionsOf[index]!])),
      feeds: FEEDS,
      ...(going ? { incidents: going } : {}),
    },
    instants: asked.instants,
    viewers: [...EVERYBODY, 'nobody'],
    feeds: [undefined, ...asked.feeds],
    objects: asked.objects,
  }));
