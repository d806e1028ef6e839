import fc from 'fast-check';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { harmTree } from '../../schemas/harms.ts';
import type { ClientView, FacetValue, NewReport, ReportHit, ReportHits, Rule, Tlp } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { decide, type Grant } from '../../server/policy/decide.ts';
import { instant } from '../../server/policy/time.ts';
import type { PartObject } from '../../server/policy/object.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type HomeName, type TestHub } from '../support/hub.ts';
import { activatePolicy } from '../support/policies.ts';
import { published, report } from '../support/reports.ts';

const seed = Number(process.env['SEED'] ?? 20_261_201);
t.comment(`SEED=${seed}`);

const NOW = Date.parse('2026-11-30T12:00:00Z');
const HOUR = 3_600_000;
const WORDS = ['lighthouse', 'harbour', 'mirror', 'courier', 'orchard'];
const VIEWERS = ['ash', 'birch', 'cedar', 'elm'];

for (const home of homes) {
  t.test(home, async (t) => {
    const set = await scene(t, home);
    await t.test('what is found is what the engine decides', async (t) => exact(t, set));
    await t.test('words and their forms', async (t) => words(t, set));
    await t.test('bad input', async (t) => badInput(t, set));
  });
}

/** A report as the oracle keeps it. */
interface Kept {
  id: string;
  origin: string;
  content: NewReport;
  accepted: number;
}

interface Scene {
  hub: TestHub;
  clock: ManualClock;
  members: Map<string, Api>;
  reviewers: Map<string, Api>;
  kept: Kept[];
}

const share = (id: string, peers: Rule['peers'], reveal: NonNullable<Rule['terms']>['reveal'], more: Partial<NonNullable<Rule['terms']>> = {}, reports?: Rule['reports']): Rule =>
  ({ id, effect: 'share', covers: ['reports'], ...(peers ? { peers } : {}), ...(reports ? { reports } : {}), terms: { reveal, origin: 'named', ...more } });
const EVERYTHING: NonNullable<Rule['terms']>['reveal'] = ['text', 'harm', 'confidence', 'labels', 'regions', 'tactics', 'period', 'reliability', 'links', 'identifiers', 'omissions'];

async function scene(t: Test, home: HomeName): Promise<Scene> {
  const clock = new ManualClock(NOW);
  const hub = await startTestHub(t, { home, clock });
  const members = new Map<string, Api>();
  const reviewers = new Map<string, Api>();
  for (const id of VIEWERS) {
    members.set(id, await hub.join({ id }));
    const { body } = await hub.operator.post<ClientView>(`/v1/members/${id}/clients`, { title: 'Reviewer', scopes: ['reports:review', 'reports:read'] });
    reviewers.set(id, hub.api({ client_id: body.client_id, client_secret: body.client_secret! }));
  }
  await hub.operator.put('/v1/groups/ring', { title: 'Ring', members: ['ash', 'birch', 'cedar'] });
  await activatePolicy(hub.operator, { id: 'hub/charter', title: 'Open', summary: 'Open.', rules: [share('all', undefined, EVERYTHING)] });
  await activatePolicy(members.get('ash')!, {
    id: 'ash/reports', title: 'Reports', summary: 'Reports.',
    rules: [
      { id: 'sealed', effect: 'withhold', covers: ['reports'], reports: { labels: { any: ['sealed'] } }, peers: { id: { in: ['cedar', 'elm'] } } },
      share('ring', { groups: { any: ['ring'] } }, EVERYTHING),
      share('later', undefined, ['text', 'harm'], { after: 'PT24H', origin: 'pseudonymous' }, { tlp: { atMost: 'GREEN' } }),
    ],
  });
  await activatePolicy(members.get('birch')!, { id: 'birch/reports', title: 'Reports', summary: 'Reports.', rules: [share('all', undefined, ['text', 'regions', 'tactics'], { origin: 'hidden', for: 'PT72H' })] });
  const set: Scene = { hub, clock, members, reviewers, kept: [] };
  await write(set);
  return set;
}

