import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { definitions } from '../../schemas/index.ts';
import { projectFile } from '../../schemas/root.ts';
import type { Policy, Rule, Terms } from '../../schemas/types.ts';
import { ruleMatches, ruleOutcomes } from '../../server/policy/conditions.ts';
import { countable } from '../../server/policy/counting.ts';
import { TOPICS } from '../../server/policy/coverage.ts';
import { decide } from '../../server/policy/decide.ts';
import { lintPolicy, narrowings, type LintAgainst } from '../../server/policy/lint.ts';
import { liveRules } from '../../server/policy/live.ts';
import { meetTerms } from '../../server/policy/grant.ts';
import { layerTerms } from '../../server/policy/evaluate.ts';
import { areDisjoint, contradiction, implies } from '../../server/policy/regions.ts';
import type { Member, World } from '../../server/policy/world.ts';
import { anyRules, inquiries, portion, runs, seed, someTerms, type Inquiry } from './arbitraries.ts';
import { EVERYTHING, member, NOON, policy, request, share, WIDEST, withhold, world as worldOf } from './build.ts';

t.comment(`SEED=${seed}`);

/** A rule and another that asks for more, or for something else. */
const pairs = fc.tuple(anyRules, anyRules, fc.boolean(), fc.boolean()).map(([one, other, narrowed, sameEffect]): [Rule, Rule] => {
  if (!narrowed) return [one, other];
  const { effect, terms } = sameEffect ? other : one;
  const merged = { ...one, ...other, ...Object.fromEntries((['signals', 'reports', 'messages', 'peers'] as const).flatMap((name) => (one[name] ?? other[name] ? [[name, { ...other[name], ...one[name] }]] : []))) };
  const { terms: _terms, ...rest } = merged;
  return [{ ...rest, effect, ...(effect === 'share' ? { terms: terms ?? EVERYTHING } : {}) }, other];
});

function matches(rule: Rule, { request: { world, object, viewer, at } }: Inquiry): boolean {
  const [origin, peer] = [world.members.get(object.origin)!, world.members.get(viewer)!];
  return ruleMatches(rule, ruleOutcomes(rule, world, origin, object, peer, at));
}

t.test('what is said of rules holds in every world', async (t) => {
  const tally = { implied: 0, both: 0, impossible: 0, disjoint: 0 };
  fc.assert(
    fc.property(pairs, fc.array(inquiries, { minLength: 8, maxLength: 8 }), ([one, other], asked) => asked.every((inquiry) => {
      const topic = TOPICS[inquiry.request.object.kind];
      const [first, second] = [matches(one, inquiry), matches(other, inquiry)];
      const said = { implied: implies(one, other, topic), impossible: contradiction(one, topic) !== undefined, disjoint: one.effect === 'share' && other.effect === 'share' && areDisjoint(one, other, topic) };
      if (said.implied) tally.implied += 1;
      if (said.implied && first) tally.both += 1;
      if (said.impossible) tally.impossible += 1;
      if (said.disjoint) tally.disjoint += 1;
      return !(said.implied && first && !second) && !(said.impossible && first) && !(said.disjoint && first && second);
    })),
    runs(2000),
  );
  t.comment(JSON.stringify(tally));
  t.ok(tally.implied > 1000 * portion && tally.both > 100 * portion && tally.impossible > 50 * portion && tally.disjoint > 100 * portion, 'often enough');
});

t.test('a rule that is said never to decide never does, and without it everything is decided as before', async (t) => {
  let [dead, asked] = [0, 0];
  fc.assert(
    fc.property(inquiries, fc.array(pairs, { maxLength: 3 }), fc.nat(3), ({ request, lifetime }, more, place) => {
      const own = request.world.activations.get('origin')?.at(-1)?.policy?.rules ?? [];
      const rules = own.toSpliced(place, 0, ...more.flat()).map((rule, index) => ({ ...rule, id: `r${index}` }));
      const found = lintPolicy(policy(...rules)).filter(({ code }) => code === 'impossible' || code === 'shadowed').map(({ rule }) => rule);
      const [before, after] = [rules, rules.filter(({ id }) => !found.includes(id))].map((document) => withPolicy(request.world, policy(...document)));
      asked += 1;
      dead += new Set(found).size;
      const rule = decide({ ...request, world: before! }, lifetime).findings.find(({ layer }) => layer === 'policy')?.rule;
      return (rule === undefined || !found.includes(rule)) && decide({ ...request, world: after! }, lifetime).findings.find(({ layer }) => layer === 'policy')?.rule === rule
        && countable(before!, request.at, request.object) === countable(after!, request.at, request.object);
    }),
    runs(1500),
  );
  t.comment(`${dead} rules that never decide in ${asked} policies`);
  t.ok(dead > 1000 * portion);
});

