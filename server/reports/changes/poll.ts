import type { Head } from '../../db/head.ts';
import type { Entitlements } from '../../feeds/entitlements.ts';
import { QuietStates } from '../../feeds/quiet.ts';
import { Watch } from '../../feeds/watch.ts';
import type { Hub } from '../../hub.ts';
import type { ReportState } from './cursor.ts';
import { pullReports, type Puller, type ReportPage } from './pull.ts';

const FEED = 'reports';

/** Answers pulls of reports: without the database where nothing can have changed, and later where the puller would rather wait. */
export class ReportPoller {
  readonly #hub: Hub;
  readonly #entitlements: Entitlements;
  readonly #quiet = new QuietStates<ReportState>((state) => state[0]!);
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
  async page(puller: Puller, from: ReportState, limit: number, head?: Head): Promise<ReportPage> {
    const start = head ? this.#quiet.standsFor(puller.number, FEED, from, head) : from;
    const page = await pullReports(this.#hub, this.#entitlements, puller, start, limit);
    if (page.quietUntil !== undefined) this.#quiet.note(puller.number, FEED, from, page.state, page.quietUntil);
    return page;
  }

  /** The next page, as of a head that was read after the request arrived; held back for so many milliseconds while it says nothing. */
  async poll(puller: Puller, from: ReportState, limit: number, head: Head, milliseconds: number, gone: () => boolean): Promise<ReportPage> {
    const end = performance.now() + milliseconds;
    for (let now = head; ; ) {
      const quiet = this.#quiet.find(puller.number, FEED, from, now);
      const page: ReportPage = quiet ? { changes: [], state: quiet.state, complete: true, asOf: now.at, epoch: now.epoch, quietUntil: quiet.until } : await this.page(puller, from, limit, now);
      const left = end - performance.now();
      if (page.quietUntil === undefined || left <= 0 || gone() || this.#watch.closed) return page;
      now = await this.#watch.moved(page.state[0]!.position, page.quietUntil, left);
    }
  }
}
