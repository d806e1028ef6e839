import t, { type Test } from 'tap';
import { ReplicaDigest } from '../../clients/sdk/index.ts';
import type { AuditPage, ChangesPage, ExerciseList, IncidentList, IncidentView, ItemResult, Me, NewSignal, OwnSignalCounts, Policy } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type HomeName, type TestHub } from '../support/hub.ts';

type Rule = Policy['rules'][number];

const HOUR = 3_600_000;
const START = Date.parse('2026-03-02T10:00:00Z');
const iso = (at: number): string => new Date(at).toISOString();

for (const home of homes) {
  t.test(home, async (t) => {
    await t.test('incidents', (t) => incidents(t, home));
    await t.test('exercises', (t) => exercises(t, home));
  });
}

async function incidents(t: Test, home: HomeName): Promise<void> {
  const clock = new ManualClock(START);
  const hub = await startTestHub(t, { home, clock });
  const { operator } = hub;
  const [northstar, harbour, lagoon] = [await hub.join({ id: 'northstar' }), await hub.join({ id: 'harbour' }), await hub.join({ id: 'lagoon' })];
  await operator.put('/v1/groups/crisis-team', { title: 'Crisis team', members: ['northstar'] });
  const wave = { title: 'A wave of attacks', severity: 'critical', harms: ['violence.imminent'], responders: { members: ['harbour'], groups: ['crisis-team'] } };
  const list = async (api: Api): Promise<string[]> => (await api.get<IncidentList>('/v1/incidents')).body.incidents.map(({ id, state }) => `${id} ${state}`);
  const read = async (api: Api, id = 'wave-1'): Promise<IncidentView> => (await api.get<IncidentView>(`/v1/incidents/${id}`)).body;

  t.match(await operator.put('/v1/incidents/wave-1', wave), { status: 201, body: { state: 'closed', announced: false, periods: [] } });
  t.match(await operator.put('/v1/incidents/election-2026', { ...wave, title: 'Election', announced: true }), { status: 201 });
  t.same(problemOf(await northstar.put('/v1/incidents/mine', wave)), ['403 operator-only'], 'nobody else takes a name that policies trust');
  t.same(problemOf(await operator.put('/v1/incidents/bad', { ...wave, responders: { members: ['nobody'], groups: ['nowhere'] } })), ['400 invalid-body', '/responders/members/0 is not a member of this hub', '/responders/groups/0 is not a group of this hub']);
  t.same(problemOf(await operator.put('/v1/incidents/bad', { ...wave, harms: ['nonsense'] })), ['400 invalid-body', '/harms/0 must be a harm of the tree']);

  t.same(await list(northstar), ['election-2026 closed', 'wave-1 closed']);
  t.same(await list(lagoon), ['election-2026 closed'], 'who does not respond knows of what was announced');
  t.same(Object.keys(await read(lagoon, 'election-2026')).sort(), ['harms', 'id', 'severity', 'state', 'title']);
  for (const id of ['wave-1', 'none']) {
    t.same(problemOf(await lagoon.get(`/v1/incidents/${id}`)), ['404 not-found']);
    for (const deed of ['open', 'close']) t.same(problemOf(await lagoon.post(`/v1/incidents/${id}/${deed}`, deed === 'open' ? {} : undefined)), ['404 not-found']);
  }
  t.same(problemOf(await lagoon.post('/v1/incidents/election-2026/open', {})), ['404 not-found'], 'to know of it is not to open it');

  t.match(await northstar.post('/v1/incidents/wave-1/open', {}), { status: 200, body: { state: 'open', periods: [{ from: iso(START), by: 'northstar' }] } });
  clock.advance(HOUR);
  t.match(await harbour.post('/v1/incidents/wave-1/open', { closes_at: iso(START + 3 * HOUR) }), { status: 200, body: { periods: [{ from: iso(START), until: iso(START + 3 * HOUR), by: 'northstar' }] } }, 'an open one gets another end');
  t.same(problemOf(await harbour.post('/v1/incidents/wave-1/open', { closes_at: iso(START + HOUR) })), ['422 invalid-times', '/closes_at must be in the future']);
  clock.advance(2 * HOUR - 1);
  t.equal((await read(harbour)).state, 'open');
  clock.advance(1);
  t.equal((await read(harbour)).state, 'closed', 'by itself');
  t.match(await harbour.post('/v1/incidents/wave-1/close'), { status: 200, body: { state: 'closed' } });
  clock.advance(HOUR);
  await operator.post('/v1/incidents/wave-1/open', {});
  clock.advance(HOUR);
  t.match((await northstar.post<IncidentView>('/v1/incidents/wave-1/close')).body.periods, [{ from: iso(START + 4 * HOUR), until: iso(START + 5 * HOUR), by: 'hub' }, { from: iso(START), until: iso(START + 3 * HOUR) }]);
  t.match(await operator.put('/v1/incidents/wave-1', { ...wave, severity: 'high' }), { status: 200, body: { severity: 'high', periods: [{}, {}] } }, 'what is said of it changes, what was stays');
  await operator.put('/v1/groups/crisis-team', { title: 'Crisis team', members: [] });
  t.same(problemOf(await northstar.get('/v1/incidents/wave-1')), ['404 not-found'], 'who left the group responds no more');
  const actions = (await operator.get<AuditPage>('/v1/audit?limit=1000')).body.entries.map(({ action }) => action).filter((action) => action.endsWith('incident'));
  t.same(actions, ['declare-incident', 'declare-incident', 'open-incident', 'prolong-incident', 'open-incident', 'close-incident', 'change-incident']);
}

