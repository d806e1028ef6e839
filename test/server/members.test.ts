import t, { type Test } from 'tap';
import type { DepartureResult, DigestKeyList, GroupList, GroupView, Me, MemberList, MemberView } from '../../schemas/types.ts';
import { call, problemOf } from '../support/api.ts';
import { homes, startTestHub, type TestHub } from '../support/hub.ts';

const platform = { title: 'Member', kind: 'platform' };

for (const home of homes) {
  t.test(home, async (t) => {
    t.test('members', async (t) => members(t, await startTestHub(t, { home })));
    t.test('bad input', async (t) => badInput(t, await startTestHub(t, { home })));
    t.test('suspension', async (t) => suspension(t, await startTestHub(t, { home })));
    t.test('groups', async (t) => groups(t, await startTestHub(t, { home })));
    t.test('departure', async (t) => departure(t, await startTestHub(t, { home })));
  });
}

async function members(t: Test, { hub, operator, join, url }: TestHub): Promise<void> {
  const agreements = [{ id: 'fraud-2026', from: '2026-01-01T00:00:00Z', until: '2027-01-01T00:00:00Z' }];
  const added = await operator.post('/v1/members', { id: 'harbour', title: 'Harbour', kind: 'ngo', trust: 'verified', jurisdictions: ['DE', 'EU'], agreements });
  const harbour = { id: 'harbour', title: 'Harbour', kind: 'ngo', trust: 'verified', jurisdictions: ['DE', 'EU'], agreements, status: 'active', groups: [] };
  t.match(added, { status: 201 });
  t.same(added.body, harbour);
  t.match((await operator.post('/v1/members', { id: 'peer-hub', title: 'Another hub', kind: 'hub' })).body, { trust: 'unverified', jurisdictions: [], agreements: [] });
  const northstar = await join({ id: 'northstar', title: 'Northstar' });
  const world = await hub.worlds.at((await hub.head()).world);
  t.same([...world.members.values()].map(({ id, number }) => [id, number]), [['hub', 1], ['harbour', 2], ['peer-hub', 3], ['northstar', 4]]);

  t.same((await operator.get<MemberList>('/v1/members')).body.members.map(({ id, status }) => [id, status]), [['harbour', 'active'], ['hub', 'active'], ['northstar', 'active'], ['peer-hub', 'active']]);
  t.same((await operator.get('/v1/members/harbour')).body, harbour);
  const seen = { id: 'harbour', title: 'Harbour', kind: 'ngo', jurisdictions: ['DE', 'EU'] };
  t.same((await northstar.get('/v1/members/harbour')).body, seen, 'other members see who it is, and no more');
  t.same((await northstar.get<MemberList>('/v1/members')).body.members[0], seen);
  t.same(problemOf(await northstar.get('/v1/members/nobody')), ['404 not-found']);

  await hub.db.insertInto('usage').values({ origin: 4, signals: 12, classes: 3 }).execute();
  t.match((await northstar.get<Me>('/v1/me')).body, { member: { id: 'northstar', trust: 'unverified', groups: [] }, client_id: northstar.credentials.client_id, quota: { signals: hub.config.signalQuota, signals_used: 12, classes: hub.config.classQuota, classes_used: 3, reports: hub.config.reportQuota, reports_used: 0, messages: hub.config.messageQuota, messages_used: 0 } });
  t.match((await operator.get<Me>('/v1/me')).body, { member: { id: 'hub' }, quota: { signals_used: 0, classes_used: 0 } });

  t.match((await operator.patch('/v1/members/harbour', { trust: 'trusted', agreements: [] })).body, { ...harbour, trust: 'trusted', agreements: [] });
  t.match((await operator.get('/v1/members/harbour')).body, { title: 'Harbour', trust: 'trusted', agreements: [], jurisdictions: ['DE', 'EU'] });
  t.same(problemOf(await operator.patch('/v1/members/nobody', { title: 'X' })), ['404 not-found']);

  const twice = await Promise.all([1, 2].map(() => operator.post('/v1/members', { id: 'same', ...platform })));
  t.same(twice.map(({ status }) => status).sort(), [201, 409], 'of two at once one gets the id');
  const five = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((end) => operator.post(`/v1/members`, { id: `new-${end}`, ...platform })));
  t.ok(five.every(({ status }) => status === 201));
  const numbers = [...(await hub.worlds.at((await hub.head()).world)).members.values()].map(({ number }) => number);
  t.equal(new Set(numbers).size, numbers.length, 'no number twice');
  t.same(problemOf(await call(`${url}/v1/nothing`, 'GET', undefined, {})), ['404 not-found']);
}

