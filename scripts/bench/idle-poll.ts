import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ChangesPage } from '../../schemas/types.ts';
import { projectFile } from '../../schemas/root.ts';
import { pullPages, startFeedBench } from './feeds.ts';
import { load } from './http-load.ts';
import { postTemplates } from './load.ts';
import { interleave, report } from './report.ts';

const PROMISED = 0.3;
/** Requests a second of the yardstick below which a run means nothing. */
const FLOOR = 3000;

/** Authenticated polls that have nothing to say, with their cursor and time, against a bare route that answers the same bytes without a database. */
export async function idlePoll(n = 50_000, rounds = 5): Promise<void> {
  const { hub, origin, wide } = await startFeedBench();
  await postTemplates(origin, 1000);
  const { cursor } = await pullPages(wide, Infinity);
  const path = `/v1/feeds/all/changes?cursor=${cursor}`;
  const sample = JSON.stringify(await wide.call<ChangesPage>('GET', path));
  const bare = spawn(process.execPath, [projectFile('dist/scripts/bench/bare-answer.js')], { env: { ...process.env, ANSWER: sample }, stdio: ['ignore', 'pipe', 'inherit'] });
  const [address] = (await once(createInterface({ input: bare.stdout }), 'line')) as [string];
  try {
    const measured = await interleave(rounds, () => load(hub.url, () => path, wide.token, n), () => load(address, () => '/', wide.token, n));
    report('idle-poll', n, measured, PROMISED, FLOOR);
  } finally {
    bare.kill();
    await hub.stop();
  }
}
