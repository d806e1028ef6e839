import type { FastifyBaseLogger } from 'fastify';
import { Batcher } from './batcher.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { deriveSecrets, type Secrets } from './crypto/secrets.ts';
import type { Database } from './db/database.ts';
import { readHead, type Head } from './db/head.ts';
import { showClasses } from './http/metrics.ts';
import type { Random } from './random.ts';
import { WorldStore } from './world/store.ts';

/** What the parts of a hub share. */
export interface Hub {
  db: Database;
  config: Config;
  clock: Clock;
  random: Random;
  secrets: Secrets;
  worlds: WorldStore;
  /** The head of the log, read after the call: requests that arrive together share one read. */
  head(): Promise<Head>;
  log: FastifyBaseLogger;
}

/** Puts a hub together from its parts. */
export function createHub(parts: Pick<Hub, 'db' | 'config' | 'clock' | 'random' | 'log'>): Hub {
  const { db, clock } = parts;
  const heads = new Batcher<void, Head>(async (keys) => {
    const head = await readHead(db, clock);
    showClasses(head.classes);
    return keys.map(() => head);
  }, 10_000);
  return { ...parts, secrets: deriveSecrets(parts.config.secret), worlds: new WorldStore(db, clock), head: () => heads.add() };
}
