/**
 * A hub to look at: `npm run demo`. It starts on an embedded database that is thrown away, lets members with different policies
 * share, shows what each peer sees and why, moves the clock past the embargoes, walks a crisis and an election from end to end,
 * and stays up with its API page.
 * `--urls FILE` (repeatable) gives the first members lists of their own; `--once` ends after the story.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { HubKeys, Replica, TocsinClient, pushAll } from '../../clients/sdk/index.ts';
import type { Explanation, NewSignal, Policy } from '../../schemas/types.ts';
import { ALL_SCOPES, grantable } from '../../server/auth/scopes.ts';
import { readConfig } from '../../server/config.ts';
import { startHub, type RunningHub } from '../../server/main.ts';
import { cast, groups, shippedPolicy } from './cast.ts';
import { ShiftedClock } from './clock.ts';
import { builtIn, fromList } from './items.ts';
import { duration, heading, say, table } from './print.ts';
import { playWalks } from './walks/play.ts';

const HOUR = 3_600_000;
const { values: options } = parseArgs({ options: { urls: { type: 'string', multiple: true, default: [] }, once: { type: 'boolean', default: false }, port: { type: 'string', default: '7700' } } });

const folder = mkdtempSync(join(tmpdir(), 'tocsin-demo-'));
const clock = new ShiftedClock();
const running = await startHub(readConfig({ TOCSIN_DATA: folder, TOCSIN_PORT: options.once ? '0' : options.port, TOCSIN_LOG_LEVEL: 'silent' }), { clock });
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
process.once('SIGINT', () => void running.stop().then(() => process.exit(0)));
process.once('SIGTERM', () => void running.stop().then(() => process.exit(0)));

const operator = new TocsinClient({ url: running.url, clientId: running.firstClient!.client_id, clientSecret: running.firstClient!.client_secret });
heading('A hub, its charter and its members');
const clients = await enrol(running, operator);
heading('Members share');
await share(clients);
const replicas = new Map([...clients].filter(([id]) => grantable(memberKind(id), false).includes('feeds:read')).map(([id, client]) => [id, new Replica(client, 'all', undefined, { now: () => clock.now() })]));
await watch(replicas, 'Now');
await overlap(clients.get('ironquay')!, replicas.get('ironquay')!);
await explainOne(clients, 'Why is that so? Northstar asks about one of its signals');
for (const [hours, what] of [[1, 'the hour that Northstar holds back phishing links'], [23, 'the day that Ironquay holds back routine warnings'], [48, 'the three days that Northstar holds back fraud']] as const) {
  clock.advance(hours * HOUR + 1000);
  await watch(replicas, `${duration(hours)} later, past ${what}`);
}
await retract(clients, replicas);
await playWalks();
say('');
say(`The hub stays up. Its API page: ${running.url}/docs`);
if (options.once) {
  await running.stop();
  process.exit(0);
}
say(`The operator's client: ${running.firstClient!.client_id}, secret ${running.firstClient!.client_secret}`);
say('Ctrl-C ends it and throws its data away.');

async function enrol({ url }: RunningHub, admin: TocsinClient): Promise<Map<string, TocsinClient>> {
  const made = new Map<string, TocsinClient>();
  for (const { member, about } of cast) {
    await admin.request('POST', '/v1/members', member);
    const client = await admin.request('POST', `/v1/members/${member.id}/clients`, { title: 'Demonstration', scopes: ALL_SCOPES.filter((scope) => grantable(member.kind, false).includes(scope)) });
    made.set(member.id, new TocsinClient({ url, clientId: client.client_id, clientSecret: client.client_secret! }));
    say(`  ${member.id.padEnd(12)} ${member.kind.padEnd(16)} ${about}`);
  }
  for (const group of groups) await admin.request('PUT', `/v1/groups/${group.id}`, { title: group.title, members: group.members });
  await activate(admin, shippedPolicy('charter-standard', 'hub'));
  for (const { member, policy } of cast) if (policy) await activate(made.get(member.id)!, shippedPolicy(policy, member.id));
  return made;
}

async function activate(client: TocsinClient, policy: Policy): Promise<void> {
  const owner = policy.id.split('/')[0]!;
  const { version } = await client.request('POST', '/v1/policies', policy);
  await client.request('POST', `/v1/policies/${owner}/${policy.id.split('/')[1]!}/versions/${version}/activate`, {});
}

async function share(members: ReadonlyMap<string, TocsinClient>): Promise<void> {
  const keys = await new HubKeys(members.get('northstar')!).ring();
  const origins = ['northstar', 'ironquay', 'brook'];
  if (options.urls.length === 0) {
    for (const [origin, items] of Object.entries(builtIn(keys))) await push(members.get(origin)!, origin, () => items);
    return;
  }
  for (const [index, file] of options.urls.slice(0, origins.length).entries()) {
    const tally = { read: 0, refused: 0 };
    await push(members.get(origins[index]!)!, origins[index]!, () => fromList(file, keys, Object.assign(tally, { read: 0, refused: 0 })));
    say(`  (${tally.read} lines of ${file}; ${tally.refused} were not URLs. Only digests left this process.)`);
  }
}

async function push(client: TocsinClient, origin: string, items: () => Iterable<NewSignal> | AsyncIterable<NewSignal>): Promise<void> {
  const started = performance.now();
  const { summary } = await pushAll(client, items);
  const seconds = (performance.now() - started) / 1000;
  say(`  ${origin} posts ${summary.created} signals${summary.rejected > 0 ? `, ${summary.rejected} rejected` : ''} in ${seconds.toFixed(1)} s`);
}

async function watch(copies: ReadonlyMap<string, Replica>, title: string): Promise<void> {
  heading(title);
  const rows: string[][] = [];
  for (const [id, replica] of copies) {
    const { changed, removed } = await replica.sync();
    const sample = [...replica].at(-1);
    const fields = sample ? Object.keys(sample).filter((key) => !['id', 'version', 'released_at', 'visible_until', 'handling', 'origin'].includes(key)).join(' ') : '';
    const origins = [...new Set([...replica].map((view) => view.origin ?? 'hidden'))].sort().join(', ');
    rows.push([id, String(replica.size), `+${changed} -${removed}`, origins || '-', fields || '-', sample ? `TLP ${sample.handling.tlp}, onward ${sample.handling.onward}, ${sample.handling.permitted_actions}` : '-']);
  }
  table(['peer', 'sees', 'change', 'from', 'fields of one', 'handling of one'], rows);
}

/** What a member finds in its replica of its own: a match that it makes by itself, at home. */
async function overlap(client: TocsinClient, replica: Replica): Promise<void> {
  let [own, known] = [0, 0];
  for (let after: string | undefined; ; ) {
    const page = await client.request('GET', '/v1/signals', undefined, { query: { limit: 1000, ...(after === undefined ? {} : { after }) } });
    own += page.signals.length;
    known += page.signals.filter(({ content }) => content.digests.some(({ scheme, digest }) => replica.byDigest(scheme, digest).length > 0)).length;
    after = page.next;
    if (after === undefined) break;
  }
  say(`\n  Of its own ${own} signals, ironquay finds ${known} in what others share with it.`);
}

