import t from 'tap';
import type { HandlingTerms, Rule, Terms, Tlp } from '../../schemas/types.ts';
import { BARRED_KINDS, offers, ownGrant } from '../../server/policy/decide.ts';
import { FIELDS } from '../../server/policy/fields.ts';
import { instant } from '../../server/policy/time.ts';
import { inForce, instantsOfChange } from '../../server/policy/world.ts';
import { activation, ask, DAY, EVERYTHING, HOUR, member, NOON, OPEN, outcome, policy, share, WIDEST, withhold, world, type Scene } from './build.ts';

const NOTHING = policy();
const sharing = (terms: Partial<Terms>, more: Partial<Rule> = {}): ReturnType<typeof policy> => policy(share('tested', { ...more, terms: { ...EVERYTHING, ...terms } }));
const handled = (handling: HandlingTerms, more: Partial<Rule> = {}): ReturnType<typeof policy> => sharing({ handling: { ...WIDEST, ...handling } }, more);
const deciding = (scene: Scene, layer = 'policy'): string | undefined => ask(scene).findings.find((finding) => finding.layer === layer)?.rule;

t.test('the first matching share decides, and any matching withhold wins', async (t) => {
  t.equal(deciding({ policy: policy(share('other', { signals: { type: { in: ['media'] } } }), share('first'), share('second')) }), 'first');
  t.equal(deciding({ policy: policy(share('first'), withhold('last')) }), 'last');
  t.equal(outcome({ policy: policy(share('first'), withhold('last')) }), 'policy');
  t.equal(outcome({ policy: policy(share('first'), withhold('last', { peers: { kind: { in: ['ngo'] } } })) }), 'visible');
  t.equal(outcome({ policy: NOTHING }), 'policy');
  t.equal(outcome({ charter: NOTHING }), 'charter');
  t.equal(outcome({ charter: policy(share('first'), withhold('last')) }), 'charter');
});

t.test('without a policy or a charter in force nothing is shared', async (t) => {
  t.equal(outcome({}), 'visible');
  t.equal(outcome({ policy: null }), 'policy');
  t.equal(outcome({ charter: null }), 'charter');
  t.equal(outcome({ policy: [activation(OPEN, NOON + 1)] }), 'policy', 'not yet');
  t.equal(outcome({ policy: [activation(OPEN, NOON)] }), 'visible', 'from this instant');
  t.equal(outcome({ policy: [activation(OPEN, 0, 1), activation(null, NOON, 2)] }), 'policy', 'withdrawn');
  t.equal(outcome({ policy: [activation(OPEN, 0, 1), activation(null, NOON, 2), activation(OPEN, NOON, 3)] }), 'visible', 'and given again');
});

t.test('the version in force has the greatest effective instant, of equals the later commit', async (t) => {
  const versions = [activation(policy(share('one')), 0, 1), activation(policy(share('two')), NOON, 2), activation(policy(share('three')), NOON, 3), activation(policy(share('four')), NOON + DAY, 4)];
  t.equal(deciding({ policy: versions, at: NOON - 1 }), 'one');
  t.equal(deciding({ policy: versions }), 'three');
  t.equal(deciding({ policy: versions, at: NOON + DAY }), 'four', 'it decides older signals too');
  t.equal(ask({ charter: versions }).findings.find((finding) => finding.layer === 'charter')?.version, 3);
});

t.test('who is not an active member sees nothing; what a suspended one shared is gone, what one that left has kept stays', async (t) => {
  for (const status of ['suspended', 'left'] as const) {
    t.equal(outcome({ viewer: { status } }), 'built-in', `a viewer: ${status}`);
    t.equal(outcome({ origin: { status }, as: 'origin' }), 'built-in', `its own signals: ${status}`);
  }
  t.equal(outcome({ origin: { status: 'suspended' } }), 'built-in');
  t.equal(outcome({ origin: { status: 'left' } }), 'visible');
  t.equal(outcome({ as: 'nobody' }), 'built-in');
  t.equal(outcome({ object: { origin: 'nobody' } }), 'built-in');
});