function withPolicy(world: World, document: Policy): World {
  return { ...world, activations: new Map([...world.activations, ['origin', [{ version: 1, effective: -Infinity, policy: document }]]]) };
}

t.test('where terms are said to promise no more than others let them, the meet leaves them as they are', async (t) => {
  const { members } = worldOf({});
  const viewer = members.get('viewer')!;
  const known = { ...worldOf({}), groups: new Set(['a', 'b', 'gone']) };
  let [same, other] = [0, 0];
  fc.assert(
    fc.property(someTerms, someTerms, (terms: Terms, by: Terms) => {
      const [mine, theirs] = [terms, by].map((one) => layerTerms(one, {}, viewer));
      const [alone, met] = [[mine!], [mine!, theirs!]].map((layers) => meetTerms(layers, [], 'signal', known));
      // Which groups it means is told by the rule that says it.
      if (by.handling?.onward === 'group' && !by.handling.onward_groups) return true;
      if (narrowings(terms, by).length > 0) {
        other += 1;
        return true;
      }
      if (!alone || !met || 'refusal' in alone || 'refusal' in met) return alone !== undefined && 'refusal' in alone;
      same += 1;
      const spoken = Object.keys(terms.handling ?? {}) as (keyof typeof met.handling)[];
      return JSON.stringify([met.reveal, met.origin, spoken.map((field) => met.handling[field])]) === JSON.stringify([alone.reveal, alone.origin, spoken.map((field) => alone.handling[field])]);
    }),
    runs(4000),
  );
  t.ok(same > 100 * portion && other > 1000 * portion, `${same} as they are, ${other} narrowed`);
});

const found = (rules: Rule[], against: LintAgainst = {}): string[] => lintPolicy(policy(...rules), against).map(({ code, pointer }) => `${code} ${pointer}`);
const fraud = { harm: { in: ['fraud'] } };

