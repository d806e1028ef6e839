import t, { type Test } from 'tap';
import { blake3 } from '../../clients/sdk/digests/index.ts';
import type { AuditPage, ClientView, HoldList, HoldView, ItemResult, NewReferral, NewReport, OwnReport, Policy, ReferralView, ReportHits, ReportList, ReportVersion } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { canonical } from '../../server/audit/chain.ts';
import { dropCopies } from '../../server/referrals/register.ts';
import { purgeReports } from '../../server/reports/purge.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type HomeName, type TestHub } from '../support/hub.ts';
import { published, report, update } from '../support/reports.ts';

const DAY = 86_400_000;
const START = Date.parse('2026-03-02T10:00:00Z');
const iso = (at: number): string => new Date(at).toISOString();

/** Reports of ash; nobody is granted any of them. */
interface Scene {
  hub: TestHub;
  clock: ManualClock;
  ash: Api;
  reviewer: Api;
  birch: Api;
  police: Api;
}

async function scene(t: Test, home: HomeName): Promise<Scene> {
  const clock = new ManualClock(START);
  const hub = await startTestHub(t, { home, clock });
  const ash = await hub.join({ id: 'ash' });
  const { body: client } = await hub.operator.post<ClientView>('/v1/members/ash/clients', { title: 'Reviewer', scopes: ['reports:review', 'reports:read'] });
  return { hub, clock, ash, reviewer: hub.api({ client_id: client.client_id, client_secret: client.client_secret! }), birch: await hub.join({ id: 'birch' }), police: await hub.join({ id: 'police', kind: 'law-enforcement' }, ['referrals:read']) };
}

for (const home of homes) {
  t.test(home, async (t) => {
    await t.test('reports that are referred', async (t) => referred(t, await scene(t, home)));
    await t.test('reports that are held', async (t) => held(t, await scene(t, home)));
  });
}

const written: NewReport = report({
  summary: { text: 'Forty shops, one till.', tlp: 'RED', labels: ['sealed'] },
  judgements: [{ text: 'One group runs them.', tlp: 'AMBER', confidence: 'likely' }],
  sections: [{ heading: 'Who', text: 'A name.', tlp: 'RED', identifiers: [{ kind: 'email', value: 'till@shop.example', reason: 'The till' }] }],
  regions: ['NL'],
});

