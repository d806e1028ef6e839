import t, { type Test } from 'tap';
import type { ActivationView, Policy, PolicyVersion, PolicyVersionList, Rule } from '../../schemas/types.ts';
import { readAudit } from '../../server/audit/log.ts';
import { ManualClock } from '../../server/clock.ts';
import { problemOf } from '../support/api.ts';
import { homes, startTestHub, type TestHub } from '../support/hub.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;
const iso = (at: number): string => new Date(at).toISOString();

const rule: Rule = { id: 'everything', effect: 'share', terms: { reveal: ['harm'] } };

function policy(id: string, rules: Rule[] = [rule], title = 'A policy'): Policy {
  return { id, title, summary: 'For tests.', rules };
}

for (const home of homes) {
  t.test(home, async (t) => {
    t.test('versions', async (t) => versions(t, await startTestHub(t, { home })));
    t.test('bad input', async (t) => badInput(t, await startTestHub(t, { home })));
    t.test('activation', async (t) => {
      const clock = new ManualClock(NOON);
      await activation(t, await startTestHub(t, { home, clock }), clock);
    });
    t.test('who reads what', async (t) => reading(t, await startTestHub(t, { home })));
  });
}

async function versions(t: Test, { operator, join }: TestHub): Promise<void> {
  const northstar = await join({ id: 'northstar' });
  const store = (document: object): ReturnType<typeof northstar.post<PolicyVersion>> => northstar.post<PolicyVersion>('/v1/policies', document);
  const first = await store(policy('northstar/standard'));
  t.match(first, { status: 201, body: { id: 'northstar/standard', version: 1, author: northstar.credentials.client_id, policy: policy('northstar/standard') } });
  const reordered = { rules: [{ terms: { reveal: ['harm'] }, effect: 'share', id: 'everything' }], summary: 'For tests.', title: 'A policy', id: 'northstar/standard' };
  t.same(await store(reordered).then(({ status, body }) => ({ status, body })), { status: 200, body: first.body }, 'the same document is the same version');
  t.match(await store(policy('northstar/standard', [], 'Nothing')), { status: 201, body: { version: 2 } });
  t.match(await store(policy('northstar/standard')), { status: 201, body: { version: 3 } }, 'only the latest counts');
  t.match(await store(policy('northstar/crisis')), { status: 201, body: { id: 'northstar/crisis', version: 1 } });
  const many = await Promise.all(Array.from({ length: 5 }, (_, index) => store(policy('northstar/many', [], `Title ${index}`))));
  t.same(many.map(({ body }) => body.version).sort(), [1, 2, 3, 4, 5], 'no version twice');

  const { body } = await northstar.get<PolicyVersionList>('/v1/policies/northstar/standard');
  t.same(body.versions.map(({ version }) => version), [3, 2, 1]);
  t.same(body.activations, [], 'nothing is in force before it is activated');
  t.same((await northstar.get('/v1/policies/northstar/standard/versions/1')).body, first.body);
  for (const path of ['northstar/none', 'northstar/standard/versions/9', 'nobody/standard', 'northstar/none/versions/1']) t.same(problemOf(await northstar.get(`/v1/policies/${path}`)), ['404 not-found'], path);
  t.same(problemOf(await northstar.get('/v1/policies/northstar/standard/versions/0')), ['400 invalid-parameter', '/version must be >= 1']);
  t.same(problemOf(await northstar.get('/v1/policies/northstar/standard/versions/x')), ['400 invalid-parameter', '/version must be integer']);
  t.same(problemOf(await operator.post('/v1/policies', policy('northstar/standard'))), ['422 invalid-policy', '/id must start with your member’s id and a slash'], 'not the operator either');
}