async function exercises(t: Test, home: HomeName): Promise<void> {
  const clock = new ManualClock(START);
  const hub = await startTestHub(t, { home, clock });
  const { operator } = hub;
  const [northstar, harbour] = [await hub.join({ id: 'northstar' }), await hub.join({ id: 'harbour' })];
  const drill = { title: 'Spring drill', participants: { members: ['northstar'] }, from: iso(START + HOUR), until: iso(START + 2 * HOUR) };
  t.match(await operator.put('/v1/exercises/spring-drill', drill), { status: 201, body: { id: 'spring-drill', state: 'planned' } });
  const wrong: [string, object, string[]][] = [
    ['bad', { ...drill, participants: { groups: ['nowhere'] } }, ['400 invalid-body', '/participants/groups/0 is not a group of this hub']],
    ['bad', { ...drill, until: drill.from }, ['422 invalid-times', '/until must be after from, and at most 90 days later']],
    ['bad', { ...drill, until: iso(START + 91 * 24 * HOUR + HOUR) }, ['422 invalid-times', '/until must be after from, and at most 90 days later']],
    ['bad', { ...drill, from: iso(START - HOUR), until: iso(START) }, ['422 invalid-times', '/until must be in the future']],
    ['spring-drill', { ...drill, until: iso(START + 3 * HOUR) }, ['409 conflict', '/until an exercise keeps its dates']],
  ];
  for (const [id, body, problem] of wrong) t.same(problemOf(await operator.put(`/v1/exercises/${id}`, body)), problem);
  t.same(problemOf(await northstar.put('/v1/exercises/mine', drill)), ['403 operator-only']);
  const list = async (api: Api): Promise<string[]> => (await api.get<ExerciseList>('/v1/exercises')).body.exercises.map(({ id, state }) => `${id} ${state}`);
  t.same([await list(northstar), await list(harbour), await list(operator)], [['spring-drill planned'], [], ['spring-drill planned']]);
  for (const id of ['spring-drill', 'none']) t.same(problemOf(await harbour.get(`/v1/exercises/${id}`)), ['404 not-found']);
  await drilled(t, hub, northstar, harbour);
  clock.advance(HOUR);
  t.same(await list(northstar), ['spring-drill under-way']);
  t.match(await operator.put('/v1/exercises/spring-drill', { ...drill, participants: { members: ['northstar', 'harbour'] } }), { status: 200 });
  t.equal((await harbour.get<ChangesPage>('/v1/feeds/northstar/drill/changes')).body.changes.length, 1);
  clock.advance(HOUR);
  t.same(await list(harbour), ['spring-drill over']);
  t.equal((await harbour.get<ChangesPage>('/v1/feeds/northstar/drill/changes')).body.changes.length, 0, 'what was in it ends with it');
  t.equal((await harbour.get<ChangesPage>('/v1/feeds/all/changes')).body.changes.length, 1, 'what is real stays');
  t.match(await northstar.post('/v1/signals', { ...plain, exercise: 'spring-drill' }), { status: 400 });
}

