import { setTimeout as sleep } from 'node:timers/promises';
import type { Hubs } from './hubs.ts';

/** Reads the log by position, as a reader past a position does, and notes what it saw: nothing may turn up behind it later. */
export class Tail {
  readonly #hubs: Hubs;
  #last = 0;
  #seen = 0;

  constructor(hubs: Hubs) {
    this.#hubs = hubs;
  }

  async run(stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      await this.#follow(stopped).catch(() => undefined);
      await sleep(100);
    }
  }

  async #follow(stopped: () => boolean): Promise<void> {
    const client = await this.#hubs.connect();
    try {
      while (!stopped()) {
        const { rows } = await client.query<{ position: string }>('select position from (select position from change_log union all select position from world_entry) l where position > $1 order by position', [this.#last]);
        this.#seen += rows.length;
        this.#last = Number(rows.at(-1)?.position ?? this.#last);
        await sleep(60);
      }
    } finally {
      await client.end();
    }
  }

  /** @returns what is wrong, in words */
  async compare(): Promise<string[]> {
    const client = await this.#hubs.connect();
    const { rows } = await client.query<{ n: string }>('select count(*) as n from (select position from change_log union all select position from world_entry) l where position <= $1', [this.#last]).finally(() => client.end());
    const there = Number(rows[0]!.n);
    return there === this.#seen ? [] : [`a reader saw ${this.#seen} rows of the log up to ${this.#last}, and now there are ${there}`];
  }
}
