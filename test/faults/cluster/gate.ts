/** Keeps a member from being suspended in the middle of what cannot tell how far it came. */
export class Gate {
  readonly #inside = new Map<string, number>();
  readonly #closed = new Set<string>();

  /** @returns whether the member may begin */
  enter(member: string): boolean {
    if (this.#closed.has(member)) return false;
    this.#inside.set(member, (this.#inside.get(member) ?? 0) + 1);
    return true;
  }

  leave(member: string): void {
    this.#inside.set(member, this.#inside.get(member)! - 1);
  }

  /** @returns whether nobody is inside, and nobody will be until it is opened */
  close(member: string): boolean {
    if ((this.#inside.get(member) ?? 0) > 0) return false;
    this.#closed.add(member);
    return true;
  }

  open(member: string): void {
    this.#closed.delete(member);
  }
}
