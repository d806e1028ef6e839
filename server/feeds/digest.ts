import { sql } from 'kysely';
import { ConstantHashes, RELEASED_FACTOR, UNTIL_FACTOR, itemDigest, modulo, sumText } from '../../clients/sdk/reconcile.ts';
import type { ReconciliationDigest, SignalView } from '../../schemas/types.ts';
import { unnest } from '../db/database.ts';
import { DAY } from '../signals/sums.ts';
import { LAST_ID } from './cursor.ts';
import { FOREVER, reachAt, type Reach } from './entitlements.ts';
import type { Look } from './look.ts';
import type { PageWork } from './pull.ts';
import { readKeys, type Stretch } from './rows.ts';
import { viewsOf } from './view.ts';

/** A class of which something is visible to the viewer. */
interface Visible {
  classId: number;
  look: Look;
  reach: Reach;
  /** The part that its signals belong to, as the sum of the hashes that they have in common. */
  constant: bigint;
}

/** A row of sums: of one bucket, or of all buckets of a class that are wholly visible (`accepted_day` null). */
interface Bucket {
  n: number;
  accepted_day: number | null;
  until_day: number | null;
  count: number;
  ids: string;
  accepted: string;
  until: string;
  digests: string;
  observed: string;
  note: string;
}

/** a * x + b for the instant of acceptance x, or the signal's own end. */
type Line = { of: 'accepted'; plus: number } | { of: 'until' } | { of: 'nothing'; plus: number };

const constants = new ConstantHashes();

/**
 * What the viewer's replica should hold at the head of this snapshot, from the sums that are kept by class, day of acceptance and
 * day of the end. A day that a window's edge or a limit of terms runs through is read signal by signal.
 */
export async function digestOf(work: PageWork, withParts: boolean): Promise<ReconciliationDigest> {
  const visible = await visibleClasses(work);
  const parts = new Map<string, { count: number; sum: bigint }>();
  const add = ({ constant }: Visible, count: number, sum: bigint): void => {
    const part = parts.get(sumText(constant)) ?? { count: 0, sum: 0n };
    parts.set(sumText(constant), { count: part.count + count, sum: modulo(part.sum + sum) });
  };
  const open: { of: Visible; bucket: Bucket }[] = [];
  for (const bucket of await readSums(work, visible)) {
    const of = visible[bucket.n]!;
    const sum = sumOf(of, bucket, work.head.at);
    if (sum === undefined) open.push({ of, bucket });
    else add(of, bucket.count, sum);
  }
  await readOpen(work, open, add);
  return total(parts, withParts);
}

function total(parts: ReadonlyMap<string, { count: number; sum: bigint }>, withParts: boolean): ReconciliationDigest {
  const present = [...parts].filter(([, { count }]) => count > 0);
  const [count, sum] = present.reduce(([n, all], [, part]) => [n + part.count, all + part.sum], [0, 0n]);
  const listed = present.map(([part, each]) => ({ part, count: each.count, sum: sumText(each.sum) })).sort((a, b) => (a.part < b.part ? -1 : 1));
  return { count, sum: sumText(sum), ...(withParts ? { parts: listed } : {}) };
}

async function visibleClasses(work: PageWork): Promise<Visible[]> {
  const { head } = work;
  const table = await work.tableOf({ world: head.world, at: head.at });
  return table.slice(0, head.classes).flatMap((entitlement, index): Visible[] => {
    const reach = entitlement && reachAt(entitlement.grant, head.at);
    if (!reach) return [];
    const look = work.lookOf(entitlement, index + 1);
    return [{ classId: index + 1, look, reach, constant: constants.sum(look.constants) }];
  });
}

const dayOf = (instant: number): number => Math.floor(instant / DAY);
/** Days that a column of type integer can hold, whatever the instant. */
const clamp = (day: number): number => Math.max(-2_000_000_000, Math.min(2_000_000_000, day));

/** Buckets that have anything visible; those that are so as a whole, and look alike, already added up by class. */
async function readSums({ tx, head }: PageWork, visible: readonly Visible[]): Promise<Bucket[]> {
  const today = dayOf(head.at);
  const wholeFrom = ({ look, reach }: Visible): number => (isSimple(look) ? clamp(dayOf(reach.lo) + 1) : 2_000_000_000);
  const wholeTo = ({ reach }: Visible): number => clamp(reach.hi === FOREVER ? FOREVER : dayOf(reach.hi) - 1);
  const columns = unnest([
    { type: 'integer', values: visible.map((_, n) => n) },
    { type: 'integer', values: visible.map((of) => of.classId) },
    { type: 'integer', values: visible.map(({ reach }) => clamp(dayOf(reach.lo + 1))) },
    { type: 'integer', values: visible.map(({ reach }) => clamp(dayOf(reach.hi))) },
    { type: 'integer', values: visible.map(wholeFrom) },
    { type: 'integer', values: visible.map(wholeTo) },
  ]);
  const sums = ['ids', 'accepted', 'until', 'digests', 'observed', 'note'].map((name) => sql`sum(c.${sql.ref(name)})::text as ${sql.ref(name)}`);
  const found = await sql<Bucket>`select k.n, w.accepted_day, w.until_day, sum(c.count)::bigint as count, ${sql.join(sums)}
    from ${columns} k(n, class_id, lo, hi, whole_from, whole_to) join class_sum c on c.class_id = k.class_id and c.accepted_day between k.lo and k.hi and c.until_day >= ${today}
    cross join lateral (select case when whole then null else c.accepted_day end as accepted_day, case when whole then null else c.until_day end as until_day
      from (select c.accepted_day between k.whole_from and k.whole_to and c.until_day > ${today} as whole) t) w
    where c.count > 0 group by 1, 2, 3`.execute(tx);
  return found.rows;
}

