import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { openDatabase } from '../../server/db/database.ts';
import { SeededRandom } from '../laws/random.ts';
import type { Credentials } from '../support/api.ts';
import { spawnHub, startHubProcess, type ListeningProcess } from '../support/process.ts';
import { examine, type Examination } from './examine.ts';
import type { Command } from './mortal-hub.ts';
import { comesTo, killsOf, runStrikes, shuffledStrikes, type Home, type Strike } from './rounds.ts';
import type { Traffic } from './traffic.ts';

const SEED = Number(process.env['FAULTS_SEED'] ?? 20_261_122);

t.setTimeout(900_000);

const folder = mkdtempSync(join(tmpdir(), 'tocsin-kill-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const settings = { TOCSIN_DATA: folder, TOCSIN_LOG_LEVEL: 'error', TOCSIN_RATE_LIMIT: '10000000' };
/** What the hub's process says: that it begins to open the folder, and what it found in its tables. */
const messages = new EventEmitter();
const mortal = { entry: new URL('mortal-hub.js', import.meta.url), heard: (message: unknown) => void messages.emit('message', message) };

/** A hub's process with its data folder, which stays the same over all kills. */
class EmbeddedHome implements Home {
  readonly operator: Credentials;
  #hub: ListeningProcess;
  /** Milliseconds from the opening of the folder until the hub listens. */
  #opening = 1000;

  private constructor(hub: ListeningProcess) {
    this.#hub = hub;
    this.operator = hub.firstClient!;
  }

  static async start(): Promise<EmbeddedHome> {
    return new EmbeddedHome(await startHubProcess(t, settings, mortal));
  }

  get url(): string {
    return this.#hub.url;
  }

  async strike({ moment }: Strike, traffic: Traffic, random: SeededRandom): Promise<void> {
    if (moment === 'at once' || moment === 'at random') {
      await comesTo(moment, traffic, random);
      this.#hub.kill('SIGKILL');
    } else {
      this.#hub.send({ die: moment, writes: 1 + random.below(12) } satisfies Command);
    }
    const { signal } = await this.#hub.exit;
    if (signal !== 'SIGKILL') throw new Error(`the hub ended by itself: ${this.#hub.stderr}`);
  }

  async restart({ again }: Strike, random: SeededRandom): Promise<void> {
    for (let n = 0; n < again; n += 1) {
      const opening = once(messages, 'message');
      const hub = spawnHub(t, settings, mortal);
      await opening;
      await sleep(random.below(this.#opening));
      await hub.end('SIGKILL');
    }
    const opening = once(messages, 'message').then(() => Date.now());
    this.#hub = await startHubProcess(t, settings, mortal);
    this.#opening = Date.now() - (await opening);
  }

  async examine(): Promise<Examination> {
    const answer = once(messages, 'message');
    this.#hub.send({ examine: true } satisfies Command);
    return ((await answer) as [Examination])[0];
  }

  state(): Promise<string> {
    return Promise.resolve(`${this.#hub.stdout}\n${this.#hub.stderr}`);
  }

  async stop(): Promise<void> {
    await this.#hub.end('SIGKILL');
  }
}

t.test('embedded: what was acknowledged outlives any kill of the hub', async (t) => {
  const strikes = shuffledStrikes(new SeededRandom(SEED), [
    { victim: 'hub', moment: 'at once', times: 1 },
    { victim: 'hub', moment: 'at random', times: 8, again: 6 },
    { victim: 'hub', moment: 'between commit and reply', times: 11, again: 6 },
    { victim: 'hub', moment: 'before the commit', times: 3, again: 3 },
  ]);
  const home = await EmbeddedHome.start();
  const counts = await runStrikes(t, home, SEED, strikes);
  await home.stop();
  const opened = await openDatabase({ kind: 'embedded', folder });
  t.same((await examine(opened.db)).findings, [], 'also when the folder is opened by another process');
  await opened.close();
  t.ok(killsOf(counts) >= 50, `${killsOf(counts)} kills`);
  t.ok(counts['unacknowledged, there']! > 20 && counts['unacknowledged, not there']! > 20, 'the kills met writes at work');
});

