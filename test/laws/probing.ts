import type { Test } from 'tap';
import type { ChangesPage } from '../../schemas/types.ts';
import { scopeOf } from '../../server/auth/access.ts';
import { OPERATOR_SCOPES } from '../../server/auth/scopes.ts';
import { openCursor } from '../../server/feeds/cursor.ts';
import type { App } from '../../server/http/fastify.ts';
import type { Hub } from '../../server/hub.ts';
import type { HomeName } from '../support/hub.ts';
import { REPORTS, pullOf, type Ground } from './ground.ts';
import { HiddenHistory } from './hidden-history.ts';
import { misuse, probesFor } from './probes.ts';
import { SeededRandom } from './random.ts';
import type { Exchange, Pair, Probe } from './transcript.ts';
import { Twins } from './twins.ts';
import { VisibleHistory } from './visible-history.ts';

const START = Date.parse('2026-11-22T12:00:00Z');
const FEEDS = ['all', 'birch/severe', 'cedar/violence', REPORTS] as const;

/** Who looks for traces: a platform that sees part, an NGO that sees nothing, and the police, which no member shares with. */
export const VIEWERS = ['ash', 'dogwood', 'police'] as const;
/** Those that may pull. */
const PULLERS = ['ash', 'dogwood'] as const;

/** One viewer's place in one feed, in both twins. */
interface Place {
  viewer: string;
  feed: string;
  cursor?: Pair<string>;
  /** What came with the cursor, where that was the last page. */
  tag?: Pair<string>;
  /** Cursors of before. */
  old: Pair<string>[];
}

export interface ProbingOptions {
  home: HomeName;
  seed: number;
  /** The hidden history also touches what is visible: then the order of changes is no one's to compare. */
  touches?: boolean;
  /** Adds to the app of both twins. */
  extend?: (app: App, hub: Hub) => void;
}

/** Plays a history into both twins and a hidden one into the first, while viewers look; everything follows from the seed. */
export class Probing {
  /** What the viewers were shown, so that the run has something to tell apart. */
  readonly seen = { changes: 0, reports: 0, removals: 0, resyncs: 0, answers: new Map<number, number>() };
  readonly twins: Twins;
  readonly hidden: HiddenHistory;
  readonly #visible: VisibleHistory;
  readonly #random: SeededRandom;
  readonly #places: Place[] = PULLERS.flatMap((viewer) => FEEDS.map((feed) => ({ viewer, feed, old: [] })));

  readonly #anyOrder: boolean;

  private constructor(twins: Twins, { seed, touches = false }: ProbingOptions) {
    this.twins = twins;
    this.#anyOrder = touches;
    this.#random = new SeededRandom(seed);
    this.#visible = new VisibleHistory(twins, this.#random);
    this.hidden = new HiddenHistory(twins, new SeededRandom(seed + 10), this.#visible, touches);
  }

  static async start(t: Test, options: ProbingOptions): Promise<Probing> {
    const probing = new Probing(await Twins.start(t, options.home, options.seed, START, options.extend), options);
    await probing.#visible.prepare();
    return probing;
  }

  /** @throws LeakFound */
  async step(): Promise<void> {
    const roll = this.#random.below(10);
    if (roll < 3) return this.#visible.step((milliseconds) => this.#advance(milliseconds));
    if (roll < 7) return this.hidden.step();
    return this.#look();
  }

  async #advance(milliseconds: number): Promise<void> {
    await this.hidden.before(milliseconds);
    this.twins.clock.advance(milliseconds);
  }

  /** A viewer looks at one thing. */
  #look(): Promise<void> {
    const roll = this.#random.below(10);
    const viewer = this.#random.pick(PULLERS);
    if (roll < 7) return this.#pull(this.#random.pick(this.#places));
    const id = this.#anyId();
    const paths = ['/v1/feeds', '/v1/me', '/v1/groups', '/v1/digest-keys', '/v1/signals?limit=2', ...(id ? [`/v1/signals/${id}`, `/v1/signals/${id}`] : []), ...this.#pathsOfReports(viewer)];
    return this.#ask(viewer, { method: 'GET', path: this.#random.pick(paths) }).then(() => undefined);
  }

