import t, { type Test } from 'tap';
import type { AuditPage, ClientView, ContactView, EmergencyList, EmergencyView, MessageList, MessageView, News, NewEmergency, NewExercise, OwnReport, PartField, Policy, PostedMessage, ReportChangesPage, ReportHits, ReportList, ReportView, Topic } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type HomeName, type TestHub } from '../support/hub.ts';
import { match, published, report } from '../support/reports.ts';

const START = Date.parse('2026-03-02T10:00:00Z');
const HOUR = 3_600_000;
const iso = (at: number): string => new Date(at).toISOString();

type Rule = Policy['rules'][number];
const parts: PartField[] = ['text', 'harm', 'regions', 'links'];
const terms: Rule['terms'] = { reveal: [...parts, 'identifiers'], origin: 'named' };
const real: Rule = { id: 'real', effect: 'share', covers: ['reports', 'messages'], terms };
const drilled: Rule[] = [
  { id: 'drilled-reports', effect: 'share', reports: { exercise: { in: ['spring-drill'] } }, terms },
  { id: 'drilled-messages', effect: 'share', messages: { exercise: { in: ['spring-drill'] } }, terms },
];
const threat: NewEmergency = { harm: 'violence.imminent', tlp: 'GREEN', text: 'A threat to a school in the north, today.', respond_within: 'PT30M' };
const wrong = ['400 invalid-body', '/exercise is not an exercise that you take part in, or is over'];

interface Scene {
  hub: TestHub;
  clock: ManualClock;
  ash: Api;
  reviewer: Api;
  /** Takes part, as ash does. */
  birch: Api;
  /** Does not. */
  cedar: Api;
}

async function scene(t: Test, home: HomeName): Promise<Scene> {
  const clock = new ManualClock(START);
  const hub = await startTestHub(t, { home, clock });
  const [ash, birch, cedar] = [await hub.join({ id: 'ash' }), await hub.join({ id: 'birch' }), await hub.join({ id: 'cedar' })];
  const { body: client } = await hub.operator.post<ClientView>('/v1/members/ash/clients', { title: 'Reviewer', scopes: ['reports:review', 'reports:read'] });
  const reviewer = hub.api({ client_id: client.client_id, client_secret: client.client_secret! });
  const drill: NewExercise = { title: 'Spring drill', participants: { members: ['ash', 'birch'] }, from: iso(START), until: iso(START + 10 * HOUR) };
  await hub.operator.put('/v1/exercises/spring-drill', drill);
  await hub.operator.put('/v1/exercises/other-drill', { ...drill, participants: { members: ['cedar', 'ash'] } });
  await activate(hub.operator, 'hub/charter', 1, [real, ...drilled]);
  await activate(ash, 'ash/open', 1, [real]);
  await activate(birch, 'birch/open', 1, [real, ...drilled]);
  return { hub, clock, ash, reviewer, birch, cedar };
}

async function activate(api: Api, id: string, version: number, rules: Rule[]): Promise<void> {
  const stored = await api.post('/v1/policies', { id, title: id, summary: id, rules });
  const { status } = await api.post(`/v1/policies/${id}/versions/${version}/activate`, {});
  if (status !== 200) throw new Error(`not activated: ${JSON.stringify(stored.body)}`);
}

for (const home of homes) {
  t.test(home, async (t) => {
    const set = await scene(t, home);
    await t.test('reports', (t) => reports(t, set));
    await t.test('messages', (t) => messages(t, set));
    await t.test('emergencies', (t) => emergencies(t, set));
    await t.test('what is in an exercise ends with it', (t) => ends(t, set));
  });
}

const ids = ({ reports: found }: ReportList | ReportHits): string[] => found.map(({ id }) => id);
const text = async (api: Api, id: string, accept: string): Promise<string> => (await api.get(`/v1/reports/${id}`, { accept })).body as string;
const feed = async (api: Api): Promise<ReportView[]> => (await api.get<ReportChangesPage>('/v1/reports/changes')).body.changes.flatMap((change) => (change.type === 'report' ? [change.report] : []));

