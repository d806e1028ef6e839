import type { Calendar, CalendarDay, CalendarMoment, CalendarQuery } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import { snapshot } from '../db/database.ts';
import { readHead } from '../db/head.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { Hub } from '../hub.ts';
import { compile, type CompiledWorld } from '../policy/compile.ts';
import type { Grant } from '../policy/decide.ts';
import { remember } from '../policy/interner.ts';
import { edgesOf, eventsOf, type Event, type Piece } from '../policy/simulate.ts';
import { formatInstant } from '../policy/time.ts';
import { DAY } from '../signals/sums.ts';
import { tally, type Tally } from '../signals/tally.ts';
import type { HubWorld } from '../world/state.ts';
import { causesOf, momentsOf } from './causes.ts';
import { breather, ownClasses, type Class } from './comparison.ts';
import { calendarInWords } from './sentences.ts';
import { checkPeer } from './visibility.ts';

/** Instants of change that one calendar looks beyond: each needs decisions of its own. */
const MAX_MOMENTS = 50;

/** Classes of which the same is decided from instant to instant, for some peer. */
interface Course {
  of: Class;
  pieces: readonly Piece[];
  events: ReadonlyMap<string, Tally>;
}

/**
 * What of the caller's signals will be released to whom, and end, day by day, and when something else is decided and why; if
 * nothing else is written. Counted from the sums by day, so that it costs the number of classes.
 * @throws Problem not-found
 */
export function calendarOf(hub: Hub, entitlements: Entitlements, viewer: Viewer, { days = 30, peer }: CalendarQuery): Promise<Calendar> {
  return snapshot(hub.db, async (tx) => {
    const head = await readHead(tx, hub.clock);
    const world = await hub.worlds.at(head.world, tx);
    if (peer !== undefined) checkPeer(world, viewer, peer);
    const owner = viewer.member.id;
    const planned = (Math.floor(head.at / DAY) + days) * DAY;
    const peers = peer === undefined ? [...world.policy.members.values()].filter(({ id, status }) => status === 'active' && id !== owner).map(({ id }) => id).sort() : [peer];
    const all = momentsOf(world.policy, owner, [owner, ...peers], head.at, planned);
    const until = all[MAX_MOMENTS] ?? planned;
    const courses = new Courses(world, head.at, until);
    const classes = await ownClasses(entitlements, tx, viewer, head);
    const found = new Map<string, Course[]>();
    for (const id of peers) found.set(id, await courses.of(id, momentsOf(world.policy, owner, [owner, id], head.at, until), classes));
    await courses.count((questions) => tally(tx, questions, head.at, head.at));
    const calendar = { owner, at: formatInstant(head.at), until: formatInstant(until), ...assemble(world, owner, found, all.filter((at) => at < until)) };
    return { ...calendar, says: calendarInWords(calendar) };
  });
}

/** The courses of all classes for all peers; equal ones are one, and counted once. */
class Courses {
  readonly #world: HubWorld;
  readonly #from: number;
  readonly #until: number;
  readonly #engines = new Map<number, CompiledWorld>();
  readonly #courses = new Map<string, Course>();
  readonly #keys = new WeakMap<Grant, string>();
  readonly #breathe = breather();

  constructor(world: HubWorld, from: number, until: number) {
    this.#world = world;
    this.#from = from;
    this.#until = until;
  }

  async of(peer: string, moments: readonly number[], classes: readonly Class[]): Promise<Course[]> {
    const starts = [this.#from, ...moments];
    const deciders = starts.map((at) => remember(this.#engines, at, () => compile(this.#world.policy, at)).viewer(peer));
    const found: Course[] = [];
    for (const of of classes) {
      const grants = deciders.map((decider) => decider.grant(of.object));
      if (grants.some((grant) => grant)) found.push(this.#course(of, starts, grants));
      await this.#breathe();
    }
    return found;
  }

  async count(ask: (questions: Parameters<typeof tally<string>>[1]) => ReturnType<typeof tally<string>>): Promise<void> {
    const courses = [...this.#courses.values()];
    const midnights = Array.from({ length: Math.ceil((this.#until - this.#from) / DAY) + 1 }, (_, index) => (Math.floor(this.#from / DAY) + index) * DAY - 1);
    const counted = await ask(courses.map(({ of, pieces }) => {
      const starts = pieces.flatMap(({ from, until }) => [from - 1, from, until - 1]);
      return { classId: of.id, ...edgesOf(pieces.map((piece) => piece.grant), [...new Set([...starts, ...midnights])]), answer: eventsOf(pieces, DAY) };
    }));
    courses.forEach((course, index) => (course.events = counted[index]!));
  }

  #course(of: Class, starts: readonly number[], grants: readonly (Grant | undefined)[]): Course {
    const pieces: Piece[] = [];
    grants.forEach((grant, index) => {
      const key = this.#key(grant);
      if (pieces.at(-1)?.key === key) pieces.at(-1)!.until = starts[index + 1] ?? this.#until;
      else pieces.push({ key, grant, from: starts[index]!, until: starts[index + 1] ?? this.#until });
    });
    return remember(this.#courses, `${of.id} ${pieces.map(({ from, key }) => `${from} ${key}`).join()}`, () => ({ of, pieces, events: new Map<string, Tally>() }));
  }

  #key(grant: Grant | undefined): string {
    return grant ? remember(this.#keys, grant, () => JSON.stringify(grant)) : '';
  }
}

function assemble(world: HubWorld, owner: string, found: ReadonlyMap<string, readonly Course[]>, moments: readonly number[]): Pick<Calendar, 'days' | 'moments'> {
  const days = new Map<number, Map<string, { released: number; ended: number }>>();
  const changes = new Map<number, Map<string, { gained: number; lost: number; changed: number }>>(moments.map((at) => [at, new Map()]));
  for (const [peer, courses] of found) {
    for (const [text, { count }] of courses.flatMap((course) => [...course.events])) {
      for (const { what, at } of JSON.parse(text) as Event[]) {
        if (what === 'released' || what === 'ended') remember(remember(days, at, () => new Map<string, { released: number; ended: number }>()), peer, () => ({ released: 0, ended: 0 }))[what] += count;
        else remember(changes.get(at)!, peer, () => ({ gained: 0, lost: 0, changed: 0 }))[what] += count;
      }
    }
  }
  const ordered = [...days].sort(([a], [b]) => a - b).map(([at, peers]): CalendarDay => ({ day: formatInstant(at).slice(0, 10), peers: [...peers].map(([peer, counts]) => ({ peer, ...counts })) }));
  const told = [...changes].map(([at, peers]): CalendarMoment => ({ at: formatInstant(at), causes: causesOf(world.policy, owner, new Set(peers.keys()), at), peers: [...peers].map(([peer, counts]) => ({ peer, ...counts })) }));
  return { days: ordered, moments: told.filter(({ causes, peers }) => causes.length > 0 || peers.length > 0) };
}
