import t, { type Test } from 'tap';
import type { Explanation } from '../../schemas/types.ts';
import { validatorOf } from '../../server/http/validation.ts';
import { explain } from '../../server/policy/explain.ts';
import { formatInstant } from '../../server/policy/time.ts';
import { activation, DAY, EVERYTHING, HOUR, member, NOON, OPEN, policy, request, share, withhold, type Scene } from './build.ts';

const errors = validatorOf('Explanation');
const noon = (hours: number): string => formatInstant(NOON + hours * HOUR);

/** Every explanation of these tests is valid by its schema. */
function explained(t: Test, scene: Scene): Explanation {
  const explanation = explain(request(scene), { accepted: NOON, ...scene.lifetime });
  t.equal(errors(explanation), undefined);
  return explanation;
}

const layers = ({ layers }: Explanation): string[] => layers.map(({ layer, effect }) => `${layer} ${effect}s`);

t.test('a share: the layers, their rules and terms, and what they come to', async (t) => {
  const charter = policy(share('outer', { terms: { after: 'PT90S', for: 'P2D', reveal: ['digest', 'harm'], origin: 'pseudonymous', handling: { tlp: 'GREEN' } } }));
  const own = policy(share('inner', { terms: { after: 'P1D', reveal: ['harm', 'note'], origin: 'named' } }));
  const feed = { id: 'f', filter: { type: { in: ['url' as const] } } };
  const found = explained(t, { charter: [activation(charter, 0, 7)], policy: [activation(own, 0, 3)], feed, at: NOON + 30 * HOUR });
  t.equal(found.effect, 'share');
  t.equal(found.visible, true);
  t.equal(found.at, noon(30));
  t.equal(found.release, noon(24));
  t.equal(found.end, formatInstant(NOON + 2 * DAY + 90_000));
  t.same(found.reveal, ['harm']);
  t.equal(found.origin, 'pseudonymous');
  t.equal(found.handling?.tlp, 'GREEN');
  t.same(layers(found), ['charter shares', 'policy shares', 'object shares', 'feed shares']);
  t.match(found.layers[0], { policy: 'test/policy', version: 7, rule: 'outer', reason: 'rule outer shares', terms: { after: 'PT90S', for: 'PT48H', reveal: ['digest', 'harm'], origin: 'pseudonymous', handling: { tlp: 'GREEN' } } });
  t.match(found.layers[1], { version: 3, rule: 'inner', terms: { after: 'PT24H', reveal: ['harm', 'note'], origin: 'named' } });
  t.notOk(found.layers[1]?.terms?.handling, 'a layer that says nothing of handling has none');
  t.same(found.because, ['Shared by the charter layer (test/policy version 7, rule outer) and by the policy layer (test/policy version 3, rule inner).', `It ends at ${found.end}.`]);
});

t.test('sentences for each stage of a share', async (t) => {
  const scene: Scene = { policy: policy(share('tested', { terms: { ...EVERYTHING, after: 'PT1H', for: 'PT1H' } })) };
  const last = (at: number): unknown => {
    const { effect, visible, because } = explained(t, { ...scene, at });
    return [effect, visible, because.at(-1)];
  };
  t.same(last(NOON), ['share', false, `It is released at ${noon(1)}.`]);
  t.same(last(NOON + HOUR), ['share', true, `It ends at ${noon(2)}.`]);
  t.same(last(NOON + 2 * HOUR), ['share', false, `It ended at ${noon(2)}.`]);
  t.same(explained(t, {}).because.at(-1), 'It has no end.');
});