async function badInput(t: Test, { operator }: TestHub): Promise<void> {
  await operator.put('/v1/groups/circle', { title: 'Circle', members: [] });
  await operator.put('/v1/groups/gone-circle', { title: 'Circle', members: [] });
  await operator.delete('/v1/groups/gone-circle');
  const added: [object | string, string[]][] = [
    [{ id: 'harbour', ...platform, status: 'active' }, ['400 invalid-body', '/status is not a field that is known here']],
    [{ id: 'harbour', kind: 'platform' }, ['400 invalid-body', '/title is missing']],
    [{ id: 'harbour', kind: 'platform', title: 7 }, ['400 invalid-body', '/title must be string']],
    [{ id: 'harbour', title: 'X', kind: 'bank' }, ['400 invalid-body', '/kind must be one of platform, ngo, hotline, researcher, government, law-enforcement, hub']],
    [{ id: 'Harbour', ...platform }, ['400 invalid-body', '/id must match pattern "^[a-z][a-z0-9-]{1,39}$"']],
    [{ id: 'harbour', ...platform, jurisdictions: ['DE', 'DE'] }, ['400 invalid-body', '/jurisdictions must NOT have duplicate items (items ## 0 and 1 are identical)']],
    [{ id: 'harbour', ...platform, agreements: [{ id: 'fraud', from: '2026-02-30T00:00:00Z' }] }, ['400 invalid-body', '/agreements/0/from must be an RFC 3339 instant with at most milliseconds']],
    [{ id: 'harbour', ...platform, agreements: [{ id: 'fraud', from: '2026-02-01T00:00:00Z', until: '2026-02-01T00:00:00Z' }] }, ['422 invalid-times', '/agreements/0/until must be later than from']],
    [{ id: 'hub', ...platform }, ['409 already-exists', '/id is or was the id of a member or group']],
    [{ id: 'circle', ...platform }, ['409 already-exists', '/id is or was the id of a member or group']],
    [{ id: 'gone-circle', ...platform }, ['409 already-exists', '/id is or was the id of a member or group']],
    [[], ['400 invalid-body', '/ must be object']],
  ];
  for (const [body, expected] of added) t.same(problemOf(await operator.post('/v1/members', body)), expected, expected.join(' '));
  const json = { 'content-type': 'application/json' };
  t.same(problemOf(await operator.post('/v1/members', '{"id":', json)), ['400 malformed-json']);
  t.same(problemOf(await operator.post('/v1/members', '{"__proto__":{"a":1}}', json)), ['400 malformed-json']);
  t.same(problemOf(await operator.post('/v1/members', 'id=harbour', { 'content-type': 'text/csv' })), ['415 unsupported-media-type']);
  t.same(problemOf(await operator.post('/v1/members', { id: 'harbour', kind: 'ngo', title: 'x'.repeat(2_000_000) })), ['413 body-too-large']);

  const changed: [object, string[]][] = [
    [{}, ['400 invalid-body', '/ must NOT have fewer than 1 properties']],
    [{ kind: 'ngo' }, ['400 invalid-body', '/kind is not a field that is known here']],
    [{ trust: 'blind' }, ['400 invalid-body', '/trust must be one of unverified, verified, trusted']],
    [{ agreements: [{ id: 'fraud', from: '2026-02-02T00:00:00Z', until: '2026-02-01T00:00:00Z' }] }, ['422 invalid-times', '/agreements/0/until must be later than from']],
  ];
  for (const [body, expected] of changed) t.same(problemOf(await operator.patch('/v1/members/hub', body)), expected, expected.join(' '));
  t.same(problemOf(await operator.get('/v1/members/UPPER')), ['400 invalid-parameter', '/member must match pattern "^[a-z][a-z0-9-]{1,39}$"']);
}

