import type { Calendar, Explanation } from '../../../schemas/types.ts';
import type { Peer, Stage, Thing } from './stage.ts';

/** What the members do at one instant of a story. */
export interface Event {
  at: string;
  what: string;
  /** Nothing, where only time passes and something comes of it. */
  play?: (stage: Stage) => Promise<void>;
}

/** A policy walked from end to end: who takes part, what happens, and whose signals it is about. */
export interface Story {
  title: string;
  origin: string;
  /** Where the clock stands when the hub is made. */
  starts: string;
  prepare: (stage: Stage) => Promise<void>;
  events: readonly Event[];
  until: string;
}

/** What a peer sees of one signal or report: in words, or nothing. */
type Seen = ReadonlyMap<string, string>;

/** One thing that a peer sees, no longer sees, or sees otherwise. */
export interface Change extends Thing {
  peer: string;
  what: 'gained' | 'lost' | 'changed';
  /** What is seen of it now; nothing where it is lost. */
  view: string;
}

/** An instant of the walk, what happened, and whose view changed. */
export interface Moment {
  at: string;
  event?: string;
  changes: Change[];
}

/** Walks a story: it moves the clock from one instant to the next at which the hub says that something changes, and has everybody pull. */
export class Walk {
  readonly stage: Stage;
  readonly #story: Story;
  readonly #careful: boolean;
  readonly #seen = new Map<string, Seen>();

  /** @param careful looks at the millisecond before each instant too: what changes earlier than the hub told is then seen */
  constructor(stage: Stage, story: Story, { careful = false }: { careful?: boolean } = {}) {
    this.stage = stage;
    this.#story = story;
    this.#careful = careful;
  }

  /** Every instant at which something happened or a view changed. */
  async *moments(): AsyncGenerator<Moment, void> {
    const { events, until, prepare } = this.#story;
    await prepare(this.stage);
    for (const event of events) {
      yield* this.#pass(Date.parse(event.at) - 1);
      this.stage.clock.advance(1);
      await event.play?.(this.stage);
      yield { at: event.at, event: event.what, changes: await this.#look() };
    }
    yield* this.#pass(Date.parse(until));
  }

  /** What the origin is told in advance of what will be seen. */
  calendar(days: number): Promise<Calendar> {
    return this.#origin.client.request('GET', '/v1/policies/calendar', undefined, { query: { days } });
  }

  /** Why a peer sees a signal of the origin, or does not. */
  explain(signal: string, peer: string): Promise<Explanation> {
    return this.#origin.client.request('POST', '/v1/explain', { signal, peer });
  }

  get #origin(): Peer {
    return this.stage.peer(this.#story.origin);
  }

  /** Lets time pass: stops at every instant at which something may change, and tells where something did. */
  async *#pass(until: number): AsyncGenerator<Moment, void> {
    for (let told = await this.#ahead(); ; ) {
      const next = Math.min(until, ...told.instants.filter((at) => at > this.stage.clock.now()));
      for (const at of this.#careful ? [next - 1, next] : [next]) {
        if (at <= this.stage.clock.now()) continue;
        this.stage.clock.advance(at - this.stage.clock.now());
        const changes = await this.#look();
        if (changes.length > 0) yield { at: new Date(at).toISOString(), changes };
      }
      if (next >= until) return;
      if (next >= told.decided) told = await this.#ahead();
    }
  }

  /** What the hub tells of the time ahead: when what is decided now is released and ends, and when something else is decided. */
  async #ahead(): Promise<{ instants: number[]; decided: number }> {
    const peers = this.stage.peers.filter((peer) => peer !== this.#origin);
    const told = await Promise.all(this.stage.signals().flatMap((signal) => peers.map(({ id }) => this.explain(signal, id))));
    const decided = Math.min(...millis(told.map(({ changes_at: at }) => at)));
    const ends = peers.flatMap(({ reports }) => [...reports].flatMap(({ parts }) => parts.map((part) => ('visible_until' in part ? part.visible_until : undefined))));
    return { decided, instants: [decided, ...millis([...ends, ...told.flatMap(({ release, end }) => [release, end])])] };
  }

  /** Has everybody pull. @returns what is seen otherwise than before */
  async #look(): Promise<Change[]> {
    const changes: Change[] = [];
    await Promise.all(this.stage.peers.flatMap(({ signals, reports }) => [signals.sync(), reports.sync()]));
    for (const peer of this.stage.peers) {
      const [before, now] = [this.#seen.get(peer.id) ?? new Map<string, string>(), await view(this.stage, peer)];
      this.#seen.set(peer.id, now);
      for (const id of new Set([...before.keys(), ...now.keys()])) {
        if (before.get(id) === now.get(id)) continue;
        const what = !before.has(id) ? 'gained' : now.has(id) ? 'changed' : 'lost';
        changes.push({ peer: peer.id, what, ...this.stage.things.get(id)!, view: now.get(id) ?? '' });
      }
    }
    return changes;
  }
}

/** What a peer holds now: its replicas, and the emergencies that it is shown, but for its own. */
async function view(stage: Stage, { id: peer, client, signals, reports }: Peer): Promise<Map<string, string>> {
  const seen = new Map<string, string>();
  for (const signal of signals) seen.set(signal.id, `${fieldsOf(signal)}, ${originOf(stage, signal)}`);
  for (const report of reports) seen.set(report.id, `${report.parts.map((part) => ('part' in part ? part.part : '…')).join(' ')}, ${originOf(stage, report)}`);
  const alarmed = [...stage.things.values()].some(({ kind }) => kind === 'emergency');
  const { emergencies } = alarmed ? await client.request('GET', '/v1/emergencies') : { emergencies: [] };
  for (const emergency of emergencies) if (emergency.origin !== peer) seen.set(emergency.id, `text, ${originOf(stage, emergency)}`);
  return seen;
}

/** The fields of a signal that are there, in the order of the schema. */
export function fieldsOf(signal: object): string {
  return FIELDS.filter((field) => field in signal).join(' ');
}

const FIELDS = ['digests', 'harm', 'severity', 'confidence', 'status', 'observed', 'labels', 'intent', 'novelty', 'basis', 'note'];

function originOf(stage: Stage, { origin }: { origin?: string }): string {
  if (origin === undefined) return 'hidden';
  return stage.peers.some(({ id }) => id === origin) ? 'named' : 'pseudonymous';
}

function millis(instants: readonly (string | undefined)[]): number[] {
  return instants.filter((at) => at !== undefined).map((at) => Date.parse(at));
}
