import t from 'tap';
import type { Rule } from '../../schemas/types.ts';
import { validatePolicy } from '../../server/policy/validate.ts';
import { EVERYTHING, policy, share, withhold } from './build.ts';

const known = { groups: new Set(['circle']), members: new Set(['northstar']), feeds: new Set(['northstar/fraud']), incidents: new Set(['flood']), exercises: new Set(['drill']) };
const places = (...rules: Rule[]): string[] => validatePolicy(policy(...rules), known).map(({ pointer, detail }) => `${pointer} ${detail}`);

t.test('a policy that can be activated', async (t) => {
  const peers = { id: { in: ['northstar'] }, groups: { any: ['circle'] }, trust: { atLeast: 'verified' as const, atMost: 'verified' as const } };
  const terms = { ...EVERYTHING, handling: { onward: 'group' as const, onward_groups: ['circle'] } };
  const signals = { harm: { notIn: ['csea'] }, scheme: { in: ['media-pdq'] }, origin: peers, confidence: { atLeast: 50, atMost: 50 }, severity: { atLeast: 'low' as const, atMost: 'high' as const } };
  t.same(places(share('a', { signals, peers, terms, during: { from: '2026-11-10T12:00:00Z', until: '2026-11-10T12:00:00.001Z' } }), withhold('b')), []);
  t.same(places(), []);
});

t.test('rules with the same id', async (t) => {
  t.same(places(share('a'), withhold('b'), share('a')), ['/rules/2/id another rule before it has the same id']);
});

t.test('windows and bounds that leave nothing', async (t) => {
  t.same(places(share('a', { during: { from: '2026-11-10T12:00:00Z', until: '2026-11-10T13:00:00+01:00' } })), ['/rules/0/during/until must be later than from']);
  t.same(places(share('a', { signals: { confidence: { atLeast: 55, atMost: 50 } } })), ['/rules/0/signals/confidence/atMost must not be below atLeast']);
  t.same(places(share('a', { signals: { severity: { atLeast: 'high', atMost: 'medium' } } })), ['/rules/0/signals/severity/atMost must not be below atLeast']);
  t.same(places(share('a', { signals: { tlp: { atLeast: 'AMBER', atMost: 'GREEN' } } })), ['/rules/0/signals/tlp/atMost must not be below atLeast']);
  t.same(places(share('a', { peers: { trust: { atLeast: 'trusted', atMost: 'verified' } } })), ['/rules/0/peers/trust/atMost must not be below atLeast']);
  t.same(places(share('a', { signals: { origin: { trust: { atLeast: 'trusted', atMost: 'verified' } } } })), ['/rules/0/signals/origin/trust/atMost must not be below atLeast']);
});

t.test('names that do not exist', async (t) => {
  const strangers = { id: { notIn: ['northstar', 'nobody'] }, groups: { none: ['nowhere'] } };
  t.same(places(withhold('a', { signals: { harm: { in: ['fraud', 'fraud.made-up'] }, scheme: { notIn: ['media-made-up'] }, origin: strangers }, peers: strangers })), [
    '/rules/0/signals/harm/in/1 is not a harm of the tree',
    '/rules/0/signals/scheme/notIn/0 is not a digest scheme',
    '/rules/0/peers/groups/none/0 is not a group of this hub',
    '/rules/0/peers/id/notIn/1 is not a member of this hub',
    '/rules/0/signals/origin/groups/none/0 is not a group of this hub',
    '/rules/0/signals/origin/id/notIn/1 is not a member of this hub',
  ]);
  t.same(places(share('a', { terms: { ...EVERYTHING, handling: { onward: 'group', onward_groups: ['circle', 'nowhere'] } } })), ['/rules/0/terms/handling/onward_groups/1 is not a group of this hub']);
});

t.test('conditions on what a rule does not cover, and peers of a rule that counts for anyone', async (t) => {
  const tlp = { tlp: { atMost: 'GREEN' as const } };
  t.same(places(withhold('a', { covers: ['signals'], reports: tlp, messages: tlp }), share('b', { covers: ['reports', 'messages'], signals: tlp })), [
    '/rules/0/reports is not among what the rule covers',
    '/rules/0/messages is not among what the rule covers',
    '/rules/1/signals is not among what the rule covers',
  ]);
  t.same(places(withhold('a', { covers: ['counts'], signals: tlp }), share('b', { covers: ['signals', 'reports'], signals: tlp, reports: tlp }), withhold('c', { messages: tlp })), []);
  t.same(places(withhold('a', { covers: ['signals', 'counts'], peers: { kind: { in: ['ngo'] } } })), ['/rules/0/peers a rule that covers counts holds for anyone']);
  t.same(places(withhold('a', { reports: { harm: { in: ['nothing'] }, confidence: { atLeast: 55, atMost: 50 }, origin: { id: { in: ['nobody'] } } } }), withhold('b', { messages: { harm: { in: ['nothing'] }, origin: { groups: { any: ['nowhere'] } } } })), [
    '/rules/0/reports/confidence/atMost must not be below atLeast',
    '/rules/0/reports/harm/in/0 is not a harm of the tree',
    '/rules/0/reports/origin/id/in/0 is not a member of this hub',
    '/rules/1/messages/harm/in/0 is not a harm of the tree',
    '/rules/1/messages/origin/groups/any/0 is not a group of this hub',
  ]);
});

t.test('feeds, incidents and exercises that do not exist, and measures that leave nothing', async (t) => {
  const peers = { subscribed: { any: ['all', 'northstar/fraud'] }, responds: { any: ['flood'] }, quality: { overturned: { atLeast: 5, atMost: 5 } } };
  t.same(places(share('a', { peers, incidents: { open: ['flood'], closed: ['flood'] }, signals: { exercise: { in: ['drill'] }, origin: peers } })), []);
  const wrong = { subscribed: { any: ['nobody/x'] }, responds: { any: ['storm'] }, quality: { stale: { atLeast: 10, atMost: 5 } } };
  t.same(places(share('a', { peers: wrong, incidents: { open: ['flood', 'storm'], closed: ['storm'] }, messages: { exercise: { in: ['drill', 'game'] } }, signals: { corroboration: { atLeast: 3, atMost: 2 } }, covers: ['signals', 'messages'] })), [
    '/rules/0/signals/corroboration/atMost must not be below atLeast',
    '/rules/0/peers/quality/stale/atMost must not be below atLeast',
    '/rules/0/incidents/open/1 is not an incident of this hub',
    '/rules/0/incidents/closed/0 is not an incident of this hub',
    '/rules/0/messages/exercise/in/1 is not an exercise of this hub',
    '/rules/0/peers/subscribed/any/0 is not a feed of this hub',
    '/rules/0/peers/responds/any/0 is not an incident of this hub',
  ]);
});
