import t from 'tap';
import { harmTree } from '../../schemas/harms.ts';
import type { Covered, Rule } from '../../schemas/types.ts';
import { enumeration } from '../../server/policy/conditions.ts';
import { areDisjoint, contradiction, implies } from '../../server/policy/regions.ts';
import { share, withhold } from './build.ts';

type Conditions = Pick<Rule, 'covers' | 'signals' | 'reports' | 'peers' | 'incidents' | 'during'>;
type Example = [what: string, one: Conditions, other: Conditions, follows: boolean, covered?: Covered];

const signals = (conditions: Rule['signals']): Conditions => ({ signals: conditions });
const reports = (conditions: Rule['reports']): Conditions => ({ covers: ['reports'], reports: conditions });
const peers = (conditions: Rule['peers']): Conditions => ({ peers: conditions });
const counts = (more: Conditions): Conditions => ({ covers: ['counts'], ...more });
const intents = enumeration('Intent') as NonNullable<NonNullable<NonNullable<Rule['signals']>['intent']>['in']>;
const tops = [...harmTree.harms.keys()].filter((harm) => !harm.includes('.'));

/** Whether a rule matches wherever another does, where both share and where both withhold. */
function compare(t: Tap, make: typeof share | typeof withhold, examples: readonly Example[]): void {
  for (const [what, one, other, follows, covered = one.covers?.[0] ?? 'signals'] of examples) t.equal(implies(make('one', one), make('other', other), covered), follows, what);
}

type Tap = Pick<typeof t, 'equal'>;

const either: Example[] = [
  ['all others than a few', peers({ id: { notIn: ['a', 'b'] } }), peers({ id: { notIn: ['a'] } }), true],
  ['all others than fewer', peers({ id: { notIn: ['a'] } }), peers({ id: { notIn: ['a', 'b'] } }), false],
  ['all others, and a few', peers({ id: { notIn: ['a'] } }), peers({ id: { in: ['a'] } }), false],
  ['some, and all others', peers({ id: { in: ['a'] } }), peers({ id: { notIn: ['b'] } }), true],
  ['some of them', peers({ kind: { in: ['ngo', 'hotline'], notIn: ['hotline'] } }), peers({ kind: { in: ['ngo'] } }), true],
  ['every one there is', {}, signals({ status: { in: enumeration('Status') as ['malicious'] } }), true],
  ['all but one', {}, signals({ status: { notIn: ['unknown'] } }), false],
  ['within bounds', signals({ severity: { atLeast: 'high', atMost: 'high' } }), signals({ severity: { atLeast: 'medium' } }), true],
  ['beyond a bound', signals({ severity: { atLeast: 'medium' } }), signals({ severity: { atLeast: 'high' } }), false],
  ['beyond the other', signals({ severity: { atMost: 'critical' } }), signals({ severity: { atMost: 'high' } }), false],
  ['as much as more', peers({ contributed: { atLeast: 20, within: 'P7D' } }), peers({ contributed: { atLeast: 10, within: 'P7D' } }), true],
  ['more than as much', peers({ contributed: { atLeast: 10, within: 'P7D' } }), peers({ contributed: { atLeast: 20, within: 'P7D' } }), false],
  ['within another period', peers({ found_good: { atLeast: 50, within: 'P7D' } }), peers({ found_good: { atLeast: 50, within: 'P30D' } }), false],
  ['found good', peers({ found_good: { atLeast: 60, within: 'P7D' } }), peers({ found_good: { atLeast: 50, within: 'P7D' } }), true],
  ['one of several', signals({ labels: { any: ['a', 'b'] } }), signals({ labels: { any: ['a', 'b', 'c'] } }), true],
  ['one of others', signals({ labels: { any: ['a', 'd'] } }), signals({ labels: { any: ['a', 'b'] } }), false],
  ['all, so one', signals({ labels: { all: ['a', 'b'] } }), signals({ labels: { any: ['b', 'c'] } }), true],
  ['the only one, so all', signals({ labels: { any: ['a'] } }), signals({ labels: { all: ['a'] } }), true],
  ['one, but not all', signals({ labels: { any: ['a', 'b'] } }), signals({ labels: { all: ['a'] } }), false],
  ['fewer of none', signals({ labels: { none: ['a', 'b'] } }), signals({ labels: { none: ['a'] } }), true],
  ['more of none', signals({ labels: { none: ['a'] } }), signals({ labels: { none: ['a', 'b'] } }), false],
  ['nothing said of it', {}, signals({ labels: { none: ['a'] } }), false],
  ['another incident', { incidents: { open: ['flood'] } }, { incidents: { open: ['storm'] } }, false],
  ['one of the incidents', { incidents: { open: ['flood'] } }, { incidents: { open: ['storm', 'flood'] } }, true],
  ['another incident closed', { incidents: { closed: ['flood'] } }, { incidents: { closed: ['storm'] } }, false],
  ['one open, so not closed', { incidents: { open: ['flood'] } }, { incidents: { closed: ['flood'] } }, false],
  ['a shorter window', { during: { from: '2026-12-02T00:00:00Z', until: '2026-12-03T00:00:00Z' } }, { during: { from: '2026-12-01T00:00:00Z', until: '2026-12-03T00:00:00Z' } }, true],
  ['one that ends later', { during: { until: '2026-12-03T00:00:00.001Z' } }, { during: { until: '2026-12-03T00:00:00Z' } }, false],
  ['counts by what they are of', counts(signals({ harm: { in: ['fraud.phishing'] } })), counts(signals({ harm: { in: ['fraud'] } })), true],
  ['counts of something else', counts(signals({ harm: { in: ['csea'] } })), counts(signals({ harm: { in: ['fraud'] } })), false],
  ['what the other does not cover', reports({}), { covers: ['signals'] }, false],
  ['what it does not cover itself', { covers: ['signals'] }, reports({}), false, 'reports'],
];

