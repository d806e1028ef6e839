import { ReplicaContent, type ReplicaPage, type ReplicaState } from './content.ts';

/**
 * Where a replica keeps what it holds. Commits come one at a time; a page and its cursor are committed together or not at all.
 */
export interface ReplicaStore {
  /** What is committed. */
  readonly content: ReplicaContent;
  /** Resolves when the page is safe, and only then shows it in the content. */
  commit(page: ReplicaPage): Promise<void>;
  /** Forgets everything: signals and cursor. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** A store that lasts as long as the process. */
export class MemoryStore implements ReplicaStore {
  readonly content = new ReplicaContent();

  commit(page: ReplicaPage): Promise<void> {
    this.content.apply(page);
    return Promise.resolve();
  }

  clear(): Promise<void> {
    this.content.clear();
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export type { ReplicaPage, ReplicaState };
