import { readFileSync } from 'node:fs';
import { harmTree } from '../../schemas/harms.ts';
import { projectFile } from '../../schemas/root.ts';
import { schemes } from '../../schemas/digest-schemes.ts';
import type { HandlingTerms, IndicatorType, MemberKind, Policy, Rule, Severity, Tlp, Trust } from '../../schemas/types.ts';
import { enumeration } from '../../server/policy/conditions.ts';
import { FIELDS } from '../../server/policy/fields.ts';
import type { SignalAttributes, SignalObject } from '../../server/policy/object.ts';
import { instant } from '../../server/policy/time.ts';
import type { Activation, Member, World } from '../../server/policy/world.ts';
import { SeededRandom } from '../../test/laws/random.ts';

/** The instant at which the benchmark decides. */
export const AT = instant('2026-11-20T12:00:00Z');
const DAY = 86_400_000;

/** A world to decide in. Some of the viewers are also the origins of the classes. */
export interface BenchWorld {
  world: World;
  viewers: string[];
  classes: SignalObject[];
}

const ORIGINS = 40;
const GROUPS = ['crisis-team', 'fraud-desk', 'election-desk', 'child-safety-alliance', 'account-circle', 'northern-platforms', 'southern-platforms', 'marketplaces', 'messaging', 'video', 'games', 'dating'];
const AGREEMENTS = ['child-safety-code', 'research-terms', 'fraud-2026', 'fraud-2027', 'crisis-protocol'];
const JURISDICTIONS = ['NL', 'FR', 'DE', 'IE', 'US', 'GB', 'AU', 'JP'];
const LABELS = ['sealed', 'under-investigation', 'stolen-credentials', 'campaign-7', 'campaign-12', 'viral', 'appeal-pending', 'minor', 'press', 'test-buy'];
const KINDS: MemberKind[] = [...Array<MemberKind>(14).fill('platform'), 'ngo', 'ngo', 'hotline', 'researcher', 'hub', 'government'];
const TLPS: Tlp[] = ['CLEAR', 'CLEAR', 'GREEN', 'GREEN', 'GREEN', 'GREEN', 'GREEN', 'AMBER', 'AMBER', 'AMBER+STRICT', 'RED'];
const HARMS = [...harmTree.harms.keys()];
const HARM_ROOTS = HARMS.filter((harm) => !harm.includes('.'));

/** The same each time: the standard charter of `sharing-policies/`, a policy of 5 to 15 rules for each of 40 origins, and their classes. */
export function benchWorld(viewers: number, classes: number): BenchWorld {
  const random = new SeededRandom(20_261_120);
  const ids = Array.from({ length: Math.max(viewers, ORIGINS) }, (_, index) => `member-${index + 1}`);
  const members = new Map(ids.map((id) => [id, memberOf(random, id)]));
  const charter = JSON.parse(readFileSync(projectFile('sharing-policies/charter-standard/policy.json'), 'utf8')) as Policy;
  const origins = ids.slice(0, ORIGINS);
  const activations = new Map([['hub', inForce(charter)], ...origins.map((id) => [id, inForce(policyOf(random, members.get(id)!, ids))] as const)]);
  return {
    world: { members, groups: new Set(GROUPS), operator: 'hub', activations, feeds: new Map() },
    viewers: ids.slice(0, viewers),
    classes: Array.from({ length: classes }, (_, index) => classOf(random, origins[index % ORIGINS]!, ids)),
  };
}

function inForce(policy: Policy): Activation[] {
  return [{ version: 1, effective: -Infinity, policy }];
}

function some<T>(random: SeededRandom, from: readonly T[], least: number, most: number): T[] {
  const left = [...from];
  return Array.from({ length: Math.min(from.length, least + random.below(most - least + 1)) }, () => left.splice(random.below(left.length), 1)[0]!);
}

const perhaps = <T>(random: SeededRandom, percent: number, value: T): T | undefined => (random.below(100) < percent ? value : undefined);
const drop = <T extends object>(value: { [K in keyof T]: T[K] | undefined }): T => Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;

function memberOf(random: SeededRandom, id: string): Member {
  return {
    id,
    kind: random.pick(KINDS),
    status: 'active',
    trust: random.pick<Trust>(['unverified', 'verified', 'verified', 'trusted']),
    jurisdictions: some(random, JURISDICTIONS, 0, 3),
    groups: new Set(some(random, GROUPS, 0, 4)),
    agreements: some(random, AGREEMENTS, 1, 4).map((agreement) => ({ id: agreement, from: AT - random.below(300) * DAY, ...(random.below(4) === 0 ? { until: AT + (random.below(200) - 60) * DAY } : {}) })),
  };
}

function classOf(random: SeededRandom, origin: string, ids: readonly string[]): SignalObject {
  const type = random.pick<IndicatorType>(['account', 'url', 'media']);
  const attributes = drop<SignalAttributes>({
    type,
    schemes: some(random, [...schemes.values()].filter((scheme) => scheme.type === type).map((scheme) => scheme.name), 1, 2),
    harm: random.pick(HARMS),
    severity: random.pick(enumeration('Severity') as Severity[]),
    confidence: random.below(21) * 5,
    status: random.pick(['malicious', 'malicious', 'suspicious', 'non-malicious', 'unknown']),
    tlp: random.pick(TLPS),
    labels: some(random, LABELS, 0, 2),
    intent: perhaps(random, 60, random.pick(['malicious', 'malicious', 'unclear', 'non-malicious'])),
    novelty: perhaps(random, 50, random.pick(['new', 'known'])),
    basis: perhaps(random, 70, random.pick(['own-observation', 'user-report', 'derived'])),
  });
  const audience = perhaps(random, 5, { members: some(random, ids, 1, 20), groups: some(random, GROUPS, 0, 2) });
  return drop<SignalObject>({ kind: 'signal', origin, attributes, audience, notBefore: perhaps(random, 4, AT + (random.below(60) - 30) * DAY) });
}

