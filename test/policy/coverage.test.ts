import t from 'tap';
import type { Covered, Rule } from '../../schemas/types.ts';
import { compile } from '../../server/policy/compile.ts';
import { countable } from '../../server/policy/counting.ts';
import { coverageOf } from '../../server/policy/coverage.ts';
import { FIELDS } from '../../server/policy/fields.ts';
import type { PolicyObject } from '../../server/policy/object.ts';
import { activation, ask, EVERYTHING, HOUR, NOON, outcome, policy, request, share, withhold, type Scene } from './build.ts';

const ALL: Covered[] = ['signals', 'reports', 'messages'];
const open = policy(share('all', { covers: ALL }));
const onPart = (rule: Partial<Rule>, part: Scene['part'] = {}): string => outcome({ charter: open, policy: policy(share('tested', rule)), part });
const onMessage = (rule: Partial<Rule>, message: Scene['message'] = {}): string => outcome({ charter: open, policy: policy(share('tested', rule)), message });

t.test('a rule covers what it says, else the kinds that it asks about, else what it always covered', async (t) => {
  const conditions = { signals: { tlp: { atMost: 'GREEN' } }, reports: { tlp: { atMost: 'GREEN' } }, messages: { tlp: { atMost: 'GREEN' } } } as const;
  t.same(coverageOf(share('s')), ['signals']);
  t.same(coverageOf(withhold('w')), ALL);
  for (const topic of ['signals', 'reports', 'messages'] as const) {
    t.same(coverageOf(share('s', { [topic]: conditions[topic] })), [topic]);
    t.same(coverageOf(withhold('w', { [topic]: conditions[topic] })), [topic]);
    t.same(coverageOf(share('s', { covers: [topic] })), [topic]);
  }
  t.same(coverageOf(share('s', { reports: conditions.reports, messages: conditions.messages })), ['reports', 'messages']);
  t.same(coverageOf(share('s', { covers: ['signals', 'counts'], signals: conditions.signals })), ['signals', 'counts']);
});

t.test('a rule never matches what it does not cover', async (t) => {
  const objects: Record<string, Scene> = { signals: {}, reports: { part: {} }, messages: { message: {} } };
  for (const [topic, scene] of Object.entries(objects)) {
    for (const covered of ALL) {
      const expected = covered === topic;
      t.equal(outcome({ charter: open, policy: policy(share('tested', { covers: [covered] })), ...scene }), expected ? 'visible' : 'policy', `a share of ${covered}, of ${topic}`);
      t.equal(outcome({ charter: open, policy: policy(withhold('tested', { covers: [covered] }), share('all', { covers: ALL })), ...scene }), expected ? 'policy' : 'visible', `a withhold of ${covered}, of ${topic}`);
    }
    t.equal(outcome({ charter: open, policy: policy(share('old')), ...scene }), topic === 'signals' ? 'visible' : 'policy', `a share from before: ${topic}`);
    t.equal(outcome({ charter: open, policy: policy(withhold('old', { peers: { kind: { in: ['platform'] } } }), share('all', { covers: ALL })), ...scene }), 'policy', `a withhold from before: ${topic}`);
  }
  t.same(ask({ charter: open, policy: policy(share('tested')), part: {} }).findings[1]?.traces?.[0]?.outcomes, [{ condition: 'covers', truth: false }]);
});

t.test('conditions on parts of reports', async (t) => {
  for (const [conditions, part, result] of [
    [{ part: { in: ['section'] } }, {}, 'visible'],
    [{ part: { in: ['title', 'summary'] } }, {}, 'policy'],
    [{ part: { notIn: ['judgement'] } }, {}, 'visible'],
    [{ harm: { in: ['fraud'] } }, {}, 'visible'],
    [{ harm: { in: ['fraud', 'csea'] } }, { harms: ['fraud.phishing', 'csea'] }, 'visible'],
    [{ harm: { in: ['fraud'] } }, { harms: ['fraud.phishing', 'csea'] }, 'policy'],
    [{ harm: { notIn: ['csea'] } }, { harms: ['fraud', 'csea.grooming'] }, 'policy'],
    [{ harm: { in: ['fraud'] } }, { harms: [] }, 'policy'],
    [{ harm: { in: ['fraud'] } }, { harms: ['fraud', 'fraud.of-tomorrow'] }, 'policy'],
    [{ regions: { in: ['NL', 'BE'] } }, { regions: ['BE', 'NL'] }, 'visible'],
    [{ regions: { in: ['NL'] } }, { regions: ['BE', 'NL'] }, 'policy'],
    [{ regions: { notIn: ['150'] } }, { regions: ['NL'] }, 'visible'],
    [{ regions: { notIn: ['150'] } }, { regions: [] }, 'policy'],
    [{ tactics: { in: ['T0049'] } }, {}, 'visible'],
    [{ tactics: { in: ['T0049'] } }, { tactics: ['T0049', 'T1566'] }, 'policy'],
    [{ confidence: { atLeast: 50, atMost: 50 } }, {}, 'visible'],
    [{ confidence: { atLeast: 55 } }, {}, 'policy'],
    [{ tlp: { atMost: 'GREEN' } }, { tlp: 'GREEN' }, 'visible'],
    [{ tlp: { atMost: 'CLEAR' } }, { tlp: 'GREEN' }, 'policy'],
    [{ labels: { all: ['a'], none: ['b'] } }, { labels: ['a'] }, 'visible'],
    [{ labels: { any: ['b'] } }, { labels: ['a'] }, 'policy'],
    [{ origin: { kind: { in: ['platform'] } } }, {}, 'visible'],
    [{ origin: { kind: { in: ['ngo'] } } }, {}, 'policy'],
  ] as const) t.equal(onPart({ reports: conditions as unknown as NonNullable<Rule['reports']> }, part), result, JSON.stringify([conditions, part]));
  const { confidence: _unset, ...unsure } = request({ part: {} }).object.attributes as { confidence?: number };
  const asked = request({ charter: open, policy: policy(share('tested', { reports: { confidence: { atLeast: 0 } } })), part: {} });
  t.equal(compile(asked.world, NOON).viewer('viewer').grant({ ...asked.object, attributes: unsure } as PolicyObject), undefined, 'a confidence that is not stated is unknown');
});