t.test('sentences for each way of withholding', async (t) => {
  const because = (scene: Scene): string[] => {
    const found = explained(t, scene);
    t.equal(found.effect, 'withhold');
    t.equal(found.visible, false);
    t.notOk(found.release ?? found.end ?? found.reveal ?? found.origin ?? found.handling, 'nothing of the terms');
    return found.because;
  };
  t.same(because({ policy: policy(share('all'), withhold('never')) }), ['Withheld by the policy layer (test/policy version 1, rule never): rule never withholds.']);
  t.same(because({ policy: policy() }), ['Withheld by the policy layer (test/policy version 1): no rule shares.']);
  t.same(because({ charter: null, policy: null }), ['Withheld by the charter layer: the hub has no charter in force.', 'Withheld by the policy layer: the origin has no policy in force.'], 'every layer that withholds');
  t.same(because({ viewer: { status: 'suspended' } }), ['Withheld by the built-in layer: the viewer or the origin is not an active member.']);
  t.same(because({ origin: { status: 'suspended' } }), ['Withheld by the built-in layer: the origin is suspended.']);
  t.same(because({ viewer: { kind: 'government' } }), ['Withheld by the built-in layer: governments and law enforcement have no access to what members share.']);
  t.same(because({ object: { audience: { members: ['other'] } } }), ['Withheld by the object layer: the peer is not in the signal’s audience.']);
  t.same(because({ feed: { id: 'f', filter: { type: { in: ['media'] } } } }), ['Withheld by the feed layer: the feed’s filter does not select it.']);
  t.same(because({ feed: { id: 'f', peers: { kind: { in: ['ngo'] } } } }), ['Withheld by the feed layer: the feed is not offered to the peer.']);
  t.same(because({ feed: { id: 'f' }, as: 'origin' }), ['Withheld by the feed layer: a feed never carries the viewer’s own signals.']);
  t.same(because({ signal: { tlp: 'RED' } }), ['Withheld by the tlp layer: TLP RED needs the peer named.']);
  t.same(because({ signal: { tlp: 'AMBER' } }), ['Withheld by the tlp layer: TLP AMBER needs the peer named, or a group that the rule names and both are in.']);
  t.same(because({ feed: { id: 'f', terms: { reveal: ['digest'] } }, policy: policy(share('s', { terms: { reveal: ['harm'] } })) }), ['Withheld by the meet layer: no field is revealed by every layer.']);
  t.same(because({ lifetime: { until: NOON } }), ['Withheld: it would end before it is released.']);
});

t.test('each rule says which of its conditions failed and which are on something unknown', async (t) => {
  const rules = policy(
    withhold('minors', { signals: { intent: { in: ['malicious'] }, type: { in: ['account'] } } }),
    share('partners', { signals: { harm: { in: ['fraud'] }, novelty: { in: ['new'] }, origin: { kind: { in: ['ngo'] } } }, peers: { groups: { any: ['deleted'] }, trust: { atLeast: 'trusted' }, jurisdictions: { none: ['NL'] } } }),
    share('late', { during: { from: noon(1), until: noon(2) } }),
    share('all'),
  );
  const found = explained(t, { policy: rules });
  t.same(found.layers[1]?.rules, [
    { rule: 'minors', effect: 'withhold', matched: false, failed: ['signals.type.in'], unknown: ['signals.intent.in'] },
    { rule: 'partners', effect: 'share', matched: false, failed: ['signals.origin.kind.in', 'peers.trust.atLeast'], unknown: ['signals.novelty.in', 'peers.groups.any', 'peers.jurisdictions.none'] },
    { rule: 'late', effect: 'share', matched: false, failed: ['during.from'], unknown: [] },
    { rule: 'all', effect: 'share', matched: true, failed: [], unknown: [] },
  ]);
  t.equal(found.layers[1]?.rule, 'all');
  t.same(found.layers[0]?.rules, [{ rule: 'everything', effect: 'share', matched: true, failed: [], unknown: [] }]);
});

t.test('one’s own signals need no rule', async (t) => {
  const found = explained(t, { as: 'origin', policy: null, charter: null });
  t.same(layers(found), ['own shares']);
  t.equal(found.visible, true);
  t.same(found.because, ['Shared: the origin always sees its own signals.', 'It has no end.']);
});

