import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import type { ClientView, Explanation, OwnReport, Policy, PostedMessage } from '../../schemas/types.ts';
import { readAudit } from '../../server/audit/log.ts';
import { ManualClock } from '../../server/clock.ts';
import type { Entry } from '../../server/world/documents.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type TestHub } from '../support/hub.ts';
import { activatePolicy } from '../support/policies.ts';
import { published, report } from '../support/reports.ts';
import { insertSignal } from '../support/signals.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;
const iso = (at: number): string => new Date(at).toISOString();

const open: Policy = { id: 'hub/charter', title: 'Charter', summary: 'For tests.', rules: [{ id: 'all', effect: 'share', terms: { reveal: ['harm', 'severity'], origin: 'named' } }] };
const late: Policy = { id: 'northstar/standard', title: 'Standard', summary: 'For tests.', rules: [{ id: 'fraud', effect: 'share', signals: { harm: { in: ['fraud'] } }, terms: { after: 'PT2H', for: 'P1D', reveal: ['harm'], origin: 'pseudonymous' } }] };

async function putIntoForce(api: Api, policy: Policy): Promise<void> {
  await api.post('/v1/policies', policy);
  await api.post(`/v1/policies/${policy.id}/versions/1/activate`, {});
}

for (const home of homes) {
  t.test(home, async (t) => {
    const clock = new ManualClock(NOON);
    const hub = await startTestHub(t, { home, clock });
    const [northstar, harbour] = [await hub.join({ id: 'northstar' }), await hub.join({ id: 'harbour' })];
    await putIntoForce(hub.operator, open);
    await putIntoForce(northstar, late);
    await t.test('what the origin is told', async (t) => told(t, hub, northstar));
    await t.test('others are told nothing', async (t) => untold(t, hub, northstar, harbour));
    await t.test('feeds', async (t) => feeds(t, hub, northstar));
    await t.test('the operator’s questions are recorded', async (t) => recorded(t, hub));
    await t.test('parts of reports and messages', async (t) => reportsAndMessages(t, hub, northstar, harbour, clock));
  });
}

const explain = (api: Api, body: object): ReturnType<typeof api.post<Explanation>> => api.post<Explanation>('/v1/explain', body);

async function told(t: Test, { hub }: TestHub, northstar: Api): Promise<void> {
  const signal = await insertSignal(hub, { origin: 'northstar', until: NOON + 10 * HOUR });
  const now = await explain(northstar, { signal, peer: 'harbour' });
  t.match(now, { status: 200, body: { effect: 'share', visible: false, at: iso(NOON), release: iso(NOON + 2 * HOUR), end: iso(NOON + 10 * HOUR), reveal: ['harm'], origin: 'pseudonymous' } });
  t.match(now.body.layers, [{ layer: 'charter', policy: 'hub/charter', version: 1, rule: 'all' }, { layer: 'policy', policy: 'northstar/standard', version: 1, rule: 'fraud' }, { layer: 'object' }]);
  t.match((await explain(northstar, { signal, peer: 'harbour', at: iso(NOON + 2 * HOUR) })).body, { visible: true, at: iso(NOON + 2 * HOUR) });
  t.match((await explain(northstar, { signal, peer: 'harbour', at: iso(NOON + 10 * HOUR) })).body, { visible: false });
  t.match((await explain(northstar, { signal, peer: 'northstar' })).body, { visible: true, layers: [{ layer: 'own' }] });

  const other = await insertSignal(hub, { origin: 'northstar', attributes: { harm: 'csea' } });
  t.match((await explain(northstar, { signal: other, peer: 'harbour' })).body, { effect: 'withhold', visible: false, layers: [{ effect: 'share' }, { effect: 'withhold', rules: [{ rule: 'fraud', matched: false, failed: ['signals.harm.in'] }] }, {}] });
  const narrow = await insertSignal(hub, { origin: 'northstar', audience: { members: ['hub'] } });
  t.match((await explain(northstar, { signal: narrow, peer: 'harbour' })).body, { effect: 'withhold', because: ['Withheld by the object layer: the peer is not in the signal’s audience.'] });
  t.notOk((await readAudit(hub.db, 0, 1000)).some(({ action }) => action === 'explain'), 'a member’s questions about its own are its own');
}

