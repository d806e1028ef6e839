import t from 'tap';
import type { Rule } from '../../schemas/types.ts';
import { validatePolicy } from '../../server/policy/validate.ts';
import { EVERYTHING, policy, share, withhold } from './build.ts';

const known = { groups: new Set(['circle']), members: new Set(['northstar']) };
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