const part = fc.record({ tlp: fc.constantFrom<Tlp[]>('CLEAR', 'GREEN', 'GREEN', 'AMBER'), labels: fc.constantFrom([], [], ['sealed']), said: fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 6 }) });
const shapes = fc.record({
  origin: fc.constantFrom('ash', 'ash', 'birch'),
  parts: fc.array(part, { minLength: 2, maxLength: 5 }),
  harms: fc.uniqueArray(fc.constantFrom('fraud.phishing', 'fraud', 'spam', 'csea.grooming'), { minLength: 1, maxLength: 2 }),
  regions: fc.uniqueArray(fc.constantFrom('NL', 'FR', '150'), { maxLength: 2 }),
  tactics: fc.uniqueArray(fc.constantFrom('T0049', 'T0049.001', 'T1566'), { maxLength: 2 }),
});

/** A word that no other part has. */
const markOf = (report: number, place: number): string => `zq${'abcdefghijklmnopqrstuvwxyz'[report]}w${'abcdefghij'[place]}`;

async function write({ clock, members, reviewers, kept }: Scene): Promise<void> {
  const all = fc.sample(shapes, { seed, numRuns: 12 });
  for (const [n, { origin, parts, harms, regions, tactics }] of all.entries()) {
    const text = (place: number): string => `${parts[place]!.said.join(' ')} ${markOf(n, place)}`;
    const labels = (place: number): object => (parts[place]!.labels.length > 0 ? { labels: parts[place]!.labels } : {});
    const sections = parts.slice(1).map(({ tlp }, index) => ({ heading: `Part ${index + 1}`, text: `Seen: *${text(index + 1)}*, they say.`, tlp, ...labels(index + 1) }));
    const content = report({ title: { text: text(0), tlp: parts[0]!.tlp, ...labels(0) }, sections, harms, regions, tactics });
    const { id } = await published(members.get(origin)!, reviewers.get(origin)!, content);
    kept.push({ id, origin, content, accepted: clock.now() });
    clock.advance(HOUR / 2);
  }
}

/** What the plain evaluator lets a viewer see of a report: places of parts with their words, and the grant of the title. */
interface Visible {
  report: Kept;
  n: number;
  title: Grant;
  released: number;
  parts: { place: number; heading: string; text: string }[];
}

async function visibleTo({ hub, kept }: Scene, viewer: string): Promise<Visible[]> {
  const head = await hub.hub.head();
  const world = (await hub.hub.worlds.at(head.world)).policy;
  return kept.flatMap((one, n): Visible[] => {
    const { content, origin, accepted } = one;
    const written = [{ kind: 'title' as const, heading: '', ...content.title }, ...content.sections!.map((section) => ({ kind: 'section' as const, ...section, heading: section.heading ?? '' }))];
    const decisions = written.map(({ kind, tlp, labels = [] }) => {
      const object: PartObject = { kind: 'part', origin, attributes: { part: kind, harms: content.harms, regions: content.regions ?? [], tactics: content.tactics ?? [], tlp, labels } };
      return decide({ world, at: head.at, viewer, object }, { accepted });
    });
    if (!decisions[0]!.visible) return [];
    const parts = written.flatMap(({ heading, text }, place) => (decisions[place]!.visible ? [{ place, heading, text }] : []));
    return [{ report: one, n, title: decisions[0]!.grant!, released: decisions[0]!.span!.release, parts }];
  });
}

