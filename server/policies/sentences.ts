import type { Calendar, CalendarCause, Difference, FateCounts, ObjectKind, PassedCounts, SeenClass, SeenCounts, Simulation, StandingView, TurnedCounts, Visibility } from '../../schemas/types.ts';

const VERBS: Record<keyof FateCounts, (n: string) => string> = {
  gained: (n) => `sees ${n} more`,
  lost: (n) => `no longer sees ${n}`,
  changed: (n) => `sees ${n} differently`,
  promised: (n) => `will see ${n} that it would never have seen`,
  forgone: (n) => `will not see ${n} that it would have seen later`,
  earlier: (n) => `sees ${n} earlier`,
  later: (n) => `sees ${n} later`,
  shorter: (n) => `sees ${n} for a shorter time`,
  longer: (n) => `sees ${n} for a longer time`,
};

/** A simulation in plain words: a sentence for each peer, and one for each difference. */
export function inWords({ owner, at, peers, unchanged, differences }: Omit<Simulation, 'says'>): string[] {
  if (peers.length === 0) return [`At ${at}, nothing would change for any of ${unchanged} peers.`];
  return [
    ...peers.map(({ peer, counts, parts, requests }) => `${peer}: ${[countsInWords(counts), ...(parts ? [countsInWords(parts, 'part')] : []), ...(requests ? [countsInWords(requests, 'message')] : [])].filter((words) => words !== '').join(', ')}.`),
    ...(unchanged > 0 ? [`Nothing changes for ${unchanged} other peers.`] : []),
    ...differences.filter(({ counts }) => countsInWords(counts) !== '').map((difference) => differenceInWords(difference, owner)),
  ];
}

const NOUNS: Record<ObjectKind, [one: string, many: string]> = { signal: ['signal', 'signals'], part: ['part of a report', 'parts of reports'], message: ['request', 'requests'] };

function countsInWords(counts: FateCounts, kind: ObjectKind = 'signal'): string {
  const said = (Object.keys(VERBS) as (keyof FateCounts)[]).filter((name) => counts[name] > 0).map((name) => VERBS[name](objects(counts[name], kind)));
  return said.join(', ');
}

function differenceInWords({ kind, origin, harms, counts, before, after, revealed }: Difference, owner: string): string {
  const whose = origin === owner ? '' : ` of ${origin}`;
  const shown = revealed ? [...terms('more is revealed', revealed.more), ...terms('no longer revealed', revealed.less), ...(revealed.origin === 'same' ? [] : [`${revealed.origin} is shown of the origin`]), ...terms('handling allows more', revealed.handling.wider), ...terms('handling allows less', revealed.handling.stricter), ...terms('handling differs', revealed.handling.other)] : [];
  const what = NOUNS[kind][1];
  return `${what[0]!.toUpperCase()}${what.slice(1)}${whose}${harms.length > 0 ? ` of ${harms.join(', ')}` : ''}: before, ${standingInWords(before)}; after, ${standingInWords(after)}${shown.length > 0 ? ` (${shown.join('; ')})` : ''}. A peer ${countsInWords(counts, kind)}.`;
}

function terms(what: string, names: readonly string[]): string[] {
  return names.length > 0 ? [`${what}: ${names.join(', ')}`] : [];
}

/** A decision in plain words. */
export function standingInWords({ effect, charter, policy, withheld_by: layer, after, not_before: start, ends_after: end }: StandingView): string {
  const rules = [...(policy === undefined ? [] : [`rule ${policy}`]), ...(charter === undefined ? [] : [`the charter’s rule ${charter}`])].join(' and ');
  if (effect === 'withhold') return layer === 'policy' || layer === 'charter' ? `withheld by ${(layer === 'policy' ? policy && `rule ${policy}` : charter && `the charter’s rule ${charter}`) ?? `the ${layer}, of which no rule shares`}` : `withheld by the ${layer === 'object' ? 'audience that it names' : layer ?? 'hub'}`;
  return ['shared', ...(rules ? [`by ${rules}`] : []), ...(after ? [`${after} after acceptance`] : ['at once']), ...(start ? [`not before ${start}`] : []), ...(end ? [`until ${end} after acceptance`] : [])].join(' ');
}

