import t from 'tap';
import { randomBytes } from 'node:crypto';
import { request } from 'undici';
import type { BatchSummary, ItemResult, NewSignal, OwnSignalCounts, OwnSignalList } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { Problem } from '../../server/problems.ts';
import { undoBatch } from '../../server/signals/undo.ts';
import { SignalWriter } from '../../server/signals/writer.ts';
import type { Api } from '../support/api.ts';
import { homes, startTestHub, type TestHub } from '../support/hub.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');

function signal(change: Partial<NewSignal> = {}): NewSignal {
  return {
    digests: [{ scheme: 'media-sha256', digest: randomBytes(32).toString('hex') }],
    harm: 'fraud.phishing',
    severity: 'medium',
    confidence: 80,
    status: 'malicious',
    tlp: 'GREEN',
    ...change,
  };
}

/** Sends lines and gives back the lines of the answer. */
async function stream(hub: TestHub, api: Api, lines: readonly (object | string)[], path = '/v1/signals', headers: Record<string, string> = {}, method: 'POST' | 'PUT' = 'POST') {
  const body = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
  const answer = await request(`${hub.url}${path}`, { method, body, headers: { authorization: `Bearer ${await api.token()}`, 'content-type': 'application/x-ndjson', ...headers } });
  const text = await answer.body.text();
  return { status: answer.statusCode, lines: text.trim().split('\n').map((line) => JSON.parse(line) as ItemResult & BatchSummary & { problem?: { type: string } }) };
}

