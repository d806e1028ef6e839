import type { ExplainedLayer, ExplainedRule, Explanation, Terms } from '../../schemas/types.ts';
import { decisiveRules, type RuleOf } from './decisive.ts';
import { decide, judge, type Finding, type Request } from './decide.ts';
import type { LayerTerms, RuleTrace } from './evaluate.ts';
import type { Lifetime } from './object.ts';
import { formatInstant, instant, type Instant } from './time.ts';
import { wantedChanges } from './wanted.ts';
import { instantsOfChange, type World } from './world.ts';

/**
 * Why the viewer sees the object, or does not, at the request's instant: each layer's rule and terms, their meet, and when
 * they will next say something else. Only for those who may know the object: its origin and the operator.
 */
export function explain(request: Request, lifetime: Lifetime): Explanation {
  const decision = decide(request, lifetime);
  const { grant, span } = decision;
  const next = nextChange(request);
  const decisive = decisiveRules(request, lifetime);
  return {
    effect: grant && span ? 'share' : 'withhold',
    visible: decision.visible,
    at: formatInstant(request.at),
    because: sentences(request, decision),
    ...(span ? { release: formatInstant(span.release) } : {}),
    ...(span?.end === undefined ? {} : { end: formatInstant(span.end) }),
    ...(next === undefined ? {} : { changes_at: formatInstant(next), because_then: sentences({ ...request, at: next }, decide({ ...request, at: next }, lifetime)) }),
    ...(decisive ? { decisive_rules: decisive, decisive_in_words: decisiveInWords(decisive, span !== undefined) } : {}),
    what_would_change: wantedChanges(decision.findings, request),
    ...(grant && span ? { reveal: [...grant.reveal], origin: grant.origin, handling: grant.handling } : {}),
    layers: decision.findings.map(explainedLayer),
  };
}

/** The next instant at which a layer will say something else. What concerns only others leaves no trace in the answer. */
function nextChange(request: Request): Instant | undefined {
  const now = whatLayersSay(request);
  return instantsOfChange(concerned(request), instant).find((at) => at > request.at && whatLayersSay({ ...request, at }) !== now);
}

/** The part of the world that can decide this request. */
function concerned({ world, viewer, object }: Request): World {
  const only = <T>(all: ReadonlyMap<string, T>, ids: string[]): Map<string, T> => new Map([...all].filter(([id]) => ids.includes(id)));
  return { ...world, members: only(world.members, [viewer, object.origin]), activations: only(world.activations, [world.operator, object.origin]) };
}

function whatLayersSay(request: Request): string {
  return JSON.stringify(judge(request).findings.map(({ traces, ...finding }) => [finding, traces?.map((trace) => trace.outcomes)]));
}

function sentences(request: Request, { grant, span, findings }: ReturnType<typeof decide>): string[] {
  const withholding = findings.filter((finding) => finding.effect === 'withhold');
  if (!grant) return withholding.map((finding) => `Withheld by the ${finding.layer} layer${source(finding)}: ${finding.reason}.`);
  if (!span) return ['Withheld: it would end before it is released.'];
  const own = findings.find((finding) => finding.layer === 'own');
  const shared = own ? `Shared: ${own.reason}.` : `Shared${findings.filter((f) => f.rule).map((f) => ` by the ${f.layer} layer${source(f)}`).join(' and')}.`;
  if (request.at < span.release) return [shared, `It is released at ${formatInstant(span.release)}.`];
  if (span.end !== undefined && request.at >= span.end) return [shared, `It ended at ${formatInstant(span.end)}.`];
  return [shared, span.end === undefined ? 'It has no end.' : `It ends at ${formatInstant(span.end)}.`];
}

function decisiveInWords(rules: readonly RuleOf[], shared: boolean): string {
  return `Without ${rules.map(({ layer, policy, rule }) => `rule ${rule} of the ${layer} (${policy})`).join(' and ')} it would be ${shared ? 'withheld' : 'shared'}; no fewer rules make that difference.`;
}

function source(finding: Finding): string {
  return finding.policy ? ` (${finding.policy} version ${finding.version}${finding.rule ? `, rule ${finding.rule}` : ''})` : '';
}

function explainedLayer({ traces, terms, ...finding }: Finding): ExplainedLayer {
  return { ...finding, ...(terms ? { terms: termsDocument(terms) } : {}), ...(traces ? { rules: traces.map(explainedRule) } : {}) };
}

function explainedRule({ rule, matched, outcomes }: RuleTrace): ExplainedRule {
  return {
    rule: rule.id,
    effect: rule.effect,
    matched,
    failed: outcomes.filter((o) => o.truth === false).map((o) => o.condition),
    unknown: outcomes.filter((o) => o.truth === undefined).map((o) => o.condition),
  };
}

function termsDocument({ after, for: length, handling, ...terms }: LayerTerms): Terms {
  const { excluded_kinds: _travels, ...own } = handling;
  return {
    ...(after > 0 ? { after: seconds(after) } : {}),
    ...(length === undefined ? {} : { for: seconds(length) }),
    reveal: terms.reveal as Terms['reveal'],
    origin: terms.origin,
    ...(Object.keys(own).length > 0 ? { handling: own } : {}),
  };
}

function seconds(milliseconds: number): string {
  const hours = milliseconds / 3_600_000;
  return Number.isInteger(hours) ? `PT${hours}H` : `PT${milliseconds / 1000}S`;
}
