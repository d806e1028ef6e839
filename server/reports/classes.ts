import type { NewReport } from '../../schemas/types.ts';
import type { Tx } from '../db/database.ts';
import type { PartObject, PolicyObject } from '../policy/object.ts';
import { instant } from '../policy/time.ts';
import { Problem } from '../problems.ts';
import { addClasses, findClasses, type WantedClass } from '../signals/classes.ts';
import { addUsage, readUsage } from '../signals/store.ts';
import type { Part } from './content.ts';
import { confidenceOf } from './likelihood.ts';

/** What the policy engine reads of a part. */
export function objectOf(part: Part, content: NewReport, origin: string): PartObject {
  return {
    kind: 'part',
    origin,
    attributes: {
      part: part.part,
      harms: content.harms,
      regions: content.regions ?? [],
      tactics: content.tactics ?? [],
      ...(part.confidence ? { confidence: confidenceOf(part.confidence) } : {}),
      tlp: part.tlp,
      labels: part.labels,
      ...(content.exercise ? { exercise: content.exercise } : {}),
    },
    ...(content.audience ? { audience: content.audience } : {}),
    ...(content.not_before ? { notBefore: instant(content.not_before) } : {}),
  };
}

/**
 * The class ids of objects of one origin, in their order; new ones count against its quota. The transaction holds the head row.
 * @throws Problem quota-exceeded
 */
export async function internObjects(tx: Tx, origin: number, objects: readonly PolicyObject[], quota: number): Promise<number[]> {
  const keys = objects.map((object) => JSON.stringify(object));
  const wanted = new Map(objects.map((object, index): [string, WantedClass] => [keys[index]!, { key: keys[index]!, origin, object }]));
  const found = await findClasses(tx, [...wanted.values()]);
  const missing = [...wanted.values()].filter(({ key }) => !found.has(key));
  const used = (await readUsage(tx, [origin])).get(origin)?.classes ?? 0;
  if (missing.length > 0 && used + missing.length > quota) throw new Problem('quota-exceeded');
  const made = await addClasses(tx, missing);
  await addUsage(tx, new Map([[origin, { signals: 0, classes: missing.length }]]));
  return keys.map((key) => (found.get(key) ?? made.get(key))!);
}
