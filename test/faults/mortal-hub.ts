/**
 * A hub as a process of its own, like `server/serve.ts`, which a test can tell to kill itself at an exact place of the embedded
 * database's work, and to examine its tables. It talks with the test by messages between the processes.
 */
import { PGlite } from '@electric-sql/pglite';
import { setFlagsFromString } from 'node:v8';
import { readConfig } from '../../server/config.ts';
import { startHub } from '../../server/main.ts';
import type { Place } from './commit-proxy.ts';
import { examine } from './examine.ts';

/** What the test can say. */
export type Command = { die: Place; writes: number } | { examine: true };

let fuse: { die: string; writes: number } | undefined;
let wrote = false;
const query = Reflect.get(PGlite.prototype, 'query') as (this: PGlite, text: string, ...more: unknown[]) => Promise<unknown>;

Reflect.set(PGlite.prototype, 'query', async function (this: PGlite, text: string, ...more: unknown[]): Promise<unknown> {
  wrote ||= /insert into signal |update signal /.test(text);
  const burnt = text === 'commit' && wrote && fuse !== undefined && (fuse.writes -= 1) === 0;
  if (burnt && fuse?.die === 'before the commit') process.kill(process.pid, 'SIGKILL');
  const result = await query.call(this, text, ...more);
  if (burnt) process.kill(process.pid, 'SIGKILL');
  if (text === 'commit' || text === 'rollback') wrote = false;
  return result;
});

// It will not live long enough to be worth a second compilation of the database.
setFlagsFromString('--liftoff-only');
process.send?.('starting');
const { hub, url, firstClient } = await startHub(readConfig(process.env), { logStream: process.stderr });
process.on('message', (command: Command) => {
  if ('die' in command) fuse = command;
  else void examine(hub.db).then((examination) => process.send?.(examination));
});
const credentials = firstClient ? `client_id: ${firstClient.client_id}\nclient_secret: ${firstClient.client_secret}\n` : '';
process.stdout.write(`Tocsin listens on ${url}\n${credentials}`);
