import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { takeLock } from '../../clients/sdk/stores/lock.ts';

export { FolderInUse } from '../../clients/sdk/stores/lock.ts';

/**
 * Takes the lock on an embedded data folder, which one process at a time may use.
 * @returns a function that gives the lock back
 * @throws FolderInUse
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return takeLock(join(folder, 'tocsin.lock'));
}
