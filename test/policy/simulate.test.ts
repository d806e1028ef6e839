import fc from 'fast-check';
import t from 'tap';
import { judge, ownGrant, type Grant } from '../../server/policy/decide.ts';
import type { Lifetime } from '../../server/policy/object.ts';
import { compareGrants, durationText, edgesOf, eventsOf, Fate, fateOf, Responsible, stateOf, withTitle, type Edges, type Event, type Piece } from '../../server/policy/simulate.ts';
import { portion, runs, scenes, seed } from './arbitraries.ts';
import { NOON, request, world as worldOf } from './build.ts';

t.comment(`SEED=${seed}`);

// Instants are small numbers here, so that what happens can be found by looking at each of them.
const HORIZON = 60;
const WHOLE = ownGrant('signal');
const moments = Array.from({ length: HORIZON }, (_, at) => at);
const windows = fc.record({ after: fc.integer({ min: 0, max: 9 }), for: fc.integer({ min: 0, max: 12 }) }, { requiredKeys: ['after'] });
const grants = fc
  .record({ windows: fc.array(windows, { maxLength: 3 }), notBefore: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined, freq: 2 }) })
  .map(({ windows: found, notBefore }): Grant => ({ ...WHOLE, windows: found.map(({ after, for: length }) => ({ after, ...(length === undefined ? {} : { for: length }) })), ...(notBefore === undefined ? {} : { notBefore }) }));
const maybe = fc.option(grants, { nil: undefined, freq: 4 });
const lifetimes = moments.slice(0, 25).flatMap((accepted) => [undefined, ...moments.slice(0, 30)].map((until): Lifetime => ({ accepted, ...(until === undefined ? {} : { until }) })));

/** Whether it is seen at an instant, each window by itself. */
function seen(grant: Grant | undefined, { accepted, until = Infinity }: Lifetime, at: number): boolean {
  if (!grant) return false;
  const begins = (after: number): number => Math.max(accepted + after, grant.notBefore ?? -Infinity);
  return at < until && [{ after: 0 }, ...grant.windows].every((window) => at >= begins(window.after) && at < begins(window.after) + (('for' in window ? window.for : undefined) ?? Infinity));
}

function seenFrom(grant: Grant | undefined, lifetime: Lifetime, from: number): number[] {
  return moments.filter((at) => at >= from && seen(grant, lifetime, at));
}

/** What becomes of it, by all instants at which it is seen. */
function fate(before: Grant | undefined, after: Grant | undefined, at: number, lifetime: Lifetime): string[] {
  const [was, is] = [seenFrom(before, lifetime, at), seenFrom(after, lifetime, at)];
  const [saw, sees] = [was[0] === at, is[0] === at];
  const both = was.length > 0 && is.length > 0;
  const all = { was: seenFrom(before, lifetime, 0), is: seenFrom(after, lifetime, 0) };
  const said: Record<string, boolean> = {
    gained: sees && !saw,
    lost: saw && !sees,
    kept: saw && sees,
    promised: !sees && is.length > 0 && was.length === 0,
    forgone: !saw && was.length > 0 && is.length === 0,
    earlier: both && is[0]! < was[0]!,
    later: both && is[0]! > was[0]!,
    shorter: both && is.at(-1)! < was.at(-1)!,
    longer: both && is.at(-1)! > was.at(-1)!,
    redated: saw && sees && (all.was[0] !== all.is[0] || was.at(-1) !== is.at(-1)),
  };
  return Object.keys(said).filter((name) => said[name]);
}

function named(bits: number): string[] {
  return Object.entries(Fate).filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name);
}

t.test('what becomes of an object is what the instants say at which it is seen', async (t) => {
  const found: Record<string, number> = {};
  fc.assert(
    fc.property(maybe, maybe, fc.integer({ min: 10, max: 22 }), (before, after, at) => {
      const ask = fateOf(before, after, at);
      return lifetimes.filter(({ accepted }) => accepted <= at).every((lifetime) => {
        const [said, expected] = [named(ask(lifetime)), fate(before, after, at, lifetime)];
        for (const name of expected) found[name] = (found[name] ?? 0) + 1;
        return said.join() === expected.join();
      });
    }),
    runs(400),
  );
  t.comment(JSON.stringify(found));
  t.ok(Object.keys(Fate).every((name) => found[name]! > 100 * portion), 'everything that can become of it');
});

t.test('how it stands is what is seen from then on', async () => {
  fc.assert(
    fc.property(maybe, fc.integer({ min: 10, max: 22 }), (grant, at) => {
      const ask = stateOf(grant, at);
      return lifetimes.filter(({ accepted }) => accepted <= at).every((lifetime) => {
        const left = seenFrom(grant, lifetime, at);
        return ask(lifetime) === (left[0] === at ? 'visible' : left.length > 0 ? 'later' : 'withheld');
      });
    }),
    runs(200),
  );
});

