import { seenAt, type Sight } from '../feeds/sight.ts';
import type { Entitlement } from '../feeds/entitlements.ts';
import type { MessageRow } from './row.ts';
import { MESSAGE_COLUMNS } from './row.ts';

/** A message that a viewer sees, and under what. */
export interface Seen {
  row: MessageRow;
  entitlement: Entitlement;
}

/** A message that the viewer sees, with all that it hangs on; undefined where it does not, and where there is none. */
export async function seenMessage(sight: Sight, id: string): Promise<Seen | undefined> {
  const row = await sight.tx.selectFrom('message').select(MESSAGE_COLUMNS).where('id', '=', id).where('withdrawn_at', 'is', null).executeTakeFirst();
  const entitlement = row && seenAt(sight, row);
  if (!entitlement || !(await seesSubject(sight, row))) return undefined;
  return { row, entitlement };
}

/** Whether the viewer sees what a message is about: an answer's request, the report of a comment. */
async function seesSubject(sight: Sight, { message, about }: MessageRow): Promise<boolean> {
  if (about === null) return true;
  return message === 'comment' ? seesReport(sight, about) : (await seenMessage(sight, about)) !== undefined;
}

/** Whether the viewer sees a report: its title. */
export async function seesReport(sight: Sight, report: string): Promise<boolean> {
  return (await seenTitle(sight, report)) !== undefined;
}

/** The class of a report's title, if the viewer sees it. */
export async function seenTitle(sight: Sight, report: string): Promise<number | undefined> {
  const title = await sight.tx.selectFrom('report_part').select(['class_id', 'accepted_at', 'until']).where('report_id', '=', report).where('place', '=', 0).executeTakeFirst();
  return title && seenAt(sight, title) ? title.class_id : undefined;
}