/** Whether `released_at` and `visible_until` of all its signals follow acceptance and their own end in the same way. */
function isSimple({ notBefore, ends }: Look): boolean {
  return notBefore === null && ends.length === 0;
}

/** What a bucket adds to the digest; undefined where its signals must be read one by one. */
function sumOf(of: Visible, bucket: Bucket, at: number): bigint | undefined {
  const { look, reach } = of;
  const { accepted_day: day, until_day: last } = bucket;
  if (day === null || last === null) return linear(bucket, of, { of: 'accepted', plus: look.after }, { of: 'until' });
  const [first, end] = [day * DAY, (day + 1) * DAY - 1];
  if (first <= reach.lo || end > reach.hi || last * DAY <= at) return undefined;
  const released = sameAt(first, end, (x) => releasedAt(look, x));
  const until = sameAt(first, end, (x) => endOf(look, x, last));
  return released && until ? linear(bucket, of, released, until) : undefined;
}

/** The line that holds at both ends of a day: these functions are made of lines that do not cross twice. */
function sameAt(first: number, end: number, at: (accepted: number) => Line | undefined): Line | undefined {
  const [a, b] = [at(first), at(end)];
  return JSON.stringify(a) === JSON.stringify(b) ? a : undefined;
}

function releasedAt({ after, notBefore }: Look, accepted: number): Line {
  return later(accepted, after, notBefore);
}

function later(accepted: number, plus: number, least: number | null): Line {
  return least === null || accepted + plus >= least ? { of: 'accepted', plus } : { of: 'nothing', plus: least };
}

/** Which of the limits comes first for a signal that ends on a day; undefined where that depends on the hour. */
function endOf({ ends }: Look, accepted: number, lastDay: number): Line | undefined {
  const limits = ends.map(({ x, y }) => later(accepted, x, y));
  const valueOf = (line: Line): number => (line.of === 'accepted' ? accepted + line.plus : line.of === 'nothing' ? line.plus : Infinity);
  const earliest = limits.reduce<Line>((least, line) => (valueOf(line) < valueOf(least) ? line : least), { of: 'until' });
  const value = valueOf(earliest);
  if (value >= (lastDay + 1) * DAY) return { of: 'until' };
  return value < lastDay * DAY ? earliest : undefined;
}

function linear(bucket: Bucket, { look: { shown }, constant }: Visible, released: Line, until: Line): bigint {
  const ids = BigInt(bucket.ids);
  const varying = (shown.digest ? BigInt(bucket.digests) : 0n) + (shown.observed ? BigInt(bucket.observed) : 0n) + (shown.note ? BigInt(bucket.note) : 0n);
  const valueOf = (line: Line): bigint => {
    if (line.of === 'until') return BigInt(bucket.until);
    return (line.of === 'accepted' ? BigInt(bucket.accepted) : 0n) + ids * BigInt(line.plus);
  };
  return modulo(ids * constant + varying + RELEASED_FACTOR * valueOf(released) + UNTIL_FACTOR * valueOf(until));
}

/** Signals read at a time. */
const CHUNK = 1000;

async function readOpen(work: PageWork, open: readonly { of: Visible; bucket: Bucket }[], add: (of: Visible, count: number, sum: bigint) => void): Promise<void> {
  const wanted = new Set(open.map(({ of, bucket }) => `${of.classId} ${bucket.accepted_day} ${bucket.until_day}`));
  const days = new Map(open.map(({ of, bucket }) => [`${of.classId} ${bucket.accepted_day}`, { of, stretch: dayOfClass(of, bucket.accepted_day!) }]));
  let left = [...days.values()];
  while (left.length > 0) {
    const rows = await readKeys(work.tx, left.map(({ stretch }) => stretch), work.head.at, CHUNK);
    const shown = rows.flatMap((row) => (wanted.has(`${left[row.n]!.of.classId} ${dayOf(row.accepted_at)} ${dayOf(row.until)}`) ? [{ id: row.id, of: left[row.n]!.of }] : []));
    const views = await viewsOf(work.tx, shown.map(({ id, of }) => ({ id, look: of.look })));
    shown.forEach(({ of }, index) => add(of, 1, itemDigest(JSON.parse(views[index]!.json) as SignalView, of.constant)));
    if (rows.length < CHUNK) return;
    const last = rows.at(-1)!;
    const [{ of, stretch }, ...rest] = left.slice(last.n) as [(typeof left)[number], ...typeof left];
    left = [{ of, stretch: { ...stretch, from: { classId: of.classId, acceptedAt: last.accepted_at, id: last.id } } }, ...rest];
  }
}

/** What is visible of what was accepted on a day. */
function dayOfClass({ classId, reach: { lo, hi }, look }: Visible, day: number): Stretch {
  const from = { classId, acceptedAt: Math.max(lo, day * DAY - 1), id: LAST_ID };
  return { from, to: { classId, acceptedAt: Math.min(hi, (day + 1) * DAY - 1), id: LAST_ID }, look };
}
