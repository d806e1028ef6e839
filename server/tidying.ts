import { setTimeout as sleep } from 'node:timers/promises';
import { dropContacts } from './contacts/store.ts';
import { dropEmergencies } from './emergencies/store.ts';
import { toProblem } from './http/errors.ts';
import type { Hub } from './hub.ts';
import { takeMeasures } from './measures/measure.ts';
import { purgeMessages } from './messages/purge.ts';
import { dropCopies } from './referrals/register.ts';
import { purgeReports } from './reports/purge.ts';
import { pruneLog } from './signals/prune.ts';
import { purgeSignals } from './signals/purge.ts';
import { freezeWeeks } from './trends/freeze.ts';

const HOUR = 3_600_000;

/** What is done when it is due, and what its failure is called. */
const JOBS: readonly (readonly [string, (hub: Hub) => Promise<unknown>])[] = [
  ['the log could not be pruned', pruneLog],
  ['signals could not be purged', purgeSignals],
  ['reports could not be purged', purgeReports],
  ['messages could not be purged', purgeMessages],
  ['copies of what was referred could not be dropped', dropCopies],
  ['contacts of members that left could not be dropped', dropContacts],
  ['past emergencies could not be dropped', dropEmergencies],
  ['trends could not be counted', freezeWeeks],
  ['measures could not be taken', takeMeasures],
];

/** Drops what is due and counts the weeks that have ended, every hour until it is told to stop. Several processes may: they take turns. */
export async function keepTidy(hub: Hub, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    for (const [failure, job] of JOBS) await job(hub).catch((error: unknown) => tell(hub, error, failure));
    await sleep(HOUR, undefined, { signal: stop, ref: false }).catch(() => undefined);
  }
}

/** That the database is away is no fault of the hub's. */
function tell(hub: Hub, error: unknown, what: string): void {
  hub.log[toProblem(error).key === 'not-ready' ? 'warn' : 'error']({ err: error }, what);
}
