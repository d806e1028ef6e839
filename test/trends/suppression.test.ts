import fc from 'fast-check';
import t from 'tap';
import { harmTree } from '../../schemas/harms.ts';
import { enumeration } from '../../server/policy/conditions.ts';
import type { SignalAttributes } from '../../server/policy/object.ts';
import { isSafe, LIMITS, shownOf } from '../../server/trends/suppress.ts';
import { tablesOf, type Counted } from '../../server/trends/tables.ts';
import { boundsOf, isIn, type Group, type Target } from './attack.ts';

const seed = Number(process.env['SEED'] ?? 20_261_201);
t.comment(`SEED=${seed}`);

const HARMS = ['fraud', 'fraud.phishing', 'fraud.investment', 'fraud.investment.pyramid', 'fraud.romance', 'csea', 'csea.grooming', 'spam', 'malware'];
const TARGETS: Target[] = [
  ...HARMS.flatMap((value): Target[] => [{ dimension: 'harm', value }, { dimension: 'harm', value, only: true }]),
  ...(['type', 'severity'] as const).flatMap((dimension) => enumeration(dimension === 'type' ? 'IndicatorType' : 'Severity').map((value): Target => ({ dimension, value }))),
];

type Posted = Group & { origin: number };

const posted: fc.Arbitrary<Posted> = fc.record({
  origin: fc.integer({ min: 1, max: 6 }),
  harm: fc.constantFrom(...HARMS, 'fraud.phishing', 'fraud.phishing', 'spam'),
  type: fc.constantFrom('url', 'url', 'media', 'account'),
  severity: fc.constantFrom('high', 'high', 'medium', 'medium', 'low', 'critical'),
  signals: fc.oneof({ arbitrary: fc.integer({ min: 1, max: 3 }), weight: 3 }, { arbitrary: fc.integer({ min: 4, max: 60 }), weight: 1 }),
});
const weeks = fc.array(posted, { minLength: 5, maxLength: 60 });

const counted = (week: readonly Posted[]): Counted[] =>
  week.map(({ origin, harm, type, severity, signals }) => ({ origin, signals, attributes: { harm, type, severity } as SignalAttributes }));

t.test('what is said is exact, and safe by itself', (t) => {
  fc.assert(
    fc.property(weeks, (week) => {
      for (const { dimension, value, signals, origins } of tablesOf(counted(week))) {
        const within = week.filter((group) => isIn({ dimension, value }, group));
        const by = new Map<number, number>();
        for (const group of within) by.set(group.origin, (by.get(group.origin) ?? 0) + group.signals);
        const total = within.reduce((sum, group) => sum + group.signals, 0);
        const largest = Math.max(...by.values());
        if (signals !== total || origins !== by.size) return false;
        if (origins < 3 || total - largest < 5 || largest > 0.8 * total) return false;
      }
      return true;
    }),
    { seed, numRuns: 500 },
  );
  t.end();
});

t.test('linear programming over all that is said, by one who takes off its own, does not narrow down what is not said', (t) => {
  const tally = { sought: 0 };
  fc.assert(
    fc.property(weeks, fc.nat(), (week, pick) => {
      const said = tablesOf(counted(week));
      if (said.length === 0) return;
      const hidden = TARGETS.filter((target) => isSought(week, target) && !said.some(({ dimension, value }) => !target.only && dimension === target.dimension && value === target.value));
      const target = hidden[pick % Math.max(1, hidden.length)];
      if (!target) return;
      for (const insider of [0, 1 + (pick % 6)]) {
        const { least, most } = boundsOf(target, said, week.filter(({ origin }) => origin === insider), HARMS);
        tally.sought += 1;
        if (most - least < LIMITS.others) throw new Error(`${JSON.stringify(target)} is from ${least} to ${most} for ${insider}`);
      }
    }),
    { seed, numRuns: 60 },
  );
  t.comment(JSON.stringify(tally));
  t.ok(tally.sought > 60, 'something was sought');
  t.end();
});

/** Whether the number is one of those that must not be found out: it is of somebody, and could not be said by itself. */
function isSought(week: readonly Posted[], target: Target): boolean {
  const by = new Map<number, number>();
  for (const group of week) if (isIn(target, group)) by.set(group.origin, (by.get(group.origin) ?? 0) + group.signals);
  return by.size > 0 && !isSafe(by);
}

t.test('the attack finds out what is held back when only small cells are', (t) => {
  const week: Posted[] = [
    ...[1, 2, 3].map((origin) => ({ origin, harm: 'spam', type: 'url', severity: 'high', signals: 30 })),
    ...[1, 2, 3].map((origin) => ({ origin, harm: 'malware', type: 'url', severity: 'high', signals: 20 })),
    { origin: 4, harm: 'csea', type: 'url', severity: 'high', signals: 2 },
  ];
  const naive = [{ dimension: 'all' as const, value: 'all', signals: 152, origins: 4 }, { dimension: 'harm' as const, value: 'spam', signals: 90, origins: 3 }, { dimension: 'harm' as const, value: 'malware', signals: 60, origins: 3 }];
  const target: Target = { dimension: 'harm', value: 'csea' };
  t.same(boundsOf(target, naive, [], ['spam', 'malware', 'csea']), { least: 2, most: 2 });
  const said = tablesOf(counted(week));
  t.same(said.filter(({ dimension }) => dimension === 'harm').map(({ value }) => value), ['spam'], 'so the smaller of its neighbours is held back too');
  t.same(boundsOf(target, said, [], ['spam', 'malware', 'csea']), { least: 0, most: 62 });
  t.end();
});

t.test('what is safe', (t) => {
  const cases: [string, Record<number, number>, boolean][] = [
    ['nothing', {}, false],
    ['two origins', { 1: 50, 2: 50 }, false],
    ['three, with five besides the largest', { 1: 5, 2: 3, 3: 2 }, true],
    ['three, with four besides the largest', { 1: 5, 2: 2, 3: 2 }, false],
    ['one with just 80 percent', { 1: 40, 2: 5, 3: 5 }, true],
    ['one with more', { 1: 41, 2: 5, 3: 5 }, false],
  ];
  for (const [name, signals, safe] of cases) t.equal(isSafe(new Map(Object.entries(signals).map(([origin, n]) => [Number(origin), n]))), safe, name);
  const cell = (value: string, ...signals: number[]) => ({ value, tally: new Map(signals.map((n, index) => [index, n])) });
  t.same(shownOf([cell('a', 9, 9, 9), cell('b', 8, 8, 8)]).map(({ value }) => value), ['a', 'b']);
  t.same(shownOf([cell('a', 9, 9, 9), cell('b', 8, 8, 8), cell('c', 1)]).map(({ value }) => value), ['a']);
  t.same(shownOf([cell('a', 9, 9, 9), { ...cell('b', 8, 8, 8), unnamed: true }]).map(({ value }) => value), ['a'], 'what has no name of its own is never said');
  t.ok(harmTree.harms.has('fraud.investment.pyramid'));
  t.end();
});
