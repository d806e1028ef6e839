import { enumeration } from '../policy/conditions.ts';
import type { MemberKind, Scope } from '../../schemas/types.ts';
import { BARRED_KINDS } from '../policy/decide.ts';

/** What only the operator's own clients may be granted. */
export const OPERATOR_SCOPES: readonly Scope[] = ['members:write', 'keys:write', 'audit:read'];

export const ALL_SCOPES = enumeration('Scope') as Scope[];

/** What governments and law enforcement may be granted: they reach the referral plane alone. */
export const AUTHORITY_SCOPES: readonly Scope[] = ['referrals:read'];

/** The scopes that a client of a member may have. */
export function grantable(kind: MemberKind, operator: boolean): readonly Scope[] {
  if (operator) return ALL_SCOPES;
  if (BARRED_KINDS.includes(kind)) return AUTHORITY_SCOPES;
  return ALL_SCOPES.filter((scope) => !OPERATOR_SCOPES.includes(scope));
}
