import type { GrantDifference, Handling, StandingLayer } from '../../schemas/types.ts';
import { hasBit, type Bits } from './bits.ts';
import { enumeration, ruleMatches, stateOutcomes } from './conditions.ts';
import { covers, TOPICS, type Topic } from './coverage.ts';
import { judge } from './decide.ts';
import { byPrecedence } from './evaluate.ts';
import type { Grant } from './grant.ts';
import { CONTRADICTION, meetHandling } from './handling.ts';
import { remember } from './interner.ts';
import { span, type Span } from './meet.ts';
import type { Lifetime, PolicyObject } from './object.ts';
import { indexByObject, indexByPeer, type ObjectSubject, type RuleIndex } from './rule-index.ts';
import type { Instant } from './time.ts';
import { inForce, type Member, type World } from './world.ts';

/** What becomes of an object for a peer when one grant takes the place of another, as bits. */
export const Fate = {
  /** Seen after, and not before. */
  gained: 1,
  /** Seen before, and not after. */
  lost: 2,
  /** Seen before and after. */
  kept: 4,
  /** To be seen later, and never before. */
  promised: 8,
  /** Was to be seen later, and never will. */
  forgone: 16,
  earlier: 32,
  later: 64,
  shorter: 128,
  longer: 256,
  /** Kept, with another date of release or end. */
  redated: 512,
} as const;

/** A line that the end of an object is compared with: its acceptance and so much, or an instant. */
export interface Limit {
  of: 'accepted' | 'nothing';
  plus: number;
}

/**
 * Where the answer for an object can change: between acceptances below a cut and from it on, and between ends below a limit
 * and from it on. In between it is the same for all.
 */
export interface Edges {
  cuts: number[];
  limits: Limit[];
}

/** What becomes of an object at an instant, by its acceptance and its end. What has ended by then is nothing to anybody. */
export function fateOf(before: Grant | undefined, after: Grant | undefined, at: Instant): (lifetime: Lifetime) => number {
  return (lifetime) => {
    const [was, is] = [leftOf(before, lifetime, at), leftOf(after, lifetime, at)];
    if (was && is) return retimed(was, is, at);
    if (is) return is.release <= at ? Fate.gained : Fate.promised;
    if (was) return was.release <= at ? Fate.lost : Fate.forgone;
    return 0;
  };
}

function retimed(was: Span, is: Span, at: Instant): number {
  const [saw, sees] = [was.release <= at, is.release <= at];
  const [start, end] = [(one: Span): number => Math.max(one.release, at), (one: Span): number => one.end ?? Infinity];
  const times = (start(is) < start(was) ? Fate.earlier : 0) | (start(is) > start(was) ? Fate.later : 0) | (end(is) < end(was) ? Fate.shorter : 0) | (end(is) > end(was) ? Fate.longer : 0);
  if (saw && sees) return times | Fate.kept | (was.release !== is.release || end(was) !== end(is) ? Fate.redated : 0);
  return times | (sees ? Fate.gained : 0) | (saw ? Fate.lost : 0);
}

/** The span of what has not ended by then. */
export function leftOf(grant: Grant | undefined, lifetime: Lifetime, at: Instant): Span | undefined {
  const found = grant && span(grant, lifetime);
  return found && (found.end === undefined || found.end > at) ? found : undefined;
}

/** Whether a peer sees an object, will see it, or will not. */
export type State = 'visible' | 'later' | 'withheld';

/** How objects stand at an instant under a grant. */
export function stateOf(grant: Grant | undefined, at: Instant): (lifetime: Lifetime) => State {
  return (lifetime) => {
    const left = leftOf(grant, lifetime, at);
    return left ? (left.release <= at ? 'visible' : 'later') : 'withheld';
  };
}

/** A grant that holds from an instant up to another. Equal keys are equal grants. */
export interface Piece {
  key: string;
  grant: Grant | undefined;
  from: Instant;
  until: Instant;
}

/** Something that happens to an object: because time passes, in the course of the period that begins at `at`; or because another grant holds from `at` on. */
export interface Event {
  what: 'released' | 'ended' | 'gained' | 'lost' | 'changed';
  at: Instant;
}

