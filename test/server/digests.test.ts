import t, { type Test } from 'tap';
import type { DigestKey, DigestKeyList, DigestSchemeList, HarmList, RotatedDigestKey } from '../../schemas/types.ts';
import { harmTree } from '../../schemas/harms.ts';
import { schemes } from '../../clients/sdk/digests/index.ts';
import { readAudit } from '../../server/audit/log.ts';
import { ManualClock } from '../../server/clock.ts';
import { acceptsEpoch } from '../../server/digests/keys.ts';
import { call, problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type TestHub } from '../support/hub.ts';

const NOON = Date.parse('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;

for (const home of homes) {
  t.test(home, async (t) => {
    t.test('who gets which keys', async (t) => entitlement(t, await startTestHub(t, { home })));
    t.test('rotation', async (t) => {
      const clock = new ManualClock(NOON);
      await rotation(t, await startTestHub(t, { home, clock }), clock);
    });
    t.test('the public lists', async (t) => lists(t, await startTestHub(t, { home })));
  });
}

async function keysOf(api: Api): Promise<DigestKey[]> {
  return (await api.get<DigestKeyList>('/v1/digest-keys')).body.keys;
}

const names = (keys: readonly DigestKey[]): string[] => keys.map(({ key, epoch, current }) => `${key}/${epoch}${current ? '' : ' old'}`);

async function entitlement(t: Test, { hub, operator, join }: TestHub): Promise<void> {
  const [northstar, harbour] = [await join({ id: 'northstar' }), await join({ id: 'harbour' })];
  await operator.put('/v1/groups/circle', { title: 'Circle', members: ['northstar', 'harbour'] });
  await operator.put('/v1/groups/square', { title: 'Square', members: ['harbour'] });
  const answer = await northstar.get<DigestKeyList>('/v1/digest-keys');
  t.equal(answer.headers.get('cache-control'), 'no-store');
  t.same(names(answer.body.keys), ['hub/1', 'circle/1']);
  for (const { secret } of answer.body.keys) t.match(secret, /^[0-9a-f]{64}$/);
  t.same(names(await keysOf(harbour)), ['hub/1', 'circle/1', 'square/1']);
  t.same(names(await keysOf(operator)), ['hub/1'], 'the operator is in no group');
  t.same(await keysOf(northstar), (await keysOf(harbour)).filter(({ key }) => key !== 'square'), 'all get the same bytes');
  t.equal(new Set((await keysOf(harbour)).map(({ secret }) => secret)).size, 3);

  await operator.put('/v1/groups/circle', { title: 'Circle', members: ['harbour'] });
  t.same(names(await keysOf(northstar)), ['hub/1']);
  t.same(names(await keysOf(harbour)), ['hub/1', 'circle/2', 'circle/1 old', 'square/1'], 'newest first');

  const reads = (await readAudit(hub.db, 0, 1000)).filter(({ action }) => action === 'read-digest-keys');
  t.match(reads[0], { member: 'northstar', client: northstar.credentials.client_id, subject: 'northstar', detail: { keys: ['hub/1', 'circle/1'] } });
  t.equal(reads.length, 8, 'each one is recorded');
  const secrets = (await keysOf(harbour)).map(({ secret }) => secret);
  t.notOk(secrets.some((secret) => JSON.stringify(reads).includes(secret)), 'without the keys');
}

async function rotation(t: Test, { hub, operator, join }: TestHub, clock: ManualClock): Promise<void> {
  const northstar = await join({ id: 'northstar' });
  await operator.put('/v1/groups/circle', { title: 'Circle', members: ['northstar'] });
  const accepts = async (owner: string, epoch: number): Promise<boolean> => acceptsEpoch(await hub.worlds.at((await hub.head()).world), 'northstar', owner, epoch, clock.now());
  const first = await keysOf(northstar);
  t.same((await operator.post<RotatedDigestKey>('/v1/digest-keys/circle/rotate', {})).body, { key: 'circle', epoch: 2 });
  const second = await keysOf(northstar);
  t.same(names(second), ['hub/1', 'circle/2', 'circle/1 old']);
  t.equal(second[2]?.accepted_until, new Date(NOON + 24 * HOUR).toISOString(), 'a day, when nothing is said');
  t.equal(second[2]?.secret, first[1]?.secret, 'an old epoch still serves to match');
  t.same([await accepts('circle', 1), await accepts('circle', 2), await accepts('circle', 3)], [true, true, false]);
  clock.advance(24 * HOUR);
  t.same([await accepts('circle', 1), await accepts('circle', 2)], [false, true]);

  t.same((await operator.post('/v1/digest-keys/hub/rotate', { overlap: 'PT0S' })).body, { key: 'hub', epoch: 2 });
  t.same([await accepts('hub', 1), await accepts('hub', 2)], [false, true]);
  const both = await Promise.all([1, 2].map(() => operator.post<RotatedDigestKey>('/v1/digest-keys/hub/rotate', {})));
  t.same(both.map(({ body }) => body.epoch).sort(), [3, 4]);
  t.same(names(await keysOf(northstar)).filter((name) => name.startsWith('hub')), ['hub/4', 'hub/3 old', 'hub/2 old', 'hub/1 old']);

  const refused: [string, object, string[]][] = [
    ['nobody', {}, ['404 not-found']],
    ['northstar', {}, ['404 not-found']],
    ['hub', { overlap: '1 day' }, ['400 invalid-body', '/overlap must be an ISO 8601 duration in weeks, days, hours, minutes and seconds, at most 3,660 days']],
    ['hub', { overlap: 5 }, ['400 invalid-body', '/overlap must be string']],
    ['hub', { until: 'PT1H' }, ['400 invalid-body', '/until is not a field that is known here']],
    ['HUB', {}, ['400 invalid-parameter', '/key must match pattern "^[a-z][a-z0-9-]{1,39}$"']],
  ];
  for (const [key, body, expected] of refused) t.same(problemOf(await operator.post(`/v1/digest-keys/${key}/rotate`, body)), expected, expected.join(' '));
}

async function lists(t: Test, { url }: TestHub): Promise<void> {
  const get = <T>(path: string, headers: Record<string, string> = {}): ReturnType<typeof call<T>> => call<T>(`${url}${path}`, 'GET', undefined, headers);
  const declared = await get<DigestSchemeList>('/v1/digest-schemes');
  t.same(declared.body.schemes.map(({ name }) => name), [...schemes.keys()]);
  t.match(declared.body.description, /BLAKE3/);
  const harms = await get<HarmList>('/v1/harms');
  t.equal(harms.body.version, harmTree.version);
  t.same(harms.body.harms.map(({ id }) => id), [...harmTree.harms.keys()]);
  for (const [path, { headers }] of [['/v1/digest-schemes', declared], ['/v1/harms', harms]] as const) {
    const etag = headers.get('etag')!;
    t.match(etag, /^"[0-9a-f]{32}"$/);
    t.match(headers.get('cache-control'), /max-age/);
    for (const known of [etag, `"other", W/${etag}`, '*']) t.match(await get(path, { 'if-none-match': known }), { status: 304, body: undefined }, known);
    t.match(await get(path, { 'if-none-match': '"other"' }), { status: 200 });
  }
}
