import { sql } from 'kysely';
import type { MeasuredPeriod } from '../../schemas/types.ts';
import { arrayText } from '../db/database.ts';
import type { Measures } from '../policy/world.ts';
import { DAY } from '../signals/sums.ts';
import type { HubWorld } from '../world/state.ts';
import type { Measuring } from './measure.ts';

/** Days in the periods that are measured. */
const PERIODS: readonly (readonly [MeasuredPeriod, number])[] = [['P7D', 7], ['P30D', 30], ['P90D', 90], ['P365D', 365]];

/** Where fewer signals or judges stand behind a percentage it is unknown: it would tell what one of them said. */
const FEW_SIGNALS = 5;
const FEW_JUDGES = 3;

/** What is added up for an origin. */
interface Sums {
  contributed: number[];
  /** Signals that have not ended; those that are stale; those whose dispute was upheld. */
  standing: number;
  stale: number;
  overturned: number;
}

type Judged = { origin: number } & Record<`judged_${number}` | `good_${number}` | `judges_${number}`, number>;

/** What is measured of every member that is on the hub, by its id. */
export async function measureMembers(measuring: Measuring): Promise<Record<string, Measures>> {
  const { world, classes } = measuring;
  const counted = classes.filter(({ countable }) => countable);
  const origins = new Map(counted.map(({ id, object }) => [id, object.origin]));
  const sums = new Map<string, Sums>();
  for (const { class_id: classId, ...row } of await sumsByClass(measuring, [...origins.keys()])) {
    const sum = sums.get(origins.get(classId)!) ?? { contributed: PERIODS.map(() => 0), standing: 0, stale: 0, overturned: 0 };
    PERIODS.forEach((_, n) => (sum.contributed[n]! += row[`contributed_${n}`]!));
    sum.standing += row.standing;
    sum.stale += row.old - row.confirmed;
    sum.overturned += row.overturned;
    sums.set(origins.get(classId)!, sum);
  }
  const judged = new Map((await judgedByOrigin(measuring, [...origins.keys()])).map((row) => [world.numbers.get(row.origin)!.id, row]));
  const present = [...world.members.values()].filter(({ status }) => status !== 'left');
  return Object.fromEntries(present.map(({ id }) => [id, measuresOf(sums.get(id), judged.get(id))]));
}

function measuresOf(sums: Sums | undefined, judged: Judged | undefined): Measures {
  const foundGood = Object.fromEntries(PERIODS.flatMap(([period], n) => (judged && judged[`judged_${n}`]! >= FEW_SIGNALS && judged[`judges_${n}`]! >= FEW_JUDGES ? [[period, Math.floor((judged[`good_${n}`]! * 100) / judged[`judged_${n}`]!)]] : [])));
  const known = sums && sums.standing >= FEW_SIGNALS;
  return {
    contributed: Object.fromEntries(PERIODS.map(([period], n) => [period, sums?.contributed[n] ?? 0])),
    ...(Object.keys(foundGood).length > 0 ? { foundGood } : {}),
    ...(known ? { overturned: Math.ceil((sums.overturned * 100) / sums.standing), stale: Math.ceil((sums.stale * 100) / sums.standing) } : {}),
  };
}

type ClassSums = { class_id: number; standing: number; old: number; confirmed: number; overturned: number } & Record<`contributed_${number}`, number>;

/**
 * From the sums by class and day. Read one by one are only signals that their origin has changed since they would have become
 * stale, and those whose dispute was upheld.
 */
async function sumsByClass({ tx, day, freshDay }: Measuring, classes: readonly number[]): Promise<ClassSums[]> {
  const [at, fresh] = [day * DAY, freshDay * DAY];
  const stands = sql`s.active and s.until >= ${at} and s.accepted_at < ${at}`;
  const { rows } = await sql<ClassSums>`with k as materialized (select unnest(${arrayText(classes)}::integer[]) as class_id), sums as (
      select class_id, ${sql.join(PERIODS.map(([, days], n) => sql`coalesce(sum(count) filter (where accepted_day >= ${day - days}), 0)::bigint as ${sql.ref(`contributed_${n}`)}`))},
        coalesce(sum(count) filter (where until_day >= ${day}), 0)::bigint as standing, coalesce(sum(count) filter (where until_day >= ${day} and accepted_day < ${freshDay}), 0)::bigint as old
      from k join class_sum using (class_id) where accepted_day < ${day} and count > 0 group by class_id
    ), confirmed as (
      select s.class_id, count(*) as n from signal s where s.changed_at >= ${fresh} and s.changed_at is not null and ${stands} and s.accepted_at < ${fresh} group by 1
    ), overturned as (
      select s.class_id, count(*) as n from dispute_answer a join signal s on s.id = a.signal_id and s.version = a.version where a.answer = 'upheld' and ${stands} group by 1
    ) select sums.*, coalesce(confirmed.n, 0) as confirmed, coalesce(overturned.n, 0) as overturned
    from sums left join confirmed using (class_id) left join overturned using (class_id)`.execute(tx);
  return rows;
}

/**
 * Of signals in the classes: how many members that are active judged, how many of these were found good by more than found them
 * wrong, and by how many members, by period. A dispute that was upheld speaks for itself.
 */
async function judgedByOrigin({ tx, world, day }: Measuring, classes: readonly number[]): Promise<Judged[]> {
  const since = (n: number) => sql`accepted_at >= ${(day - PERIODS[n]![1]) * DAY}`;
  const columns = (of: (n: number) => ReturnType<typeof sql>, name: string) => sql.join(PERIODS.map((_, n) => sql`${of(n)} as ${sql.ref(`${name}_${n}`)}`));
  const longest = Math.max(...PERIODS.map(([, days]) => days));
  const { rows } = await sql<Judged>`with k as materialized (select unnest(${arrayText(classes)}::integer[]) as class_id), said as materialized (
      select s.id, s.origin, s.accepted_at, j.member, j.verdict, coalesce(a.answer = 'upheld' and a.version = s.version, false) as upheld
      from judgement j join signal s on s.id = j.signal_id join k using (class_id) left join dispute_answer a on a.signal_id = s.id
      where j.member = any(${arrayText(activeMembers(world))}::integer[]) and s.active and s.accepted_at < ${day * DAY} and s.accepted_at >= ${(day - longest) * DAY}
    ), found as (
      select origin, accepted_at, not upheld and count(*) filter (where verdict = 'good') > count(*) filter (where verdict = 'wrong') as good from said group by id, origin, accepted_at, upheld
    ), judged as (
      select origin, ${columns((n) => sql`count(*) filter (where ${since(n)})`, 'judged')}, ${columns((n) => sql`count(*) filter (where good and ${since(n)})`, 'good')} from found group by origin
    ), judges as (
      select origin, ${columns((n) => sql`count(distinct member) filter (where ${since(n)})`, 'judges')} from said group by origin
    ) select * from judged join judges using (origin)`.execute(tx);
  return rows;
}

/** The numbers of members whose judgements count. */
export function activeMembers(world: HubWorld): number[] {
  return [...world.members.values()].filter(({ status }) => status === 'active').map(({ number }) => number);
}