  #pathsOfReports(viewer: string): string[] {
    const { reports, topics } = this.#visible.reports;
    const id = [...this.hidden.reports.reports, ...reports].map((report) => report.id);
    const topic = topics.find((one) => one.viewer === viewer);
    return ['/v1/reports?limit=2', '/v1/reports/search?q=shops&facets=true', '/v1/requests?limit=2', ...(id.length > 0 ? [`/v1/reports/${this.#random.pick(id)}`] : []), ...(topic ? [`/v1/topics/${topic.id}/news`] : [])];
  }

  #anyId(): string | undefined {
    const there = [...this.hidden.signals, ...this.#visible.signals, ...this.#visible.own];
    return there.length > 0 ? this.#random.pick(there).id : undefined;
  }

  /** Pulls one page, or in small ones up to the end. */
  async #pull(place: Place): Promise<void> {
    const limit = this.#random.pick([1, 1, 2, 3, 7, 1000]);
    const toTheEnd = this.#random.below(2) === 0;
    for (let pages = 0; pages < 200; pages += 1) {
      const path = (cursor?: string): string => pullOf(place.feed, limit, cursor);
      const answers = await this.#ask(place.viewer, { method: 'GET', path: place.cursor ? [path(place.cursor[0]), path(place.cursor[1])] : path() });
      if (place.cursor) place.old.push(place.cursor);
      if (answers[0].status !== 200) {
        this.seen.resyncs += 1;
        delete place.cursor;
        delete place.tag;
        return;
      }
      const [page, same] = answers.map(({ body }) => JSON.parse(body) as ChangesPage);
      place.cursor = [page!.cursor, same!.cursor];
      delete place.tag;
      if (page!.complete) place.tag = [tagOf(answers[0]), tagOf(answers[1])];
      this.seen.changes += page!.changes.length;
      if (place.feed === REPORTS) this.seen.reports += page!.changes.length;
      this.seen.removals += page!.changes.filter(({ type }) => type === 'remove').length;
      if (page!.complete || !toTheEnd) return;
    }
    throw new Error('a pull has no end');
  }

  async #ask(viewer: string, probe: Probe): Promise<Pair<Exchange>> {
    const answers = await this.twins.ask(viewer, this.#anyOrder ? whole(probe) : probe, this.#anyOrder);
    this.seen.answers.set(answers[0].status, (this.seen.answers.get(answers[0].status) ?? 0) + 1);
    return answers;
  }

  /**
   * Every route, with everything that a viewer could try.
   * @param most of the questions to each route: few are enough where the viewer is let in nowhere
   * @param only to this route
   * @throws LeakFound
   * @throws Error for a route that has no probes
   */
  async sweep(viewer: string, { most = Infinity, only }: { most?: number; only?: string } = {}): Promise<void> {
    const ground = this.#ground(viewer);
    const byAddress = new Map<string, string[]>();
    for (const { method, url } of this.twins.routes) byAddress.set(url, [...(byAddress.get(url) ?? []), ...[method].flat()]);
    const closed = new Set(this.twins.routes.filter((route) => OPERATOR_SCOPES.includes(scopeOf(route)!)).map(({ method, url }) => `${[method].flat()[0]} ${url}`));
    for (const [url, methods] of byAddress) {
      if (only !== undefined && url !== only) continue;
      for (const method of methods) {
        const probes = probesFor(method, url, ground);
        if (!probes?.length) throw new Error(`no probes for ${method} ${url}`);
        for (const probe of probes.slice(0, closed.has(`${method} ${url}`) ? 2 : most)) await this.#ask(viewer, probe);
      }
      if (most === Infinity && url.startsWith('/v1/')) for (const probe of misuse(methods, url.replace(/:[a-z]+/g, 'none').replace('*', 'none'))) await this.#ask(viewer, probe);
    }
  }

  /** Where the twins' logs stand by the viewer's latest cursors: what the viewer itself cannot read. */
  async positions(): Promise<Pair<number>[]> {
    const [first, second] = this.twins.hubs;
    const open = async (hub: Hub, { viewer, feed }: Place, cursor: string): Promise<number> => {
      const head = await hub.head();
      const { number } = (await hub.worlds.at(head.world)).members.get(viewer)!;
      return openCursor(hub, head.epoch, number, feed, cursor).position;
    };
    const held = this.#places.flatMap((place) => (place.cursor && place.feed !== REPORTS ? [{ place, cursor: place.cursor }] : []));
    return Promise.all(held.map(async ({ place, cursor }) => [await open(first, place, cursor[0]), await open(second, place, cursor[1])] as const));
  }

  #ground(viewer: string): Ground {
    const pick = <T>(from: readonly T[], count: number): T[] => from.map((item) => [this.#random.next(), item] as const).sort(([a], [b]) => a - b).slice(0, count).map(([, item]) => item);
    const each = new Map(this.hidden.signals.map((signal) => [signal.why, signal]));
    const { client_id, client_secret } = this.twins.credentialsOf(viewer);
    const cursors = (mine: boolean) => this.#places.filter((place) => (place.viewer === viewer) === mine).flatMap(({ feed, cursor, tag, old }) => [...(cursor ? [{ feed, cursor, ...(tag ? { tag } : {}) }] : []), ...pick(old, 3).map((held) => ({ feed, cursor: held }))]);
    return {
      viewer,
      client: client_id,
      secret: client_secret,
      hidden: [...each.values()].map(({ id }) => id),
      visible: pick(this.#visible.signals, 3).map(({ id }) => id),
      own: pick(this.#visible.own.filter(({ origin }) => origin === viewer), 3).map(({ id }) => id),
      unknown: ['00000000-0000-4000-8000-000000000000', '2f1b9f6e-3d0c-4f1a-9b57-0d8f3f0a6c11'],
      contents: pick([...each.values()], 4).map(({ content: { reference: _reference, audience: _audience, ...content } }) => content),
      batches: pick(this.hidden.batches, 2),
      ownBatches: [],
      references: pick(this.hidden.references, 3),
      keys: pick(this.hidden.keys, 3),
      clients: [...pick(this.hidden.clients, 1), this.twins.credentialsOf('elm').client_id, 'nobody.0'],
      reports: this.#groundOfReports(viewer, pick),
      cursors: cursors(true),
      foreign: cursors(false).slice(0, 2).map(({ cursor }) => cursor),
    };
  }

  #groundOfReports(viewer: string, pick: Pick): Ground['reports'] {
    const ids = (of: readonly { id: string }[]): string[] => of.map(({ id }) => id);
    const { reports: hidden, messages, topics, words } = this.hidden.reports;
    const { reports, requests, own, topics: kept } = this.#visible.reports;
    return {
      hidden: ids([...new Map(hidden.map((report) => [report.why, report])).values()]),
      visible: ids(pick(reports, 3)),
      own: ids(pick(own.filter(({ origin }) => origin === viewer), 2)),
      requests: { hidden: ids(pick(messages.filter(({ kind }) => kind === 'request'), 4)), visible: ids(pick(requests, 3)) },
      messages: ids(pick(messages, 4)),
      topics: { hidden: topics, own: ids(kept.filter((topic) => topic.viewer === viewer)) },
      words: pick(words, 4),
    };
  }
}

type Pick = <T>(from: readonly T[], count: number) => T[];

function tagOf({ headers }: Exchange): string {
  return headers.find(([name]) => name === 'etag')?.[1] ?? '';
}

/** The probe with pages so large that there is one: which changes share a page is a matter of their order. */
function whole(probe: Probe): Probe {
  const widen = (path: string): string => path.replace(/(?<=\/feeds\/.{1,60}\/changes\?limit=)[1-9]\d{0,3}(?!\d)/, '10000');
  const { path } = probe;
  return { ...probe, path: typeof path === 'string' ? widen(path) : [widen(path[0]), widen(path[1])] };
}
