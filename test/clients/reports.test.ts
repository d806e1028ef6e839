import t, { type Test } from 'tap';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { runCommand } from '../../clients/cli/program.ts';
import { reportOf, type ImportResult, type Operation } from '../../clients/cli/report-import.ts';
import { ReportReplica, Reports, TocsinClient } from '../../clients/sdk/index.ts';
import type { ClientView, Policy, PolicyVersion, ReportList, ReportView, Rule } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import type { Api } from '../support/api.ts';
import { startTestHub, type TestHub } from '../support/hub.ts';

const COUNTRIES = ['Russia , USA', 'China', 'World', 'Brazil, UK', 'Unknown', ''];
const YEARS = ['2016.0', '2017.0', '', '2019'];

/** Made-up operations of the form in which the DISARM Foundation lists real ones; 91 of 129 have a summary. */
const OPERATIONS: Operation[] = Array.from({ length: 129 }, (_, index) => ({
  id: `X${String(index + 1).padStart(5, '0')}`,
  title: index === 7 ? 'Fake polls by @poll_bot' : `Made-up operation ${index + 1}`,
  summary: index >= 91 ? '' : index === 3 ? 'Posts led to pollnews.example.com and were *boosted* by @poll_bot.\nMore <b>followed</b>.' : `Accounts of the ${index + 1}th network posed as locals from 2016-2018.`,
  type: '',
  year: YEARS[index % 4]!,
  countries: COUNTRIES[index % 6]!,
  added: '2019-02-24',
  techniques: index % 5 === 0 ? [{ id: 'T0097.109', name: 'Persona', text: 'x' }, { id: 'T0049', name: 'Flooding', text: 'x' }] : [],
}));

const share = (id: string, more: Partial<Rule>, reveal: NonNullable<Rule['terms']>['reveal']): Rule => ({ id, effect: 'share', covers: ['reports'], ...more, terms: { reveal, origin: 'named' } });
const ALL = ['text', 'harm', 'confidence', 'labels', 'regions', 'tactics', 'period', 'reliability', 'links', 'identifiers', 'omissions'] as const;

async function activate(api: Api, id: string, rules: Rule[]): Promise<void> {
  const { body } = await api.post<PolicyVersion>('/v1/policies', { id, title: id, summary: id, rules } satisfies Policy);
  const { status } = await api.post(`/v1/policies/${id}/versions/${body.version}/activate`, {});
  if (status !== 200) throw new Error(`not activated: ${status}`);
}

function clientOf(t: Test, hub: TestHub, { credentials }: Api): TocsinClient {
  const client = new TocsinClient({ url: hub.url, clientId: credentials.client_id, clientSecret: credentials.client_secret });
  t.teardown(() => client.close());
  return client;
}

