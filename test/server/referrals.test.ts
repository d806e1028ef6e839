import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { blake3 } from '../../clients/sdk/digests/index.ts';
import type { AuditPage, ChangesPage, HoldList, HoldView, ItemResult, Me, NewReferral, NewSignal, OwnSignalList, Policy, ReferralList, ReferralView } from '../../schemas/types.ts';
import { verifyAudit } from '../../server/audit/log.ts';
import { scopeOf } from '../../server/auth/access.ts';
import { ALL_SCOPES } from '../../server/auth/scopes.ts';
import { ManualClock } from '../../server/clock.ts';
import type { Hub } from '../../server/hub.ts';
import { dropCopies } from '../../server/referrals/register.ts';
import { pruneLog } from '../../server/signals/prune.ts';
import { purgeSignals } from '../../server/signals/purge.ts';
import type { Entry } from '../../server/world/documents.ts';
import { problemOf, type Answer, type Api } from '../support/api.ts';
import { homes, startTestHub, type HomeName, type TestHub } from '../support/hub.ts';

const DAY = 86_400_000;
const START = Date.parse('2026-03-02T10:00:00Z');
const iso = (at: number): string => new Date(at).toISOString();
const hex = (): string => randomBytes(16).toString('hex');
const signal = (change: Partial<NewSignal> = {}): NewSignal => ({ digests: [{ scheme: 'media-md5', digest: hex() }], harm: 'fraud', severity: 'high', confidence: 80, status: 'malicious', tlp: 'GREEN', note: 'Seen twice.', ...change });
const post = async (api: Api, content = signal()): Promise<string> => {
  const { status, body } = await api.post<ItemResult>('/v1/signals', content);
  if (status !== 201) throw new Error(`not posted: ${status}`);
  return body.id!;
};
const open: Omit<Policy, 'id'> = { title: 'Open', summary: 'All to all', rules: [{ id: 'all', effect: 'share', terms: { reveal: ['digest', 'harm', 'note'], origin: 'named' } }] };

async function activate(api: Api, id: string): Promise<void> {
  await api.post('/v1/policies', { id, ...open });
  const { status } = await api.post(`/v1/policies/${id}/versions/1/activate`, {});
  if (status !== 200) throw new Error(`not activated: ${status}`);
}

async function prune(hub: Hub): Promise<void> {
  await pruneLog(hub);
  await purgeSignals(hub);
  await dropCopies(hub);
}

for (const home of homes) {
  t.test(home, async (t) => {
    await t.test('referrals', (t) => referrals(t, home));
    await t.test('holds and what is due', (t) => holds(t, home));
  });
}

