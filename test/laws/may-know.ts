/** What a viewer may tell of others by right, and what this law therefore leaves out; all else is hidden. */
export interface MayKnow {
  what: string;
  why: string;
  /** Where the twins are alike in it: it is played into both, nobody asks, or the order of changes is not compared. */
  so: 'in both histories' | 'not asked' | 'any order';
}

export const MAY_KNOW: readonly MayKnow[] = [
  { what: 'who is an active member, its title, kind and jurisdictions', why: 'the list of members is everyone’s; a member that was suspended before anyone looked is hidden', so: 'in both histories' },
  { what: 'the hub’s digest key and its epochs', why: 'every member hashes under it; a member that leaves starts an epoch', so: 'in both histories' },
  { what: 'the circles that one is in, and who is in them', why: 'their keys and terms are shared', so: 'in both histories' },
  { what: 'the charter in force, and the keys that sign tokens', why: 'everyone must be able to read them', so: 'in both histories' },
  { what: 'the number of the charter’s version', why: 'versions are counted with those that were only stored: drafts of the charter itself show as a gap once a later one is in force', so: 'not asked' },
  { what: 'that an origin was suspended', why: 'its signals vanish from everyone’s feeds, and it from the list', so: 'in both histories' },
  { what: 'the title of a feed that is offered to everyone, and what its filter shows', why: 'it is an offer', so: 'in both histories' },
  { what: 'whether there ever was a member of a given name', why: 'a policy can be told to withhold from a member that is suspended: the rule must outlast the suspension', so: 'not asked' },
  { what: 'whether a peer meets the conditions of one’s own policy and of the charter', why: 'to explain to the origin what a peer sees of its signals, and why, is what explaining is for', so: 'not asked' },
  { what: 'an operator’s view', why: 'the operator runs the hub, and what it reads is recorded', so: 'not asked' },
  { what: 'that two signals differ in something that is not revealed, by the order of a first synchronisation', why: 'a scan follows the visibility classes, in the order in which they were first needed; only where hidden changes touch visible signals, or share their classes', so: 'any order' },
  { what: 'that a visible signal changed in something that is not revealed, by its place among the changes of a page', why: 'the log is drained in the order of first changes; only where hidden changes touch visible signals', so: 'any order' },
];
