import { readFileSync } from 'node:fs';
import type { MemberKind, NewMember, Policy } from '../../schemas/types.ts';
import { projectFile } from '../../schemas/root.ts';

const AGREED = '2026-01-01T00:00:00Z';

/** A member of the demonstration: who it is, and which shipped policy it starts from. */
export interface Role {
  member: NewMember & { kind: MemberKind };
  policy?: string;
  about: string;
}

/** Everyone who takes part. */
export const cast: Role[] = [
  { member: { id: 'northstar', title: 'Northstar', kind: 'platform', trust: 'trusted', jurisdictions: ['US'], agreements: [{ id: 'fraud-2026', from: AGREED }] }, policy: 'fraud-with-embargo', about: 'a large platform; shares fraud, most of it after an embargo' },
  { member: { id: 'ironquay', title: 'Ironquay', kind: 'platform', trust: 'verified', jurisdictions: ['DE'], agreements: [{ id: 'fraud-2026', from: AGREED }] }, policy: 'community-baseline', about: 'a marketplace on the fraud desk; shares with verified members' },
  { member: { id: 'brook', title: 'Brook', kind: 'platform', trust: 'verified', jurisdictions: ['FR'], agreements: [{ id: 'fraud-2026', from: AGREED }] }, policy: 'small-platform-receive-only', about: 'a small platform without analysts; only receives' },
  { member: { id: 'lanternline', title: 'Lanternline', kind: 'hotline', trust: 'verified', jurisdictions: ['GB'] }, about: 'a hotline' },
  { member: { id: 'newcomer', title: 'Newcomer', kind: 'platform', trust: 'unverified' }, about: 'a platform whose identity nobody has checked yet' },
  { member: { id: 'lyceum', title: 'Lyceum', kind: 'researcher', trust: 'verified', agreements: [{ id: 'research-terms', from: AGREED }] }, about: 'a research group' },
  { member: { id: 'constable', title: 'Constable', kind: 'law-enforcement', trust: 'trusted' }, about: 'a police force; not on the plane that members share on' },
];

/** Groups that the shipped policies speak of. */
export const groups: { id: string; title: string; members: string[] }[] = [{ id: 'fraud-desk', title: 'Fraud desk', members: ['northstar', 'ironquay'] }];

/** A shipped policy, made somebody's own. */
export function shippedPolicy(name: string, owner: string): Policy {
  const policy = JSON.parse(readFileSync(projectFile(`sharing-policies/${name}/policy.json`), 'utf8')) as Policy;
  return { ...policy, id: `${owner}/${name}` };
}