t.test('governments and law enforcement are barred whatever policies say', async (t) => {
  for (const kind of BARRED_KINDS) {
    t.equal(outcome({ viewer: { kind } }), 'built-in', kind);
    t.equal(outcome({ viewer: { kind }, signal: { tlp: 'RED' }, object: { audience: { members: ['viewer'] } } }), 'built-in', `${kind}, addressed by name`);
    t.equal(outcome({ origin: { kind }, as: 'origin' }), 'visible', `${kind}: its own signals`);
    t.equal(outcome({ origin: { kind } }), 'visible', `${kind}: others see what it shares`);
  }
});

t.test('the origin always sees its own signals, at once and in full', async (t) => {
  const own = ask({ as: 'origin', policy: null, charter: null, signal: { tlp: 'RED' }, object: { notBefore: NOON + DAY, audience: { members: ['viewer'] } } });
  t.equal(own.visible, true);
  t.same(own.grant?.reveal, FIELDS.signal);
  t.equal(own.grant?.origin, 'named');
});

t.test('of its own an origin may do everything', async (t) => {
  for (const kind of ['signal', 'part', 'message'] as const) {
    const { windows, reveal, origin, handling } = ownGrant(kind);
    t.same({ windows, reveal, origin }, { windows: [], reveal: FIELDS[kind], origin: 'named' });
    t.same(handling, { ...WIDEST, tlp: 'CLEAR', onward_groups: [], excluded_kinds: [] });
  }
});

t.test('TLP: RED needs the peer named, AMBER a named peer or a shared group that the rule names', async (t) => {
  const inGroup = (origin: string[], viewer: string[], more: Scene = {}): Scene => ({ groups: ['circle', 'ring'], origin: { groups: origin }, viewer: { groups: viewer }, ...more });
  const named = policy(share('named', { peers: { id: { in: ['viewer'] } } }));
  const any = policy(share('any', { peers: { groups: { any: ['circle', 'ring'] } } }));
  const all = policy(share('all', { peers: { groups: { all: ['circle'] } } }));
  const expected: [string, Scene, Record<Tlp, string>][] = [
    ['a rule for everybody', inGroup(['circle'], ['circle']), { CLEAR: 'visible', GREEN: 'visible', AMBER: 'tlp', 'AMBER+STRICT': 'tlp', RED: 'tlp' }],
    ['named by the rule', { policy: named }, { CLEAR: 'visible', GREEN: 'visible', AMBER: 'visible', 'AMBER+STRICT': 'visible', RED: 'visible' }],
    ['named by the audience', { object: { audience: { members: ['viewer'] } } }, { CLEAR: 'visible', GREEN: 'visible', AMBER: 'visible', 'AMBER+STRICT': 'visible', RED: 'visible' }],
    ['in the audience by a group', inGroup(['circle'], ['circle'], { object: { audience: { groups: ['circle'] } } }), { CLEAR: 'visible', GREEN: 'visible', AMBER: 'tlp', 'AMBER+STRICT': 'tlp', RED: 'tlp' }],
    ['both in a group of the rule (any)', inGroup(['circle'], ['circle'], { policy: any }), { CLEAR: 'visible', GREEN: 'visible', AMBER: 'visible', 'AMBER+STRICT': 'visible', RED: 'tlp' }],
    ['both in a group of the rule (all)', inGroup(['circle'], ['circle'], { policy: all }), { CLEAR: 'visible', GREEN: 'visible', AMBER: 'visible', 'AMBER+STRICT': 'visible', RED: 'tlp' }],
    ['only the peer in it', inGroup([], ['circle'], { policy: any }), { CLEAR: 'visible', GREEN: 'visible', AMBER: 'tlp', 'AMBER+STRICT': 'tlp', RED: 'tlp' }],
    ['each in another', inGroup(['ring'], ['circle'], { policy: any }), { CLEAR: 'visible', GREEN: 'visible', AMBER: 'tlp', 'AMBER+STRICT': 'tlp', RED: 'tlp' }],
    ['the shared group was deleted', { ...inGroup(['circle'], ['circle', 'ring'], { policy: any }), groups: ['ring'] }, { CLEAR: 'visible', GREEN: 'visible', AMBER: 'tlp', 'AMBER+STRICT': 'tlp', RED: 'tlp' }],
    ['named by the charter only', { charter: named }, { CLEAR: 'visible', GREEN: 'visible', AMBER: 'tlp', 'AMBER+STRICT': 'tlp', RED: 'tlp' }],
  ];
  for (const [why, scene, outcomes] of expected) for (const [tlp, result] of Object.entries(outcomes)) t.equal(outcome({ ...scene, signal: { tlp: tlp as Tlp } }), result, `${tlp}: ${why}`);
});

