import { isDeepStrictEqual } from 'node:util';
import type { ContactQuery, ContactView, ContactWay, Jurisdiction, NewContact, Place, Verification } from '../../schemas/types.ts';
import type { StoredContact } from '../db/safety-tables.ts';
import { formatInstant } from '../policy/time.ts';
import { Problem, problemAt } from '../problems.ts';
import { rawIdentifierIn } from '../text/raw-identifiers.ts';
import { OPERATOR, groupsOf, type HubWorld } from '../world/state.ts';
import { isOnCall, isZone } from './hours.ts';

/** A contact's row. */
export interface ContactRow {
  owner: string;
  name: string;
  doc: StoredContact;
  verified_at: number | null;
}

/** How long a confirmation holds. */
const VERIFIED_FOR = 180 * 86_400_000;

/** Member states of the European Union, ISO 3166-1. */
const EU: readonly Jurisdiction[] = 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ');

/**
 * Checks what a schema cannot, and says the visibility where nothing is said: the owner's only.
 * @throws Problem invalid-body, raw-identifier
 */
export function checkContact(world: HubWorld, owner: string, contact: NewContact): StoredContact {
  const { visibility = 'owner', audience, title, criteria, hours, ways } = contact;
  if ((visibility === 'named') !== (audience !== undefined)) throw problemAt('invalid-body', '/audience', 'goes with visibility named');
  if (hours && !isZone(hours.zone)) throw problemAt('invalid-body', '/hours/zone', 'is not a time zone');
  for (const [pointer, text = ''] of [['/title', title], ['/criteria', criteria]] as const) {
    const what = rawIdentifierIn(text);
    if (what) throw problemAt('raw-identifier', pointer, `looks like it carries ${what}: addresses stand in ways`);
  }
  const wrong = [...ways.flatMap(wrongWay), ...unknownNames(world, owner, contact)];
  if (wrong.length > 0) throw new Problem('invalid-body', wrong);
  return { ...contact, visibility };
}

function wrongWay({ kind, address }: ContactWay, index: number): Place[] {
  return forms[kind].test(address) && (kind !== 'url' || URL.canParse(address)) ? [] : [{ pointer: `/ways/${index}/address`, detail: `is not of the kind ${kind}` }];
}

const forms: Record<ContactWay['kind'], RegExp> = {
  email: /^[^\s@<>"',;:?&]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+$/i,
  phone: /^\+?[0-9][0-9 ()./-]{1,30}$/,
  url: /^https:\/\/[a-z0-9.-]+(:\d+)?(\/[^\s<>"']*)?$/i,
};

/** To a member, a group that it is not in does not exist. */
function unknownNames(world: HubWorld, owner: string, { audience = {} }: NewContact): Place[] {
  const groups = owner === OPERATOR ? [...world.groups.keys()] : groupsOf(world, owner);
  const { members = [], groups: named = [] } = audience;
  return [
    ...members.flatMap((id, index) => (world.members.get(id)?.status === 'active' ? [] : [{ pointer: `/audience/members/${index}`, detail: 'is not a member of this hub' }])),
    ...named.flatMap((id, index) => (groups.includes(id) ? [] : [{ pointer: `/audience/groups/${index}`, detail: 'is not a group that you are in' }])),
  ];
}

/** Whether a contact says the same as before, so that its confirmation stands. Databases reorder the members of documents. */
export function saysTheSame(a: StoredContact, b: StoredContact): boolean {
  return isDeepStrictEqual(a, b);
}

/** How far a contact's confirmation holds at an instant. */
export function verificationOf({ verified_at: verified }: ContactRow, at: number): Verification {
  if (verified === null) return 'none';
  return at < verified + VERIFIED_FOR ? 'current' : 'stale';
}

/** A contact as a viewer sees it at an instant; who else may see it is for its owner. */
export function contactView(world: HubWorld, at: number, row: ContactRow, viewer: string): ContactView {
  const { owner, name, doc, verified_at: verified } = row;
  const { visibility, audience, ...shown } = doc;
  return {
    id: `${owner}/${name}`,
    member: world.members.get(owner)!.title,
    ...shown,
    ...(doc.hours ? { on_call: isOnCall(doc.hours, at) } : {}),
    verification: verificationOf(row, at),
    ...(verified === null ? {} : { verified_at: formatInstant(verified), renew_by: formatInstant(verified + VERIFIED_FOR) }),
    ...(owner === viewer ? { visibility, ...(audience ? { audience } : {}) } : {}),
  };
}

/** Whether a contact is among those that are asked for. */
export function isWanted(row: ContactRow, { role, need, country, verification, on_call: onCall }: ContactQuery, at: number): boolean {
  const { doc } = row;
  if (role !== undefined && doc.role !== role) return false;
  if (need !== undefined && !doc.needs?.includes(need)) return false;
  if (country !== undefined && !helpsIn(doc, country)) return false;
  if (verification !== undefined && verificationOf(row, at) !== verification) return false;
  return onCall === undefined || (doc.hours !== undefined && isOnCall(doc.hours, at)) === onCall;
}

function helpsIn({ countries }: StoredContact, country: Jurisdiction): boolean {
  return countries === undefined || countries.includes(country) || (countries.includes('EU') && EU.includes(country));
}
