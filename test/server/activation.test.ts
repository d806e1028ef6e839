import t, { type Test } from 'tap';
import type { ActivationHistory, ActivationView, ApprovalState, ClientView, Policy, ProposalView, Rule, Scope } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { inForce } from '../../server/policy/world.ts';
import { problemOf, type Answer, type Api } from '../support/api.ts';
import { MEMBER_SCOPES, homes, startTestHub, type TestHub } from '../support/hub.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;
const iso = (at: number): string => new Date(at).toISOString();
const share: Rule = { id: 'all', effect: 'share', terms: { reveal: ['harm'] } };
const policy = (id: string, rules: Rule[] = [share], title = 'A policy'): Policy => ({ id, title, summary: 'For tests.', rules });
type Done = Answer<ActivationView | ProposalView>;

for (const home of homes) {
  t.test(home, async (t) => {
    const clock = new ManualClock(NOON);
    const hub = await startTestHub(t, { home, clock });
    await t.test('back to what was in force before', async (t) => rollback(t, hub, clock));
    await t.test('two clients', async (t) => byTwo(t, hub, clock));
    await t.test('two at once', async (t) => atOnce(t, hub));
    await t.test('the charter by two', async (t) => charterByTwo(t, hub));
  });
}

async function another({ operator, api }: TestHub, member: string, scopes: readonly Scope[] = MEMBER_SCOPES): Promise<Api> {
  const { body } = await operator.post<ClientView>(`/v1/members/${member}/clients`, { title: 'Another', scopes });
  return api({ client_id: body.client_id, client_secret: body.client_secret! });
}

const activate = (api: Api, owner: string, version: number, body: object = {}, headers = {}): Promise<Done> => api.post(`/v1/policies/${owner}/standard/versions/${version}/activate`, body, headers);
const rollBack = (api: Api, owner: string, body: object = {}): Promise<Done> => api.post(`/v1/activations/${owner}/rollback`, body);
const history = async (api: Api, owner: string, query = ''): Promise<ActivationHistory> => (await api.get<ActivationHistory>(`/v1/activations/${owner}${query}`)).body;
const decide = (api: Api, owner: string, id: string, act: string): Promise<Answer<ProposalView>> => api.post(`/v1/activations/${owner}/proposals/${id}/${act}`);

async function versionInForce({ hub }: TestHub, owner: string): Promise<number | undefined> {
  const head = await hub.head();
  return inForce((await hub.worlds.at(head.world)).policy, owner, head.at)?.version;
}

async function store(api: Api, owner: string, versions: number): Promise<void> {
  for (let version = 1; version <= versions; version += 1) await api.post('/v1/policies', policy(`${owner}/standard`, [share], `Version ${version}`));
}

