import { createHash } from 'node:crypto';
import type { BatchResult, BatchSummary, ItemResult, NewSignal, SignalView, UndoResult } from '../../schemas/types.ts';
import { comparable, objectOf, type Effect, type ModelSignal } from './model.ts';
import { LawBroken } from './possible.ts';
import type { Done, ModelBatch, Scene } from './scene.ts';
import type { Aim, Content, Step } from './steps.ts';
import { must, write } from './world-steps.ts';

type Of<K extends Step['do']> = Extract<Step, { do: K }>;

const NDJSON = { 'content-type': 'application/x-ndjson' };
const SET = 'listed';
/** Signals looked at for one that an aim means. */
const LATEST = 60;

export async function post(scene: Scene, { member, content, count, as, reference, hub }: Of<'post'>): Promise<Done> {
  if (!scene.model.members.has(member) || (as !== 'single' && !scene.take(`bulk ${member}`))) return {};
  const referred = reference !== undefined && scene.take(`reference ${member} ${reference}`) ? `r${reference}` : undefined;
  const items = Array.from({ length: as === 'single' ? 1 : count }, (_, index) => signalOf(scene, content, index, index === 0 ? referred : undefined));
  if (as === 'single') {
    const { body, checks } = await write<ItemResult>(scene, member, hub, 'POST', '/v1/signals', items[0]);
    return body ? { checks, effect: settle(scene, member, '', items, [body]).effect } : { checks };
  }
  const { body, checks } = as === 'array' ? await write<BatchResult>(scene, member, hub, 'POST', '/v1/signals', items) : await writeLines(scene, member, hub, 'POST', '/v1/signals', items);
  if (!body) return { checks };
  const { effect, batch } = settle(scene, member, '', items, body.results);
  scene.batches.push({ id: body.summary.batch, origin: member, items: batch });
  return { checks, effect };
}

/** Replaces a set: what it does not mention is retracted. */
export async function set(scene: Scene, { member, content, references, hub }: Of<'set'>): Promise<Done> {
  const inSet = [...scene.model.signals.values()].filter((signal) => signal.origin === member && signal.set === SET && !signal.retracted);
  if (!scene.model.members.has(member) || inSet.some(({ id }) => scene.busy.has(id)) || !scene.take(`bulk ${member}`, ...inSet.map(({ id }) => id))) return {};
  const items = references.map((reference, index) => signalOf(scene, content, index, `s${reference}`));
  const { body, checks } = await writeLines(scene, member, hub, 'PUT', `/v1/sets/${SET}`, items);
  if (!body) return { checks };
  scene.counts.add('synchronised');
  const { effect, batch } = settle(scene, member, SET, items, body.results);
  const unmentioned = inSet.filter(({ content: { reference } }) => !items.some((item) => item.reference === reference));
  if (body.summary.retracted !== unmentioned.length) throw new LawBroken(`a set took back ${body.summary.retracted} signals instead of ${unmentioned.length}`);
  scene.batches.push({ id: body.summary.batch, origin: member, items: batch });
  return { checks, effect: { signals: [...effect.signals, ...unmentioned.map((signal) => retracted(scene, signal, 'no-longer-listed'))] } };
}

async function writeLines(scene: Scene, member: string, hub: number, method: string, path: string, items: readonly NewSignal[]): Promise<{ body?: BatchResult; checks: NonNullable<Done['checks']> }> {
  const { body, checks } = await write<string>(scene, member, hub, method, path, items.map((item) => `${JSON.stringify(item)}\n`).join(''), NDJSON);
  if (body === undefined) return { checks };
  const lines = body.split('\n').filter(Boolean).map((line) => JSON.parse(line) as ItemResult | BatchSummary);
  const summary = lines.at(-1);
  if (!summary || !('done' in summary)) throw new Error(`a stream was not finished: ${body}`);
  return { body: { results: lines.slice(0, -1) as ItemResult[], summary }, checks };
}

/** What became of items: new signals, or others under the same reference. */
function settle(scene: Scene, origin: string, setName: string, items: readonly NewSignal[], results: readonly ItemResult[]): { effect: Required<Pick<Effect, 'signals'>>; batch: ModelBatch['items'] } {
  const signals: ModelSignal[] = [];
  const batch: ModelBatch['items'] = [];
  results.forEach(({ status, id = '', problem }, index) => {
    if (status === 'rejected') throw new Error(`unexpectedly rejected: ${JSON.stringify(problem)}`);
    const before = scene.model.signals.get(id);
    const content = items[index]!;
    const mine = before === undefined || (before.origin === origin && before.content.reference === content.reference && before.set === setName && !before.retracted);
    if ((status === 'created') !== (before === undefined) || !mine) throw new LawBroken(`a post says ${status} of ${id}, which is ${JSON.stringify(before)}`);
    if (status === 'unchanged') return;
    const signal: ModelSignal = before ? { ...before, content, revision: before.revision + 1 } : { id, origin, set: setName, accepted: scene.instant(), content, revision: 1 };
    signals.push(signal);
    batch.push({ id, revision: signal.revision, ...(before ? { before } : {}) });
  });
  return { effect: { signals }, batch };
}

