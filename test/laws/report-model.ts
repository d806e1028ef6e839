import type { DeclaredIdentifier, Likelihood, NewReport, PartKind, PartView, ReportView, Tlp } from '../../schemas/types.ts';
import { decide, type Decision } from '../../server/policy/decide.ts';
import type { PartObject } from '../../server/policy/object.ts';
import type { Model } from './model.ts';

/** A public report as the oracle knows it. Never changed, only replaced. */
export interface ModelReport {
  id: string;
  origin: string;
  accepted: number;
  content: NewReport;
  withdrawn?: string;
}

interface ModelPart {
  part: PartKind;
  text: string;
  tlp: Tlp;
  heading?: string;
  labels?: string[];
  confidence?: Likelihood;
  identifiers?: DeclaredIdentifier[];
}

/** ICD 203, once more. */
const RANGES: Record<Likelihood, [number, number]> = { 'almost-no-chance': [1, 5], 'very-unlikely': [5, 20], unlikely: [20, 45], 'roughly-even-chance': [45, 55], likely: [55, 80], 'very-likely': [80, 95], 'almost-certain': [95, 99] };
const estimate = (word: Likelihood | undefined): object | undefined => word && { word, from: RANGES[word][0], to: RANGES[word][1] };

function partsOf(content: NewReport): ModelPart[] {
  const of = (part: PartKind, all: readonly Omit<ModelPart, 'part'>[] = []): ModelPart[] => all.map((each) => ({ part, ...each }));
  return [...of('title', [content.title]), ...of('summary', content.summary ? [content.summary] : []), ...of('judgement', content.judgements), ...of('section', content.sections), ...of('action', content.actions)];
}

function objectOf({ origin, content }: ModelReport, { part, tlp, labels = [], confidence = content.confidence }: ModelPart): PartObject {
  const low = confidence && RANGES[confidence][0];
  return {
    kind: 'part',
    origin,
    attributes: { part, harms: content.harms, regions: content.regions ?? [], tactics: content.tactics ?? [], ...(low === undefined ? {} : { confidence: low - (low % 5) }), tlp, labels },
    ...(content.audience ? { audience: content.audience } : {}),
    ...(content.not_before ? { notBefore: Date.parse(content.not_before) } : {}),
  };
}

/** What the plain evaluator says of reports, one part at a time. Shares the oracle's world with the laws of signals. */
export class ReportModel {
  readonly reports = new Map<string, ModelReport>();
  readonly model: Model;
  readonly retention: number;

  constructor(model: Model, retention: number) {
    this.model = model;
    this.retention = retention;
  }

  /** All that a viewer's replica must hold. */
  expected(viewer: string, at: number): Map<string, object> {
    const views = new Map<string, object>();
    for (const report of this.reports.values()) {
      const view = report.origin === viewer ? undefined : this.view(viewer, report, at);
      if (view) views.set(report.id, view);
    }
    return views;
  }

  /** The view of a report without its version, or nothing. */
  view(viewer: string, report: ModelReport, at: number): object | undefined {
    const { content } = report;
    const parts = partsOf(content);
    const decisions = parts.map((part) => this.#shown(viewer, report, part, at));
    const title = decisions[0];
    if (!title) return undefined;
    const has = (field: string): boolean => (title.grant!.reveal as readonly string[]).includes(field);
    const views: object[] = [];
    parts.forEach((part, index) => {
      const decision = decisions[index];
      if (decision) views.push(partView(part, part.confidence ?? content.confidence, decision, title));
      else if (has('omissions') && !('omitted' in views.at(-1)!)) views.push({ omitted: true });
    });
    const sees = (id: string): boolean => this.#exists(viewer, id, at);
    const signals = (content.signals ?? []).filter((id) => this.#seesSignal(viewer, id, at));
    const successors = [...this.reports.values()].filter((other) => other.content.supersedes?.includes(report.id) && sees(other.id)).map(({ id }) => id).sort();
    const links = { signals, related: (content.related ?? []).filter(sees), supersedes: (content.supersedes ?? []).filter(sees), superseded_by: successors };
    return clean({
      id: report.id,
      released_at: iso(title.span!.release),
      visible_until: iso(title.span!.end!),
      origin: { named: report.origin, pseudonymous: '~', hidden: undefined }[title.grant!.origin],
      harms: has('harm') ? content.harms : undefined,
      regions: has('regions') ? content.regions : undefined,
      tactics: has('tactics') ? content.tactics : undefined,
      period: has('period') ? content.period : undefined,
      confidence: has('confidence') ? estimate(content.confidence) : undefined,
      reliability: has('reliability') ? content.reliability : undefined,
      parts: views,
      ...Object.fromEntries(Object.entries(links).filter(([, ids]) => ids.length > 0 && has('links'))),
    });
  }

  /** The decision on a part that is shown. */
  #shown(viewer: string, report: ModelReport, part: ModelPart, at: number): Decision | undefined {
    if (report.withdrawn !== undefined) return undefined;
    const { content, accepted } = report;
    const until = Math.min(accepted + this.retention, content.valid_until === undefined ? Infinity : Date.parse(content.valid_until));
    const decision = decide({ world: this.model.world, at, viewer, object: objectOf(report, part) }, { accepted, until });
    return decision.visible && (decision.grant!.reveal as readonly string[]).includes('text') ? decision : undefined;
  }

  #exists(viewer: string, id: string, at: number): boolean {
    const report = this.reports.get(id);
    return report !== undefined && this.#shown(viewer, report, partsOf(report.content)[0]!, at) !== undefined;
  }

  #seesSignal(viewer: string, id: string, at: number): boolean {
    const signal = this.model.signals.get(id);
    return signal !== undefined && this.model.view(viewer, undefined, signal, at) !== undefined;
  }
}

function partView({ part, heading, text, labels, identifiers }: ModelPart, confidence: Likelihood | undefined, { grant, span }: Decision, title: Decision): object {
  const has = (field: string): boolean => (grant!.reveal as readonly string[]).includes(field);
  return clean({
    part,
    heading,
    text,
    confidence: part === 'judgement' && has('confidence') ? estimate(confidence) : undefined,
    labels: labels?.length && has('labels') ? labels : undefined,
    identifiers: has('identifiers') ? identifiers : undefined,
    released_at: iso(Math.max(span!.release, title.span!.release)),
    visible_until: iso(Math.min(span!.end!, title.span!.end!)),
    handling: grant!.handling,
  });
}

/** A view as the oracle states it: a pseudonym only as such, no version. */
export function comparableReport(view: ReportView): object {
  const { version: _version, origin, ...rest } = view;
  return clean({ ...rest, origin: origin?.startsWith('~') ? '~' : origin });
}

/** What a replica still holds at an instant: reports and parts that are due it drops by itself. */
export function undue(views: Iterable<ReportView>, at: number): ReportView[] {
  const due = ({ visible_until: until }: { visible_until: string }): boolean => Date.parse(until) <= at;
  return [...views].filter((view) => !due(view)).map((view) => ({ ...view, parts: view.parts.filter((part): part is PartView => 'omitted' in part || !due(part)) }));
}

const iso = (at: number): string => new Date(at).toISOString();

function clean<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}