t.test('rules that never decide: an example of each, and what is nearly one', async (t) => {
  const examples: [string, Rule, string | undefined][] = [
    ['a harm in and not in', share('s', { signals: { harm: { in: ['fraud.phishing'], notIn: ['fraud'] } } }), '/signals/harm'],
    ['a harm, without one below', share('s', { signals: { harm: { in: ['fraud'], notIn: ['fraud.phishing'] } } }), undefined],
    ['a withhold of harms, which one that nobody knows meets', withhold('s', { signals: { harm: { in: ['fraud'], notIn: ['fraud'] } } }), undefined],
    ['every type excluded', share('s', { signals: { status: { in: ['malicious'], notIn: ['malicious', 'unknown'] } } }), '/signals/status'],
    ['bounds that cross', share('s', { signals: { severity: { atLeast: 'high', atMost: 'low' } } }), '/signals/severity'],
    ['bounds that touch', share('s', { signals: { severity: { atLeast: 'high', atMost: 'high' } } }), undefined],
    ['bounds of a measure that cross', share('s', { peers: { quality: { stale: { atLeast: 20, atMost: 10 } } } }), '/peers/quality/stale'],
    ['the same, of a withhold, which the unknown meets', withhold('s', { peers: { quality: { stale: { atLeast: 20, atMost: 10 } } } }), undefined],
    ['confidence, which signals always have', withhold('s', { signals: { confidence: { atLeast: 80, atMost: 70 } } }), '/signals/confidence'],
    ['confidence, which parts need not have', withhold('s', { reports: { confidence: { atLeast: 80, atMost: 70 } } }), undefined],
    ['labels all and none', withhold('s', { signals: { labels: { all: ['a', 'b'], none: ['b'] } } }), '/signals/labels'],
    ['labels any and none', share('s', { signals: { labels: { any: ['a'], none: ['a', 'b'] } } }), '/signals/labels'],
    ['labels any, one of which is not in none', share('s', { signals: { labels: { any: ['a', 'c'], none: ['a', 'b'] } } }), undefined],
    ['groups all and none', share('s', { peers: { groups: { all: ['a'], none: ['a'] } } }), '/peers/groups'],
    ['groups that may not exist, of a withhold', withhold('s', { peers: { groups: { all: ['a'], none: ['a'] } } }), undefined],
    ['an empty window', withhold('s', { during: { from: '2026-12-02T00:00:00Z', until: '2026-12-01T00:00:00Z' } }), '/during'],
    ['a window of no length', share('s', { during: { from: '2026-12-01T00:00:00Z', until: '2026-12-01T00:00:00Z' } }), '/during'],
    ['a window of a millisecond', share('s', { during: { from: '2026-12-01T00:00:00Z', until: '2026-12-01T00:00:00.001Z' } }), undefined],
    ['an incident both open and closed', share('s', { incidents: { open: ['flood'], closed: ['flood'] } }), '/incidents'],
    ['one open, another closed', share('s', { incidents: { open: ['flood'], closed: ['storm'] } }), undefined],
    ['one of two open, the other closed', share('s', { incidents: { open: ['flood', 'storm'], closed: ['flood'] } }), undefined],
    ['counts for a peer', share('s', { covers: ['counts'], peers: { trust: { atLeast: 'verified' } } }), '/peers'],
    ['the origin', share('s', { signals: { origin: { kind: { in: ['ngo'], notIn: ['ngo'] } } } }), '/signals/origin/kind'],
    ['of signals impossible, of reports not', share('s', { covers: ['signals', 'reports'], signals: { severity: { atLeast: 'high', atMost: 'low' } } }), undefined],
  ];
  for (const [name, rule, place] of examples) t.same(found([rule]).filter((one) => one.startsWith('impossible')), place === undefined ? [] : [`impossible /rules/0${place}`], name);
  t.same(lintPolicy(policy(examples[0]![1])), [{ rule: 's', code: 'impossible', pointer: '/rules/0/signals/harm', sentence: 'Rule s: nothing can fulfil this condition, so the rule never decides.' }]);
});

