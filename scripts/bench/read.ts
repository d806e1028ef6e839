import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { BatchResult } from '../../schemas/types.ts';
import { projectFile } from '../../schemas/root.ts';
import { load } from './http-load.ts';
import { interleave, report } from './report.ts';
import { activate, startBenchHub } from './setup.ts';

const PROMISED = 0.4;
/** Requests a second of the yardstick below which a run means nothing. */
const FLOOR = 1000;
const SIGNALS = 5000;

/**
 * One signal by id: authenticated, through the policy, its disclosure durable before the answer; against a bare Fastify route
 * in a process of its own that makes one primary-key query and answers the same bytes.
 */
export async function read(n = 20_000, rounds = 5): Promise<void> {
  const hub = await startBenchHub();
  const reveal = ['digest', 'harm', 'severity', 'confidence'] as ['digest', 'harm', 'severity', 'confidence'];
  await activate(hub.operator, { id: 'hub/charter', title: 'Open', summary: 'Open', rules: [{ id: 'all', effect: 'share', terms: { reveal, origin: 'named' } }] });
  const [origin, viewer] = [await hub.join('northstar'), await hub.join('brook')];
  await activate(origin, { id: 'northstar/open', title: 'Open', summary: 'Open', rules: [{ id: 'all', effect: 'share', terms: { reveal, origin: 'named' } }] });
  const ids: string[] = [];
  for (let made = 0; made < SIGNALS; made += 1000) {
    const items = Array.from({ length: 1000 }, () => ({ digests: [{ scheme: 'media-sha256', digest: randomBytes(32).toString('hex') }], harm: 'fraud', severity: 'high', confidence: 80, status: 'malicious', tlp: 'GREEN' }));
    ids.push(...(await origin.call<BatchResult>('POST', '/v1/signals', items)).results.map((result) => result.id!));
  }
  const sample = JSON.stringify(await viewer.call('GET', `/v1/signals/${ids[0]}`));
  const bare = spawn(process.execPath, [projectFile('dist/scripts/bench/bare-route.js')], { env: { ...process.env, DATABASE_URL: hub.databaseUrl, ANSWER: sample }, stdio: ['ignore', 'pipe', 'inherit'] });
  const [address] = (await once(createInterface({ input: bare.stdout }), 'line')) as [string];
  try {
    const measured = await interleave(
      rounds,
      () => load(hub.url, (index) => `/v1/signals/${ids[index % SIGNALS]}`, viewer.token, n),
      () => load(address, (index) => `/${ids[index % SIGNALS]}`, viewer.token, n),
    );
    report('read', n, measured, PROMISED, FLOOR);
  } finally {
    bare.kill();
    await hub.stop();
  }
}
