import { setTimeout as sleep } from 'node:timers/promises';
import type { Head } from '../db/head.ts';
import type { Hub } from '../hub.ts';

/** Milliseconds between two looks at the head of the log, while somebody waits. */
const PERIOD = 100;

interface Waiter {
  position: number;
  until: number;
  /** By the process's own clock. */
  deadline: number;
  resolve: (head: Head) => void;
  reject: (error: unknown) => void;
}

/** Waits for the log to move on. All who wait share one look at its head, so that a process with many costs the database no more than one with few. */
export class Watch {
  readonly #hub: Hub;
  readonly #waiters = new Set<Waiter>();
  #running = false;
  #closed = false;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** Whether it has been closed: nobody is to wait any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Resolves with the head when the log has left `position`, the instant `until` has come, or `milliseconds` have passed. */
  moved(position: number, until: number, milliseconds: number): Promise<Head> {
    return new Promise((resolve, reject) => {
      this.#waiters.add({ position, until, deadline: performance.now() + milliseconds, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  /** Lets everybody go at the next look. */
  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiters.size > 0) {
      await sleep(PERIOD);
      await this.#look().catch((error: unknown) => this.#fail(error));
    }
    this.#running = false;
  }

  async #look(): Promise<void> {
    const head = await this.#hub.head();
    for (const waiter of this.#waiters) {
      if (!this.#closed && head.position === waiter.position && head.at < waiter.until && performance.now() < waiter.deadline) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(head);
    }
  }

  #fail(error: unknown): void {
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
  }
}
