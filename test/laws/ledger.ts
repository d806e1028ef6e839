/** Who was ever sent what, whether or not it arrived: to them, and to nobody else, a retraction is owed. */
export class Ledger {
  /** By viewer, then signal: the step in which it was first sent, and the replicas to which it was sent ever. */
  readonly #sent = new Map<string, Map<string, { step: number; replicas: Set<string> }>>();

  /** @param replica to which it was sent; undefined for a single read */
  note(viewer: string, signal: string, step: number, replica?: string): void {
    const signals = this.#sent.get(viewer) ?? new Map<string, { step: number; replicas: Set<string> }>();
    this.#sent.set(viewer, signals);
    const entry = signals.get(signal) ?? { step, replicas: new Set() };
    signals.set(signal, entry);
    if (replica !== undefined) entry.replicas.add(replica);
  }

  has(viewer: string, signal: string): boolean {
    return this.#sent.get(viewer)?.has(signal) ?? false;
  }

  /**
   * The signals whose retraction in a step is owed to a replica. What was sent to another replica of the viewer at the very time
   * of the retraction is owed to that one only.
   */
  owed(viewer: string, replica: string, retractedIn: (signal: string) => number | undefined): { signal: string; sent: number; to: string[]; retracted: number }[] {
    return [...(this.#sent.get(viewer) ?? [])].flatMap(([signal, { step, replicas }]) => {
      const retracted = retractedIn(signal);
      return retracted !== undefined && (step < retracted || replicas.has(replica)) ? [{ signal, sent: step, to: [...replicas], retracted }] : [];
    });
  }
}