async function explainOne(members: ReadonlyMap<string, TocsinClient>, title: string): Promise<void> {
  heading(title);
  const northstar = members.get('northstar')!;
  const own = await northstar.request('GET', '/v1/signals', undefined, { query: { limit: 1 } });
  const signal = own.signals[0]!;
  say(`  ${signal.content.harm}, severity ${signal.content.severity}, confidence ${signal.content.confidence}, TLP ${signal.content.tlp}`);
  for (const { member } of cast.filter((role) => role.member.id !== 'northstar')) {
    const why: Explanation = await northstar.request('POST', '/v1/explain', { signal: signal.id, peer: member.id });
    say(`  ${member.id.padEnd(12)} ${why.because.join(' ')}`);
  }
}

async function retract(members: ReadonlyMap<string, TocsinClient>, copies: ReadonlyMap<string, Replica>): Promise<void> {
  const northstar = members.get('northstar')!;
  const own = await northstar.request('GET', '/v1/signals', undefined, { query: { limit: 1 } });
  await northstar.request('POST', `/v1/signals/${own.signals[0]!.id}/retract`, { reason: 'appeal-upheld' });
  await watch(copies, 'Northstar takes one signal back (an appeal was upheld)');
}

function memberKind(id: string) {
  return cast.find((role) => role.member.id === id)!.member.kind;
}