async function reports(t: Test, { ash, reviewer, birch, cedar }: Scene): Promise<void> {
  t.same(problemOf(await birch.post('/v1/reports', report({ exercise: 'other-drill' }))), wrong, 'only who takes part');
  t.same(problemOf(await ash.post('/v1/reports', report({ exercise: 'nothing' }))), wrong);
  const plain = await published(ash, reviewer, report({ title: { text: 'Fake shops', tlp: 'GREEN' } }));
  const drill = await published(ash, reviewer, report({ title: { text: 'Fake shops, drilled', tlp: 'GREEN' }, exercise: 'spring-drill' }));
  for (const [own, content] of [[drill, report()], [plain, report({ exercise: 'spring-drill' })], [drill, report({ exercise: 'other-drill' })]] as const) {
    t.same(problemOf(await ash.put(`/v1/reports/${own.id}`, content, match(own.version))), ['409 conflict', '/exercise a report stays in its exercise, or real']);
  }
  for (const content of [report({ supersedes: [drill.id] }), report({ supersedes: [plain.id], exercise: 'spring-drill' })]) {
    await t.rejects(published(ash, reviewer, content), /409.*same exercise/, 'what is real and what is not never stand in place of each other');
  }
  t.equal((await birch.get(`/v1/reports/${drill.id}`)).status, 404, 'no rule reaches it that does not name it');
  await activate(ash, 'ash/open', 2, [real, ...drilled]);

  const view = await birch.get<ReportView>(`/v1/reports/${drill.id}`);
  t.match(view.body, { id: drill.id, exercise: 'spring-drill' });
  t.same(Object.keys(view.body).slice(0, 3), ['id', 'version', 'exercise'], 'the mark is at the top');
  t.match(await text(birch, drill.id, 'text/markdown'), /^\*\*EXERCISE spring-drill: not real\. Do not act on it\.\*\*\n/);
  const page = await text(birch, drill.id, 'text/html');
  t.match(page, /<title>EXERCISE: Fake shops, drilled<\/title>/);
  t.match(page, /<body>\n<p class="exercise">EXERCISE spring-drill: not real\. Do not act on it\.<\/p>\n<h1/);
  t.notMatch(await text(birch, plain.id, 'text/markdown') + (await text(birch, plain.id, 'text/html')), 'EXERCISE');
  t.notOk('exercise' in (await birch.get<ReportView>(`/v1/reports/${plain.id}`)).body);

  t.same(ids((await birch.get<ReportList>('/v1/reports')).body), [plain.id], 'lists show what is real');
  t.match((await birch.get<ReportList>('/v1/reports?exercise=spring-drill')).body.reports, [{ id: drill.id, exercise: 'spring-drill' }]);
  t.same(ids((await birch.get<ReportList>('/v1/reports?exercise=other-drill')).body), []);
  const search = async (more: string): Promise<ReportHits> => (await birch.get<ReportHits>(`/v1/reports/search?facets=true${more}`)).body;
  for (const words of ['', '&q=shops']) {
    const found = await search(words);
    t.same([ids(found), found.facets!.harms], [[plain.id], [{ value: 'fraud', reports: 1 }]], 'search finds and counts what is real');
    const asked = await search(`${words}&exercise=spring-drill`);
    t.match(asked.reports, [{ id: drill.id, exercise: 'spring-drill' }]);
    t.equal(asked.reports.length, 1);
  }
  t.match(Object.fromEntries((await feed(birch)).map(({ id, exercise }) => [id, exercise ?? 'real'])), { [plain.id]: 'real', [drill.id]: 'spring-drill' }, 'the feed marks it');
  t.same((await birch.get<ReportView>(`/v1/reports/${drill.id}`)).body, (await feed(birch)).find(({ id }) => id === drill.id), 'as it is read');
  const topic = (await birch.post<Topic>('/v1/topics', { title: 'Fraud', of: 'reports', harms: ['fraud'] })).body;
  t.same((await birch.get<News>(`/v1/topics/${topic.id}/news`)).body.reports!.map(({ id }) => id), [plain.id], 'a drill is no news');
  await activate(ash, 'ash/open', 3, [real]);
  t.same((await feed(birch)).map(({ id }) => id), [plain.id], 'what no rule names any more is gone');
  await activate(ash, 'ash/open', 4, [real, ...drilled]);
  t.equal((await cedar.get(`/v1/reports/${drill.id}`)).status, 200, 'who is shown a report in an exercise is what policies say');

  const comment = async (on: OwnReport): Promise<MessageView[]> => {
    await birch.post('/v1/reports/' + on.id + '/comments', { text: 'Seen here.', tlp: 'GREEN' });
    return (await ash.get<MessageList>(`/v1/reports/${on.id}/comments`)).body.messages;
  };
  t.match(await comment(drill), [{ exercise: 'spring-drill' }], 'a comment belongs to the exercise of its report');
  t.notOk('exercise' in (await comment(plain))[0]!);
}

async function messages(t: Test, { ash, birch }: Scene): Promise<void> {
  const asking = { title: 'Anyone?', text: 'Has anyone seen these shops?', harms: ['fraud'], tlp: 'GREEN' };
  t.same(problemOf(await birch.post('/v1/requests', { ...asking, exercise: 'other-drill' })), wrong);
  const plain = (await ash.post<PostedMessage>('/v1/requests', asking)).body.id;
  const drill = (await ash.post<PostedMessage>('/v1/requests', { ...asking, exercise: 'spring-drill' })).body.id;
  const list = async (api: Api, query = ''): Promise<MessageView[]> => (await api.get<MessageList>(`/v1/requests${query}`)).body.messages;
  for (const api of [ash, birch]) {
    t.same((await list(api)).map(({ id }) => id), [plain], 'lists show what is real, one’s own as well');
    t.match(await list(api, '?exercise=spring-drill'), [{ id: drill, exercise: 'spring-drill', title: 'Anyone?' }]);
    t.match((await api.get(`/v1/requests/${drill}`)).body, { exercise: 'spring-drill' });
  }
  for (const request of [plain, drill]) t.equal((await birch.post(`/v1/requests/${request}/answers`, { to: 'asker', text: 'Yes.', tlp: 'GREEN' })).status, 201);
  const answers = async (request: string): Promise<MessageView[]> => (await ash.get<MessageList>(`/v1/requests/${request}/answers`)).body.messages;
  t.match(await answers(drill), [{ exercise: 'spring-drill' }], 'an answer belongs to the exercise of its request');
  t.notOk('exercise' in (await answers(plain))[0]!);
  t.match(await list(ash), [{ answers: 1 }]);
  const topic = (await birch.post<Topic>('/v1/topics', { title: 'Fraud', of: 'requests', harms: ['fraud'] })).body;
  t.same((await birch.get<News>(`/v1/topics/${topic.id}/news`)).body.requests!.map(({ id }) => id), [plain]);
}

