import type { Head } from '../db/head.ts';
import type { Hub } from '../hub.ts';
import type { ReplicaState } from './cursor.ts';
import type { Entitlements } from './entitlements.ts';
import { PageText } from './page.ts';
import { pullPage, type Asked, type Page, type Puller } from './pull.ts';
import { QuietStates } from './quiet.ts';
import { Watch } from './watch.ts';

/** Answers pulls: without the database where nothing can have changed, and later where the puller would rather wait. */
export class Poller {
  readonly #hub: Hub;
  readonly #entitlements: Entitlements;
  readonly #quiet = new QuietStates<ReplicaState>(({ position, segments }) => ({ position, at: segments[0]!.at }));
  readonly #watch: Watch;

  constructor(hub: Hub, entitlements: Entitlements) {
    this.#hub = hub;
    this.#entitlements = entitlements;
    this.#watch = new Watch(hub);
  }

  /** The hub stops: nobody waits any longer. */
  close(): void {
    this.#watch.close();
  }

  /** The next page for a replica; where the head is given, for the state that then stands for its own. */
  async page(puller: Puller, from: ReplicaState, asked: Asked, head?: Head): Promise<Page> {
    const start = head ? this.#quiet.standsFor(puller.number, puller.feed, from, head) : from;
    const page = await pullPage(this.#hub, this.#entitlements, puller, start, asked);
    if (page.quietUntil !== undefined) this.#quiet.note(puller.number, puller.feed, from, page.state, page.quietUntil);
    return page;
  }

  /**
   * The next page, as of a head that was read after the request arrived. While it says nothing it is held back for so many
   * milliseconds, unless `gone` says that nobody waits for it.
   */
  async poll(puller: Puller, from: ReplicaState, asked: Asked, head: Head, milliseconds: number, gone: () => boolean): Promise<Page> {
    const end = performance.now() + milliseconds;
    for (let now = head; ; ) {
      const page = this.#quietPage(puller, from, asked, now) ?? (await this.page(puller, from, asked, now));
      const left = end - performance.now();
      if (page.quietUntil === undefined || left <= 0 || gone() || this.#watch.closed) return page;
      now = await this.#watch.moved(page.state.position, page.quietUntil, left);
    }
  }

  /** The page that says nothing, where nothing has happened; undefined where the database must be asked. */
  #quietPage({ number, feed }: Puller, from: ReplicaState, asked: Asked, head: Head): Page | undefined {
    const quiet = asked.digest ? undefined : this.#quiet.find(number, feed, from, head);
    return quiet && { changes: new PageText(asked.limit), state: quiet.state, complete: true, asOf: head.at, epoch: head.epoch, quietUntil: quiet.until };
  }
}