t.test('the effective TLP is the strictest of the signal’s and every layer’s', async (t) => {
  t.equal(outcome({ charter: handled({ tlp: 'AMBER' }) }), 'tlp', 'raised by the charter');
  t.equal(outcome({ policy: handled({ tlp: 'RED' }) }), 'tlp', 'raised by the policy');
  t.equal(outcome({ feed: { id: 'f', terms: { ...EVERYTHING, handling: { tlp: 'AMBER' } } } }), 'tlp', 'raised by the feed');
  t.equal(ask({ charter: handled({ tlp: 'GREEN' }) }).grant?.handling.tlp, 'GREEN');
  t.equal(ask({ charter: handled({ tlp: 'CLEAR' }), signal: { tlp: 'GREEN' } }).grant?.handling.tlp, 'GREEN', 'and never lowered');
  t.equal(outcome({ charter: handled({ tlp: 'AMBER' }), policy: handled({ tlp: 'GREEN' }, { peers: { id: { in: ['viewer'] } } }) }), 'visible');
});

t.test('TLP caps onward', async (t) => {
  const object = { audience: { members: ['viewer'] } };
  for (const [tlp, onward] of [['CLEAR', 'public'], ['GREEN', 'members'], ['AMBER', 'none'], ['AMBER+STRICT', 'none'], ['RED', 'none']] as const) {
    t.equal(ask({ signal: { tlp }, object }).grant?.handling.onward, onward, tlp);
    t.equal(ask({ policy: handled({ onward: 'none' }), signal: { tlp }, object }).grant?.handling.onward, 'none', `${tlp}, none`);
  }
});

t.test('onward to groups: those of all layers that still exist, else nobody', async (t) => {
  const scene: Scene = { groups: ['a', 'b', 'c'], viewer: { groups: ['a', 'b', 'gone'] } };
  const peers = { groups: { any: ['a', 'b', 'c', 'gone'] } };
  const onward = (more: Scene): unknown => {
    const { onward: reach, onward_groups: groups } = ask({ ...scene, ...more }).grant!.handling;
    return [reach, ...groups];
  };
  t.same(onward({ policy: handled({ onward: 'group' }, { peers }) }), ['group', 'a', 'b'], 'those that the rule names and the peer is in');
  t.same(onward({ policy: handled({ onward: 'group', onward_groups: ['c', 'a'] }, { peers }) }), ['group', 'a', 'c'], 'those that it says');
  t.same(onward({ policy: handled({ onward: 'group', onward_groups: ['gone'] }) }), ['none'], 'a deleted group is nobody');
  t.same(onward({ policy: handled({ onward: 'group' }) }), ['none'], 'no group named');
  t.same(onward({ policy: handled({ onward: 'group', onward_groups: ['a', 'b'] }), charter: handled({ onward: 'group', onward_groups: ['b', 'c'] }) }), ['group', 'b']);
  t.same(onward({ policy: handled({ onward: 'group', onward_groups: ['a'] }), charter: handled({ onward: 'group', onward_groups: ['c'] }) }), ['none']);
  t.same(onward({ policy: handled({ onward: 'group', onward_groups: ['a'] }), charter: handled({ onward: 'members' }) }), ['group', 'a']);
  const narrowed = (charter: HandlingTerms, more: object = {}): unknown => onward({ charter: handled(charter), feed: { id: 'f', terms: { reveal: ['digest'], handling: { onward: 'group' } }, ...more } });
  t.same(narrowed({}), ['none'], 'a feed that names no group');
  t.same(narrowed({ onward_groups: ['a'] }), ['none'], 'it does not borrow one from another layer');
  t.same(narrowed({}, { peers: { groups: { any: ['a', 'c'] } } }), ['group', 'a'], 'those that the feed names and the peer is in');
  t.same(onward({ policy: handled({ onward: 'members', onward_groups: ['a'] }) }), ['members'], 'groups say something only where onward is to groups');
});

