import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { isProblem, type TocsinClient } from '../../../clients/sdk/index.ts';
import type { ActivationView, Agreement, MemberView, Policy } from '../../../schemas/types.ts';
import type { SeededRandom } from '../../laws/random.ts';
import { Again, type Patience } from './patience.ts';
import { PolicyMaker } from './policies.ts';
import type { Tally } from './tally.ts';
import type { KnownWorld } from './world.ts';

/** What the changes of the world are made with. */
export interface OperatorParts {
  world: KnownWorld;
  operator: TocsinClient;
  members: ReadonlyMap<string, TocsinClient>;
  /** Members that post signals, and so have policies. */
  origins: readonly string[];
  feeds: readonly string[];
  random: SeededRandom;
  patience: Patience;
  tally: Tally;
  /** Is told of a suspension as soon as it is acknowledged. */
  suspended(member: string): Promise<void>;
}

/** Changes the world, one thing at a time, each until it is acknowledged; what is known of the world follows. */
export class Operator {
  readonly findings: string[] = [];
  readonly #parts: OperatorParts;
  readonly #policies: PolicyMaker;
  /** Suspended members, and when they are to be resumed. */
  readonly #suspended = new Map<string, number>();

  constructor(parts: OperatorParts) {
    this.#parts = parts;
    this.#policies = new PolicyMaker(parts.random);
  }

  /** Changes things until it is told to stop; then everybody takes part. */
  async run(stopped: () => boolean): Promise<void> {
    const { random } = this.#parts;
    while (!stopped()) {
      for (const [member, until] of this.#suspended) if (until <= Date.now()) await this.resume(member);
      await this.#step();
      await sleep(150 + random.below(700));
    }
    for (const member of [...this.#suspended.keys()]) await this.resume(member);
  }

  async #step(): Promise<void> {
    const { random, origins, world, feeds } = this.#parts;
    const roll = random.below(100);
    if (roll < 45) return this.newPolicy(random.pick(origins));
    if (roll < 55) return this.activate('hub', this.#policies.charter());
    if (roll < 70) return this.group(random.pick([...world.groups.keys()]), [...world.members.keys()].filter((id) => id !== 'hub' && random.below(3) > 0));
    if (roll < 80) return this.#suspendSomebody();
    if (roll < 88) return this.#changeMember();
    if (roll < 96) return this.#changeFeed(random.pick(feeds));
    if (roll < 98) return this.#withdraw(random.pick(origins));
    return this.#rotate();
  }

  /** Puts a random policy of the member into force. */
  newPolicy(owner: string): Promise<void> {
    const { world } = this.#parts;
    const groups = [...world.groups].filter(([, members]) => members.includes(owner)).map(([id]) => id);
    const peers = [...world.members.keys()].filter((id) => id !== 'hub' && id !== owner);
    return this.activate(owner, this.#policies.policy(owner, groups, peers));
  }

  /** Stores a policy and puts it into force, at once or in a moment. */
  async activate(owner: string, policy: Policy): Promise<void> {
    const { patience, random, world, tally } = this.#parts;
    if (world.members.get(owner)?.status === 'suspended') return;
    const client = this.#clientOf(owner);
    const { version } = await patience.insist(`policy of ${owner}`, () => client.request('POST', '/v1/policies', policy));
    const delay = random.below(3) === 0 ? 200 + random.below(2800) : undefined;
    const view = await patience.insist(`activation of ${owner}`, async (tries) => {
      const found = tries > 1 ? await this.#found(owner, version) : undefined;
      if (found) return found;
      const body = delay === undefined ? {} : { effective_at: new Date(Date.now() + delay).toISOString() };
      return client.request('POST', `/v1/policies/${owner}/now/versions/${version}/activate`, body).catch(tooLate);
    });
    world.activate(owner, version, Date.parse(view.effective_at!), policy);
    tally.add(owner === 'hub' ? 'charters' : 'policies');
    if (delay !== undefined) tally.add('policies that took effect later');
  }

  /** What the first try did, of which nothing was heard. A write comes first: whatever was under way is over when it is answered. */
  async #found(owner: string, version: number): Promise<ActivationView | undefined> {
    await this.barrier();
    return (await this.activations(owner)).find((view) => view.version === version);
  }

  /** From an instant on the member shares nothing; then it has a policy again. */
  async #withdraw(owner: string): Promise<void> {
    const { patience, world, tally, random } = this.#parts;
    if (world.members.get(owner)!.status === 'suspended') return;
    let asked = '';
    const view = await patience.insist(`withdrawal of ${owner}`, async (tries) => {
      const done = tries > 1 ? await this.#withdrawn(owner, asked) : undefined;
      if (done) return done;
      asked = new Date(Date.now() + 300 + random.below(1000)).toISOString();
      return this.#clientOf(owner).request('POST', `/v1/policies/${owner}/withdraw`, { effective_at: asked }).catch(tooLate);
    });
    world.activate(owner, 0, Date.parse(view.effective_at), null);
    tally.add('policies withdrawn');
    await this.newPolicy(owner);
  }

  async #withdrawn(owner: string, at: string): Promise<ActivationView | undefined> {
    await this.barrier();
    return (await this.activations(owner)).find((view) => view.version === 0 && view.effective_at === at);
  }

  /** A write that changes nothing that policies look at: when it is answered, nothing that was sent before is still under way. */
  async barrier(): Promise<void> {
    const { patience, operator } = this.#parts;
    await patience.insist('a barrier', () => operator.request('PUT', '/v1/groups/nobody', { title: 'Nobody', members: [] }));
  }

  /** What the hub says that an owner put into force. */
  async activations(owner: string): Promise<ActivationView[]> {
    const { patience, operator } = this.#parts;
    return (await patience.insist(`activations of ${owner}`, () => operator.request('GET', `/v1/policies/${owner}/now`))).activations;
  }

  async group(id: string, members: string[]): Promise<void> {
    const { patience, operator, world, tally } = this.#parts;
    await patience.insist(`group ${id}`, () => operator.request('PUT', `/v1/groups/${id}`, { title: id, members }));
    world.groups.set(id, members);
    tally.add('groups changed');
  }

  async #suspendSomebody(): Promise<void> {
    const { world, random } = this.#parts;
    const member = random.pick([...world.members.keys()].filter((id) => id !== 'hub'));
    if (this.#suspended.size > 0) return;
    this.#suspended.set(member, Date.now() + 500 + random.below(2500));
    await this.suspend(member);
  }

  /** Suspends a member; as soon as that is acknowledged it is cut off everywhere. */
  async suspend(member: string): Promise<void> {
    const { patience, operator, world, tally } = this.#parts;
    await patience.insist(`suspension of ${member}`, () => operator.request('POST', `/v1/members/${member}/suspend`));
    world.members.get(member)!.status = 'suspended';
    tally.add('suspensions');
    await this.#parts.suspended(member);
  }

  async resume(member: string): Promise<void> {
    const { patience, operator, world } = this.#parts;
    await patience.insist(`resumption of ${member}`, () => operator.request('POST', `/v1/members/${member}/resume`));
    world.members.get(member)!.status = 'active';
    this.#suspended.delete(member);
  }

  async #changeMember(): Promise<void> {
    const { patience, operator, world, random, tally } = this.#parts;
    const known = random.pick([...world.members.values()].filter(({ id }) => id !== 'hub'));
    const from = Date.now() + random.below(2000) - 500;
    const pact: Agreement = { id: 'pact', from: new Date(from).toISOString(), until: new Date(from + 1000 + random.below(5000)).toISOString() };
    const change = { trust: random.pick(['unverified', 'verified', 'trusted'] as const), agreements: random.below(3) > 0 ? [pact] : [] };
    await patience.insist(`change of ${known.id}`, () => operator.request('PATCH', `/v1/members/${known.id}`, change));
    Object.assign(known, change);
    tally.add('members changed');
  }