t.test('shares: a rule matches wherever another does', async (t) => {
  compare(t, share, [
    ...either,
    ['what may be unknown', {}, signals({ intent: { in: intents } }), false],
    ['what is known, since it is asked for', signals({ intent: { in: [intents[0]!] } }), signals({ intent: { in: [intents[0]!, intents[1]!] } }), true],
    ['of several values every one', reports({ regions: { in: ['NL', 'FR'], notIn: ['FR'] } }), reports({ regions: { in: ['NL'] } }), true],
    ['a set without what it may not have', signals({ labels: { any: ['a', 'b'], none: ['b'] } }), signals({ labels: { all: ['a'] } }), true],
    ['an exercise, and what is real', signals({ exercise: { in: ['drill'] } }), {}, false],
    ['an exercise of reports', reports({ exercise: { in: ['drill'] } }), reports({}), false],
    ['an exercise counted', counts(signals({ exercise: { in: ['drill'] } })), counts({}), false],
    ['an exercise among others', signals({ exercise: { in: ['drill'] } }), signals({ exercise: { in: ['drill', 'game'] } }), true],
    ['counts for nobody', counts({}), counts(peers({ kind: { in: ['ngo'] } })), false],
  ]);
});

t.test('withholds: a rule matches wherever another does, and what is not known meets both', async (t) => {
  compare(t, withhold, [
    ...either,
    ['what may be unknown', {}, signals({ intent: { in: intents } }), true],
    ['of several values each condition another', reports({ regions: { in: ['NL', 'FR'], notIn: ['FR'] } }), reports({ regions: { in: ['NL'] } }), false],
    ['a signal has one harm', signals({ harm: { in: ['fraud', 'csea'], notIn: ['csea'] } }), signals({ harm: { in: ['fraud'] } }), true],
    ['one has to be among some', reports({ regions: { in: ['NL'] } }), reports({ regions: { in: ['NL', 'FR'] } }), true],
    ['so it is none of others', reports({ regions: { in: ['NL'] } }), reports({ regions: { notIn: ['FR'] } }), true],
    ['both conditions', reports({ regions: { notIn: ['FR'] } }), reports({ regions: { in: ['NL'], notIn: ['FR'] } }), false],
    ['one of both', reports({ regions: { in: ['FR'], notIn: ['NL'] } }), reports({ regions: { in: ['FR'] } }), true],
    ['every harm there is', reports({}), reports({ harm: { in: tops } }), true],
    ['a set with what it may not have', signals({ labels: { any: ['a', 'b'], none: ['b'] } }), signals({ labels: { all: ['a'] } }), false],
    ['an exercise too', signals({ exercise: { in: ['drill'] } }), {}, true],
    ['counts, whoever the peer is', counts({}), counts(peers({ kind: { in: ['ngo'] } })), true],
  ]);
  t.equal(implies(withhold('w'), share('s'), 'signals'), false, 'what meets a withhold may be unknown, and then meets no share');
  t.equal(implies(withhold('w'), share('s'), 'signals', 'share'), true, 'unless it is asked about what is known');
  t.equal(implies(share('s'), withhold('w', signals({ intent: { in: intents } })), 'signals'), true, 'what a share lets through meets a withhold of everything');
});

