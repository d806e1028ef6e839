import { setTimeout as sleep } from 'node:timers/promises';
import type { GroupList } from '../../schemas/types.ts';
import type { SeededRandom } from '../laws/random.ts';
import type { Api } from '../support/api.ts';
import type { Ledger } from './ledger.ts';
import type { Order, Orders } from './orders.ts';
import type { Replica } from './replica.ts';
import { rethrowUnlessGone, send } from './send.ts';

/** Clients of the hub as it runs now. */
export interface Clients {
  url: string;
  operator: Api;
  ash: Api;
  brook: Api;
  /** The peer that pulls. */
  cedar: Api;
}

/** The members that write. */
export type Writer = 'ash' | 'brook';

/** What is kept over all kills. */
export interface Memory {
  random: SeededRandom;
  orders: Orders;
  ledgers: Record<Writer, Ledger>;
  replica: Replica;
  crew: Crew;
}

/** A group that the operator changes again and again: a change of the world, with its entry in the audit log. */
export class Crew {
  #sent = 0;
  #acknowledged = 0;

  /** @returns whether the change was acknowledged */
  async change(operator: Api): Promise<boolean> {
    this.#sent += 1;
    const { status } = await operator.put('/v1/groups/crew', { title: `Crew ${this.#sent}`, members: ['ash', 'brook'] });
    if (status >= 300) return false;
    this.#acknowledged = this.#sent;
    return true;
  }

  /** @returns what is wrong with the group that the hub has, in words */
  async compare(operator: Api): Promise<string[]> {
    const { body } = await operator.get<GroupList>('/v1/groups');
    const crew = Number(body.groups.find((group) => group.id === 'crew')?.title.slice('Crew '.length) ?? 0);
    const wrong = crew < this.#acknowledged || crew > this.#sent ? [`the group is at change ${crew}; ${this.#acknowledged} was acknowledged, ${this.#sent} sent`] : [];
    this.#sent = crew;
    this.#acknowledged = crew;
    return wrong;
  }
}

/** Several writers and a puller at once, until they are stopped or what they talk to dies. */
export class Traffic {
  /** Orders that were not answered to their end. */
  readonly open: { writer: Writer; order: Order }[] = [];
  /** Settles when all writers have ended. */
  readonly ended: Promise<void>;
  #acknowledged = 0;
  #stopped = false;
  readonly #clients: Clients;
  readonly #memory: Memory;

  constructor(clients: Clients, memory: Memory) {
    this.#clients = clients;
    this.#memory = memory;
    const { orders, ledgers } = memory;
    this.ended = Promise.all([
      this.#write('ash', () => orders.keyed('stream')),
      this.#write('ash', () => orders.keyed('stream')),
      this.#write('ash', () => orders.keyed('one')),
      this.#write('brook', () => orders.keyed('array')),
      this.#write('brook', () => orders.referenced(ledgers.brook)),
      this.#write('brook', () => orders.replaced(ledgers.brook)),
      this.#repeat(() => memory.crew.change(clients.operator)),
      this.#repeat(() => memory.replica.pull(clients.cedar, memory.random.pick([7, 50, 500])).then(() => true)),
    ]).then(() => undefined);
  }

  /** Begins nothing new. */
  stop(): void {
    this.#stopped = true;
  }

  /** Waits until so many acknowledgements have been read, or everything has ended. */
  async reached(count: number): Promise<void> {
    const state = { over: false };
    void this.ended.then(() => (state.over = true));
    while (this.#acknowledged < count && !state.over) await sleep(1);
  }

  async #write(writer: Writer, next: () => Order): Promise<void> {
    const { random: pace, ledgers } = this.#memory;
    while (!this.#stopped) {
      const order = next();
      const acknowledged = (): void => void (this.#acknowledged += 1);
      if (await send(order, { url: this.#clients.url, api: this.#clients[writer], ledger: ledgers[writer], pace, acknowledged })) continue;
      this.open.push({ writer, order });
      return;
    }
  }

  /** Until it fails, or there is nobody to talk to. */
  async #repeat(work: () => Promise<boolean>): Promise<void> {
    while (!this.#stopped && (await work().catch(rethrowUnlessGone))) await sleep(this.#memory.random.below(12));
  }
}
