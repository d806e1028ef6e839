import t, { type Test } from 'tap';
import type { AuditPage, EmergencyList, EmergencyView, NewContact, NewEmergency, Policy } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { dropEmergencies } from '../../server/emergencies/store.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type HomeName } from '../support/hub.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.parse('2026-03-02T10:00:00Z');
const iso = (at: number): string => new Date(at).toISOString();
const threat: NewEmergency = { harm: 'violence.imminent', regions: ['DE'], tlp: 'AMBER', text: 'A threat to a school in the north, today.', digests: [{ scheme: 'media-md5', digest: 'ab'.repeat(16) }], respond_within: 'PT30M' };

type Rule = Policy['rules'][number];
const all: Rule['terms'] = { reveal: ['text', 'harm', 'regions', 'labels', 'identifiers'], origin: 'named' };
const charter: Rule[] = [{ id: 'messages', effect: 'share', covers: ['messages'], terms: all }];
const crisis: Rule[] = [
  { id: 'responders', effect: 'share', messages: { message: { in: ['emergency'] }, harm: { in: ['violence.imminent'] } }, peers: { groups: { any: ['crisis-team'] } }, terms: all },
  { id: 'hotlines', effect: 'share', messages: { message: { in: ['emergency'] } }, peers: { id: { in: ['hotline'] } }, terms: { reveal: ['text', 'harm'], origin: 'hidden' } },
];

async function activate(api: Api, id: string, rules: Rule[]): Promise<void> {
  const stored = await api.post('/v1/policies', { id, title: id, summary: id, rules });
  const { status } = await api.post(`/v1/policies/${id}/versions/1/activate`, {});
  if (status !== 200) throw new Error(`not activated: ${JSON.stringify(stored.body)}`);
}

for (const home of homes) t.test(home, (t) => emergencies(t, home));

