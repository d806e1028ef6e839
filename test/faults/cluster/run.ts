import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { TocsinClient } from '../../../clients/sdk/index.ts';
import type { MemberKind, OwnSignal } from '../../../schemas/types.ts';
import { SeededRandom } from '../../laws/random.ts';
import type { Credentials } from '../../support/api.ts';
import { MEMBER_SCOPES } from '../../support/hub.ts';
import { LawBroken } from '../rounds.ts';
import { AccessCheck } from './access.ts';
import { examineRecords, examineTables, storyOf } from './accounts.ts';
import { Hubs, PUBLIC_URL } from './hubs.ts';
import { Killer } from './killer.ts';
import { Operator } from './operator.ts';
import { Patience, within } from './patience.ts';
import { OPEN } from './policies.ts';
import { Puller } from './puller.ts';
import { SignalMaker } from './signals.ts';
import { Tail } from './tail.ts';
import { Tally } from './tally.ts';
import { KnownWorld, type Listed } from './world.ts';
import { Writer } from './writer.ts';

const MEMBERS: readonly [id: string, kind: MemberKind][] = [['ash', 'platform'], ['birch', 'platform'], ['cedar', 'platform'], ['dogwood', 'ngo'], ['elm', 'hotline']];
const ORIGINS = ['ash', 'birch', 'cedar', 'dogwood'];
const GROUPS = ['alpha', 'beta'];
const FEEDS = ['ash/severe', 'hub/some'];
/** Viewer, feed, what keeps it, and how it is asked for. */
const PULLERS = [
  ['ash', 'all', 'files', 'streams'], ['birch', 'all', 'memory', 'streams'], ['cedar', 'all', 'files', 'pages'], ['dogwood', 'all', 'memory', 'pages'],
  ['elm', 'all', 'files', 'streams'], ['birch', 'ash/severe', 'files', 'streams'], ['elm', 'ash/severe', 'memory', 'pages'], ['cedar', 'hub/some', 'files', 'streams'], ['ash', 'hub/some', 'memory', 'streams'],
] as const;
/** Signals that are taken back at the end, to hear who is told. */
const LAST = 120;
/** Seconds that nothing may take. */
const LIMIT = 180;
const ONCE = { attempts: 1 };

/** Writers, pullers and changes of the world at several processes that are killed at random; at quiet moments everything is compared. */
export class ClusterRun {
  readonly tally = new Tally();
  readonly #hubs: Hubs;
  readonly #random: SeededRandom;
  readonly #world = new KnownWorld();
  readonly #writers: Writer[] = [];
  readonly #pullers: Puller[] = [];
  readonly #clients = new Map<string, TocsinClient>();
  readonly #credentials = new Map<string, Credentials>();
  readonly #patience: Patience;
  readonly #operatorClient: TocsinClient;
  readonly #operator: Operator;
  readonly #access: AccessCheck;
  readonly #killer: Killer;
  readonly #tail: Tail;
  readonly #folder: string;

