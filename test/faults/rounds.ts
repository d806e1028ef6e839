import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import type { ClientView, OwnSignal, OwnSignalList, Policy, PolicyVersion } from '../../schemas/types.ts';
import { systemClock } from '../../server/clock.ts';
import { SeededRandom } from '../laws/random.ts';
import { Api, type Answer, type Credentials } from '../support/api.ts';
import { MEMBER_SCOPES } from '../support/hub.ts';
import type { Place } from './commit-proxy.ts';
import type { Examination } from './examine.ts';
import { Ledger } from './ledger.ts';
import { DELAYED, Orders, SEALED } from './orders.ts';
import { Replica } from './replica.ts';
import { send } from './send.ts';
import { Crew, Traffic, type Clients, type Memory, type Writer } from './traffic.ts';

/** Who is killed, when, and how many times more while it starts again. */
export interface Strike {
  victim: 'hub' | 'postgres';
  moment: 'at once' | 'at random' | Place;
  again: number;
}

/** A hub and its database, which can be killed. */
export interface Home {
  /** Where the hub listens now. */
  readonly url: string;
  readonly operator: Credentials;
  /** Kills, while there is traffic. Settles when the victim is dead. */
  strike(strike: Strike, traffic: Traffic, random: SeededRandom): Promise<void>;
  /** Starts again what was killed, and kills it `again` times more meanwhile. */
  restart(strike: Strike, random: SeededRandom): Promise<void>;
  /** Looks into the tables. */
  examine(): Promise<Examination>;
  /** What can be told when something hangs. */
  state(): Promise<string>;
}

/** A law was broken. */
export class LawBroken extends Error {}

const WRITERS = ['ash', 'brook'] as const;
/** Milliseconds that nothing here may take, and in what steps they are counted. */
const [LIMIT, TICK] = [120_000, 100];

/** How many times as many strikes there are as in the suite. */
const TIMES = Number(process.env['FAULTS_TIMES'] ?? 1);

/** Strikes in random order. Some are followed by others while the victim starts again, which costs far less than a round of its own. */
export function shuffledStrikes(random: SeededRandom, wanted: readonly (Omit<Strike, 'again'> & { times: number; again?: number })[]): Strike[] {
  const all = wanted.flatMap(({ victim, moment, times, again = 0 }) => Array.from({ length: times * TIMES }, (_, n) => ({ victim, moment, again: n < again * TIMES ? 1 + (n % 3) : 0, order: random.next() })));
  return all.sort((a, b) => a.order - b.order).map(({ order: _order, ...strike }) => strike);
}

/** Kills a hub or its database again and again under traffic; after each restart everything must be as the clients know it. */
export class KillRun {
  readonly #home: Home;
  readonly #memory: Memory;
  readonly #credentials: Partial<Record<keyof Clients, Credentials>> = {};
  readonly #kills = new Map<string, number>();
  #round = 0;

  constructor(home: Home, seed: number) {
    const random = new SeededRandom(seed);
    this.#home = home;
    this.#memory = { random, orders: new Orders(random), ledgers: { ash: new Ledger(), brook: new Ledger() }, replica: new Replica(), crew: new Crew() };
  }

  /** Adds the members and their policies: all is shared but what is sealed, spam a little later. */
  async prepare(): Promise<void> {
    const operator = new Api(this.#home.url, systemClock, this.#home.operator);
    for (const id of ['ash', 'brook', 'cedar'] as const) {
      await expected(operator.post('/v1/members', { id, title: id, kind: 'platform' }));
      const { body } = await expected(operator.post<ClientView>(`/v1/members/${id}/clients`, { title: 'Client', scopes: [...MEMBER_SCOPES] }));
      this.#credentials[id] = { client_id: body.client_id, client_secret: body.client_secret! };
    }
    const { ash, brook } = this.#clients();
    for (const [owner, api] of [['hub', operator], ['ash', ash], ['brook', brook]] as const) {
      const { body } = await expected(api.post<PolicyVersion>('/v1/policies', policyOf(owner)));
      await expected(api.post(`/v1/policies/${owner}/open/versions/${body.version}/activate`, {}));
    }
  }

  /** Traffic, a kill, a restart; then all is compared, and what was not answered is sent again. */
  async round(strike: Strike): Promise<void> {
    this.#round += 1;
    const name = `round ${this.#round}, ${strike.victim} killed ${strike.moment}`;
    const { random } = this.#memory;
    const traffic = new Traffic(this.#clients(1), this.#memory);
    await this.#within(this.#home.strike(strike, traffic, random), `${name}: the kill`);
    traffic.stop();
    await this.#within(traffic.ended, `${name}: the end of the traffic`);
    await this.#within(this.#home.restart(strike, random), `${name}: the restart`, 1 + strike.again);
    this.#count(strike);
    const there = await this.#within(this.#compare(name), `${name}: the comparison`);
    if (strike.moment === 'between commit and reply' && there === 0) throw new LawBroken(`${name}: no unacknowledged change is there, so the commit is lost, or was acknowledged before it was made`);
    await this.#within(this.#sendAgain(traffic.open), `${name}: sending again`);
    this.#demandNothing(`${name}, after sending again`, []);
  }

  /** The last comparison, when everything has been acknowledged. */
  async finish(): Promise<void> {
    await this.#compare('the end');
  }

  /** How many kills of which kind there were, and what became of what was sent. */
  summary(): Record<string, number> {
    const { ash, brook } = this.#memory.ledgers;
    const sum = (count: 'acknowledged' | 'there' | 'notThere'): number => ash.counts[count] + brook.counts[count];
    return { ...Object.fromEntries(this.#kills), acknowledged: sum('acknowledged'), 'unacknowledged, there': sum('there'), 'unacknowledged, not there': sum('notThere'), 'in the replica': this.#memory.replica.size };
  }

  #count({ victim, moment, again }: Strike): void {
    for (const [what, n] of [[moment, 1], ['while starting', again]] as const) {
      const kind = `${victim} killed ${what}`;
      if (n > 0) this.#kills.set(kind, (this.#kills.get(kind) ?? 0) + n);
    }
  }

  /** @returns how many unacknowledged changes were there */
  async #compare(name: string): Promise<number> {
    const clients = this.#clients();
    const { ledgers, replica, crew } = this.#memory;
    const listings = { ash: await listOf(clients.ash), brook: await listOf(clients.brook) };
    const there = WRITERS.map((writer) => ledgers[writer].compare(listings[writer]));
    const wrong = await replica.compare(clients.cedar, [...listings.ash, ...listings.brook]);
    const { findings, pages } = await this.#home.examine();
    if (pages < replica.pages) findings.push(`${replica.pages} pages arrived and ${pages} were recorded`);
    this.#demandNothing(name, [...wrong, ...findings, ...(await crew.compare(clients.operator))]);
    return there.reduce((sum, n) => sum + n, 0);
  }

  async #sendAgain(open: Traffic['open']): Promise<void> {
    const clients = this.#clients();
    const { ledgers } = this.#memory;
    const answered = await Promise.all(open.map(({ writer, order }) => send(order, { url: clients.url, api: clients[writer], ledger: ledgers[writer] })));
    answered.forEach((complete, index) => complete || ledgers.ash.findings.push(`not answered to its end when sent again: ${JSON.stringify(open[index]!.order.path)}`));
  }

  /** @param times how much longer than most it may take @throws LawBroken when the work hangs */
  async #within<T>(work: Promise<T>, what: string, times = 1): Promise<T> {
    const state = { over: false };
    const late = async (): Promise<never> => {
      // Counted in short waits, since a machine that stood still for minutes has not waited.
      for (let n = 0; n < (times * LIMIT) / TICK && !state.over; n += 1) await sleep(TICK);
      throw new LawBroken(state.over ? what : `${what} takes too long\n${await this.#home.state()}`);
    };
    return Promise.race([work, late()]).finally(() => (state.over = true));
  }

