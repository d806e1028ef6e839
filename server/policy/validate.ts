import { harmTree } from '../../schemas/harms.ts';
import type { Place, Policy, Rule } from '../../schemas/types.ts';
import { schemes } from '../../schemas/digest-schemes.ts';
import { enumeration } from './conditions.ts';
import { covers, TOPICS } from './coverage.ts';
import { memberConditions, namesIn, referencesOf, type Named } from './references.ts';
import { instant } from './time.ts';
import { EVERYTHING } from './world.ts';

/** Names that a policy may refer to. */
export interface KnownNames {
  groups: ReadonlySet<string>;
  members: ReadonlySet<string>;
  /** Besides `all`, which always exists. */
  feeds: ReadonlySet<string>;
  /** Those that are closed too. */
  incidents: ReadonlySet<string>;
  exercises: ReadonlySet<string>;
}

/** The names that a policy speaks of: without a hub, each may exist. */
export function namesOf(policy: Policy): KnownNames {
  const names = namesIn(policy);
  return { groups: names.group, members: names.member, feeds: names.feed, incidents: names.incident, exercises: names.exercise };
}

/**
 * What a schema cannot say: unique rule ids, conditions on what a rule covers, windows that are not empty, bounds that leave something, names that exist.
 * @param policy a document that the schema `Policy` has accepted
 * @returns the places that are wrong; none when the policy can be activated
 */
export function validatePolicy(policy: Policy, known: KnownNames): Place[] {
  const seen = new Set<string>();
  return policy.rules.flatMap((rule, index) => {
    const at = `/rules/${index}`;
    const repeated = seen.has(rule.id) ? [{ pointer: `${at}/id`, detail: 'another rule before it has the same id' }] : [];
    seen.add(rule.id);
    return [...repeated, ...uncovered(rule, at), ...emptyWindow(rule, at), ...emptyBounds(rule, at), ...unknownNames(rule, at, known)];
  });
}

function emptyWindow(rule: Rule, at: string): Place[] {
  const { from, until } = rule.during ?? {};
  return from && until && instant(from) >= instant(until) ? [{ pointer: `${at}/during/until`, detail: 'must be later than from' }] : [];
}

const TOPICS_OF_RULES = Object.values(TOPICS);

/** Conditions on a kind of object that the rule does not decide about, and what a rule about counts cannot ask: it has no peer. */
function uncovered(rule: Rule, at: string): Place[] {
  const counts = covers(rule, 'counts');
  const read = TOPICS_OF_RULES.filter((topic) => covers(rule, topic) || (topic === 'signals' && counts));
  const idle = TOPICS_OF_RULES.filter((topic) => rule[topic] && !read.includes(topic));
  return [
    ...idle.map((topic) => ({ pointer: `${at}/${topic}`, detail: 'is not among what the rule covers' })),
    ...(counts && rule.peers ? [{ pointer: `${at}/peers`, detail: 'a rule that covers counts holds for anyone' }] : []),
  ];
}

function emptyBounds(rule: Rule, at: string): Place[] {
  const own = TOPICS_OF_RULES.flatMap((topic) => {
    const { origin: _origin, ...conditions } = rule[topic] ?? {};
    return crossed(`${at}/${topic}`, conditions);
  });
  return [...own, ...memberConditions(rule, at).flatMap(([place, conditions]) => crossed(place, conditions))];
}

function crossed(at: string, conditions: object | undefined): Place[] {
  return Object.entries((conditions ?? {}) as Record<string, Bounds>).flatMap(([name, condition]) => {
    const { atLeast, atMost } = condition;
    if (name === 'quality') return crossed(`${at}/quality`, condition);
    return atLeast !== undefined && atMost !== undefined && rank(name, atLeast) > rank(name, atMost) ? [{ pointer: `${at}/${name}/atMost`, detail: 'must not be below atLeast' }] : [];
  });
}

interface Bounds {
  atLeast?: string | number;
  atMost?: string | number;
}

function rank(attribute: string, value: string | number): number {
  return typeof value === 'number' ? value : enumeration(attribute[0]!.toUpperCase() + attribute.slice(1)).indexOf(value);
}

/** What is said of a name that does not exist. */
const SENTENCES: Record<Named, string> = {
  harm: 'is not a harm of the tree',
  scheme: 'is not a digest scheme',
  group: 'is not a group of this hub',
  member: 'is not a member of this hub',
  feed: 'is not a feed of this hub',
  incident: 'is not an incident of this hub',
  exercise: 'is not an exercise of this hub',
};

/** What a rule names that does not exist. */
export function unknownNames(rule: Rule, at: string, known: KnownNames): Place[] {
  const exists: Record<Named, (name: string) => boolean> = {
    harm: (id) => harmTree.harms.has(id),
    scheme: (name) => schemes.has(name),
    group: (id) => known.groups.has(id),
    member: (id) => known.members.has(id),
    feed: (id) => id === EVERYTHING || known.feeds.has(id),
    incident: (id) => known.incidents.has(id),
    exercise: (id) => known.exercises.has(id),
  };
  return referencesOf(rule, at).flatMap(({ pointer, kind, name }) => (exists[kind](name) ? [] : [{ pointer, detail: SENTENCES[kind] }]));
}