async function suspension(t: Test, { operator, join }: TestHub): Promise<void> {
  await join({ id: 'harbour' });
  const northstar = await join({ id: 'northstar' });
  await operator.put('/v1/groups/circle', { title: 'Circle', members: ['harbour', 'northstar'] });
  t.match(await operator.post('/v1/members/harbour/suspend'), { status: 200, body: { status: 'suspended', groups: ['circle'] } });
  t.match(await operator.post('/v1/members/harbour/suspend'), { status: 200, body: { status: 'suspended' } }, 'again changes nothing');
  t.same(problemOf(await northstar.get('/v1/members/harbour')), ['404 not-found'], 'a suspended member is as one that does not exist');
  t.notOk((await northstar.get<MemberList>('/v1/members')).body.members.some(({ id }) => id === 'harbour'));
  t.same((await northstar.get<GroupList>('/v1/groups')).body.groups, [{ id: 'circle', title: 'Circle', members: ['northstar'] }]);
  t.same((await operator.get<GroupList>('/v1/groups')).body.groups[0]?.members, ['harbour', 'northstar']);
  t.match(await operator.post('/v1/members/harbour/resume'), { status: 200, body: { status: 'active' } });
  t.match(await northstar.get('/v1/members/harbour'), { status: 200 });
  for (const verb of ['suspend', 'resume']) {
    t.same(problemOf(await operator.post(`/v1/members/hub/${verb}`)), ['409 conflict'], 'not the operator’s own');
    t.same(problemOf(await operator.post(`/v1/members/nobody/${verb}`)), ['404 not-found']);
  }
}

async function epochs(operator: TestHub['operator']): Promise<Record<string, number>> {
  const { body } = await operator.get<DigestKeyList>('/v1/digest-keys');
  return Object.fromEntries(body.keys.filter(({ current }) => current).map(({ key, epoch }) => [key, epoch]));
}

async function groups(t: Test, { hub, operator, join }: TestHub): Promise<void> {
  const [northstar, harbour] = [await join({ id: 'northstar' }), await join({ id: 'harbour' })];
  const epoch = async (): Promise<number | undefined> => (await hub.worlds.at((await hub.head()).world)).digestKeys.get('circle')?.[0]?.epoch;
  t.match(await operator.put<GroupView>('/v1/groups/circle', { title: 'Circle', members: ['northstar'] }), { status: 201, body: { id: 'circle', title: 'Circle', members: ['northstar'] } });
  t.equal(await epoch(), 1);
  t.match(await operator.put('/v1/groups/circle', { title: 'The circle', members: ['northstar', 'harbour'] }), { status: 200, body: { title: 'The circle', members: ['harbour', 'northstar'] } });
  t.equal(await epoch(), 1, 'who joins needs no new key');
  t.match((await harbour.get<Me>('/v1/me')).body.member, { groups: ['circle'] });
  t.same((await harbour.get<GroupList>('/v1/groups')).body.groups.map(({ id }) => id), ['circle']);
  await operator.put('/v1/groups/circle', { title: 'Circle', members: ['northstar'] });
  t.equal(await epoch(), 2, 'who leaves must not have the next one');
  t.same((await harbour.get<GroupList>('/v1/groups')).body.groups, []);

  const refused: [string, unknown, string[]][] = [
    ['circle', { title: 'Circle', members: ['northstar', 'nobody', 'nowhere'] }, ['400 invalid-body', '/members/1 is not a member of this hub', '/members/2 is not a member of this hub']],
    ['circle', { title: 'Circle', members: ['northstar', 'northstar'] }, ['400 invalid-body', '/members must NOT have duplicate items (items ## 0 and 1 are identical)']],
    ['circle', { title: 'Circle' }, ['400 invalid-body', '/members is missing']],
    ['circle', { title: 'Circle', members: 'northstar' }, ['400 invalid-body', '/members must be array']],
    ['circle', { title: 'Circle', members: [], id: 'square' }, ['400 invalid-body', '/id is not a field that is known here']],
    ['hub', { title: 'Hub', members: [] }, ['409 already-exists']],
    ['northstar', { title: 'Northstar', members: [] }, ['409 already-exists']],
    ['C', { title: 'C', members: [] }, ['400 invalid-parameter', '/group must match pattern "^[a-z][a-z0-9-]{1,39}$"']],
  ];
  for (const [id, body, expected] of refused) t.same(problemOf(await operator.put(`/v1/groups/${id}`, body as object)), expected, expected.join(' '));

  t.match(await operator.delete('/v1/groups/circle'), { status: 204, body: undefined });
  t.same(problemOf(await operator.delete('/v1/groups/circle')), ['404 not-found']);
  t.same((await northstar.get<GroupList>('/v1/groups')).body.groups, []);
  t.same((await northstar.get<DigestKeyList>('/v1/digest-keys')).body.keys.map(({ key }) => key), ['hub'], 'its keys are no longer given out');
  t.same(problemOf(await operator.put('/v1/groups/circle', { title: 'Circle', members: [] })), ['409 already-exists'], 'its id stays taken');
  t.same(problemOf(await operator.post('/v1/digest-keys/circle/rotate', {})), ['404 not-found']);
}