  async #changeFeed(id: string): Promise<void> {
    const { world, random } = this.#parts;
    if (world.members.get(id.split('/')[0]!)?.status === 'suspended') return;
    if (world.feeds.has(id) && random.below(4) === 0) await this.#withdrawFeed(id);
    else await this.offer(id);
  }

  /** Offers a feed of that id, or changes it. */
  async offer(id: string): Promise<void> {
    const { patience, world, tally } = this.#parts;
    const owner = id.split('/')[0]!;
    const feed = this.#policies.feed(id, [...world.members.keys()].filter((member) => member !== 'hub' && member !== owner));
    await patience.insist(`feed ${id}`, () => this.#clientOf(owner).request('PUT', `/v1/feeds/${id as `${string}/${string}`}`, feed));
    world.feeds.set(id, feed);
    tally.add('feeds changed');
  }

  async #withdrawFeed(id: string): Promise<void> {
    const { patience, world, tally } = this.#parts;
    await patience.insist(`end of feed ${id}`, (tries) =>
      this.#clientOf(id.split('/')[0]!).request('DELETE', `/v1/feeds/${id as `${string}/${string}`}`).catch((error: unknown) => {
        if (!(tries > 1 && isProblem(error, 'not-found'))) throw error;
      }));
    world.feeds.delete(id);
    tally.add('feeds withdrawn');
  }

  async #rotate(): Promise<void> {
    const { patience, operator, tally } = this.#parts;
    await patience.insist('a new signing key', () => operator.request('POST', '/v1/keys/signing/rotate', {}));
    tally.add('signing keys');
  }

  #clientOf(owner: string): TocsinClient {
    return owner === 'hub' ? this.#parts.operator : this.#parts.members.get(owner)!;
  }

  /** Compares what the hub says of the world with what is known of it. Nothing acknowledged is lost, nothing happened twice. */
  async compare(): Promise<void> {
    const { patience, operator, world, origins } = this.#parts;
    const { members } = await patience.insist('the members', () => operator.request('GET', '/v1/members'));
    for (const view of members) if (view.id !== 'hub') this.#compareMember(view);
    if (members.length !== world.members.size) this.findings.push(`there are ${members.length} members in place of ${world.members.size}`);
    for (const owner of [...origins, 'hub']) {
      const shown = (await this.activations(owner)).map(({ version, effective_at: at }) => `${version} ${Date.parse(at)}`);
      const known = world.activations.get(owner)!.map(({ version, effective }) => `${version} ${effective}`);
      if (!isDeepStrictEqual(shown, known)) this.findings.push(`the activations of ${owner} are ${shown.join(', ')} in place of ${known.join(', ')}`);
    }
  }

  #compareMember({ id, status, trust, agreements, groups }: MemberView): void {
    const { world } = this.#parts;
    const known = world.members.get(id)!;
    const shown = { status, trust, agreements, groups: groups!.filter((group) => group !== 'nobody') };
    const wanted = { status: known.status, trust: known.trust, agreements: known.agreements, groups: [...world.groups].filter(([, all]) => all.includes(id)).map(([group]) => group).sort() };
    if (!isDeepStrictEqual(shown, wanted)) this.findings.push(`the member ${id} is ${JSON.stringify(shown)} in place of ${JSON.stringify(wanted)}`);
  }
}

/** The instant asked for has passed while nobody answered. */
function tooLate(error: unknown): never {
  throw isProblem(error, 'invalid-times') ? new Again('the instant has passed') : error;
}
