import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { ClientView, NewReport, OwnReport, OwnReportList, PostedMessage, Policy, PolicyVersion, ReportChangesPage, ReportComparison, ReportVersionList, ReportView, Rule } from '../../schemas/types.ts';
import type { Config } from '../../server/config.ts';
import { ManualClock } from '../../server/clock.ts';
import { purgeReports } from '../../server/reports/purge.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type HomeName, type TestHub } from '../support/hub.ts';
import { match, publish, published, report, step, update } from '../support/reports.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const DAY = 86_400_000;

/** A hub of two members; of ash there are two authors and a reviewer. */
interface Scene {
  hub: TestHub;
  clock: ManualClock;
  ash: Api;
  second: Api;
  reviewer: Api;
  birch: Api;
}

async function scene(t: Test, home: HomeName, config: Partial<Config> = {}): Promise<Scene> {
  const clock = new ManualClock(NOW);
  const hub = await startTestHub(t, { home, clock, config });
  const ash = await hub.join({ id: 'ash' });
  const client = async (scopes: string[]): Promise<Api> => {
    const { body } = await hub.operator.post<ClientView>('/v1/members/ash/clients', { title: 'Another', scopes });
    return hub.api({ client_id: body.client_id, client_secret: body.client_secret! });
  };
  return { hub, clock, ash, second: await client(['reports:write', 'reports:read', 'reports:review']), reviewer: await client(['reports:review', 'reports:read']), birch: await hub.join({ id: 'birch' }) };
}

for (const home of homes) {
  t.test(home, async (t) => {
    const set = await scene(t, home);
    await t.test('draft, review, publication', async (t) => workflow(t, set));
    await t.test('two edits at once', async (t) => edits(t, set));
    await t.test('versions and what differs', async (t) => versions(t, set));
    await t.test('supersession and withdrawal', async (t) => ends(t, set));
    await t.test('bad input', async (t) => badInput(t, set));
    await t.test('retention', async (t) => retention(t, set));
    await t.test('quotas', async (t) => quotas(t, await scene(t, home, { reportQuota: 2, messageQuota: 2 })));
    await t.test('reading, exports and the feed', async (t) => reading(t, await scene(t, home)));
  });
}

async function workflow(t: Test, { ash, second, reviewer, birch }: Scene): Promise<void> {
  const { body: draft, status } = await ash.post<OwnReport>('/v1/reports', report(), { 'idempotency-key': 'one' });
  t.equal(status, 201);
  t.match(draft, { version: 1, state: 'draft', content: report() });
  t.same((await ash.post('/v1/reports', report(), { 'idempotency-key': 'one' })).body, draft, 'a retry makes nothing');
  t.same(problemOf(await ash.post('/v1/reports', report({ harms: ['spam'] }), { 'idempotency-key': 'one' })), ['409 idempotency-mismatch']);

  t.same(problemOf(await step(reviewer, draft, 'review', { verdict: 'approve' }))[0], '409 conflict', 'nothing was submitted');
  t.same(problemOf(await step(ash, draft, 'publish')), ['409 review-needed']);
  t.match((await step(ash, draft, 'submit')).body, { state: 'in-review' });
  t.same(problemOf(await step(ash, draft, 'review', { verdict: 'approve' })), ['403 reviewer-is-author'], 'the author cannot review');
  t.same(problemOf(await step(birch, draft, 'review', { verdict: 'approve' })), ['404 not-found']);
  t.same(problemOf(await step(reviewer, draft, 'submit')), ['403 missing-scope']);
  t.match((await step(reviewer, draft, 'review', { verdict: 'return', note: 'Say more.' })).body, { state: 'draft' });
  t.same(problemOf(await step(ash, draft, 'publish')), ['409 review-needed']);

  const { body: edited } = await second.put<OwnReport>(`/v1/reports/${draft.id}`, report({ harms: ['fraud', 'spam'] }), match(1));
  t.match(edited, { version: 2, state: 'draft' });
  await step(ash, edited, 'submit');
  t.same(problemOf(await step(second, edited, 'review', { verdict: 'approve' })), ['403 reviewer-is-author'], 'nor whoever wrote another version since the last publication');
  t.match((await step(reviewer, edited, 'review', { verdict: 'approve' })).body, { state: 'in-review', approved: true });
  const again = (await second.put<OwnReport>(`/v1/reports/${draft.id}`, report({ harms: ['spam'] }), match(2))).body;
  t.same(problemOf(await step(ash, again, 'publish')), ['409 review-needed'], 'what was changed after its approval needs another');
  const out = await publish(ash, reviewer, again);
  t.match(out, { state: 'published', published_version: 3, published_at: new Date(NOW).toISOString() });
  t.same((await step(ash, out, 'publish')).body, out, 'publishing again changes nothing');
  t.same(problemOf(await step(ash, out, 'submit'))[0], '409 conflict');
  t.match((await second.put<OwnReport>(`/v1/reports/${draft.id}`, report(), match(3))).body, { state: 'published', published_version: 3, pending: 'draft', version: 4 });

  for (const path of ['', '/versions', '/versions/1', '/versions/1/compare/2']) t.same(problemOf(await birch.get(`/v1/reports/own/${draft.id}${path}`)), ['404 not-found']);
  t.same((await birch.get<OwnReportList>('/v1/reports/own')).body, { reports: [] });
}