  #demandNothing(name: string, findings: readonly string[]): void {
    const all = [...WRITERS.flatMap((writer) => this.#memory.ledgers[writer].findings), ...findings];
    if (all.length > 0) throw new LawBroken(`${name}: ${all.length} findings, among them:\n${all.slice(0, 12).join('\n')}`);
  }

  /** Clients of the hub where it is now, which ask for a token so many times while its database is away. */
  #clients(tries?: number): Clients {
    const { ash, brook, cedar } = this.#credentials as Record<Writer | 'cedar', Credentials>;
    const api = (client: Credentials): Api => new Api(this.#home.url, systemClock, client, undefined, tries);
    return { url: this.#home.url, operator: api(this.#home.operator), ash: api(ash), brook: api(brook), cedar: api(cedar) };
  }
}

/** Runs all strikes, and tells the counts whatever happens. */
export async function runStrikes(t: Test, home: Home, seed: number, strikes: readonly Strike[]): Promise<Record<string, number>> {
  const run = new KillRun(home, seed);
  try {
    await run.prepare();
    for (const strike of strikes) await run.round(strike);
    await run.finish();
  } finally {
    t.comment(`seed ${seed}: ${JSON.stringify(run.summary(), null, 1)}`);
  }
  return run.summary();
}

/** Waits for a strike's moment: at once, before anything can have been answered, or when some has been. */
export async function comesTo(moment: 'at once' | 'at random', traffic: Traffic, random: SeededRandom): Promise<void> {
  if (moment === 'at once') return;
  await traffic.reached(random.below(120));
  await sleep(random.below(20));
}

/** How many kills a summary counts, of all or of one victim. */
export function killsOf(counts: Record<string, number>, victim: Strike['victim'] | '' = ''): number {
  return Object.entries(counts).filter(([what]) => what.startsWith(victim) && what.includes(' killed ')).reduce((sum, [, n]) => sum + n, 0);
}

/** The member's whole listing. */
async function listOf(api: Api): Promise<OwnSignal[]> {
  const all: OwnSignal[] = [];
  for (let after = ''; ; ) {
    const { body } = await expected(api.get<OwnSignalList>(`/v1/signals?limit=1000${after}`));
    all.push(...body.signals);
    if (body.next === undefined) return all;
    after = `&after=${body.next}`;
  }
}

function policyOf(owner: string): Policy {
  const terms = { reveal: ['digest', 'harm', 'severity', 'confidence', 'status', 'observed', 'labels', 'intent', 'novelty', 'basis', 'jurisdictions', 'note'], origin: 'named', handling: { tlp: 'CLEAR', onward: 'public', permitted_actions: 'externally-visible-direct-actions' } } satisfies Policy['rules'][number]['terms'];
  const rules: Policy['rules'] = [{ id: 'rest', effect: 'share', terms }];
  if (owner !== 'hub') rules.unshift({ id: 'sealed', effect: 'withhold', signals: { labels: { any: [SEALED] } } }, { id: 'later', effect: 'share', signals: { harm: { in: [DELAYED.harm] } }, terms: { ...terms, after: DELAYED.duration } });
  return { id: `${owner}/open`, title: 'Open', summary: 'Nearly everything, with everybody', rules };
}

async function expected<T>(answer: Promise<Answer<T>>): Promise<Answer<T>> {
  const got = await answer;
  if (got.status >= 300) throw new LawBroken(`unexpected answer ${got.status}: ${JSON.stringify(got.body)}`);
  return got;
}
