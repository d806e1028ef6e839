import type { OwnMeasures } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import type { Hub } from '../hub.ts';
import { formatInstant } from '../policy/time.ts';
import { DAY } from '../signals/sums.ts';

/** What policies read of the viewer. */
export async function ownMeasures({ db }: Hub, { world, member }: Viewer): Promise<OwnMeasures> {
  const last = await db.selectFrom('measuring').select('day').where('written', '=', true).orderBy('day', 'desc').limit(1).executeTakeFirst();
  const { contributed, foundGood, overturned, stale } = world.measures.members[member.id] ?? {};
  return {
    ...(last ? { measured_at: formatInstant(last.day * DAY) } : {}),
    ...(contributed ? { contributed } : {}),
    ...(foundGood ? { found_good: foundGood } : {}),
    ...(overturned === undefined ? {} : { overturned }),
    ...(stale === undefined ? {} : { stale }),
  };
}