t.test('shadowed rules: what always matches before them, and what only mostly does', async (t) => {
  const shadowed = (...rules: Rule[]): string[] => lintPolicy(policy(...rules)).filter(({ code }) => code === 'shadowed').map(({ rule }) => rule);
  const narrow = share('narrow', { signals: { harm: { in: ['fraud.phishing'] }, severity: { atLeast: 'high' } }, peers: { kind: { in: ['ngo'] }, groups: { any: ['a'] } } });
  const examples: [string, Rule, boolean][] = [
    ['a wider harm', share('wide', { signals: fraud }), true],
    ['another harm', share('wide', { signals: { harm: { in: ['csea'] } } }), false],
    ['a harm below', share('wide', { signals: { harm: { in: ['fraud.phishing', 'csea'] } } }), true],
    ['all but another harm', share('wide', { signals: { harm: { notIn: ['csea'] } } }), true],
    ['all but a harm above', share('wide', { signals: { harm: { notIn: ['fraud'] } } }), false],
    ['a lower bound', share('wide', { signals: { severity: { atLeast: 'medium' } } }), true],
    ['a higher bound', share('wide', { signals: { severity: { atLeast: 'critical' } } }), false],
    ['an upper bound', share('wide', { signals: { severity: { atMost: 'high' } } }), false],
    ['more kinds', share('wide', { peers: { kind: { in: ['ngo', 'platform'] } } }), true],
    ['kinds but another', share('wide', { peers: { kind: { notIn: ['platform'] } } }), true],
    ['more groups', share('wide', { peers: { groups: { any: ['a', 'b'] } } }), true],
    ['all of one group', share('wide', { peers: { groups: { all: ['a'] } } }), true],
    ['both groups', share('wide', { peers: { groups: { all: ['a', 'b'] } } }), false],
    ['not in a group', share('wide', { peers: { groups: { none: ['b'] } } }), false],
    ['a window', share('wide', { during: { from: '2026-12-01T00:00:00Z' } }), false],
    ['an incident', share('wide', { incidents: { open: ['flood'] } }), false],
    ['something that may be unset', share('wide', { signals: { intent: { in: ['malicious'] } } }), false],
    ['every value of what is always set', share('wide', { signals: { tlp: { atLeast: 'CLEAR' } } }), true],
    ['an exercise', share('wide', { signals: { exercise: { in: ['drill'] } } }), false],
    ['reports', share('wide', { reports: { harm: { in: ['fraud'] } } }), false],
    ['a withhold', withhold('wide', { signals: fraud }), true],
    ['a withhold of what may be unset', withhold('wide', { signals: { intent: { in: ['malicious'] } } }), false],
  ];
  for (const [name, wide, expected] of examples) t.same(shadowed(wide, narrow), expected ? ['narrow'] : [], name);
  t.same(shadowed(narrow, share('wide')), [], 'what comes after');
  t.same(shadowed(narrow, withhold('wide')), ['narrow'], 'but a withhold comes before wherever it stands');
  const drill = share('drill', { signals: { exercise: { in: ['drill'] } } });
  t.same(shadowed(share('all'), drill), [], 'what is real does not stand before an exercise');
  t.same(shadowed(share('drills', { signals: { exercise: { in: ['drill', 'game'] } } }), drill), ['drill']);
  t.same(shadowed(withhold('open', { incidents: { open: ['flood', 'storm'] } }), withhold('one', { incidents: { open: ['flood'] } })), ['one']);
  t.same(shadowed(withhold('some', { signals: { scheme: { in: ['url-v1'] } } }), withhold('of-several', { signals: { scheme: { in: ['url-v1', 'media-md5'], notIn: ['media-md5'] } } })), [], 'of several values each condition is met by another');
  t.same(shadowed(withhold('labels', { signals: { labels: { any: ['a'] } } }), share('labelled', { signals: { labels: { all: ['a', 'b'] } } })), ['labelled']);
  t.same(shadowed(share('within', { peers: { contributed: { atLeast: 10, within: 'P30D' } } }), share('more', { peers: { contributed: { atLeast: 20, within: 'P30D' } } })), ['more']);
  t.same(shadowed(share('within', { peers: { contributed: { atLeast: 10, within: 'P7D' } } }), share('more', { peers: { contributed: { atLeast: 20, within: 'P30D' } } })), [], 'another period was measured on its own');
  t.same(shadowed(share('one', { signals: fraud }), share('two', { reports: fraud, covers: ['signals', 'reports'] })), [], 'of one kind only');
  t.same(shadowed(withhold('signals', { covers: ['signals'] }), share('reports', { covers: ['reports'] }), share('both', { covers: ['signals', 'reports'] })), ['both'], 'of each kind by another');
  const [one] = lintPolicy(policy(withhold('never', { signals: fraud }), share('cheap', { signals: fraud, covers: ['signals'] })));
  t.equal(one?.sentence, 'Rule cheap: it never decides, since never withholds wherever it matches, and comes before.');
  const [by] = lintPolicy(policy(withhold('signals', { covers: ['signals'] }), share('reports', { covers: ['reports'] }), share('both', { covers: ['signals', 'reports'] }))).filter(({ code }) => code === 'shadowed');
  t.equal(by?.sentence, 'Rule both: it never decides, since signals withholds and reports shares wherever it matches, and comes before.');
});