t.test('what nothing can fulfil', async (t) => {
  t.equal(contradiction(withhold('w', counts(peers({ kind: { in: ['ngo'] } }))), 'counts'), undefined, 'a withhold of counts goes for all');
  t.equal(contradiction(withhold('w', { incidents: { open: ['flood'], closed: ['flood'] } }), 'signals'), undefined, 'an incident that is not there meets a withhold');
  t.equal(contradiction(withhold('w', reports({ regions: { in: ['NL'], notIn: ['NL'] } })), 'reports'), undefined, 'of several values each condition another');
});

t.test('shares that can never match the same', async (t) => {
  const examples: [string, Conditions, Conditions, boolean, Covered?][] = [
    ['high and low', signals({ severity: { atLeast: 'high' } }), signals({ severity: { atMost: 'low' } }), true],
    ['high and medium upwards', signals({ severity: { atLeast: 'high' } }), signals({ severity: { atLeast: 'medium' } }), false],
    ['one and all others', peers({ id: { in: ['a'] } }), peers({ id: { notIn: ['a'] } }), true],
    ['one and all others than another', peers({ id: { in: ['a'] } }), peers({ id: { notIn: ['b'] } }), false],
    ['all others and all others', peers({ id: { notIn: ['a'] } }), peers({ id: { notIn: ['b'] } }), false],
    ['with and without a label', signals({ labels: { any: ['a'] } }), signals({ labels: { none: ['a'] } }), true],
    ['with one of two, and without one', signals({ labels: { any: ['a', 'b'] } }), signals({ labels: { none: ['a'] } }), false],
    ['with both, and without one', signals({ labels: { all: ['a', 'b'] } }), signals({ labels: { none: ['b'] } }), true],
    ['with one, and without another', signals({ labels: { all: ['a'] } }), signals({ labels: { none: ['b'] } }), false],
    ['an exercise and what is real', signals({ exercise: { in: ['drill'] } }), {}, true],
    ['an exercise of reports and what is real', reports({ exercise: { in: ['drill'] } }), reports({}), true, 'reports'],
    ['nothing in common', signals({ severity: { atLeast: 'high' } }), peers({ kind: { in: ['ngo'] } }), false],
  ];
  for (const [what, one, other, disjoint, covered = 'signals'] of examples) {
    t.equal(areDisjoint(share('one', one), share('other', other), covered), disjoint, what);
    t.equal(areDisjoint(share('other', other), share('one', one), covered), disjoint, `${what}, the other way round`);
  }
});
