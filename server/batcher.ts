/**
 * Gathers requests that arrive while an earlier batch is at work and serves them together: one query, or one commit, for many.
 * A request is always served by a run that began after it arrived.
 */
export class Batcher<K, V> {
  readonly #run: (keys: K[]) => Promise<V[]>;
  readonly #size: number;
  #waiting: { key: K; resolve: (value: V) => void; reject: (error: unknown) => void }[] = [];
  #running = false;

  /** @param run gives one value per key, in their order; its failure fails the whole batch */
  constructor(run: (keys: K[]) => Promise<V[]>, size = 500) {
    this.#run = run;
    this.#size = size;
  }

  add(key: K): Promise<V> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject });
      if (!this.#running) {
        this.#running = true;
        setImmediate(() => void this.#drain());
      }
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#size);
      try {
        const values = await this.#run(batch.map((item) => item.key));
        batch.forEach((item, index) => item.resolve(values[index] as V));
      } catch (error) {
        for (const item of batch) item.reject(error);
      }
    }
    this.#running = false;
  }
}