/** What a peer sees, in plain words: in all, and of each class listed. */
export function seenInWords({ peer, at, counts, parts, requests, classes, more_classes: more }: Omit<Visibility, 'says'>): string[] {
  const seen = ({ visible, later, withheld }: SeenCounts, kind: ObjectKind): string => `${objects(visible, kind)} of yours, will see ${later} later, and not ${withheld}`;
  const others = ([[parts, 'part'], [requests, 'message']] as const).filter(([{ visible, later, withheld }]) => visible + later + withheld > 0).map(([of, kind]) => `; ${seen(of, kind)}`);
  const each = classes.map(({ class: of, counts: own, standing }) => `${classInWords(of)}: sees ${own.visible}, later ${own.later}, not ${own.withheld}; ${standingInWords(standing)}.`);
  return [`At ${at}, ${peer} sees ${seen(counts, 'signal')}${others.join('')}.`, ...each, ...(more > 0 ? [`${more} more classes are not listed.`] : [])];
}

function classInWords(of: SeenClass['class']): string {
  const what = of.kind === 'signal' ? `${of.harm}, ${of.severity}, confidence ${of.confidence}` : [of.part ?? of.message, ...of.harms].join(', ');
  return `${what}, TLP ${of.tlp}${of.labels.length > 0 ? `, ${of.labels.join(' ')}` : ''}`;
}

/** A calendar in plain words. */
export function calendarInWords({ until, days, moments }: Omit<Calendar, 'says'>): string[] {
  const passed = ({ released, ended }: PassedCounts, kind: ObjectKind): string[] => [...(released > 0 ? [`sees ${objects(released, kind)} more`] : []), ...(ended > 0 ? [`${objects(ended, kind)} end`] : [])];
  const turned = ({ gained, lost, changed }: TurnedCounts, kind: ObjectKind): string[] => (gained + lost + changed === 0 ? [] : [`gains ${objects(gained, kind)}, loses ${lost}, and sees ${changed} under other terms`]);
  const all = <C>(counts: C & { parts?: C; requests?: C }, say: (counts: C, kind: ObjectKind) => string[]): string[] => [...say(counts, 'signal'), ...(counts.parts ? say(counts.parts, 'part') : []), ...(counts.requests ? say(counts.requests, 'message') : [])];
  const ofDays = days.map(({ day, peers }) => `${day}: ${peers.map(({ peer, ...counts }) => `${peer} ${all<PassedCounts>(counts, passed).join(', ')}`).join('; ')}.`);
  const ofMoments = moments.map(({ at, causes, peers }) => `${at}: ${causes.map(causeInWords).join(', ')}${peers.map(({ peer, ...counts }) => `; ${peer} ${all<TurnedCounts>(counts, turned).join(', ')}`).join('')}.`);
  return days.length + moments.length === 0 ? [`Nothing changes by itself before ${until}.`] : [...ofDays, ...ofMoments].sort();
}

function causeInWords({ cause, member, policy, version, rule, agreement, incident }: CalendarCause): string {
  switch (cause) {
    case 'policy':
      return policy ? `${policy} version ${version} takes effect` : `the policy of ${member} is withdrawn`;
    case 'window-opens':
    case 'window-closes':
      return `the window of rule ${rule} of ${policy} ${cause === 'window-opens' ? 'opens' : 'closes'}`;
    case 'incident-opens':
    case 'incident-closes':
      return `the incident ${incident} ${cause === 'incident-opens' ? 'is opened' : 'is closed'}`;
    default:
      return `the agreement ${agreement} of ${member} ${cause === 'agreement-begins' ? 'begins' : 'ends'}`;
  }
}

function objects(count: number, kind: ObjectKind): string {
  return `${count} ${NOUNS[kind][count === 1 ? 0 : 1]}`;
}
