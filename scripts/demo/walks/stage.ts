import { Replica, ReportReplica, Reports, TocsinClient, type Credentials } from '../../../clients/sdk/index.ts';
import type { GroupChange, MemberKind, NewEmergency, NewMember, NewReport, NewSignal, Policy } from '../../../schemas/types.ts';
import { ALL_SCOPES, grantable } from '../../../server/auth/scopes.ts';
import type { ManualClock } from '../../../server/clock.ts';

/** Somebody on the stage. */
export type Actor = NewMember & { kind: MemberKind };

/** A member that pulls: its copies of everything that it may see. */
export interface Peer {
  id: string;
  client: TocsinClient;
  signals: Replica;
  reports: ReportReplica;
}

/** A signal, report or report of imminent harm, and what it is called in the story. */
export interface Thing {
  kind: 'signal' | 'report' | 'emergency';
  name: string;
}

/** The hub that a walk is played on, and its operator. */
export interface Place {
  url: string;
  clock: ManualClock;
  operator: { client_id: string; client_secret: string };
}

/** A hub with members on it, and a clock that stands until it is moved. */
export class Stage {
  readonly clock: ManualClock;
  readonly operator: TocsinClient;
  readonly peers: Peer[] = [];
  /** Clients of those who may not pull anything: authorities. */
  readonly authorities: TocsinClient[] = [];
  /** What there is to see, by id. */
  readonly things = new Map<string, Thing>();
  readonly #url: string;

  constructor({ url, clock, operator }: Place) {
    this.#url = url;
    this.clock = clock;
    this.operator = this.#client({ clientId: operator.client_id, clientSecret: operator.client_secret });
  }

  /** Adds members; those that may pull become peers. */
  async enrol(actors: readonly Actor[]): Promise<void> {
    for (const actor of actors) {
      await this.operator.request('POST', '/v1/members', actor);
      const client = await this.another(actor.id, actor.kind);
      if (!grantable(actor.kind, false).includes('feeds:read')) {
        this.authorities.push(client);
        continue;
      }
      const now = (): number => this.clock.now();
      this.peers.push({ id: actor.id, client, signals: new Replica(client, 'all', undefined, { now }), reports: new ReportReplica(new Reports(client), undefined, now) });
    }
  }

  /** A further client of a member. */
  async another(member: string, kind: MemberKind = 'platform'): Promise<TocsinClient> {
    const made = await this.operator.request('POST', `/v1/members/${member}/clients`, { title: 'Walk', scopes: ALL_SCOPES.filter((scope) => grantable(kind, false).includes(scope)) });
    return this.#client({ clientId: made.client_id, clientSecret: made.client_secret! });
  }

  async group(id: string, group: GroupChange): Promise<void> {
    await this.operator.request('PUT', `/v1/groups/${id}`, group);
  }

  /** Puts a policy into force at once. */
  async promise(client: TocsinClient, policy: Policy): Promise<void> {
    const [owner, name] = policy.id.split('/') as [string, string];
    const { version } = await client.request('POST', '/v1/policies', policy);
    await client.request('POST', `/v1/policies/${owner}/${name}/versions/${version}/activate`, {});
  }

  /** The ids of all signals that were posted. */
  signals(): string[] {
    return [...this.things].filter(([, { kind }]) => kind === 'signal').map(([id]) => id);
  }

  peer(id: string): Peer {
    return this.peers.find((peer) => peer.id === id)!;
  }

  /** Posts signals under their names in the story. */
  async post(origin: string, signals: Readonly<Record<string, NewSignal>>): Promise<void> {
    for (const [name, signal] of Object.entries(signals)) {
      const { id } = await this.peer(origin).client.request('POST', '/v1/signals', signal);
      this.things.set(id!, { kind: 'signal', name });
    }
  }

  /** Writes a report and publishes it; another client of the member reviews it. */
  async publish(origin: string, name: string, content: NewReport): Promise<void> {
    const author = new Reports(this.peer(origin).client);
    const reviewer = new Reports(await this.another(origin));
    const draft = await author.draft(content);
    this.things.set(draft.id, { kind: 'report', name });
    await author.submit(draft);
    await reviewer.review(draft, { verdict: 'approve' });
    await author.publish(draft);
  }

  /** Reports imminent harm. */
  async alarm(origin: string, name: string, emergency: NewEmergency): Promise<void> {
    const { id } = await this.peer(origin).client.request('POST', '/v1/emergencies', emergency);
    this.things.set(id, { kind: 'emergency', name });
  }

  #client(credentials: { clientId: string } & Credentials): TocsinClient {
    return new TocsinClient({ url: this.#url, ...credentials });
  }
}
