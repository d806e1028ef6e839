import type { HandlingTerms, Policy, Rule, Terms } from '../../schemas/types.ts';
import type { Request } from '../../server/policy/decide.ts';
import type { Lifetime, PolicyObject } from '../../server/policy/object.ts';
import type { Activation, Feed, Member, World } from '../../server/policy/world.ts';
import { HARMS, MILLISECONDS } from './arbitraries.ts';

/**
 * A second evaluator, written from the design and not from the engine, for small worlds only. Truth is a number: 1 holds, 0 does
 * not, a half is unknown; a rule is as true as the least true of its conditions.
 */
export interface Verdict {
  release: number;
  end: number;
  reveal: string[];
  origin: string;
  handling: Record<string, unknown>;
}

/** From the widest to the strictest. */
const STRICTER: Record<string, string[]> = {
  tlp: ['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED'],
  pap: ['CLEAR', 'GREEN', 'AMBER', 'RED'],
  permitted_actions: ['externally-visible-direct-actions', 'externally-visible-indirect-actions', 'internally-visible-actions', 'contact-for-instruction', 'none'],
  affected_party_notifications: ['may', 'must-not'],
  unmodified_resale: ['may', 'must-not'],
  encrypt_in_transit: ['may', 'must'],
  onward: ['public', 'members', 'group', 'none'],
  origin: ['named', 'pseudonymous', 'hidden'],
};
const LADDERS: Record<string, string[]> = { severity: ['info', 'low', 'medium', 'high', 'critical'], trust: ['unverified', 'verified', 'trusted'], tlp: STRICTER['tlp']! };
const KINDS = ['platform', 'ngo', 'hotline', 'researcher', 'government', 'law-enforcement', 'hub'];
const FIELDS: Record<string, string[]> = {
  signal: ['digest', 'harm', 'severity', 'confidence', 'status', 'observed', 'labels', 'intent', 'novelty', 'basis', 'jurisdictions', 'note'],
  part: ['text', 'harm', 'confidence', 'labels', 'regions', 'tactics', 'period', 'reliability', 'links', 'identifiers', 'omissions'],
  message: ['text', 'harm', 'labels', 'regions', 'digest', 'identifiers'],
};
const TOPICS = { signal: 'signals', part: 'reports', message: 'messages' } as const;
const BARRED = ['government', 'law-enforcement'];

type Operands = Record<string, unknown>;
type Conditions = Record<string, Operands>;

/** What the design grants; undefined is a withhold. */
export function verdict({ world, at, viewer: viewerId, object, feed }: Request, lifetime: Lifetime): Verdict | undefined {
  const viewer = world.members.get(viewerId);
  const origin = world.members.get(object.origin);
  if (viewer?.status !== 'active' || origin === undefined || origin.status === 'suspended') return undefined;
  if (viewer === origin) return feed ? undefined : interval({ reveal: FIELDS[object.kind]!, origin: 'named', handling: {} }, [], lifetime.accepted, lifetime.until);
  if (BARRED.includes(viewer.kind)) return undefined;
  const ask = (rule: Asking): number => truth(rule, world, origin, object, viewer, at);
  const deciding = [world.operator, origin.id].map((owner) => winner(inForce(world.activations.get(owner) ?? [], at), ask));
  const [charter, own] = deciding;
  if (!charter || !own) return undefined;
  const { audience } = object;
  const addressed = audience?.members?.includes(viewer.id) === true;
  if (audience && !addressed && !audience.groups?.some((group) => belongs(world, viewer, group))) return undefined;
  if (feed && object.kind !== 'signal') return undefined;
  if (feed && !selects(feed, origin, viewer, ask)) return undefined;

  const terms: Terms[] = [charter.terms!, own.terms!, ...(feed?.terms ? [feed.terms] : [])];
  const reveal = FIELDS[object.kind]!.filter((field) => terms.every((one) => (one.reveal as string[]).includes(field)));
  if (reveal.length === 0 || (object.kind !== 'signal' && !reveal.includes('text'))) return undefined;
  const handling = combined(world, viewer, [charter, own], feed);
  if (!handling) return undefined;
  const tlp = strictest('tlp', [object.attributes.tlp, handling['tlp'] as string | undefined])!;
  if (!passes(tlp, own, addressed, world, origin, viewer)) return undefined;
  const kinds = KINDS.filter((kind) => BARRED.includes(kind) || [world.operator, origin.id].some((owner) => bars(inForce(world.activations.get(owner) ?? [], at)!, kind, ask)));
  const shown = strictest('origin', terms.map((one) => one.origin ?? 'hidden'))!;
  return interval({ reveal, origin: shown, handling: travelling(handling, tlp, kinds) }, terms, lifetime.accepted, lifetime.until, object.notBefore);
}