async function badInput(t: Test, { operator, join }: TestHub): Promise<void> {
  const northstar = await join({ id: 'northstar' });
  await join({ id: 'harbour' });
  await operator.post('/v1/members/harbour/suspend');
  await operator.put('/v1/groups/mine', { title: 'Mine', members: ['northstar'] });
  await operator.put('/v1/groups/theirs', { title: 'Theirs', members: ['harbour'] });
  const withhold = (more: Partial<Rule>): Policy => policy('northstar/standard', [{ id: 'never', effect: 'withhold', ...more }]);

  const refused: [string, object, string[]][] = [
    ['another’s', policy('harbour/standard'), ['422 invalid-policy', '/id must start with your member’s id and a slash']],
    ['one whose name begins alike', policy('northstar-two/standard'), ['422 invalid-policy', '/id must start with your member’s id and a slash']],
    ['an unknown field', { ...policy('northstar/standard'), version: 2 }, ['400 invalid-body', '/version is not a field that is known here']],
    ['a wrong type', { ...policy('northstar/standard'), rules: {} }, ['400 invalid-body', '/rules must be array']],
    ['a share without terms', policy('northstar/standard', [{ id: 'all', effect: 'share' }]), ['400 invalid-body', '/rules/0/terms is missing']],
    ['a harm that there is not', withhold({ signals: { harm: { in: ['fruit'] } } }), ['400 invalid-body', '/rules/0/signals/harm/in/0 must be a harm of the tree']],
    ['a rule id twice', policy('northstar/standard', [rule, rule]), ['422 invalid-policy', '/rules/1/id another rule before it has the same id']],
    ['a group that there is not', withhold({ peers: { groups: { any: ['mine', 'nowhere'] } } }), ['422 invalid-policy', '/rules/0/peers/groups/any/1 is not a group of this hub']],
    ['a group that the caller is not in', withhold({ peers: { groups: { any: ['mine', 'theirs'] } } }), ['422 invalid-policy', '/rules/0/peers/groups/any/1 is not a group of this hub']],
    ['members and schemes that there are not', withhold({ peers: { id: { in: ['nobody'] } }, signals: { scheme: { in: ['media-none'] } } }), ['422 invalid-policy', '/rules/0/signals/scheme/in/0 is not a digest scheme', '/rules/0/peers/id/in/0 is not a member of this hub']],
    ['an empty window', withhold({ during: { from: '2026-12-02T00:00:00Z', until: '2026-12-01T00:00:00Z' } }), ['422 invalid-policy', '/rules/0/during/until must be later than from']],
  ];
  for (const [name, document, expected] of refused) t.same(problemOf(await northstar.post('/v1/policies', document)), expected, name);
  t.match(await northstar.post('/v1/policies', withhold({ peers: { groups: { any: ['mine'] }, id: { in: ['harbour'] } } })), { status: 201 }, 'its own group, and a member that is suspended');
  t.match(await operator.post('/v1/policies', { ...withhold({ peers: { groups: { any: ['mine', 'theirs'] } } }), id: 'hub/charter' }), { status: 201 }, 'the operator knows all groups');
}

async function activation(t: Test, { hub, operator, join }: TestHub, clock: ManualClock): Promise<void> {
  const [northstar, harbour] = [await join({ id: 'northstar' }), await join({ id: 'harbour' })];
  await operator.put('/v1/groups/circle', { title: 'Circle', members: ['northstar'] });
  await northstar.post('/v1/policies', policy('northstar/standard'));
  await northstar.post('/v1/policies', policy('northstar/crisis', [{ ...rule, peers: { groups: { any: ['circle'] } } }]));
  const activate = (path: string, body: object = {}): ReturnType<typeof northstar.post<ActivationView>> => northstar.post<ActivationView>(`/v1/policies/northstar/${path}/activate`, body);
  const inForce = async (): Promise<string[]> => ((await hub.worlds.at((await hub.head()).world)).policy.activations.get('northstar') ?? []).map(({ effective, policy: document }) => `${iso(effective)} ${document?.id ?? 'none'}`);

  t.match(await activate('standard/versions/1'), { status: 200, body: { owner: 'northstar', policy: 'northstar/standard', version: 1, effective_at: iso(NOON) } });
  t.match(await activate('crisis/versions/1', { effective_at: iso(NOON + HOUR) }), { status: 200, body: { effective_at: iso(NOON + HOUR) } });
  t.match(await activate('standard/versions/1', { effective_at: '2026-11-22T15:00:00+01:00' }), { status: 200, body: { effective_at: iso(NOON + 2 * HOUR) } });
  t.match(await activate('crisis/versions/1', { effective_at: iso(NOON + HOUR / 2) }), { status: 200 });
  t.same(await inForce(), [`${iso(NOON)} northstar/standard`, `${iso(NOON + HOUR / 2)} northstar/crisis`, `${iso(NOON + HOUR)} northstar/crisis`, `${iso(NOON + 2 * HOUR)} northstar/standard`], 'in the order in which they take effect');

  const refused: [string, object, string[]][] = [
    ['standard/versions/1', { effective_at: iso(NOON - 1) }, ['422 invalid-times', '/effective_at must not be in the past']],
    ['standard/versions/1', { effective_at: 'tomorrow' }, ['400 invalid-body', '/effective_at must be an RFC 3339 instant with at most milliseconds']],
    ['standard/versions/1', { from: iso(NOON) }, ['400 invalid-body', '/from is not a field that is known here']],
    ['standard/versions/2', {}, ['404 not-found']],
    ['none/versions/1', {}, ['404 not-found']],
  ];
  for (const [path, body, expected] of refused) t.same(problemOf(await activate(path, body)), expected, expected.join(' '));
  for (const other of [harbour, operator]) {
    t.same(problemOf(await other.post('/v1/policies/northstar/standard/versions/1/activate', {})), ['404 not-found'], 'only the owner promises');
    t.same(problemOf(await other.post('/v1/policies/northstar/withdraw', {})), ['404 not-found']);
  }

  await operator.put('/v1/groups/circle', { title: 'Circle', members: [] });
  t.same(problemOf(await activate('crisis/versions/1')), ['422 invalid-policy', '/rules/0/peers/groups/any/0 is not a group of this hub'], 'names are checked again');
  clock.advance(HOUR);
  t.same(problemOf(await northstar.post('/v1/policies/northstar/withdraw', { effective_at: iso(NOON) })), ['422 invalid-times', '/effective_at must not be in the past']);
  t.same((await northstar.post('/v1/policies/northstar/withdraw', {})).body, { owner: 'northstar', version: 0, effective_at: iso(NOON + HOUR) });
  t.same((await inForce()).slice(-2), [`${iso(NOON + HOUR)} none`, `${iso(NOON + 2 * HOUR)} northstar/standard`], 'of one instant the later commit holds');
  const { body } = await northstar.get<PolicyVersionList>('/v1/policies/northstar/standard');
  t.same(body.activations.map(({ policy: id, version }) => [id, version]), [['northstar/standard', 1], ['northstar/crisis', 1], ['northstar/crisis', 1], [undefined, 0], ['northstar/standard', 1]]);
}

