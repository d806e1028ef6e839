import t from 'tap';
import type { Rule } from '../../schemas/types.ts';
import { countable } from '../../server/policy/counting.ts';
import type { Incident } from '../../server/policy/world.ts';
import { ask, DAY, HOUR, NOON, outcome, policy, request, share, signal, withhold, type Scene } from './build.ts';
import { duration, formatInstant, instant, parseDuration, parseInstant } from '../../server/policy/time.ts';

t.test('instants', async (t) => {
  for (const [text, utc] of [
    ['2026-11-10T12:00:00Z', '2026-11-10T12:00:00.000Z'],
    ['2026-11-10T12:00:00.1Z', '2026-11-10T12:00:00.100Z'],
    ['2026-11-10T12:00:00.123+01:30', '2026-11-10T10:30:00.123Z'],
    ['2026-11-10T12:00:00-00:00', '2026-11-10T12:00:00.000Z'],
    ['2026-01-01T00:00:00+23:59', '2025-12-31T00:01:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ] as const) {
    const at = parseInstant(text);
    t.equal(at === undefined ? undefined : formatInstant(at), utc, text);
  }
  for (const [text, why] of [
    ['2026-02-30T00:00:00Z', '30 February'],
    ['2026-02-29T00:00:00Z', '29 February of a common year'],
    ['2100-02-29T00:00:00Z', '29 February of a century'],
    ['2026-04-31T00:00:00Z', '31 April'],
    ['2026-00-10T00:00:00Z', 'month 0'],
    ['2026-13-10T00:00:00Z', 'month 13'],
    ['2026-11-00T00:00:00Z', 'day 0'],
    ['2026-11-10T24:00:00Z', 'hour 24'],
    ['2026-11-10T12:60:00Z', 'minute 60'],
    ['2016-12-31T23:59:60Z', 'a leap second'],
    ['2026-11-10T12:00:00.1234Z', 'finer than milliseconds'],
    ['2026-11-10T12:00:00.Z', 'an empty fraction'],
    ['2026-11-10T12:00:00', 'no offset'],
    ['2026-11-10T12:00:00+0100', 'an offset without colon'],
    ['2026-11-10T12:00:00+24:00', 'offset hour 24'],
    ['2026-11-10T12:00:00+01:60', 'offset minute 60'],
    ['2026-11-10 12:00:00Z', 'a space'],
    ['2026-11-10', 'a date'],
    [' 2026-11-10T12:00:00Z', 'white space'],
    ['2026-11-10T12:00:00Z\n', 'a line end'],
    ['0000-06-01T00:00:00Z', 'year 0'],
    ['0001-01-01T00:00:00+00:01', 'before year 1 in UTC'],
    ['9999-12-31T23:59:59-00:01', 'after year 9999 in UTC'],
    ['+10000-01-01T00:00:00Z', 'a fifth digit'],
    ['', 'nothing'],
  ] as const) t.equal(parseInstant(text), undefined, why);
  t.throws(() => instant('yesterday'), { message: 'not an instant' });
});

t.test('exact durations', async (t) => {
  for (const [text, milliseconds] of [
    ['PT0S', 0],
    ['P0D', 0],
    ['PT1S', 1000],
    ['PT90M', 90 * 60_000],
    ['P1D', DAY],
    ['PT24H', DAY],
    ['P2W', 14 * DAY],
    ['P1DT2H3M4S', DAY + 2 * HOUR + 3 * 60_000 + 4000],
    ['P3660D', 3660 * DAY],
    ['PT87840H', 3660 * DAY],
  ] as const) t.equal(parseDuration(text), milliseconds, text);
  for (const [text, why] of [
    ['P1M', 'months have no length'],
    ['P1Y', 'years have no length'],
    ['P1W1D', 'weeks stand alone'],
    ['P', 'nothing'],
    ['PT', 'no time after T'],
    ['P1DT', 'no time after T'],
    ['PT5', 'no unit'],
    ['PT1.5H', 'a fraction'],
    ['PT1S2M', 'the wrong order'],
    ['-P1D', 'backwards'],
    ['P-1D', 'backwards'],
    ['p1d', 'lower case'],
    ['P3661D', 'longer than 3,660 days'],
    ['P3660DT1S', 'a second longer'],
    ['P524W', 'as weeks'],
    ['P99999D', 'far longer'],
    ['P999999999999D', 'too many digits'],
    ['P1D\n', 'a line end'],
  ] as const) t.equal(parseDuration(text), undefined, `${text}: ${why}`);
  t.throws(() => duration('P1M'), { message: 'not an exact duration' });
});

/** Whether a share with the conditions shares, and whether a withhold with them withholds. */
function both(conditions: Pick<Rule, 'signals' | 'peers' | 'during' | 'incidents'>, scene: Scene = {}): { share: boolean; withhold: boolean } {
  return {
    share: outcome({ ...scene, policy: policy(share('tested', conditions)) }) === 'visible',
    withhold: outcome({ ...scene, policy: policy(withhold('tested', conditions), share('otherwise')) }) === 'policy',
  };
}

const holds = { share: true, withhold: true };
const fails = { share: false, withhold: false };
/** Unset or unknown: fails the share, meets the withhold. */
const unknown = { share: false, withhold: true };

t.test('what is unset or unknown fails a share and meets a withhold', async (t) => {
  for (const [attribute, one, other] of [['intent', 'malicious', 'unclear'], ['novelty', 'new', 'known'], ['basis', 'own-observation', 'derived']] as const) {
    t.same(both({ signals: { [attribute]: { in: [one] } } }), unknown, `${attribute} in, unset`);
    t.same(both({ signals: { [attribute]: { notIn: [one] } } }), unknown, `${attribute} notIn, unset`);
    t.same(both({ signals: { [attribute]: { in: [one] } } }, { signal: { [attribute]: one } }), holds, `${attribute} in`);
    t.same(both({ signals: { [attribute]: { in: [one] } } }, { signal: { [attribute]: other } }), fails, `${attribute} in another`);
    t.same(both({ signals: { [attribute]: { notIn: [one] } } }, { signal: { [attribute]: other } }), holds, `${attribute} notIn`);
    t.same(both({ signals: { [attribute]: { notIn: [one] } } }, { signal: { [attribute]: one } }), fails, `${attribute} notIn it`);
  }
  for (const operator of ['any', 'all', 'none']) {
    t.same(both({ peers: { jurisdictions: { [operator]: ['NL'] } } }), unknown, `jurisdictions ${operator}, none stated`);
    t.same(both({ signals: { origin: { jurisdictions: { [operator]: ['NL'] } } } }), unknown, `the origin’s jurisdictions ${operator}, none stated`);
  }
  t.same(both({ signals: { harm: { in: ['fraud'] } } }, { signal: { harm: 'fraud.of-tomorrow' } }), unknown, 'a harm that is not in the tree');
  t.same(both({ signals: { harm: { notIn: ['csea'] } } }, { signal: { harm: 'csea.of-tomorrow' } }), unknown, 'a harm that is not in the tree, excluded');
  t.same(both({ signals: { scheme: { notIn: ['media-md5'] } } }, { signal: { schemes: [] } }), unknown, 'no digest at all');
});

t.test('a group that was deleted is unknown, others decide where they can', async (t) => {
  const scene: Scene = { groups: ['alive', 'empty'], viewer: { groups: ['alive', 'deleted'] } };
  t.same(both({ peers: { groups: { any: ['deleted'] } } }, scene), unknown);
  t.same(both({ peers: { groups: { all: ['deleted'] } } }, scene), unknown);
  t.same(both({ peers: { groups: { none: ['deleted'] } } }, scene), unknown);
  t.same(both({ peers: { groups: { any: ['deleted', 'alive'] } } }, scene), holds, 'any: one that holds is enough');
  t.same(both({ peers: { groups: { any: ['deleted', 'empty'] } } }, scene), unknown);
  t.same(both({ peers: { groups: { all: ['deleted', 'alive'] } } }, scene), unknown);
  t.same(both({ peers: { groups: { all: ['deleted', 'empty'] } } }, scene), fails, 'all: one that fails is enough');
  t.same(both({ peers: { groups: { none: ['deleted', 'alive'] } } }, scene), fails, 'none: one that is there is enough');
  t.same(both({ peers: { groups: { none: ['deleted', 'empty'] } } }, scene), unknown);
  t.same(both({ signals: { origin: { groups: { any: ['deleted'] } } } }, { ...scene, origin: { groups: ['deleted'] } }), unknown, 'the origin’s groups');
});

t.test('sets, where nothing is unknown', async (t) => {
  const labels = { signal: { labels: ['a', 'b'] } };
  for (const [operator, operand, expected] of [
    ['any', ['a', 'x'], holds], ['any', ['x', 'y'], fails],
    ['all', ['a', 'b'], holds], ['all', ['a', 'x'], fails],
    ['none', ['x', 'y'], holds], ['none', ['a', 'x'], fails],
  ] as const) {
    t.same(both({ signals: { labels: { [operator]: operand } } }, labels), expected, `labels ${operator} ${operand.join()}`);
    t.same(both({ peers: { jurisdictions: { [operator]: operand.map((one) => one.toUpperCase() + one.toUpperCase()) } } }, { viewer: { jurisdictions: ['AA', 'BB'] } }), expected, `jurisdictions ${operator} ${operand.join()}`);
  }
  t.same(both({ signals: { labels: { none: ['a'] } } }), holds, 'no labels are known to be none');
  t.same(both({ peers: { groups: { none: ['g'] } } }, { groups: ['g'] }), holds, 'no groups are known to be none');
  t.same(both({ peers: { agreements: { none: ['a'] } } }), holds, 'no agreements are known to be none');
});

t.test('agreements hold from their beginning, until before their end', async (t) => {
  const peers = { agreements: { all: ['code'] } };
  const between = (from: number, until?: number): Scene => ({ viewer: { agreements: [{ id: 'code', from, ...(until === undefined ? {} : { until }) }] } });
  t.same(both({ peers }, between(NOON)), holds);
  t.same(both({ peers }, between(NOON + 1)), fails);
  t.same(both({ peers }, between(-Infinity, NOON + 1)), holds);
  t.same(both({ peers }, between(-Infinity, NOON)), fails);
  t.same(both({ peers }, { viewer: { agreements: [{ id: 'code', from: 0, until: 1 }, { id: 'code', from: 2 }] } }), holds, 'accepted again');
});

t.test('a window holds from its beginning, until before its end', async (t) => {
  const during = { from: formatInstant(NOON), until: formatInstant(NOON + HOUR) };
  t.same(both({ during }), holds);
  t.same(both({ during }, { at: NOON - 1 }), { share: false, withhold: false });
  t.equal(outcome({ at: NOON + HOUR - 1, policy: policy(share('tested', { during })) }), 'visible');
  t.equal(outcome({ at: NOON + HOUR, policy: policy(share('tested', { during })) }), 'policy');
});

t.test('orders: both bounds are included', async (t) => {
  for (const [bounds, expected] of [
    [{ atLeast: 50 }, holds], [{ atLeast: 55 }, fails], [{ atMost: 50 }, holds], [{ atMost: 45 }, fails], [{ atLeast: 50, atMost: 50 }, holds],
  ] as const) t.same(both({ signals: { confidence: bounds } }), expected, `confidence ${JSON.stringify(bounds)}`);
  t.same(both({ signals: { severity: { atLeast: 'medium', atMost: 'medium' } } }), holds);
  t.same(both({ signals: { severity: { atLeast: 'high' } } }), fails);
  t.same(both({ signals: { tlp: { atMost: 'AMBER' } } }, { signal: { tlp: 'AMBER+STRICT' } }), fails);
  t.same(both({ peers: { trust: { atLeast: 'verified' } } }, { viewer: { trust: 'trusted' } }), holds);
  t.same(both({ peers: { trust: { atMost: 'unverified' } } }), fails);
});

t.test('a harm covers what lies below it; a share covers every scheme, a withhold any', async (t) => {
  t.same(both({ signals: { harm: { in: ['fraud'] } } }), holds);
  t.same(both({ signals: { harm: { in: ['fraud.phishing'] } } }, { signal: { harm: 'fraud' } }), fails, 'a leaf does not cover its parent');
  t.same(both({ signals: { harm: { notIn: ['fraud'] } } }), fails);
  t.same(both({ signals: { harm: { in: ['self-harm'] } } }, { signal: { harm: 'self-harm.suicide' } }), holds);
  const two = { signal: signal({ schemes: ['media-pdq', 'media-md5'] }) };
  t.same(both({ signals: { scheme: { in: ['media-pdq', 'media-md5'] } } }, two), holds);
  t.same(both({ signals: { scheme: { in: ['media-pdq'] } } }, two), unknown);
  t.same(both({ signals: { scheme: { notIn: ['media-pdq'] } } }, two), unknown);
  t.same(both({ signals: { scheme: { in: ['media-sha1'] } } }, two), fails);
});

t.test('all conditions of a rule must hold, and a rule without any holds for everything', async (t) => {
  t.same(both({}), holds);
  t.same(both({ signals: { type: { in: ['url'] }, status: { in: ['malicious'] } }, peers: { kind: { in: ['platform'] } } }), holds);
  t.same(both({ signals: { type: { in: ['url'] }, status: { in: ['unknown'] } } }), fails);
  t.same(both({ signals: { type: { in: ['url'], notIn: ['url'] } } }), fails, 'both operators of one attribute');
  t.same(both({ signals: { intent: { in: ['malicious'] }, type: { in: ['media'] } } }), fails, 'what is false outweighs what is unknown');
});

t.test('agreements by version: that one or a later one', async (t) => {
  const accepted = (version?: number): Scene => ({ viewer: { agreements: [{ id: 'code', ...(version === undefined ? {} : { version }), from: 0 }] } });
  const asks = (named: string): Pick<Rule, 'peers'> => ({ peers: { agreements: { any: [named] } } });
  t.same(both(asks('code@2'), accepted(2)), holds);
  t.same(both(asks('code@2'), accepted(3)), holds);
  t.same(both(asks('code@2'), accepted(1)), fails);
  t.same(both(asks('code@1'), accepted()), holds, 'no version is the first');
  t.same(both(asks('code@2'), accepted()), fails);
  t.same(both(asks('code'), accepted(7)), holds, 'any version');
  t.same(both(asks('cod'), accepted(7)), fails);
});

t.test('what was measured of a member', async (t) => {
  const viewer = { measures: { contributed: { P30D: 50 }, foundGood: { P90D: 60 }, overturned: 5, stale: 10 } };
  for (const [peers, expected] of [
    [{ contributed: { atLeast: 50, within: 'P30D' } }, holds],
    [{ contributed: { atLeast: 51, within: 'P30D' } }, fails],
    [{ contributed: { atLeast: 1, within: 'P7D' } }, unknown],
    [{ found_good: { atLeast: 60, within: 'P90D' } }, holds],
    [{ found_good: { atLeast: 61, within: 'P90D' } }, fails],
    [{ found_good: { atLeast: 0, within: 'P365D' } }, unknown],
    [{ quality: { overturned: { atMost: 5 } } }, holds],
    [{ quality: { overturned: { atMost: 4 } } }, fails],
    [{ quality: { overturned: { atLeast: 5 } } }, holds],
    [{ quality: { stale: { atLeast: 11 } } }, fails],
    [{ quality: { stale: { atLeast: 10, atMost: 10 } } }, holds],
    [{ quality: { overturned: { atMost: 5 }, stale: { atMost: 9 } } }, fails],
  ] as [NonNullable<Rule['peers']>, typeof holds][]) {
    t.same(both({ peers }, { viewer }), expected, JSON.stringify(peers));
    t.same(both({ signals: { origin: peers } }, { origin: viewer }), expected, `the origin: ${JSON.stringify(peers)}`);
    t.same(both({ peers }), unknown, `nothing measured: ${JSON.stringify(peers)}`);
  }
});

t.test('subscriptions: to feeds that exist; unknown where nobody says', async (t) => {
  const scene: Scene = { feeds: [{ id: 'origin/fraud' }, { id: 'origin/spam' }], viewer: { subscriptions: new Set(['all', 'origin/fraud', 'origin/gone']) } };
  t.same(both({ peers: { subscribed: { any: ['origin/fraud', 'origin/spam'] } } }, scene), holds);
  t.same(both({ peers: { subscribed: { any: ['origin/spam'] } } }, scene), fails);
  t.same(both({ peers: { subscribed: { all: ['all', 'origin/fraud'] } } }, scene), holds, 'the feed of everything exists');
  t.same(both({ peers: { subscribed: { none: ['origin/spam'] } } }, scene), holds);
  t.same(both({ peers: { subscribed: { any: ['origin/gone'] } } }, scene), unknown, 'a feed that was deleted');
  t.same(both({ peers: { subscribed: { none: ['origin/spam'] } } }, { ...scene, viewer: {} }), unknown);
});

t.test('incidents: open, closed, and who responds', async (t) => {
  const incident = (id: string, open: Incident['open'], responders: string[] = []): Incident => ({ id, open, severity: 'high', harms: [], responders: new Set(responders) });
  const incidents = [incident('flood', [{ from: NOON - DAY, until: NOON - HOUR }, { from: NOON }], ['viewer']), incident('storm', [{ from: NOON - DAY, until: NOON }]), incident('never', [])];
  const scene: Scene = { incidents };
  t.same(both({ incidents: { open: ['flood'] } }, scene), holds, 'from its opening');
  t.same(both({ incidents: { open: ['storm'] } }, scene), fails, 'until its closing');
  t.same(both({ incidents: { open: ['storm', 'flood'] } }, scene), holds, 'one is enough');
  t.same(both({ incidents: { open: ['storm', 'unheard-of'] } }, scene), unknown);
  t.same(both({ incidents: { open: ['flood', 'unheard-of'] } }, scene), holds);
  t.same(both({ incidents: { closed: ['storm', 'flood'] } }, scene), holds);
  t.same(both({ incidents: { closed: ['flood'] } }, scene), fails);
  t.same(both({ incidents: { closed: ['never'] } }, scene), holds);
  t.same(both({ incidents: { closed: ['flood', 'unheard-of'] } }, scene), unknown);
  t.same(both({ incidents: { open: ['flood'], closed: ['storm'] } }, scene), holds, 'both must hold');
  t.same(both({ incidents: { open: ['flood'] } }), unknown, 'a hub without incidents');
  t.equal(outcome({ ...scene, policy: policy(share('tested', { incidents: { open: ['flood'] } })), at: NOON - 1 }), 'policy', 'between two spells');
  t.same(both({ peers: { responds: { any: ['storm', 'flood'] } } }, scene), holds);
  t.same(both({ peers: { responds: { any: ['storm'] } } }, scene), fails);
  t.same(both({ peers: { responds: { any: ['storm', 'unheard-of'] } } }, scene), unknown);
});

t.test('corroboration, dispute and where it plays', async (t) => {
  t.same(both({ signals: { corroboration: { atLeast: 2 } } }, { signal: { corroboration: 2 } }), holds);
  t.same(both({ signals: { corroboration: { atLeast: 2 } } }, { signal: { corroboration: 1 } }), fails);
  t.same(both({ signals: { corroboration: { atMost: 0 } } }, { signal: { corroboration: 0 } }), holds);
  t.same(both({ signals: { corroboration: { atLeast: 0 } } }), unknown);
  t.same(both({ signals: { dispute: { in: ['none'] } } }, { signal: { dispute: 'none' } }), holds);
  t.same(both({ signals: { dispute: { notIn: ['upheld'] } } }, { signal: { dispute: 'upheld' } }), fails);
  t.same(both({ signals: { dispute: { notIn: ['upheld'] } } }), unknown);
  t.same(both({ signals: { jurisdictions: { any: ['NL'] } } }, { signal: { jurisdictions: ['NL', 'FR'] } }), holds);
  t.same(both({ signals: { jurisdictions: { none: ['NL'] } } }, { signal: { jurisdictions: ['FR'] } }), holds);
  t.same(both({ signals: { jurisdictions: { none: ['NL'] } } }, { signal: { jurisdictions: [] } }), unknown);
  t.same(both({ signals: { jurisdictions: { none: ['NL'] } } }), unknown);
});

t.test('an exercise: only a share that names it reaches it, any withhold may, and it never counts', async (t) => {
  const drill = { exercise: 'drill' };
  const named = { signals: { exercise: { in: ['drill', 'game'] } } };
  const open = policy(share('all', named), share('real'));
  const onDrill = (rule: Partial<Rule>, more: Scene = {}): string => outcome({ charter: open, policy: policy(share('tested', rule)), signal: drill, ...more });
  t.equal(onDrill(named), 'visible');
  t.equal(onDrill({}), 'policy', 'a rule without conditions');
  t.equal(onDrill({ signals: { type: { in: ['url'] } } }), 'policy');
  t.equal(onDrill({ signals: { exercise: { in: ['game'] } } }), 'policy', 'another exercise');
  t.equal(onDrill(named, { charter: policy(share('all')) }), 'charter', 'the charter must name it too');
  t.equal(onDrill(named, { signal: {} }), 'policy', 'what is real is in no exercise');
  t.equal(outcome({ charter: open, policy: policy(withhold('w', { signals: { type: { in: ['url'] } } }), share('s', named)), signal: drill }), 'policy');
  t.equal(outcome({ charter: open, policy: policy(withhold('w', named), share('s')) }), 'visible', 'a withhold of exercises leaves alone what is real');
  t.equal(onDrill(named, { feed: { id: 'all' } }), 'feed', 'a feed that does not name it carries what is real');
  t.equal(onDrill(named, { feed: { id: 'f', filter: { exercise: { in: ['drill'] } } } }), 'visible');
  for (const scene of [{ part: drill }, { message: drill }]) {
    t.equal(outcome({ charter: policy(share('all', { reports: named.signals, messages: named.signals })), policy: policy(share('tested', { reports: named.signals, messages: named.signals })), ...scene }), 'visible');
    t.equal(outcome({ charter: policy(share('all', { reports: named.signals, messages: named.signals })), policy: policy(share('tested', { covers: ['reports', 'messages'] })), ...scene }), 'policy');
  }
  t.same(ask({ charter: open, signal: drill }).findings[1]?.traces?.[0]?.outcomes, [{ condition: 'signals.exercise', truth: false }]);
  const counts = policy({ id: 'counts', effect: 'share', covers: ['counts'], signals: named.signals });
  const { world, at, object } = request({ charter: counts, policy: counts, signal: drill });
  t.equal(countable(world, at, object), false);
});