export async function update(scene: Scene, { aim, change, hub }: Of<'update'>): Promise<Done> {
  const signal = aimed(scene, aim);
  if (!signal || !scene.take(signal.id, ...referenceOf(signal))) return {};
  const content = changedContent(scene, signal, change);
  const { body, checks } = await write<ItemResult>(scene, signal.origin, hub, 'PUT', `/v1/signals/${signal.id}`, content);
  if (!body || body.status === 'unchanged') return { checks };
  const changed = { ...signal, content, revision: signal.revision + 1 };
  countUpdate(scene, signal, changed);
  return { checks, effect: { signals: [changed] } };
}

export async function retract(scene: Scene, { aim, reason, hub }: Of<'retract'>): Promise<Done> {
  const signal = aimed(scene, aim);
  if (!signal || !scene.take(signal.id, ...referenceOf(signal))) return {};
  const { body, checks } = await write<ItemResult>(scene, signal.origin, hub, 'POST', `/v1/signals/${signal.id}/retract`, { reason });
  if (!body) return { checks };
  if (!isReleased(scene, signal)) scene.counts.add('retractedBeforeRelease');
  return { checks, effect: { signals: [retracted(scene, signal, reason)] } };
}

export async function expire(scene: Scene, { aim, hub }: Of<'expire'>): Promise<Done> {
  const signal = aimed(scene, aim);
  if (!signal || !scene.take(signal.id, ...referenceOf(signal))) return {};
  const { body, checks } = await write<ItemResult>(scene, signal.origin, hub, 'POST', `/v1/signals/${signal.id}/expire`);
  if (!body) return { checks };
  // What has ended already is found without writing.
  if (body.status === 'unchanged') {
    scene.doubt();
    return { checks };
  }
  scene.counts.add('expired');
  const { not_before: _gone, ...content } = signal.content;
  return { checks, effect: { signals: [{ ...signal, revision: signal.revision + 1, content: { ...content, valid_until: iso(scene.instant()) } }] } };
}

export async function undo(scene: Scene, { pick, hub }: Of<'undo'>): Promise<Done> {
  const batch = scene.batches[pick % Math.max(1, scene.batches.length)];
  if (!batch) return {};
  const { body, checks } = await write<UndoResult>(scene, batch.origin, hub, 'POST', `/v1/batches/${batch.id}/undo`);
  if (!body) return { checks };
  scene.doubt();
  scene.counts.add('undone');
  const signals = batch.items.flatMap(({ id, revision, before }): ModelSignal[] => {
    const signal = scene.model.signals.get(id)!;
    if (signal.retracted || signal.revision !== revision) return [];
    return [before ? { ...signal, content: before.content, revision: revision + 1 } : retracted(scene, signal, 'batch-undone')];
  });
  return { checks, effect: { signals } };
}

/** A single read must agree with the evaluator as pulls must, and counts as received. */
export async function read(scene: Scene, { viewer, aim, hub }: Of<'read'>): Promise<Done> {
  const signal = aimed(scene, aim);
  if (!signal || !scene.model.members.has(viewer)) return {};
  const at = scene.instant();
  const answer = await scene.processes.send<SignalView>(viewer, hub, 'GET', `/v1/signals/${signal.id}`);
  scene.counts.add('reads');
  if (answer.status === 403) return { checks: [(possible) => must(possible.some((model) => !model.isActive(viewer)), `${viewer} is told that it is suspended`)] };
  if (answer.status !== 200 && answer.status !== 404) throw new Error(`unexpected answer to a read: ${JSON.stringify(answer)}`);
  const view = answer.status === 200 ? comparable(answer.body) : undefined;
  if (view) scene.counts.add('readsShown');
  if (view && signal.origin !== viewer) scene.ledger.note(viewer, signal.id, scene.step);
  return { checks: [(possible) => must(possible.allows(viewer, undefined, signal.id, view, at), `${viewer} reads ${JSON.stringify(view ?? 'nothing')} of ${JSON.stringify(signal)}`)] };
}