t.test('what no layer says of handling is as strict as it gets', async (t) => {
  const silent = policy(share('silent', { terms: { reveal: ['digest'] } }));
  const strictest = { tlp: 'CLEAR', pap: 'RED', permitted_actions: 'none', affected_party_notifications: 'must-not', attribution: 'must-not', unmodified_resale: 'must-not', encrypt_in_transit: 'must', onward: 'none', onward_groups: [], excluded_kinds: ['government', 'law-enforcement'] };
  t.same(ask({ policy: silent, charter: silent }).grant?.handling, strictest);
  t.same(ask({ policy: silent }).grant?.handling, { ...strictest, ...WIDEST }, 'one layer that speaks is enough');
  t.same(ask({ policy: silent, charter: silent, feed: { id: 'f', terms: EVERYTHING } }).grant?.handling, strictest, 'but a feed opens nothing');
});

t.test('handling that comes to the same is written the same, by whichever words of which layer', async (t) => {
  const written = (scene: Scene): string => JSON.stringify(ask(scene).grant!.handling);
  const plain = written({ policy: handled({ tlp: 'GREEN', onward: 'members' }) });
  t.equal(written({ signal: { tlp: 'GREEN' }, policy: handled({ onward: 'members' }) }), plain);
  t.equal(written({ policy: handled({ onward_groups: [], onward: 'members', tlp: 'GREEN' }) }), plain);
  t.equal(written({ charter: handled({ tlp: 'GREEN', onward_groups: [] }), policy: handled({ onward: 'members' }) }), plain);
});

t.test('attribution: must and must-not cannot both be kept', async (t) => {
  t.equal(outcome({ policy: handled({ attribution: 'must' }), charter: handled({ attribution: 'must-not' }) }), 'meet');
  t.equal(outcome({ policy: handled({ attribution: 'must' }), feed: { id: 'f', terms: { reveal: ['digest'], handling: { attribution: 'must-not' } } } }), 'meet');
  t.equal(ask({ policy: handled({ attribution: 'must' }) }).grant?.handling.attribution, 'must');
  t.equal(ask({ policy: handled({ attribution: 'must-not' }) }).grant?.handling.attribution, 'must-not');
});

t.test('fields intersect, nothing left is a withhold; the most hidden origin holds', async (t) => {
  t.same(ask({ policy: sharing({ reveal: ['note', 'digest'] }), charter: sharing({ reveal: ['digest', 'harm', 'note'] }) }).grant?.reveal, ['digest', 'note']);
  t.equal(outcome({ policy: sharing({ reveal: ['note'] }), charter: sharing({ reveal: ['digest'] }) }), 'meet');
  t.equal(outcome({ policy: sharing({ reveal: ['note'] }), feed: { id: 'f', terms: { reveal: ['digest'] } } }), 'meet');
  for (const [one, other, result] of [['named', 'pseudonymous', 'pseudonymous'], ['hidden', 'pseudonymous', 'hidden'], ['named', 'named', 'named']] as const) {
    t.equal(ask({ policy: sharing({ origin: one }), charter: sharing({ origin: other }) }).grant?.origin, result);
    t.equal(ask({ policy: sharing({ origin: other }), charter: sharing({ origin: one }) }).grant?.origin, result);
  }
  t.equal(ask({ policy: policy(share('silent', { terms: { reveal: ['digest'] } })) }).grant?.origin, 'hidden', 'hidden when absent');
});

t.test('the audience narrows, whatever policies say', async (t) => {
  const to = (audience: { members?: string[]; groups?: string[] }): string => outcome({ groups: ['g'], viewer: { groups: ['g', 'gone'] }, object: { audience } });
  t.equal(to({ members: ['viewer'] }), 'visible');
  t.equal(to({ members: ['other'] }), 'object');
  t.equal(to({ groups: ['g'] }), 'visible');
  t.equal(to({ groups: ['gone'] }), 'object', 'a deleted group');
  t.equal(to({ members: ['other'], groups: ['g'] }), 'visible', 'either is enough');
  t.equal(to({ members: [] }), 'object', 'nobody');
  t.equal(outcome({ policy: NOTHING, object: { audience: { members: ['viewer'] } } }), 'policy', 'it opens nothing');
});

