import type { NewReport, NewReview, OwnReport, OwnReportList, PartView, ReportChangesPage, ReportComparison, ReportList, ReportsQuery, ReportState, ReportVersionList, ReportView, WithdrawalReason } from '../../schemas/types.ts';
import type { TocsinClient } from './client.ts';
import { isProblem } from './errors.ts';

/** The forms in which a report can be exported. */
export type ReportForm = 'text/markdown' | 'text/html' | 'application/json';

/**
 * Strategic reports: what a member writes, and what it may read of others'.
 * @example for await (const page of new Reports(client).changes(cursor)) await store(page.changes, page.cursor)
 */
export class Reports {
  readonly #client: TocsinClient;

  constructor(client: TocsinClient) {
    this.#client = client;
  }

  /** Writes a draft. With the same key and content again, it finds the one that was made. */
  draft(content: NewReport, idempotencyKey?: string): Promise<OwnReport> {
    return this.#client.request('POST', '/v1/reports', content, idempotencyKey === undefined ? {} : { idempotencyKey });
  }

  /** Writes a further version in place of the one given. @throws TocsinError version-mismatch when somebody else did so first */
  edit({ id, version }: Pick<OwnReport, 'id' | 'version'>, content: NewReport): Promise<OwnReport> {
    return this.#client.request('PUT', `/v1/reports/${id}`, content, { ifMatch: version });
  }

  submit({ id, version }: Pick<OwnReport, 'id' | 'version'>): Promise<OwnReport> {
    return this.#client.request('POST', `/v1/reports/${id}/submit`, undefined, { ifMatch: version });
  }

  /** Approves or returns a version; not as a client that wrote it. */
  review({ id, version }: Pick<OwnReport, 'id' | 'version'>, review: NewReview): Promise<OwnReport> {
    return this.#client.request('POST', `/v1/reports/${id}/review`, review, { ifMatch: version });
  }

  publish({ id, version }: Pick<OwnReport, 'id' | 'version'>): Promise<OwnReport> {
    return this.#client.request('POST', `/v1/reports/${id}/publish`, undefined, { ifMatch: version });
  }

  /** Takes a report back, for good. */
  withdraw(id: string, reason: WithdrawalReason): Promise<OwnReport> {
    return this.#client.request('POST', `/v1/reports/${id}/withdraw`, { reason });
  }

  /** The latest version of one's own report. */
  own(id: string): Promise<OwnReport> {
    return this.#client.request('GET', `/v1/reports/own/${id}`);
  }

  /** A page of one's own reports. */
  listOwn(query: { state?: ReportState; after?: string; limit?: number } = {}): Promise<OwnReportList> {
    return this.#client.request('GET', '/v1/reports/own', undefined, { query });
  }

  versions(id: string): Promise<ReportVersionList> {
    return this.#client.request('GET', `/v1/reports/own/${id}/versions`);
  }

  /** What differs between two versions, part by part. */
  compare(id: string, from: number, to: number): Promise<ReportComparison> {
    return this.#client.request('GET', `/v1/reports/own/${id}/versions/${from}/compare/${to}`);
  }

  /** A report as policy lets this member see it. */
  read(id: string): Promise<ReportView> {
    return this.#client.request('GET', `/v1/reports/${id}`);
  }

  /** The same as Markdown, as a page that can be printed, or as JSON. */
  async export(id: string, form: ReportForm): Promise<string> {
    const { body } = await this.#client.send({ method: 'GET', path: `/v1/reports/${encodeURIComponent(id)}`, query: {}, headers: { accept: form }, body: undefined });
    const pieces: Buffer[] = [];
    for await (const piece of body) pieces.push(Buffer.from(piece as Uint8Array));
    return Buffer.concat(pieces).toString('utf8');
  }

  /** A page of the reports that this member may see, latest release first. */
  list(query: ReportsQuery = {}): Promise<ReportList> {
    return this.#client.request('GET', '/v1/reports', undefined, { query: { ...query } });
  }