/** The signal that an aim means, which nothing else in this step is about. */
export function aimed(scene: Scene, { at, pick }: Aim): ModelSignal | undefined {
  const live = [...scene.model.signals.values()].filter((signal) => !signal.retracted && !scene.busy.has(signal.id)).slice(-LATEST).reverse();
  const meant = live.filter((signal) => means(scene, at, signal));
  const among = meant.length > 0 ? meant : live;
  return among[pick % Math.max(1, among.length)];
}

function means(scene: Scene, at: Aim['at'], signal: ModelSignal): boolean {
  if (at === 'held') return [...scene.replicas.values()].some(({ held }) => held.items.has(signal.id));
  if (at === 'in-feed') return [...scene.replicas.values()].some(({ feed, held }) => scene.model.feeds.get(feed)?.filter && held.items.has(signal.id));
  if (at === 'embargoed') return isEmbargoed(scene, signal);
  return at === 'any' || scene.model.untilOf(signal) <= scene.instant();
}

/** Somebody will see it, and does not see it yet. */
function isEmbargoed(scene: Scene, signal: ModelSignal): boolean {
  const { model } = scene;
  const at = scene.instant();
  return [...model.members.keys()].some((viewer) => viewer !== signal.origin && (model.decide(viewer, undefined, signal, at).span?.release ?? 0) > at);
}

/** Somebody but its origin sees it, or did. */
function isReleased(scene: Scene, { id }: ModelSignal): boolean {
  return [...scene.model.members.keys()].some((viewer) => scene.ledger.has(viewer, id));
}

function countUpdate(scene: Scene, before: ModelSignal, after: ModelSignal): void {
  const { counts, model, replicas } = scene;
  const at = scene.instant();
  if (JSON.stringify(objectOf(before)) !== JSON.stringify(objectOf(after))) counts.add('classChanged');
  if (isEmbargoed(scene, before)) counts.add('updateInEmbargo');
  if (model.untilOf(before) <= at && model.untilOf(after) > at) counts.add('cameBack');
  const left = [...replicas.values()].some(({ viewer, feed, held }) => held.items.has(before.id) && model.feeds.get(feed)?.filter && model.decide(viewer, feed, before, at).grant && !model.decide(viewer, feed, after, at).grant && model.decide(viewer, 'all', after, at).grant);
  if (left) counts.add('leftFilter');
}

function retracted(scene: Scene, signal: ModelSignal, reason: NonNullable<ModelSignal['retracted']>['reason']): ModelSignal {
  return { ...signal, revision: signal.revision + 1, retracted: { reason, step: scene.step } };
}

function referenceOf({ origin, set: setName, content: { reference } }: ModelSignal): string[] {
  return reference === undefined || setName !== '' ? [] : [`reference ${origin} ${reference.slice(1)}`];
}

function changedContent(scene: Scene, { content: before }: ModelSignal, change: Partial<Content>): NewSignal {
  const { schemes, ...patch } = change;
  const fresh = written(scene, patch);
  const content: NewSignal = { ...before, ...fresh, ...(schemes ? { digests: digestsOf(scene, schemes, 0) } : {}) };
  return sound(patch.labels?.length === 0 ? omit(content, 'labels') : content);
}

function signalOf(scene: Scene, content: Content, index: number, reference: string | undefined): NewSignal {
  const { schemes, ...rest } = content;
  return sound({ ...(written(scene, rest) as NewSignal), digests: digestsOf(scene, schemes, index), status: 'malicious', ...(reference === undefined ? {} : { reference }) });
}

/** Content as the hub takes it: instants in place of offsets. */
function written(scene: Scene, { observed, validFor, notBefore, labels, ...rest }: Partial<Omit<Content, 'schemes'>>): Partial<NewSignal> {
  const at = (offset: number): string => iso(scene.instant() + offset);
  return {
    ...rest,
    ...(labels?.length ? { labels } : {}),
    ...(observed === undefined ? {} : { observed: { first: at(observed) } }),
    ...(validFor === undefined ? {} : { valid_until: at(validFor) }),
    ...(notBefore === undefined ? {} : { not_before: at(notBefore) }),
  };
}

/** What would end before it begins is not accepted. */
function sound(content: NewSignal): NewSignal {
  const { not_before: from, valid_until: until } = content;
  return from !== undefined && until !== undefined && Date.parse(until) <= Date.parse(from) ? omit(content, 'not_before') : content;
}

function digestsOf(scene: Scene, schemes: Content['schemes'], index: number): NewSignal['digests'] {
  return schemes.map((scheme) => ({ scheme, digest: createHash(scheme === 'media-md5' ? 'md5' : 'sha256').update(`${scene.step} ${scene.busy.size} ${index}`).digest('hex') }));
}

function omit<T extends object>(value: T, name: keyof T): T {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name)) as T;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