async function rollback(t: Test, hub: TestHub, clock: ManualClock): Promise<void> {
  const [ash, birch] = [await hub.join({ id: 'ash' }), await hub.join({ id: 'birch' })];
  await store(ash, 'ash', 3);
  t.same(problemOf(await rollBack(ash, 'ash')), ['409 conflict'], 'nothing was in force');
  await activate(ash, 'ash', 1);
  t.same(problemOf(await rollBack(ash, 'ash')), ['409 conflict'], 'nothing was in force before');
  clock.advance(HOUR);
  await activate(ash, 'ash', 3);
  await activate(ash, 'ash', 2);
  t.equal(await versionInForce(hub, 'ash'), 2, 'of one instant the later commit');
  t.same(problemOf(await rollBack(ash, 'ash', { effective_at: iso(NOON) })), ['422 invalid-times', '/effective_at must not be in the past']);
  t.match(await rollBack(ash, 'ash', { effective_at: iso(NOON + 2 * HOUR) }), { status: 200, body: { policy: 'ash/standard', version: 1, effective_at: iso(NOON + 2 * HOUR) } }, 'what never was in force is passed over');
  t.equal(await versionInForce(hub, 'ash'), 2, 'not before its instant');
  clock.advance(HOUR);
  t.equal(await versionInForce(hub, 'ash'), 1);
  clock.advance(HOUR);
  await ash.post('/v1/policies/ash/withdraw', {});
  t.equal(await versionInForce(hub, 'ash'), undefined);
  t.match(await rollBack(ash, 'ash'), { status: 200, body: { version: 1 } }, 'out of having none');

  const { events, in_force: active, upcoming } = await history(ash, 'ash');
  t.match([active, upcoming], [{ version: 1 }, []]);
  t.same(events.slice(0, 3).map(({ action, version, at }) => [action, version, at]), [['rollback-policy', 1, iso(NOON + 3 * HOUR)], ['withdraw-policy', 0, iso(NOON + 3 * HOUR)], ['rollback-policy', 1, iso(NOON + HOUR)]], 'newest first');
  t.equal(events.length, 9);
  t.ok(events.every(({ client }) => client === ash.credentials.client_id));
  t.same((await history(ash, 'ash', `?limit=1&before=${iso(NOON + 3 * HOUR)}`)).events.map(({ action }) => action), ['rollback-policy', 'activate-policy', 'activate-policy'], 'a page ends with what was of one instant');
  for (const api of [birch, hub.operator]) t.same(problemOf(await rollBack(api, 'ash')), ['404 not-found'], 'only the owner');
  t.same(problemOf(await birch.get('/v1/activations/ash')), ['404 not-found']);
  t.equal((await history(hub.operator, 'ash')).events.length, 9, 'the operator may look');
}

async function byTwo(t: Test, hub: TestHub, clock: ManualClock): Promise<void> {
  const writer = await hub.join({ id: 'cedar' });
  await hub.operator.put('/v1/groups/circle', { title: 'Circle', members: ['cedar'] });
  await store(writer, 'cedar', 2);
  await writer.post('/v1/policies', policy('cedar/standard', [{ ...share, peers: { groups: { any: ['circle'] } } }]));
  await activate(writer, 'cedar', 1);
  const rule = (api: Api, required: boolean): Promise<Answer<ApprovalState>> => api.put('/v1/activations/cedar/approval', { required });
  t.same(problemOf(await rule(writer, true)), ['409 conflict'], 'there is nobody to approve');
  const [second, third] = [await another(hub, 'cedar'), await another(hub, 'cedar')];
  t.match(await rule(writer, true), { status: 200, body: { required: true } });
  clock.advance(HOUR);

  const proposed = await activate(second, 'cedar', 2, { effective_at: iso(clock.now() + HOUR) });
  t.match(proposed, { status: 202, body: { act: 'activate', policy: 'cedar/standard', version: 2, state: 'open', proposed_by: second.credentials.client_id } });
  const { id } = proposed.body as ProposalView;
  t.same(problemOf(await activate(third, 'cedar', 2)), ['409 conflict'], 'one at a time');
  t.same(problemOf(await decide(second, 'cedar', id, 'approve')), ['403 needs-another-client'], 'not who proposed it');
  t.same(problemOf(await decide(writer, 'cedar', id, 'approve')), ['403 needs-another-client'], 'nor who wrote it');
  t.same(problemOf(await decide(second, 'cedar', id, 'refuse')), ['403 needs-another-client']);
  t.same(problemOf(await decide(hub.operator, 'cedar', id, 'approve')), ['404 not-found'], 'nor the operator');
  t.same(problemOf(await decide(await another(hub, 'cedar', ['policies:write']), 'cedar', id, 'approve')), ['403 missing-scope']);
  clock.advance(2 * HOUR);
  t.equal(await versionInForce(hub, 'cedar'), 1, 'its instant has passed, and it waits');
  t.match((await history(writer, 'cedar')).proposal, { id, state: 'open' });
  t.match(await decide(third, 'cedar', id, 'approve'), { status: 200, body: { state: 'approved', activation: { version: 2, effective_at: iso(clock.now()) } } }, 'nothing is backdated');
  t.equal(await versionInForce(hub, 'cedar'), 2);
  t.same(problemOf(await decide(third, 'cedar', id, 'approve')), ['409 conflict'], 'the second is told');

  const bound = (await activate(second, 'cedar', 3)).body as ProposalView;
  await hub.operator.put('/v1/groups/circle', { title: 'Circle', members: [] });
  t.same(problemOf(await decide(third, 'cedar', bound.id, 'approve')), ['422 invalid-policy', '/rules/0/peers/groups/any/0 is not a group of this hub'], 'checked again');
  t.match(await decide(writer, 'cedar', bound.id, 'refuse'), { status: 200, body: { state: 'refused' } });
  t.equal(await versionInForce(hub, 'cedar'), 2);

  const back = (await rollBack(second, 'cedar')).body as ProposalView;
  t.match(back, { act: 'rollback', version: 1 });
  t.match(await decide(second, 'cedar', back.id, 'withdraw'), { body: { state: 'withdrawn' } });
  const again = (await rollBack(second, 'cedar')).body as ProposalView;
  t.same(problemOf(await decide(third, 'cedar', back.id, 'approve')), ['409 conflict'], 'what was withdrawn cannot be approved');
  t.match(await decide(third, 'cedar', again.id, 'approve'), { body: { activation: { version: 1 } } });
  t.match(await writer.post('/v1/policies/cedar/withdraw', {}), { status: 200 }, 'what stops sharing does not wait');

  const lifting = await rule(third, false);
  t.match(lifting, { status: 202, body: { required: true, proposal: { act: 'end-approval' } } });
  t.match(await activate(third, 'cedar', 2), { status: 409 }, 'still by two');
  t.match(await decide(writer, 'cedar', lifting.body.proposal!.id, 'approve'), { body: { state: 'approved' } });
  t.match(await activate(writer, 'cedar', 2), { status: 200 }, 'one is enough again');

  const seen = (await history(writer, 'cedar')).events.map(({ action }) => action).toReversed();
  t.same(seen.slice(3), ['activate-policy', 'require-approval', 'propose-policy', 'approve-policy', 'activate-policy', 'propose-policy', 'refuse-policy', 'propose-policy', 'withdraw-proposal', 'propose-policy', 'approve-policy', 'rollback-policy', 'withdraw-policy', 'propose-policy', 'approve-policy', 'end-approval', 'activate-policy']);
}

