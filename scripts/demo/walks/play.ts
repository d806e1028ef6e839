import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../../server/clock.ts';
import { readConfig } from '../../../server/config.ts';
import { startHub } from '../../../server/main.ts';
import { heading, say } from '../print.ts';
import { crisis } from './crisis.ts';
import { election } from './election.ts';
import { Stage } from './stage.ts';
import { tell } from './tell.ts';
import { Walk, type Story } from './walk.ts';

/** Walks the crisis and the election policy from end to end, each on a hub of its own, and prints when whose view changes. */
export async function playWalks(): Promise<void> {
  for (const story of [crisis, election]) await play(story);
}

async function play(story: Story): Promise<void> {
  heading(story.title);
  say('  + is seen from then on, - no longer, ~ otherwise: what of it, and how its origin is shown.\n');
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-walk-'));
  const clock = new ManualClock(Date.parse(story.starts));
  // Time stands still, so that every request is made within one minute.
  const hub = await startHub(readConfig({ TOCSIN_DATA: folder, TOCSIN_PORT: '0', TOCSIN_LOG_LEVEL: 'silent', TOCSIN_RATE_LIMIT: '1000000' }), { clock });
  try {
    for await (const moment of new Walk(new Stage({ url: hub.url, clock, operator: hub.firstClient! }), story).moments()) for (const line of tell(moment)) say(`  ${line}`);
  } finally {
    await hub.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