async function referred(t: Test, { hub, clock, ash, reviewer, birch, police }: Scene): Promise<void> {
  const first = await published(ash, reviewer, written);
  const draft = (await ash.post<OwnReport>('/v1/reports', report())).body;
  const foreign = (await birch.post<OwnReport>('/v1/reports', report())).body;
  const signal = (await ash.post<ItemResult>('/v1/signals', { digests: [{ scheme: 'media-md5', digest: 'ab'.repeat(16) }], harm: 'fraud', severity: 'high', confidence: 80, status: 'malicious', tlp: 'RED' })).body.id!;
  const request: NewReferral = { authority: 'police', basis: 'legal-request', legal_basis: 'A provision', reference: 'Case 1', reports: [first.id], fields: ['text', 'harm'], expires_at: iso(START + 10 * DAY) };
  const { reports: _reports, ...nothing } = request;
  const wrong: [object, string[]][] = [
    [nothing, ['400 invalid-body', '/signals is missing, and so is reports']],
    [{ ...request, fields: ['harm'] }, ['400 invalid-body', '/fields without text nothing of a report is handed over']],
    [{ ...request, signals: [signal], fields: ['text'] }, ['400 invalid-body', '/fields names nothing of a signal']],
    [{ ...request, reports: [first.id, foreign.id] }, ['404 not-found', '/reports/1 is not a report of yours']],
    [{ ...request, reports: [draft.id] }, ['409 conflict', '/reports/0 was never published']],
  ];
  for (const [body, problem] of wrong) t.same(problemOf(await ash.post('/v1/referrals', body)), problem);

  const made = await ash.post<ReferralView>('/v1/referrals', { ...request, signals: [signal] });
  t.match(made, { status: 201, body: { objects: 2, state: 'open' } });
  await update(ash, reviewer, first, { ...written, title: { text: 'Another title', tlp: 'GREEN' } });
  const { id } = made.body;
  const read = (await police.get<ReferralView>(`/v1/referrals/${id}`)).body;
  t.match(read.signals, [{ id: signal, content: { harm: 'fraud' } }]);
  const content = { parts: [{ part: 'title', text: written.title.text }, { part: 'summary', text: 'Forty shops, one till.' }, { part: 'judgement', text: 'One group runs them.' }, { part: 'section', heading: 'Who', text: 'A name.' }], harms: ['fraud'] };
  const digest = blake3(JSON.stringify(canonical(content))).toString('hex');
  t.same(read.reports, [{ id: first.id, version: 1, blake3: digest, state: 'published', content }], 'a copy of what was in scope, as it was then');
  const shown = await hub.hub.db.selectFrom('report_disclosure').select(['report_id', 'version']).execute();
  t.same(shown, [{ report_id: first.id, version: 1 }], 'that it was read is on record');
  t.match((await ash.get<ReferralView>(`/v1/referrals/${id}`)).body, { reads: [{}], reports: [{ content }] });
  const seen = (await hub.operator.get<ReferralView>(`/v1/referrals/${id}`)).body;
  t.same(seen.reports, [{ id: first.id, version: 1, blake3: digest, state: 'published' }], 'the operator sees what was referred, not what it says');
  for (const path of [`/v1/reports/${first.id}`, '/v1/reports', '/v1/reports/changes', `/v1/reports/own/${first.id}`]) t.same(problemOf(await police.get(path)), ['403 kind-not-allowed'], 'nothing else answers');
  t.same(problemOf(await birch.get(`/v1/referrals/${id}`)), ['404 not-found']);
  t.equal((await birch.get(`/v1/reports/${first.id}`)).status, 404, 'nobody else sees more by it');

  const whole = (await ash.post<ReferralView>('/v1/referrals', { ...request, fields: ['text', 'labels', 'confidence', 'regions', 'identifiers'] })).body;
  const all = (await police.get<ReferralView>(`/v1/referrals/${whole.id}`)).body.reports![0]!;
  t.match(all, { version: 2, content: { regions: ['NL'], parts: [{ text: 'Another title' }, { labels: ['sealed'] }, { confidence: { word: 'likely', from: 55, to: 80 } }, { identifiers: [{ value: 'till@shop.example' }] }] } });
  t.notOk('harms' in all.content!);
  await ash.post(`/v1/reports/${first.id}/withdraw`, { reason: 'legal' });
  t.match((await police.get<ReferralView>(`/v1/referrals/${id}`)).body.reports, [{ state: 'withdrawn', content }], 'what became of it is said');
  await ash.post(`/v1/referrals/${id}/end`);
  clock.advance(1);
  await dropCopies(hub.hub);
  t.same(problemOf(await police.get(`/v1/referrals/${id}`)), ['404 not-found']);
  t.same((await ash.get<ReferralView>(`/v1/referrals/${id}`)).body.reports, [{ id: first.id, version: 1, blake3: digest, state: 'withdrawn' }], 'the register keeps the hash');
  const deed = (await hub.operator.get<AuditPage>('/v1/audit?limit=1000')).body.entries.find(({ action, subject }) => action === 'refer' && subject === id);
  t.match(deed, { detail: { reports: [first.id], signals: [signal] } });
  await drills(t, { hub, ash, reviewer, request, clock });
}

/** What is not real is no evidence. */
async function drills(t: Test, { hub, ash, reviewer, request, clock }: Pick<Scene, 'hub' | 'ash' | 'reviewer' | 'clock'> & { request: NewReferral }): Promise<void> {
  await hub.operator.put('/v1/exercises/spring-drill', { title: 'Drill', participants: { members: ['ash'] }, from: iso(clock.now()), until: iso(clock.now() + DAY) });
  const drill = await published(ash, reviewer, report({ exercise: 'spring-drill' }));
  const signal = (await ash.post<ItemResult>('/v1/signals', { digests: [{ scheme: 'media-md5', digest: 'cd'.repeat(16) }], harm: 'fraud', severity: 'high', confidence: 80, status: 'malicious', tlp: 'RED', exercise: 'spring-drill' })).body.id!;
  t.same(problemOf(await ash.post('/v1/referrals', { ...request, reports: [drill.id] })), ['409 conflict', '/reports/0 belongs to an exercise: it is not real']);
  t.same(problemOf(await ash.post('/v1/referrals', { ...request, signals: [signal], reports: undefined })), ['409 conflict', '/signals/0 belongs to an exercise: it is not real']);
}