t.test('changes_at: the next instant at which the rules that decide here change', async (t) => {
  const changes = (scene: Scene): string | undefined => explained(t, scene).changes_at;
  t.equal(changes({}), undefined, 'nothing is going to change');
  t.equal(changes({ policy: [activation(OPEN, 0, 1), activation(OPEN, NOON + HOUR, 2), activation(OPEN, NOON + 2 * HOUR, 3)] }), noon(1), 'a version takes effect');
  t.equal(changes({ charter: [activation(OPEN, 0, 1), activation(null, NOON + HOUR, 2)] }), noon(1), 'the charter is withdrawn');
  const window = { during: { from: noon(1), until: noon(2) } };
  t.equal(changes({ policy: policy(share('w', window)) }), noon(1), 'a window opens');
  t.equal(changes({ policy: policy(share('w', window)), at: NOON + HOUR }), noon(2), 'a window closes');
  t.equal(changes({ policy: policy(share('w', window)), at: NOON + 2 * HOUR }), undefined, 'a window is over');
  const code = policy(share('c', { peers: { agreements: { all: ['code'] } } }));
  t.equal(changes({ policy: code, viewer: { agreements: [{ id: 'code', from: NOON + HOUR }] } }), noon(1), 'an agreement begins');
  t.equal(changes({ policy: code, viewer: { agreements: [{ id: 'code', from: 0, until: NOON + HOUR }] } }), noon(1), 'an agreement ends');
  t.equal(changes({ viewer: { agreements: [{ id: 'code', from: 0, until: NOON + HOUR }] } }), undefined, 'an agreement that no rule asks for');
  t.equal(changes({ policy: [activation(policy(share('w', window)), 0, 1), activation(OPEN, 1, 2)] }), undefined, 'the window of a version that is no longer in force');
});

t.test('changes_at tells nothing of what concerns others', async (t) => {
  const scene: Scene = { others: [member('third', { agreements: [{ id: 'code', from: NOON + HOUR }] })] };
  const asked = request(scene);
  const world = { ...asked.world, activations: new Map([...asked.world.activations, ['third', [activation(OPEN, NOON + HOUR)]]] as const) };
  t.equal(explain({ ...asked, world }, { accepted: NOON }).changes_at, undefined);
});