t.test('intervals: each layer’s own, and their intersection', async (t) => {
  const span = (scene: Scene): unknown => {
    const { release, end } = ask(scene).span ?? {};
    return release === undefined ? undefined : [(release - NOON) / HOUR, ...(end === undefined ? [] : [(end - NOON) / HOUR])];
  };
  const terms = (after: string | undefined, length: string | undefined): Partial<Terms> => ({ ...(after ? { after } : {}), ...(length ? { for: length } : {}) });
  t.same(span({}), [0]);
  t.same(span({ policy: sharing(terms('PT2H', undefined)) }), [2]);
  t.same(span({ policy: sharing(terms('PT2H', 'PT3H')) }), [2, 5], 'the length counts from the release');
  t.same(span({ policy: sharing(terms('PT2H', undefined)), charter: sharing(terms('PT5H', undefined)) }), [5]);
  t.same(span({ policy: sharing(terms('PT2H', undefined)), charter: sharing(terms(undefined, 'PT5H')) }), [2, 5], 'each length from its own layer’s release');
  t.same(span({ policy: sharing(terms('PT1H', 'PT9H')), charter: sharing(terms('PT2H', 'PT4H')), feed: { id: 'f', terms: { ...EVERYTHING, after: 'PT3H', for: 'PT1H' } } }), [3, 4]);
  t.same(span({ policy: sharing(terms('PT5H', undefined)), charter: sharing(terms(undefined, 'PT5H')) }), undefined, 'ends as it is released');
  t.same(span({ policy: sharing(terms(undefined, 'PT0S')) }), undefined);
  t.equal(outcome({ policy: sharing(terms('PT6H', undefined)), charter: sharing(terms(undefined, 'PT5H')), at: NOON + 7 * HOUR }), 'empty');
  t.same(span({ lifetime: { until: NOON + HOUR } }), [0, 1]);
  t.same(span({ lifetime: { until: NOON } }), undefined);
  t.same(span({ lifetime: { until: NOON + HOUR }, policy: sharing(terms('PT1H', 'PT9H')) }), undefined, 'its own end comes before the release');
  t.same(span({ lifetime: { until: NOON + 9 * HOUR }, policy: sharing(terms('PT1H', 'PT2H')) }), [1, 3], 'the earlier end');
  const notBefore = NOON + 4 * HOUR;
  t.same(span({ object: { notBefore } }), [4]);
  t.same(span({ object: { notBefore }, policy: sharing(terms('PT1H', 'PT2H')) }), [4, 6], 'the length counts from there');
  t.same(span({ object: { notBefore }, policy: sharing(terms('PT1H', 'PT2H')), charter: sharing(terms('PT6H', undefined)) }), undefined);
  t.same(span({ object: { notBefore: NOON - HOUR }, policy: sharing(terms('PT1H', undefined)) }), [1], 'a time that has passed');
});

t.test('visible from the release, until before the end', async (t) => {
  const scene: Scene = { policy: sharing({ after: 'PT1H', for: 'PT1H' }) };
  for (const [at, result] of [[NOON, 'hidden'], [NOON + HOUR - 1, 'hidden'], [NOON + HOUR, 'visible'], [NOON + 2 * HOUR - 1, 'visible'], [NOON + 2 * HOUR, 'hidden']] as const) t.equal(outcome({ ...scene, at }), result);
  t.ok(ask({ ...scene, at: NOON + DAY }).span, 'the decision stands after its end');
});

t.test('kinds that a policy excludes travel with what others receive', async (t) => {
  const excluded = (rule: Partial<Rule>, scene: Scene = {}): readonly string[] => ask({ policy: policy(share('all'), withhold('kinds', rule)), ...scene }).grant!.handling.excluded_kinds;
  const barred = ['government', 'law-enforcement'];
  t.same(excluded({ peers: { kind: { in: ['hub', 'ngo'] } } }), ['government', 'hub', 'law-enforcement', 'ngo']);
  t.same(excluded({ peers: { kind: { notIn: ['platform', 'ngo'] } } }), ['government', 'hotline', 'hub', 'law-enforcement', 'researcher']);
  t.same(excluded({ peers: { kind: { in: ['hub', 'ngo'], notIn: ['ngo'] } } }), ['government', 'hub', 'law-enforcement']);
  t.same(excluded({ peers: { kind: { in: ['hub'] } }, signals: { type: { in: ['media'] } } }), barred, 'the rule does not concern this signal');
  t.same(excluded({ peers: { kind: { in: ['hub'] } }, signals: { intent: { in: ['unclear'] } } }), ['government', 'hub', 'law-enforcement'], 'it might');
  t.same(excluded({ peers: { kind: { in: ['hub'] }, trust: { atMost: 'verified' } } }), barred, 'the rule asks for more than a kind');
  t.same(excluded({ peers: { kind: { in: ['hub'] } }, during: { until: '2026-11-10T12:00:00Z' } }), barred, 'the rule is over');
  t.same(ask({ charter: policy(share('all'), withhold('hubs', { peers: { kind: { in: ['hub'] } } })), policy: policy(share('all'), withhold('ngos', { peers: { kind: { in: ['ngo'] } } })) }).grant?.handling.excluded_kinds, ['government', 'hub', 'law-enforcement', 'ngo'], 'of every layer');
});

