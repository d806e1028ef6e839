import type { Queries } from '../db/database.ts';
import type { PolicyObject } from '../policy/object.ts';

/** All visibility classes, kept in memory: they never change, and there are few. Ids are 1, 2, 3, ... */
export class ClassCatalogue {
  readonly #objects: PolicyObject[] = [];
  #loading: Promise<void> = Promise.resolve();

  /** The classes with ids up to `count`: element 0 is class 1. `db` must be able to see them. */
  async upTo(count: number, db: Queries): Promise<readonly PolicyObject[]> {
    if (this.#objects.length < count) {
      this.#loading = this.#loading.catch(() => undefined).then(() => this.#load(count, db));
      await this.#loading;
    }
    return this.#objects;
  }

  async #load(count: number, db: Queries): Promise<void> {
    const have = this.#objects.length;
    if (have >= count) return;
    const rows = await db.selectFrom('visibility_class').select(['id', 'doc']).where('id', '>', have).where('id', '<=', count).orderBy('id').execute();
    for (const row of rows) this.#objects[row.id - 1] = row.doc;
  }
}