t.test('of several values a withhold covers any, and what is unset meets it', async (t) => {
  const withheld = (reports: NonNullable<Rule['reports']>, part: Scene['part']): boolean => outcome({ charter: open, policy: policy(withhold('tested', { reports }), share('all', { covers: ALL })), part }) === 'policy';
  t.equal(withheld({ harm: { in: ['csea'] } }, { harms: ['fraud', 'csea.grooming'] }), true);
  t.equal(withheld({ harm: { in: ['csea'] } }, { harms: ['fraud'] }), false);
  t.equal(withheld({ harm: { in: ['csea'] } }, { harms: [] }), true);
  t.equal(withheld({ harm: { in: ['csea'] } }, { harms: ['fraud', 'fraud.of-tomorrow'] }), true, 'one that is not in the tree');
  t.equal(withheld({ regions: { in: ['NL'] } }, { regions: ['FR', 'NL'] }), true);
  t.equal(withheld({ regions: { in: ['NL'] } }, { regions: ['FR'] }), false);
  t.equal(withheld({ regions: { notIn: ['NL'] } }, { regions: ['FR', 'NL'] }), true);
  t.equal(withheld({ tactics: { in: ['T0049'] } }, { tactics: [] }), true);
});

t.test('conditions on messages', async (t) => {
  for (const [conditions, message, result] of [
    [{ message: { in: ['request', 'answer'] } }, {}, 'visible'],
    [{ message: { in: ['answer'] } }, {}, 'policy'],
    [{ message: { notIn: ['comment'] } }, { message: 'comment' }, 'policy'],
    [{ harm: { in: ['fraud'] }, regions: { in: ['NL'] }, tlp: { atMost: 'GREEN' }, labels: { none: ['sealed'] }, origin: { trust: { atLeast: 'verified' } } }, {}, 'visible'],
    [{ harm: { in: ['csea'] } }, {}, 'policy'],
    [{ regions: { in: ['FR'] } }, {}, 'policy'],
    [{ labels: { none: ['sealed'] } }, { labels: ['sealed'] }, 'policy'],
  ] as const) t.equal(onMessage({ messages: conditions as unknown as NonNullable<Rule['messages']> }, message), result, JSON.stringify([conditions, message]));
});

t.test('each kind reveals its own fields, and nothing of a text without its text', async (t) => {
  for (const [scene, kind] of [[{}, 'signal'], [{ part: {} }, 'part'], [{ message: {} }, 'message']] as const) {
    t.same(ask({ charter: open, policy: open, ...scene }).grant?.reveal, FIELDS[kind]);
    t.same(ask({ policy: null, as: 'origin', ...scene }).grant?.reveal, FIELDS[kind], 'one’s own');
  }
  const revealing = (reveal: typeof EVERYTHING.reveal): ReturnType<typeof policy> => policy(share('tested', { covers: ALL, terms: { ...EVERYTHING, reveal } }));
  const because = (reveal: typeof EVERYTHING.reveal, scene: Scene): string | undefined => ask({ charter: open, policy: revealing(reveal), ...scene }).findings.find((finding) => finding.effect === 'withhold')?.reason;
  t.same(ask({ charter: open, policy: revealing(['harm', 'text', 'digest', 'period']), part: {} }).grant?.reveal, ['text', 'harm', 'period'], 'in the order of the schema');
  t.equal(because(['harm', 'period'], { part: {} }), 'its text is not revealed by every layer');
  t.equal(because(['harm', 'period'], { message: {} }), 'its text is not revealed by every layer');
  t.equal(because(['severity'], { message: {} }), 'no field is revealed by every layer');
  t.equal(because(['text', 'links'], {}), 'no field is revealed by every layer', 'a signal has none of them');
});