t.test('shares that others keep shut', async (t) => {
  const opened = (...rules: Rule[]): string[] => lintPolicy(policy(...rules)).filter(({ code }) => code === 'opens-if-others-narrow').map(({ rule, sentence }) => `${rule}: ${sentence}`);
  const few = { ...EVERYTHING, reveal: ['digest' as const] };
  t.same(opened(withhold('never', { signals: fraud }), share('all')), ['all: Rule all: a further condition of never would let it share what that rule keeps back.']);
  t.match(opened(withhold('never'), share('some', { signals: fraud })), [/never/], 'a share that is shut altogether');
  t.match(opened(share('first', { signals: fraud, terms: few }), share('all')), [/^all: .*first/], 'a share that grants less');
  t.same(opened(share('first', { signals: fraud }), share('all')), [], 'one that grants the same');
  t.same(opened(withhold('never', { signals: fraud }), share('other', { signals: { harm: { in: ['csea'] }, severity: { atLeast: 'high' } } })), [], 'they do not meet');
  t.match(opened(withhold('never', { signals: fraud }), withhold('nor', { signals: { severity: { atLeast: 'high' } } }), share('all')), [/never, nor .*those rules/]);
  t.same(opened(withhold('never'), withhold('also', { signals: fraud })), [], 'a withhold shares nothing');
  t.same(opened(share('all'), share('later', { signals: fraud, terms: few })), [], 'what comes after keeps nothing back');
  t.same(opened(withhold('never', { covers: ['signals'] }), share('all', { covers: ['signals', 'reports'] })).length, 1, 'of some of what it covers');
  const nothing: Rule['signals'] = { status: { in: ['malicious'], notIn: ['malicious'] } };
  t.same(opened(withhold('void', { signals: nothing }), share('all')), [], 'what nothing can fulfil keeps nothing back');
  t.same(opened(withhold('never'), share('void', { signals: nothing })), [], 'nor does it share');
});

t.test('grants to whom the hub bars', async (t) => {
  t.same(found([share('s', { peers: { kind: { in: ['ngo', 'government'] } } })]), ['barred-kind /rules/0/peers/kind/in/1']);
  t.same(found([share('s', { peers: { kind: { in: ['law-enforcement', 'government'] } } })]), ['barred-kind /rules/0/peers/kind/in/0', 'barred-kind /rules/0/peers/kind/in/1']);
  t.same(found([share('s', { peers: { kind: { notIn: ['platform', 'ngo', 'hotline', 'researcher', 'hub'] } } })]), ['barred-kind /rules/0/peers/kind']);
  t.same(found([share('s', { peers: { kind: { notIn: ['platform', 'ngo', 'hotline', 'researcher'] } } })]), [], 'hubs are left');
  t.same(found([withhold('s', { peers: { kind: { in: ['government'] } } })]), [], 'a withhold grants nothing');
  t.equal(lintPolicy(policy(share('s', { peers: { kind: { in: ['government'] } } })))[0]?.sentence, 'Rule s: governments and law enforcement have no access to what members share, so this grants nothing.');
  const known = { groups: new Set(['a']), members: new Set(['police', 'harbor']), feeds: new Set<string>(), incidents: new Set<string>(), exercises: new Set<string>(), kindOf: (id: string) => (id === 'police' ? ('law-enforcement' as const) : ('platform' as const)) };
  t.same(found([share('s', { peers: { id: { in: ['harbor', 'police'] } } })], { known }), ['barred-kind /rules/0/peers/id/in/1']);
  t.same(found([share('s', { peers: { groups: { any: ['a', 'b'] } }, signals: { harm: { in: ['fraud', 'nothing'] } } })], { known }), ['unknown-name /rules/0/signals/harm/in/1', 'unknown-name /rules/0/peers/groups/any/1']);
  t.equal(lintPolicy(policy(share('s', { peers: { groups: { any: ['b'] } } })), { known })[0]?.sentence, 'Rule s: what it names is not a group of this hub.');
});

