import { sql } from 'kysely';
import { unnest, type Tx } from '../db/database.ts';
import type { Edges, Limit } from '../policy/simulate.ts';
import { DAY } from './sums.ts';

/** How many signals, and how many of them have a note, observation times, and both: these only where a question is about contents. */
export interface Tally {
  count: number;
  noted: number;
  observed: number;
  both: number;
}

/** So many of which nothing else is known. */
export function tallyOf(count: number): Tally {
  return { count, noted: 0, observed: 0, both: 0 };
}

/** Asks one thing of every signal of a class, by its acceptance and end. The answer may change at the edges only. */
export interface Question<T> extends Edges {
  classId: number;
  /** Whether it matters how many have a note or observation times. */
  contents?: boolean;
  answer: (signal: { accepted: number; until: number }) => T;
}

/** Signals of a class that were accepted, and end, within these instants. */
interface Cell extends Tally {
  classId: number;
  accepted: [first: number, last: number];
  until: [first: number, last: number];
}

interface Asked<T> extends Edges {
  contents: boolean;
  questions: { question: Question<T>; counts: Map<T, Tally> }[];
}

/** Cells that are read in one query. */
const BATCH = 500;

/**
 * Counts the active signals of classes that have not ended at an instant by the answers to questions, exactly, from the sums by
 * day. Where an edge runs through a day of acceptance, its parts are counted by index; where one runs through what ends on a
 * day, signals are read. What signals contain is looked at only where a question is about it: the rest is in the index.
 * @param now nothing was accepted after
 * @returns for each question, how many signals had which answer
 */
export async function tally<T>(tx: Tx, questions: readonly Question<T>[], at: number, now: number): Promise<ReadonlyMap<T, Tally>[]> {
  const asked = byClass(questions, at);
  const [split, open]: [Cell[], Cell[]] = [[], []];
  const apart = (cells: readonly Cell[]): [boolean, Cell[]][] => [true, false].map((contents) => [contents, cells.filter(({ classId }) => asked.get(classId)!.contents === contents)]);
  for (const cell of await readSums(tx, [...asked.keys()], at, now)) {
    const { cuts, limits } = asked.get(cell.classId)!;
    if (limits.some((limit) => crosses(limit, cell))) open.push(cell);
    else if (cuts.some((cut) => divides(cut, cell))) split.push(cell);
    else add(asked, cell);
  }
  for (const [contents, cells] of apart(split)) for (const cell of await readParts(tx, asked, cells, contents)) add(asked, cell);
  for (const [contents, cells] of apart(open)) {
    for (let start = 0; start < cells.length; start += BATCH) for (const cell of await readSignals(tx, cells.slice(start, start + BATCH), contents)) add(asked, cell);
  }
  return questions.map((question) => asked.get(question.classId)!.questions.find((one) => one.question === question)!.counts);
}

function byClass<T>(questions: readonly Question<T>[], at: number): Map<number, Asked<T>> {
  const asked = new Map<number, Asked<T>>();
  for (const question of questions) {
    const of = asked.get(question.classId) ?? { contents: false, questions: [], cuts: [], limits: [{ of: 'nothing', plus: at + 1 }] };
    of.contents ||= question.contents ?? false;
    of.questions.push({ question, counts: new Map() });
    of.cuts.push(...question.cuts);
    of.limits.push(...question.limits);
    asked.set(question.classId, of);
  }
  for (const of of asked.values()) {
    of.cuts = [...new Set(of.cuts)].sort((a, b) => a - b);
    of.limits = [...new Map(of.limits.map((limit) => [`${limit.of} ${limit.plus}`, limit])).values()];
  }
  return asked;
}

function divides(cut: number, { accepted: [first, last] }: Cell): boolean {
  return first < cut && cut <= last;
}

/** Whether some of the cell may end below the limit, and some from it on. */
function crosses({ of, plus }: Limit, { accepted: [first, last], until: [start, end] }: Cell): boolean {
  const [lowest, highest] = of === 'accepted' ? [first + plus, last + plus] : [plus, plus];
  return start < highest && end >= lowest;
}

/** All of a cell have one answer, whichever of them is asked. */
function add<T>(asked: ReadonlyMap<number, Asked<T>>, { classId, accepted, until, count, noted, observed, both }: Cell): void {
  for (const { question, counts } of asked.get(classId)!.questions) {
    const answer = question.answer({ accepted: accepted[1], until: until[1] });
    const sum = counts.get(answer) ?? tallyOf(0);
    counts.set(answer, { count: sum.count + count, noted: sum.noted + noted, observed: sum.observed + observed, both: sum.both + both });
  }
}

