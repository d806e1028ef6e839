import t, { type Test } from 'tap';
import type { LintFinding, LintReport, Policy, PolicyDifference, Rule, Terms } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type TestHub } from '../support/hub.ts';
import { activatePolicy } from '../support/policies.ts';
import { insertSignal } from '../support/signals.ts';

const terms: Terms = { reveal: ['digest', 'harm'], origin: 'pseudonymous' };
const document = (id: string, ...rules: Rule[]): Policy => ({ id, title: 'A policy', summary: 'For tests.', rules });
const share = (id: string, more: Partial<Rule> = {}): Rule => ({ id, effect: 'share', terms, ...more });

for (const home of homes) {
  t.test(home, async (t) => {
    const hub = await startTestHub(t, { home, clock: new ManualClock(Date.parse('2026-12-01T12:00:00Z')) });
    const [ash, birch] = [await hub.join({ id: 'ash' }), await hub.join({ id: 'birch' })];
    await hub.operator.put('/v1/groups/ring', { title: 'Ring', members: ['ash', 'birch'] });
    await hub.operator.put('/v1/groups/secret', { title: 'Secret', members: ['birch'] });
    await hub.operator.post('/v1/members', { id: 'police', title: 'Police', kind: 'law-enforcement' });
    await activatePolicy(hub.operator, document('hub/charter', share('all', { covers: ['signals', 'reports'], terms: { ...terms, after: 'PT1H' } })));
    await t.test('a policy is looked at against the charter and what there is', async (t) => looked(t, hub, ash));
    await t.test('nothing that its author may not know is told', async (t) => hidden(t, hub, ash));
    await t.test('the operator looks at its charter', async (t) => charter(t, hub));
    await t.test('differences', async (t) => differences(t, ash, birch));
  });
}

async function findings(api: Api, policy: Policy): Promise<LintFinding[]> {
  const { status, body } = await api.post<LintReport>('/v1/policies/lint', policy);
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body.findings;
}

const codes = async (api: Api, ...rules: Rule[]): Promise<string[]> => (await findings(api, document('ash/draft', ...rules))).filter(({ code }) => code !== 'wider-than-charter').map(({ code, pointer }) => `${code} ${pointer}`);

async function looked(t: Test, { hub }: TestHub, ash: Api): Promise<void> {
  await insertSignal(hub, { origin: 'ash' });
  await insertSignal(hub, { origin: 'birch', attributes: { harm: 'csea' } });
  t.match(await findings(ash, document('ash/draft', share('all'))), [{ rule: 'all', code: 'wider-than-charter', pointer: '/rules/0/terms', sentence: 'Rule all: it is released after PT1H only under whatever rule of the charter decides.' }]);
  t.same(await codes(ash, share('all', { signals: { harm: { in: ['fraud'] } }, peers: { groups: { any: ['ring'] } } })), []);
  t.same(await codes(ash, share('others', { signals: { harm: { in: ['csea'] } } })), ['matches-nothing-live /rules/0'], 'only others have such signals');
  t.same(await codes(ash, share('nobody', { peers: { agreements: { all: ['fraud-2026'] } } })), ['matches-nothing-live /rules/0'], 'nobody has agreed');
  t.same(await codes(ash, share('reports', { reports: { tlp: { atMost: 'GREEN' } } })), ['matches-nothing-live /rules/0'], 'there are no reports');
  t.same(await codes(ash, { id: 'counts', effect: 'share', covers: ['counts'] }), ['outside-charter /rules/0'], 'the charter lets nothing be counted; for whom is no matter');
  t.same(await codes(ash, share('later', { during: { from: '2030-01-01T00:00:00Z' } })), [], 'a window is no matter of what there is');
  t.same(await codes(ash, share('messages', { covers: ['messages'] })), ['outside-charter /rules/0', 'matches-nothing-live /rules/0']);
  t.same(await codes(ash, share('police', { peers: { id: { in: ['police', 'birch'] } } })), ['barred-kind /rules/0/peers/id/in/0']);
  t.same(await codes(ash, { id: 'never', effect: 'withhold' }, share('all')), ['shadowed /rules/1', 'opens-if-others-narrow /rules/1']);
  const many = Array.from({ length: 500 }, (_, n) => share(`r${n}`, { signals: { labels: { any: [`l${n}`] } }, terms: { reveal: ['digest', 'note'], origin: 'named' } }));
  const { body } = await ash.post<LintReport>('/v1/policies/lint', document('ash/draft', ...many));
  t.same([body.findings.length, body.more], [1000, 1000], 'a thousand are told, and how many more there are');
  t.same(problemOf(await ash.post('/v1/policies/lint', document('birch/draft'))), ['422 invalid-policy', '/id must start with your member’s id and a slash']);
}

