import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '../../laws/random.ts';
import type { Hubs } from './hubs.ts';
import type { Tally } from './tally.ts';

/** Every so many strikes, it is the database's processes. */
const DATABASE = 4;

/** Kills processes at random, several at once at times, and starts them again; the database's too. */
export class Killer {
  readonly #hubs: Hubs;
  readonly #random: SeededRandom;
  readonly #tally: Tally;

  #strikes = 0;

  constructor(hubs: Hubs, random: SeededRandom, tally: Tally) {
    this.#hubs = hubs;
    this.#random = random;
    this.#tally = tally;
  }

  async run(stopped: () => boolean): Promise<void> {
    await Promise.all([this.#kill(stopped), this.#restart(stopped)]);
  }

  async #kill(stopped: () => boolean): Promise<void> {
    const random = this.#random;
    for (; !stopped(); this.#strikes += 1) {
      await sleep(300 + random.below(1500));
      // On a slow machine something must be done, too, between the kills.
      for (const wanted = 1 + random.below(3); this.#hubs.up.length < wanted && !stopped(); ) await sleep(50);
      if (stopped()) return;
      if (this.#strikes % DATABASE === DATABASE - 1) await this.#killDatabase();
      else await this.#killHubs(random.pick([1, 1, 1, 2, 3]));
    }
  }

  /** Of those that listen; now and then also of those that are starting. */
  async #killHubs(count: number): Promise<void> {
    const random = this.#random;
    const from = random.below(4) === 0 ? this.#hubs.alive : this.#hubs.up;
    const victims = from.map((n) => ({ n, order: random.next() })).sort((a, b) => a.order - b.order).slice(0, count);
    const starting = await Promise.all(victims.map(({ n }) => this.#hubs.kill(n)));
    for (const was of starting) this.#tally.add(was ? 'kills of a hub while it started' : 'kills of a hub');
    if (victims.length > 1) this.#tally.add('several hubs killed at once');
  }

  /** Now and then a second time, while it recovers. */
  async #killDatabase(): Promise<void> {
    await this.#hubs.killDatabase(this.#random.below(300));
    this.#tally.add('kills of the database');
    if (this.#random.below(4) === 0) await this.#killDatabase();
  }

  async #restart(stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      await sleep(100 + this.#random.below(300));
      for (const n of this.#hubs.dead) if (this.#random.below(2) === 0) void this.#hubs.revive(n);
    }
  }
}