t.test('feeds only narrow: owner, filter, peers, terms', async (t) => {
  const others = [member('third')];
  t.equal(outcome({ feed: { id: 'all' } }), 'visible');
  t.equal(outcome({ feed: { id: 'origin/all', owner: 'origin' } }), 'visible');
  t.equal(outcome({ others, feed: { id: 'third/all', owner: 'third' } }), 'feed', 'another member’s feed');
  t.equal(outcome({ feed: { id: 'f', filter: { type: { in: ['url'] } } } }), 'visible');
  t.equal(outcome({ feed: { id: 'f', filter: { type: { in: ['media'] } } } }), 'feed');
  t.equal(outcome({ feed: { id: 'f', filter: { intent: { notIn: ['malicious'] } } } }), 'feed', 'what is unset is not selected');
  t.equal(outcome({ feed: { id: 'f', filter: { origin: { kind: { in: ['ngo'] } } } } }), 'feed');
  t.equal(outcome({ signal: { schemes: ['media-pdq', 'media-md5'] }, feed: { id: 'f', filter: { scheme: { in: ['media-pdq'] } } } }), 'feed', 'a filter must cover every scheme');
  t.equal(outcome({ feed: { id: 'f', peers: { kind: { in: ['platform'] } } } }), 'visible');
  t.equal(outcome({ feed: { id: 'f', peers: { kind: { in: ['ngo'] } } } }), 'feed');
  t.equal(outcome({ feed: { id: 'f', peers: { jurisdictions: { none: ['NL'] } } } }), 'feed', 'what is unknown is not offered');
  t.equal(outcome({ policy: NOTHING, feed: { id: 'f', terms: EVERYTHING } }), 'policy', 'a feed opens nothing');
  t.same(ask({ feed: { id: 'f', terms: { reveal: ['harm'], after: 'PT1H' } } }).grant?.reveal, ['harm']);
  t.equal(outcome({ feed: { id: 'f', terms: { ...EVERYTHING, after: 'PT1H' } } }), 'hidden');
  t.equal(outcome({ feed: { id: 'f', owner: 'origin', terms: { reveal: ['harm'] } }, as: 'origin' }), 'feed', 'one’s own signals are in no feed');
});

t.test('to whom a feed exists: those it is offered to, and its owner', async (t) => {
  const here = world({ viewer: { kind: 'ngo' } });
  const feed = { id: 'origin/ngos', owner: 'origin', peers: { kind: { in: ['ngo' as const] } } };
  t.equal(offers(feed, here, here.members.get('viewer')!, NOON), true);
  t.equal(offers(feed, here, member('other'), NOON), false);
  t.equal(offers(feed, here, here.members.get('origin')!, NOON), true);
});

t.test('what the world says of policies and of instants to come', async (t) => {
  const during = { from: '2026-11-11T00:00:00Z', until: '2026-11-12T00:00:00Z' };
  const here = world({
    policy: [activation(policy(share('w', { during })), 0), activation(null, NOON, 2)],
    viewer: { agreements: [{ id: 'a', from: 5, until: NOON }, { id: 'b', from: 5 }] },
  });
  t.equal(inForce(here, 'origin', NOON - 1)?.version, 1);
  const going = world({ charter: null, policy: null, incidents: [{ id: 'flood', open: [{ from: 7, until: 9 }, { from: 11 }], severity: 'low', harms: [], responders: new Set() }] });
  t.same(instantsOfChange(going, instant), [7, 9, 11], 'incidents that are to open or close');
  t.equal(inForce(here, 'origin', NOON), undefined, 'withdrawn');
  t.equal(inForce(here, 'origin', -1), undefined, 'not yet');
  t.equal(inForce(here, 'nobody', NOON), undefined);
  t.same(instantsOfChange(here, instant), [-Infinity, 0, 5, NOON, instant(during.from), instant(during.until)], 'each once, in order');
});