const plain: NewSignal = { digests: [{ scheme: 'media-md5', digest: 'ab'.repeat(16) }], harm: 'fraud', severity: 'high', confidence: 80, status: 'malicious', tlp: 'GREEN' };

function idsOf({ changes }: ChangesPage): (string | false)[] {
  return changes.map((change) => change.type === 'signal' && change.signal.id);
}

async function drilled(t: Test, { hub, operator }: TestHub, northstar: Api, harbour: Api): Promise<void> {
  const terms: Rule['terms'] = { reveal: ['digest'], origin: 'named' };
  const everything: Rule = { id: 'all', effect: 'share', terms };
  const inDrill: Rule = { id: 'drill', effect: 'share', signals: { exercise: { in: ['spring-drill'] } }, terms };
  const activate = async (api: Api, id: string, version: number, rules: Rule[]): Promise<void> => {
    await api.post('/v1/policies', { id, title: id, summary: id, rules });
    t.equal((await api.post(`/v1/policies/${id}/versions/${version}/activate`, {})).status, 200);
  };
  const page = async (feed: string): Promise<ChangesPage> => (await harbour.get<ChangesPage>(`/v1/feeds/${feed}/changes?digest=total`)).body;
  t.same(problemOf(await harbour.post('/v1/signals', { ...plain, exercise: 'spring-drill' })), ['400 invalid-body', '/exercise is not an exercise that you take part in, or is over']);
  t.same(problemOf(await northstar.post('/v1/signals', { ...plain, exercise: 'nothing' })), ['400 invalid-body', '/exercise is not an exercise that you take part in, or is over']);
  const real = (await northstar.post<ItemResult>('/v1/signals', plain)).body.id!;
  const drill = (await northstar.post<ItemResult>('/v1/signals', { ...plain, exercise: 'spring-drill' })).body.id!;
  t.same(problemOf(await northstar.put(`/v1/signals/${drill}`, plain)), ['409 conflict', '/exercise a signal stays in its exercise, or real']);
  t.same(problemOf(await northstar.put(`/v1/signals/${real}`, { ...plain, exercise: 'spring-drill' })), ['409 conflict', '/exercise a signal stays in its exercise, or real']);
  await activate(operator, 'hub/charter', 1, [everything, inDrill]);
  await activate(northstar, 'northstar/open', 1, [everything]);
  await northstar.put('/v1/feeds/northstar/drill', { id: 'northstar/drill', title: 'Drill', filter: { exercise: { in: ['spring-drill'] } } });
  t.same(idsOf(await page('all')), [real], 'no rule reaches it that does not name it');
  t.same(idsOf(await page('northstar/drill')), []);
  await activate(northstar, 'northstar/open', 2, [everything, inDrill]);
  t.same(idsOf(await page('all')), [real], 'what is real and what is not never share a feed');
  const { changes, digest } = await page('northstar/drill');
  const own = new ReplicaDigest();
  for (const change of changes) if (change.type === 'signal') own.add(change.signal);
  t.same(own.total, { count: digest!.count, sum: digest!.sum });
  t.same(changes.flatMap((change) => (change.type === 'signal' ? [[change.signal.id, change.signal.exercise]] : [])), [[drill, 'spring-drill']], 'marked, whatever else is revealed');
  t.match((await northstar.get<Me>('/v1/me')).body.quota, { signals_used: 1 }, 'not among the real ones');
  t.match((await northstar.get<OwnSignalCounts>('/v1/signals/counts')).body, { active: 1, exercise: 1, by_harm: { fraud: 1 } });
  t.equal((await hub.db.selectFrom('usage').select('exercise').executeTakeFirstOrThrow()).exercise, 1);
}
