import type { Handling, HandlingTerms, Iep, Pap, PermittedActions, Policy, Tlp } from '../../schemas/types.ts';
import { CONTRADICTION, fillHandling, meetHandling, strictestTlp } from './handling.ts';
import { formatInstant, instant, type Instant } from './time.ts';

/** What an IEP is called, and when it holds. */
export interface IepNames {
  id: string;
  name: string;
  description?: string;
  start?: Instant;
  end?: Instant;
}

/** Something that is not said as it was: the field, and what became of it, which is never wider. */
export interface Untold {
  field: string;
  detail: string;
}

/** A document made from another, and what of that it does not say as it was. */
export interface Translated<T> {
  document: T;
  untold: Untold[];
}

/** What `x_tocsin` holds of a handling: all that the fields of IEP narrow or leave out. */
type Kept = Pick<Handling, 'tlp' | 'pap' | 'permitted_actions' | 'onward' | 'onward_groups' | 'excluded_kinds'>;

/** TLP 2.0 in the words of TLP 1, never wider: AMBER+STRICT keeps to one organisation, AMBER of TLP 1 does not. */
const OLD_TLP: Record<Tlp, Iep['tlp']> = { CLEAR: 'white', GREEN: 'green', AMBER: 'amber', 'AMBER+STRICT': 'red', RED: 'red' };
const NEW_TLP: Record<Iep['tlp'], Tlp> = { white: 'CLEAR', green: 'GREEN', amber: 'AMBER', red: 'RED' };

/** The most that may be done under a PAP, in the words of IEP. */
const ACTIONS_BY_PAP: Record<Pap, PermittedActions> = { CLEAR: 'externally-visible-direct-actions', GREEN: 'externally-visible-direct-actions', AMBER: 'internally-visible-actions', RED: 'none' };

/** The widest TLP under which nobody passes something on further than this. AMBER goes to no other member. */
const TLP_BY_ONWARD: Record<Handling['onward'], Tlp> = { public: 'CLEAR', members: 'GREEN', group: 'AMBER', none: 'AMBER' };

/**
 * Handling as an IEP. Whoever reads the fields of IEP alone is allowed no more than the handling allows: what has no field
 * narrows those that there are, and stands as it was in `x_tocsin`.
 */
export function toIep(handling: Handling, { id, name, description, start, end }: IepNames): Translated<Iep> {
  const { tlp, pap, permitted_actions: actions, onward, onward_groups: groups, excluded_kinds: kinds, ...plain } = handling;
  const kept: Kept = { tlp, pap, permitted_actions: actions, onward, onward_groups: groups, excluded_kinds: kinds };
  const narrowed = narrow(kept);
  const dates = { start_date: start === undefined ? null : formatInstant(start), end_date: end === undefined ? null : formatInstant(end) };
  return {
    document: { id, name, ...(description === undefined ? {} : { description }), iep_version: '2.0', ...dates, ...plain, ...narrowed, x_tocsin: kept },
    untold: [
      ...when(NEW_TLP[narrowed.tlp] !== tlp, 'tlp', `the field says ${narrowed.tlp}, which is stricter than ${tlp}`),
      ...when(pap !== 'CLEAR', 'pap', `IEP has no PAP: permitted_actions says ${narrowed.permitted_actions}`),
      ...when(onward !== 'public', 'onward', `IEP limits onward sharing by TLP alone: it says ${narrowed.tlp}`),
      ...when(kinds.length > 0, 'excluded_kinds', `IEP excludes no kinds of recipients: its TLP says ${narrowed.tlp}`),
    ],
  };
}

/**
 * An IEP as handling terms, in which every field is said, so that nothing is left to another layer. Where the fields of IEP are
 * what this module makes of `x_tocsin`, that tells what was meant; where somebody changed either, both hold. Without it, what IEP
 * has no field for takes its strictest value.
 * @param at the terms of an IEP that does not hold then allow nothing
 */
