import { blake3 } from '../../clients/sdk/digests/index.ts';
import type { DeclaredIdentifier, Likelihood, NewReport, PartKind, Tlp } from '../../schemas/types.ts';
import { validatorOf } from '../http/validation.ts';
import { duration, formatInstant, instant } from '../policy/time.ts';
import { Problem, problemAt } from '../problems.ts';
import { checkIdentifiers, checkLine, checkMarkdown } from '../text/check.ts';

/** One part of a report. */
export interface Part {
  part: PartKind;
  /** Where it stands in the content, as a JSON pointer. */
  pointer: string;
  heading?: string;
  text: string;
  tlp: Tlp;
  labels: readonly string[];
  confidence?: Likelihood;
  identifiers?: readonly DeclaredIdentifier[];
}

/** Content in normal form; equal content has equal hashes. */
export interface PreparedReport {
  content: NewReport;
  json: string;
  hash: string;
}

/** Characters of all texts of a report together: what is checked and rendered takes time. */
const MAX_TEXT = 200_000;

const wrongPlaces = validatorOf('NewReport');

/**
 * Checks what an author wrote and brings it into normal form.
 * @throws Problem invalid-body, unsafe-text, raw-identifier or invalid-times, naming the place
 */
export function prepareReport(item: unknown): PreparedReport {
  const wrong = wrongPlaces(item);
  if (wrong) throw new Problem('invalid-body', wrong);
  const report = item as NewReport;
  let length = 0;
  for (const part of partsOf(report)) {
    length += part.text.length;
    if (length > MAX_TEXT) throw problemAt('unsafe-text', `${part.pointer}/text`, `takes the report beyond ${MAX_TEXT} characters`);
    checkPart(part);
  }
  checkTimes(report);
  const content = normalise(report);
  const json = JSON.stringify(content);
  return { content, json, hash: blake3(json, 16).toString('hex') };
}

/** The parts in the order in which readers see them. */
export function partsOf({ title, summary, judgements = [], sections = [], actions = [], confidence }: NewReport): Part[] {
  type Written = Omit<Part, 'part' | 'pointer' | 'labels'> & { labels?: readonly string[] };
  const part = (kind: PartKind, pointer: string, { labels = [], ...written }: Written): Part => ({ part: kind, pointer, labels, ...written });
  const own = confidence ? { confidence } : {};
  return [
    part('title', '/title', { ...own, ...title }),
    ...(summary ? [part('summary', '/summary', { ...own, ...summary })] : []),
    ...judgements.map((each, index) => part('judgement', `/judgements/${index}`, { ...own, ...each })),
    ...sections.map((each, index) => part('section', `/sections/${index}`, { ...own, ...each })),
    ...actions.map((each, index) => part('action', `/actions/${index}`, { ...own, ...each })),
  ];
}

function checkPart({ part, pointer, heading, text, identifiers }: Part): void {
  if (heading !== undefined) checkLine(`${pointer}/heading`, heading);
  if (part === 'title') checkLine(`${pointer}/text`, text);
  else checkMarkdown(`${pointer}/text`, text);
  checkIdentifiers(`${pointer}/identifiers`, identifiers);
}

function checkTimes({ period, not_before: from, valid_until: until }: NewReport): void {
  if (period && instant(period.until) < instant(period.from)) throw problemAt('invalid-times', '/period/until', 'is before from');
  if (until !== undefined && from !== undefined && instant(until) <= instant(from)) throw problemAt('invalid-times', '/valid_until', 'is not after not_before');
}

/** Equal content in equal bytes: fields in one order, sets sorted, instants in UTC, what says nothing left out. */
function normalise(r: NewReport): NewReport {
  const time = (text: string): string => formatInstant(instant(text));
  const set = (name: 'harms' | 'regions' | 'tactics' | 'signals' | 'related' | 'supersedes'): object => (r[name]?.length ? { [name]: r[name].toSorted() } : {});
  const list = (name: 'judgements' | 'sections' | 'actions'): object => (r[name]?.length ? { [name]: r[name].map(normalPart) } : {});
  return {
    title: normalPart(r.title),
    ...(r.summary ? { summary: normalPart(r.summary) } : {}),
    ...list('judgements'),
    ...list('sections'),
    ...list('actions'),
    ...(set('harms') as Pick<NewReport, 'harms'>),
    ...set('regions'),
    ...set('tactics'),
    ...(r.period ? { period: { from: time(r.period.from), until: time(r.period.until) } } : {}),
    ...(r.confidence ? { confidence: r.confidence } : {}),
    ...(r.reliability ? { reliability: { ...(r.reliability.source ? { source: r.reliability.source } : {}), ...(r.reliability.information ? { information: r.reliability.information } : {}) } } : {}),
    ...set('signals'),
    ...set('related'),
    ...set('supersedes'),
    ...(r.audience ? { audience: { ...(r.audience.members ? { members: r.audience.members.toSorted() } : {}), ...(r.audience.groups ? { groups: r.audience.groups.toSorted() } : {}) } } : {}),
    ...(r.not_before ? { not_before: time(r.not_before) } : {}),
    ...(r.valid_until ? { valid_until: time(r.valid_until) } : {}),
    ...(r.retention ? { retention: r.retention } : {}),
    ...(r.language ? { language: r.language } : {}),
    ...(r.exercise ? { exercise: r.exercise } : {}),
  };
}

type WrittenPart = { text: string; tlp: Tlp; heading?: string; labels?: string[]; confidence?: Likelihood; identifiers?: DeclaredIdentifier[] };

function normalPart<P extends WrittenPart>({ heading, text, confidence, tlp, labels, identifiers }: P): P {
  return {
    ...(heading === undefined ? {} : { heading }),
    text,
    ...(confidence ? { confidence } : {}),
    tlp,
    ...(labels?.length ? { labels: labels.toSorted() } : {}),
    ...(identifiers ? { identifiers: identifiers.map(({ kind, value, reason }) => ({ kind, value, reason })) } : {}),
  } as P;
}

/** How long the hub keeps a report after its first publication, in milliseconds. */
export function keptFor({ retention }: Pick<NewReport, 'retention'>, longest: number): number {
  return Math.min(longest, retention === undefined ? longest : duration(retention));
}
