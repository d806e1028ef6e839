import fc from 'fast-check';
import type { HandlingTerms, PeerConditions, SignalConditions, Terms } from '../../schemas/types.ts';
import { enumeration } from '../../server/policy/conditions.ts';
import { FEEDS, GROUPS, MEMBERS, OPERATOR, type Aim, type AgreementTemplate, type Content, type FeedTemplate, type PolicyTemplate, type PullStep, type Step } from './steps.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const LABELS = ['sealed', 'wave-7'];
const AGREEMENTS = ['fraud-2026', 'care-pact'];
const JURISDICTIONS = ['FR', 'NL'];
const HARMS = ['fraud', 'fraud.phishing', 'csea.grooming', 'violence.imminent', 'spam'];

type Weighted<T> = readonly [number, fc.Arbitrary<T>];

const weigh = <T>(...choices: Weighted<T>[]): fc.Arbitrary<T> => fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
const words = (name: string): fc.Arbitrary<string> => fc.constantFrom(...enumeration(name));
const subset = <T extends string>(values: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...values], { minLength: 1 });
/** Absent rather than undefined: schemas know the difference. */
const record = <T>(fields: Record<string, fc.Arbitrary<unknown>>, ...required: string[]): fc.Arbitrary<T> => fc.record(fields, { requiredKeys: required }) as fc.Arbitrary<T>;
const rarely = <T>(chance: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => weigh<T | undefined>([chance, arbitrary], [100 - chance, fc.constant(undefined)]);
const drop = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;

// ---- Policies and feeds ----------------------------------------------------------------------------------------------

const listed = (values: readonly string[]): fc.Arbitrary<object> => weigh<object>([3, record({ in: subset(values) }, 'in')], [1, record({ notIn: subset(values) }, 'notIn')]);
const sets = (values: readonly string[]): fc.Arbitrary<object> => fc.oneof(...['any', 'all', 'none'].map((operator) => record<object>({ [operator]: subset(values) }, operator)));
const bounds = (values: fc.Arbitrary<unknown>): fc.Arbitrary<object> => fc.oneof(record<object>({ atLeast: values }, 'atLeast'), record<object>({ atMost: values }, 'atMost'));

/** Few conditions at a time, so that rules match often enough. */
function conditions<T>(entries: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<T> {
  const one = fc.oneof(...Object.entries(entries).map(([name, value]) => fc.tuple(fc.constant(name), value)));
  return fc.uniqueArray(one, { minLength: 1, maxLength: 2, selector: ([name]) => name }).map((found) => Object.fromEntries(found) as T);
}

const peers = conditions<PeerConditions>({
  id: listed(MEMBERS.slice(0, 5)),
  kind: listed(['platform', 'ngo', 'hub', 'government']),
  groups: sets(GROUPS),
  jurisdictions: sets(JURISDICTIONS),
  trust: bounds(words('Trust')),
  subscribed: sets(['all']),
  agreements: sets([...AGREEMENTS, 'fraud-2026@2']),
});
const signals = conditions<SignalConditions>({
  scheme: listed(['media-md5', 'media-sha256']),
  harm: listed(['fraud', 'csea', 'violence', 'spam']),
  severity: bounds(fc.constantFrom('low', 'high', 'critical')),
  confidence: bounds(fc.constantFrom(20, 70, 95)),
  tlp: bounds(fc.constantFrom('GREEN', 'AMBER')),
  labels: sets(LABELS),
  intent: listed(enumeration('Intent')),
  novelty: listed(enumeration('Novelty')),
  basis: listed(enumeration('Basis')),
  jurisdictions: sets(JURISDICTIONS),
  origin: peers,
});
const handling = record<HandlingTerms>({
  tlp: weigh([5, fc.constantFrom('CLEAR', 'GREEN')], [1, words('Tlp')]),
  pap: words('Pap'),
  permitted_actions: words('PermittedActions'),
  attribution: fc.constantFrom('may', 'may', 'may', 'must', 'must-not'),
  onward: words('Onward'),
  onward_groups: subset(GROUPS),
});
const FIELDS = enumeration('SignalField');
const delays = fc.constantFrom('PT1H', 'PT5H', 'P1D', 'P3D');
const lengths = fc.constantFrom('PT6H', 'P2D', 'P5D');
const terms: fc.Arbitrary<Terms> = fc
  .record({ after: rarely(55, delays), for: rarely(30, lengths), reveal: weigh([3, fc.constant([...FIELDS])], [2, fc.constantFrom(['digest', 'harm', 'severity'], ['digest'], ['harm', 'note', 'labels', 'observed'])]), origin: rarely(80, words('OriginDisplay')), handling: rarely(50, handling) })
  .map((found) => drop(found) as Terms);
const window = weigh<{ from?: number; until?: number }>([2, record({ from: fc.constantFrom(HOUR, DAY, 4 * DAY) }, 'from')], [2, record({ until: fc.constantFrom(HOUR, DAY, 4 * DAY) }, 'until')], [1, fc.constant({ from: -HOUR, until: 2 * DAY })]);

const withholding = fc.record({ effect: fc.constant('withhold' as const), signals: rarely(80, signals), peers: rarely(50, peers), during: rarely(25, window) });
const sharing = fc.record({ effect: fc.constant('share' as const), signals: rarely(50, signals), peers: rarely(40, peers), during: rarely(20, window), terms });
const sharingAll = fc.record({ effect: fc.constant('share' as const), terms });

/** A policy most of which shares something with somebody. */
const policies: fc.Arbitrary<PolicyTemplate> = fc
  .tuple(fc.array(weigh<object>([4, sharing], [1, withholding]), { maxLength: 3 }), rarely(75, sharingAll))
  .map(([rules, last]) => [...rules, ...(last ? [last] : [])].map((rule, index) => ({ id: `r${index}`, ...drop(rule) }) as PolicyTemplate[number]));
const OPEN: PolicyTemplate = [{ id: 'all', effect: 'share', terms: { reveal: FIELDS as Terms['reveal'], origin: 'named', handling: { tlp: 'CLEAR', pap: 'CLEAR', permitted_actions: 'externally-visible-direct-actions', attribution: 'may', onward: 'public' } } }];
/** Charters are mostly wide: they bound everybody. */
const charters = weigh([3, fc.constant(OPEN)], [1, sharingAll.map((rule) => [{ id: 'all', ...rule }] as PolicyTemplate)], [1, policies]);
/** What most signals meet, now and then no longer. */
const filters = conditions<SignalConditions>({
  harm: record({ notIn: fc.constantFrom(['spam'], ['csea'], ['violence', 'spam']) }, 'notIn'),
  severity: record({ atLeast: fc.constant('high') }, 'atLeast'),
  confidence: record({ atLeast: fc.constant(70) }, 'atLeast'),
  labels: record({ none: fc.constant(LABELS) }, 'none'),
});
const feeds = fc.record({ filter: weigh<SignalConditions | undefined>([6, filters], [1, signals], [1, fc.constant(undefined)]), peers: rarely(10, peers), terms: rarely(25, terms) }).map((found) => drop(found) as FeedTemplate);

// ---- Signals ---------------------------------------------------------------------------------------------------------

const optional = {
  intent: words('Intent'),
  novelty: words('Novelty'),
  basis: words('Basis'),
  jurisdictions: subset(JURISDICTIONS),
  note: fc.constantFrom('seen once', 'seen twice', 'seen by many'),
  observed: fc.constantFrom(-DAY, -HOUR),
  validFor: fc.constantFrom(HOUR, 20 * HOUR, 4 * DAY, 12 * DAY),
  notBefore: fc.constantFrom(-HOUR, HOUR / 2, DAY),
  audience: record({ members: subset(MEMBERS.slice(0, 5)), groups: subset(GROUPS) }, 'members'),
};
const attributes = {
  schemes: subset(['media-md5', 'media-sha256']),
  harm: fc.constantFrom(...HARMS),
  severity: fc.constantFrom('low', 'high', 'critical'),
  confidence: fc.constantFrom(20, 70, 95),
  tlp: weigh([8, fc.constantFrom('CLEAR', 'GREEN')], [1, words('Tlp')]),
  labels: weigh<string[]>([3, fc.constant([])], [1, subset(LABELS)]),
};
const contents: fc.Arbitrary<Content> = fc
  .record({ ...attributes, intent: rarely(20, optional.intent), novelty: rarely(20, optional.novelty), basis: rarely(20, optional.basis), jurisdictions: rarely(30, optional.jurisdictions), note: rarely(40, optional.note), observed: rarely(20, optional.observed), validFor: rarely(25, optional.validFor), notBefore: rarely(12, optional.notBefore), audience: rarely(8, optional.audience) })
  .map((found) => drop(found) as Content);
/** What an update changes: one thing, or everything. */
const changes: fc.Arbitrary<Partial<Content>> = weigh<Partial<Content>>([1, contents], [4, fc.oneof(...Object.entries({ ...attributes, ...optional }).map(([name, value]) => value.map((found) => ({ [name]: found }))))], [2, optional.note.map((note) => ({ note }))]);

// ---- Steps -----------------------------------------------------------------------------------------------------------

const member = fc.constantFrom(...MEMBERS.slice(0, 5));
const someMembers = fc.subarray([...MEMBERS], { minLength: 1 });
const pick = fc.nat(1000);
const later = fc.constantFrom(0, 0, 0, HOUR, DAY, 3 * DAY);
const agreements: fc.Arbitrary<AgreementTemplate[]> = fc.uniqueArray(record<AgreementTemplate>({ id: fc.constantFrom(...AGREEMENTS), version: fc.constantFrom(1, 2, 3), from: fc.constantFrom(-DAY, 0, DAY), until: fc.constantFrom(2 * DAY, 6 * DAY) }, 'id', 'from'), { maxLength: 2, selector: ({ id }) => id });
const aim = (...at: Aim['at'][]): fc.Arbitrary<Aim> => fc.record({ at: fc.constantFrom(...at), pick });
/** Some replicas pull often, others rarely. */
const pulls: fc.Arbitrary<PullStep> = fc.record({
  do: fc.constant('pull' as const),
  viewer: weigh([6, fc.constant('birch')], [4, fc.constant('cedar')], [2, fc.constant('dogwood')], [1, fc.constant('ash')], [1, fc.constant('elm')], [1, fc.constant('fir')]),
  feed: weigh<string>([5, fc.constant('all')], [4, fc.constant('ash/one')], [2, fc.constant('hub/three')], [1, fc.constant('birch/two')]),
  copy: weigh([8, fc.constant(0)], [1, fc.constant(1)]),
  limit: fc.constantFrom(1, 1, 2, 3, 5, 10, 30, 1000),
  pages: weigh([1, fc.constantFrom(1, 2, 5)], [1, fc.constant(10_000)]),
  form: fc.constantFrom('json' as const, 'json' as const, 'ndjson' as const),
  trouble: weigh<PullStep['trouble']>([12, fc.constant('none')], [2, fc.constant('lost')], [2, fc.constant('cut')], [1, fc.constant('twice')]),
  digest: weigh<PullStep['digest']>([4, fc.constant('parts')], [1, fc.constant('total')], [2, fc.constant('none')]),
  poll: weigh<PullStep['poll']>([4, fc.constant('no')], [2, fc.constant('match')]),
  lines: fc.nat(12),
});
/** Who waits needs somebody who writes. */
const waits = pulls.map((pull): PullStep => ({ ...pull, poll: 'wait', trouble: 'none' }));

const posting = fc.record({ do: fc.constant('post' as const), member: weigh([3, fc.constant('ash')], [1, member]), content: contents, count: fc.constantFrom(1, 1, 3, 8), as: fc.constantFrom('single' as const, 'array' as const, 'array' as const, 'stream' as const), reference: rarely(15, fc.nat(3)) }).map(drop);
const updating = fc.record({ do: fc.constant('update' as const), aim: aim('any', 'held', 'held', 'embargoed', 'embargoed', 'ended'), change: changes });
/** What filters of feeds look at. */
const reclassing = fc.record({ do: fc.constant('update' as const), aim: aim('in-feed'), change: fc.oneof(record<Partial<Content>>({ harm: attributes.harm }, 'harm'), record<Partial<Content>>({ severity: attributes.severity }, 'severity'), record<Partial<Content>>({ confidence: attributes.confidence }, 'confidence'), record<Partial<Content>>({ labels: attributes.labels }, 'labels'), record<Partial<Content>>({ jurisdictions: optional.jurisdictions }, 'jurisdictions')) });
const reviving = fc.record({ do: fc.constant('update' as const), aim: aim('ended'), change: fc.constant({ validFor: 4 * DAY }) });
const retracting = fc.record({ do: fc.constant('retract' as const), aim: aim('any', 'held', 'held', 'embargoed'), reason: fc.constantFrom('mistake' as const, 'appeal-upheld' as const, 'legal' as const) });
const activating = weigh(
  [4, fc.record({ do: fc.constant('activate' as const), owner: member, policy: policies, delay: later })],
  [1, fc.record({ do: fc.constant('activate' as const), owner: fc.constant('ash'), policy: policies, delay: later })],
  [1, fc.record({ do: fc.constant('activate' as const), owner: fc.constant(OPERATOR as string), policy: charters, delay: later })],
);
const suspending = weigh<object>([1, fc.record({ do: fc.constant('suspend' as const), member })], [3, fc.record({ do: fc.constant('resume' as const), pick })]);
const grouping = fc.record({ do: fc.constant('group' as const), group: fc.constantFrom(...GROUPS), members: someMembers });
const offering = fc.record({ do: fc.constant('feed' as const), feed: fc.constantFrom(...FEEDS), document: feeds });
const reading = fc.record({ do: fc.constant('read' as const), viewer: member, aim: aim('any', 'held', 'embargoed') });
const setting = fc.record({ do: fc.constant('set' as const), member: fc.constantFrom('ash', 'cedar'), content: contents, references: fc.subarray([0, 1, 2, 3, 4]) });
const changing = fc.record({ do: fc.constant('change' as const), member, trust: words('Trust'), jurisdictions: rarely(50, fc.subarray(JURISDICTIONS)), agreements: rarely(70, agreements) }).map(drop);

const at = (steps: fc.Arbitrary<object>): fc.Arbitrary<Step> => fc.tuple(steps, fc.nat(5)).map(([step, hub]) => ({ ...step, hub }) as Step);
const rare = (step: object): fc.Arbitrary<object> => fc.constant(step);

const together = fc
  .array(at(weigh<object>([6, posting], [4, updating], [2, retracting], [1, setting], [2, activating], [1, suspending], [1, grouping], [1, reading], [6, pulls], [1, waits])), { minLength: 2, maxLength: 7 })
  .map((steps) => ({ do: 'together' as const, steps }));

/**
 * A pull in the middle of which time passes: what is held is changed, so that it ends soon, and what the viewer is entitled to is
 * changed, so that a scan begins; after its first page signals end or are released that it has not come to.
 */
const interrupted = fc
  .record({ whole: pulls, viewer: fc.constantFrom('birch', 'cedar'), feed: fc.constantFrom('all', 'ash/one'), hub: fc.nat(5), updates: fc.array(fc.record({ pick: fc.nat(12), validFor: fc.constantFrom(SECOND, HOUR, 20 * HOUR), note: rarely(50, optional.note) }), { maxLength: 4 }), policy: policies, limit: fc.constantFrom(1, 1, 2, 3), by: fc.constantFrom(SECOND, HOUR, HOUR, 5 * HOUR, 30 * HOUR), rest: fc.constantFrom(1, 2, 1000) })
  .map(({ whole, viewer, feed, hub, updates, policy, limit, by, rest }) => {
    const begun = { ...whole, viewer, feed, copy: 0, form: 'json', trouble: 'none', poll: 'no', hub };
    const steps = [
      { ...begun, limit: 1000, pages: 10_000 },
      { do: 'activate', owner: 'ash', policy, delay: 0, hub },
      ...updates.map(({ pick, ...change }) => ({ do: 'update', aim: { at: 'held', pick }, change: drop(change), hub })),
      { ...begun, limit, pages: 1 },
      { do: 'clock', by, hub },
      { ...begun, limit: rest, pages: 10_000 },
    ];
    return { do: 'in-turn', steps };
  });

/** What happens, how often. */
export const steps: fc.Arbitrary<Step> = at(
  weigh<object>(
    [22, posting],
    [10, updating],
    [7, reclassing],
    [1, reviving],
    [5, retracting],
    [2, fc.record({ do: fc.constant('expire' as const), aim: aim('any', 'held', 'embargoed') })],
    [2, setting],
    [1, fc.record({ do: fc.constant('undo' as const), pick })],
    [2, reading],
    [8, fc.record({ do: fc.constant('clock' as const), by: weigh([2, fc.constantFrom(1, SECOND, 60 * SECOND)], [4, fc.constantFrom(HOUR, HOUR, 7 * HOUR, 30 * HOUR)], [1, fc.constantFrom(4 * DAY, 12 * DAY)], [1, fc.constantFrom(-1, -SECOND, -HOUR)]) })],
    [8, fc.record({ do: fc.constant('clock-to-change' as const), viewer: weigh([3, fc.constant('birch')], [2, fc.constant('cedar')], [1, member]), pick: fc.nat(6), off: fc.constantFrom(-1, 0, 0, 1), pull: rarely(70, pulls) }).map(drop)],
    [6, activating],
    [1, fc.record({ do: fc.constant('withdraw-policy' as const), owner: member, delay: later })],
    [3, offering],
    [1, fc.record({ do: fc.constant('withdraw-feed' as const), feed: fc.constantFrom(...FEEDS) })],
    [2, grouping],
    [5, suspending],
    [2, changing],
    [2, fc.record({ do: fc.constant('subscribe' as const), member, on: fc.boolean() })],
    [2, rare({ do: 'restart' })],
    [1, rare({ do: 'rotate-keys' })],
    [6, together],
    [2, interrupted],
    [48, pulls],
  ),
);

/** Rare and final things, of which a run has a few. */
const finals = at(
  fc.oneof(
    fc.record({ do: fc.constant('leave' as const), member: fc.constantFrom('elm', 'fir'), signals: fc.constantFrom('keep' as const, 'withdraw' as const) }),
    fc.record({ do: fc.constant('delete-group' as const), group: fc.constantFrom('beta', 'gamma') }),
  ),
);

const joining = (id: string): fc.Arbitrary<object> =>
  fc.record({
    do: fc.constant('join'),
    member: fc.constant(id),
    kind: weigh([10, fc.constant('platform')], [3, fc.constantFrom('ngo', 'hotline', 'researcher', 'hub')]),
    trust: weigh([3, fc.constantFrom('verified', 'trusted')], [1, words('Trust')]),
    jurisdictions: fc.subarray(JURISDICTIONS),
    agreements,
  });

/** How a run begins: members, groups, a charter, policies and feeds. */
export const opening: fc.Arbitrary<Step[]> = fc.tuple(
  ...MEMBERS.map((id) => at(joining(id))),
  ...GROUPS.map((group) => at(fc.record({ do: fc.constant('group'), group: fc.constant(group), members: someMembers }))),
  at(fc.record({ do: fc.constant('activate'), owner: fc.constant(OPERATOR), policy: fc.constant(OPEN), delay: fc.constant(0) })),
  ...MEMBERS.map((id) => at(fc.record({ do: fc.constant('activate'), owner: fc.constant(id), policy: weigh([1, fc.constant(OPEN)], [2, policies]), delay: fc.constant(0) }))),
  ...FEEDS.map((feed) => at(fc.record({ do: fc.constant('feed'), feed: fc.constant(feed), document: feeds }))),
);

/** A step, now and then a final one. */
export const anyStep: fc.Arbitrary<Step> = weigh([150, steps], [1, finals]);