export function fromIep(iep: Iep, at?: Instant): Translated<HandlingTerms> {
  const { affected_party_notifications, attribution, unmodified_resale, encrypt_in_transit } = iep;
  const over = at !== undefined && !holds(iep, at);
  const { excluded_kinds: kinds, onward_groups: groups, ...kept } = keptIn(iep);
  const told: HandlingTerms = { ...kept, affected_party_notifications, attribution, unmodified_resale, encrypt_in_transit, ...(kept.onward === 'group' ? { onward_groups: groups } : {}) };
  return {
    document: over ? (fillHandling({ tlp: 'RED' })) : told,
    untold: [
      ...when(over, 'end_date', 'it does not hold now: nothing is allowed'),
      ...when(!over && (iep.start_date !== null || iep.end_date !== null), 'start_date', 'terms have no dates of their own: say them under `during` of the rule'),
      ...when(kinds.length > 0, 'excluded_kinds', `terms exclude nobody: add a rule that withholds from ${kinds.join(', ')}`),
      ...when(!iep.x_tocsin, 'x_tocsin', 'IEP has no PAP and no onward sharing: they take their strictest value'),
      ...when((iep.external_references?.length ?? 0) > 0, 'external_references', 'terms refer to nothing: what stands elsewhere is not enforced here'),
    ],
  };
}

/** The handling of each share rule as an IEP. What a rule leaves out takes its strictest value: it allows nothing by itself. */
export function policyToIep(policy: Policy): (Translated<Iep> & { rule: string })[] {
  return policy.rules.flatMap((rule) => {
    if (!rule.terms) return [];
    const { from, until } = rule.during ?? {};
    const filled = fillHandling({ tlp: 'RED', ...rule.terms.handling });
    const handling = { ...filled, onward_groups: [...(filled.onward_groups ?? [])], excluded_kinds: [] } as unknown as Handling;
    return [{ rule: rule.id, ...toIep(handling, { id: `${policy.id}#${rule.id}`, name: rule.title ?? rule.id, ...(from ? { start: instant(from) } : {}), ...(until ? { end: instant(until) } : {}) }) }];
  });
}

/** The fields of IEP that stand for what it has no fields for. */
function narrow({ tlp, pap, permitted_actions: actions, onward, excluded_kinds: kinds }: Kept): Pick<Iep, 'tlp' | 'permitted_actions'> {
  const carried = [TLP_BY_ONWARD[onward], kinds.length > 0 ? ('AMBER' as const) : undefined].reduce<Tlp>(strictestTlp, tlp);
  return { tlp: OLD_TLP[carried], permitted_actions: strictestActions(actions, ACTIONS_BY_PAP[pap]) };
}

function keptIn({ tlp, permitted_actions: actions, x_tocsin: own }: Iep): Kept {
  const plain: Kept = { tlp: NEW_TLP[tlp], pap: 'RED', permitted_actions: actions, onward: 'none', onward_groups: [], excluded_kinds: [] };
  if (!own) return plain;
  const kept: Kept = { ...plain, ...own };
  const made = narrow(kept);
  if (made.tlp === tlp && made.permitted_actions === actions) return kept;
  return { ...kept, tlp: strictestTlp(kept.tlp, plain.tlp), permitted_actions: strictestActions(kept.permitted_actions, actions) };
}

function holds({ start_date: start, end_date: end }: Iep, at: Instant): boolean {
  return (start === null || instant(start) <= at) && (end === null || at < instant(end));
}

function strictestActions(a: PermittedActions, b: PermittedActions): PermittedActions {
  const met = meetHandling({ permitted_actions: a }, { permitted_actions: b });
  if (met === CONTRADICTION) throw new Error('actions are a chain');
  return met.permitted_actions!;
}

function when(holds: boolean, field: string, detail: string): Untold[] {
  return holds ? [{ field, detail }] : [];
}
