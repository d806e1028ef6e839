import type { Agreement, FeedDocument, Policy, PolicyVersion } from '../../schemas/types.ts';
import type { Answer } from '../support/api.ts';
import type { Effect, Model, ModelMember } from './model.ts';
import { LawBroken } from './possible.ts';
import type { Done, Scene } from './scene.ts';
import { MEMBERS, OPERATOR, policyOf, type AgreementTemplate, type Step } from './steps.ts';

type Of<K extends Step['do']> = Extract<Step, { do: K }>;

/** Changes in the world are the operator's. */
async function operate(scene: Scene, hub: number, method: string, path: string, body: object | undefined, effect: Effect): Promise<Done> {
  expectOk(await scene.processes.send(OPERATOR, hub, method, path, body));
  scene.committed();
  return { effect };
}

export async function join(scene: Scene, { member: id, kind, trust, jurisdictions, agreements }: Of<'join'>): Promise<Done> {
  if (scene.model.members.has(id)) return {};
  const dated = datedAgreements(agreements, scene.instant());
  await scene.processes.join({ id, kind, trust, jurisdictions, agreements: dated });
  scene.committed();
  const member: ModelMember = { id, kind, trust, jurisdictions, status: 'active', agreements: modelAgreements(dated) };
  return { effect: { world: (model) => model.putMember(member) } };
}

/** To `all`, which is always there. */
export async function subscribe(scene: Scene, { member: id, on, hub }: Of<'subscribe'>): Promise<Done> {
  const member = scene.model.members.get(id);
  if (member?.status !== 'active' || (member.subscriptions?.has('all') ?? false) === on || !scene.take(`member ${id}`)) return {};
  expectOk(await scene.processes.send(id, hub, on ? 'PUT' : 'DELETE', '/v1/subscriptions/all', undefined));
  scene.committed();
  scene.counts.add('subscriptions');
  return { effect: { world: (model) => model.putMember({ ...model.members.get(id)!, subscriptions: new Set(on ? ['all'] : []) }) } };
}

export async function change(scene: Scene, { member: id, trust, jurisdictions, agreements, hub }: Of<'change'>): Promise<Done> {
  if (!isPresent(scene, id) || !scene.take(`member ${id}`)) return {};
  const dated = agreements && datedAgreements(agreements, scene.instant());
  const changed = { ...(trust ? { trust } : {}), ...(jurisdictions ? { jurisdictions } : {}) };
  scene.counts.add('memberChanges');
  const body = { ...changed, ...(dated ? { agreements: dated } : {}) };
  return operate(scene, hub, 'PATCH', `/v1/members/${id}`, body, { world: (model) => model.putMember({ ...model.members.get(id)!, ...changed, ...(dated ? { agreements: modelAgreements(dated) } : {}) }) });
}

export async function suspend(scene: Scene, { member: id, hub }: Of<'suspend'>): Promise<Done> {
  if (!isPresent(scene, id) || !scene.model.isActive(id)) return {};
  return setStatus(scene, id, 'suspended', hub);
}

export async function resume(scene: Scene, { pick, hub }: Of<'resume'>): Promise<Done> {
  const suspended = [...scene.model.members.values()].filter(({ status }) => status === 'suspended');
  const member = suspended[pick % Math.max(1, suspended.length)];
  return member ? setStatus(scene, member.id, 'active', hub) : {};
}

async function setStatus(scene: Scene, id: string, status: 'active' | 'suspended', hub: number): Promise<Done> {
  if (!scene.take(`member ${id}`, `bulk ${id}`)) return {};
  scene.counts.add(status === 'active' ? 'resumptions' : 'suspensions');
  return operate(scene, hub, 'POST', `/v1/members/${id}/${status === 'active' ? 'resume' : 'suspend'}`, undefined, { world: (model) => model.putMember({ ...model.members.get(id)!, status }) });
}

