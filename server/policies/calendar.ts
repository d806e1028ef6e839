import type { Calendar, CalendarDay, CalendarMoment, CalendarQuery, PassedCounts, TurnedCounts } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import { snapshot } from '../db/database.ts';
import { readHead } from '../db/head.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { Hub } from '../hub.ts';
import { compile, type CompiledWorld } from '../policy/compile.ts';
import type { Grant } from '../policy/decide.ts';
import { remember } from '../policy/interner.ts';
import type { ObjectKind } from '../policy/object.ts';
import { edgesOf, eventsOf, type Event, type Piece } from '../policy/simulate.ts';
import { formatInstant } from '../policy/time.ts';
import { DAY } from '../signals/sums.ts';
import { tally } from '../signals/tally.ts';
import type { HubWorld } from '../world/state.ts';
import { causesOf, momentsOf } from './causes.ts';
import { breather, ownClasses, ownStored, type Class, type Compared } from './comparison.ts';
import { calendarInWords } from './sentences.ts';
import { StoredGrants, countCells } from './stored.ts';
import { checkPeer } from './visibility.ts';

/** Instants of change that one calendar looks beyond: each needs decisions of its own. */
const MAX_MOMENTS = 50;

/** Classes of which the same is decided from instant to instant, for some peer. */
interface Course {
  of: Compared;
  pieces: readonly Piece[];
  /** How many have which events, as JSON. */
  events: ReadonlyMap<string, number>;
}

/**
 * What of the caller's signals, parts of reports and requests will be released to whom, and end, day by day, and when something else is decided and why; if
 * nothing else is written. Signals are counted from the sums by day, so that they cost the number of classes.
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
    const classes = [...(await ownClasses(entitlements, tx, viewer, head)), ...(await ownStored(entitlements, tx, viewer, head, head.at))];
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
  readonly #stored = new StoredGrants();
  readonly #breathe = breather();

  constructor(world: HubWorld, from: number, until: number) {
    this.#world = world;
    this.#from = from;
    this.#until = until;
  }

  async of(peer: string, moments: readonly number[], classes: readonly Compared[]): Promise<Course[]> {
    const starts = [this.#from, ...moments];
    const deciders = starts.map((at) => remember(this.#engines, at, () => compile(this.#world.policy, at)).viewer(peer));
    const found: Course[] = [];
    for (const of of classes) {
      const grants = deciders.map((decider) => ('cells' in of ? this.#stored.of(of, decider) : decider.grant(of.object)));
      if (grants.some((grant) => grant)) found.push(this.#course(of, starts, grants));
      await this.#breathe();
    }
    return found;
  }

  async count(ask: (questions: Parameters<typeof tally<string>>[1]) => ReturnType<typeof tally<string>>): Promise<void> {
    const courses = [...this.#courses.values()].filter((course): course is Course & { of: Class } => !('cells' in course.of));
    for (const course of this.#courses.values()) if ('cells' in course.of) course.events = countCells(course.of, eventsOf(course.pieces, DAY));
    const midnights = Array.from({ length: Math.ceil((this.#until - this.#from) / DAY) + 1 }, (_, index) => (Math.floor(this.#from / DAY) + index) * DAY - 1);
    const counted = await ask(courses.map(({ of, pieces }) => {
      const starts = pieces.flatMap(({ from, until }) => [from - 1, from, until - 1]);
      return { classId: of.id, ...edgesOf(pieces.map((piece) => piece.grant), [...new Set([...starts, ...midnights])]), answer: eventsOf(pieces, DAY) };
    }));
    courses.forEach((course, index) => (course.events = new Map([...counted[index]!].map(([events, { count }]) => [events, count]))));
  }

  #course(of: Compared, starts: readonly number[], grants: readonly (Grant | undefined)[]): Course {
    const pieces: Piece[] = [];
    grants.forEach((grant, index) => {
      const key = this.#key(grant);
      if (pieces.at(-1)?.key === key) pieces.at(-1)!.until = starts[index + 1] ?? this.#until;
      else pieces.push({ key, grant, from: starts[index]!, until: starts[index + 1] ?? this.#until });
    });
    return remember(this.#courses, `${of.id} ${pieces.map(({ from, key }) => `${from} ${key}`).join()}`, () => ({ of, pieces, events: new Map<string, number>() }));
  }

  #key(grant: Grant | undefined): string {
    return grant ? remember(this.#keys, grant, () => JSON.stringify(grant)) : '';
  }
}

type Counted<C> = C & { parts?: C; requests?: C };

/** The counts for objects of a kind, among those for signals. */
function countsFor<C>(counts: Counted<C>, kind: ObjectKind, none: () => C): C {
  if (kind === 'signal') return counts;
  return kind === 'part' ? (counts.parts ??= none()) : (counts.requests ??= none());
}

function assemble(world: HubWorld, owner: string, found: ReadonlyMap<string, readonly Course[]>, moments: readonly number[]): Pick<Calendar, 'days' | 'moments'> {
  const [noPassed, noTurned] = [(): PassedCounts => ({ released: 0, ended: 0 }), (): TurnedCounts => ({ gained: 0, lost: 0, changed: 0 })];
  const days = new Map<number, Map<string, Counted<PassedCounts>>>();
  const changes = new Map<number, Map<string, Counted<TurnedCounts>>>(moments.map((at) => [at, new Map()]));
  for (const [peer, courses] of found) {
    for (const { of: { object: { kind } }, events } of courses) {
      for (const [text, count] of events) {
        for (const { what, at } of JSON.parse(text) as Event[]) {
          if (what === 'released' || what === 'ended') countsFor<PassedCounts>(remember(remember(days, at, () => new Map<string, Counted<PassedCounts>>()), peer, noPassed), kind, noPassed)[what] += count;
          else countsFor<TurnedCounts>(remember(changes.get(at)!, peer, noTurned), kind, noTurned)[what] += count;
        }
      }
    }
  }
  const ordered = [...days].sort(([a], [b]) => a - b).map(([at, peers]): CalendarDay => ({ day: formatInstant(at).slice(0, 10), peers: [...peers].map(([peer, counts]) => ({ peer, ...counts })) }));
  const told = [...changes].map(([at, peers]): CalendarMoment => ({ at: formatInstant(at), causes: causesOf(world.policy, owner, new Set(peers.keys()), at), peers: [...peers].map(([peer, counts]) => ({ peer, ...counts })) }));
  return { days: ordered, moments: told.filter(({ causes, peers }) => causes.length > 0 || peers.length > 0) };
}