function policyOf(random: SeededRandom, origin: Member, ids: readonly string[]): Policy {
  const own = [...origin.groups];
  const withholds = some(random, withholdRules(random, ids), 1, 4);
  const shares = [...Array.from({ length: 3 + random.below(9) }, () => random.pick(shareRules(random, own, ids))), lastShare(random)];
  return { id: `${origin.id}/standard`, title: 'Generated', summary: 'Generated.', rules: [...withholds, ...shares].map((rule, index) => ({ ...rule, id: `rule-${index}` })) };
}

function withholdRules(random: SeededRandom, ids: readonly string[]): Rule[] {
  const rule = (more: Partial<Rule>): Rule => ({ id: 'withhold', effect: 'withhold', ...more });
  return [
    rule({ signals: { labels: { any: some(random, LABELS, 1, 2) } } }),
    rule({ signals: { harm: { in: some(random, HARMS, 1, 4) }, intent: { notIn: ['malicious'] } } }),
    rule({ signals: { harm: { in: some(random, HARM_ROOTS, 1, 5) } }, peers: { kind: { in: some<MemberKind>(random, ['hub', 'researcher', 'ngo', 'hotline'], 1, 2) } } }),
    rule({ signals: { basis: { in: ['derived'] } }, peers: { jurisdictions: { any: some(random, JURISDICTIONS, 1, 2) } } }),
    rule({ peers: { id: { in: some(random, ids, 3, 20) } } }),
    rule({ signals: { tlp: { atLeast: 'AMBER' } }, peers: { kind: { notIn: ['platform', 'hotline'] } } }),
    rule({ signals: { confidence: { atMost: 25 }, status: { notIn: ['malicious'] } }, during: { from: '2026-06-01T00:00:00Z' } }),
  ];
}

function shareRules(random: SeededRandom, groups: readonly string[], ids: readonly string[]): Rule[] {
  const circle = groups.length > 0 ? groups : [random.pick(GROUPS)];
  return [
    share(random, { tlp: 'AMBER', onward: 'none' }, 90, { signals: { severity: { atLeast: 'medium' } }, peers: { id: { in: some(random, ids, 10, 30) } } }),
    share(random, { onward: 'group' }, 100, { signals: { harm: { in: some(random, HARM_ROOTS, 3, 8) } }, peers: { groups: { any: [...new Set([...some(random, circle, 1, 2), random.pick(GROUPS)])] } } }),
    share(random, { tlp: 'GREEN', onward: 'group', onward_groups: some(random, GROUPS, 1, 3) }, 60, {
      signals: { harm: { in: some(random, HARM_ROOTS, 4, 10) }, confidence: { atLeast: 50 + random.below(6) * 5 }, labels: { none: some(random, LABELS, 1, 3) } },
      peers: { kind: { in: ['platform', 'hub'] }, trust: { atLeast: 'verified' }, agreements: { any: some(random, AGREEMENTS, 1, 3) } },
    }),
    share(random, { onward: 'members' }, 50, {
      signals: { type: { in: ['url', 'media'] }, scheme: { in: ['url-v1', 'media-pdq', 'media-sha256', 'media-md5'] }, status: { in: ['malicious', 'suspicious'] } },
      peers: { jurisdictions: { any: some(random, JURISDICTIONS, 2, 4) } },
    }),
    share(random, { tlp: 'GREEN' }, 70, { signals: { harm: { in: ['elections', 'influence-operations', ...some(random, HARMS, 1, 5)] } }, peers: { groups: { all: [random.pick(circle)] } }, during: { from: '2026-10-01T00:00:00Z', until: '2027-02-01T00:00:00Z' } }),
    share(random, {}, 80, { signals: { novelty: { in: ['new'] }, severity: { atLeast: 'high' } }, peers: { trust: { atLeast: 'trusted' }, kind: { notIn: ['researcher'] } } }),
  ];
}

/** A little about much to many. */
function lastShare(random: SeededRandom): Rule {
  return share(random, { onward: 'members' }, 0, { signals: { severity: { atMost: random.pick<Severity>(['medium', 'high', 'critical']) }, tlp: { atMost: 'GREEN' } }, peers: { kind: { notIn: ['researcher', 'hub'] } } });
}

/** Reveals `generosity` percent of the fields besides the first two. */
function share(random: SeededRandom, handling: HandlingTerms, generosity: number, more: Partial<Rule>): Rule {
  const reveal = FIELDS.signal.filter((_, index): boolean => index < 2 || random.below(100) < generosity);
  const after = random.pick([undefined, undefined, 'PT1H', 'PT24H', 'PT72H']);
  const length = random.pick([undefined, 'P30D', 'P90D', 'P365D']);
  const shown = random.pick(['named', 'pseudonymous', 'hidden'] as const);
  const full: HandlingTerms = { pap: 'GREEN', permitted_actions: 'externally-visible-direct-actions', attribution: 'may', encrypt_in_transit: 'must', ...handling };
  return { id: 'share', effect: 'share', ...more, terms: { ...(after ? { after } : {}), ...(length ? { for: length } : {}), reveal, origin: shown, handling: full } };
}