async function hidden(t: Test, { operator }: TestHub, ash: Api): Promise<void> {
  const about = (group: string): Promise<string[]> => codes(ash, share('circle', { peers: { groups: { any: [group] } } }), share('not', { peers: { groups: { none: [group] } } }));
  t.same(await about('secret'), await about('nowhere'), 'a group that one is not in is as one that does not exist');
  t.same(await about('nowhere'), ['unknown-name /rules/0/peers/groups/any/0', 'unknown-name /rules/1/peers/groups/none/0']);
  await operator.post('/v1/members/police/suspend');
  t.same(await codes(ash, share('police', { peers: { id: { in: ['police', 'birch'] } } })), [], 'the kind of a member that one does not see');
  t.same(await codes(ash, share('only', { peers: { id: { in: ['police'] } } })), ['matches-nothing-live /rules/0']);
  await operator.post('/v1/members/police/resume');
}

async function charter(t: Test, { operator }: TestHub): Promise<void> {
  const found = await findings(operator, document('hub/next', share('all', { terms: { reveal: ['note'], origin: 'named' } }), share('csea', { signals: { harm: { in: ['csea'] } } }), share('spam', { signals: { harm: { in: ['spam'] } } })));
  t.same(found.map(({ code, rule }) => `${code} ${rule}`), ['shadowed csea', 'opens-if-others-narrow csea', 'shadowed spam', 'opens-if-others-narrow spam'], 'no charter is above it');
  const live = await findings(operator, document('hub/next', share('csea', { signals: { harm: { in: ['csea'] } } }), share('spam', { signals: { harm: { in: ['spam'] } } })));
  t.same(live.map(({ code, rule }) => `${code} ${rule}`), ['matches-nothing-live spam'], 'everybody’s signals');
}

async function differences(t: Test, ash: Api, birch: Api): Promise<void> {
  const [before, after] = [document('ash/standard', share('a')), document('ash/standard', share('a', { terms: { ...terms, after: 'PT2H' } }))];
  const diff = (api: Api, body: object): ReturnType<typeof ash.post<PolicyDifference>> => api.post<PolicyDifference>('/v1/policies/diff', body);
  t.same(problemOf(await diff(ash, { after: { policy: after } })), ['404 not-found', '/before is missing, and nothing is in force']);
  await activatePolicy(ash, before);
  await ash.post('/v1/policies', after);
  const change = { change: 'changed', pointer: '/rules/0/terms/after', sentence: 'Rule a: terms after is new: PT2H.' };
  t.same((await diff(ash, { after: { policy: after } })).body, { changes: [change] }, 'against what is in force');
  const version = (number: number, policy = 'ash/standard'): object => ({ version: { policy, version: number } });
  t.same((await diff(ash, { before: version(1), after: version(2) })).body, { changes: [change] });
  t.same((await diff(ash, { before: version(2), after: version(2) })).body, { changes: [] });
  t.same(problemOf(await diff(ash, { before: version(1), after: version(3) })), ['404 not-found', '/after/version There is no such thing, or you may not see it']);
  t.same(problemOf(await diff(birch, { before: version(1), after: { policy: after } })), ['404 not-found', '/before/version There is no such thing, or you may not see it'], 'of others');
  t.same(problemOf(await diff(ash, { after: { policy: after, ...version(1) } })), ['400 invalid-body', '/after/version does not go with a policy']);
  t.same(problemOf(await diff(ash, { after: {} })).slice(0, 1), ['400 invalid-body']);
}