async function edits(t: Test, { ash, second }: Scene): Promise<void> {
  const { body: draft } = await ash.post<OwnReport>('/v1/reports', report());
  const path = `/v1/reports/${draft.id}`;
  const answers = await Promise.all([ash, second].map((api, index) => api.put<OwnReport>(path, report({ summary: { text: `Text ${index}.`, tlp: 'GREEN' } }), match(1))));
  const lost = answers.findIndex(({ status }) => status === 412);
  t.same(answers.map(({ status }) => status).sort(), [200, 412]);
  t.same(problemOf(answers[lost]!), ['412 version-mismatch', 'if-match is not the latest version']);
  t.equal((await ash.get<OwnReport>(`/v1/reports/own/${draft.id}`)).body.content?.summary?.text, `Text ${1 - lost}.`, 'the first one holds');
  t.same(problemOf(await ash.put(path, report()))[0], '400 invalid-parameter', 'the version must be named');
  t.match((await ash.put<OwnReport>(path, answers[1 - lost]!.body.content, match(2))).body, { version: 2 }, 'the same again is no version');
}

async function versions(t: Test, { ash, reviewer }: Scene): Promise<void> {
  const part = (text: string) => ({ text, tlp: 'GREEN' as const });
  const first = await published(ash, reviewer, report({ sections: [part('one'), part('two'), part('three')], regions: ['NL'] }));
  const second = await update(ash, reviewer, first, report({ sections: [part('one'), part('2'), part('three'), part('four')], regions: ['NL', 'DE'], confidence: 'likely' }));
  const { body: list } = await ash.get<ReportVersionList>(`/v1/reports/own/${first.id}/versions`);
  t.match(list.versions, [{ version: 2, reviews: [{ verdict: 'approve' }] }, { version: 1, published_at: new Date(NOW).toISOString() }]);
  t.match((await ash.get(`/v1/reports/own/${first.id}/versions/1`)).body, { content: first.content });
  const { body: comparison } = await ash.get<ReportComparison>(`/v1/reports/own/${first.id}/versions/1/compare/2`);
  t.strictSame(comparison, {
    from: 1,
    to: 2,
    parts: [{ part: 'title', change: 'same' }, { part: 'section', change: 'same' }, { part: 'section', change: 'changed', before: part('two'), after: part('2') }, { part: 'section', change: 'same' }, { part: 'section', change: 'added', after: part('four') }],
    fields: ['confidence', 'regions'],
  });
  t.same(problemOf(await ash.get(`/v1/reports/own/${first.id}/versions/1/compare/3`)), ['404 not-found']);
  t.equal(second.published_version, 2);
}