async function referrals(t: Test, home: HomeName): Promise<void> {
  const clock = new ManualClock(START);
  const hub = await startTestHub(t, { home, clock });
  const { operator } = hub;
  const [northstar, harbour] = [await hub.join({ id: 'northstar' }), await hub.join({ id: 'harbour' })];
  const police = await hub.join({ id: 'police', kind: 'law-enforcement' }, ['referrals:read']);
  const ministry = await hub.join({ id: 'ministry', kind: 'government' }, ['referrals:read']);
  await activate(operator, 'hub/charter');
  await activate(northstar, 'northstar/open');
  const [first, second, third, foreign] = [await post(northstar), await post(northstar), await post(northstar), await post(harbour)];
  const request: NewReferral = { authority: 'police', basis: 'legal-request', legal_basis: '§ 100j StPO', reference: '12 Js 345/26', signals: [first, second], fields: ['digest', 'harm'], expires_at: iso(START + 10 * DAY) };
  const list = async (api: Api, query = ''): Promise<string[]> => (await api.get<ReferralList>(`/v1/referrals${query}`)).body.referrals.map(({ id }) => id);
  const read = (api: Api, id: string): Promise<Answer<ReferralView>> => api.get<ReferralView>(`/v1/referrals/${id}`);
  let made = '';

  await t.test('bad input', async (t) => {
    const { reference: _reference, ...unnamed } = request;
    const wrong: [object, string[]][] = [
      [{ ...request, authority: 'harbour' }, ['400 invalid-body', '/authority is not an authority on this hub']],
      [{ ...request, authority: 'nobody' }, ['400 invalid-body', '/authority is not an authority on this hub']],
      [unnamed, ['400 invalid-body', '/reference is missing']],
      [{ ...request, basis: 'emergency' }, ['400 invalid-body', '/circumstances goes with an emergency']],
      [{ ...request, circumstances: 'A threat' }, ['400 invalid-body', '/circumstances goes with an emergency']],
      [{ ...request, basis: 'emergency', circumstances: 'ask jane@example.com' }, ['422 raw-identifier', '/circumstances looks like it carries an e-mail address']],
      [{ ...request, expires_at: iso(START) }, ['422 invalid-times', '/expires_at must be in the future']],
      [{ ...request, expires_at: iso(START + 367 * DAY) }, ['422 invalid-times', '/expires_at must be at most 366 days ahead']],
      [{ ...request, signals: [first, foreign, '00000000-0000-4000-8000-000000000000'] }, ['404 not-found', '/signals/1 is not a signal of yours', '/signals/2 is not a signal of yours']],
      [{ ...request, fields: [] }, ['400 invalid-body', '/fields must NOT have fewer than 1 items']],
    ];
    for (const [body, problem] of wrong) t.same(problemOf(await northstar.post('/v1/referrals', body)), problem);
  });

  await t.test('the authority reads what was referred to it, and nobody else does', async (t) => {
    const { signals: [, oldTwo] } = (await northstar.get<OwnSignalList>('/v1/signals')).body;
    t.ok(oldTwo);
    const answer = await northstar.post<ReferralView>('/v1/referrals', request);
    t.match(answer, { status: 201, body: { member: 'northstar', authority: 'police', state: 'open', objects: 2 } });
    made = answer.body.id;
    t.same([await list(police), await list(ministry), await list(harbour), await list(northstar), await list(operator)], [[made], [], [], [made], [made]]);
    for (const api of [ministry, harbour]) t.same(problemOf(await read(api, made)), ['404 not-found']);
    const { body } = await read(police, made);
    t.same(body.signals!.map(({ id, version, state }) => [id, version, state]), [[first, 1, 'active'], [second, 1, 'active']]);
    t.ok(body.signals!.every(({ content }) => JSON.stringify(Object.keys(content!).sort()) === '["digests","harm"]'), 'no more than the scope');
    t.notOk(body.reads);
    const [{ content, blake3: stated }] = body.signals as [NonNullable<ReferralView['signals']>[number]];
    const [{ digest, scheme }] = content!.digests as [{ digest: string; scheme: string }];
    t.equal(blake3(`{"digests":[{"digest":"${digest}","scheme":"${scheme}"}],"harm":"fraud"}`).toString('hex'), stated, 'what was referred can be proved');

    await northstar.put(`/v1/signals/${first}`, signal({ note: 'Changed' }));
    await northstar.post(`/v1/signals/${second}/retract`, { reason: 'mistake' });
    const later = (await read(police, made)).body.signals!;
    t.same(later[0]!.content, content, 'as it was when it was referred');
    t.match(later[1], { state: 'retracted', retraction: 'mistake' });
    t.match((await read(northstar, made)).body, { reads: [{ client: police.credentials.client_id }, { client: police.credentials.client_id }], signals: [{ content: {} }, {}] });
    const register = (await read(operator, made)).body;
    t.equal(register.reads!.length, 2);
    t.notOk(register.signals!.some((one) => 'content' in one), 'the operator sees the register, not the objects');
    const { number } = (await hub.hub.worlds.at((await hub.hub.head()).world)).members.get('police')!;
    t.equal((await hub.hub.db.selectFrom('disclosure').selectAll().where('viewer', '=', number).execute()).length, 4, 'two reads of two signals');
    for (const table of ['referral', 'referral_object', 'referral_event']) await t.rejects(sql`delete from ${sql.table(table)}`.execute(hub.hub.db), /append-only/);
  });

  await t.test('nothing else answers an authority, whatever its client was granted', async (t) => {
    const { client_id } = police.credentials;
    const world = await hub.hub.worlds.at((await hub.hub.head()).world);
    const doc = { ...world.clients.get(client_id)!, scopes: [...ALL_SCOPES] };
    await hub.hub.worlds.change({ member: 'hub', client: 'test' }, () => ({ entries: [{ kind: 'client', subject: client_id, doc } satisfies Entry], deeds: [], result: undefined }));
    const mighty = hub.api(police.credentials);
    const answered: string[] = [];
    for (const { method, url, scope } of guarded(hub)) {
      const answer = await mighty.send<unknown>(method, url.replaceAll(/:[a-z]+/g, first), undefined);
      if (answer.status !== 403 || problemOf(answer)[0] !== '403 kind-not-allowed') answered.push(`${method} ${url} ${scope}`);
    }
    t.same(answered.sort(), ['GET /v1/referrals referrals:read', 'GET /v1/referrals/:referral referrals:read']);
    t.same((await operator.post<{ scopes: string[] }>('/v1/members/police/clients', { title: 'More', scopes: ['referrals:read', 'referrals:write'] })).status, 400);
  });

  await t.test('it ends: by its member, by time, with a suspension', async (t) => {
    const more = await Promise.all([1, 5].map(async (days) => (await northstar.post<ReferralView>('/v1/referrals', { ...request, basis: 'emergency', circumstances: 'A threat to a school.', signals: [third], expires_at: iso(START + days * DAY) })).body.id));
    t.equal((await list(police)).length, 3);
    const [page] = [await northstar.get<ReferralList>('/v1/referrals?limit=2')];
    t.same([...page.body.referrals.map(({ id }) => id), ...(await list(northstar, `?limit=2&after=${page.body.next}`))].sort(), [made, ...more].sort());
    t.same(await list(harbour, `?after=${page.body.next}`), []);
    t.same(problemOf(await harbour.post(`/v1/referrals/${made}/end`)), ['404 not-found']);
    t.match(await northstar.post(`/v1/referrals/${made}/end`), { status: 200, body: { state: 'ended' } });
    t.same(problemOf(await northstar.post(`/v1/referrals/${made}/end`)), ['409 conflict']);
    t.same(problemOf(await read(police, made)), ['404 not-found']);
    clock.advance(DAY);
    t.same(await list(police), [more[1]]);
    t.same(problemOf(await read(police, more[0]!)), ['404 not-found']);
    t.match((await read(northstar, more[0]!)).body, { state: 'expired' });
    await operator.post('/v1/members/northstar/suspend');
    t.same(await list(police), []);
    t.same(problemOf(await read(police, more[1]!)), ['404 not-found']);
    await operator.post('/v1/members/northstar/resume');
    t.equal((await read(police, more[1]!)).status, 200);
    await prune(hub.hub);
    t.notOk((await read(northstar, made)).body.signals!.some((one) => 'content' in one), 'copies go, hashes stay');
    t.ok((await read(police, more[1]!)).body.signals![0]!.content);
    const actions = (await operator.get<AuditPage>('/v1/audit?limit=1000')).body.entries.map(({ action }) => action);
    t.same(['refer', 'read-referral', 'read-referrals', 'end-referral'].map((action) => actions.filter((one) => one === action).length), [3, 4, 2, 1]);
    t.notOk((await verifyAudit(hub.hub.db)).broken);
  });
}

