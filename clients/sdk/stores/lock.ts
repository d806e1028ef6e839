import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Another process uses the folder. */
export class FolderInUse extends Error {
  constructor(path: string, pid: number) {
    super(`${path} is in use by process ${pid}; one process at a time may use the folder`);
    this.name = 'FolderInUse';
  }
}

const ATTEMPTS = 5;

/**
 * Takes a lock file. It names its holder by process id and start, so that one which a killed process left behind is taken over
 * at once.
 * @returns a function that gives the lock back
 * @throws FolderInUse
 */
export function takeLock(path: string): () => void {
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, identity(process.pid), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (tries(() => linkSync(mine, path))) return () => rmSync(path, { force: true });
      const holder = read(path);
      if (holder !== undefined && isAlive(holder)) throw new FolderInUse(path, pidOf(holder));
      if (holder !== undefined) removeStale(path, holder);
    }
    throw new FolderInUse(path, pidOf(read(path) ?? ''));
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Moves a stale lock aside; puts it back if another process took it over in between. */
function removeStale(path: string, holder: string): void {
  const aside = `${path}.stale.${process.pid}`;
  if (!tries(() => renameSync(path, aside))) return;
  if (read(aside) !== holder) tries(() => linkSync(aside, path));
  rmSync(aside, { force: true });
}

function tries(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function pidOf(holder: string): number {
  return Number(holder.split(' ')[0]);
}

function isAlive(holder: string): boolean {
  const pid = pidOf(holder);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return identity(pid) === holder;
}

/** The process id and, where the system tells, when the process started: ids are used again. */
function identity(pid: number): string {
  const stat = read(`/proc/${pid}/stat`) ?? '';
  return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
}