async function ends(t: Test, { ash, reviewer, birch }: Scene): Promise<void> {
  const old = await published(ash, reviewer, report());
  const successor = await published(ash, reviewer, report({ supersedes: [old.id] }));
  t.match((await ash.get(`/v1/reports/own/${old.id}`)).body, { state: 'superseded', superseded_by: successor.id });
  const { body: foreign } = await birch.post<OwnReport>('/v1/reports', report({ supersedes: [old.id] }));
  await step(birch, foreign, 'submit');
  const { body: draft } = await ash.post<OwnReport>('/v1/reports', report({ supersedes: [foreign.id, old.id] }));
  await step(ash, draft, 'submit');
  await step(reviewer, draft, 'review', { verdict: 'approve' });
  t.same(problemOf(await step(ash, draft, 'publish')), ['409 conflict', '/supersedes/0 is not a published report of yours that nothing else stands in place of']);

  t.same(problemOf(await birch.post(`/v1/reports/${old.id}/withdraw`, { reason: 'mistake' })), ['404 not-found']);
  const { body: withdrawn } = await ash.post<OwnReport>(`/v1/reports/${old.id}/withdraw`, { reason: 'mistake' });
  t.match(withdrawn, { state: 'withdrawn', withdrawal: 'mistake' });
  t.match((await ash.post<OwnReport>(`/v1/reports/${old.id}/withdraw`, { reason: 'legal' })).body, { withdrawal: 'mistake' }, 'it is final');
  t.same(problemOf(await ash.put(`/v1/reports/${old.id}`, report(), match(1)))[0], '409 conflict');
  const { body: list } = await ash.get<OwnReportList>('/v1/reports/own?state=withdrawn');
  t.same(list.reports.map(({ id }) => id), [old.id]);
  const all = (await ash.get<OwnReportList>('/v1/reports/own?limit=100')).body.reports;
  const pages: string[] = [];
  for (let next: string | undefined = ''; next !== undefined; ) {
    const { body }: { body: OwnReportList } = await ash.get<OwnReportList>(`/v1/reports/own?limit=2${next && `&after=${next}`}`);
    pages.push(...body.reports.map(({ id }) => id));
    next = body.next;
  }
  t.same(pages, all.map(({ id }) => id), 'page by page');
}