/** Runs the command, and gives what it printed. */
async function run(hub: TestHub, { credentials }: Api, ...args: string[]): Promise<string> {
  const [out, err]: [string[], string[]] = [[], []];
  const into = (lines: string[]): Writable => new Writable({ write: (chunk: Buffer, _encoding, done) => {
    lines.push(chunk.toString());
    done();
  } });
  const terminal = { stdin: (async function* (): AsyncGenerator<Uint8Array> {})(), stdout: into(out), stderr: into(err), env: { TOCSIN_URL: hub.url, TOCSIN_CLIENT_ID: credentials.client_id, TOCSIN_CLIENT_SECRET: credentials.client_secret } };
  const code = await runCommand(args, terminal);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${code} ${err.join('')}`);
  return out.join('');
}

t.test('an operation as a report', (t) => {
  const { content, declared, dropped } = reportOf(OPERATIONS[3]!, { tlp: 'GREEN', harm: 'influence-operations' });
  t.match(content, {
    title: { text: 'Made-up operation 4' },
    summary: { text: 'Posts led to (identifier 1) and were \\*boosted\\* by (identifier 2)\n\nMore \\<b\\>followed\\</b\\>.', identifiers: [{ kind: 'host', value: 'pollnews.example.com' }, { kind: 'handle', value: '@poll_bot.' }] },
    regions: ['BR', 'GB'],
  });
  t.same([declared, dropped], [2, 0]);
  t.match(reportOf(OPERATIONS[7]!, { tlp: 'GREEN', harm: 'influence-operations' }), { content: { title: { text: 'Fake polls by (left out)' } }, dropped: 1 });
  t.match(reportOf(OPERATIONS[0]!, { tlp: 'GREEN', harm: 'influence-operations' }).content, { regions: ['RU', 'US'], tactics: ['T0097.109', 'T0049'], period: { from: '2016-01-01T00:00:00.000Z', until: '2016-12-31T23:59:59.999Z' } });
  t.end();
});

t.test('129 operations imported, and read as three members with different rights', async (t) => {
  const clock = new ManualClock(Date.now());
  const hub = await startTestHub(t, { home: 'postgres', clock });
  const [ash, birch, cedar, dogwood] = await Promise.all(['ash', 'birch', 'cedar', 'dogwood'].map((id) => hub.join({ id, kind: id === 'cedar' ? 'ngo' : 'platform' }))) as [Api, Api, Api, Api];
  const { body: second } = await hub.operator.post<ClientView>('/v1/members/ash/clients', { title: 'Reviewer', scopes: ['reports:review'] });
  await activate(hub.operator, 'hub/charter', [share('all', {}, [...ALL])]);
  await activate(ash, 'ash/reports', [
    share('partner', { peers: { id: { in: ['birch'] } } }, [...ALL]),
    share('titles', { reports: { part: { in: ['title'] } }, peers: { kind: { in: ['ngo'] } } }, ['text', 'harm', 'omissions']),
    share('russia', { reports: { regions: { in: ['RU', 'US'] } }, peers: { id: { in: ['dogwood'] } } }, ['text', 'regions']),
  ]);
  const folder = mkdtempSync(join(t.testdir(), 'import-'));
  writeFileSync(join(folder, 'operations.json'), JSON.stringify(OPERATIONS));
  writeFileSync(join(folder, 'reviewer.secret'), second.client_secret!);
  const importing = (...more: string[]): Promise<string> => run(hub, ash, 'report', 'import', join(folder, 'operations.json'), '--reviewer-id', second.client_id, '--reviewer-secret-file', join(folder, 'reviewer.secret'), ...more);

  t.same(JSON.parse(await importing('--json')) as ImportResult, { published: 129, known: 0, declared: 2, dropped: 1, refused: [] });
  t.same(JSON.parse(await importing('--json')) as ImportResult, { published: 0, known: 129, declared: 2, dropped: 1, refused: [] }, 'doing it again makes nothing twice');

  const replicas = await Promise.all([birch, cedar, dogwood].map(async (api) => {
    const replica = new ReportReplica(new Reports(clientOf(t, hub, api)), undefined, () => clock.now());
    await replica.sync({ limit: 50 });
    return replica;
  }));
  const [all, titles, some] = replicas.map((replica) => [...replica]) as [ReportView[], ReportView[], ReportView[]];
  t.equal(all.length, 129);
  t.equal(all.filter(({ parts }) => parts.length === 2).length, 91, 'the partner has the summaries');
  t.equal(all.flatMap(({ parts }) => parts.flatMap((part) => ('identifiers' in part ? part.identifiers! : []))).length, 2, 'and the declared identifiers');
  t.equal(titles.length, 129);
  t.equal(titles.filter(({ parts }) => parts.length === 2 && 'omitted' in parts[1]!).length, 91, 'others are told that the summaries are left out');
  t.notMatch(JSON.stringify(titles), /posed as locals|poll_bot|regions/, 'and no word of them');
  t.equal(some.length, 22, 'and some have those about two countries, without a mark or a harm');
  t.notMatch(JSON.stringify(some), /omitted|harms|example\.com/);

  const { id } = all.find(({ parts: [title] }) => title && 'text' in title && title.text === 'Made-up operation 4')!;
  t.match(await run(hub, birch, 'report', 'show', id), /# Made-up operation 4[^]*TLP:GREEN[^]*host: ` pollnews\.example\.com `/);
  t.match(await run(hub, cedar, 'report', 'export', id, '--as', 'page'), /Something was left out here/);
  await t.rejects(run(hub, dogwood, 'report', 'show', id), /There is no such thing/);
  t.equal((JSON.parse(await run(hub, birch, 'report', 'list', '--region', 'BR', '--json')) as ReportList).reports.length, 21);
  t.match(await run(hub, ash, 'report', 'list', '--own'), /published/);

  t.match(await run(hub, ash, 'report', 'withdraw', id, '--reason', 'mistake'), /withdrawn/);
  for (const replica of replicas) await replica.sync();
  t.same(replicas.map((replica) => [...replica].length), [128, 128, 22]);
  t.equal(new ReportReplica(new Reports(clientOf(t, hub, birch)), replicas[0]!.state).get(id), undefined);
  await hub.operator.post('/v1/members/birch/suspend');
  await t.rejects(replicas[0]!.sync(), /suspended/);
  t.same([...replicas[0]!], [], 'a suspended member’s replica is empty');
});