function guarded({ routes }: TestHub): { method: string; url: string; scope: string }[] {
  return routes.flatMap((route) => {
    const scope = scopeOf(route);
    const methods = [route.method].flat().filter((method) => method !== 'HEAD');
    return scope === undefined ? [] : methods.map((method) => ({ method, url: route.url, scope }));
  });
}

async function holds(t: Test, home: HomeName): Promise<void> {
  const clock = new ManualClock(START);
  const hub = await startTestHub(t, { home, clock, config: { logRetention: 10 * DAY, retention: 100 * DAY } });
  const { db } = hub.hub;
  const [northstar, harbour] = [await hub.join({ id: 'northstar' }), await hub.join({ id: 'harbour' })];
  await activate(hub.operator, 'hub/charter');
  await activate(northstar, 'northstar/open');
  const pull = async (api: Api, cursor = ''): Promise<ChangesPage> => (await api.get<ChangesPage>(`/v1/feeds/all/changes?digest=total${cursor && `&cursor=${cursor}`}`)).body;
  const withContent = async (): Promise<string[]> => (await northstar.get<OwnSignalList>('/v1/signals')).body.signals.map(({ id }) => id);
  const until = iso(START + 5 * DAY);
  const shared = [{ scheme: 'media-md5', digest: hex() }];
  const live = await post(northstar, signal({ digests: shared }));
  const ended = await post(northstar, signal({ valid_until: until, reference: 'case-1', digests: [...shared, { scheme: 'media-sha1', digest: randomBytes(20).toString('hex') }] }));
  const retracted = await post(northstar);
  const [heldEnded, heldRetracted] = [await post(northstar, signal({ valid_until: until })), await post(northstar)];
  const foreign = await post(harbour);
  const all = [live, ended, retracted, heldEnded, heldRetracted];
  const { cursor } = await pull(harbour);
  let hold = '';

  await t.test('a hold names signals of one’s own', async (t) => {
    const ask = { reference: 'Preservation 7/26', signals: [heldEnded, heldRetracted], until: iso(START + 200 * DAY) };
    t.same(problemOf(await northstar.post('/v1/holds', { ...ask, signals: [live, foreign] })), ['404 not-found', '/signals/1 is not a signal of yours']);
    t.same(problemOf(await northstar.post('/v1/holds', { ...ask, until: iso(START) })), ['422 invalid-times', '/until must be in the future, at most 3,660 days ahead']);
    const made = await northstar.post<HoldView>('/v1/holds', ask);
    t.match(made, { status: 201, body: { state: 'in-force', reference: 'Preservation 7/26' } });
    hold = made.body.id;
    t.same((await northstar.get<HoldList>('/v1/holds')).body.holds.map(({ id, signals }) => [id, signals]), [[hold, [heldEnded, heldRetracted].sort()]]);
    t.same((await harbour.get<HoldList>('/v1/holds')).body.holds, [], 'a hold is its member’s');
    t.same(problemOf(await harbour.post(`/v1/holds/${hold}/release`)), ['404 not-found']);
  });

  await t.test('content goes when it is due, unless it is held', async (t) => {
    for (const id of [retracted, heldRetracted]) await northstar.post(`/v1/signals/${id}/retract`, { reason: 'mistake' });
    clock.advance(14 * DAY);
    await northstar.post('/v1/signals', signal({ reference: 'later' }));
    await prune(hub.hub);
    t.same((await withContent()).filter((id) => all.includes(id)).sort(), [live, ended, heldEnded, heldRetracted].sort(), 'what was retracted goes with the log, what has ended is kept as long as the log');
    clock.advance(2 * DAY);
    await prune(hub.hub);
    t.same((await withContent()).filter((id) => all.includes(id)).sort(), [live, heldEnded, heldRetracted].sort());
    t.match((await northstar.get<Me>('/v1/me')).body.quota, { signals_used: 3 }, 'the live one, the held one and the new one');
    const { rows } = await sql<{ n: number }>`select sum(count)::integer as n from class_sum`.execute(db);
    t.equal(rows[0]!.n, 4, 'and the other member’s');
    t.equal((await db.selectFrom('indicator').select('id').execute()).length, 5, 'of seven two are nobody’s any more');
    t.same((await harbour.get(`/v1/signals/${heldEnded}`)).status, 404, 'a hold shares nothing');
    const page = await pull(harbour);
    t.same(page.changes.flatMap((change) => (change.type === 'signal' ? [change.signal.id] : [])).filter((id) => all.includes(id)), [live]);
    t.equal(page.digest!.count, page.changes.filter(({ type }) => type === 'signal').length);
    t.same(page.changes.flatMap((change) => (change.type === 'remove' ? [change.id] : [])).sort(), [retracted, heldRetracted].sort(), 'retractions are owed for ever');
    t.same(problemOf(await harbour.get(`/v1/feeds/all/changes?cursor=${cursor}`)), ['410 cursor-expired']);
  });

  await t.test('what is left of a purged signal', async (t) => {
    t.same(problemOf(await northstar.put(`/v1/signals/${ended}`, signal({ reference: 'case-1' }))), ['409 conflict', ' it has ended, and what it said was purged']);
    t.same(problemOf(await northstar.get(`/v1/signals/${ended}`)), ['404 not-found']);
    t.same(problemOf(await northstar.post('/v1/holds', { reference: 'Late', signals: [ended], until: iso(START + 50 * DAY) })), ['409 conflict', '/signals/0 its content was purged']);
    t.match(await northstar.post('/v1/signals', signal({ reference: 'case-1' })), { status: 201 }, 'its reference is free again');
    const { cursor: now } = await pull(harbour);
    t.match(await northstar.post(`/v1/signals/${ended}/retract`, { reason: 'legal' }), { status: 200, body: { status: 'updated' } });
    t.same((await pull(harbour, now)).changes, [{ type: 'remove', id: ended, reason: 'legal' }], 'who received it is told');
    t.match((await northstar.get<Me>('/v1/me')).body.quota, { signals_used: 4 }, 'it is not counted down twice');
  });

  await t.test('a hold that is over keeps nothing', async (t) => {
    t.match(await northstar.post('/v1/holds', { reference: 'Another', signals: [heldRetracted], until: iso(clock.now() + 5 * DAY) }), { status: 201 });
    t.match(await northstar.post(`/v1/holds/${hold}/release`), { status: 200, body: { state: 'released' } });
    t.same(problemOf(await northstar.post(`/v1/holds/${hold}/release`)), ['409 conflict']);
    await prune(hub.hub);
    t.same((await withContent()).filter((id) => all.includes(id)).sort(), [live, heldRetracted].sort(), 'one may be under two');
    clock.advance(5 * DAY);
    await prune(hub.hub);
    t.same((await withContent()).filter((id) => all.includes(id)), [live]);
    t.same((await db.selectFrom('change_log').select('position').where('prev_content', 'is not', null).where('signal_id', '=', heldRetracted).execute()), []);
    t.same((await northstar.get<HoldList>('/v1/holds')).body.holds.map(({ state }) => state), ['ended', 'released']);
  });
}