async function readSums(tx: Tx, classes: readonly number[], at: number, now: number): Promise<Cell[]> {
  const { rows } = await sql<Tally & { class_id: number; accepted_day: number; until_day: number }>`select c.class_id, c.accepted_day, c.until_day, c.count, c.with_note as noted, c.with_observed as observed, c.with_both as "both"
    from ${unnest([{ type: 'integer', values: classes }])} k(id) join class_sum c on c.class_id = k.id and c.until_day >= ${Math.floor(at / DAY)} where c.count > 0`.execute(tx);
  return rows.map(({ class_id: classId, accepted_day: day, until_day: last, count, noted, observed, both }) => ({
    classId,
    accepted: [day * DAY, Math.min((day + 1) * DAY - 1, now)],
    until: [last * DAY, (last + 1) * DAY - 1],
    count,
    noted,
    observed,
    both,
  }));
}

/** The parts into which cuts divide cells. The longest part of a day is not counted: it is what remains. */
async function readParts<T>(tx: Tx, asked: ReadonlyMap<number, Asked<T>>, cells: readonly Cell[], contents: boolean): Promise<Cell[]> {
  if (cells.length === 0) return [];
  const days = new Map<string, { cells: Map<number, Cell>; rest: [number, number]; parts: [number, number][] }>();
  for (const cell of cells) {
    const key = `${cell.classId} ${cell.accepted[0]}`;
    const day = days.get(key) ?? { cells: new Map<number, Cell>(), ...partsOf(cell.accepted, asked.get(cell.classId)!.cuts) };
    day.cells.set(cell.until[0], cell);
    days.set(key, day);
  }
  const parts = [...days.values()].flatMap((day) => day.parts.map((accepted) => ({ day, accepted, classId: [...day.cells.values()][0]!.classId })));
  const found: Cell[] = [];
  const columns = unnest([
    { type: 'integer', values: parts.map((_, n) => n) },
    { type: 'integer', values: parts.map(({ classId }) => classId) },
    { type: 'bigint', values: parts.map(({ accepted }) => accepted[0]) },
    { type: 'bigint', values: parts.map(({ accepted }) => accepted[1]) },
  ]);
  const { rows } = await sql<Tally & { n: number; until: number }>`select k.n, s.until / ${DAY}::bigint * ${DAY}::bigint as until, count(*)::bigint as count, ${contents ? COUNT_CONTENTS : NO_CONTENTS}
    from ${columns} k(n, class_id, first, last) join signal s on s.class_id = k.class_id and s.accepted_at >= k.first and s.accepted_at <= k.last where s.active group by 1, 2`.execute(tx);
  for (const { n, until, ...counts } of rows) {
    const { day, accepted } = parts[n]!;
    const whole = day.cells.get(until);
    if (!whole) continue;
    found.push({ ...whole, ...counts, accepted });
    day.cells.set(until, { ...whole, count: whole.count - counts.count, noted: whole.noted - counts.noted, observed: whole.observed - counts.observed, both: whole.both - counts.both });
  }
  return [...found, ...[...days.values()].flatMap((day) => [...day.cells.values()].filter((cell) => cell.count > 0).map((cell) => ({ ...cell, accepted: day.rest })))];
}

const NO_CONTENTS = sql`0 as noted, 0 as observed, 0 as "both"`;
const COUNT_CONTENTS = sql`count(*) filter (where s.content ? 'note')::bigint as noted, count(*) filter (where s.content ? 'observed')::bigint as observed,
  count(*) filter (where s.content ?& array['note', 'observed'])::bigint as "both"`;

function partsOf([first, last]: [number, number], cuts: readonly number[]): { rest: [number, number]; parts: [number, number][] } {
  const starts = [first, ...cuts.filter((cut) => first < cut && cut <= last)];
  const parts = starts.map((start, index): [number, number] => [start, (starts[index + 1] ?? last + 1) - 1]);
  const rest = parts.reduce((longest, part) => (part[1] - part[0] > longest[1] - longest[0] ? part : longest));
  return { rest, parts: parts.filter((part) => part !== rest) };
}

/** Each signal of some cells, as a cell of its own. */
async function readSignals(tx: Tx, cells: readonly Cell[], contents: boolean): Promise<Cell[]> {
  const columns = unnest([
    { type: 'integer', values: cells.map(({ classId }) => classId) },
    ...(['accepted', 'until'] as const).flatMap((which) => [0, 1].map((end) => ({ type: 'bigint' as const, values: cells.map((cell) => cell[which][end]!) }))),
  ]);
  const { rows } = await sql<{ class_id: number; accepted_at: number; until: number; noted: boolean; observed: boolean }>`select s.class_id, s.accepted_at, s.until, ${contents ? sql`s.content ? 'note' as noted, s.content ? 'observed' as observed` : sql`false as noted, false as observed`}
    from ${columns} k(class_id, first, last, from_end, to_end) join signal s on s.class_id = k.class_id and s.accepted_at >= k.first and s.accepted_at <= k.last
    where s.active and s.until >= k.from_end and s.until <= k.to_end`.execute(tx);
  return rows.map(({ class_id: classId, accepted_at: accepted, until, noted, observed }) => ({ classId, accepted: [accepted, accepted], until: [until, until], count: 1, noted: Number(noted), observed: Number(observed), both: Number(noted && observed) }));
}