async function atOnce(t: Test, hub: TestHub): Promise<void> {
  const first = await hub.join({ id: 'dogwood' });
  const second = await another(hub, 'dogwood');
  await store(first, 'dogwood', 2);
  const seen = (await first.get('/v1/activations/dogwood')).headers.get('etag')!;
  const both = await Promise.all([activate(first, 'dogwood', 1, {}, { 'if-match': seen }), activate(second, 'dogwood', 2, {}, { 'if-match': seen })]);
  t.same(both.map(({ status }) => status).sort(), [200, 412], 'the second is told');
  const later = (await first.get('/v1/activations/dogwood')).headers.get('etag')!;
  t.match(await activate(second, 'dogwood', 2, {}, { 'if-match': later }), { status: 200 });
  const { client_id: approver } = second.credentials;
  t.same(problemOf(await first.post(`/v1/clients/${approver}/credentials`, {})), ['403 needs-another-client'], 'nobody makes himself two');
  t.match(await second.post(`/v1/clients/${approver}/credentials`, {}), { status: 201 });
}

async function charterByTwo(t: Test, hub: TestHub): Promise<void> {
  const { operator } = hub;
  const second = await another(hub, 'hub', ['policies:approve']);
  await store(operator, 'hub', 1);
  await operator.put('/v1/activations/hub/approval', { required: true });
  const { status, body } = await activate(operator, 'hub', 1);
  t.equal(status, 202);
  t.equal(await versionInForce(hub, 'hub'), undefined);
  await decide(second, 'hub', (body as ProposalView).id, 'approve');
  t.equal(await versionInForce(hub, 'hub'), 1);
}