async function emergencies(t: Test, { hub, clock, ash, birch, cedar }: Scene): Promise<void> {
  const list = async (api: Api, query = ''): Promise<EmergencyView[]> => (await api.get<EmergencyList>(`/v1/emergencies${query}`)).body.emergencies;
  t.same(problemOf(await cedar.post('/v1/emergencies', { ...threat, exercise: 'spring-drill' })), wrong);
  const drill = (await ash.post<EmergencyView>('/v1/emergencies', { ...threat, exercise: 'spring-drill' })).body;
  t.equal(drill.exercise, 'spring-drill');
  const plain = (await ash.post<EmergencyView>('/v1/emergencies', threat)).body;
  for (const api of [ash, birch]) {
    t.same((await list(api)).map(({ id }) => id), [plain.id], 'a drill is not among what is real');
    t.match(await list(api, '?exercise=spring-drill'), [{ id: drill.id, exercise: 'spring-drill' }]);
    t.match((await api.get(`/v1/emergencies/${drill.id}`)).body, { exercise: 'spring-drill' });
  }
  t.same((await list(cedar)).map(({ id }) => id), [plain.id]);
  t.same(await list(cedar, '?exercise=spring-drill'), [], 'a policy alone does not let who takes no part see it');
  for (const act of ['', '/acknowledge']) t.same(problemOf(await (act ? cedar.post(`/v1/emergencies/${drill.id}${act}`) : cedar.get(`/v1/emergencies/${drill.id}`))), ['404 not-found']);
  await cedar.put<ContactView>('/v1/contacts/cedar/line', { title: 'Line', role: 'emergency-line', ways: [{ kind: 'phone', address: '112' }], visibility: 'members' });
  await birch.put<ContactView>('/v1/contacts/birch/desk', { title: 'Desk', role: 'abuse-desk', ways: [{ kind: 'phone', address: '113' }], visibility: 'members' });
  clock.advance(HOUR);
  const called = async (query: string): Promise<string[][]> => (await list(ash, query)).map(({ escalation }) => escalation!.contacts.map(({ member }) => member));
  t.same(await called('?exercise=spring-drill'), [['Member birch']], 'nobody is called who takes no part');
  t.same(await called(''), [['Member cedar', 'Member birch']]);
  t.match((await birch.post(`/v1/emergencies/${drill.id}/acknowledge`)).body, { state: 'acknowledged', exercise: 'spring-drill' });
  t.match(await list(ash), [{ id: plain.id, state: 'open', overdue: true }], 'what is real still waits');
  t.match((await ash.post(`/v1/emergencies/${drill.id}/close`, { outcome: 'resolved' })).body, { state: 'closed', exercise: 'spring-drill' });
  const { entries } = (await hub.operator.get<AuditPage>('/v1/audit?limit=1000')).body;
  const about = entries.filter(({ subject }) => subject === drill.id);
  t.same([...new Set(about.map(({ action }) => action))].sort(), ['acknowledge-emergency', 'close-emergency', 'post-emergency', 'receive-emergency']);
  t.ok(about.every(({ detail }) => (detail as { exercise?: string }).exercise === 'spring-drill'), 'the record says everywhere that it was a drill');
  t.notOk(entries.some(({ subject, detail }) => subject === plain.id && (detail as { exercise?: string } | undefined)?.exercise));
}

async function ends(t: Test, { clock, ash, birch }: Scene): Promise<void> {
  const seen = async (): Promise<number[]> => [
    (await birch.get<ReportList>('/v1/reports?exercise=spring-drill')).body.reports.length,
    (await birch.get<MessageList>('/v1/requests?exercise=spring-drill')).body.messages.length,
    (await birch.get<EmergencyList>('/v1/emergencies?exercise=spring-drill')).body.emergencies.length,
  ];
  t.same(await seen(), [1, 1, 1]);
  clock.advance(START + 10 * HOUR - clock.now());
  t.same(await seen(), [0, 0, 0]);
  t.same(problemOf(await ash.post('/v1/emergencies', { ...threat, exercise: 'spring-drill' })), wrong);
  t.same((await birch.get<ReportList>('/v1/reports')).body.reports.length, 1, 'what is real stays');
}