function inForce(activations: readonly Activation[], at: number): Policy | undefined {
  let best: Activation | undefined;
  for (const one of activations) if (one.effective <= at && (!best || one.effective >= best.effective)) best = one;
  return best?.policy ?? undefined;
}

function winner(policy: Policy | undefined, ask: (rule: Rule) => number): Rule | undefined {
  if (!policy || policy.rules.some((rule) => rule.effect === 'withhold' && ask(rule) > 0)) return undefined;
  return policy.rules.find((rule) => rule.effect === 'share' && ask(rule) === 1);
}

function selects(feed: Feed, origin: Member, viewer: Member, ask: (rule: Rule) => number): boolean {
  if (feed.owner !== undefined && feed.owner !== origin.id) return false;
  const offered = feed.owner === viewer.id || ask({ id: 'x', effect: 'share', ...(feed.peers ? { peers: feed.peers } : {}) }) === 1;
  return offered && ask({ id: 'x', effect: 'share', ...(feed.filter ? { signals: feed.filter } : {}) }) === 1;
}

type Asking = Pick<Rule, 'effect' | 'covers' | 'signals' | 'reports' | 'messages' | 'peers' | 'during' | 'incidents'>;

function goesOn(world: World, id: string, way: 'open' | 'closed', at: number): number {
  const incident = world.incidents?.get(id);
  if (!incident) return 0.5;
  const open = incident.open.filter((one) => at >= one.from && !(at >= (one.until ?? Infinity))).length > 0;
  return open === (way === 'open') ? 1 : 0;
}

/** What a rule is about, as the design has it: what it says; else what it asks about; else signals for a share, everything for a withhold. */
function about(rule: Asking): string[] {
  const asked = ['signals', 'reports', 'messages'].filter((topic) => topic in rule);
  return rule.covers ?? (asked.length > 0 ? asked : rule.effect === 'share' ? ['signals'] : ['signals', 'reports', 'messages']);
}

function truth(rule: Asking, world: World, origin: Member, { kind, attributes }: PolicyObject, viewer: Member, at: number): number {
  const { effect, peers, during, incidents } = rule;
  if (!about(rule).includes(TOPICS[kind])) return 0;
  const { origin: ofOrigin, ...ofObject } = rule[TOPICS[kind]] ?? {};
  if (effect === 'share' && attributes.exercise !== undefined && ofObject.exercise?.in?.includes(attributes.exercise) !== true) return 0;
  return Math.min(
    1,
    ...each(ofObject as Conditions, (name, operator, operand) => objectTruth(name, operator, operand, attributes as unknown as Operands, effect === 'share')),
    ...each((ofOrigin ?? {}) as Conditions, (name, operator, operand) => memberTruth(name, operator, operand, origin, world, at)),
    ...each((peers ?? {}) as Conditions, (name, operator, operand) => memberTruth(name, operator, operand, viewer, world, at)),
    ...(['open', 'closed'] as const).map((way) => (incidents?.[way] ? Math.max(...incidents[way].map((id) => goesOn(world, id, way, at))) : 1)),
    during?.from === undefined || Date.parse(during.from) <= at ? 1 : 0,
    during?.until === undefined || at < Date.parse(during.until) ? 1 : 0,
  );
}

/** `x@2` is version 2 of x, or a later one. */
function accepts(accepted: { id: string; version?: number }, named: string): boolean {
  const [id, least = '1'] = named.split('@');
  return accepted.id === id && (accepted.version ?? 1) >= Number(least);
}

function measured(value: number | undefined, { atLeast, atMost }: Operands): number {
  if (value === undefined) return 0.5;
  return value < Number(atLeast ?? value) || value > Number(atMost ?? value) ? 0 : 1;
}

function each(conditions: Conditions, judge: (name: string, operator: string, operand: unknown) => number): number[] {
  const { contributed, found_good: foundGood, ...others } = conditions;
  const asked = [...(contributed ? [judge('contributed', '', contributed)] : []), ...(foundGood ? [judge('found_good', '', foundGood)] : [])];
  return [...asked, ...everyOperator(others, judge)];
}

function everyOperator(conditions: Conditions, judge: (name: string, operator: string, operand: unknown) => number): number[] {
  return Object.entries(conditions).flatMap(([name, operators]) => Object.entries(operators).map(([operator, operand]) => judge(name, operator, operand)));
}

