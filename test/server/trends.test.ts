import fc from 'fast-check';
import { createHash } from 'node:crypto';
import t, { type Test } from 'tap';
import type { BatchResult, NewSignal, OverlapTable, Rule, Trends } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import type { SignalAttributes } from '../../server/policy/object.ts';
import { freezeWeeks } from '../../server/trends/freeze.ts';
import { tablesOf, type Counted, type Said } from '../../server/trends/tables.ts';
import { weekOf } from '../../server/trends/week.ts';
import { problemOf, type Api } from '../support/api.ts';
import { activatePolicy } from '../support/policies.ts';
import { homes, startTestHub, type HomeName, type TestHub } from '../support/hub.ts';

const seed = Number(process.env['SEED'] ?? 20_261_201);
t.comment(`SEED=${seed}`);

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** A Monday. */
const START = Date.parse('2026-11-02T00:00:00Z');
const ORIGINS = ['ash', 'birch', 'cedar', 'elm', 'fir'];

for (const home of homes) {
  t.test(home, async (t) => {
    t.test('weeks', async (t) => weeks(t, home));
    t.test('rising and falling', async (t) => moving(t, home));
    t.test('overlap', async (t) => overlap(t, home));
  });
}

const counting: Rule = { id: 'counts', effect: 'share', covers: ['counts'] };
const allBut = (harm: string): Rule[] => [{ id: 'not', effect: 'withhold', covers: ['counts'], signals: { harm: { in: [harm] } } }, counting];

async function scene(t: Test, home: HomeName): Promise<{ hub: TestHub; clock: ManualClock; members: Map<string, Api>; allow: (owner: string, rules: Rule[]) => Promise<void> }> {
  const clock = new ManualClock(START);
  const hub = await startTestHub(t, { home, clock });
  const members = new Map<string, Api>([['hub', hub.operator]]);
  for (const id of ORIGINS) members.set(id, await hub.join({ id }));
  const allow = (owner: string, rules: Rule[]): Promise<void> => activatePolicy(members.get(owner)!, { id: `${owner}/counts`, title: 'Counts', summary: 'Counts.', rules });
  await allow('hub', [counting]);
  return { hub, clock, members, allow };
}

/** One signal as the oracle keeps it. */
interface Kept {
  id: string;
  origin: string;
  content: NewSignal;
  accepted: number;
  retracted?: number;
  changed?: boolean;
}

const harms = fc.constantFrom('fraud', 'fraud.phishing', 'fraud.phishing', 'fraud.romance', 'spam', 'spam', 'csea.grooming', 'malware.ransomware');
const written = fc.record({ origin: fc.constantFrom(...ORIGINS), harm: harms, severity: fc.constantFrom<NewSignal['severity'][]>('low', 'medium', 'high'), scheme: fc.constantFrom('media-md5', 'media-md5', 'url-v1'), lives: fc.constantFrom(undefined, undefined, undefined, 1, 4, 10) });

const digestOf = (text: string, bytes: number): string => createHash('sha256').update(text).digest('hex').slice(0, bytes * 2);

