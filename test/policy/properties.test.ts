import fc from 'fast-check';
import t from 'tap';
import type { Handling, Rule } from '../../schemas/types.ts';
import { enumeration } from '../../server/policy/conditions.ts';
import { countable } from '../../server/policy/counting.ts';
import { decide, type Decision } from '../../server/policy/decide.ts';
import { CONTRADICTION, meetHandling, type LayerHandling } from '../../server/policy/handling.ts';
import { feeds, inquiries, layerHandlings, portion, runs, seed, withholds, type Inquiry } from './arbitraries.ts';
import { activation, policy, share } from './build.ts';
import { counts, verdict } from './oracle.ts';

t.comment(`SEED=${seed}`);

type Met = LayerHandling | typeof CONTRADICTION;
const meet = (a: Met, b: Met): Met => (a === CONTRADICTION || b === CONTRADICTION ? CONTRADICTION : meetHandling(a, b));

t.test('the meet of handling is commutative, associative and idempotent, and silence is neutral', async (t) => {
  fc.assert(fc.property(layerHandlings, layerHandlings, (a, b) => t.same(meet(a, b), meet(b, a))), runs(500));
  fc.assert(fc.property(layerHandlings, layerHandlings, layerHandlings, (a, b, c) => t.same(meet(meet(a, b), c), meet(a, meet(b, c)))), runs(500));
  fc.assert(fc.property(layerHandlings, (a) => t.same(meet(a, a), a) && t.same(meet(a, {}), a)), runs(200));
  t.same(meet({ onward_groups: ['b', 'a'] }, { onward_groups: ['c', 'a', 'b'] }), { onward_groups: ['a', 'b'] }, 'in one order');
});

t.test('the engine agrees with an evaluator that was written apart from it', async (t) => {
  let shared = 0;
  const asked = runs(8000);
  const kinds = { signal: 0, part: 0, message: 0, counted: 0 };
  fc.assert(
    fc.property(inquiries, ({ request, lifetime }) => {
      const expected = verdict(request, lifetime);
      const own = request.viewer === request.object.origin;
      const found = decide(request, lifetime);
      if (expected && !own) kinds[request.object.kind] += 1;
      if (expected) shared += 1;
      const counted = counts(request.world, request.at, request.object);
      if (counted) kinds.counted += 1;
      if (countable(request.world, request.at, request.object) !== counted) return false;
      if (!found.grant || !found.span) return expected === undefined;
      if (!expected) return false;
      const { release, end = Infinity } = found.span;
      return found.visible === (release <= request.at && request.at < end)
        && equal([release, end, found.grant.reveal, found.grant.origin], [expected.release, expected.end, expected.reveal, expected.origin])
        && (own || equal(sorted(found.grant.handling), sorted(expected.handling)));
    }),
    asked,
  );
  t.comment(`${shared} of ${asked.numRuns} shared: ${JSON.stringify(kinds)}`);
  t.ok(Object.values(kinds).every((count) => count > 20 * portion), 'of every kind');
  t.ok(shared > 500 * portion, 'enough of them share for the comparison to mean something');
});

t.test('a further withhold rule, wherever it stands, never shows more', async (t) => {
  let both = 0;
  fc.assert(
    fc.property(inquiries, withholds, fc.constantFrom('hub', 'origin'), fc.nat(5), (inquiry, rule, owner, place) => {
      const before = answer(inquiry);
      const after = answer(withRule(inquiry, owner, (rules) => rules.toSpliced(place, 0, { ...rule, id: 'further' })));
      if (after.span) both += 1;
      return narrower(after, before);
    }),
    runs(3000),
  );
  t.ok(both > 100 * portion, `${both} still shared`);
});

t.test('a feed never shows more', async (t) => {
  let both = 0;
  fc.assert(
    fc.property(inquiries, feeds, ({ request: { feed: _none, ...request }, lifetime }, feed) => {
      const after = answer({ request: { ...request, feed }, lifetime });
      if (after.span) both += 1;
      return narrower(after, answer({ request, lifetime }));
    }),
    runs(8000),
  );
  t.ok(both > 100 * portion, `${both} still shared`);
});

t.test('no charter shows more than one that allows everything', async (t) => {
  const everything = policy(share('everything', { covers: ['signals', 'reports', 'messages'] }));
  let both = 0;
  fc.assert(
    fc.property(inquiries, (inquiry) => {
      const { world } = inquiry.request;
      const open = { ...world, activations: new Map([...world.activations, ['hub', [activation(everything)]] as const]) };
      const after = answer(inquiry);
      if (after.span) both += 1;
      return narrower(after, answer({ ...inquiry, request: { ...inquiry.request, world: open } }));
    }),
    runs(3000),
  );
  t.ok(both > 100 * portion, `${both} still shared`);
});

function answer({ request, lifetime }: Inquiry): Decision {
  return decide(request, lifetime);
}

function withRule(inquiry: Inquiry, owner: string, change: (rules: Rule[]) => Rule[]): Inquiry {
  const { world } = inquiry.request;
  const versions = (world.activations.get(owner) ?? []).map((one) => ({ ...one, policy: one.policy && { ...one.policy, rules: change(one.policy.rules) } }));
  return { ...inquiry, request: { ...inquiry.request, world: { ...world, activations: new Map([...world.activations, [owner, versions]]) } } };
}

/** Whether `a` shows no field, no instant and no freedom that `b` does not. */
function narrower(a: Decision, b: Decision): boolean {
  if (!a.grant || !a.span) return true;
  if (!b.grant || !b.span) return false;
  const { grant } = b;
  return (
    a.span.release >= b.span.release
    && (a.span.end ?? Infinity) <= (b.span.end ?? Infinity)
    && a.grant.reveal.every((field) => grant.reveal.includes(field))
    && rank('OriginDisplay', a.grant.origin) >= rank('OriginDisplay', grant.origin)
    && stricter(a.grant.handling, grant.handling)
  );
}

function rank(chain: string, value: string): number {
  return enumeration(chain).indexOf(value);
}

/** Each field on its own: handling is ordered field by field. */
function stricter(a: Handling, b: Handling): boolean {
  return (
    rank('Tlp', a.tlp) >= rank('Tlp', b.tlp)
    && rank('Pap', a.pap) >= rank('Pap', b.pap)
    && rank('PermittedActions', a.permitted_actions) <= rank('PermittedActions', b.permitted_actions)
    && rank('MayOrMustNot', a.affected_party_notifications) >= rank('MayOrMustNot', b.affected_party_notifications)
    && rank('MayOrMustNot', a.unmodified_resale) >= rank('MayOrMustNot', b.unmodified_resale)
    && rank('MayOrMust', a.encrypt_in_transit) >= rank('MayOrMust', b.encrypt_in_transit)
    && (a.attribution === b.attribution || b.attribution === 'may')
    && b.excluded_kinds.every((kind) => a.excluded_kinds.includes(kind))
    && rank('Onward', a.onward) <= rank('Onward', b.onward)
    && (a.onward !== 'group' || b.onward !== 'group' || a.onward_groups.every((group) => b.onward_groups.includes(group)))
  );
}

function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function sorted(value: object): unknown {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