t.test('terms wider than the charter', async (t) => {
  const charter = policy(
    share('children', { signals: { harm: { in: ['csea'] } }, terms: { reveal: ['digest', 'harm'], origin: 'pseudonymous', after: 'PT1H', for: 'P1D', handling: { ...WIDEST, tlp: 'AMBER', onward: 'none' } } }),
    share('others', { signals: { harm: { notIn: ['csea'] } }, terms: { reveal: ['digest', 'harm', 'note'], origin: 'named', handling: WIDEST } }),
  );
  const wider = (rule: Rule): string[] => lintPolicy(policy(rule), { charter }).map(({ code, pointer, sentence }) => `${code} ${pointer} ${sentence.replace(/^Rule s: /, '')}`);
  const terms: Terms = { reveal: ['digest', 'note'], origin: 'named', handling: { tlp: 'GREEN', onward: 'group', pap: 'RED' } };
  t.same(wider(share('s', { signals: { harm: { in: ['csea.grooming'] } }, terms })), [
    'wider-than-charter /rules/0/terms/reveal/1 note is not revealed under whatever rule of the charter decides.',
    'wider-than-charter /rules/0/terms it is released after PT1H only under whatever rule of the charter decides.',
    'wider-than-charter /rules/0/terms it ends earlier under whatever rule of the charter decides.',
    'wider-than-charter /rules/0/terms/origin the origin is pseudonymous under whatever rule of the charter decides.',
    'wider-than-charter /rules/0/terms/handling/tlp tlp is stricter under whatever rule of the charter decides.',
    'wider-than-charter /rules/0/terms/handling/onward onward is stricter under whatever rule of the charter decides.',
  ]);
  t.same(wider(share('s', { signals: fraud, terms })), []);
  t.same(wider(share('s', { terms: { ...terms, after: 'PT2H', for: 'PT1H' } })), [
    'wider-than-charter /rules/0/terms/reveal/1 note is not revealed where the charter’s children decides.',
    'wider-than-charter /rules/0/terms/origin the origin is pseudonymous where the charter’s children decides.',
    'wider-than-charter /rules/0/terms/handling/tlp tlp is stricter where the charter’s children decides.',
    'wider-than-charter /rules/0/terms/handling/onward onward is stricter where the charter’s children decides.',
  ]);
  t.match(wider(share('s', { signals: { harm: { in: ['csea'] } }, terms: { reveal: ['digest'], after: 'PT1H', for: 'PT25H' } })), [/^wider-than-charter \/rules\/0\/terms\/for it ends earlier/]);
  t.match(wider(share('s', { signals: { harm: { in: ['csea'] } }, terms: { reveal: ['digest'], after: 'PT59M', for: 'PT1H' } })), [/^wider-than-charter \/rules\/0\/terms\/after it is released after PT1H only/]);
  t.same(wider(share('s', { reports: fraud })), ['outside-charter /rules/0 the charter shares nothing of what it matches.']);
  t.same(wider(share('s', { signals: { exercise: { in: ['drill'] } } })), ['outside-charter /rules/0 the charter shares nothing of what it matches.']);
  const outside = ['outside-charter /rules/0 the charter shares nothing of what it matches.'];
  t.same(wider(share('s', { covers: ['counts'] })), outside, 'it lets nothing be counted');
  const under = (document: Policy, rule: Rule): string[] => lintPolicy(policy(rule), { charter: document }).map(({ code }) => code);
  const counting: Rule = { id: 'counts', effect: 'share', covers: ['counts'] };
  t.same(under(policy(counting), share('s', { covers: ['counts'] })), [], 'and does');
  t.same(under(policy(counting), counting), [], 'there are no terms');
  t.same(under(policy(share('all')), counting), ['outside-charter']);
  t.same(under(policy(counting), share('s', { covers: ['counts', 'signals'] })), [], 'some of it is shared');
  t.same(under(policy(counting), share('s')), ['outside-charter']);
  t.same(under(policy(withhold('w', { signals: { harm: { in: ['fraud'] }, severity: { atLeast: 'high' } } })), share('s')), ['outside-charter'], 'a withhold shares nothing');
  const never: Rule['signals'] = { severity: { atLeast: 'high', atMost: 'low' } };
  t.same(under(policy(share('void', { signals: never })), share('s')), ['outside-charter'], 'nor does a share that nothing can fulfil');
  t.same(under(policy(share('signals')), share('s', { covers: ['signals', 'reports'], signals: never })), ['outside-charter'], 'what nothing can fulfil needs no charter');
  t.same(lintPolicy(policy(share('s', { terms: { ...EVERYTHING, after: 'PT1H' } })), { charter: policy(share('a', { signals: fraud, terms: { ...EVERYTHING, after: 'PT2H' } }), share('b', { signals: { harm: { in: ['csea'] } }, terms: { ...EVERYTHING, after: 'PT2H' } }), share('c')) }).map(({ sentence }) => sentence), ['Rule s: it is released after PT2H only where the charter’s a, b decide.']);
  const attributed = policy(share('all', { terms: { ...EVERYTHING, handling: { attribution: 'must' } } }));
  t.match(lintPolicy(policy(share('s', { terms: { ...EVERYTHING, handling: { attribution: 'must-not' } } })), { charter: attributed }), [{ pointer: '/rules/0/terms/handling/attribution', sentence: /nothing is shared/ }]);
  t.match(lintPolicy(policy(share('s', { signals: fraud })), { charter: policy(share('all'), withhold('no-fraud', { signals: fraud })) }), [{ code: 'outside-charter' }]);
});

