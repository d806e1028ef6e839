/** Which items of a stream were acknowledged. Acknowledgements come more or less in order, so that little is held. */
export class Acknowledged {
  /** Every index below it was acknowledged. */
  #upTo = 0;
  readonly #beyond = new Set<number>();

  get count(): number {
    return this.#upTo + this.#beyond.size;
  }

  /** @returns whether the index is new */
  add(index: number): boolean {
    if (index < this.#upTo || this.#beyond.has(index)) return false;
    this.#beyond.add(index);
    while (this.#beyond.delete(this.#upTo)) this.#upTo += 1;
    return true;
  }
}