/** What happens to an object under grants that follow each other, as JSON. What is seen at the start is no event. */
export function eventsOf(pieces: readonly Piece[], period: number): (lifetime: Lifetime) => string {
  return (lifetime) => {
    const spans = pieces.map(({ grant }) => grant && span(grant, lifetime));
    return JSON.stringify(pieces.flatMap(({ from, until }, index): Event[] => [...replaced(spans[index - 1], spans[index], from, index), ...passed(spans[index], from, until, period)]));
  };
}

function replaced(was: Span | undefined, is: Span | undefined, at: Instant, index: number): Event[] {
  if (index === 0) return [];
  const [saw, sees] = [seenAt(was, at - 1), seenAt(is, at)];
  return saw || sees ? [{ what: saw && sees ? 'changed' : sees ? 'gained' : 'lost', at }] : [];
}

function seenAt(one: Span | undefined, at: Instant): boolean {
  return one !== undefined && one.release <= at && (one.end === undefined || one.end > at);
}

function passed(one: Span | undefined, from: Instant, until: Instant, period: number): Event[] {
  if (!one) return [];
  const within = (at: Instant): boolean => from < at && at < until;
  const begin = (at: Instant): Instant => Math.floor(at / period) * period;
  return [...(within(one.release) ? [{ what: 'released' as const, at: begin(one.release) }] : []), ...(one.end !== undefined && within(one.end) ? [{ what: 'ended' as const, at: begin(one.end) }] : [])];
}

/**
 * What is granted of a part of a report: it is seen where its title is as well, and for as long.
 * @param title undefined where the title is not granted
 */
export function withTitle(title: Grant | undefined, part: Grant | undefined): Grant | undefined {
  return title && part && { ...part, windows: [...title.windows, ...part.windows] };
}

/** Where answers about these grants can change, which look at their spans as they stand at some instants. */
export function edgesOf(grants: readonly (Grant | undefined)[], instants: readonly Instant[]): Edges {
  const cuts = new Set<number>();
  const limits: Limit[] = instants.map((at) => ({ of: 'nothing', plus: at + 1 }));
  const all = grants.flatMap((grant) => (grant ? linesOf(grant) : []));
  const constants = all.filter((line) => line.of === 'nothing').map((line) => line.plus);
  for (const { of, plus } of all) {
    limits.push({ of, plus: plus + 1 });
    if (of === 'nothing') continue;
    if (plus > 0) for (const at of instants) cuts.add(at - plus + 1);
    for (const constant of constants) cuts.add(constant - plus).add(constant - plus + 1);
  }
  return { cuts: [...cuts], limits };
}

/** The lines that release and end of an object follow, by its acceptance. */
function linesOf({ windows, notBefore }: Grant): Limit[] {
  const starts = [0, ...windows.map((window) => window.after)];
  const [delay, lengths] = [Math.max(...starts), windows.filter((window) => window.for !== undefined)];
  const fixed = notBefore === undefined ? [] : [...starts, notBefore].map((plus, index, list): Limit => (index === list.length - 1 ? { of: 'nothing', plus } : { of: 'accepted', plus }));
  const ends = lengths.flatMap(({ after, for: length }): Limit[] => [{ of: 'accepted', plus: after + length! }, ...(notBefore === undefined ? [] : [{ of: 'nothing' as const, plus: notBefore + length! }])]);
  return [{ of: 'accepted', plus: delay }, ...fixed, ...ends];
}

const displays = enumeration('OriginDisplay');

/** In what a grant reveals more or less than another, and lets the peer do more or less with it. */
export function compareGrants(before: Grant, after: Grant): GrantDifference {
  const [more, less] = [after.reveal.filter((field) => !before.reveal.includes(field)), before.reveal.filter((field) => !after.reveal.includes(field))];
  const origin = displays.indexOf(before.origin) - displays.indexOf(after.origin);
  const fields = (Object.keys(after.handling) as (keyof Handling)[]).map((field) => [field, compareHandling(field, before.handling, after.handling)] as const);
  const those = (way: string): string[] => fields.filter(([, found]) => found === way).map(([field]) => field);
  return { more, less, origin: origin === 0 ? 'same' : origin > 0 ? 'more' : 'less', handling: { wider: those('wider'), stricter: those('stricter'), other: those('other') } };
}