async function badInput(t: Test, { ash }: Scene): Promise<void> {
  const post = async (content: unknown): Promise<string[]> => problemOf(await ash.post('/v1/reports', content as object));
  const section = (text: string): NewReport => report({ sections: [{ text: 'Fine.', tlp: 'GREEN' }, { text, tlp: 'GREEN' }] });
  const title = (text: string): NewReport => report({ title: { text, tlp: 'GREEN' } });
  const at = '/sections/1/text';
  const refused: [string, unknown, string, string][] = [
    ['a script', section('Hello <script>alert(1)</script>'), '422 unsafe-text', `${at} has HTML`],
    ['an SVG', section('<svg onload="alert(1)">'), '422 unsafe-text', `${at} has HTML`],
    ['an event handler', section('<b onclick="alert(1)">x</b>'), '422 unsafe-text', `${at} has HTML`],
    ['an image', section('![x](pic)'), '422 unsafe-text', `${at} has an image`],
    ['a script in a link', section('[x](javascript:alert(1))'), '422 raw-identifier', `${at} looks like it carries a URL: declare it in identifiers, or leave it out`],
    ['the same with entities', section('[x](&#106;avascript&colon;alert(1))'), '422 raw-identifier', `${at} looks like it carries a URL: declare it in identifiers, or leave it out`],
    ['a host spelled with emphasis', section('See exam**ple**.com'), '422 raw-identifier', `${at} looks like it carries a host name: declare it in identifiers, or leave it out`],
    ['an address far into a long text', section(`${'word '.repeat(5000)}someone@example.org`), '422 raw-identifier', `${at} looks like it carries an e-mail address: declare it in identifiers, or leave it out`],
    ['quotes in quotes', section(`${'> '.repeat(30)}x`), '422 unsafe-text', `${at} nests deeper than 12`],
    ['lists in lists', section(Array.from({ length: 30 }, (_, n) => `${'  '.repeat(n)}- x`).join('\n')), '422 unsafe-text', `${at} nests deeper than 12`],
    ['a large table', section(`|a|b|\n|-|-|\n${'|1|2|\n'.repeat(1001)}`), '422 unsafe-text', `${at} has more than 2000 table cells`],
    ['a megabyte table', section('|1|2|\n'.repeat(150_000)), '400 invalid-body', `${at} must NOT have more than 30000 characters`],
    ['a control character', section('a\u0007b'), '422 unsafe-text', `${at} has a control character`],
    ['text that turns round', section('a\u202eb'), '422 unsafe-text', `${at} has a character that changes the direction of what follows`],
    ['a title that turns round', title('invoice\u202efdp.exe'), '422 unsafe-text', '/title/text has a character that changes the direction of what follows'],
    ['a title with a space of no width', title('pay\u200bpal'), '422 unsafe-text', '/title/text has an invisible character'],
    ['a title with tags', title('a\u{e0041}b'), '422 unsafe-text', '/title/text has an invisible character'],
    ['a title in mixed scripts', title('pаypal is down'), '422 unsafe-text', '/title/text has a word of letters of several scripts that look alike'],
    ['a title of two lines', title('a\nb'), '422 unsafe-text', '/title/text has a control character'],
    ['half a character', title('a\ud800'), '422 unsafe-text', '/title/text is not well-formed Unicode'],
    ['a phone number in a heading', report({ sections: [{ heading: 'Call 030 1234567', text: 'x', tlp: 'GREEN' }] }), '422 raw-identifier', '/sections/0/heading looks like it carries a phone number: declare it in identifiers, or leave it out'],
    ['a reason that names it', report({ summary: { text: 'x', tlp: 'GREEN', identifiers: [{ kind: 'host', value: 'example.com', reason: 'because example.com' }] } }), '422 raw-identifier', '/summary/identifiers/0/reason looks like it carries a host name: declare it in identifiers, or leave it out'],
    ['too much altogether', report({ sections: Array.from({ length: 8 }, () => ({ text: 'word '.repeat(5900), tlp: 'GREEN' as const })) }), '422 unsafe-text', '/sections/6/text takes the report beyond 200000 characters'],
    ['no harm of the tree', report({ harms: ['nonsense'] }), '400 invalid-body', '/harms/0 must be a harm of the tree'],
    ['no region', report({ regions: ['Narnia'] }), '400 invalid-body', '/regions/0 must match pattern "^([A-Z]{2}|[0-9]{3})$"'],
    ['a period that ends first', report({ period: { from: '2026-02-01T00:00:00Z', until: '2026-01-01T00:00:00Z' } }), '422 invalid-times', '/period/until is before from'],
    ['an unknown field', { ...report(), html: 'x' }, '400 invalid-body', '/html is not a field that is known here'],
  ];
  for (const [name, content, problem, place] of refused) t.same(await post(content), [problem, place], name);
  t.same(problemOf(await ash.post('/v1/reports', section('x'.repeat(4_300_000)))), ['413 body-too-large']);
  const allowed = report({
    title: { text: 'هجوم на выборы 2016-2018: 詐欺', tlp: 'GREEN' },
    summary: { text: 'See **T1566.001**, e.g. from 2026-01-01.\n\n- a < b\n\n|x|y|\n|-|-|\n|1|2|', tlp: 'GREEN', identifiers: [{ kind: 'host', value: 'example.com', reason: 'It is what members must look for.' }] },
  });
  t.equal((await ash.post('/v1/reports', allowed)).status, 201, 'what is fine is taken');
}

async function quotas(t: Test, { ash, birch }: Scene): Promise<void> {
  const draft = (key: string) => ash.post<OwnReport>('/v1/reports', report(), { 'idempotency-key': key });
  const { body: first } = await draft('one');
  t.equal((await draft('two')).status, 201);
  t.same(problemOf(await draft('three')), ['429 quota-exceeded']);
  t.equal((await draft('one')).status, 200, 'what is there is found all the same');
  t.equal((await ash.put(`/v1/reports/${first.id}`, report({ harms: ['spam'] }), match(1))).status, 200, 'and can be written anew');
  await ash.post(`/v1/reports/${first.id}/withdraw`, { reason: 'mistake' });
  t.equal((await draft('three')).status, 201, 'what was withdrawn makes room');

  const ask = (key: string) => ash.post<PostedMessage>('/v1/requests', { title: 'Fake shops', text: 'Seen?', harms: ['fraud'], tlp: 'GREEN' }, { 'idempotency-key': key });
  const { body: request } = await ask('one');
  t.equal((await ash.post(`/v1/reports/${first.id}/comments`, { text: 'Seen.', tlp: 'GREEN' })).status, 404);
  t.equal((await ash.post(`/v1/requests/${request.id}/answers`, { to: 'all', text: 'Here too.', tlp: 'GREEN' })).status, 201);
  t.same(problemOf(await ask('two')), ['429 quota-exceeded']);
  t.equal((await ask('one')).status, 201);
  t.match((await ash.get('/v1/me')).body, { quota: { reports: 2, reports_used: 2, messages: 2, messages_used: 2 } });
  await ash.post(`/v1/messages/${request.id}/withdraw`);
  t.equal((await ask('two')).status, 201);
  t.match((await birch.get('/v1/me')).body, { quota: { reports_used: 0, messages_used: 0 } }, 'each member has its own');
}