t.test('rules that match nothing that is there', async (t) => {
  const rules = [share('used'), share('idle', { signals: fraud, peers: { groups: { any: ['a'] } } }), withhold('guard', { signals: { labels: { any: ['x'] } } })];
  t.same(lintPolicy(policy(rules[2]!, rules[1]!), { live: new Set(['guard']) }).map(({ code, rule }) => `${code} ${rule}`), ['matches-nothing-live idle']);
  t.same(found([rules[0]!], { live: new Set(['used']) }), []);
  t.equal(lintPolicy(policy(share('idle')), { live: new Set() })[0]?.sentence, 'Rule idle: nothing that is here now, or nobody who is, fulfils its conditions.');
  const known = { groups: new Set<string>(), members: new Set<string>(), feeds: new Set<string>(), incidents: new Set<string>(), exercises: new Set<string>(), kindOf: () => undefined };
  t.same(found([share('gone', { peers: { groups: { any: ['a'] } } })], { live: new Set(), known }), ['unknown-name /rules/0/peers/groups/any/0'], 'nothing is told of it where it names what is not known');
  t.same(found([share('void', { signals: { severity: { atLeast: 'high', atMost: 'low' } } })], { live: new Set(), charter: policy() }), ['impossible /rules/0/signals/severity'], 'nor where it never decides');
});

t.test('which rules something fulfils, and somebody', async (t) => {
  const here = worldOf({ origin: { groups: ['a'] }, viewer: { groups: ['a'] }, groups: ['a'], others: [member('third', { kind: 'ngo' })] });
  const objects = [request({ signal: { harm: 'fraud' } }).object, request({ part: { harms: ['csea'] } }).object, { ...request({ signal: { harm: 'csea' } }).object, origin: 'nobody' }];
  const rules = [
    share('signal', { signals: fraud, peers: { groups: { any: ['a'] } } }),
    share('other', { signals: { harm: { in: ['csea'] } } }),
    share('part', { reports: { harm: { in: ['csea'] } }, peers: { kind: { in: ['ngo'] } } }),
    share('nobody', { signals: fraud, peers: { kind: { in: ['hotline'] } } }),
    share('message', { covers: ['messages'] }),
    share('counts', { covers: ['counts'], signals: fraud }),
    share('no-counts', { covers: ['counts'], signals: { harm: { in: ['csea'] } } }),
    share('closed', { during: { until: '2000-01-01T00:00:00Z' }, incidents: { open: ['flood'] } }),
    withhold('any'),
  ];
  const live = (peers: Member[]): string[] => [...liveRules(policy(...rules), here, NOON, objects, peers)].sort();
  t.same(live([here.members.get('viewer')!, here.members.get('third')!]), ['any', 'closed', 'counts', 'part', 'signal']);
  t.same(live([here.members.get('viewer')!]), ['any', 'closed', 'counts', 'signal']);
  t.same(live([]), ['counts']);
});

t.test('the shipped policies have nothing wrong, and every condition of the language is understood', async (t) => {
  const folder = projectFile('sharing-policies');
  for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    const document = JSON.parse(readFileSync(`${folder}/${name}/policy.json`, 'utf8')) as Policy;
    t.same(lintPolicy(document).filter(({ code }) => code !== 'opens-if-others-narrow'), [], name);
  }
  for (const conditions of ['SignalConditions', 'ReportConditions', 'MessageConditions', 'PeerConditions']) {
    const topic = { SignalConditions: 'signals', ReportConditions: 'reports', MessageConditions: 'messages', PeerConditions: 'peers' }[conditions]!;
    for (const name of Object.keys(definitions[conditions]!['properties'] as object)) {
      const rule = share('s', { covers: ['signals', 'reports', 'messages'], [topic]: { [name]: {} } });
      t.ok(implies(rule, rule, 'signals'), `${topic} ${name}`);
    }
  }
});
