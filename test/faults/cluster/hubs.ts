import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Test } from 'tap';
import { Agent, Dispatcher } from 'undici';
import { SeededRandom } from '../../laws/random.ts';
import type { Credentials } from '../../support/api.ts';
import { scratchDatabase, startPostgres, type PostgresServer } from '../../support/postgres.ts';
import { printed, spawnHub, statusOf, type HubProcess } from '../../support/process.ts';
import { LawBroken } from '../rounds.ts';

/** The address that stands in all tokens, whichever process gives or takes them. */
export const PUBLIC_URL = 'http://hub.example';

const PROCESSES = 3;
const LISTENS = /^Tocsin listens on (\S+)\n/m;

/** Where a process runs, or ran last. */
interface Place {
  process: HubProcess | undefined;
  url: string;
  /** It said that it listens. */
  up: boolean;
}

/** Sends each request to one of the processes, dead ones too: who asks must go on to another. */
class AnyHub extends Dispatcher {
  readonly #agent = new Agent();
  readonly #next: () => string;

  constructor(next: () => string) {
    super();
    this.#next = next;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#agent.dispatch({ ...options, origin: this.#next() }, handler);
  }

  override close(): Promise<void> {
    return this.#agent.destroy();
  }
}

/** Three processes of one hub on a PostgreSQL server of their own, with the settings that it has by default. */
export class Hubs {
  /** What ended by itself, in words. */
  readonly findings: string[] = [];
  readonly dispatcher: AnyHub;
  readonly settings: Record<string, string>;
  readonly #t: Test;
  readonly #server: PostgresServer;
  readonly #places: Place[] = Array.from({ length: PROCESSES }, () => ({ process: undefined, url: '', up: false }));
  /** Killed by this test. */
  readonly #killed = new WeakSet<HubProcess>();

  private constructor(t: Test, server: PostgresServer, database: string, random: SeededRandom) {
    this.#t = t;
    this.#server = server;
    this.settings = {
      DATABASE_URL: database,
      TOCSIN_SECRET: randomBytes(32).toString('base64'),
      TOCSIN_PUBLIC_URL: PUBLIC_URL,
      TOCSIN_LOG_LEVEL: 'error',
      TOCSIN_RATE_LIMIT: '10000000',
      TOCSIN_CLASS_QUOTA: '100000',
    };
    this.dispatcher = new AnyHub(() => random.pick(this.#places).url);
  }

  /** Starts the server and all processes at once on the empty database. @returns them, and the one operator's client that was made */
  static async start(t: Test, random: SeededRandom): Promise<{ hubs: Hubs; operator: Credentials }> {
    const server = await startPostgres();
    t.teardown(() => server.stop());
    const { url } = await scratchDatabase(server.url);
    const hubs = new Hubs(t, server, url, random);
    t.teardown(() => hubs.dispatcher.close());
    await Promise.all(hubs.#places.map((_, n) => hubs.revive(n)));
    await sleep(200);
    const greetings = hubs.#places.flatMap(({ process }) => [...(process?.stdout ?? '').matchAll(/^client_id: (\S+)\nclient_secret: (\S+)$/gm)]);
    if (greetings.length !== 1) throw new LawBroken(`${greetings.length} operators were made by ${PROCESSES} processes on one database`);
    return { hubs, operator: { client_id: greetings[0]![1]!, client_secret: greetings[0]![2]! } };
  }

  /** The addresses of all processes, as they were last. */
  get urls(): string[] {
    return this.#places.map(({ url }) => url);
  }

  /** Numbers of the processes that listen. */
  get up(): number[] {
    return this.#places.flatMap(({ up }, n) => (up ? [n] : []));
  }

  /** Numbers of the processes that run, or are starting. */
  get alive(): number[] {
    return this.#places.flatMap(({ process }, n) => (process ? [n] : []));
  }

  /** Numbers of the places where nothing runs. */
  get dead(): number[] {
    return this.#places.flatMap(({ process }, n) => (process ? [] : [n]));
  }

  /** Kills a process with SIGKILL. @returns whether it was still starting */
  async kill(n: number): Promise<boolean> {
    const place = this.#places[n]!;
    const { process, up } = place;
    if (!process) return false;
    this.#killed.add(process);
    [place.process, place.up] = [undefined, false];
    await process.end('SIGKILL');
    return !up;
  }

  /** Starts a process in a place where none runs. @returns whether it came so far as to listen */
  async revive(n: number): Promise<boolean> {
    const place = this.#places[n]!;
    const process = spawnHub(this.#t, this.settings);
    place.process = process;
    void process.exit.then(({ code, signal }) => this.#ended(place, process, `${code ?? signal}`));
    try {
      place.url = await printed(process, LISTENS);
      place.up = true;
      return true;
    } catch {
      return false;
    }
  }

  /** One that starts while its database is away may say so and end. */
  #ended(place: Place, process: HubProcess, how: string): void {
    if (!this.#killed.has(process) && !(how === '1' && /^tocsin: the hub cannot start/.test(process.stderr))) this.findings.push(`a process ended by itself (${how}): ${process.stderr}`);
    for (const line of process.stderr.split('\n')) if (line.includes('"level":50')) this.findings.push(`a process logged an error: ${line}`);
    if (place.process === process) [place.process, place.up] = [undefined, false];
  }

  /** Kills the database's processes, and starts them again after so many milliseconds. */
  async killDatabase(pause: number): Promise<void> {
    await this.#server.kill();
    await sleep(pause);
    await this.#server.restart();
  }

  /** Starts what does not run, until all are ready. */
  async allReady(): Promise<void> {
    await Promise.all(this.#places.map(async (place, n) => {
      while (!place.up || (await statusOf(`${place.url}/health/ready`).catch(() => 0)) !== 200) {
        if (!place.process) await this.revive(n);
        else await sleep(50);
      }
    }));
  }

  /** What the running processes have logged of errors so far, in words; each line once. */
  logged(): string[] {
    return this.#places.flatMap(({ process }) => (process?.stderr ?? '').split('\n').filter((line) => line.includes('"level":50')));
  }

  /** A connection of the test's own to the database. */
  async connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.settings['DATABASE_URL'] });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** What can be told when something hangs. */
  async state(): Promise<string> {
    const client = await this.connect();
    const sessions = await client.query<object>('select pid, state, wait_event_type, wait_event, pg_blocking_pids(pid) as blocked_by, clock_timestamp() - state_change as since, left(query, 120) as query from pg_stat_activity where datname = current_database()').finally(() => client.end());
    return [...this.#places.map(({ process, url, up }) => `${url} ${up} ${process?.stderr ?? 'dead'}`), ...sessions.rows.map((row) => JSON.stringify(row))].join('\n');
  }
}
