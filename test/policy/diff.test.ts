import fc from 'fast-check';
import t from 'tap';
import type { Policy, Rule } from '../../schemas/types.ts';
import { compile } from '../../server/policy/compile.ts';
import { diffPolicies } from '../../server/policy/diff.ts';
import { inquiries, policies, portion, runs, seed } from './arbitraries.ts';
import { activation, EVERYTHING, policy, share, withhold } from './build.ts';

t.comment(`SEED=${seed}`);

const said = (before: Rule[], after: Rule[]): string[] => diffPolicies(policy(...before), policy(...after)).map(({ change, pointer, sentence }) => `${change} ${pointer} ${sentence}`);

t.test('rules that come and go', async (t) => {
  t.same(said([share('a')], [share('a')]), []);
  t.same(said([share('a'), withhold('b', { reports: { tlp: { atLeast: 'RED' } } })], [share('c', { covers: ['signals', 'counts'] }), share('a')]), [
    'removed /rules/1 Rule b, which withholds reports, is gone.',
    'added /rules/0 Rule c is new: it shares signals, counts.',
  ]);
  t.same(diffPolicies({ ...policy(), summary: 'Old.' }, { ...policy(), title: 'New' }), [{ change: 'changed', pointer: '/title', sentence: 'The title is another.' }, { change: 'changed', pointer: '/summary', sentence: 'The summary is another.' }]);
});

t.test('conditions and terms', async (t) => {
  const before = share('a', { signals: { severity: { atLeast: 'low' }, harm: { in: ['fraud', 'spam'] }, type: { in: ['url'] } }, terms: { ...EVERYTHING, after: 'PT1H' } });
  const after = share('a', { signals: { severity: { atLeast: 'high' }, harm: { in: ['csea', 'fraud'] } }, peers: { kind: { in: ['ngo'] } }, terms: { ...EVERYTHING, after: 'PT2H', for: 'P1D' } });
  t.same(said([before], [after]), [
    'changed /rules/0/signals/severity/atLeast Rule a: signals severity atLeast is high; it was low.',
    'changed /rules/0/signals/harm/in Rule a: signals harm in gains csea and loses spam.',
    'changed /rules/0/peers/kind/in Rule a: peers kind in is new: ngo.',
    'changed /rules/0/terms/after Rule a: terms after is PT2H; it was PT1H.',
    'changed /rules/0/terms/for Rule a: terms for is new: P1D.',
    'changed /rules/0 Rule a: signals type in is gone; it was url.',
  ]);
  t.same(said([share('a', { signals: { harm: { in: ['fraud', 'spam'] } } })], [share('a', { signals: { harm: { in: ['fraud'] } } })]), ['changed /rules/0/signals/harm/in Rule a: signals harm in loses spam.']);
  t.same(said([share('a', { signals: { harm: { in: ['fraud'] } } })], [share('a', { signals: { harm: { in: ['csea', 'fraud', 'spam'] } }, peers: { kind: { in: ['ngo', 'hub'] } } })]), ['changed /rules/0/signals/harm/in Rule a: signals harm in gains csea, spam.', 'changed /rules/0/peers/kind/in Rule a: peers kind in is new: hub, ngo.']);
  t.same(said([share('a')], [withhold('a')]).slice(0, 2), ['changed /rules/0 Rule a: covers gains messages, reports.', 'changed /rules/0/effect Rule a: effect is withhold; it was share.']);
  t.same(said([share('a')], [share('a', { covers: ['signals'] })]), [], 'what it covered anyway');
  t.same(said([share('a', { title: 'One', peers: { kind: { in: ['ngo', 'hub'] } } })], [share('a', { title: 'Two', peers: { kind: { in: ['hub', 'ngo'] } } })]), [], 'a title, and the order of a list');
});

t.test('the order of shares is said where it can tell, that of withholds is not', async (t) => {
  const [a, b, c] = [share('a'), share('b'), share('c', { covers: ['messages'] })];
  t.same(said([a, b], [b, a]), ['moved /rules/0 Rule b now comes before a: where both match, it decides.']);
  t.same(said([a, c], [c, a]), [], 'they decide about different things');
  t.same(said([a, b, share('d')], [share('d'), a, b]), ['moved /rules/0 Rule d now comes before a, b: where both match, it decides.'], 'those that stay where they are are not named');
  t.same(said([a, b], [b, withhold('a')]).filter((one) => one.startsWith('moved')), [], 'a withhold has no place');
  t.same(said([a, share('e', { covers: ['signals', 'messages'] })], [share('e', { covers: ['signals', 'messages'] }), a]).length, 1, 'of some of what they cover');
  t.same(said([withhold('v'), withhold('w'), a], [a, withhold('w'), withhold('v')]), []);
});

t.test('where nothing is said, nothing is decided in another way', async (t) => {
  let alike = 0;
  fc.assert(
    fc.property(policies, inquiries, fc.func(fc.integer()), ({ rules, ...rest }, { request }, key) => {
      const before: Policy = { ...rest, rules };
      const after: Policy = { ...rest, rules: [...rules].sort((x, y) => key(x.id) - key(y.id)) };
      if (diffPolicies(before, after).length > 0) return true;
      alike += 1;
      const grants = [before, after].map((document) => {
        const world = { ...request.world, activations: new Map([...request.world.activations, ['origin', [activation(document)]]] as const) };
        return JSON.stringify(compile(world, request.at).viewer(request.viewer, request.feed).grant(request.object));
      });
      return grants[0] === grants[1];
    }),
    runs(1000),
  );
  t.ok(alike > 100 * portion, `${alike} without a word`);
});