async function retention(t: Test, { hub, clock, ash, reviewer }: Scene): Promise<void> {
  const out = await published(ash, reviewer, report({ retention: 'P10D', sections: [{ text: 'secretword', tlp: 'GREEN' }] }));
  const { body: late } = await ash.post<OwnReport>('/v1/reports', report({ valid_until: new Date(NOW + DAY).toISOString() }));
  clock.advance(9 * DAY);
  t.equal(await purgeReports(hub.hub), 0);
  await step(ash, late, 'submit');
  await step(reviewer, late, 'review', { verdict: 'approve' });
  t.same(problemOf(await step(ash, late, 'publish')), ['422 invalid-times', '/valid_until has passed']);
  clock.advance(DAY);
  t.equal(await purgeReports(hub.hub), 1);
  const { body: gone } = await ash.get<OwnReport>(`/v1/reports/own/${out.id}`);
  t.match(gone, { state: 'purged', version: 1 });
  t.equal(gone.content, undefined);
  t.same(problemOf(await ash.put(`/v1/reports/${out.id}`, report(), match(1)))[0], '409 conflict');
  const rows = await hub.hub.db.selectFrom('report_version').select('content').where('report_id', '=', out.id).execute();
  t.same(rows, [{ content: null }], 'nothing of it is kept');
  t.same(await hub.hub.db.selectFrom('report_part').selectAll().where('report_id', '=', out.id).execute(), []);
}

const REVEAL = ['text', 'harm', 'confidence', 'labels', 'regions', 'tactics', 'period', 'reliability', 'links', 'identifiers', 'omissions'] as const;

async function share(api: Api, id: string, rules: Rule[]): Promise<void> {
  const { body } = await api.post<PolicyVersion>('/v1/policies', { id, title: id, summary: id, rules } satisfies Policy);
  t.equal((await api.post(`/v1/policies/${id}/versions/${body.version}/activate`, {})).status, 200);
}

