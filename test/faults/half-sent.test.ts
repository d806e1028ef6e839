import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { NewSignal, OwnSignalList } from '../../schemas/types.ts';
import type { Hub } from '../../server/hub.ts';
import { Problem } from '../../server/problems.ts';
import { Batch } from '../../server/signals/bulk.ts';
import { SignalWriter, type Outcome } from '../../server/signals/writer.ts';
import { SeededRandom } from '../laws/random.ts';
import type { Api } from '../support/api.ts';
import { homes, startTestHub, type TestHub } from '../support/hub.ts';
import { examine } from './examine.ts';
import { RawRequest } from './raw-request.ts';

const random = new SeededRandom(7);
/** Milliseconds in which the hub would do what it must not. */
const AFTERWARDS = 150;

function signal(reference?: string): NewSignal {
  return { digests: [{ scheme: 'media-sha256', digest: random.hex(32) }], harm: 'fraud', severity: 'high', confidence: 80, status: 'malicious', tlp: 'GREEN', ...(reference === undefined ? {} : { reference }) };
}

const lines = (items: readonly object[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join('');

/** Ways in which a stream ends that is not whole. `rest` is an item that is not acknowledged yet. */
const CUTS: readonly { name: string; promised?: number; cut: (stream: RawRequest, rest: string) => Promise<void> }[] = [
  { name: 'the connection breaks in the middle of a line', cut: (stream, rest) => stream.sendAndReset(rest.slice(0, 40)) },
  { name: 'the connection breaks after a line, before its end', cut: (stream, rest) => stream.sendAndReset(rest) },
  { name: 'the connection breaks after whole lines', cut: (stream) => stream.sendAndReset('') },
  { name: 'the client closes in the middle of a line', cut: (stream, rest) => (stream.send(rest.slice(0, 40)), stream.halfClose()) },
  { name: 'the client closes after a line, before its end', cut: (stream, rest) => (stream.send(rest), stream.halfClose()) },
  { name: 'the client closes without the last chunk', cut: (stream) => stream.halfClose() },
  { name: 'the client closes in the middle of a chunk', cut: (stream, rest) => (stream.sendRaw(`400\r\n${rest}`), stream.halfClose()) },
  { name: 'a chunk is none', cut: (stream, rest) => (stream.sendRaw(`zz\r\n${rest}\r\n0\r\n\r\n`), stream.ended()) },
  { name: 'the body is shorter than it promised', promised: 100_000, cut: (stream, rest) => (stream.send(rest), stream.halfClose()) },
];

for (const home of homes) {
  t.test(home, async (t) => {
    const hub = await startTestHub(t, { home });
    const ash = await hub.join({ id: 'ash' });

    for (const [index, { name, promised, cut }] of CUTS.entries()) {
      t.test(name, async (t) => {
        const items = [signal(), signal(), signal()];
        const stream = await RawRequest.open(hub.url, ash, 'POST', '/v1/signals', promised);
        stream.send(lines(items));
        await stream.answered(3);
        const before = await digests(ash);
        await cut(stream, JSON.stringify(signal()));
        await sleep(AFTERWARDS);
        t.same(await digests(ash), before, 'what was acknowledged is there, and nothing else');
        t.ok(items.every((item) => before.includes(item.digests[0]!.digest)));
        t.notOk(stream.lines.some((line) => line.done), 'there is no closing line');

        const set = ['1', '2', '3', '4', '5'].map((n) => signal(`${index}-${n}`));
        await replace(hub, ash, set);
        const cutOff = await RawRequest.open(hub.url, ash, 'PUT', '/v1/sets/blocked', promised);
        cutOff.send(lines(set.slice(0, 3)));
        await cutOff.answered(3);
        await cut(cutOff, JSON.stringify(signal(`${index}-6`)));
        await sleep(AFTERWARDS);
        t.same(await active(ash, 'blocked'), set.map((item) => item.reference), 'nothing of a set is taken back');
        t.notOk(cutOff.lines.some((line) => line.done));
        t.match(await replace(hub, ash, set.slice(0, 3)), { done: true, unchanged: 3, retracted: 2 }, 'a whole synchronisation does so');
        t.same((await examine(hub.hub.db)).findings, []);
        t.same(await hub.hub.db.selectFrom('sync_seen').selectAll().execute(), [], 'and leaves no notes');
      });
    }

    t.test('a synchronisation that another overtakes', async (t) => {
      const set = [signal('kept'), signal('also-kept')];
      await replace(hub, ash, set);
      const late = await batchOf(hub, () => replace(hub, ash, set));
      await late.begin();
      await late.write(late.accept([{ item: set[0] }]));
      await t.rejects(late.retractUnmentioned(), new Problem('conflict'));
      t.same(await active(ash, 'blocked'), ['also-kept', 'kept'], 'takes nothing back');
      await t.rejects(late.write(late.accept([{ item: signal('too-late') }])), new Problem('conflict'));
      t.same(await active(ash, 'blocked'), ['also-kept', 'kept'], 'and adds nothing');
    });

    t.test('a synchronisation of a member who is suspended meanwhile ends', async (t) => {
      const suspended = await batchOf(hub, () => hub.operator.post('/v1/members/ash/suspend'));
      await suspended.begin();
      await t.rejects(suspended.retractUnmentioned(), new Problem('member-suspended'));
      await hub.operator.post('/v1/members/ash/resume');
      t.same(await active(ash, 'blocked'), ['also-kept', 'kept']);
    });
  });
}

/** A synchronisation of ash's set, with something that happens when it has seen what to take back and is about to do so. */
async function batchOf({ hub }: TestHub, meanwhile: () => Promise<unknown>): Promise<Batch> {
  const world = await hub.worlds.at((await hub.head()).world);
  const client = [...world.clients.values()].find(({ member }) => member === 'ash')!.id;
  return new Batch(hub, new OvertakenWriter(hub, meanwhile), { origin: world.members.get('ash')!, client, set: 'blocked' });
}

class OvertakenWriter extends SignalWriter {
  readonly #meanwhile: () => Promise<unknown>;
  #done = false;

  constructor(hub: Hub, meanwhile: () => Promise<unknown>) {
    super(hub);
    this.#meanwhile = meanwhile;
  }

  override async write(...[writes, options]: Parameters<SignalWriter['write']>): Promise<Outcome[]> {
    if (writes[0]?.kind === 'retract' && !this.#done) {
      this.#done = true;
      await this.#meanwhile();
    }
    return super.write(writes, options);
  }
}

/** Replaces the whole set as it should be done. @returns the closing line */
async function replace(hub: TestHub, api: Api, items: readonly NewSignal[]): Promise<object | undefined> {
  const stream = await RawRequest.open(hub.url, api, 'PUT', '/v1/sets/blocked');
  stream.send(lines(items));
  stream.finish();
  await stream.ended();
  return stream.lines.at(-1);
}

async function all(api: Api): Promise<OwnSignalList['signals']> {
  return (await api.get<OwnSignalList>('/v1/signals?limit=1000')).body.signals;
}

async function digests(api: Api): Promise<string[]> {
  return (await all(api)).map((own) => own.content.digests[0]!.digest).sort();
}

async function active(api: Api, set: string): Promise<string[]> {
  return (await all(api)).filter((own) => own.set === set && own.state === 'active').map((own) => own.content.reference!).sort();
}