async function weeks(t: Test, home: HomeName): Promise<void> {
  const { hub, clock, members, allow } = await scene(t, home);
  const kept: Kept[] = [];
  const consents = new Map<string, (harm: string) => boolean>();
  const consent = async (owner: string, rules: Rule[], lets: (harm: string) => boolean): Promise<void> => {
    await allow(owner, rules);
    consents.set(owner, lets);
  };
  for (const owner of ['ash', 'birch', 'cedar']) await consent(owner, [counting], () => true);
  await consent('elm', allBut('spam'), (harm) => !harm.startsWith('spam'));

  const expected: { week: number; said: Said[] }[] = [];
  const numbers = new Map([...(await hub.hub.worlds.at((await hub.hub.head()).world)).members.values()].map(({ id, number }) => [id, number]));
  for (let week = 0; week < 3; week += 1) {
    const items = fc.sample(fc.array(written, { minLength: 110, maxLength: 130 }), { seed: seed + week, numRuns: 1 })[0]!;
    for (const day of [0, 2, 4, 6]) {
      await post(members, clock, kept, items.filter((_, index) => index % 4 === day / 2));
      const changes: Promise<void>[] = [];
      // Some are taken back, some change their harm, in the same week or a later one.
      for (const one of kept.filter(({ retracted }, index) => retracted === undefined && (index * 7 + day + week) % 31 === 0)) changes.push(retract(members, clock, one));
      for (const one of kept.filter(({ retracted, changed }, index) => retracted === undefined && !changed && (index * 5 + day + week) % 29 === 1)) changes.push(change(members, one, clock));
      await Promise.all(changes);
      if (week === 1 && day === 4) await consent('cedar', allBut('fraud'), (harm) => !harm.startsWith('fraud'));
      clock.advance(day < 6 ? 2 * DAY : week > 0 ? DAY - HOUR : DAY);
    }
    expected.push({ week: START + week * WEEK, said: tablesOf(countedAt(kept, consents, numbers, START + week * WEEK)) });
    // What happens before anybody counts is none of the week's.
    clock.advance(HOUR);
    await consent('fir', week === 1 ? [counting] : [{ id: 'none', effect: 'withhold' }], () => week === 1);
    await Promise.all(kept.filter(({ retracted }, index) => retracted === undefined && (index + week) % 23 === 0).map((one) => retract(members, clock, one)));
    t.equal(await freezeWeeks(hub.hub), 1, 'the week that ended, once');
    t.equal(await freezeWeeks(hub.hub), 0);
  }
  const read = async (): Promise<Trends> => (await members.get('elm')!.get<Trends>('/v1/trends')).body;
  const trends = await read();
  t.same(trends.weeks.map(({ from }) => Date.parse(from)), [2, 1, 0].map((week) => START + week * WEEK), 'the latest first');
  for (const { week, said } of expected) {
    const shown = trends.weeks.find(({ from }) => Date.parse(from) === week)!.cells.map(({ by, value, signals, origins }) => ({ dimension: by, value, signals, origins }));
    t.same(sorted(shown), sorted(said), `exact in the week of ${new Date(week).toISOString()}`);
  }
  t.ok(expected.every(({ said }) => said.some(({ dimension }) => dimension === 'harm')), 'something is said of harms');
  t.same(await read(), (await members.get('fir')!.get<Trends>('/v1/trends')).body, 'the same for everybody');

  await Promise.all(kept.filter(({ retracted }, index) => retracted === undefined && index % 8 === 0).map((one) => retract(members, clock, one)));
  await allow('ash', [{ id: 'none', effect: 'withhold', covers: ['counts'] }]);
  t.same(await read(), trends, 'nothing later changes what was counted');
  for (const table of ['trend_cell', 'trend_overlap', 'trend_week'] as const) await hub.hub.db.deleteFrom(table).execute();
  clock.advance(HOUR);
  await Promise.all([freezeWeeks(hub.hub), freezeWeeks(hub.hub)]);
  t.same(await read(), trends, 'and who counts late comes to the same');
  t.same((await members.get('elm')!.get<Trends>('/v1/trends?weeks=1&by=severity')).body.weeks.map(({ cells }) => cells.every(({ by }) => by === 'severity')), [true]);

  await refusals(t, hub, members);
}

async function refusals(t: Test, hub: TestHub, members: ReadonlyMap<string, Api>): Promise<void> {
  t.same(problemOf(await members.get('ash')!.get('/v1/trends?weeks=0')), ['400 invalid-parameter', '/weeks must be >= 1']);
  const narrow = hub.api(members.get('ash')!.credentials, 'signals:read');
  t.same(problemOf(await narrow.get('/v1/trends')), ['403 missing-scope']);
  await hub.operator.post('/v1/members', { id: 'police', title: 'Police', kind: 'law-enforcement' });
  t.match((await hub.operator.post('/v1/members/police/clients', { title: 'Client', scopes: ['trends:read'] })).status, 400, 'those who are barred cannot be given the scope');
}

async function post(members: ReadonlyMap<string, Api>, clock: ManualClock, kept: Kept[], items: readonly { origin: string; harm: string; severity: NewSignal['severity']; scheme: string; lives: number | undefined }[]): Promise<void> {
  for (const origin of ORIGINS) {
    const contents = items.filter((item) => item.origin === origin).map(({ harm, severity, scheme, lives }, index): NewSignal => ({
      digests: [scheme === 'url-v1' ? { scheme, key: 'hub', epoch: 1, digest: digestOf(`${origin} ${kept.length} ${index}`, 32) } : { scheme, digest: digestOf(`${origin} ${kept.length} ${index}`, 16) }],
      harm, severity, confidence: 50, status: 'malicious', tlp: 'GREEN',
      ...(lives === undefined ? {} : { valid_until: new Date(clock.now() + lives * DAY).toISOString() }),
    }));
    if (contents.length === 0) continue;
    const { results } = (await members.get(origin)!.post<BatchResult>('/v1/signals', contents)).body;
    kept.push(...contents.map((content, index): Kept => ({ id: results[index]!.id!, origin, content, accepted: clock.now() })));
  }
}

async function retract(members: ReadonlyMap<string, Api>, clock: ManualClock, one: Kept): Promise<void> {
  one.retracted = clock.now();
  const { status } = await members.get(one.origin)!.post(`/v1/signals/${one.id}/retract`, { reason: 'mistake' });
  if (status !== 200) throw new Error(`not retracted: ${status}`);
}

async function change(members: ReadonlyMap<string, Api>, one: Kept, clock: ManualClock): Promise<void> {
  if (one.content.valid_until && Date.parse(one.content.valid_until) <= clock.now()) return;
  one.changed = true;
  one.content = { ...one.content, harm: 'spam' };
  const { status } = await members.get(one.origin)!.put(`/v1/signals/${one.id}`, one.content);
  if (status !== 200) throw new Error(`not changed: ${status}`);
}