async function held(t: Test, { hub, clock, ash, reviewer, birch }: Scene): Promise<void> {
  const rules: Policy['rules'] = [{ id: 'all', effect: 'share', covers: ['reports'], terms: { reveal: ['text', 'harm'], origin: 'named' } }];
  for (const [api, id] of [[hub.operator, 'hub/charter'], [ash, 'ash/open']] as const) {
    await api.post('/v1/policies', { id, title: id, summary: id, rules });
    await api.post(`/v1/policies/${id}/versions/1/activate`, {});
  }
  const short = { ...written, retention: 'P5D' };
  const [kept, due] = [await published(ash, reviewer, short), await published(ash, reviewer, short)];
  const foreign = (await birch.post<OwnReport>('/v1/reports', report())).body;
  const asked = { reference: 'Preservation 7/26', reports: [kept.id], until: iso(START + 30 * DAY) };
  t.same(problemOf(await ash.post('/v1/holds', { ...asked, reports: undefined })), ['400 invalid-body', '/signals is missing, and so is reports']);
  t.same(problemOf(await ash.post('/v1/holds', { ...asked, reports: [foreign.id] })), ['404 not-found', '/reports/0 is not a report of yours']);
  const hold = await ash.post<HoldView>('/v1/holds', asked);
  t.match(hold, { status: 201, body: { state: 'in-force', signals: [], reports: [kept.id] } });
  t.same((await ash.get<HoldList>('/v1/holds')).body.holds, [hold.body]);
  t.equal((await birch.get<ReportList>('/v1/reports')).body.reports.length, 2);

  clock.advance(5 * DAY);
  t.equal(await purgeReports(hub.hub), 1);
  const own = async ({ id }: OwnReport): Promise<OwnReport> => (await ash.get<OwnReport>(`/v1/reports/own/${id}`)).body;
  t.match(await own(due), { state: 'purged' });
  t.match(await own(kept), { state: 'published', content: { summary: { text: 'Forty shops, one till.' } } }, 'its origin still has it');
  t.match((await ash.get<ReportVersion>(`/v1/reports/own/${kept.id}/versions/1`)).body.content, { title: written.title });
  for (const { id } of [kept, due]) t.equal((await birch.get(`/v1/reports/${id}`)).status, 404, 'a hold shares nothing');
  t.same((await birch.get<ReportList>('/v1/reports')).body.reports, []);
  t.same((await birch.get<ReportHits>('/v1/reports/search?q=shops')).body.reports, []);
  t.match(problemOf(await ash.post('/v1/holds', { ...asked, reports: [due.id] })), ['409 conflict', '/reports/0 its content was purged']);

  await ash.post(`/v1/reports/${kept.id}/withdraw`, { reason: 'legal' });
  t.equal(await purgeReports(hub.hub), 0);
  t.match(await own(kept), { state: 'withdrawn', content: { title: written.title } }, 'also when it is withdrawn');
  t.match((await ash.post(`/v1/holds/${hold.body.id}/release`)).body, { state: 'released' });
  t.equal(await purgeReports(hub.hub), 1, 'what is due goes when the hold is over');
  t.notOk('content' in (await own(kept)));
  const drafted = (await ash.post<OwnReport>('/v1/reports', report())).body;
  await ash.post('/v1/holds', { ...asked, reports: [drafted.id] });
  clock.advance(25 * DAY);
  t.equal((await ash.get<HoldList>('/v1/holds')).body.holds[0]!.state, 'ended', 'a draft can be held, and a hold ends by itself');
}