const mentions = (text: string, word: string): boolean => new RegExp(`\\b${word}\\b`).test(text);
const search = async (api: Api, query: Record<string, string>): Promise<ReportHits> => {
  const { status, body } = await api.get<ReportHits>(`/v1/reports/search?${new URLSearchParams(query).toString()}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
};
const ids = (hits: readonly { id: string }[]): string[] => hits.map(({ id }) => id);

async function exact(t: Test, set: Scene): Promise<void> {
  const tally = { hidden: 0, shown: 0, found: 0 };
  for (const later of [0, 80]) {
    set.clock.advance(later * HOUR);
    for (const viewer of VIEWERS) {
      const visible = await visibleTo(set, viewer);
      const marks = set.kept.flatMap(({ content }, n) => [content.title, ...content.sections!].map((_, place) => ({ word: markOf(n, place), shown: visible.some((one) => one.n === n && one.parts.some((seen) => seen.place === place)) })));
      const hidden = marks.filter(({ shown }) => !shown).map(({ word }) => word);
      tally.hidden += hidden.length;
      tally.shown += marks.length - hidden.length;
      await findsMarks(t, set, viewer, visible, marks);
      for (const word of WORDS.slice(0, 3)) {
        const answer = await search(set.members.get(viewer)!, { q: word, facets: 'true' });
        tally.found += answer.reports.length;
        const expected = await ranked(set.hub, visible, word);
        t.same(ids(answer.reports), ids(expected.map(({ report }) => report)), `${viewer} finds ${word}, in order`);
        t.same(answer.facets, facets(expected, answer), 'facets count what was found');
        t.notOk(hidden.some((mark) => JSON.stringify(answer).includes(mark)), 'and no word of a hidden part is in the answer');
        t.ok(answer.reports.every(({ match }) => match!.text.some(({ text, found }) => found && text === word)), 'what was found is marked');
      }
      await turnsPages(t, set, viewer, visible);
      await browses(t, set, viewer, visible);
    }
  }
  t.comment(JSON.stringify(tally));
  t.ok(tally.hidden > 50 && tally.found > 50, 'much is hidden, and much found');
  const shown = await set.hub.hub.db.selectFrom('report_disclosure').innerJoin('report', 'report.id', 'report_id').select(['viewer', 'report.origin']).execute();
  t.ok(shown.length > 0 && shown.every(({ viewer, origin }) => viewer !== origin), 'what others were shown is on record');
}

/** Of words that only one part has, those of hidden parts find nothing, alone and together, and are not known by what they are kept from. */
async function findsMarks(t: Test, { members }: Scene, viewer: string, visible: readonly Visible[], marks: readonly { word: string; shown: boolean }[]): Promise<void> {
  const api = members.get(viewer)!;
  const hidden = marks.filter(({ shown }) => !shown).map(({ word }) => word);
  if (hidden.length > 0) t.same((await search(api, { q: hidden.slice(0, 60).join(' or '), facets: 'true' })), { reports: [], facets: { harms: [], regions: [], tactics: [], origins: [], years: [] } }, `${viewer} finds no word of a hidden part`);
  const shown = marks.filter((mark) => mark.shown).map(({ word }) => word);
  if (shown.length > 0) t.same(ids((await search(api, { q: shown.slice(0, 60).join(' or '), limit: '100' })).reports).sort(), ids(visible.filter(({ parts }) => parts.some(({ text }) => shown.slice(0, 60).some((word) => mentions(text, word)))).map(({ report }) => report)).sort(), `${viewer} finds those of the others`);
  const without = (word: string, not: readonly string[]): Promise<ReportHits> => search(api, { q: [word, ...not.map((mark) => `-${mark}`)].join(' '), limit: '100' });
  t.same(ids((await without('harbour', hidden.slice(0, 40))).reports).sort(), ids((await without('harbour', [])).reports).sort(), 'nor does it keep a report from being found');
}

/** Page by page, however little of what fits is looked at for a page. */
async function turnsPages(t: Test, { hub, members }: Scene, viewer: string, visible: readonly Visible[]): Promise<void> {
  const expected = ids((await ranked(hub, visible, WORDS[0]!)).map(({ report }) => report));
  for (const limit of ['1', '2', '5']) {
    t.same(ids(await pages(members.get(viewer)!, { q: WORDS[0]!, limit })), expected, `${viewer} meets each report that fits once, ${limit} to a page`);
  }
}

/** All hits, page by page. */
async function pages(api: Api, query: Record<string, string>): Promise<ReportHit[]> {
  const all: ReportHit[] = [];
  for (let after: string | undefined; ; ) {
    const { reports, next } = await search(api, { ...query, ...(after ? { after } : {}) });
    all.push(...reports);
    if (!next) return all;
    after = next;
  }
}

async function browses(t: Test, { members }: Scene, viewer: string, visible: readonly Visible[]): Promise<void> {
  const api = members.get(viewer)!;
  const latest = visible.toSorted((a, b) => b.released - a.released || (a.report.id < b.report.id ? 1 : -1));
  const paged = await pages(api, { limit: '3' });
  t.same(ids(paged), latest.map(({ report }) => report.id), `${viewer} lists all that it sees, page by page`);
  t.same(paged.map(({ title, harms = [], regions = [], origin }) => ({ title, harms, regions, named: origin === 'ash' || origin === 'birch' })), latest.map(({ report: { content }, title }) => ({
    title: content.title.text,
    harms: title.reveal.includes('harm') ? content.harms.toSorted() : [],
    regions: title.reveal.includes('regions') ? (content.regions ?? []).toSorted() : [],
    named: title.origin === 'named',
  })), 'with what is revealed');
  const told = (field: 'harm' | 'regions' | 'tactics', fits: (content: NewReport) => boolean): string[] => latest.filter(({ report, title }) => title.reveal.includes(field) && fits(report.content)).map(({ report }) => report.id);
  t.same(ids((await search(api, { harm: 'fraud' })).reports), told('harm', ({ harms }) => harms.some((harm) => harmTree.covers('fraud', harm))), 'a filter sees no more');
  t.same(ids((await search(api, { region: 'NL' })).reports), told('regions', ({ regions }) => regions!.includes('NL')));
  t.same(ids((await search(api, { tactic: 'T0049' })).reports), told('tactics', ({ tactics }) => tactics!.some((tactic) => tactic.startsWith('T0049'))));
  const middle = latest[Math.floor(latest.length / 2)]?.released ?? NOW;
  t.same(ids((await search(api, { released_from: new Date(middle).toISOString() })).reports), latest.filter(({ released }) => released >= middle).map(({ report }) => report.id));
  t.same(ids((await search(api, { released_until: new Date(middle).toISOString() })).reports), latest.filter(({ released }) => released < middle).map(({ report }) => report.id));
}

/** The reports with visible parts that have the word, by how well the best of these fits. */
async function ranked({ hub }: TestHub, visible: readonly Visible[], word: string): Promise<Visible[]> {
  const scored = [];
  for (const one of visible) {
    const fitting = one.parts.filter(({ text }) => mentions(text, word));
    if (fitting.length === 0) continue;
    const ranks = await Promise.all(fitting.map(async ({ place, heading, text }) => {
      const said = `${heading} ${text}`;
      const { rows } = await sql<{ rank: number }>`select ts_rank(setweight(to_tsvector('simple', ${said}::text) || to_tsvector('simple', ${said}::text), ${place === 0 ? 'A' : 'D'}::"char"), plainto_tsquery('simple', ${word}::text)) as rank`.execute(hub.db);
      return rows[0]!.rank;
    }));
    scored.push({ one, rank: Math.max(...ranks) });
  }
  return scored.sort((a, b) => b.rank - a.rank || (a.one.report.id < b.one.report.id ? 1 : -1)).map(({ one }) => one);
}

function facets(found: readonly Visible[], { facets: given }: ReportHits): ReportHits['facets'] {
  const count = (values: (one: Visible) => readonly string[]): FacetValue[] => {
    const counts = new Map<string, number>();
    for (const one of found) for (const value of values(one)) counts.set(value, (counts.get(value) ?? 0) + 1);
    return [...counts].map(([value, reports]) => ({ value, reports })).sort((a, b) => b.reports - a.reports || (a.value < b.value ? -1 : 1));
  };
  // What a pseudonym is, nobody else can tell.
  const pseudonym = given?.origins.find(({ value }) => value.startsWith('~'))?.value ?? '~';
  return {
    harms: count(({ report, title }) => (title.reveal.includes('harm') ? report.content.harms : [])),
    regions: count(({ report, title }) => (title.reveal.includes('regions') ? report.content.regions! : [])),
    tactics: count(({ report, title }) => (title.reveal.includes('tactics') ? report.content.tactics! : [])),
    origins: count(({ report, title }) => (title.origin === 'hidden' ? [] : [title.origin === 'named' ? report.origin : pseudonym])),
    years: count(({ released }) => [String(new Date(released).getUTCFullYear())]),
  };
}

async function words(t: Test, { members, reviewers }: Scene): Promise<void> {
  const [ash, reviewer] = [members.get('ash')!, reviewers.get('ash')!];
  const period = { from: '2026-05-01T00:00:00.000Z', until: '2026-06-01T00:00:00.000Z' };
  const { id } = await published(ash, reviewer, report({ title: { text: 'Scammers hiring drivers', tlp: 'GREEN' }, summary: { text: 'Payments were **diverted** to mules & others < 3 km away.', tlp: 'GREEN' }, language: 'en', period }));
  const found = async (query: Record<string, string>): Promise<boolean> => ids((await search(members.get('birch')!, query)).reports).includes(id);
  for (const [query, expected] of [
    [{ q: 'drivers' }, true], [{ q: 'driving' }, false], [{ q: 'hires drivers' }, false], [{ q: 'hires drivers', language: 'en' }, true],
    [{ q: 'conducteurs', language: 'fr' }, false], [{ q: '"hiring drivers"' }, true], [{ q: '"drivers hiring"' }, false], [{ q: 'drivers -hiring' }, false], [{ q: 'nothing or hiring' }, true],
    [{ q: 'drivers', from: '2026-05-20T00:00:00Z', until: '2026-05-21T00:00:00Z' }, true], [{ q: 'drivers', from: '2026-06-02T00:00:00Z' }, false], [{ q: 'drivers', until: '2026-04-30T00:00:00Z' }, false],
    [{ q: 'drivers', origin: 'ash' }, true], [{ q: 'drivers', origin: 'birch' }, false],
  ] as [Record<string, string>, boolean][]) t.equal(await found(query), expected, JSON.stringify(query));
  const hit = (await search(members.get('birch')!, { q: 'divert', language: 'en' })).reports[0]!;
  t.match(hit, { id, origin: 'ash', match: { part: 'summary', handling: { tlp: 'GREEN' } } });
  t.same(hit.match!.text.filter(({ found: marked }) => marked), [{ text: 'diverted', found: true }], 'another form of the word is marked');
  t.ok(instant(hit.released_at) > NOW);

  const beacons = (count: number, text: string): NewReport['sections'] => Array.from({ length: count }, () => ({ heading: 'Seen', text, tlp: 'GREEN' }));
  const long = await published(ash, reviewer, report({ title: { text: 'Long', tlp: 'GREEN' }, sections: beacons(12, 'A beacon by a beacon.') }));
  const short = await published(ash, reviewer, report({ title: { text: 'Short', tlp: 'GREEN' }, sections: beacons(1, 'A beacon.') }));
  t.same(ids(await pages(members.get('birch')!, { q: 'beacon', limit: '1' })), [long.id, short.id], 'many parts of one report that fit better do not hide another');
}

async function badInput(t: Test, { members }: Scene): Promise<void> {
  const birch = members.get('birch')!;
  for (const q of ['"', "'; drop table report; --", '& | ! ( ) <-> :*', '\\', 'or', '-', '☃', 'a'.repeat(500), 'the'] as const) t.match((await search(birch, { q })).reports, [], q.slice(0, 20));
  const refused: [string, string[]][] = [
    [`q=${'a'.repeat(501)}`, ['400 invalid-parameter', '/q must NOT have more than 500 characters']],
    ['q=%00', ['400 invalid-parameter']],
    ['language=xx', ['400 invalid-parameter']],
    ['harm=nothing', ['400 invalid-parameter', '/harm must be a harm of the tree']],
    ['after=AAAA', ['400 invalid-parameter', 'after is not what a page before gave as next']],
  ];
  for (const [query, expected] of refused) t.same(problemOf(await birch.get(`/v1/reports/search?${query}`)).slice(0, expected.length), expected, query.slice(0, 20));
}