const PERIOD = 5;
const pieces = fc.tuple(fc.uniqueArray(fc.integer({ min: 11, max: 34 }), { maxLength: 3 }), fc.array(maybe, { minLength: 4, maxLength: 4 })).map(([turns, of]) => {
  const starts = [10, ...turns.sort((a, b) => a - b)];
  return starts.map((from, index): Piece => ({ key: String(index), grant: of[index], from, until: starts[index + 1] ?? 35 }));
});

/** What happens, by looking at each instant and the one before it. */
function happens(all: readonly Piece[], lifetime: Lifetime): Event[] {
  return all.flatMap(({ grant, from, until }, index) => moments.filter((at) => at >= from && at < until).flatMap((at): Event[] => {
    const turn = at === from;
    if (turn && index === 0) return [];
    const [saw, sees] = [seen(turn ? all[index - 1]!.grant : grant, lifetime, at - 1), seen(grant, lifetime, at)];
    if (turn) return saw || sees ? [{ what: saw && sees ? 'changed' : sees ? 'gained' : 'lost', at }] : [];
    return saw === sees ? [] : [{ what: sees ? 'released' : 'ended', at: at - (at % PERIOD) }];
  }));
}

t.test('what happens under grants that follow each other is what changes from one instant to the next', async (t) => {
  const found: Record<string, number> = {};
  fc.assert(
    fc.property(pieces, (all) => {
      const ask = eventsOf(all, PERIOD);
      return lifetimes.filter(({ accepted }) => accepted <= 10).every((lifetime) => {
        const expected = happens(all, lifetime);
        for (const { what } of expected) found[what] = (found[what] ?? 0) + 1;
        return ask(lifetime) === JSON.stringify(expected);
      });
    }),
    runs(200),
  );
  t.comment(JSON.stringify(found));
  t.ok(['released', 'ended', 'gained', 'lost', 'changed'].every((what) => found[what]! > 100 * portion), 'everything that can happen');
});

/** Where a lifetime stands among edges: for each cut and limit, on which side. */
function side({ cuts, limits }: Edges, { accepted, until = Infinity }: Lifetime): string {
  return [...cuts.map((cut) => accepted < cut), ...limits.map(({ of, plus }) => until < (of === 'accepted' ? accepted + plus : plus))].map(Number).join('');
}

/** Whether all lifetimes between the same edges have one answer. */
function sameBetween(edges: Edges, answer: (lifetime: Lifetime) => string | number, latest: number): boolean {
  const known = new Map<string, string | number>();
  return lifetimes.filter(({ accepted }) => accepted <= latest).every((lifetime) => {
    const key = side(edges, lifetime);
    if (!known.has(key)) known.set(key, answer(lifetime));
    return known.get(key) === answer(lifetime);
  });
}

t.test('answers change at the edges only', async () => {
  const instants = fc.integer({ min: 10, max: 22 });
  fc.assert(fc.property(maybe, maybe, instants, (before, after, at) => sameBetween(edgesOf([before, after], [at]), fateOf(before, after, at), at)), runs(300));
  fc.assert(fc.property(maybe, instants, (grant, at) => sameBetween(edgesOf([grant], [at]), stateOf(grant, at), at)), runs(200));
  const ends = moments.filter((at) => at % PERIOD === PERIOD - 1);
  fc.assert(fc.property(pieces, (all) => sameBetween(edgesOf(all.map(({ grant }) => grant), [...all.flatMap(({ from, until }) => [from - 1, from, until - 1]), ...ends]), eventsOf(all, PERIOD), 10)), runs(100));
});

t.test('there are no more edges than it takes', async (t) => {
  const grant = (change: Partial<Grant>): Grant => ({ ...WHOLE, ...change });
  t.same(edgesOf([undefined], [20]), { cuts: [], limits: [{ of: 'nothing', plus: 21 }] });
  t.same(edgesOf([grant({ windows: [] })], [20]), { cuts: [], limits: [{ of: 'nothing', plus: 21 }, { of: 'accepted', plus: 1 }] }, 'nothing is accepted later than now');
  t.same(edgesOf([grant({ windows: [{ after: 7 }, { after: 3 }] })], [20]), { cuts: [14], limits: [{ of: 'nothing', plus: 21 }, { of: 'accepted', plus: 8 }] }, 'the longest delay counts');
  t.same(edgesOf([grant({ windows: [{ after: 7, for: 5 }] })], [20]), { cuts: [14, 9], limits: [{ of: 'nothing', plus: 21 }, { of: 'accepted', plus: 8 }, { of: 'accepted', plus: 13 }] });
  t.same(edgesOf([grant({ windows: [{ after: 7 }], notBefore: 15 })], [20]).cuts.sort((a, b) => a - b), [8, 9, 14, 15, 16], 'an instant before which nothing is released is met by what is accepted from it on');
});