function objectTruth(name: string, operator: string, operand: unknown, object: Operands, all: boolean): number {
  if (name === 'labels') return ofMany(operator, (operand as string[]).map((label) => ((object['labels'] as string[]).includes(label) ? 1 : 0)));
  if (name === 'jurisdictions') {
    const places = (object['jurisdictions'] ?? []) as string[];
    return ofMany(operator, (operand as string[]).map((place) => (places.length === 0 ? 0.5 : places.includes(place) ? 1 : 0)));
  }
  if (name === 'exercise') return (operand as unknown[]).includes(object['exercise']) ? 1 : 0;
  const several = { harm: 'harms', scheme: 'schemes', regions: 'regions', tactics: 'tactics' }[name];
  const values = several === undefined ? undefined : object[several];
  if (Array.isArray(values)) {
    const truths = (values as string[]).map((value) => objectTruth(name, operator, operand, { [name]: value }, all));
    return truths.length === 0 ? 0.5 : all ? Math.min(...truths) : Math.max(...truths);
  }
  const value = object[name] as string | number | undefined;
  if (value === undefined) return 0.5;
  if (name === 'harm') return HARMS.includes(String(value)) ? oneOf(operator, operand as string[], lineage(String(value))) : 0.5;
  return operator.startsWith('at') ? bound(name, operator, operand, value) : oneOf(operator, operand as string[], [String(value)]);
}

function memberTruth(name: string, operator: string, operand: unknown, who: Member, world: World, at: number): number {
  if (name === 'contributed' || name === 'found_good') {
    const { within, ...least } = operand as Operands;
    return measured(who.measures?.[name === 'contributed' ? name : 'foundGood']?.[within as 'P7D'], least);
  }
  const wanted = operand as string[];
  if (name === 'trust') return bound(name, operator, operand, who.trust);
  if (name === 'groups') return ofMany(operator, wanted.map((group) => (!world.groups.has(group) ? 0.5 : who.groups.has(group) ? 1 : 0)));
  if (name === 'jurisdictions') return ofMany(operator, wanted.map((place) => (who.jurisdictions.length === 0 ? 0.5 : who.jurisdictions.includes(place) ? 1 : 0)));
  if (name === 'agreements') return ofMany(operator, wanted.map((named) => (who.agreements.some((a) => accepts(a, named) && a.from <= at && at < (a.until ?? Infinity)) ? 1 : 0)));
  if (name === 'subscribed') return ofMany(operator, wanted.map((id) => (!who.subscriptions || (id !== 'all' && !world.feeds.has(id)) ? 0.5 : who.subscriptions.has(id) ? 1 : 0)));
  if (name === 'responds') return ofMany(operator, wanted.map((id) => (!world.incidents?.has(id) ? 0.5 : world.incidents.get(id)!.responders.has(who.id) ? 1 : 0)));
  if (name === 'quality') return measured(who.measures?.[operator as 'stale'], operand as Operands);
  return oneOf(operator, wanted, [name === 'id' ? who.id : who.kind]);
}

function lineage(harm: string): string[] {
  return harm.split('.').map((_, index, parts) => parts.slice(0, index + 1).join('.'));
}

function oneOf(operator: string, listed: string[], values: string[]): number {
  return values.some((value) => listed.includes(value)) === (operator === 'in') ? 1 : 0;
}

function ofMany(operator: string, truths: number[]): number {
  if (operator === 'all') return Math.min(...truths);
  return operator === 'any' ? Math.max(...truths) : 1 - Math.max(...truths);
}

function bound(name: string, operator: string, operand: unknown, value: string | number): number {
  const rank = (one: unknown): number => LADDERS[name]?.indexOf(String(one)) ?? Number(one);
  return (operator === 'atLeast' ? rank(value) >= rank(operand) : rank(value) <= rank(operand)) ? 1 : 0;
}

function belongs(world: World, who: Member, group: string): boolean {
  return world.groups.has(group) && who.groups.has(group);
}

function passes(tlp: string, rule: Rule, addressed: boolean, world: World, origin: Member, viewer: Member): boolean {
  if (['CLEAR', 'GREEN'].includes(tlp) || addressed || rule.peers?.id?.in?.includes(viewer.id)) return true;
  const named = Object.entries(rule.peers?.groups ?? {}).flatMap(([operator, groups]) => (operator === 'none' ? [] : (groups as string[])));
  return tlp !== 'RED' && named.some((group) => belongs(world, viewer, group) && belongs(world, origin, group));
}