async function untold(t: Test, { hub, operator, join }: TestHub, northstar: Api, harbour: Api): Promise<void> {
  const signal = await insertSignal(hub, { origin: 'northstar' });
  const gone = await insertSignal(hub, { origin: 'northstar', retracted: true });
  const unknown = ['404 not-found', '/signal There is no such thing, or you may not see it'];
  const hidden = await explain(harbour, { signal, peer: 'harbour' });
  const missing = await explain(harbour, { signal: randomUUID(), peer: 'harbour' });
  t.same(problemOf(hidden), unknown);
  const { request_id: _one, ...first } = hidden.body as unknown as { request_id: string };
  const { request_id: _two, ...second } = missing.body as unknown as { request_id: string };
  t.same(first, second, 'as one that does not exist');
  t.same(problemOf(await explain(harbour, { signal, peer: 'nobody', at: iso(0) })), unknown, 'whatever else is wrong');
  for (const api of [northstar, operator]) t.same(problemOf(await explain(api, { signal: gone, peer: 'harbour' })), unknown, 'a retracted one');

  await join({ id: 'suspended' });
  await operator.post('/v1/members/suspended/suspend');
  const refused: [string, object, string[]][] = [
    ['an unknown peer', { signal, peer: 'nobody' }, ['404 not-found', '/peer There is no such thing, or you may not see it']],
    ['a suspended peer', { signal, peer: 'suspended' }, ['404 not-found', '/peer There is no such thing, or you may not see it']],
    ['an unknown feed', { signal, peer: 'harbour', feed: 'none' }, ['404 not-found', '/feed There is no such thing, or you may not see it']],
    ['the past', { signal, peer: 'harbour', at: iso(NOON - 1) }, ['422 invalid-times', '/at must not be in the past']],
    ['no id', { signal: 'all', peer: 'harbour' }, ['400 invalid-body', '/signal must be a UUID in lower case']],
    ['nothing to explain', { peer: 'harbour' }, ['400 invalid-body', '/signal is missing, and so are report and message']],
    ['two things', { signal, message: signal, peer: 'harbour' }, ['400 invalid-body', '/message does not go with signal']],
    ['a part of a signal', { signal, part: 1, peer: 'harbour' }, ['400 invalid-body', '/part goes with report']],
    ['no peer', { signal }, ['400 invalid-body', '/peer is missing']],
    ['an unknown field', { signal, peer: 'harbour', verbose: true }, ['400 invalid-body', '/verbose is not a field that is known here']],
  ];
  for (const [name, body, expected] of refused) t.same(problemOf(await explain(northstar, body)), expected, name);
  t.match((await explain(operator, { signal, peer: 'suspended' })).body, { effect: 'withhold', layers: [{ layer: 'built-in' }] });
}

async function feeds(t: Test, { hub }: TestHub, northstar: Api): Promise<void> {
  const feed = (id: string, more: object): Entry => ({ kind: 'feed', subject: id, doc: { id, title: id, ...more } });
  const entries = [feed('scams', { filter: { harm: { in: ['fraud.phishing'] } } }), feed('harbour/secret', { peers: { id: { in: ['harbour'] } } })];
  await hub.worlds.change({ member: 'hub', client: 'test' }, () => ({ entries, deeds: [], result: undefined }));
  const signal = await insertSignal(hub, { origin: 'northstar' });
  t.match((await explain(northstar, { signal, peer: 'harbour', feed: 'all' })).body, { effect: 'share', layers: [{}, {}, {}, { layer: 'feed', effect: 'share' }] });
  t.match((await explain(northstar, { signal, peer: 'harbour', feed: 'scams' })).body, { effect: 'withhold', layers: [{}, {}, {}, { layer: 'feed', reason: 'the feed’s filter does not select it' }] });
  t.same(problemOf(await explain(northstar, { signal, peer: 'harbour', feed: 'harbour/secret' })), ['404 not-found', '/feed There is no such thing, or you may not see it'], 'a feed that is not offered to the one who asks');
}