async function reading(t: Test, { hub, operator, join }: TestHub): Promise<void> {
  const [northstar, harbour] = [await join({ id: 'northstar' }), await join({ id: 'harbour' })];
  await northstar.post('/v1/policies', policy('northstar/standard'));
  for (const path of ['northstar/standard', 'northstar/standard/versions/1']) {
    t.same(problemOf(await harbour.get(`/v1/policies/${path}`)), ['404 not-found'], 'a policy is its owner’s');
    t.match(await operator.get(`/v1/policies/${path}`), { status: 200 });
  }
  const reads = (await readAudit(hub.db, 0, 1000)).filter(({ action }) => action === 'read-policy');
  t.match(reads, [{ member: 'hub', subject: 'northstar/standard' }, { member: 'hub', subject: 'northstar/standard' }], 'the operator’s looks are recorded');

  await operator.post('/v1/policies', policy('hub/charter', [rule], 'Old'));
  await operator.post('/v1/policies', policy('hub/charter', [rule], 'New'));
  const charter = (version = ''): ReturnType<typeof harbour.get<PolicyVersionList>> => harbour.get(`/v1/policies/hub/charter${version}`);
  t.same(problemOf(await charter()), ['404 not-found'], 'a charter that is not in force is the operator’s own');
  await operator.post('/v1/policies/hub/charter/versions/1/activate', {});
  const seen = await charter();
  t.match(seen.body, { versions: [{ id: 'hub/charter', version: 1, policy: { title: 'Old' } }], activations: [{ owner: 'hub', policy: 'hub/charter', version: 1 }] });
  t.equal(seen.body.versions.length, 1, 'the version in force, and no other');
  t.notOk('author' in seen.body.versions[0]!);
  t.match(await charter('/versions/1'), { status: 200, body: { version: 1 } });
  t.same(problemOf(await charter('/versions/2')), ['404 not-found']);
  await operator.post('/v1/policies/hub/charter/versions/2/activate', {});
  t.match((await charter()).body, { versions: [{ version: 2 }] });
  t.same(problemOf(await charter('/versions/1')), ['404 not-found']);
  await operator.post('/v1/policies/hub/withdraw', {});
  t.same(problemOf(await charter()), ['404 not-found']);
  t.same((await operator.get<PolicyVersionList>('/v1/policies/hub/charter')).body.activations.map(({ version }) => version), [1, 2, 0]);
  t.equal((await readAudit(hub.db, 0, 1000)).filter(({ action }) => action === 'read-policy').length, 2, 'its own policy it reads as anybody does');
}
