import { randomBytes } from 'node:crypto';
import type { Dispute, NewMember } from '../../schemas/types.ts';
import type { ManualClock } from '../../server/clock.ts';
import { takeMeasures } from '../../server/measures/measure.ts';
import type { Measures } from '../../server/policy/world.ts';
import type { Random } from '../../server/random.ts';
import type { Answer, Api, Credentials } from '../support/api.ts';
import { startTestHub, type HomeName, type TestHub, type TestScope } from '../support/hub.ts';
import { OPERATOR } from './steps.ts';

/** What the processes of a run are made of. */
export interface ProcessOptions {
  home: HomeName;
  clock: ManualClock;
  random: Random;
  retention: number;
  /** How many there are at any time. */
  count: number;
}

/** One process of the hub; restarted, it is another. */
interface Process {
  hub: TestHub;
  serial: number;
  apis: Map<string, Api>;
}

/** The processes of one hub, on one database: which of them is asked must not matter. */
export class Processes {
  /** Holds the database; nobody asks it anything after the start. */
  readonly #first: TestHub;
  readonly #running: Process[] = [];
  readonly #credentials = new Map<string, Credentials>();
  #serial = 0;

  private constructor(first: TestHub) {
    this.#first = first;
    this.#credentials.set(OPERATOR, first.operator.credentials);
  }

  static async start(t: TestScope, { home, clock, random, retention, count }: ProcessOptions): Promise<Processes> {
    // One address for all: it is part of the tokens.
    const config = { retention, publicUrl: 'http://hub.test', secret: randomBytes(32), classQuota: 100_000 };
    const processes = new Processes(await startTestHub(t, { home, clock, random, config }));
    for (let n = 0; n < count; n += 1) processes.#running.push(await processes.#another());
    return processes;
  }

  /** Which process the n-th is at present. */
  serial(n: number): number {
    return this.#at(n).serial;
  }

  isRunning(serial: number): boolean {
    return this.#running.some((process) => process.serial === serial);
  }

  /** A member's way to the n-th process. */
  api(member: string, n: number): Api {
    const { apis, hub } = this.#at(n);
    const api = apis.get(member) ?? hub.api(this.#credentials.get(member)!);
    apis.set(member, api);
    return api;
  }

  /** Sends to the n-th process as a member. A token from before the clock was set back is replaced. */
  async send<T>(member: string, n: number, method: string, path: string, body?: object | string, headers?: Record<string, string>): Promise<Answer<T>> {
    const answer = await this.api(member, n).send<T>(method, path, body, headers);
    if (answer.status !== 401) return answer;
    this.#at(n).apis.delete(member);
    return this.api(member, n).send<T>(method, path, body, headers);
  }

  /** Adds a member and a client of it. */
  async join(member: Omit<NewMember, 'title'>): Promise<void> {
    const { credentials } = await this.#at(0).hub.join(member);
    this.#credentials.set(member.id, credentials);
  }

  /** The n-th process writes what was measured, as if it had measured it on that day. */
  async measured(n: number, day: number, members: Record<string, Measures>, signals: readonly { id: string; corroboration: number; dispute: Dispute }[]): Promise<void> {
    const { hub } = this.#at(n).hub;
    const rows = signals.map(({ id, corroboration, dispute }) => ({ signal_id: id, corroboration, dispute }));
    await hub.db.deleteFrom('measuring').execute();
    await hub.db.insertInto('measuring').values({ day, at: day, members: JSON.stringify(members), written: false }).execute();
    if (rows.length > 0) await hub.db.insertInto('measured_signal').values(rows).execute();
    await takeMeasures(hub);
  }

  /** Ends the n-th process and starts another. */
  async restart(n: number): Promise<void> {
    const index = n % this.#running.length;
    await this.#running[index]!.hub.close();
    this.#running[index] = await this.#another();
  }

  async close(): Promise<void> {
    for (const { hub } of this.#running) await hub.close();
    await this.#first.close();
  }

  #at(n: number): Process {
    return this.#running[n % this.#running.length]!;
  }

  async #another(): Promise<Process> {
    return { hub: await this.#first.another(), serial: this.#serial++, apis: new Map() };
  }
}