t.test('what would have to be otherwise for it to be shared', async (t) => {
  const wanted = (scene: Scene): string[] => explained(t, scene).what_would_change.map(({ layer, sentence }) => `${layer}: ${sentence}`);
  t.same(wanted({}), [], 'it is shared');
  t.same(wanted({ policy: policy(
    share('partners', { signals: { harm: { in: ['csea', 'self-harm'] }, severity: { atLeast: 'high' }, intent: { notIn: ['malicious'] }, labels: { all: ['checked'] } }, peers: { groups: { any: ['circle'] }, contributed: { atLeast: 20, within: 'P30D' }, quality: { stale: { atLeast: 1, atMost: 5 } }, kind: { in: ['ngo'] } } }),
    share('later', { during: { from: noon(1) }, incidents: { open: ['flood'] } }),
    share('reports', { reports: { tlp: { atMost: 'GREEN' } } }),
    share('drill', { signals: { exercise: { in: ['drill'] } } }),
  ) }), [
    'policy: Rule partners would share if all of this were so: signals harm one of csea, self-harm (it is fraud.phishing); signals severity at least high (it is medium); signals intent none of malicious (it is unset or unknown); signals labels all of checked; peers groups at least one of circle (it is unset or unknown); peers quality within at least 1 and at most 5 (it is unset or unknown); peers kind one of ngo; peers contributed at least 20 within P30D (it is unset or unknown).',
    `policy: Rule later would share if all of this were so: during the time: ${noon(1)} or later; incidents at least one open of flood (it is unset or unknown).`,
    'policy: Rule reports would share if all of this were so: covers signals.',
    'policy: Rule drill would share if all of this were so: signals exercise one of drill.',
  ]);
  t.same(wanted({ signal: { exercise: 'drill' } }), ['charter: Rule everything would share if all of this were so: signals exercise none (it is drill).', 'policy: Rule everything would share if all of this were so: signals exercise none (it is drill).']);
  t.same(wanted({ policy: policy(share('s'), withhold('never', { signals: { harm: { in: ['fraud'], notIn: ['csea'] }, confidence: { atLeast: 50, atMost: 90 }, labels: { none: ['x'] } }, peers: { jurisdictions: { any: ['NL'] }, agreements: { none: ['code'] } }, during: { from: noon(0), until: noon(9) } })) }), [
    `policy: Rule never would not withhold if any of this were so: signals harm none of fraud (it is fraud.phishing); signals harm one of csea (it is fraud.phishing); signals confidence below 50 (it is 50); signals confidence above 90 (it is 50); signals labels at least one of x; peers jurisdictions none of NL (it is unset or unknown); peers agreements at least one of code; during the time: before ${noon(0)}; during the time: ${noon(9)} or later.`,
  ]);
  t.same(wanted({ policy: policy(withhold('all')) }), ['policy: Rule all withholds whatever there is: it would have to go.']);
  t.same(wanted({ policy: policy(withhold('other', { signals: { labels: { any: ['l', 'm'] } } })), signal: { labels: ['m', 'n'] } }), ['policy: Rule other would not withhold if any of this were so: signals labels none of l, m (it is m, n).']);
  t.same(wanted({ policy: policy() }), ['policy: It would need a rule that shares.']);
  t.same(wanted({ policy: null, charter: null }), ['charter: A policy would have to come into force: the hub has no charter in force.', 'policy: A policy would have to come into force: the origin has no policy in force.']);
  t.same(wanted({ viewer: { kind: 'government' } }), ['built-in: No policy changes this: governments and law enforcement have no access to what members share.']);
  t.same(wanted({ object: { audience: { members: ['third'] } } }), ['object: The audience would have to include the peer: the peer is not in the signal’s audience.']);
  t.same(wanted({ feed: { id: 'f', filter: { harm: { in: ['csea'] } } } }), ['feed: The feed, or its filter, would have to be another: the feed’s filter does not select it.']);
  t.same(wanted({ signal: { tlp: 'RED' } }), ['tlp: The TLP would have to be lower, or the rule of the origin’s policy name the peer or a group of both: TLP RED needs the peer named.']);
  t.same(wanted({ policy: policy(share('s', { terms: { reveal: ['harm'] } })), charter: policy(share('c', { terms: { reveal: ['digest'] } })) }), ['meet: The terms of one layer would have to be wider: no field is revealed by every layer.']);
  const { what_would_change: changes } = explained(t, { part: { harms: [], regions: ['NL', 'FR'] }, policy: policy(share('r', { reports: { harm: { in: ['csea'] }, regions: { in: ['NL'] }, origin: { trust: { atLeast: 'trusted' } } } })) });
  t.same(changes[1], { layer: 'policy', rule: 'r', sentence: changes[1]?.sentence, conditions: [
    { condition: 'reports.harm.in', needs: 'one of csea', is: 'unset or unknown' },
    { condition: 'reports.regions.in', needs: 'one of NL', is: 'NL, FR' },
    { condition: 'reports.origin.trust.atLeast', needs: 'at least trusted' },
  ] }, 'of a part; and nothing is said of what members are');
});

t.test('the rules that decide, and what is said of the next change', async (t) => {
  const shared = explained(t, {});
  t.same(shared.decisive_rules, [{ layer: 'policy', policy: 'test/policy', rule: 'everything' }]);
  t.equal(shared.decisive_in_words, 'Without rule everything of the policy (test/policy) it would be withheld; no fewer rules make that difference.');
  t.equal(shared.because_then, undefined);
  const kept = explained(t, { policy: policy(share('s'), withhold('v', { during: { until: noon(1) } }), withhold('w')) });
  t.equal(kept.decisive_in_words, 'Without rule v of the policy (test/policy) and rule w of the policy (test/policy) it would be shared; no fewer rules make that difference.');
  t.equal(kept.changes_at, noon(1));
  t.same(kept.because_then, ['Withheld by the policy layer (test/policy version 1, rule w): rule w withholds.']);
  t.equal(explained(t, { viewer: { kind: 'government' } }).decisive_rules, undefined);
});
