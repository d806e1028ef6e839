import type { FeedDocument, PartField, Policy, Rule, SignalField, Terms } from '../../schemas/types.ts';

const ALL: SignalField[] = ['digest', 'harm', 'severity', 'confidence', 'status', 'observed', 'labels', 'intent', 'novelty', 'basis', 'jurisdictions', 'note'];
const wide = { tlp: 'CLEAR', onward: 'public', permitted_actions: 'externally-visible-direct-actions' } as const;
const everything: Terms = { reveal: ALL, origin: 'named', handling: wide };

function policy(id: string, rules: Rule[]): Policy {
  return { id, title: id, summary: `What ${id} shares.`, rules };
}

/** What birch tells of its reports and messages, with marks where something is left out; cedar tells less, and leaves no marks. */
const TOLD: PartField[] = ['text', 'harm', 'regions', 'tactics', 'period', 'links', 'omissions'];
const LESS: PartField[] = ['text', 'regions', 'links'];
const written: Pick<Rule, 'effect' | 'covers'> = { effect: 'share', covers: ['reports', 'messages'] };
const platforms: Rule['peers'] = { kind: { in: ['platform'] } };

/** Charters that the operator changes between, for all to see. */
export const charters: Policy[] = [
  policy('hub/charter', [{ id: 'all', effect: 'share', terms: everything }, { id: 'written', ...written, terms: { ...everything, reveal: TOLD } }]),
  policy('hub/narrow', [{ id: 'all', effect: 'share', terms: { after: 'PT1H', reveal: ['digest', 'harm', 'severity', 'note'], origin: 'pseudonymous', handling: { tlp: 'GREEN' } } }, { id: 'written', ...written, terms: { after: 'PT1H', reveal: LESS, origin: 'pseudonymous' } }]),
];

/** Whom nobody shares with but the circle `alpha`. */
const sealed: Rule[] = [
  { id: 'sealed', effect: 'withhold', signals: { labels: { any: ['sealed'] } } },
  { id: 'sealed-parts', effect: 'withhold', reports: { labels: { any: ['sealed'] } } },
  { id: 'sealed-messages', effect: 'withhold', messages: { labels: { any: ['sealed'] } } },
];
const alphaWritten: Rule = { id: 'alpha-written', ...written, peers: { groups: { any: ['alpha'] } }, terms: { ...everything, reveal: [...TOLD, 'labels', 'confidence'] } };
const alpha = (reveal: SignalField[]): Rule => ({ id: 'alpha', effect: 'share', peers: { groups: { any: ['alpha'] } }, terms: { ...everything, reveal } });

/**
 * What birch shares. The parts that are `alpha`'s, and a delay that nothing outlasts, are no platform's to notice; what it
 * reveals of what is quick is.
 */
export function birchPolicy(quick: SignalField[], hidden: { alpha?: SignalField[]; slow?: string } = {}): Policy {
  return policy('birch/standard', [
    ...sealed,
    alpha(hidden.alpha ?? ALL),
    { id: 'delayed', effect: 'share', signals: { harm: { in: ['fraud'] } }, peers: { kind: { in: ['platform'] } }, terms: { after: 'PT24H', for: 'P5D', reveal: ['digest', 'harm', 'severity'], origin: 'pseudonymous' } },
    { id: 'slow', effect: 'share', signals: { harm: { in: ['csea'] } }, peers: { kind: { in: ['platform'] } }, terms: { after: hidden.slow ?? 'P300D', reveal: ['digest', 'harm'] } },
    { id: 'quick', effect: 'share', signals: { harm: { in: ['violence'] } }, peers: { kind: { in: ['platform'] } }, terms: { reveal: quick, origin: 'named', handling: { tlp: 'GREEN' } } },
    alphaWritten,
    { id: 'delayed-reports', effect: 'share', reports: { harm: { in: ['fraud'] } }, peers: platforms, terms: { after: 'PT24H', for: 'P5D', reveal: TOLD, origin: 'pseudonymous' } },
    { id: 'slow-reports', effect: 'share', reports: { harm: { in: ['csea'] } }, peers: platforms, terms: { after: hidden.slow ?? 'P300D', reveal: ['text', 'harm'] } },
    { id: 'quick-reports', effect: 'share', reports: { harm: { in: ['violence'] } }, peers: platforms, terms: { reveal: TOLD, origin: 'named' } },
    { id: 'messages', effect: 'share', messages: { harm: { in: ['fraud', 'violence'] } }, peers: platforms, terms: { reveal: ['text', 'harm'], origin: 'named' } },
  ]);
}

export const QUICK: SignalField[][] = [['digest', 'harm', 'severity'], ['digest', 'severity'], ['digest', 'harm', 'severity', 'novelty']];

export const cedarPolicy = policy('cedar/open', [
  ...sealed,
  { id: 'platforms', effect: 'share', signals: { harm: { in: ['fraud', 'violence'] } }, peers: { kind: { in: ['platform'] } }, terms: { reveal: ['digest', 'harm', 'severity', 'note'], origin: 'hidden' } },
  { id: 'reports', effect: 'share', reports: { harm: { in: ['fraud', 'violence'] } }, peers: platforms, terms: { reveal: LESS, origin: 'hidden' } },
  { id: 'messages', effect: 'share', messages: { harm: { in: ['fraud', 'violence'] } }, peers: platforms, terms: { reveal: ['text'], origin: 'hidden' } },
]);

/** Fir shares with the circle `beta` alone. */
export const firPolicy = policy('fir/circle', [{ id: 'beta', effect: 'share', peers: { groups: { any: ['beta'] } }, terms: { ...everything, reveal: ['digest', 'harm', 'labels'] } }]);

/** Elm, which has no policy for all to see, may share with `alpha`. */
export const elmPolicy = policy('elm/inner', [alpha(ALL), alphaWritten]);

/** What birch offers to everyone. */
export const birchFeed: FeedDocument = { id: 'birch/severe', title: 'Severe', filter: { severity: { atLeast: 'high' } }, terms: { reveal: ['digest', 'severity'], origin: 'named' } };

/** What cedar offers to everyone. */
export const cedarFeed: FeedDocument = { id: 'cedar/violence', title: 'Violence', filter: { harm: { in: ['violence'] } } };

/** What elm offers to `alpha`. */
export const elmFeed: FeedDocument = { id: 'elm/inner', title: 'Inner', peers: { groups: { any: ['alpha'] } } };