  /**
   * What changed since a cursor, page by page until one is complete; without a cursor, everything. A page is to be kept together
   * with its cursor before the next one is asked for.
   * @throws TocsinError: with `cursor-expired`, start again without a cursor; what the new run does not mention is gone
   */
  async *changes(cursor?: string, { limit, wait }: { limit?: number; wait?: number } = {}): AsyncGenerator<ReportChangesPage, void> {
    for (let from = cursor; ; ) {
      const page = await this.#client.request('GET', '/v1/reports/changes', undefined, { query: { cursor: from, limit, wait } });
      yield page;
      if (page.complete) return;
      from = page.cursor;
    }
  }
}

/** On these the member has no right to hold anything any more. */
const ENDED = ['member-suspended', 'member-left', 'kind-not-allowed'];
const CURSOR_LOST = ['cursor-expired', 'invalid-cursor'];

/** What a replica of reports keeps; plain data, to be written somewhere by whoever wants it to last. */
export interface ReportReplicaState {
  cursor?: string;
  asOf?: string;
  reports: ReportView[];
}

/**
 * A copy of the reports that a member may see, kept exact: after `sync` it holds what policy gives at `asOf`, no more and no less.
 * @example
 * const replica = new ReportReplica(new Reports(client));
 * await replica.sync();
 */
export class ReportReplica {
  readonly #reports: Reports;
  readonly #now: () => number;
  #cursor: string | undefined;
  #asOf: string | undefined;
  #held: Map<string, ReportView>;

  /** @param state what `state` gave before */
  constructor(reports: Reports, state: ReportReplicaState = { reports: [] }, now: () => number = Date.now) {
    this.#reports = reports;
    this.#now = now;
    this.#cursor = state.cursor;
    this.#asOf = state.asOf;
    this.#held = new Map(state.reports.map((view) => [view.id, view]));
  }

  /** The instant as of which the replica was exact last; undefined before its first complete page. */
  get asOf(): string | undefined {
    return this.#asOf;
  }

  get state(): ReportReplicaState {
    return { ...(this.#cursor === undefined ? {} : { cursor: this.#cursor }), ...(this.#asOf === undefined ? {} : { asOf: this.#asOf }), reports: [...this.#held.values()] };
  }

  /** The report, without parts that are due; undefined where it is not held, or due. */
  get(id: string): ReportView | undefined {
    const view = this.#held.get(id);
    return view && this.#undue(view);
  }

  *[Symbol.iterator](): Iterator<ReportView> {
    for (const held of this.#held.values()) {
      const view = this.#undue(held);
      if (view) yield view;
    }
  }

  /**
   * Pulls until the feed is complete. A cursor that is too old leads to a new run by mark and sweep.
   * @throws TocsinError: when the member is suspended or has left, the replica has emptied itself
   */
  async sync(options: { limit?: number; wait?: number } = {}): Promise<void> {
    try {
      await this.#run(options);
    } catch (error) {
      if (isProblem(error, ...ENDED)) this.#replace(undefined, new Map());
      if (!isProblem(error, ...CURSOR_LOST) || this.#cursor === undefined) throw error;
      const before = this.#held;
      this.#replace(undefined, new Map());
      await this.#run(options).catch((failure: unknown) => {
        // What was held stays in sight until a run from the start is complete.
        if (!isProblem(failure, ...ENDED)) this.#replace(undefined, before);
        throw failure;
      });
    }
  }

  async #run(options: { limit?: number; wait?: number }): Promise<void> {
    for await (const { changes, cursor, as_of: asOf } of this.#reports.changes(this.#cursor, options)) {
      for (const change of changes) {
        if (change.type === 'report') this.#held.set(change.report.id, change.report);
        else this.#held.delete(change.id);
      }
      this.#cursor = cursor;
      this.#asOf = asOf ?? this.#asOf;
    }
  }

  #replace(cursor: string | undefined, held: Map<string, ReportView>): void {
    [this.#cursor, this.#held] = [cursor, held];
  }

  #undue(view: ReportView): ReportView | undefined {
    const due = ({ visible_until: until }: Pick<PartView, 'visible_until'>): boolean => Date.parse(until) <= this.#now();
    return due(view) ? undefined : { ...view, parts: view.parts.filter((part) => 'omitted' in part || !due(part)) };
  }
}