export async function leave(scene: Scene, { member: id, signals, hub }: Of<'leave'>): Promise<Done> {
  if (!isPresent(scene, id)) return {};
  scene.counts.add('departures');
  const own = signals === 'keep' ? [] : [...scene.model.signals.values()].filter((signal) => signal.origin === id && !signal.retracted);
  const world = (model: Model): void => {
    model.putMember({ ...model.members.get(id)!, status: 'left' });
    for (const group of model.groupsOf(id)) model.putGroup(group, [...model.groups.get(group)!].filter((other) => other !== id));
  };
  const retracted = own.map((signal) => ({ ...signal, revision: signal.revision + 1, retracted: { reason: 'origin-left' as const, step: scene.step } }));
  return operate(scene, hub, 'POST', `/v1/members/${id}/off-board`, { signals }, { world, signals: retracted });
}

export async function group(scene: Scene, { group: id, members, hub }: Of<'group'>): Promise<Done> {
  if (scene.deletedGroups.has(id) || !scene.take(`group ${id}`)) return {};
  const present = members.filter((member) => isPresent(scene, member));
  scene.counts.add('groupChanges');
  return operate(scene, hub, 'PUT', `/v1/groups/${id}`, { title: id, members: present }, { world: (model) => model.putGroup(id, present) });
}

export async function deleteGroup(scene: Scene, { group: id, hub }: Of<'delete-group'>): Promise<Done> {
  if (!scene.model.groups.has(id)) return {};
  scene.deletedGroups.add(id);
  scene.counts.add('groupChanges');
  return operate(scene, hub, 'DELETE', `/v1/groups/${id}`, undefined, { world: (model) => model.putGroup(id, undefined) });
}

export async function activate(scene: Scene, { owner, policy: template, delay, hub }: Of<'activate'>): Promise<Done> {
  if (!isPresent(scene, owner) || !scene.take(`policy ${owner}`)) return {};
  const policy = fitGroups(policyOf(template, owner, 'own', scene.instant()), known(scene, owner)) as Policy;
  const stored = await write<PolicyVersion>(scene, owner, hub, 'POST', '/v1/policies', policy);
  if (!stored.body) return stored;
  const effective = scene.instant() + delay;
  const path = `/v1/policies/${policy.id}/versions/${stored.body.version}/activate`;
  const activated = await write(scene, owner, hub, 'POST', path, delay > 0 ? { effective_at: new Date(effective).toISOString() } : {});
  if (!activated.body) return activated;
  return inForce(scene, owner, stored.body.version, effective, delay > 0, policy);
}

export async function withdrawPolicy(scene: Scene, { owner, delay, hub }: Of<'withdraw-policy'>): Promise<Done> {
  if (!isPresent(scene, owner) || !scene.take(`policy ${owner}`)) return {};
  const effective = scene.instant() + delay;
  const withdrawn = await write(scene, owner, hub, 'POST', `/v1/policies/${owner}/withdraw`, delay > 0 ? { effective_at: new Date(effective).toISOString() } : {});
  return withdrawn.body ? inForce(scene, owner, 0, effective, delay > 0, null) : withdrawn;
}

function inForce(scene: Scene, owner: string, version: number, effective: number, planned: boolean, policy: Policy | null): Done {
  scene.counts.add('activations');
  if (planned) scene.planned.push(effective);
  return { effect: { world: (model) => model.activate(owner, version, effective, policy) } };
}

export async function feed(scene: Scene, { feed: id, document, hub }: Of<'feed'>): Promise<Done> {
  const owner = id.split('/')[0]!;
  if (!isPresent(scene, owner) || !scene.take(`feed ${id}`)) return {};
  const doc = fitGroups({ id, title: id, ...document }, known(scene, owner)) as FeedDocument;
  const { body, checks } = await write(scene, owner, hub, 'PUT', `/v1/feeds/${id}`, doc);
  if (!body) return { checks };
  if (hasReaders(scene, id)) scene.counts.add('feedChanged');
  return { checks, effect: { world: (model) => model.putFeed(id, doc) } };
}

