import type { Test } from 'tap';
import type { ClientView, NewMember, Scope } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import type { App } from '../../server/http/fastify.ts';
import type { Hub } from '../../server/hub.ts';
import type { Random } from '../../server/random.ts';
import type { Answer, Api } from '../support/api.ts';
import { startTestHub, type HomeName, type TestHub } from '../support/hub.ts';
import { SeededRandom } from './random.ts';
import { Allowances, compare, exchangeOf, type Exchange, type Pair, type Probe } from './transcript.ts';

/** Tokens name this address, so that they are equally long in both twins. */
const ADDRESS = 'http://twin.example';

/** One of the two hubs, and its clients. */
interface Twin {
  hub: TestHub;
  apis: Map<string, Api>;
  allowances: Allowances;
}

/**
 * Two hubs on one clock, with one master secret and equal random bytes. The first is given a hidden history as well, through
 * another process on its database that has random bytes of its own: so the ids of what is visible are equal in both.
 */
export class Twins {
  readonly clock: ManualClock;
  /** Every request that was compared. */
  compared = 0;
  readonly #twins: Pair<Twin>;
  readonly #back: TestHub;
  readonly #backApis = new Map<string, Api>();

  private constructor(clock: ManualClock, twins: Pair<Twin>, back: TestHub) {
    this.clock = clock;
    this.#twins = twins;
    this.#back = back;
    this.#backApis.set('hub', back.operator);
  }

  /** @param extend adds to the app of both twins, for a leak that must be found */
  static async start(t: Test, home: HomeName, seed: number, startOfTime: number, extend?: (app: App, hub: Hub) => void): Promise<Twins> {
    const clock = new ManualClock(startOfTime);
    const config = { publicUrl: ADDRESS, secret: bytesFrom(seed).bytes(32) };
    const start = (): Promise<TestHub> => startTestHub(t, { home, clock, config, random: bytesFrom(seed + 1), ...(extend ? { extend } : {}) });
    const hubs = [await start(), await start()] as const;
    const back = await startTestHub(t, { home, clock, random: bytesFrom(seed + 2), beside: hubs[0] });
    const twin = (hub: TestHub): Twin => ({ hub, apis: new Map([['hub', hub.operator]]), allowances: new Allowances() });
    return new Twins(clock, [twin(hubs[0]), twin(hubs[1])], back);
  }

  /** The routes that the hubs have. */
  get routes(): TestHub['routes'] {
    return this.#twins[0].hub.routes;
  }

  /** The hubs themselves: with the hidden history, and without. */
  get hubs(): Pair<Hub> {
    return [this.#twins[0].hub.hub, this.#twins[1].hub.hub];
  }

  /** Adds a member and a client of it to both twins; the hidden history can act as that client. */
  async join(member: Partial<NewMember> & { id: string }, scopes?: readonly Scope[]): Promise<void> {
    for (const { hub, apis } of this.#twins) apis.set(member.id, await hub.join(member, scopes));
    this.#backApis.set(member.id, this.#back.api(this.#twins[0].apis.get(member.id)!.credentials));
  }

  /** Gives a member of both twins another client, by a name of its own; the hidden history can act as it too. */
  async addClient(member: string, name: string, scopes: readonly Scope[]): Promise<void> {
    const made = await this.both<ClientView>('hub', (api) => api.post(`/v1/members/${member}/clients`, { title: name, scopes }));
    const [credentials] = made.map(({ client_id, client_secret }) => ({ client_id, client_secret: client_secret! }));
    for (const { hub, apis } of this.#twins) apis.set(name, hub.api(credentials!));
    this.#backApis.set(name, this.#back.api(credentials!));
  }

  /** What a client was given to prove itself with: the same in both twins. */
  credentialsOf(member: string): Api['credentials'] {
    return this.#twins[0].apis.get(member)!.credentials;
  }

  /** Does the same in both twins. Both must answer with success, to their members by the same ids. */
  async both<T>(member: string, act: (api: Api, twin: 0 | 1) => Promise<Answer<T>>): Promise<Pair<T>> {
    const answers = await Promise.all(this.#twins.map(({ apis }, twin) => act(apis.get(member)!, twin as 0 | 1)));
    for (const answer of answers) expectOk(answer);
    return [answers[0]!.body, answers[1]!.body];
  }

  /** Does something in the first twin that no viewer may notice. */
  async hidden<T>(member: string, act: (api: Api) => Promise<Answer<T>>): Promise<T> {
    const answer = await act(this.#backApis.get(member)!);
    expectOk(answer);
    return answer.body;
  }

  /** A client for the hidden history, of credentials that only the first twin knows. */
  addHidden(name: string, credentials: Api['credentials']): void {
    this.#backApis.set(name, this.#back.api(credentials));
  }

  /**
   * Asks both twins as a viewer and compares what they answer.
   * @param anyOrder the changes of a page may come in any order
   * @throws LeakFound
   */
  async ask(viewer: string, probe: Probe, anyOrder = false): Promise<Pair<Exchange>> {
    const [first, second] = await Promise.all(this.#twins.map((twin, index) => send(twin, viewer, probe, index)));
    this.compared += 1;
    const answers = [first!, second!] as const;
    compare(describe(viewer, probe), answers, anyOrder);
    return answers;
  }
}

function describe(viewer: string, { method, path, body, anonymous }: Probe): string {
  return `${anonymous ? 'nobody' : viewer}: ${method} ${typeof path === 'string' ? path : path.join(' | ')}${body === undefined ? '' : `\n${body.slice(0, 2000)}`}`;
}

async function send({ hub, apis, allowances }: Twin, viewer: string, { method, path, body, headers, anonymous }: Probe, index: number): Promise<Exchange> {
  const token: Record<string, string> = anonymous ? {} : { authorization: `Bearer ${await apis.get(viewer)!.token()}` };
  const own = Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, typeof value === 'string' ? value : value[index]!]));
  const response = await fetch(`${hub.url}${typeof path === 'string' ? path : path[index]!}`, {
    method,
    headers: { 'accept-encoding': 'identity', ...token, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...own },
    ...(body === undefined ? {} : { body }),
  });
  const taken = !anonymous && response.headers.has('ratelimit-remaining') ? allowances.taken(viewer, response.headers) : undefined;
  return exchangeOf(response, taken);
}

/** Random bytes that follow from a seed. */
function bytesFrom(seed: number): Random {
  const random = new SeededRandom(seed);
  return { bytes: (length) => Buffer.from(random.hex(length), 'hex') };
}

function expectOk(answer: { status: number; body: unknown }): void {
  if (answer.status >= 300) throw new Error(`unexpected answer ${answer.status}: ${JSON.stringify(answer.body)}`);
}
