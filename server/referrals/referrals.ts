import type { Selectable } from 'kysely';
import type { NewReferral, NewSignal, ReferralView, ReferredContent, ReferredReportContent } from '../../schemas/types.ts';
import { blake3 } from '../../clients/sdk/digests/blake3.ts';
import { canonical } from '../audit/chain.ts';
import type { ReferralTable } from '../db/safety-tables.ts';
import { BARRED_KINDS } from '../policy/decide.ts';
import { FIELDS } from '../policy/fields.ts';
import { formatInstant, instant } from '../policy/time.ts';
import { Problem, problemAt } from '../problems.ts';
import { rawIdentifierIn } from '../text/raw-identifiers.ts';
import type { MemberDocument } from '../world/documents.ts';
import type { HubWorld } from '../world/state.ts';

/** A referral on the register, and when its member ended it. */
export type ReferralRow = Selectable<ReferralTable> & { ended_at: number | null };

/** The longest that an authority may read one. */
const LONGEST = 366 * 86_400_000;

/** Whether a member is of a kind that reaches the referral plane alone. */
export function isAuthority({ kind }: MemberDocument): boolean {
  return BARRED_KINDS.includes(kind);
}

/** Checks what a schema cannot. @returns the authority @throws Problem invalid-body, invalid-times, raw-identifier */
export function checkReferral(world: HubWorld, at: number, { authority, basis, legal_basis: provision, reference, circumstances, signals, reports, fields, expires_at: end }: NewReferral): MemberDocument {
  const named = world.members.get(authority);
  if (named?.status !== 'active' || !isAuthority(named)) throw problemAt('invalid-body', '/authority', 'is not an authority on this hub');
  if (basis === 'legal-request' && reference === undefined) throw problemAt('invalid-body', '/reference', 'is missing');
  if ((basis === 'emergency') !== (circumstances !== undefined)) throw problemAt('invalid-body', '/circumstances', 'goes with an emergency');
  if (!signals && !reports) throw problemAt('invalid-body', '/signals', 'is missing, and so is reports');
  if (signals && !fields.some((field) => FIELDS.signal.includes(field))) throw problemAt('invalid-body', '/fields', 'names nothing of a signal');
  if (reports && !fields.includes('text')) throw problemAt('invalid-body', '/fields', 'without text nothing of a report is handed over');
  if (instant(end) <= at) throw problemAt('invalid-times', '/expires_at', 'must be in the future');
  if (instant(end) > at + LONGEST) throw problemAt('invalid-times', '/expires_at', 'must be at most 366 days ahead');
  for (const [pointer, text = ''] of [['/legal_basis', provision], ['/circumstances', circumstances]] as const) {
    const what = rawIdentifierIn(text);
    if (what) throw problemAt('raw-identifier', pointer, `looks like it carries ${what}`);
  }
  return named;
}

/** What of a signal is handed over. */
export function referredContent(content: NewSignal, fields: NewReferral['fields']): ReferredContent {
  const { digests: digest, harm, severity, confidence, status, observed, labels, intent, novelty, basis, jurisdictions, note } = content;
  const all = { digest, harm, severity, confidence, status, observed, labels, intent, novelty, basis, jurisdictions, note };
  const shown = Object.entries(all).filter(([field, value]) => value !== undefined && fields.includes(field as NewReferral['fields'][number]));
  return Object.fromEntries(shown.map(([field, value]) => [field === 'digest' ? 'digests' : field, value]));
}

/** BLAKE3 of what is handed over: it can be proved later that a copy is what was referred. */
export function referredHash(content: ReferredContent | ReferredReportContent): Buffer {
  return blake3(JSON.stringify(canonical(content)));
}

/** A referral as the register tells of it. */
export function referralView(world: HubWorld, at: number, { id, at: referred, member, authority, expires_at: end, ended_at: ended, objects, doc }: ReferralRow): ReferralView {
  return {
    id,
    member: world.numbers.get(member)!.id,
    authority: world.numbers.get(authority)!.id,
    ...doc,
    referred_at: formatInstant(referred),
    expires_at: formatInstant(end),
    ...(ended === null ? {} : { ended_at: formatInstant(ended) }),
    state: ended !== null ? 'ended' : end <= at ? 'expired' : 'open',
    objects,
  };
}

/** Whether the authority may read a referral now: it is open, and its member still takes part. */
export function isOpenTo(world: HubWorld, at: number, authority: number, row: ReferralRow): boolean {
  return row.authority === authority && row.ended_at === null && at < row.expires_at && world.numbers.get(row.member)?.status === 'active';
}

/** Nobody refers as an authority. @throws Problem kind-not-allowed */
export function checkReferrer(member: MemberDocument): void {
  if (isAuthority(member)) throw new Problem('kind-not-allowed');
}
