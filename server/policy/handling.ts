import type { Handling, HandlingTerms, MemberKind, Onward, Tlp } from '../../schemas/types.ts';
import { enumeration } from './conditions.ts';

/** Each field of handling as a chain from the widest to the strictest value. */
const chains = {
  tlp: enumeration('Tlp'),
  pap: enumeration('Pap'),
  permitted_actions: enumeration('PermittedActions').toReversed(),
  affected_party_notifications: enumeration('MayOrMustNot'),
  unmodified_resale: enumeration('MayOrMustNot'),
  encrypt_in_transit: enumeration('MayOrMust'),
  onward: enumeration('Onward').toReversed(),
} as const;

type Chained = keyof typeof chains;

const onwardCap: Record<Tlp, Onward> = { RED: 'none', 'AMBER+STRICT': 'none', AMBER: 'none', GREEN: 'members', CLEAR: 'public' };

/** What a layer says of handling. Kinds are those that the layer excludes. */
export interface LayerHandling extends HandlingTerms {
  excluded_kinds?: readonly MemberKind[];
}

/** `must` and `must-not` of one field met: nothing can satisfy both. */
export const CONTRADICTION = 'attribution must and must-not';

/**
 * The stricter of two: associative, commutative, idempotent; an absent field is the neutral element.
 * @returns CONTRADICTION where no handling satisfies both
 */
export function meetHandling(a: LayerHandling, b: LayerHandling): LayerHandling | typeof CONTRADICTION {
  const attribution = meetAttribution(a.attribution, b.attribution);
  if (attribution === CONTRADICTION) return CONTRADICTION;
  const met: Record<string, unknown> = { attribution, onward_groups: intersect(a.onward_groups, b.onward_groups), excluded_kinds: unite(a.excluded_kinds, b.excluded_kinds) };
  for (const field of Object.keys(chains) as Chained[]) met[field] = stricter(field, a[field], b[field]);
  return Object.fromEntries(Object.entries(met).filter(([, value]) => value !== undefined));
}

/**
 * Whether what the first says in a field stands when the second is met.
 * @returns CONTRADICTION where no handling satisfies both
 */
export function keepsHandling(field: keyof HandlingTerms, a: HandlingTerms, b: HandlingTerms): boolean | typeof CONTRADICTION {
  if (field === 'onward_groups') return !b.onward_groups || (a.onward_groups ?? []).every((group) => b.onward_groups!.includes(group));
  if (field !== 'attribution') return stricter(field, a[field], b[field]) === a[field];
  const met = meetAttribution(a.attribution, b.attribution);
  return met === CONTRADICTION ? met : met === a.attribution;
}

/** The strictest of several TLP values. */
export function strictestTlp(a: Tlp, b: Tlp | undefined): Tlp {
  return stricter('tlp', a, b) as Tlp;
}

/** What nobody has spoken of takes its strictest value, so that whoever is met afterwards can only narrow it. TLP is the object's own matter. */
export function fillHandling(met: LayerHandling): LayerHandling {
  const { tlp: _tlp, ...others } = chains;
  const strictest = Object.fromEntries(Object.entries(others).map(([field, chain]) => [field, chain.at(-1)]));
  return { attribution: 'must-not', ...strictest, ...met };
}

/**
 * Completes handling: what no layer spoke of takes its strictest value, and TLP caps `onward`. The fields come in one order,
 * whoever spoke of them: views that say the same must have the same version.
 * @param met a meet's: its lists are sorted
 */
export function completeHandling(met: LayerHandling, tlp: Tlp): Handling {
  const { tlp: _tlp, onward_groups: _groups, excluded_kinds: _kinds, ...filled } = fillHandling(met);
  const groups = [...(met.onward_groups ?? [])];
  const capped = stricter('onward', filled.onward, onwardCap[tlp]) as Onward;
  const onward = capped === 'group' && groups.length === 0 ? 'none' : capped;
  return {
    ...(filled as Omit<Handling, 'tlp' | 'onward_groups' | 'excluded_kinds'>),
    tlp,
    onward,
    onward_groups: onward === 'group' ? groups : [],
    excluded_kinds: [...(met.excluded_kinds ?? [])],
  };
}

function stricter(field: Chained, a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const chain = chains[field];
  return chain.indexOf(a) >= chain.indexOf(b) ? a : b;
}

function meetAttribution(a: HandlingTerms['attribution'], b: HandlingTerms['attribution']): HandlingTerms['attribution'] | typeof CONTRADICTION {
  if (a === undefined || b === undefined) return a ?? b;
  if (a === b || b === 'may') return a;
  return a === 'may' ? b : CONTRADICTION;
}

function intersect(a: readonly string[] | undefined, b: readonly string[] | undefined): string[] | undefined {
  if (!a || !b) return (a ?? b)?.toSorted();
  return a.filter((value) => b.includes(value)).sort();
}

function unite<T extends string>(a: readonly T[] | undefined, b: readonly T[] | undefined): T[] | undefined {
  return a || b ? [...new Set([...(a ?? []), ...(b ?? [])])].sort() : undefined;
}