async function emergencies(t: Test, home: HomeName): Promise<void> {
  const clock = new ManualClock(START);
  const hub = await startTestHub(t, { home, clock });
  const { operator } = hub;
  const [northstar, harbour, lagoon] = [await hub.join({ id: 'northstar' }), await hub.join({ id: 'harbour' }), await hub.join({ id: 'lagoon' })];
  const hotline = await hub.join({ id: 'hotline', kind: 'hotline' });
  await operator.put('/v1/groups/crisis-team', { title: 'Crisis team', members: ['harbour', 'northstar'] });
  await activate(operator, 'hub/charter', charter);
  const list = async (api: Api): Promise<EmergencyView[]> => (await api.get<EmergencyList>('/v1/emergencies')).body.emergencies;
  const read = async (api: Api, id: string): Promise<EmergencyView> => (await api.get<EmergencyView>(`/v1/emergencies/${id}`)).body;

  await t.test('bad input', async (t) => {
    const wrong: [object, string[]][] = [
      [{ ...threat, text: 'call 030 1234567' }, ['422 raw-identifier', '/text looks like it carries a phone number']],
      [{ ...threat, respond_within: 'PT1S' }, ['422 invalid-times', '/respond_within must be a minute to seven days']],
      [{ ...threat, digests: [{ scheme: 'media-md5', digest: 'ab' }] }, ['422 invalid-digest', '/digests/0/digest does not have the length of its scheme']],
      [{ ...threat, digests: [{ scheme: 'url-v1', key: 'crisis-team', epoch: 9, digest: 'ab'.repeat(32) }] }, ['422 unknown-key', '/digests/0']],
      [{ ...threat, harm: 'nonsense' }, ['400 invalid-body', '/harm must be a harm of the tree']],
    ];
    for (const [body, [problem, place = '']] of wrong as [object, [string, string?]][]) {
      const found = problemOf(await northstar.post('/v1/emergencies', body));
      t.equal(found[0], problem);
      t.ok(found[1]!.startsWith(place), place);
    }
  });

  await t.test('at once to the responders that policy names, and to nobody else', async (t) => {
    const posted = await northstar.post<EmergencyView>('/v1/emergencies', threat);
    t.match(posted, { status: 201, body: { state: 'open', overdue: false, acknowledge_by: iso(START + 30 * MINUTE), origin: 'northstar', received: [] } });
    const { id } = posted.body;
    for (const api of [harbour, lagoon, hotline]) t.same(await list(api), [], 'without a policy nobody');
    await activate(northstar, 'northstar/crisis', crisis);
    t.match(await list(harbour), [{ id, origin: 'northstar', text: threat.text, harm: 'violence.imminent', digests: threat.digests, handling: { tlp: 'AMBER' }, acknowledged_by_you: false }]);
    const [seen] = await list(hotline);
    t.match(seen, { text: threat.text });
    t.notOk(['origin', 'digests', 'received'].some((field) => field in seen!), 'only what the terms reveal');
    for (const api of [lagoon, operator]) {
      t.same(await list(api), []);
      t.same(problemOf(await api.get(`/v1/emergencies/${id}`)), ['404 not-found']);
      t.same(problemOf(await api.post(`/v1/emergencies/${id}/acknowledge`)), ['404 not-found']);
      t.same(problemOf(await api.post(`/v1/emergencies/${id}/close`, { outcome: 'resolved' })), ['404 not-found']);
    }
    t.match((await read(northstar, id)).received, [{ member: 'harbour' }, { member: 'hotline' }]);
    t.same((await list(lagoon)), []);
  });

  await t.test('the time runs, whom to call next, and somebody takes it up', async (t) => {
    const [{ id }] = (await list(northstar)) as [EmergencyView];
    const desk: NewContact = { title: 'Desk', role: 'crisis-lead', ways: [{ kind: 'phone', address: '112' }], visibility: 'members' };
    await lagoon.put('/v1/contacts/lagoon/far', { ...desk, countries: ['US'] });
    await lagoon.put('/v1/contacts/lagoon/asleep', { ...desk, hours: { zone: 'UTC', weekly: [{ days: ['sun'], from: '01:00', to: '02:00' }] } });
    await harbour.put('/v1/contacts/harbour/lead', desk);
    await hotline.put('/v1/contacts/hotline/line', { ...desk, role: 'abuse-desk', countries: ['EU'], hours: { zone: 'UTC', weekly: [{ days: ['mon'], from: '00:00', to: '24:00' }] } });
    await harbour.put('/v1/contacts/harbour/press', { ...desk, role: 'press' });
    clock.advance(30 * MINUTE - 1);
    t.notOk((await read(northstar, id)).escalation);
    clock.advance(1);
    const called = async (): Promise<unknown> => (await read(northstar, id)).escalation;
    t.match(await called(), { level: 1, contacts: [{ id: 'hotline/line' }] }, 'first who is there now');
    clock.advance(60 * MINUTE);
    t.match(await called(), { level: 3, contacts: [{ id: 'hotline/line' }, { id: 'harbour/lead' }, { id: 'lagoon/asleep' }] });
    t.match(await read(harbour, id), { overdue: true });
    t.notOk('escalation' in (await read(harbour, id)), 'that is its origin’s');
    t.same(problemOf(await northstar.post(`/v1/emergencies/${id}/acknowledge`)), ['409 conflict']);
    t.match(await harbour.post(`/v1/emergencies/${id}/acknowledge`), { status: 200, body: { state: 'acknowledged', overdue: false, acknowledged_by_you: true } });
    t.match(await harbour.post(`/v1/emergencies/${id}/acknowledge`), { status: 200, body: { acknowledged_by_you: true } });
    const own = await read(northstar, id);
    t.same(own.acknowledgements, [{ member: 'harbour', at: iso(START + 90 * MINUTE) }]);
    t.notOk(own.escalation);
    t.match(await read(hotline, id), { state: 'acknowledged', acknowledged_by_you: false });
    t.same(problemOf(await harbour.post(`/v1/emergencies/${id}/close`, { outcome: 'resolved' })), ['404 not-found'], 'its origin closes it');
    t.match(await northstar.post(`/v1/emergencies/${id}/close`, { outcome: 'handed-over' }), { status: 200, body: { state: 'closed', outcome: 'handed-over' } });
    t.same(problemOf(await northstar.post(`/v1/emergencies/${id}/close`, { outcome: 'resolved' })), ['409 conflict']);
    t.same(problemOf(await hotline.post(`/v1/emergencies/${id}/acknowledge`)), ['409 conflict']);
  });

  await t.test('who waits is told at once, and a suspended member no more', async (t) => {
    const first = await harbour.get('/v1/emergencies');
    const tag = first.headers.get('etag')!;
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) t.equal((await harbour.get('/v1/emergencies', { 'if-none-match': known })).status, 304, known);
    const waiting = harbour.get<EmergencyList>('/v1/emergencies?wait=60', { 'if-none-match': tag });
    await northstar.post('/v1/emergencies', { ...threat, text: 'Another threat.' });
    t.equal((await waiting).body.emergencies.length, 2);
    await operator.post('/v1/members/northstar/suspend');
    t.same(await list(harbour), []);
    await operator.post('/v1/members/northstar/resume');
    await operator.put('/v1/groups/crisis-team', { title: 'Crisis team', members: ['northstar'] });
    t.same(await list(harbour), [], 'who left the group');
    clock.advance(30 * DAY);
    t.same(await list(northstar), []);
    await dropEmergencies(hub.hub);
    t.same(await hub.hub.db.selectFrom('emergency_event').select('kind').execute(), []);
    const actions = (await operator.get<AuditPage>('/v1/audit?limit=1000')).body.entries.map(({ action }) => action);
    t.same(['post-emergency', 'receive-emergency', 'acknowledge-emergency', 'close-emergency'].map((action) => actions.filter((one) => one === action).length), [2, 3, 1, 1]);
  });
}
