import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { projectFile } from '../../schemas/root.ts';
import type { Policy, Rule } from '../../schemas/types.ts';
import { validatorOf } from '../../server/http/validation.ts';
import { compile } from '../../server/policy/compile.ts';
import { decide, type Request } from '../../server/policy/decide.ts';
import { lintRules } from '../../server/policy/lint.ts';
import { validatePolicy, namesOf } from '../../server/policy/validate.ts';
import { inquiries } from './arbitraries.ts';
import { activation, EVERYTHING, NOON, policy, request, share, withhold } from './build.ts';

/** Set SEED to run the same worlds again. */
const seed = Number(process.env['SEED'] ?? 20_261_201);
t.comment(`SEED=${seed}`);

const errors = validatorOf('Policy');
const folder = projectFile('sharing-policies');
const shipped = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => JSON.parse(readFileSync(`${folder}/${name}/policy.json`, 'utf8')) as Policy);

/** Processor time in milliseconds: other processes do not count. */
function cost(does: () => void): number {
  const before = process.cpuUsage();
  does();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Words that stand somewhere in the language, and some that stand nowhere. */
const scraps = fc.oneof(
  fc.constantFrom<unknown>('in', 'share', 'signals', 'counts', 'fraud', 'all', 'P99999D', 'PT0S', '2026-11-10T12:00:00Z', '', -1, 0, 5, 1e308, null, [], {}, true, '__proto__', 'constructor'),
  fc.constantFrom<unknown>({ in: [] }, { any: ['a'], none: ['a'] }, { atLeast: 100, atMost: 0 }, { from: '2026-11-10T12:00:00Z', until: '2026-11-10T12:00:00Z' }, ['signals', 'signals']),
);

/** A document in which some values are others. */
function scrambled(value: unknown, picks: Iterator<[number, unknown]>): unknown {
  const { value: [chance, scrap] } = picks.next() as { value: [number, unknown] };
  if (chance === 0) return scrap;
  if (Array.isArray(value)) return value.map((one) => scrambled(one, picks));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [chance === 1 && typeof scrap === 'string' && scrap !== '__proto__' ? scrap : key, scrambled(inner, picks)]));
}

function* cycle<T>(items: readonly T[]): Generator<T> {
  for (let index = 0; ; index += 1) yield items[index % items.length]!;
}

t.test('whatever a document says, it is refused with a place, or it decides: never an error, never a difference', async (t) => {
  let accepted = 0;
  const numRuns = 600;
  fc.assert(
    fc.property(fc.constantFrom(...shipped), fc.array(fc.tuple(fc.nat(60), scraps), { minLength: 97, maxLength: 97 }), inquiries, (from, picks, { request: asked, lifetime }) => {
      const { rules, ...rest } = from;
      const place = picks[0]![0] % rules.length;
      const candidate = { ...rest, rules: scrambled(rules.slice(place, place + 2), cycle(picks)) };
      const places = errors(candidate);
      if (places) return places.length > 0 && places.every(({ pointer, detail }) => pointer.startsWith('/') && detail.length > 0);
      accepted += 1;
      const document = candidate as Policy;
      validatePolicy(document, namesOf(document));
      return ['hub', 'origin'].every((owner) => {
        const world = { ...asked.world, activations: new Map([...asked.world.activations, [owner, [activation(document)]]] as const) };
        const { grant } = decide({ ...asked, world }, lifetime);
        return JSON.stringify(compile(world, asked.at).viewer(asked.viewer, asked.feed).grant(asked.object)) === JSON.stringify(grant);
      });
    }),
    { seed, numRuns },
  );
  t.comment(`${accepted} of ${numRuns} accepted`);
  t.ok(accepted > numRuns / 20);
});

t.test('too many rules, too long lists and durations without end are refused with the place', async (t) => {
  const pointer = (rule: unknown, count = 1): string | undefined => errors({ id: 'test/policy', title: 'Test', summary: 'Test.', rules: Array.from({ length: count }, () => rule) })?.[0]?.pointer;
  const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `m${index}`);
  t.equal(pointer(share('s', { terms: { reveal: ['digest'] } })), undefined);
  t.equal(pointer(share('s', { terms: { reveal: ['digest'] } }), 10_000), '/rules');
  t.equal(pointer(withhold('w', { peers: { id: { in: numbered(1001) } } })), '/rules/0/peers/id/in');
  t.equal(pointer(withhold('w', { incidents: { open: numbered(101) } })), '/rules/0/incidents/open');
  t.equal(pointer(withhold('w', { reports: { tactics: { in: numbered(501) } } })), '/rules/0/reports/tactics/in');
  t.equal(pointer(share('s', { terms: { ...EVERYTHING, after: 'P99999D' } })), '/rules/0/terms/after');
  t.equal(pointer(share('s', { terms: { ...EVERYTHING, for: 'PT9999999999S' } })), '/rules/0/terms/for');
  t.equal(pointer(share('s', { peers: { contributed: { atLeast: 1, within: 'P31D' } } as unknown as NonNullable<Rule['peers']> })), '/rules/0/peers/contributed/within');
  t.equal(pointer({ ...share('s'), signals: { harm: { in: ['fraud.made-up'] } } }), '/rules/0/signals/harm/in/0');
  t.equal(pointer(JSON.parse('{"id":"s","effect":"withhold","__proto__":{"peers":{}}}')), '/rules/0');
});

t.test('the largest policy that is accepted is checked, compiled and asked in bounded time', async (t) => {
  const ids = Array.from({ length: 1000 }, (_, index) => `m${index}`);
  const labels = Array.from({ length: 100 }, (_, index) => `l${index}`);
  const rules = Array.from({ length: 500 }, (_, index): Rule => withhold(`w${index}`, { signals: { labels: { all: labels }, origin: { id: { notIn: ids } } }, peers: { id: { in: ids }, subscribed: { any: ['all'] } } }));
  const largest = policy(...rules);
  const asked: Request = request({ policy: largest, signal: { labels } });
  t.equal(errors(largest), undefined);
  const spent = cost(() => {
    t.same(validatePolicy(largest, namesOf(largest)), []);
    t.equal(decide(asked, { accepted: NOON }).grant, undefined);
    t.equal(compile(asked.world, NOON).viewer('viewer').grant(asked.object), undefined);
  });
  t.comment(`${Math.round(spent)} ms for ${JSON.stringify(largest).length} bytes`);
  t.ok(spent < 10_000);
});

t.test('rules that are all alike are looked at one by one, in bounded time', async (t) => {
  const rules = Array.from({ length: 500 }, (_, index): Rule => share(`s${index}`, { signals: { confidence: { atLeast: 100 - 5 * (index % 20) } }, terms: { ...EVERYTHING, after: `PT${500 - index}H` } }));
  const alike = policy(...rules);
  t.equal(errors(alike), undefined);
  const steps: number[] = [];
  const spent = cost(() => {
    for (const found of lintRules(alike, { charter: alike })) steps.push(found.length);
  });
  t.comment(`${Math.round(spent)} ms`);
  t.equal(steps.length, 500, 'others can run in between');
  t.ok(steps.reduce((sum, found) => sum + found, 0) > 1000);
  t.ok(spent < 10_000);
});