for (const home of homes) {
  t.test(home, async (t) => {
    const clock = new ManualClock(NOW);
    const hub = await startTestHub(t, { home, clock, config: { signalQuota: 500, classQuota: 40 } });
    const northstar = await hub.join({ id: 'northstar' });
    const brook = await hub.join({ id: 'brook' });

    t.test('post one, update, retract', async (t) => {
      const made = await northstar.post<ItemResult>('/v1/signals', signal());
      t.equal(made.status, 201);
      t.match(made.body, { status: 'created', version: 1 });
      const id = made.body.id!;
      const changed = signal({ digests: [{ scheme: 'media-md5', digest: 'ab'.repeat(16) }], severity: 'high' });
      t.match((await northstar.put(`/v1/signals/${id}`, changed)).body, { status: 'updated', version: 2 });
      t.match((await northstar.put(`/v1/signals/${id}`, changed)).body, { status: 'unchanged', version: 2 });
      t.match((await northstar.post(`/v1/signals/${id}/retract`, { reason: 'mistake' })).body, { status: 'updated', version: 3 });
      t.match((await northstar.post(`/v1/signals/${id}/retract`, { reason: 'mistake' })).body, { status: 'unchanged', version: 3 });
      t.match(await northstar.put(`/v1/signals/${id}`, changed), { status: 409, body: { type: 'urn:tocsin:problem:conflict' } }, 'a retraction is final');
      t.equal((await northstar.get(`/v1/signals/${id}`)).status, 404, 'what is retracted is not read');
    });

    t.test('what is another’s is what does not exist', async (t) => {
      const { body } = await northstar.post<ItemResult>('/v1/signals', signal());
      const absent = '00000000-0000-4000-8000-000000000000';
      for (const [method, path, content] of [['GET', '', undefined], ['PUT', '', signal()], ['POST', '/retract', { reason: 'mistake' }], ['POST', '/expire', undefined]] as const) {
        const foreign = await brook.send(method, `/v1/signals/${body.id}${path}`, content);
        const missing = await brook.send(method, `/v1/signals/${absent}${path}`, content);
        t.equal(foreign.status, 404, `${method} ${path}`);
        t.same({ ...(foreign.body as object), request_id: 0 }, { ...(missing.body as object), request_id: 0 });
      }
    });

    t.test('bad input names its place and echoes nothing', async (t) => {
      const cases: [string, object, string, string][] = [
        ['an unknown field', { ...signal(), confidense: 3 }, 'invalid-body', '/confidense'],
        ['a wrong type', { ...signal(), confidence: 'secret-value' }, 'invalid-body', '/confidence'],
        ['confidence between the steps', signal({ confidence: 81 }), 'invalid-body', '/confidence'],
        ['an unknown harm', signal({ harm: 'secret-value' }), 'invalid-body', '/harm'],
        ['a missing field', { ...signal(), tlp: undefined }, 'invalid-body', '/tlp'],
        ['a short digest', signal({ digests: [{ scheme: 'media-md5', digest: 'abcd' }] }), 'invalid-digest', '/digests/0/digest'],
        ['an unknown scheme', signal({ digests: [{ scheme: 'media-secret', digest: 'abcd' }] }), 'unknown-scheme', '/digests/0/scheme'],
        ['two types at once', signal({ digests: [{ scheme: 'media-md5', digest: 'ab'.repeat(16) }, { scheme: 'url-v1', key: 'hub', epoch: 1, digest: 'ab'.repeat(32) }] }), 'invalid-digest', '/digests/1/scheme'],
        ['a keyed digest without its key', signal({ digests: [{ scheme: 'url-v1', digest: 'ab'.repeat(32) }] }), 'unknown-key', '/digests/0'],
        ['an unknown epoch', signal({ digests: [{ scheme: 'url-v1', key: 'hub', epoch: 9, digest: 'ab'.repeat(32) }] }), 'unknown-key', '/digests/0'],
        ['a key of a group that it is not in', signal({ digests: [{ scheme: 'url-v1', key: 'crisis', epoch: 1, digest: 'ab'.repeat(32) }] }), 'unknown-key', '/digests/0'],
        ['an e-mail address', signal({ note: 'seen with secret-value@example.com' }), 'raw-identifier', '/note'],
        ['a phone number', signal({ note: 'call +44 20 7946 0958 now' }), 'raw-identifier', '/note'],
        ['a URL', signal({ note: 'goes to hxxps://secret-value[.]example' }), 'raw-identifier', '/note'],
        ['a host name', signal({ note: 'hosted at secret-value.example' }), 'raw-identifier', '/note'],
        ['times that contradict', signal({ observed: { first: '2026-11-02T00:00:00Z', last: '2026-11-01T00:00:00Z' } }), 'invalid-times', '/observed/last'],
        ['an end that has passed', signal({ valid_until: '2026-01-01T00:00:00Z' }), 'invalid-times', '/valid_until'],
      ];
      for (const [name, body, key, pointer] of cases) {
        const answer = await northstar.post<{ type: string; errors: { pointer: string }[] }>('/v1/signals', body);
        t.equal(answer.body.type, `urn:tocsin:problem:${key}`, name);
        t.equal(answer.body.errors[0]?.pointer, pointer, name);
        t.notMatch(JSON.stringify(answer.body), /secret-value/, name);
      }
      t.ok((await northstar.post('/v1/signals', signal({ note: 'Seen 2026-11-02, 14 times; e.g. in ads.' }))).status === 201, 'plain words and dates pass');
    });

    t.test('a stream: results in order, good ones land, bad ones are named', async (t) => {
      const { status, lines } = await stream(hub, northstar, [signal(), '{not json', signal({ confidence: 81 }), signal()]);
      t.equal(status, 200);
      t.same(lines.slice(0, 4).map((line) => [line.index, line.status]), [[0, 'created'], [1, 'rejected'], [2, 'rejected'], [3, 'created']]);
      t.match(lines[4], { done: true, created: 2, rejected: 2, updated: 0, unchanged: 0, retracted: 0 });
    });

    t.test('a retried stream writes nothing twice', async (t) => {
      const items = [signal(), signal(), signal()];
      const before = await counts(northstar);
      const first = await stream(hub, northstar, items, '/v1/signals', { 'idempotency-key': 'k1' });
      const again = await stream(hub, northstar, items, '/v1/signals', { 'idempotency-key': 'k1' });
      t.same(again.lines.slice(0, 3).map((line) => line.id), first.lines.slice(0, 3).map((line) => line.id));
      t.match(again.lines[3], { created: 0, unchanged: 3 });
      t.equal((await counts(northstar)).active, before.active + 3);
      const misused = await stream(hub, northstar, [signal()], '/v1/signals', { 'idempotency-key': 'k1' });
      t.match(misused.lines[0], { status: 'rejected', problem: { type: 'urn:tocsin:problem:idempotency-mismatch' } });
      const other = await stream(hub, brook, items, '/v1/signals', { 'idempotency-key': 'k1' });
      t.match(other.lines[3], { created: 3 }, 'another member’s key is another key');
    });

    t.test('a reference is updated in place, also twice in one stream', async (t) => {
      const { lines } = await stream(hub, northstar, [signal({ reference: 'case-1' }), signal({ reference: 'case-1', severity: 'high' }), signal({ reference: 'case-2' })]);
      t.same(lines.slice(0, 3).map((line) => [line.status, line.version]), [['created', 1], ['updated', 2], ['created', 1]]);
      t.equal(lines[0]!.id, lines[1]!.id);
      await northstar.post(`/v1/signals/${lines[0]!.id}/retract`, { reason: 'mistake' });
      const reborn = await northstar.post<ItemResult>('/v1/signals', signal({ reference: 'case-1' }));
      t.match(reborn.body, { status: 'created' }, 'after a retraction the reference is free');
      t.not(reborn.body.id, lines[0]!.id);
    });

    t.test('a set is replaced as a whole', async (t) => {
      const item = (reference: string): NewSignal => ({ ...signal({ reference }), digests: [{ scheme: 'media-md5', digest: reference.padStart(32, '0') }] });
      const first = await stream(hub, brook, ['1', '2', '3'].map(item), '/v1/sets/blocked', {}, 'PUT');
      t.match(first.lines.at(-1), { created: 3, retracted: 0 });
      const second = await stream(hub, brook, ['2', '3', '4'].map(item), '/v1/sets/blocked', {}, 'PUT');
      t.match(second.lines.at(-1), { created: 1, unchanged: 2, retracted: 1 });
      const list = (await brook.get<OwnSignalList>('/v1/signals?limit=1000')).body.signals.filter((own) => own.set === 'blocked');
      t.same(list.filter((own) => own.state === 'active').map((own) => own.content.reference).sort(), ['2', '3', '4']);
      t.match(list.find((own) => own.content.reference === '1'), { state: 'retracted', retraction: 'no-longer-listed' });
      const refused = await stream(hub, brook, [item('2'), { ...item('3'), confidence: 7 }], '/v1/sets/blocked', {}, 'PUT');
      t.match(refused.lines.at(-1), { unchanged: 1, rejected: 1, retracted: 1 }, 'what was mentioned and refused stays as it was');
      const garbled = await stream(hub, brook, [item('2'), '{not json'], '/v1/sets/blocked', {}, 'PUT');
      t.match(garbled.lines.at(-1), { rejected: 1, retracted: 0 }, 'what cannot be told apart takes nothing back');
      const nameless = await stream(hub, brook, [signal()], '/v1/sets/blocked', {}, 'PUT');
      t.match(nameless.lines[0], { status: 'rejected', problem: { errors: [{ pointer: '/reference' }] } });
    });

    t.test('a batch is undone', async (t) => {
      const kept = signal({ reference: 'undo-1' });
      await northstar.post('/v1/signals', kept);
      const { lines } = await stream(hub, northstar, [{ ...kept, severity: 'critical' }, signal({ reference: 'undo-2' }), signal({ reference: 'undo-3' })]);
      await northstar.put(`/v1/signals/${lines[2]!.id}`, signal({ reference: 'undo-3', severity: 'low' }));
      const batch = lines.at(-1)!.batch;
      t.same((await northstar.post(`/v1/batches/${batch}/undo`, undefined)).body, { retracted: 1, restored: 1, left: 1 });
      t.same((await northstar.post(`/v1/batches/${batch}/undo`, undefined)).body, { retracted: 0, restored: 0, left: 3 });
      t.equal((await brook.post(`/v1/batches/${batch}/undo`, undefined)).status, 404);
      const own = (await northstar.get<OwnSignalList>('/v1/signals?limit=1000')).body.signals.filter((s) => s.content.reference?.startsWith('undo-'));
      t.same(own.map((s) => [s.content.reference, s.state, s.content.severity]).sort(), [['undo-1', 'active', 'medium'], ['undo-2', 'retracted', 'medium'], ['undo-3', 'active', 'low']]);
    });

    t.test('one who is cut off in the middle of undoing is told so, and has undone nothing', async (t) => {
      const { lines } = await stream(hub, northstar, [signal({ reference: 'undo-4' })]);
      const { batch } = lines.at(-1)!;
      const member = (await hub.hub.worlds.at((await hub.hub.head()).world)).members.get('northstar')!;
      await hub.operator.post('/v1/members/northstar/suspend', undefined);
      // As for a request that was let in just before.
      await t.rejects(undoBatch(hub.hub, new SignalWriter(hub.hub), member, northstar.credentials.client_id, batch), new Problem('member-suspended'));
      await hub.operator.post('/v1/members/northstar/resume', undefined);
      t.same((await northstar.post(`/v1/batches/${batch}/undo`, undefined)).body, { retracted: 1, restored: 0, left: 0 });
    });

    t.test('all or nothing', async (t) => {
      const before = await counts(northstar);
      const answer = await northstar.post('/v1/signals?atomic=true', [signal(), signal({ confidence: 7 })]);
      t.match(answer, { status: 422, body: { type: 'urn:tocsin:problem:batch-rejected', errors: [{ pointer: '/1/confidence' }] } });
      const late = await northstar.post('/v1/signals?atomic=true', [signal(), signal({ digests: [{ scheme: 'url-v1', key: 'hub', epoch: 7, digest: 'ab'.repeat(32) }] })]);
      t.match(late, { status: 422, body: { errors: [{ pointer: '/1/digests/0' }] } });
      t.same(await counts(northstar), before);
      t.match((await northstar.post('/v1/signals?atomic=true', [signal(), signal()])).body, { summary: { created: 2 } });
    });

    t.test('If-Match, expiry, listing in pages', async (t) => {
      const { body } = await northstar.post<ItemResult>('/v1/signals', signal());
      t.equal((await northstar.put(`/v1/signals/${body.id}`, signal(), { 'if-match': '"7"' })).status, 412);
      t.match((await northstar.post(`/v1/signals/${body.id}/expire`, undefined)).body, { status: 'updated', version: 2 });
      t.match((await northstar.post(`/v1/signals/${body.id}/expire`, undefined)).body, { status: 'unchanged' });
      const ids = new Set<string>();
      let pages = 0;
      for (let after = ''; ; ) {
        const { body: page } = await northstar.get<OwnSignalList>(`/v1/signals?limit=7${after}`);
        page.signals.forEach((own) => ids.add(own.id));
        pages += 1;
        if (!page.next) break;
        after = `&after=${page.next}`;
        t.notOk(Buffer.from(page.next, 'base64url').includes(page.signals.at(-1)!.id), 'the place is sealed: it names the visibility class, and so how many others made');
        t.equal(page.next.length, 120, 'and of one length');
        t.equal((await brook.get(`/v1/signals?limit=7${after}`)).status, 400, 'and of use to nobody else');
      }
      const total = await counts(northstar);
      t.equal(ids.size, total.active + total.retracted);
      t.ok(pages > 2);
    });

    t.test('quotas', async (t) => {
      const many = await stream(hub, brook, Array.from({ length: 510 }, () => signal()));
      const summary = many.lines.at(-1)!;
      t.ok(summary.created < 510 && summary.created > 400);
      t.match(many.lines.at(-2), { status: 'rejected', problem: { type: 'urn:tocsin:problem:quota-exceeded' } });
      const classes = await stream(hub, northstar, Array.from({ length: 60 }, (_, n) => signal({ labels: [`label-${n}`] })));
      t.ok(classes.lines.at(-1)!.rejected >= 20, 'classes have a quota too');
    });

    t.test('a stream that is cut off has no closing line, and a suspended member writes nothing more', async (t) => {
      await hub.operator.post('/v1/members/northstar/suspend', undefined);
      const refused = await northstar.post('/v1/signals', signal());
      t.match(refused, { status: 403, body: { type: 'urn:tocsin:problem:member-suspended' } });
      await hub.operator.post('/v1/members/northstar/resume', undefined);
      t.equal((await northstar.get('/v1/signals/counts')).status, 200);
    });
  });
}

async function counts(api: Api): Promise<OwnSignalCounts> {
  return (await api.get<OwnSignalCounts>('/v1/signals/counts')).body;
}
