import fc from 'fast-check';
import t from 'tap';
import type { Rule } from '../../schemas/types.ts';
import { decide } from '../../server/policy/decide.ts';
import { decisiveRules, type RuleOf } from '../../server/policy/decisive.ts';
import type { World } from '../../server/policy/world.ts';
import { inquiries, portion, runs, seed, type Inquiry } from './arbitraries.ts';
import { activation, EVERYTHING, member, NOON, policy, request, share, withhold, type Scene } from './build.ts';

t.comment(`SEED=${seed}`);

/** The world without some rules of whatever policies an owner has, or had. */
function without(world: World, owner: string, ids: ReadonlySet<string>): World {
  const left = (rules: Rule[]): Rule[] => rules.filter(({ id }) => !ids.has(id));
  const versions = (world.activations.get(owner) ?? []).map((one) => ({ ...one, policy: one.policy && { ...one.policy, rules: left(one.policy.rules) } }));
  return { ...world, activations: new Map([...world.activations, [owner, versions]]) };
}

function shared({ request: asked, lifetime }: Inquiry, rules: readonly RuleOf[]): boolean {
  const of = (layer: RuleOf['layer']): Set<string> => new Set(rules.filter((one) => one.layer === layer).map(({ rule }) => rule));
  const world = without(without(asked.world, 'hub', of('charter')), 'origin', of('policy'));
  return decide({ ...asked, world }, lifetime).span !== undefined;
}

/** With a share of everything at the end of each policy, so that enough is shared. */
function opened({ request: { feed: _none, ...asked }, lifetime }: Inquiry): Inquiry {
  const last = share('open', { covers: ['signals', 'reports', 'messages'] });
  const activations = [...asked.world.activations].map(([owner, versions]) => [owner, versions.map((one) => ({ ...one, policy: one.policy && { ...one.policy, rules: [...one.policy.rules, last] } }))] as const);
  return { request: { ...asked, world: { ...asked.world, activations: new Map(activations) } }, lifetime };
}

/** Every set of the rules in force, by its size. */
function subsets(all: readonly RuleOf[]): RuleOf[][] {
  const masks = Array.from({ length: 2 ** all.length }, (_, mask) => all.filter((_rule, index) => (mask >>> index) % 2 === 1));
  return masks.sort((a, b) => a.length - b.length);
}

function rulesInForce({ request: { world, at } }: Inquiry): RuleOf[] {
  return (['charter', 'policy'] as const).flatMap((layer) => {
    const document = world.activations.get(layer === 'charter' ? 'hub' : 'origin')?.findLast(({ effective }) => effective <= at)?.policy;
    return (document?.rules ?? []).map(({ id }) => ({ layer, policy: document!.id, rule: id }));
  });
}

t.test('the set turns the decision, and of all sets of rules no smaller one does', async (t) => {
  const tally: Record<string, number> = {};
  fc.assert(
    fc.property(inquiries, fc.boolean(), (asked, open) => {
      const inquiry = open ? opened(asked) : asked;
      const found = decisiveRules(inquiry.request, inquiry.lifetime);
      const before = shared(inquiry, []);
      const own = inquiry.request.viewer === 'origin';
      const brute = own ? undefined : subsets(rulesInForce(inquiry)).find((rules) => shared(inquiry, rules) !== before);
      const name = `${before ? 'shared' : 'withheld'} ${found?.length ?? 'never'}`;
      tally[name] = (tally[name] ?? 0) + 1;
      if (!found || !brute) return found === brute;
      return found.length === brute.length && shared(inquiry, found) !== before && found.every((one) => shared(inquiry, found.filter((other) => other !== one)) === before);
    }),
    runs(800),
  );
  t.comment(JSON.stringify(tally));
  t.ok(['shared 1', 'shared 2', 'withheld 1', 'withheld 2', 'withheld never'].every((name) => (tally[name] ?? 0) > 3 * portion), 'of each sort');
});

t.test('examples', async (t) => {
  const told = (scene: Scene): string[] | undefined => decisiveRules(request(scene), { accepted: NOON, ...scene.lifetime })?.map(({ layer, rule }) => `${layer} ${rule}`);
  const few = { ...EVERYTHING, reveal: ['harm' as const] };
  t.same(told({}), ['policy everything'], 'of several as small, one');
  t.same(told({ policy: policy(share('a'), share('b')) }), ['charter everything']);
  t.same(told({ charter: policy(share('a'), share('b')), policy: policy(share('c'), share('d'), share('e')) }), ['charter a', 'charter b'], 'all that share');
  t.same(told({ policy: policy(withhold('v'), share('s'), withhold('w')) }), ['policy v', 'policy w'], 'all that withhold');
  t.same(told({ charter: policy(share('a'), withhold('v')), policy: policy(withhold('w'), share('s')) }), ['charter v', 'policy w'], 'in both layers');
  t.equal(told({ policy: policy(withhold('v')) }), undefined, 'nothing would share then');
  t.same(told({ policy: policy(share('harm', { terms: few }), share('digest', { terms: { ...EVERYTHING, reveal: ['digest'] } })), charter: policy(share('digest', { terms: { ...EVERYTHING, reveal: ['digest'] } })) }), ['policy harm'], 'a share in the way of another');
  t.same(told({ signal: { tlp: 'AMBER' }, policy: policy(share('all'), share('named', { peers: { id: { in: ['viewer'] } } })) }), ['policy all'], 'one that names the peer');
  t.same(told({ policy: policy(share('brief', { terms: { ...EVERYTHING, after: 'PT2H' } }), share('now')), lifetime: { until: NOON + 3_600_000 } }), ['policy brief'], 'it would end before its release');
  t.equal(told({ viewer: { kind: 'government' } }), undefined, 'the hub bars it');
  t.equal(told({ object: { audience: { members: ['third'] } } }), undefined, 'the audience');
  t.equal(told({ as: 'origin' }), undefined, 'one’s own');
  t.equal(told({ as: 'nobody' }), undefined, 'nobody');
  t.same(told({ object: { origin: 'hub' }, others: [member('hub')] }), ['charter everything'], 'the operator’s charter is its policy');
  t.equal(told({ charter: null }), undefined, 'no charter');
  t.equal(told({ policy: null }), undefined, 'no policy');
  t.equal(told({ feed: { id: 'f', filter: { harm: { in: ['csea'] } } } }), undefined, 'the feed’s filter');
  t.same(told({ policy: [activation(policy(share('old')), 0, 1), activation(policy(share('new')), 1, 2)], charter: policy(share('a'), share('b')) }), ['policy new'], 'the version in force');
});

t.test('where the operator is the origin, charter and policy are one', async (t) => {
  const asked = request({ origin: {}, charter: policy(share('a'), share('b')) });
  const hub = { ...asked.world.members.get('origin')!, id: 'hub' };
  const world = { ...asked.world, members: new Map([...asked.world.members, ['hub', hub]]) };
  t.same(decisiveRules({ ...asked, world, object: { ...asked.object, origin: 'hub' } }, { accepted: NOON })?.map(({ rule }) => rule), ['a', 'b']);
});

t.test('hundreds of rules that match', async (t) => {
  const many = (effect: typeof share, word: string): Rule[] => Array.from({ length: 250 }, (_, index) => effect(`${word}${index}`, effect === withhold ? {} : { terms: { ...EVERYTHING, after: `PT${index}H` } }));
  const long = policy(...many(withhold, 'w'), ...many(share, 's'));
  const started = performance.now();
  t.equal(decisiveRules(request({ policy: long, charter: long }), { accepted: NOON })?.length, 500);
  t.ok(performance.now() - started < 10_000, 'in bounded time');
});