async function reportsAndMessages(t: Test, { hub, operator, api }: TestHub, northstar: Api, harbour: Api, clock: ManualClock): Promise<void> {
  const wide = { reveal: ['harm', 'text'] as const, origin: 'named' as const };
  const charter: Policy = { ...open, rules: [{ id: 'all', effect: 'share', covers: ['signals', 'reports', 'messages'], terms: { ...wide, reveal: [...wide.reveal] } }] };
  const rules: Policy['rules'] = [
    { id: 'titles', effect: 'share', reports: { part: { in: ['title'] } }, terms: { reveal: ['text'], after: 'PT1H' } },
    { id: 'sections', effect: 'share', reports: { labels: { none: ['inner'] } }, terms: { reveal: ['text'] } },
    { id: 'requests', effect: 'share', messages: { message: { in: ['request'] } }, terms: { reveal: ['text'] } },
  ];
  await activatePolicy(operator, { ...charter, id: 'hub/wide' });
  await activatePolicy(northstar, { ...late, id: 'northstar/reports', rules });
  const { body: client } = await operator.post<ClientView>('/v1/members/northstar/clients', { title: 'Reviewer', scopes: ['reports:review'] });
  const reviewer = api({ client_id: client.client_id, client_secret: client.client_secret! });
  const section = (heading: string, labels: string[]) => ({ heading, text: 'Nothing much.', tlp: 'GREEN' as const, labels });
  const { id } = await published(northstar, reviewer, report({ sections: [section('One', []), section('Two', ['inner'])] }));
  const about = (part: number | undefined, at?: string): ReturnType<typeof explain> => explain(northstar, { report: id, ...(part === undefined ? {} : { part }), peer: 'harbour', ...(at === undefined ? {} : { at }) });
  t.match((await about(undefined)).body, { effect: 'share', visible: false, release: iso(clock.now() + HOUR), layers: [{}, { rule: 'titles' }, {}] });
  t.match((await about(1)).body, { effect: 'share', visible: false, layers: [{}, { rule: 'sections' }, {}], because: [String, String, 'But the title of the report is not shown to it at this instant, and without that nothing of it is.'] });
  t.match((await about(1, iso(clock.now() + HOUR))).body, { visible: true, because: { length: 2 } });
  t.match((await about(2)).body, { effect: 'withhold', what_would_change: [{ rule: 'titles' }, { rule: 'sections', conditions: [{ condition: 'reports.labels.none', needs: 'none of inner', is: 'inner' }] }, { rule: 'requests', conditions: [{ condition: 'covers', needs: 'reports' }] }] });
  t.same(problemOf(await about(3)), ['404 not-found', '/part There is no such thing, or you may not see it']);
  const drafted = await northstar.post<OwnReport>('/v1/reports', report());
  const { body: asked } = await northstar.post<PostedMessage>('/v1/requests', { title: 'Fake shops', text: 'Has anyone seen these?', harms: ['fraud'], tlp: 'GREEN' });
  t.match((await explain(northstar, { message: asked.id, peer: 'harbour' })).body, { effect: 'share', visible: true, layers: [{}, { rule: 'requests' }, {}] });
  const withdrawn = await published(northstar, reviewer, report());
  t.match(await northstar.post(`/v1/reports/${withdrawn.id}/withdraw`, { reason: 'mistake' }, { 'if-match': `"${withdrawn.version}"` }), { status: 200 });
  const unknown = (kind: string): string[] => ['404 not-found', `/${kind} There is no such thing, or you may not see it`];
  for (const [api, kind, subject] of [[harbour, 'report', id], [harbour, 'message', asked.id], [northstar, 'report', drafted.body.id], [northstar, 'report', withdrawn.id], [northstar, 'message', id], [northstar, 'report', asked.id], [northstar, 'signal', asked.id]] as const) {
    t.same(problemOf(await explain(api, { [kind]: subject, peer: 'harbour' })), unknown(kind), `${kind} of others, or none`);
  }
  t.same(problemOf(await explain(harbour, { report: id, part: 9, peer: 'harbour' })), unknown('report'), 'whatever else is wrong');
  t.match(await explain(operator, { report: id, part: 1, peer: 'harbour' }), { status: 200 });
  t.match((await readAudit(hub.db, 0, 1000)).at(-1), { action: 'explain', subject: id, detail: { part: 1, peer: 'harbour' } });
}

async function recorded(t: Test, { hub, operator }: TestHub): Promise<void> {
  const signal = await insertSignal(hub, { origin: 'northstar' });
  t.match(await explain(operator, { signal, peer: 'harbour', feed: 'all' }), { status: 200, body: { effect: 'share' } });
  const last = (await readAudit(hub.db, 0, 1000)).at(-1);
  t.match(last, { member: 'hub', action: 'explain', subject: signal, detail: { peer: 'harbour', feed: 'all' } });
}
