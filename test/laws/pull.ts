import type { ChangesPage, Problem } from '../../schemas/types.ts';
import { instant } from '../../server/policy/time.ts';
import { instantsOfChange } from '../../server/policy/world.ts';
import type { Answer } from '../support/api.ts';
import { comparable, type Model } from './model.ts';
import { LawBroken, type Possible } from './possible.ts';
import { NOTHING, checkDigest, receive, undue, type Held, type Replica } from './replica.ts';
import type { Check, Done, Scene } from './scene.ts';
import type { PullStep } from './steps.ts';

const NDJSON = 'application/x-ndjson';
const WEEK = 7 * 86_400_000;
/** More pages than any pull of these runs can need: one that goes on after that does not end. */
const ENDLESS = 5000;

/** Pulls a replica as the step says. What was received is noted at once; what must hold of it is given as checks. */
export async function pull(scene: Scene, step: PullStep & { hub: number }): Promise<Done> {
  if (!scene.model.members.has(step.viewer)) return {};
  const replica = scene.replica(step.viewer, step.feed, step.copy);
  // Who is cut off, and has been told so, has little to ask for.
  const idle = replica.held.cursor === undefined && !scene.model.isActive(step.viewer) && step.limit > 1;
  if (idle || !scene.take(`replica ${replica.key}`)) return {};
  scene.counts.add('pulls');
  if (replica.refused && replica.held.cursor !== undefined) scene.counts.add('feedCameBack');
  const pulling = new Pulling(scene, step, replica);
  await (step.form === 'json' ? pulling.pages() : pulling.stream());
  return { checks: pulling.checks };
}

/** Brings a replica up to date, whatever it takes. */
export async function pullAll(scene: Scene, replica: Replica): Promise<Done> {
  const { viewer, feed, copy } = replica;
  return pull(scene, { do: 'pull', viewer, feed, copy, limit: 1000, pages: ENDLESS, form: 'json', trouble: 'none', digest: 'parts', poll: 'no', lines: 0, hub: 0 });
}

class Pulling {
  readonly checks: Check[] = [];
  readonly #scene: Scene;
  readonly #step: PullStep & { hub: number };
  readonly #replica: Replica;

  constructor(scene: Scene, step: PullStep & { hub: number }, replica: Replica) {
    this.#scene = scene;
    this.#step = step;
    this.#replica = replica;
  }