export async function withdrawFeed(scene: Scene, { feed: id, hub }: Of<'withdraw-feed'>): Promise<Done> {
  const owner = id.split('/')[0]!;
  if (!scene.model.feeds.has(id) || !scene.take(`feed ${id}`)) return {};
  const { body, checks } = await write(scene, owner, hub, 'DELETE', `/v1/feeds/${id}`);
  if (!body) return { checks };
  if (hasReaders(scene, id)) scene.counts.add('feedWithdrawn');
  return { checks, effect: { world: (model) => model.putFeed(id, undefined) } };
}

/** What a member writes: `body` is undefined where it was refused because it is cut off, or because a name is not known. */
export interface Written<T> extends Done {
  body?: T;
  checks: NonNullable<Done['checks']>;
}

/** Writes as a member. Whether it may is looked at when it is known what happened at the same time. */
export async function write<T>(scene: Scene, member: string, hub: number, method: string, path: string, body?: object | string, headers: Record<string, string> = {}): Promise<Written<T>> {
  const answer = await scene.processes.send<T>(member, hub, method, path, body, headers);
  if (answer.status === 403) {
    scene.doubt();
    return { checks: [(possible) => must(possible.some((model) => !model.isActive(member)), `${member} is told that it is suspended`)] };
  }
  if (answer.status === 422 && namesAreMissing(scene, answer)) return { checks: [] };
  expectOk(answer);
  scene.committed();
  return { body: answer.body, checks: [(possible) => must(possible.some((model) => model.isActive(member)), `${member} writes although it is suspended`)] };
}

/** A policy may name what is not there yet, or not any more: where steps are left out, or a group changes at the same time. */
function namesAreMissing(scene: Scene, { body }: Answer<unknown>): boolean {
  const { type } = body as { type: string };
  const everybody = MEMBERS.every((id) => scene.model.members.has(id));
  return (type.endsWith('invalid-policy') || type.endsWith('invalid-body')) && (!everybody || scene.together);
}

function known(scene: Scene, owner: string): string[] {
  return owner === OPERATOR ? [...scene.model.groups.keys()] : scene.model.groupsOf(owner);
}

/** The document with groups that its owner may name in place of others; conditions that name none are left out. */
function fitGroups(value: unknown, groups: readonly string[], name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => fitGroups(item, groups));
  if (typeof value !== 'object' || value === null) return value;
  const fitted = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    if (key === 'onward_groups' || name === 'groups') {
      const fit = [...new Set((inner as string[]).map((group) => (groups.includes(group) ? group : groups[group.length % groups.length])))].filter((group) => group !== undefined);
      return fit.length > 0 ? [[key, fit]] : [];
    }
    const fit = fitGroups(inner, groups, key);
    return ['groups', 'peers', 'origin', 'signals', 'filter'].includes(key) && typeof fit === 'object' && Object.keys(fit as object).length === 0 ? [] : [[key, fit]];
  });
  return Object.fromEntries(fitted);
}

function datedAgreements(templates: readonly AgreementTemplate[], now: number): Agreement[] {
  const iso = (offset: number): string => new Date(now + offset).toISOString();
  return templates.map(({ id, version, from, until }) => ({ id, ...(version === undefined ? {} : { version }), from: iso(from), ...(until === undefined ? {} : { until: iso(until) }) }));
}

function modelAgreements(dated: readonly Agreement[]): ModelMember['agreements'] {
  return dated.map(({ id, version, from, until }) => ({ id, ...(version === undefined ? {} : { version }), from: Date.parse(from), ...(until === undefined ? {} : { until: Date.parse(until) }) }));
}

function isPresent(scene: Scene, id: string): boolean {
  return id === OPERATOR || (scene.model.members.get(id)?.status ?? 'left') !== 'left';
}

function hasReaders(scene: Scene, feed: string): boolean {
  return [...scene.replicas.values()].some((replica) => replica.feed === feed && replica.held.cursor !== undefined);
}

export function expectOk({ status, body }: Answer<unknown>): void {
  if (status >= 300) throw new Error(`unexpected answer ${status}: ${JSON.stringify(body)}`);
}

export function must(holds: boolean, message: string): void {
  if (!holds) throw new LawBroken(message);
}