t.test('TLP, audience, dates, excluded kinds, the built-in layer and feeds', async (t) => {
  for (const scene of [{ part: { tlp: 'RED' } }, { message: { tlp: 'RED' } }] as const) {
    t.equal(outcome({ charter: open, policy: open, ...scene }), 'tlp');
    t.equal(outcome({ charter: open, policy: open, object: { audience: { members: ['viewer'] } }, ...scene }), 'visible');
    t.equal(outcome({ charter: open, policy: open, object: { audience: { members: ['other'] } }, ...scene }), 'object');
    t.equal(outcome({ charter: open, policy: open, object: { audience: { members: ['viewer'] }, notBefore: NOON + HOUR }, ...scene }), 'hidden');
    t.equal(outcome({ charter: open, policy: open, viewer: { kind: 'law-enforcement' }, ...scene }), 'built-in');
    t.equal(outcome({ charter: open, policy: open, feed: { id: 'all' }, object: { audience: { members: ['viewer'] } }, ...scene }), 'feed', 'a feed is of signals');
  }
  const hubs = policy(withhold('no-hubs', { reports: { labels: { none: ['open'] } }, peers: { kind: { in: ['hub'] } } }), share('all', { covers: ALL }));
  t.ok(ask({ charter: open, policy: hubs, part: {} }).grant?.handling.excluded_kinds.includes('hub'));
  t.notOk(ask({ charter: open, policy: hubs, part: { labels: ['open'] } }).grant?.handling.excluded_kinds.includes('hub'));
  t.notOk(ask({ charter: open, policy: hubs }).grant?.handling.excluded_kinds.includes('hub'), 'the rule is about reports');
  t.match(ask({ charter: open, policy: open, part: {}, object: { audience: { members: [] } } }).findings[2]?.reason, 'the peer is not in the part of the report’s audience');
});

t.test('a signal counts where charter and policy both let it, for anyone', async (t) => {
  const { terms: _terms, ...counts } = share('counts', { covers: ['counts'] });
  const counted = (own: Rule[], scene: Scene = {}, charter: Rule[] = [counts]): boolean => {
    const { world, at, object } = request({ charter: policy(...charter), policy: policy(...own), ...scene });
    const found = countable(world, at, object);
    t.equal(compile(world, at).countable(object), found, 'compiled');
    return found;
  };
  t.equal(counted([counts]), true);
  t.equal(counted([]), false, 'the default is no');
  t.equal(counted([counts], {}, []), false, 'the charter must let it too');
  t.equal(counted([share('signals', { covers: ALL })]), false, 'to be shared is not to be counted');
  t.equal(counted([{ ...counts, signals: { harm: { in: ['fraud'] } } }]), true);
  t.equal(counted([{ ...counts, signals: { harm: { in: ['csea'] } } }]), false);
  t.equal(counted([{ ...counts, signals: { intent: { in: ['malicious'] } } }]), false, 'what is unset fails a share');
  t.equal(counted([counts, withhold('w', { covers: ['counts'], signals: { intent: { in: ['malicious'] } } })]), false, 'and meets a withhold');
  t.equal(counted([counts, withhold('w', { covers: ['counts'], signals: { tlp: { atLeast: 'RED' } } })]), true);
  t.equal(counted([counts, withhold('w')]), true, 'a withhold that does not name counts does not cover them');
  t.equal(counted([counts], {}, [counts, withhold('w', { covers: ['counts'], signals: { origin: { kind: { in: ['platform'] } } } })]), false);
  t.equal(counted([{ ...counts, during: { until: '2026-11-10T12:00:00Z' } }]), false, 'its window is over');
  t.equal(counted([{ ...counts, peers: { kind: { in: ['platform'] } } }]), false, 'what asks for a peer lets nobody count');
  t.equal(counted([counts, withhold('w', { covers: ['counts'], peers: { kind: { in: ['ngo'] } } })]), false, 'and keeps from everybody');
  t.equal(counted([counts], { origin: { status: 'suspended' } }), false);
  t.equal(counted([counts], { origin: { status: 'left' } }), true);
  t.equal(counted([counts], { object: { origin: 'nobody' } }), false);
  t.equal(counted([counts], { part: {} }), false, 'only signals count');
  const versions = request({ charter: policy(counts), policy: [activation(policy(counts), 0, 1), activation(null, NOON, 2)] });
  t.equal(countable(versions.world, NOON - 1, versions.object), true);
  t.equal(countable(versions.world, NOON, versions.object), false, 'a policy that was withdrawn');
});
