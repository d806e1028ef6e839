import { sql } from 'kysely';
import t from 'tap';
import type { NewSignal, OwnSignalList } from '../../schemas/types.ts';
import { SeededRandom } from '../laws/random.ts';
import type { Api } from '../support/api.ts';
import { homes, startTestHub, type TestHub } from '../support/hub.ts';
import { examine } from './examine.ts';
import { RawRequest } from './raw-request.ts';

const random = new SeededRandom(11);
const POISON = 'The disk is full here';

function signal(change: Partial<NewSignal> = {}): NewSignal {
  return { digests: [{ scheme: 'media-sha256', digest: random.hex(32) }], harm: 'fraud', severity: 'high', confidence: 80, status: 'malicious', tlp: 'GREEN', ...change };
}

const lines = (items: readonly object[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join('');

/** Where the database fails for one row: at its statement, or when the transaction is to be committed. */
const FAILURES = {
  'a statement fails': 'create trigger fault after insert or update on signal for each row execute function fault()',
  'the commit fails': 'create constraint trigger fault after insert or update on signal deferrable initially deferred for each row execute function fault()',
};

for (const home of homes) {
  for (const [name, trigger] of Object.entries(FAILURES)) {
    t.test(`${home}: ${name}`, async (t) => {
      const hub = await startTestHub(t, { home });
      const ash = await hub.join({ id: 'ash' });
      await sql.raw(`create function fault() returns trigger language plpgsql as $$ begin if new.content ->> 'note' = '${POISON}' then raise exception 'could not extend file' using errcode = '53100'; end if; return null; end $$`).execute(hub.hub.db);
      await sql.raw(trigger).execute(hub.hub.db);
      const recovered = (): Promise<unknown> => sql.raw('drop trigger fault on signal').execute(hub.hub.db);

      const first = [signal(), signal()];
      const second = [signal({ labels: ['new-class'] }), signal({ note: POISON }), signal({ labels: ['other-class'] })];
      const set = ['1', '2', '3'].map((reference) => signal({ reference }));

      t.test('a stream: no line for the transaction, a problem, no closing line', async (t) => {
        const stream = await open(hub, ash, first, { 'idempotency-key': 'disk' });
        stream.send(lines(second));
        stream.finish();
        await stream.ended();
        t.same(stream.lines.map((line) => line.status ?? line.problem?.type), ['created', 'created', 'urn:tocsin:problem:internal']);
        t.notMatch(JSON.stringify(stream.lines), /could not extend|53100/, 'and not what the database said');
        await holds(t, hub, ash, first);
      });

      t.test('single posts and arrays', async (t) => {
        t.equal((await ash.post('/v1/signals', second[1])).status, 500);
        t.equal((await ash.post('/v1/signals', second)).status, 500);
        const together = await Promise.all(second.map((item) => ash.post('/v1/signals', item)));
        t.ok(together.some(({ status }) => status === 500));
        await holds(t, hub, ash, [...first, ...second.filter((_item, index) => together[index]!.status === 201)]);
        // A class that was rolled back must not be taken for one that is there.
        t.equal((await ash.post('/v1/signals', signal({ labels: ['new-class'] }))).status, 201);
        t.equal((await ash.post('/v1/signals', signal({ labels: ['other-class'] }))).status, 201);
        t.same((await examine(hub.hub.db)).findings, []);
      });

      t.test('a synchronisation takes nothing back', async (t) => {
        const whole = await RawRequest.open(hub.url, ash, 'PUT', '/v1/sets/blocked');
        whole.send(lines(set));
        whole.finish();
        await whole.ended();
        const failing = await RawRequest.open(hub.url, ash, 'PUT', '/v1/sets/blocked');
        failing.send(lines([set[0]!, { ...set[1]!, note: POISON }]));
        failing.finish();
        await failing.ended();
        t.same(failing.lines.map((line) => line.problem?.type), ['urn:tocsin:problem:internal']);
        t.same((await listing(ash)).filter((own) => own.set === 'blocked').map((own) => [own.state, own.version]), set.map(() => ['active', 1]));
      });

      t.test('sent again when there is room, it is there once', async (t) => {
        await recovered();
        const before = new Map((await listing(ash)).map((own) => [own.content.digests[0]!.digest, own.id]));
        const stream = await open(hub, ash, first, { 'idempotency-key': 'disk' });
        t.same(stream.lines.map((line) => line.id), first.map((item) => before.get(item.digests[0]!.digest)), 'with the ids that were acknowledged');
        stream.send(lines(second));
        stream.finish();
        await stream.ended();
        t.match(stream.lines.at(-1), { done: true, unchanged: 2, created: 3 });
        t.same((await examine(hub.hub.db)).findings, []);
      });
    });
  }
}

/** Opens a stream and sends a first transaction, which is acknowledged. */
async function open(hub: TestHub, api: Api, items: readonly NewSignal[], headers: Record<string, string>): Promise<RawRequest> {
  const stream = await RawRequest.open(hub.url, api, 'POST', '/v1/signals', undefined, headers);
  stream.send(lines(items));
  await stream.answered(items.length);
  return stream;
}

/** The member has these signals and no others, and the tables are whole. */
async function holds(t: Tap, hub: TestHub, api: Api, items: readonly NewSignal[]): Promise<void> {
  t.same((await listing(api)).map((own) => own.content.digests[0]!.digest).sort(), items.map((item) => item.digests[0]!.digest).sort());
  t.same((await examine(hub.hub.db)).findings, []);
}

type Tap = Pick<typeof t, 'same'>;

async function listing(api: Api): Promise<OwnSignalList['signals']> {
  return (await api.get<OwnSignalList>('/v1/signals?limit=1000')).body.signals;
}