/** What counts in the week from `start`, as the oracle has it at its end. */
function countedAt(kept: readonly Kept[], consents: ReadonlyMap<string, (harm: string) => boolean>, numbers: ReadonlyMap<string, number>, start: number): Counted[] {
  const close = start + WEEK;
  return kept
    .filter(({ accepted, retracted, content }) => accepted >= start && accepted < close && retracted === undefined && (content.valid_until === undefined || Date.parse(content.valid_until) >= close))
    .filter(({ origin, content }) => consents.get(origin)?.(content.harm))
    .map(({ origin, content }) => ({ origin: numbers.get(origin)!, signals: 1, attributes: { harm: content.harm, severity: content.severity, type: content.digests[0]!.scheme === 'url-v1' ? 'url' : 'media' } as SignalAttributes }));
}

function sorted(said: readonly Said[]): string[] {
  return said.map(({ dimension, value, signals, origins }) => `${dimension} ${value} ${signals} ${origins}`).sort();
}

/** Against the four weeks before, where something was said in each. */
async function moving(t: Test, home: HomeName): Promise<void> {
  const clock = new ManualClock(START);
  const hub = await startTestHub(t, { home, clock });
  const ash = await hub.join({ id: 'ash' });
  const numbers: Record<string, (number | undefined)[]> = { fraud: [10, 20, 30, 20, 50, 10], spam: [10, 10, 10, undefined, 30, 30] };
  for (let n = 0; n < 6; n += 1) {
    const week = weekOf(START) + 7 * n;
    await hub.hub.db.insertInto('trend_week').values({ week, at: START }).execute();
    const cells = Object.entries(numbers).flatMap(([value, counts]) => {
      const signals = counts[n];
      return signals === undefined ? [] : [{ week, dimension: 'harm' as const, value, signals, origins: 3 }];
    });
    await hub.hub.db.insertInto('trend_cell').values(cells).execute();
  }
  const { body } = await ash.get<Trends>('/v1/trends');
  const ratios = (harm: string) => body.weeks.toReversed().map(({ cells }) => cells.find(({ value }) => value === harm)?.ratio);
  t.same(ratios('fraud'), [undefined, undefined, undefined, undefined, 2.5, 0.33]);
  t.same(ratios('spam'), Array.from({ length: 6 }, () => undefined), 'nothing follows from what was left out');
  const [last] = (await ash.get<Trends>('/v1/trends?weeks=1')).body.weeks;
  t.match(last, { cells: [{ value: 'fraud', signals: 10, ratio: 0.33 }, { value: 'spam', signals: 30 }] }, 'of one week it is the same');
}

async function overlap(t: Test, home: HomeName): Promise<void> {
  const { hub, clock, members, allow } = await scene(t, home);
  for (const owner of ['birch', 'cedar', 'elm']) await allow(owner, [counting]);
  const items = (from: number, to: number, harm = 'fraud.phishing'): NewSignal[] =>
    Array.from({ length: to - from }, (_, index) => ({ digests: [{ scheme: 'media-md5', digest: digestOf(String(from + index), 16) }], harm, severity: 'high', confidence: 50, status: 'malicious', tlp: 'GREEN' }));
  const send = async (origin: string, contents: NewSignal[]): Promise<BatchResult> => (await members.get(origin)!.post<BatchResult>('/v1/signals', contents)).body;
  await send('birch', items(0, 30));
  clock.advance(2 * DAY);
  await send('cedar', items(0, 30));
  await send('fir', items(0, 60));
  const elms = await send('elm', items(0, 22));
  clock.advance(DAY);
  await send('ash', [...items(0, 25), ...items(0, 25), ...items(100, 119, 'spam'), ...items(200, 205, 'fraud')]);
  clock.advance(4 * DAY);
  // Too late for the week, whoever posts it.
  await send('birch', items(200, 205));
  await send('cedar', items(200, 205));
  await send('elm', items(200, 205));
  await freezeWeeks(hub.hub);
  const read = async (who: string): Promise<OverlapTable> => (await members.get(who)!.get<OverlapTable>('/v1/trends/overlap')).body;
  const expected = { harm: 'fraud', indicators: 30, known: [{ others: 3, share: 0.7 }, { others: 6, share: 0 }, { others: 10, share: 0 }], median_lag_days: 3 };
  t.same((await read('ash')).weeks[0]!.harms, [expected], '22 of 30, by distinct indicators; 19 of spam are too few to speak of');
  t.same((await read('birch')).weeks[0]!.harms, [{ harm: 'fraud', indicators: 30, known: expected.known.map(({ others }) => ({ others, share: 0 })) }], 'who may not be counted is none of the others');
  await members.get('elm')!.post(`/v1/signals/${elms.results[0]!.id!}/retract`, { reason: 'mistake' });
  await freezeWeeks(hub.hub);
  t.same((await read('ash')).weeks[0]!.harms, [expected], 'once and for all');
}
