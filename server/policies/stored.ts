import { sql } from 'kysely';
import { arrayText, type Tx } from '../db/database.ts';
import type { Decider } from '../policy/compile.ts';
import type { Grant } from '../policy/decide.ts';
import type { MessageObject, PartObject, PolicyObject } from '../policy/object.ts';
import { withTitle } from '../policy/simulate.ts';

/**
 * Parts of reports of one class, in reports whose titles are of one class; or requests of one class. Answers and comments are not
 * among them: they follow what they are about.
 */
export interface StoredClass {
  id: string;
  object: PartObject | MessageObject;
  /** Of a part that is not a title. */
  title?: PolicyObject;
  cells: readonly StoredCell[];
}

/** Objects with one acceptance and one end. */
interface StoredCell {
  accepted: number;
  until: number;
  count: number;
  /** One of them: the report that it is part of, or the request. */
  sample: string;
}

type Row = { title: number | null; class_id: number; cells: [accepted: number, until: number, count: number, sample: string][] };

/**
 * What is there, and has not ended at an instant, of some classes of parts and requests; and of the parts of reports whose title
 * is of one of them.
 * @param objects element 0 is class 1
 */
export async function readStored(tx: Tx, objects: readonly PolicyObject[], classes: readonly number[], at: number): Promise<StoredClass[]> {
  if (classes.length === 0) return [];
  const some = sql`any(${arrayText(classes)}::integer[])`;
  const { rows } = await sql<Row>`with part as (
      select title_class as title, class_id, accepted_at, until, count(*) as n, min(report_id::text) as id from (
        select title_class, class_id, accepted_at, until, report_id from report_part where class_id = ${some} and until > ${at}
        union all select title_class, class_id, accepted_at, until, report_id from report_part where title_class = ${some} and class_id <> all(${arrayText(classes)}::integer[]) and until > ${at}
      ) p group by 1, 2, 3, 4
    ), request as (
      select null::integer as title, class_id, accepted_at, until, count(*) as n, min(id::text) as id from message
        where class_id = ${some} and message = 'request' and withdrawn_at is null and until > ${at} group by 1, 2, 3, 4
    ) select title, class_id, json_agg(json_build_array(accepted_at, until, n, id) order by accepted_at desc) as cells
      from (select * from part union all select * from request) s group by 1, 2 order by 1, 2`.execute(tx);
  return rows.map(({ title, class_id: part, cells }): StoredClass => ({
    id: `${title ?? 'request'} ${part}`,
    object: objects[part - 1] as StoredClass['object'],
    ...(title === null || title === part ? {} : { title: objects[title - 1]! }),
    cells: cells.map(([accepted, until, count, sample]) => ({ accepted, until, count, sample })),
  }));
}

/** How many objects have which answer, by acceptance and end. */
export function countCells<T>({ cells }: StoredClass, answer: (lifetime: { accepted: number; until: number }) => T): Map<T, number> {
  const counts = new Map<T, number>();
  for (const { accepted, until, count } of cells) {
    const said = answer({ accepted, until });
    counts.set(said, (counts.get(said) ?? 0) + count);
  }
  return counts;
}

/** What is granted of such classes: equal grants are one. */
export class StoredGrants {
  readonly #known = new WeakMap<Grant, WeakMap<Grant, Grant>>();

  of({ object, title }: StoredClass, decider: Decider): Grant | undefined {
    const own = decider.grant(object);
    if (!title || !own) return own;
    const above = decider.grant(title);
    if (!above) return undefined;
    const known = this.#known.get(above) ?? new WeakMap<Grant, Grant>();
    this.#known.set(above, known);
    const both = known.get(own) ?? withTitle(above, own)!;
    known.set(own, both);
    return both;
  }
}