async function reading(t: Test, { hub, clock, ash, reviewer, birch }: Scene): Promise<void> {
  const terms = { reveal: [...REVEAL], origin: 'named' as const };
  await share(hub.operator, 'hub/charter', [{ id: 'all', effect: 'share', covers: ['reports'], terms }]);
  await share(ash, 'ash/standard', [{ id: 'late', effect: 'share', reports: { part: { in: ['action'] } }, terms: { ...terms, after: 'PT5H' } }, { id: 'all', effect: 'share', reports: { labels: { none: ['sealed'] } }, terms }]);
  const content = report({
    title: { text: 'Shops <b>& "fakes"</b>', tlp: 'GREEN' },
    summary: { text: 'A *short* [note](more) with `code`.', tlp: 'CLEAR', identifiers: [{ kind: 'url', value: 'https://example.com/`x`', reason: 'Where <i>it</i> began.' }] },
    judgements: [{ text: 'It will grow.', tlp: 'GREEN', confidence: 'likely' }],
    sections: [{ text: 'hiddenword', tlp: 'GREEN', labels: ['sealed'] }, { text: 'hiddentoo', tlp: 'RED' }, { heading: 'Open & shut', text: '# Large\n\nShown.', tlp: 'GREEN' }],
    actions: [{ text: 'Block them.', tlp: 'GREEN' }],
  });
  const { body: start } = await birch.get<ReportChangesPage>('/v1/reports/changes');
  t.match(start, { changes: [], complete: true });
  const out = await published(ash, reviewer, content);
  const path = `/v1/reports/${out.id}`;
  const { body: view } = await birch.get<ReportView>(path);
  t.match(view.parts, [{ part: 'title' }, { part: 'summary' }, { part: 'judgement', confidence: { word: 'likely', from: 55, to: 80 } }, { omitted: true }, { part: 'section', heading: 'Open & shut' }, { omitted: true }], 'in order, with one mark for those that are left out');

  const markdown = await birch.get<string>(path, { accept: 'text/markdown' });
  t.match(markdown.body, /^# Shops \\<b\\>\\& "fakes"\\<\/b\\>\n\n> \*\*TLP:GREEN/);
  t.match(markdown.body, /`` https:\/\/example\.com\/`x` `` \(Where \\<i\\>it/);
  const page = await birch.get<string>(path, { accept: 'text/html,application/json;q=0.5' });
  t.match(page.headers.get('content-security-policy'), /^default-src 'none'; style-src 'sha256-[^']+'; .*sandbox$/);
  t.match(page.body, /<p>A <em>short<\/em> note \(more\) with <code>code<\/code>\.<\/p>/, 'a link is shown, and leads nowhere');
  t.match(page.body, /<h3>Large<\/h3>/);
  t.notMatch(page.body, /<(script|a|img|svg|b|i)[ >]|on\w+=|javascript:/i);
  for (const { body } of [markdown, page]) t.notMatch(body, /hidden/);
  t.same(problemOf(await birch.get(path, { accept: 'image/png' })), ['406 not-acceptable']);

  const { body: first, headers } = await birch.get<ReportChangesPage>(`/v1/reports/changes?cursor=${start.cursor}`);
  t.strictSame(first.changes, [{ type: 'report', report: view }], 'the feed says the same');
  const again = (): Promise<{ status: number }> => birch.get(`/v1/reports/changes?cursor=${first.cursor}`, { 'if-none-match': headers.get('etag')! });
  t.equal((await again()).status, 304);
  await published(ash, reviewer, report({ title: { text: 'Nobody sees this', tlp: 'RED' } }));
  t.equal((await again()).status, 304, 'what is hidden says nothing');
  const waiting = birch.get<ReportChangesPage>(`/v1/reports/changes?cursor=${first.cursor}&wait=20`);
  // It has arrived by then: its token would have ended.
  await sleep(700);
  clock.advance(5 * 3_600_000);
  const { body: released } = await waiting;
  t.match(released.changes, [{ type: 'report', report: { parts: { 5: { part: 'action', text: 'Block them.' } } } }], 'the end of an embargo is heard of');
  const stream = await birch.get<string>(`/v1/reports/changes?cursor=${start.cursor}&limit=1`, { accept: 'application/x-ndjson' });
  t.match(stream.body.trim().split('\n').map((line) => JSON.parse(line) as unknown), [{ type: 'report' }, { type: 'page', complete: true }]);
  t.same(problemOf(await ash.get(`/v1/reports/changes?cursor=${start.cursor}`)), ['400 invalid-cursor', 'cursor was not given to you for reports'], 'a cursor serves its own viewer alone');

  await hub.operator.post('/v1/members/ash/suspend');
  t.same(problemOf(await birch.get(path)), ['404 not-found']);
  const { body: hidden } = await birch.get<ReportChangesPage>(`/v1/reports/changes?cursor=${released.cursor}`);
  t.strictSame(hidden.changes, [{ type: 'remove', id: out.id, reason: 'gone' }]);
  await hub.operator.post('/v1/members/ash/resume');
  await hub.operator.post('/v1/members/birch/suspend');
  for (const each of [path, '/v1/reports', `/v1/reports/changes?cursor=${hidden.cursor}`]) t.same(problemOf(await birch.get(each)), ['403 member-suspended']);
  await hub.operator.post('/v1/members/birch/resume');
  t.match((await birch.get<ReportChangesPage>(`/v1/reports/changes?cursor=${hidden.cursor}`)).body.changes, [{ type: 'report', report: { id: out.id, released_at: view.released_at } }], 'it returns with its old dates');

  await hub.operator.post('/v1/members/ash/off-board', { signals: 'withdraw' });
  t.strictSame((await birch.get<ReportChangesPage>('/v1/reports/changes')).body.changes, [{ type: 'remove', id: out.id, reason: 'origin-left' }], 'whoever received it is told, whatever its cursor');
}