async function departure(t: Test, { operator, join }: TestHub): Promise<void> {
  const [northstar, harbour] = [await join({ id: 'northstar' }), await join({ id: 'harbour' })];
  for (const [id, members] of [['both', ['hub', 'harbour', 'northstar']], ['other', ['hub', 'northstar']]] as const) await operator.put(`/v1/groups/${id}`, { title: id, members });
  t.same(problemOf(await operator.post('/v1/members/harbour/off-board', { signals: 'burn' })), ['400 invalid-body', '/signals must be one of keep, withdraw']);
  t.same(problemOf(await operator.post('/v1/members/harbour/off-board', {})), ['400 invalid-body', '/signals is missing']);
  t.same(problemOf(await operator.post('/v1/members/hub/off-board', { signals: 'keep' })), ['409 conflict']);
  t.same(problemOf(await operator.post('/v1/members/nobody/off-board', { signals: 'keep' })), ['404 not-found']);
  t.same(await epochs(operator), { hub: 1, both: 1, other: 1 });
  const signal = { digests: [{ scheme: 'media-sha256', digest: 'ab'.repeat(32) }], harm: 'fraud', severity: 'high', confidence: 80, status: 'malicious', tlp: 'GREEN' };
  for (const confidence of [70, 80, 90]) t.match(await harbour.post('/v1/signals', { ...signal, confidence }), { status: 201 });
  t.match(await northstar.post('/v1/signals', signal), { status: 201 });

  const left = await operator.post<DepartureResult>('/v1/members/harbour/off-board', { signals: 'keep' });
  t.match(left, { status: 200, body: { member: { id: 'harbour', status: 'left', groups: [] }, retracted: 0 } });
  t.same(await epochs(operator), { hub: 2, both: 2, other: 1 }, 'every key that it had starts a new epoch');
  const groups = (await operator.get<GroupList>('/v1/groups')).body.groups;
  t.same(groups.map(({ id, members }) => [id, members]), [['both', ['hub', 'northstar']], ['other', ['hub', 'northstar']]]);
  t.match((await operator.get<MemberView>('/v1/members/harbour')).body, { status: 'left', groups: [] });
  t.same(problemOf(await northstar.get('/v1/members/harbour')), ['404 not-found']);
  t.match((await operator.get(`/v1/members/harbour/clients`)).body, { clients: [{ client_id: harbour.credentials.client_id, revoked: true }] });

  t.match(await operator.post('/v1/members/harbour/off-board', { signals: 'withdraw' }), { status: 200, body: { retracted: 3 } }, 'again, to withdraw');
  t.match(await operator.post('/v1/members/harbour/off-board', { signals: 'withdraw' }), { status: 200, body: { retracted: 0 } }, 'and once more, with nothing left to do');
  t.same(await epochs(operator), { hub: 2, both: 2, other: 1 });
  for (const verb of ['suspend', 'resume']) t.same(problemOf(await operator.post(`/v1/members/harbour/${verb}`)), ['409 conflict']);
  t.same(problemOf(await operator.patch('/v1/members/harbour', { title: 'X' })), ['409 conflict']);
  t.same(problemOf(await operator.post('/v1/members/harbour/clients', { title: 'X', scopes: ['members:read'] })), ['409 conflict']);
  t.same(problemOf(await operator.put('/v1/groups/both', { title: 'Both', members: ['harbour'] })), ['400 invalid-body', '/members/0 is not a member of this hub']);
  t.same(problemOf(await operator.post('/v1/members', { id: 'harbour', ...platform })), ['409 already-exists', '/id is or was the id of a member or group'], 'its id is never used again');
}