  private constructor(hubs: Hubs, operator: Credentials, random: SeededRandom, folder: string) {
    this.#hubs = hubs;
    this.#random = random;
    this.#folder = folder;
    this.#patience = new Patience(this.#branch(), this.tally);
    this.#operatorClient = this.#connect(operator);
    this.#access = new AccessCheck(hubs, this.#patience, this.tally, this.#credentials);
    this.#killer = new Killer(hubs, this.#branch(), this.tally);
    this.#tail = new Tail(hubs);
    this.#operator = new Operator({
      world: this.#world, operator: this.#operatorClient, members: this.#clients, origins: ORIGINS, feeds: FEEDS, random: this.#branch(), patience: this.#patience, tally: this.tally,
      suspended: (member) => this.#access.suspended(member),
    });
  }

  /** Starts everything and adds the members with their first policies. */
  static async start(t: Test, seed: number): Promise<ClusterRun> {
    const random = new SeededRandom(seed);
    const { hubs, operator } = await Hubs.start(t, new SeededRandom(random.next()));
    const run = new ClusterRun(hubs, operator, random, t.testdir());
    await run.#prepare();
    return run;
  }

  async #prepare(): Promise<void> {
    this.#world.members.set('hub', { id: 'hub', kind: 'hub', status: 'active', trust: 'trusted', agreements: [] });
    for (const [id, kind] of MEMBERS) await this.#join(id, kind);
    await this.#operator.barrier();
    for (const group of GROUPS) await this.#operator.group(group, ['ash', 'birch', 'cedar']);
    for (const owner of ['hub', ...ORIGINS]) await this.#operator.activate(owner, { id: `${owner}/now`, title: 'Open', summary: 'Everything', rules: [{ id: 'all', effect: 'share', terms: OPEN }] });
    for (const feed of FEEDS) await this.#operator.offer(feed);
    const peers = MEMBERS.map(([id]) => id);
    for (const member of ORIGINS) {
      for (const part of ['a', 'b']) {
        const name = `${member}-${part}`;
        this.#writers.push(new Writer({ member, name, client: this.#clients.get(member)!, random: this.#branch(), maker: new SignalMaker(this.#branch(), peers, GROUPS), patience: new Patience(this.#branch(), this.tally), tally: this.tally }));
      }
    }
    for (const [viewer, feed, keeps, asks] of PULLERS) {
      this.#pullers.push(new Puller({ viewer, feed, keeps, asks, folder: this.#folder, client: this.#clients.get(viewer)!, random: this.#branch(), tally: this.tally }));
    }
  }

  async #join(id: string, kind: MemberKind): Promise<void> {
    await this.#operatorClient.request('POST', '/v1/members', { id, title: `Member ${id}`, kind, trust: 'verified' });
    const { client_id, client_secret } = await this.#operatorClient.request('POST', `/v1/members/${id}/clients`, { title: 'Client', scopes: [...MEMBER_SCOPES] });
    this.#world.members.set(id, { id, kind, status: 'active', trust: 'verified', agreements: [] });
    this.#credentials.set(id, { client_id, client_secret: client_secret! });
    this.#clients.set(id, this.#connect(this.#credentials.get(id)!));
  }

  #connect({ client_id: clientId, client_secret: clientSecret }: Credentials): TocsinClient {
    return new TocsinClient({ url: PUBLIC_URL, clientId, clientSecret, dispatcher: this.#hubs.dispatcher, retries: ONCE });
  }

  #branch(): SeededRandom {
    return new SeededRandom(this.#random.next());
  }

  /** Everything at once for so many milliseconds, until all that was begun has been acknowledged and every process is up. */
  async turmoil(milliseconds: number): Promise<void> {
    const end = Date.now() + milliseconds;
    const stopped = (): boolean => Date.now() >= end;
    const working = [...this.#writers, ...this.#pullers, this.#operator, this.#tail].map((each) => each.run(stopped));
    await this.#within(this.#killer.run(stopped), 'the end of the kills');
    await this.#within(this.#hubs.allReady(), 'the start of all processes');
    await this.#within(Promise.all(working), 'the end of what was begun');
  }

  /** Compares everything with everything, while nothing is written. */
  async compare(): Promise<void> {
    await this.#within(this.#operator.barrier(), 'a barrier');
    const signals = await this.#within(this.#list(), 'the listing');
    await this.#within(this.#operator.compare(), 'the comparison of the world');
    const others = [...(await this.#tail.compare()), ...(await examineTables(this.#hubs.settings)), ...this.#hubs.logged()];
    this.#demandNothing(others);
    const member = this.#random.pick(MEMBERS)[0];
    await this.#operator.suspend(member);
    await this.#within(this.#comparePullers(signals), `the comparison while ${member} is suspended`);
    await this.#operator.resume(member);
    for (let n = 0; n < 2; n += 1) {
      await this.#within(this.#comparePullers(signals), 'the comparison');
      await sleep(this.#random.below(600));
    }
    await this.#access.revoked(this.#operatorClient, this.#random.pick(ORIGINS));
    this.#demandNothing([]);
    this.tally.add('quiet moments');
  }

  /** All signals as their origins list them, which must be what was acknowledged. */
  async #list(): Promise<Listed[]> {
    const all: Listed[] = [];
    for (const origin of ORIGINS) {
      const rows = await this.#ownOf(origin);
      const left = new Map(rows.map((row) => [row.id, row]));
      for (const writer of this.#writers) if (writer.member === origin) writer.ledger.compare(left);
      if (left.size > 0 || new Set(rows.map(({ id }) => id)).size < rows.length) this.#writers[0]!.ledger.findings.push(`${origin} has what was never acknowledged, or twice: ${JSON.stringify([...left.values()].slice(0, 3))}`);
      all.push(...rows.map((row) => ({ origin, row })));
    }
    return all;
  }

  async #ownOf(member: string): Promise<OwnSignal[]> {
    const all: OwnSignal[] = [];
    for (let after: string | undefined; ; ) {
      const { signals, next } = await this.#clients.get(member)!.request('GET', '/v1/signals', undefined, { query: { limit: 1000, after } });
      all.push(...signals);
      if (next === undefined) return all;
      after = next;
    }
  }

  async #comparePullers(signals: readonly Listed[]): Promise<void> {
    for (const puller of this.#pullers) await puller.compare(this.#world, signals);
  }

  /**
   * At the end some signals are taken back. Whoever ever received one, as the records of pulls say, must be told, whatever policy
   * says now: so each id that a replica ever held is in the hub's account of its viewer. And each page that arrived has its record.
   */
  async finish(): Promise<void> {
    const received = new Map(MEMBERS.map(([id]) => [id, new Set(this.#pullers.filter(({ viewer }) => viewer === id).flatMap(({ ever }) => [...ever]))]));
    const known = this.#writers.flatMap((writer) => writer.ledger.active.filter(({ id }) => [...received.values()].some((ids) => ids.has(id))).map((entry) => ({ writer, entry })));
    const chosen = known.map((each) => ({ ...each, order: this.#random.next() })).sort((a, b) => a.order - b.order).slice(0, LAST);
    for (const { writer, entry } of chosen) await this.#within(writer.retractAll([entry]), 'the last retractions');
    const signals = await this.#list();
    await this.#within(this.#comparePullers(signals), 'the comparison after the last retractions');
    const pages = this.#pullers.flatMap((puller) => puller.pages);
    const untold: string[] = [];
    for (const puller of this.#pullers) {
      if (this.#world.refusal(puller.viewer, puller.feed, Date.now()) !== undefined) continue;
      for (const { entry } of chosen) {
        if (!received.get(puller.viewer)!.has(entry.id) || puller.told.get(entry.id) === entry.retracted) continue;
        untold.push(`${puller.name} was not told that ${entry.id} was taken back, which its viewer once received: ${await storyOf(this.#hubs.settings, entry.id, pages.filter(({ viewer }) => viewer === puller.viewer))}`);
      }
    }
    this.tally.add('last retractions followed', chosen.length);
    this.#demandNothing([...untold, ...(await examineTables(this.#hubs.settings)), ...(await examineRecords(this.#hubs.settings, pages))]);
    this.tally.add('pages whose records were there', pages.length);
  }

  #within<T>(work: Promise<T>, what: string): Promise<T> {
    return within(LIMIT, work, what, () => this.#hubs.state());
  }

  #demandNothing(others: readonly string[]): void {
    const parts = [this.#hubs, this.#operator, this.#access, ...this.#pullers, ...this.#writers.map(({ ledger }) => ledger)];
    const all = [...parts.flatMap(({ findings }) => findings), ...others];
    if (all.length > 0) throw new LawBroken(`${all.length} findings, among them:\n${all.slice(0, 12).map((each) => each.slice(0, 3000)).join('\n')}`);
  }

  async close(): Promise<void> {
    for (const puller of this.#pullers) await puller.close();
  }
}