/** Charter and policy first; what both leave out is as strict as it gets before a feed has its say. */
function combined(world: World, viewer: Member, rules: Rule[], feed: Feed | undefined): Record<string, unknown> | undefined {
  const said = rules.map((rule) => spoken(rule, viewer));
  const last = feed && spoken(feed, viewer);
  const result: Record<string, unknown> = {};
  for (const field of Object.keys(STRICTER)) {
    if (field === 'origin') continue;
    const word = (one: HandlingTerms | undefined): string | undefined => one?.[field as 'pap'];
    const silent = field !== 'tlp' && said.every((one) => word(one) === undefined);
    result[field] = silent ? STRICTER[field]!.at(-1) : strictest(field, [...said.map(word), word(last)]);
  }
  const ways = said.map((one) => one.attribution).filter((way) => way !== undefined);
  const attributions = new Set([...(ways.length > 0 ? ways : ['must-not']), ...(last?.attribution ? [last.attribution] : [])].filter((way) => way !== 'may'));
  if (attributions.size > 1) return undefined;
  const lists = [...said, last].flatMap((one) => (one?.onward_groups ? [one.onward_groups] : []));
  const groups = lists.length === 0 ? [] : lists.reduce((kept, list) => kept.filter((group) => list.includes(group)));
  return { ...result, attribution: [...attributions][0] ?? 'may', onward_groups: groups.filter((group) => world.groups.has(group)) };
}

function spoken(rule: Pick<Rule, 'peers' | 'terms'>, viewer: Member): HandlingTerms {
  const said = rule.terms?.handling ?? {};
  if (said.onward !== 'group' || said.onward_groups) return said;
  const { any = [], all = [] } = rule.peers?.groups ?? {};
  return { ...said, onward_groups: [...any, ...all].filter((group) => viewer.groups.has(group)) };
}

function strictest(field: string, words: (string | undefined)[]): string | undefined {
  return STRICTER[field]!.findLast((word) => words.includes(word));
}

function travelling(handling: Record<string, unknown>, tlp: string, kinds: string[]): Record<string, unknown> {
  const cap = tlp === 'CLEAR' ? 'public' : tlp === 'GREEN' ? 'members' : 'none';
  const groups = (handling['onward_groups'] as string[]).toSorted();
  const reach = strictest('onward', [cap, handling['onward'] as string])!;
  const toGroups = reach === 'group' && groups.length > 0;
  return { ...handling, tlp, onward: reach === 'group' && !toGroups ? 'none' : reach, onward_groups: toGroups ? [...new Set(groups)] : [], excluded_kinds: kinds.toSorted() };
}

function bars(policy: Policy, kind: string, ask: (rule: Rule) => number): boolean {
  return policy.rules.some(({ peers, ...rule }) => {
    if (rule.effect !== 'withhold' || !peers?.kind || Object.keys(peers).length > 1 || ask(rule) === 0) return false;
    return Object.entries(peers.kind).every(([operator, kinds]) => oneOf(operator, kinds as string[], [kind]) === 1);
  });
}

function interval(granted: Omit<Verdict, 'release' | 'end'>, terms: Terms[], accepted: number, until = Infinity, notBefore = -Infinity): Verdict | undefined {
  let release = Math.max(accepted, notBefore);
  let end = until;
  for (const one of terms) {
    const start = Math.max(accepted + (MILLISECONDS[one.after ?? ''] ?? 0), notBefore);
    release = Math.max(release, start);
    if (one.for !== undefined) end = Math.min(end, start + MILLISECONDS[one.for]!);
  }
  return release < end ? { ...granted, release, end } : undefined;
}

/** Whether a signal may be counted, as the design has it: by charter and origin's policy, whoever asks. */
export function counts(world: World, at: number, object: PolicyObject): boolean {
  const origin = world.members.get(object.origin);
  if (object.kind !== 'signal' || object.attributes.exercise !== undefined || !origin || origin.status === 'suspended') return false;
  const ask = (rule: Rule): number => {
    if (!about(rule).includes('counts') || (rule.effect === 'share' && rule.peers)) return 0;
    const { covers: _covers, reports: _reports, messages: _messages, peers: _peers, ...asked } = rule;
    return truth({ ...asked, covers: ['signals'] }, world, origin, object, origin, at);
  };
  return [world.operator, origin.id].every((owner) => winner(inForce(world.activations.get(owner) ?? [], at), ask) !== undefined);
}
