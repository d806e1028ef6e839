import { blake3 } from '../../clients/sdk/digests/index.ts';
import type { Estimate, NewReport, PartField, PartView, ReportView } from '../../schemas/types.ts';
import type { Secrets } from '../crypto/secrets.ts';
import type { EntitlementTable } from '../feeds/entitlements.ts';
import { shownOrigin } from '../feeds/look.ts';
import type { Grant } from '../policy/decide.ts';
import { span, type Span } from '../policy/meet.ts';
import type { PolicyObject } from '../policy/object.ts';
import { formatInstant } from '../policy/time.ts';
import { partsOf, type Part } from './content.ts';
import { estimateOf } from './likelihood.ts';

/** Who looks, decided by what, at which instant. */
export interface Sight {
  viewer: string;
  secrets: Secrets;
  at: number;
  /** What is granted of each class; element 0 is class 1. */
  table: EntitlementTable;
  classes: readonly PolicyObject[];
}

/** What decides whether a report, or a signal, exists for a viewer. */
export interface Placed {
  id: string;
  /** Of a report: the class of its title. */
  class_id: number;
  accepted_at: number;
  until: number;
}

/** A public report as it was at one position of the log. */
export interface KnownReport extends Placed {
  origin: number;
  version: number;
  /** The classes of its parts, in order. */
  classes: readonly number[];
  /** Undefined where it was purged: it has ended, then. */
  content?: NewReport | undefined;
}

/** What the links of reports lead to, as far as the viewer may see it. */
export interface Linked {
  signals: ReadonlySet<string>;
  reports: ReadonlySet<string>;
  /** By report: the reports that stand in place of it. */
  successors: ReadonlyMap<string, readonly string[]>;
}

/** A report as it is shown. */
export interface Shown {
  view: ReportView;
  /** The places of the parts in it. */
  places: number[];
  report: KnownReport;
}

/** What the viewer is granted of an object now, and from when to when; undefined where it is not visible. */
export function grantedNow({ table, at }: Sight, { class_id: classId, accepted_at: accepted, until }: Omit<Placed, 'id'>): (Span & { grant: Grant }) | undefined {
  const grant = table[classId - 1]?.grant;
  const interval = grant && span(grant, { accepted, until });
  if (!interval || interval.release > at || interval.end! <= at) return undefined;
  return { ...interval, grant };
}

/** Likewise of a report, which exists for a viewer if its title does. */
export function grantedReport(sight: Sight, report: Placed): (Span & { grant: Grant }) | undefined {
  const title = grantedNow(sight, report);
  return title && reveals(title.grant, 'text') ? title : undefined;
}

/** Whether the links of a report are shown. */
export function showsLinks(sight: Sight, report: Placed): boolean {
  const title = grantedReport(sight, report);
  return title !== undefined && reveals(title.grant, 'links');
}

/** Whether a grant reveals a field. */
export function reveals({ reveal }: Grant, field: PartField): boolean {
  return reveal.includes(field);
}

/** The report as the viewer sees it, part by part; undefined where it does not exist for the viewer. */
export function viewOf(report: KnownReport, sight: Sight, linked: Linked): Shown | undefined {
  const title = grantedReport(sight, report);
  if (!title) return undefined;
  const content = report.content ?? PURGED;
  const { parts, places } = partViews(report, partsOf(content), sight, title);
  const origin = shownOrigin(sight.classes[report.class_id - 1]!.origin, title.grant, sight);
  const { exercise } = sight.classes[report.class_id - 1]!.attributes;
  const shown = {
    ...(exercise === undefined ? {} : { exercise }),
    released_at: formatInstant(title.release),
    visible_until: formatInstant(title.end!),
    ...(origin === undefined ? {} : { origin }),
    ...fieldsOf(content, title.grant),
    parts,
    ...(reveals(title.grant, 'links') ? linksOf(report.id, content, linked) : {}),
  };
  return { view: { id: report.id, version: blake3(report.id + JSON.stringify(shown), 12).toString('base64url'), ...shown }, places, report };
}

const PURGED: NewReport = { title: { text: '', tlp: 'RED' }, harms: [] };

/** The parts that are visible, in order; where the title's grant says so, one mark in place of those that follow each other and are not. */
function partViews({ classes, accepted_at, until }: KnownReport, parts: readonly Part[], sight: Sight, title: Span & { grant: Grant }): { parts: ReportView['parts']; places: number[] } {
  const marks = reveals(title.grant, 'omissions');
  const [views, places]: [ReportView['parts'], number[]] = [[], []];
  parts.forEach((part, place) => {
    const granted = grantedNow(sight, { class_id: classes[place]!, accepted_at, until });
    if (granted && reveals(granted.grant, 'text')) {
      views.push(partView(part, granted, title));
      places.push(place);
    } else if (marks && !('omitted' in views.at(-1)!)) views.push({ omitted: true });
  });
  return { parts: views, places };
}

function partView({ part, heading, text, confidence, labels, identifiers }: Part, { grant, release, end }: Span & { grant: Grant }, title: Span): PartView {
  return {
    part,
    ...(heading === undefined ? {} : { heading }),
    text,
    ...(part === 'judgement' && confidence && reveals(grant, 'confidence') ? { confidence: estimateOf(confidence) } : {}),
    ...(labels.length > 0 && reveals(grant, 'labels') ? { labels: [...labels] } : {}),
    ...(identifiers && reveals(grant, 'identifiers') ? { identifiers: [...identifiers] } : {}),
    released_at: formatInstant(Math.max(release, title.release)),
    visible_until: formatInstant(Math.min(end!, title.end!)),
    handling: grant.handling,
  };
}

/** What is said of the report as a whole goes with its title. */
function fieldsOf({ harms, regions, tactics, period, confidence, reliability }: NewReport, grant: Grant): Partial<ReportView> {
  const estimate: Estimate | undefined = confidence && estimateOf(confidence);
  const fields = { harms: ['harm', harms], regions: ['regions', regions], tactics: ['tactics', tactics], period: ['period', period], confidence: ['confidence', estimate], reliability: ['reliability', reliability] } as const;
  return Object.fromEntries(Object.entries(fields).flatMap(([name, [field, value]]) => (value !== undefined && reveals(grant, field) ? [[name, value]] : [])));
}

function linksOf(id: string, { signals = [], related = [], supersedes = [] }: NewReport, linked: Linked): Partial<ReportView> {
  const all = {
    signals: signals.filter((each) => linked.signals.has(each)),
    related: related.filter((each) => linked.reports.has(each)),
    supersedes: supersedes.filter((each) => linked.reports.has(each)),
    superseded_by: (linked.successors.get(id) ?? []).filter((each) => linked.reports.has(each)),
  };
  return Object.fromEntries(Object.entries(all).filter(([, ids]) => ids.length > 0));
}
