/** What a run can meet, and what it means to have met it. */
export const EVENTS = {
  steps: 'steps taken',
  pulls: 'pulls of a replica, complete or not',
  pages: 'pages served',
  complete: 'complete pulls, after which the replica was compared',
  signals: 'signals told',
  gone: 'removals told, without a reason',
  retracted: 'retractions told',
  retractedAnew: 'retractions told to a replica that never held the signal, or synchronised anew',
  embargoEnded: 'pulls that crossed the end of an embargo',
  windowClosed: 'pulls that crossed the close of a window (`for`)',
  validityEnded: 'pulls that crossed `valid_until` or the end of retention',
  worldInMidPull: 'changes of the world between two pages of one pull',
  grantsInMidPull: 'of these, changes of what the viewer is entitled to',
  endedInMidPull: 'signals that ended between two pages of one pull, when a change of their end was not yet told',
  releasedInMidPull: 'signals removed and sent again by one pull, since an embargo on them ended between its pages',
  policyTookEffect: 'pulls that crossed an instant for which a policy or charter was set',
  writeDuringPull: 'pulls while others wrote',
  pullsTogether: 'complete pulls that were explained by a choice among concurrent writes',
  retractedBeforeRelease: 'retractions before anybody’s release',
  updateInEmbargo: 'updates inside an embargo',
  classChanged: 'updates that changed the class',
  measured: 'signals of which something else was measured',
  leftFilter: 'updates by which an object left a feed’s filter while a replica held it',
  cameBack: 'updates of a signal that had ended',
  expired: 'signals ended by their origin',
  undone: 'batches undone',
  synchronised: 'sets synchronised',
  reads: 'single reads',
  readsShown: 'single reads that showed the signal',
  activations: 'policies and charters activated or withdrawn',
  suspensions: 'members suspended',
  resumptions: 'members resumed',
  toldOfSuspension: 'pulls that were refused since the viewer is suspended or has left',
  departures: 'members that left',
  groupChanges: 'groups changed or deleted',
  memberChanges: 'trust, places or agreements changed',
  subscriptions: 'subscriptions that began or ended',
  feedChanged: 'feeds changed while a replica had a cursor',
  feedWithdrawn: 'feeds withdrawn while a replica had a cursor',
  feedRefused: 'pulls of a feed that is not offered',
  feedCameBack: 'pulls with a cursor from before the feed was refused',
  clockBack: 'steps of the clock backwards',
  longAbsence: 'pulls after a week or more',
  lost: 'pages lost',
  cut: 'streams cut off',
  stopped: 'pulls that stopped between two pages',
  twice: 'cursors used twice at once',
  streams: 'pulls as streams',
  polls: 'pulls that said what they have',
  nothingNew: 'of these, answered with nothing at all',
  waits: 'pulls that were ready to wait',
  otherProcess: 'cursors presented to another process than the one that gave them',
  restarts: 'processes restarted',
  afterRestart: 'cursors presented after their process was restarted',
  keysRotated: 'signing keys rotated',
  resynced: 'cursors expired, and replicas synchronised anew',
} as const;

export type Event = keyof typeof EVENTS;

/** How often a run met what is hard. */
export class Counts {
  readonly #counts = new Map<Event, number>();

  add(event: Event, times = 1): void {
    this.#counts.set(event, this.of(event) + times);
  }

  of(event: Event): number {
    return this.#counts.get(event) ?? 0;
  }

  addAll(other: Counts): void {
    for (const [event, count] of other.#counts) this.add(event, count);
  }

  /** The events of which there were fewer than wanted. */
  below(minimums: Partial<Record<Event, number>>): string[] {
    return Object.entries(minimums).flatMap(([event, least]) => (this.of(event as Event) < least ? [`${event}: ${this.of(event as Event)} of ${least}`] : []));
  }

  toString(): string {
    return (Object.keys(EVENTS) as Event[]).map((event) => `${event} ${this.of(event)}`).join(', ');
  }

  /** One event a line, with what it means. */
  table(): string {
    return (Object.entries(EVENTS) as [Event, string][]).map(([event, meaning]) => `${String(this.of(event)).padStart(9)}  ${event.padEnd(22)}  ${meaning}`).join('\n');
  }
}
