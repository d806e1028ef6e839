import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import t from 'tap';
import { openDatabase } from '../../server/db/database.ts';
import { SeededRandom } from '../laws/random.ts';
import type { Credentials } from '../support/api.ts';
import { scratchDatabase, startPostgres, type PostgresServer } from '../support/postgres.ts';
import { spawnHub, startHubProcess, statusOf, type ListeningProcess } from '../support/process.ts';
import { CommitProxy, type Place } from './commit-proxy.ts';
import { examine, type Examination } from './examine.ts';
import { comesTo, killsOf, runStrikes, shuffledStrikes, type Home, type Strike } from './rounds.ts';
import type { Traffic } from './traffic.ts';

const SEED = Number(process.env['FAULTS_SEED'] ?? 20_261_122);

t.setTimeout(900_000);

/** A hub's process, the proxy to its database, and a server of its own, with the settings that PostgreSQL has by default. */
class PostgresHome implements Home {
  readonly operator: Credentials;
  readonly #server: PostgresServer;
  readonly #proxy: CommitProxy;
  readonly #database: string;
  readonly #settings: Record<string, string>;
  #hub: ListeningProcess;
  /** Milliseconds that the last starts took. */
  readonly #starting = { hub: 1500, postgres: 250 };

  private constructor(server: PostgresServer, proxy: CommitProxy, database: string, settings: Record<string, string>, hub: ListeningProcess) {
    this.#server = server;
    this.#proxy = proxy;
    this.#database = database;
    this.#settings = settings;
    this.#hub = hub;
    this.operator = hub.firstClient!;
  }

  static async start(): Promise<PostgresHome> {
    const server = await startPostgres();
    const proxy = await CommitProxy.start(server.port);
    t.teardown(async () => {
      proxy.close();
      await server.stop();
    });
    const { url: database } = await scratchDatabase(server.url);
    const address = new URL(database);
    address.port = String(proxy.port);
    const settings = { DATABASE_URL: address.href, TOCSIN_SECRET: randomBytes(32).toString('base64'), TOCSIN_LOG_LEVEL: 'fatal', TOCSIN_RATE_LIMIT: '10000000' };
    return new PostgresHome(server, proxy, database, settings, await startHubProcess(t, settings));
  }

  get url(): string {
    return this.#hub.url;
  }

  async strike(strike: Strike, traffic: Traffic, random: SeededRandom): Promise<void> {
    const { moment } = strike;
    if (moment === 'at once' || moment === 'at random') await comesTo(moment, traffic, random).then(() => this.#kill(strike.victim));
    else await this.#strikeAtCommit(strike.victim, moment, random);
    if (strike.victim === 'hub') await this.#hub.exit;
  }

  #strikeAtCommit(victim: Strike['victim'], moment: Place, random: SeededRandom): Promise<void> {
    return new Promise((resolve, reject) => this.#proxy.arm(moment, 1 + random.below(12), () => void this.#kill(victim).then(() => resolve(), reject)));
  }

  /** The signals have been sent when this returns; it settles when all processes are gone. */
  #kill(victim: Strike['victim']): Promise<unknown> {
    return victim === 'hub' ? this.#hub.end('SIGKILL') : this.#server.kill();
  }

  async restart({ victim, again }: Strike, random: SeededRandom): Promise<void> {
    await (victim === 'hub' ? this.#restartHub(again, random) : this.#restartServer(again, random));
  }

  async #restartHub(again: number, random: SeededRandom): Promise<void> {
    for (let n = 0; n < again; n += 1) {
      const hub = spawnHub(t, this.#settings);
      await sleep(random.below(this.#starting.hub));
      await hub.end('SIGKILL');
    }
    const from = Date.now();
    this.#hub = await startHubProcess(t, this.#settings);
    this.#starting.hub = Date.now() - from;
  }

  /** The hub goes on by itself. */
  async #restartServer(again: number, random: SeededRandom): Promise<void> {
    for (let n = 0; n < again; n += 1) {
      const starting = this.#server.restart().catch(() => undefined);
      await sleep(random.below(this.#starting.postgres));
      await this.#server.kill();
      await starting;
    }
    const from = Date.now();
    await this.#server.restart();
    this.#starting.postgres = Date.now() - from;
    await this.#untilReady();
  }

  async #untilReady(): Promise<void> {
    const dead = this.#hub.exit.then(({ code, signal }) => {
      throw new Error(`the hub ended with its database: ${code ?? signal} ${this.#hub.stderr}`);
    });
    const ready = async (): Promise<void> => {
      while ((await statusOf(`${this.#hub.url}/health/ready`)) !== 200) await sleep(20);
    };
    await Promise.race([ready(), dead]);
  }

  async examine(): Promise<Examination> {
    const opened = await openDatabase({ kind: 'postgres', url: this.#database, connections: 2 });
    return examine(opened.db).finally(() => opened.close());
  }

  /** What the server says of its settings. */
  async show(setting: string): Promise<unknown> {
    return (await this.#ask(`show ${setting}`))[0]?.[setting];
  }

  async state(): Promise<string> {
    const sessions = await this.#ask('select pid, state, wait_event_type, wait_event, pg_blocking_pids(pid) as blocked_by, clock_timestamp() - state_change as since, left(query, 120) as query from pg_stat_activity where datname = current_database()');
    return [this.#hub.stdout, this.#hub.stderr, ...sessions.map((session) => JSON.stringify(session))].join('\n');
  }

  async #ask(query: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.#database });
    await client.connect();
    return (await client.query<Record<string, unknown>>(query).finally(() => client.end())).rows;
  }

  async stop(): Promise<void> {
    await this.#hub.end('SIGTERM');
  }
}

t.test('postgres: what was acknowledged outlives any kill of the hub and of the server', async (t) => {
  const strikes = shuffledStrikes(new SeededRandom(SEED), [
    { victim: 'hub', moment: 'at random', times: 4, again: 3 },
    { victim: 'hub', moment: 'between commit and reply', times: 7, again: 3 },
    { victim: 'hub', moment: 'before the commit', times: 2, again: 1 },
    { victim: 'postgres', moment: 'at once', times: 1 },
    { victim: 'postgres', moment: 'at random', times: 4, again: 3 },
    { victim: 'postgres', moment: 'between commit and reply', times: 6, again: 3 },
    { victim: 'postgres', moment: 'before the commit', times: 2, again: 1 },
  ]);
  const home = await PostgresHome.start();
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) t.equal(await home.show(setting), 'on', setting);
  const counts = await runStrikes(t, home, SEED, strikes);
  await home.stop();
  for (const victim of ['hub', 'postgres'] as const) t.ok(killsOf(counts, victim) >= 25, `${killsOf(counts, victim)} kills of ${victim}`);
  t.ok(killsOf(counts) >= 50);
  t.ok(counts['unacknowledged, there']! > 20 && counts['unacknowledged, not there']! > 20, 'the kills met writes at work');
});