/** By the meet: where it gives what comes after, that is the stricter. */
function compareHandling(field: keyof Handling, before: Handling, after: Handling): 'same' | 'wider' | 'stricter' | 'other' {
  const [was, is] = [JSON.stringify(before[field]), JSON.stringify(after[field])];
  if (was === is) return 'same';
  const met = meetHandling({ [field]: before[field] }, { [field]: after[field] });
  const both = met === CONTRADICTION ? undefined : JSON.stringify(met[field]);
  return both === is ? 'stricter' : both === was ? 'wider' : 'other';
}

/** Which rules have the say about an object for a peer, and which layer keeps it back, if any. */
export interface Say {
  charter?: string;
  policy?: string;
  withheld_by?: StandingLayer;
}

/** What one policy sees: its rules in the order in which they decide. */
interface Sides {
  rules: ReturnType<typeof byPrecedence>;
  objects: RuleIndex<ObjectSubject>;
  peers: RuleIndex<Member>;
  ofObject: Map<PolicyObject, Bits>;
  ofPeer: Map<string, Bits>;
}

/** Tells which rules decide, in one world at one instant. A rule is found as the compiled engine finds it. */
export class Responsible {
  readonly #world: World;
  readonly #at: Instant;
  readonly #sides = new Map<string, Sides>();

  constructor(world: World, at: Instant) {
    this.#world = world;
    this.#at = at;
  }

  /** @param granted whether it is shown to the viewer; where it is not, and would be by itself, no layer is named */
  say(object: PolicyObject, viewer: Member, granted: boolean): Say {
    const origin = this.#world.members.get(object.origin);
    if (!origin) return { withheld_by: 'built-in' };
    const [charter, policy] = [this.#rule(this.#world.operator, object, origin, viewer), this.#rule(origin.id, object, origin, viewer)];
    const rules = { ...(charter === undefined ? {} : { charter }), ...(policy === undefined ? {} : { policy }) };
    const layer = granted ? undefined : this.#layer(object, viewer);
    return layer === undefined ? rules : { ...rules, withheld_by: layer };
  }

  #layer(object: PolicyObject, viewer: Member): StandingLayer | undefined {
    const { findings } = judge({ world: this.#world, at: this.#at, viewer: viewer.id, object });
    return findings.find((finding) => finding.effect === 'withhold')?.layer as StandingLayer | undefined;
  }

  #rule(owner: string, object: PolicyObject, origin: Member, viewer: Member): string | undefined {
    const { rules, objects, peers, ofObject, ofPeer } = remember(this.#sides, `${owner} ${object.kind}`, () => this.#make(owner, TOPICS[object.kind]));
    const one = remember(ofObject, object, () => objects.matching({ origin, attributes: object.attributes }));
    const other = remember(ofPeer, viewer.id, () => peers.matching(viewer));
    return rules.find((_, index) => hasBit(one, index) && hasBit(other, index))?.id;
  }

  #make(owner: string, topic: Topic): Sides {
    const all = inForce(this.#world, owner, this.#at)?.policy?.rules ?? [];
    const rules = byPrecedence(all.filter((rule) => covers(rule, topic) && ruleMatches(rule, stateOutcomes(rule, this.#world, this.#at))));
    return { rules, objects: indexByObject(rules, topic, this.#world, this.#at), peers: indexByPeer(rules, this.#world, this.#at), ofObject: new Map(), ofPeer: new Map() };
  }
}

/** Milliseconds as an ISO 8601 duration, in hours where they are whole. */
export function durationText(milliseconds: number): string {
  const hours = milliseconds / 3_600_000;
  return Number.isInteger(hours) ? `PT${hours}H` : `PT${milliseconds / 1000}S`;
}