  /** Page after page, each from the next process. */
  async pages(): Promise<void> {
    const { pages, trouble, hub } = this.#step;
    const { counts } = this.#scene;
    for (let n = 0; n < ENDLESS; n += 1) {
      const asked = [hub + n, ...(trouble === 'twice' ? [hub + n + 1] : [])];
      if (asked.length > 1) counts.add('twice');
      const answers = await Promise.all(asked.map((process) => this.#ask<ChangesPage>(process, 'application/json')));
      if (answers.some((answer) => this.#refused(answer))) {
        if (answers[0]!.status === 410) continue;
        return;
      }
      const results = answers.map((answer, index) => this.#received(this.#replica.held, answer, asked[index]!));
      const last = results.at(-1)!;
      const ends = !last.midst || n + 1 >= pages;
      if (ends && (trouble === 'lost' || trouble === 'cut')) {
        counts.add('lost');
        return;
      }
      this.#keep(last);
      if (!last.midst) return;
      if (ends) {
        counts.add('stopped');
        return;
      }
    }
    throw new LawBroken(`the pull of ${this.#replica.key} does not end`);
  }

  /**
   * All pages in one answer. Where the stream is to be cut off, all of it is read all the same, since the hub has sent it, but the
   * replica gets no more than the whole pages of its first lines. (Connections that break are for the tests of faults.)
   */
  async stream(): Promise<void> {
    const { hub, pages, trouble, lines } = this.#step;
    const { counts } = this.#scene;
    const answer = await this.#ask<string>(hub, NDJSON);
    if (this.#refused(answer)) return;
    counts.add('streams');
    let held = this.#replica.held;
    let read = 0;
    const whole: Held[] = [];
    for (const page of pagesOf(answer.body)) {
      if (!('changes' in page)) {
        this.#refuse(page);
        break;
      }
      held = this.#receive(held, page, hub);
      read += page.changes.length + 1;
      if ((trouble !== 'cut' && trouble !== 'lost') || read <= lines) whole.push(held);
      if (page.complete) break;
    }
    const kept = whole.slice(0, pages);
    if (kept.length < whole.length || trouble === 'cut' || trouble === 'lost') counts.add('cut');
    if (kept.length > 0) this.#keep(kept.at(-1)!);
  }

  #ask<T>(process: number, accept: string): Promise<Answer<T>> {
    const { held, feed, viewer } = this.#replica;
    const { processes, counts } = this.#scene;
    const from = held.from;
    if (held.cursor !== undefined && from !== undefined && from !== processes.serial(process)) counts.add(processes.isRunning(from) ? 'otherProcess' : 'afterRestart');
    const { limit, digest, poll } = this.#step;
    const query = Object.entries({ limit, digest: digest === 'none' ? undefined : digest, cursor: held.cursor, wait: poll === 'wait' ? 1 : undefined }).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
    const has: Record<string, string> = poll === 'no' || held.tag === undefined ? {} : { 'if-none-match': held.tag };
    if (poll === 'wait') counts.add('waits');
    if (poll !== 'no' && held.tag !== undefined) counts.add('polls');
    return processes.send<T>(viewer, process, 'GET', `/v1/feeds/${feed}/changes?${query.join('&')}`, undefined, { accept, ...has });
  }

  /** Whether the hub refused, and what a client does then. */
  #refused({ status, body }: Answer<unknown>): boolean {
    if (status === 200 || status === 304) {
      const { viewer, feed } = this.#replica;
      const at = this.#scene.instant();
      this.checks.push((possible) => must(possible.some((model) => model.isActive(viewer) && model.isOffered(viewer, feed, at)), `${viewer} pulls ${feed}, to which it has no right`));
      return false;
    }
    this.#refuse(body as Problem);
    return true;
  }

  #refuse({ status, type }: Problem): void {
    const { viewer, feed, copy } = this.#replica;
    const { counts, instant } = { counts: this.#scene.counts, instant: this.#scene.instant() };
    if (status === 410) {
      counts.add('resynced');
      this.#replica.held = NOTHING;
    } else if (status === 403) {
      counts.add('toldOfSuspension');
      this.#replica.held = NOTHING;
      this.checks.push((possible) => must(possible.some((model) => !model.isActive(viewer)), `${viewer} is told that it is suspended`));
    } else if (status === 404) {
      counts.add('feedRefused');
      // One kind of client empties its copy, as it should. The other keeps it and its cursor: should the feed come back, that holds.
      if (copy === 0) this.#replica.held = NOTHING;
      this.#replica.refused = true;
      this.checks.push((possible) => must(possible.some((model) => !model.isOffered(viewer, feed, instant)), `${viewer} is refused ${feed}, which is offered to it`));
    } else {
      throw new Error(`unexpected answer to a pull: ${status} ${type}`);
    }
  }

  /** A page; or, where there is nothing new to a replica that said what it has, nothing. */
  #received(held: Held, { status, body, headers }: Answer<ChangesPage>, process: number): Held {
    if (status === 200) return { ...this.#receive(held, body, process), tag: headers.get('etag') ?? undefined };
    this.#scene.counts.add('nothingNew');
    must(held.tag !== undefined, 'the hub says that nothing is new to a replica that did not say what it has');
    const { viewer, feed } = this.#replica;
    const asOf = Math.max(this.#scene.instant(), held.asOf);
    const next: Held = { ...held, asOf, decided: Math.max(held.decided, asOf), items: undue(held.items, asOf), world: this.#scene.model };
    const views = viewsOf(next.items);
    this.checks.push((possible) => possible.compare(viewer, feed, views, asOf));
    return next;
  }

  #receive(held: Held, page: ChangesPage, process: number): Held {
    const { ledger, model, step, counts, processes } = this.#scene;
    const { viewer, key } = this.#replica;
    this.#countMidst(held);
    counts.add('pages');
    const instant = this.#scene.instant();
    const next = receive(held, { page, limit: this.#step.limit, process: processes.serial(process), instant, model, undisturbed: this.#undisturbed(held) });
    for (const change of page.changes) if (change.type === 'signal') ledger.note(viewer, change.signal.id, step, key);
    this.#countChanges(held, page);
    const instants = next.asOf > held.asOf && page.complete ? [next.asOf] : [...new Set([instant, Math.max(held.decided, instant)])];
    this.checks.push((possible) => this.#checkChanges(possible, page, instants));
    if (page.complete) this.#complete(held, next, page.digest);
    return next;
  }

  /**
   * Each change says what the plain evaluator says, at the instant at which the page was decided. Before a pull is complete,
   * something may be removed that comes again on a later page.
   */
  #checkChanges(possible: Possible, page: ChangesPage, instants: readonly number[]): void {
    const { viewer, feed, key } = this.#replica;
    const { ledger } = this.#scene;
    for (const change of page.changes) {
      const id = change.type === 'signal' ? change.signal.id : change.id;
      const states = possible.states(id);
      if (change.type === 'remove' && change.reason !== 'gone') {
        must(states.some((signal) => signal.retracted?.reason === change.reason), `${key} is told that ${id} was retracted: ${change.reason}`);
        // Looked at once all answers of the step have come: that of the read which sent it may come after this one.
        must(ledger.has(viewer, id), `the retraction of ${id} was told to ${viewer}, who was never sent it`);
      } else {
        const view = change.type === 'signal' ? comparable(change.signal) : undefined;
        const explained = (view === undefined && !page.complete) || instants.some((at) => possible.allows(viewer, feed, id, view, at));
        const owedReason = change.type === 'remove' && states.length > 0 && states.every((signal) => signal.retracted);
        must(explained && !owedReason, `${key} is told at ${instants.map((at) => new Date(at).toISOString()).join(' or ')} ${JSON.stringify(change)} of ${JSON.stringify(states)}, of which it may be told ${JSON.stringify(states.map((signal) => possible.after.view(viewer, feed, signal, instants[0]!) ?? 'nothing'))}`);
      }
    }
  }

  #complete(before: Held, { items, told, asOf }: Held, digest: ChangesPage['digest']): void {
    const { counts, ledger, model, planned, together } = this.#scene;
    const { viewer, feed, key } = this.#replica;
    counts.add('complete');
    const views = viewsOf(items);
    this.checks.push((possible) => possible.compare(viewer, feed, views, asOf));
    must((digest !== undefined) === (this.#step.digest !== 'none'), 'a complete page carries a digest when it is asked for one');
    if (digest) this.checks.push(() => checkDigest(items, digest, this.#step.digest === 'parts'));
    const missed = ledger.owed(viewer, key, (id) => model.signals.get(id)?.retracted?.step).filter(({ signal }) => !told.has(signal));
    if (missed.length > 0) throw new LawBroken(`${key} was not told of retractions (by step): ${JSON.stringify(missed)}`);
    if (together) counts.add('pullsTogether');
    if (before.asOf === 0) return;
    if (planned.some((instant) => instant > before.asOf && instant <= asOf)) counts.add('policyTookEffect');
    if (asOf - before.asOf >= WEEK) counts.add('longAbsence');
    if ([...items.values()].some((view) => Date.parse(view.released_at) > Math.max(before.asOf, model.signals.get(view.id)?.accepted ?? Infinity))) counts.add('embargoEnded');
    const ended = [...before.items.values()].filter((view) => !items.has(view.id) && view.visible_until !== undefined && Date.parse(view.visible_until) <= asOf);
    const byItself = ended.filter((view) => Date.parse(view.visible_until!) === model.untilOf(model.signals.get(view.id)!));
    if (byItself.length > 0) counts.add('validityEnded');
    if (ended.length > byItself.length) counts.add('windowClosed');
  }

  #countChanges(held: Held, { changes }: ChangesPage): void {
    const { counts } = this.#scene;
    for (const change of changes) {
      if (change.type === 'signal' && held.removed.has(change.signal.id)) counts.add('releasedInMidPull');
      if (change.type === 'remove' && held.midst && this.#endedSince(held, change.id)) counts.add('endedInMidPull');
      if (change.type === 'signal') counts.add('signals');
      else counts.add(change.reason === 'gone' ? 'gone' : 'retracted');
      if (change.type === 'remove' && change.reason !== 'gone' && !held.items.has(change.id)) counts.add('retractedAnew');
    }
  }

  /** Whether a signal ended by itself since the page before, earlier than the replica was told. */
  #endedSince({ decided, items }: Held, id: string): boolean {
    const { model } = this.#scene;
    const signal = model.signals.get(id);
    const until = signal && !signal.retracted ? model.untilOf(signal) : 0;
    return items.has(id) && until > decided && until <= this.#scene.instant();
  }

  #undisturbed({ midst, world, asOf }: Held): boolean {
    const { model, together } = this.#scene;
    const now = this.#scene.instant();
    return !midst && !together && world?.version === model.version && !instantsOfChange(model.world, instant).some((at) => at > asOf && at <= now);
  }

  #countMidst({ midst, world }: Held): void {
    const { model, counts } = this.#scene;
    if (!midst || !world || world.version === model.version) return;
    counts.add('worldInMidPull');
    const now = this.#scene.instant();
    if (grantsOf(world, this.#replica, now) !== grantsOf(model, this.#replica, now, world)) counts.add('grantsInMidPull');
  }

  #keep(held: Held): void {
    this.#replica.held = held;
    this.#replica.refused = false;
  }
}

function viewsOf(items: Held['items']): Map<string, object> {
  return new Map([...items].map(([id, view]) => [id, comparable(view)]));
}

/** What a viewer is entitled to of the signals of a model, as one text. */
function grantsOf(model: Model, { viewer, feed }: Replica, at: number, of = model): string {
  return JSON.stringify([...of.signals.values()].slice(-100).map((signal) => model.decide(viewer, feed, signal, at).grant));
}

/** The pages of a stream; a problem ends it. */
function pagesOf(text: string): (ChangesPage | Problem)[] {
  const pages: (ChangesPage | Problem)[] = [];
  let changes: ChangesPage['changes'] = [];
  for (const line of text.split('\n').filter(Boolean)) {
    const { type, problem, ...rest } = JSON.parse(line) as { type?: string; problem?: Problem };
    if (problem) pages.push(problem);
    else if (type !== 'page') changes.push({ type, ...rest } as ChangesPage['changes'][number]);
    else {
      pages.push({ ...(rest as Omit<ChangesPage, 'changes'>), changes });
      changes = [];
    }
  }
  return pages;
}

function must(holds: boolean, message: string): void {
  if (!holds) throw new LawBroken(message);
}
