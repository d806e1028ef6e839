import type { FeedDocument, Policy, SignalField } from '../../schemas/types.ts';

const ALL: SignalField[] = ['digest', 'harm', 'severity', 'confidence', 'status', 'observed', 'labels', 'intent', 'novelty', 'basis', 'note'];
const wide = { tlp: 'CLEAR', onward: 'public', permitted_actions: 'externally-visible-direct-actions' } as const;

function policy(name: string, rules: Policy['rules']): Policy {
  return { id: `x/${name}`, title: name, summary: name, rules };
}

/** Charters that the operator changes between. */
export const charters: Policy[] = [
  policy('open', [{ id: 'all', effect: 'share', terms: { reveal: ALL, origin: 'named', handling: wide } }]),
  policy('narrow', [
    { id: 'no-spam', effect: 'withhold', signals: { harm: { in: ['spam'] } } },
    { id: 'rest', effect: 'share', terms: { after: 'PT1H', for: 'P3D', reveal: ['digest', 'harm', 'severity'], origin: 'pseudonymous', handling: { tlp: 'GREEN' } } },
  ]),
];

/** Policies that members change between. Those that name a group can only be had by its members. */
export const policies: Policy[] = [
  policy('plain', [{ id: 'all', effect: 'share', terms: { reveal: ALL, origin: 'named', handling: wide } }]),
  policy('embargo', [
    { id: 'sealed', effect: 'withhold', signals: { labels: { any: ['sealed'] } } },
    { id: 'urgent', effect: 'share', signals: { harm: { in: ['violence', 'csea'] }, severity: { atLeast: 'high' } }, terms: { reveal: ['digest', 'harm'], origin: 'named' } },
    { id: 'fraud', effect: 'share', signals: { harm: { in: ['fraud'] }, confidence: { atLeast: 70 } }, terms: { after: 'PT24H', for: 'P2D', reveal: ['digest', 'harm', 'severity'], origin: 'pseudonymous', handling: { onward: 'none' } } },
  ]),
  policy('slow', [{ id: 'all', effect: 'share', peers: { kind: { in: ['platform'] } }, terms: { after: 'PT5H', reveal: ['digest', 'severity'] } }]),
  policy('alpha-first', [
    { id: 'alpha', effect: 'share', peers: { groups: { any: ['alpha'] } }, terms: { reveal: ALL, origin: 'named', handling: { onward: 'group' } } },
    { id: 'others', effect: 'share', terms: { after: 'PT72H', for: 'PT48H', reveal: ['digest'] } },
  ]),
  policy('window', [
    { id: 'later', effect: 'share', during: { from: '2026-11-25T00:00:00Z', until: '2026-12-02T00:00:00Z' }, terms: { for: 'PT30H', reveal: ['digest', 'note'], origin: 'hidden' } },
    { id: 'named', effect: 'share', peers: { id: { in: ['birch'] } }, terms: { reveal: ALL, origin: 'named' } },
  ]),
  policy('closed', []),
];

/** Feeds that ash offers. */
export const feedDocuments: FeedDocument[] = [{ id: 'ash/severe', title: 'Severe', filter: { severity: { atLeast: 'high' } }, terms: { reveal: ['digest', 'severity'], origin: 'named' } }];