t.test('a part is seen while its title is', async (t) => {
  fc.assert(
    fc.property(grants, maybe, fc.boolean(), (found, given, isThere) => {
      // Of one report both have one date, if any.
      const date = found.notBefore === undefined ? {} : { notBefore: found.notBefore };
      const [title, part] = [isThere ? found : undefined, given && { ...WHOLE, windows: given.windows, ...date }];
      const both = withTitle(title, part);
      return lifetimes.every((lifetime) => moments.every((at) => seen(both, lifetime, at) === (seen(title, lifetime, at) && seen(part, lifetime, at))));
    }),
    runs(40),
  );
  t.same(withTitle({ ...WHOLE, windows: [{ after: 1 }], reveal: ['text', 'harm'] }, { ...WHOLE, windows: [{ after: 2, for: 3 }], reveal: ['text'] }), { ...WHOLE, windows: [{ after: 1 }, { after: 2, for: 3 }], reveal: ['text'] }, 'what is shown of it is its own');
});

t.test('more or less', async (t) => {
  const grant = (change: Partial<Grant>): Grant => ({ ...WHOLE, ...change });
  const same = { more: [], less: [], origin: 'same', handling: { wider: [], stricter: [], other: [] } };
  t.same(compareGrants(grant({}), grant({})), same);
  t.same(compareGrants(grant({ reveal: ['digest', 'note'] }), grant({ reveal: ['digest', 'harm'] })), { ...same, more: ['harm'], less: ['note'] });
  t.same([compareGrants(grant({ origin: 'named' }), grant({ origin: 'hidden' })).origin, compareGrants(grant({ origin: 'pseudonymous' }), grant({ origin: 'named' })).origin], ['less', 'more']);
  const handled = (change: Partial<Grant['handling']>): Grant => grant({ handling: { ...WHOLE.handling, ...change } });
  const handling = (before: Partial<Grant['handling']>, after: Partial<Grant['handling']>) => compareGrants(handled(before), handled(after)).handling;
  t.same(handling({ tlp: 'GREEN' }, { tlp: 'AMBER' }), { wider: [], stricter: ['tlp'], other: [] });
  t.same(handling({ tlp: 'AMBER', pap: 'RED' }, { tlp: 'GREEN', pap: 'CLEAR' }), { wider: ['pap', 'tlp'], stricter: [], other: [] });
  t.same(handling({ attribution: 'must' }, { attribution: 'must-not' }), { wider: [], stricter: [], other: ['attribution'] }, 'what contradicts is neither');
  t.same(handling({ onward_groups: ['a', 'b'] }, { onward_groups: ['b', 'c'] }), { wider: [], stricter: [], other: ['onward_groups'] }, 'nor is what each has of its own');
  t.same([0, 3_600_000, 90_000, 1_500].map(durationText), ['PT0H', 'PT1H', 'PT90S', 'PT1.5S']);
});

t.test('the rules that have the say are those that the plain evaluator names', async (t) => {
  const told = { granted: 0, ruled: 0, withheld: 0 };
  fc.assert(
    fc.property(scenes, ({ world, instants, viewers, objects }) => instants.every((at) => {
      const responsible = new Responsible(world, at);
      return viewers.every((id) => objects.every((object) => {
        const viewer = world.members.get(id);
        if (!viewer || object.origin === id) return true;
        const { grant, findings } = judge({ world, at, viewer: id, object });
        const said = responsible.say(object, viewer, grant !== undefined);
        told[grant ? 'granted' : 'withheld'] += 1;
        const layers = findings.filter(({ layer }) => layer === 'charter' || layer === 'policy') as { layer: 'charter' | 'policy'; rule?: string }[];
        if (layers.some(({ rule }) => rule !== undefined)) told.ruled += 1;
        return said.withheld_by === findings.find(({ effect }) => effect === 'withhold')?.layer && layers.every(({ layer, rule }) => said[layer] === rule);
      }));
    })),
    runs(60),
  );
  const here = worldOf({});
  t.same(new Responsible(here, NOON).say(request({}).object, here.members.get('viewer')!, false), { charter: 'everything', policy: 'everything' }, 'no layer withholds what would be shared by itself');
  t.comment(JSON.stringify(told));
  t.ok(told.granted > 100 * portion && told.ruled > 1000 * portion && told.withheld > 1000 * portion);
});
