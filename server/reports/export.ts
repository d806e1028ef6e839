import { createHash } from 'node:crypto';
import type { DeclaredIdentifier, Estimate, Handling, PartView, ReportView } from '../../schemas/types.ts';
import { renderMarkdown } from '../text/markdown.ts';

/** What a section is called where it has no heading of its own. */
const NAMES: Record<PartView['part'], string> = { title: 'Title', summary: 'Summary', judgement: 'Key judgement', section: 'Section', action: 'Recommended action' };
const OMITTED = 'Something was left out here.';

/** What stands above everything else of a report that is not real. */
function exerciseMark({ exercise }: ReportView): string | undefined {
  return exercise === undefined ? undefined : `EXERCISE ${exercise}: not real. Do not act on it.`;
}

/** The report as Markdown, with the handling of each part above it. Texts hold no HTML; what is not Markdown is escaped. */
export function toMarkdown(view: ReportView): string {
  const [title, ...rest] = view.parts as [PartView, ...ReportView['parts']];
  const facts = factsOf(view).map(([name, value]) => `- ${name}: ${escapeMarkdown(value)}`).join('\n');
  const parts = rest.map((part) => ('omitted' in part ? `*${OMITTED}*` : markdownPart(part)));
  const mark = exerciseMark(view);
  return `${[...(mark === undefined ? [] : [`**${mark}**`]), `# ${escapeMarkdown(title.text)}`, markLine(title.handling), facts, ...parts].join('\n\n')}\n`;
}

function markdownPart(part: PartView): string {
  const named = part.identifiers?.map((each) => `- ${identifierText(each)}`).join('\n');
  return [`## ${escapeMarkdown(part.heading ?? NAMES[part.part])}`, markLine(part.handling), ...(part.confidence ? [`*${estimateText(part.confidence)}*`] : []), part.text, ...(named ? [named] : [])].join('\n\n');
}

/** An identifier is written as code, in a fence longer than any run of fences in it. */
function identifierText({ kind, value, reason }: DeclaredIdentifier): string {
  const fence = '`'.repeat(Math.max(0, ...(value.match(/`+/g) ?? []).map((run) => run.length)) + 1);
  return `${kind}: ${fence} ${value} ${fence} (${escapeMarkdown(reason)})`;
}

function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#|~&!]/g, '\\$&').replaceAll(/\s+/g, ' ');
}

function markLine(handling: Handling): string {
  return `> **${marksOf(handling).map(escapeMarkdown).join(' · ')}**`;
}

/** The handling of a part in words, TLP first. */
function marksOf(handling: Handling): string[] {
  const { tlp, pap, permitted_actions: actions, affected_party_notifications: notify, attribution, unmodified_resale: resale, encrypt_in_transit: encrypt, onward, onward_groups: groups, excluded_kinds: excluded } = handling;
  return [
    `TLP:${tlp}`,
    `PAP:${pap}`,
    `onward: ${[onward, ...groups].join(' ')}`,
    `actions: ${actions}`,
    `attribution: ${attribution}`,
    `notify affected parties: ${notify}`,
    `resale: ${resale}`,
    `encrypt in transit: ${encrypt}`,
    ...(excluded.length > 0 ? [`not to: ${excluded.join(', ')}`] : []),
  ];
}

/** What is said of the report as a whole, each with its name. */
function factsOf(view: ReportView): [string, string][] {
  const { id, version, origin, released_at: released, visible_until: until, harms, regions, tactics, period, confidence, reliability } = view;
  const facts: [string, string | undefined][] = [
    ['Report', `${id} (${version})`],
    ['Origin', origin],
    ['Released', released],
    ['Drop it at', until],
    ['Harms', harms?.join(', ')],
    ['Regions', regions?.join(', ')],
    ['Tactics', tactics?.join(', ')],
    ['Period', period && `${period.from} to ${period.until}`],
    ['Confidence', confidence && estimateText(confidence)],
    ['Reliability', reliability && [reliability.source && `source ${reliability.source}`, reliability.information && `information ${reliability.information}`].filter(Boolean).join(', ')],
    ['Signals', view.signals?.join(', ')],
    ['Related', view.related?.join(', ')],
    ['Stands in place of', view.supersedes?.join(', ')],
    ['Superseded by', view.superseded_by?.join(', ')],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

function estimateText({ word, from, to }: Estimate): string {
  return `${word.replaceAll('-', ' ')} (${from} to ${to}%)`;
}

const STYLE = `body{font:16px/1.5 Georgia,serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
h1,h2{line-height:1.2}section{margin:2rem 0;break-inside:avoid-page}.mark{font:700 .75rem/1.4 system-ui,sans-serif;border:1px solid #111;padding:.25rem .5rem}
.exercise{font:700 1.25rem/1.4 system-ui,sans-serif;border:4px solid #b00;padding:.5rem}.omitted{font-style:italic;border-left:4px solid #999;padding-left:1rem}dt{font-weight:700}dd{margin:0 0 .5rem}table{border-collapse:collapse}td,th{border:1px solid #999;padding:.25rem .5rem}
pre{white-space:pre-wrap}code{overflow-wrap:anywhere}`;

/** What the page may do: show itself in its own style, and nothing else. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox`;

/** The report as a page that can be printed, with the handling of each part above it. It runs nothing and loads nothing. */
export function toPage(view: ReportView): string {
  const [title, ...rest] = view.parts as [PartView, ...ReportView['parts']];
  const facts = factsOf(view).map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`).join('');
  const parts = rest.map((part) => ('omitted' in part ? `<p class="omitted">${OMITTED}</p>` : pagePart(part))).join('\n');
  const mark = exerciseMark(view);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${mark === undefined ? '' : 'EXERCISE: '}${escapeHtml(title.text)}</title><style>${STYLE}</style></head><body>
${mark === undefined ? '' : `<p class="exercise">${mark}</p>\n`}<h1 dir="auto">${escapeHtml(title.text)}</h1>${pageMark(title.handling)}
<dl>${facts}</dl>
${parts}
</body></html>
`;
}

function pagePart({ part, heading, text, handling, confidence, identifiers }: PartView): string {
  const named = identifiers?.map(({ kind, value, reason }) => `<li>${kind}: <code>${escapeHtml(value)}</code> (<bdi>${escapeHtml(reason)}</bdi>)</li>`).join('');
  const estimate = confidence ? `<p><em>${estimateText(confidence)}</em></p>` : '';
  return `<section dir="auto"><h2>${escapeHtml(heading ?? NAMES[part])}</h2>${pageMark(handling)}${estimate}${renderMarkdown(text)}${named ? `<ul>${named}</ul>` : ''}</section>`;
}

function pageMark(handling: Handling): string {
  return `<p class="mark" dir="ltr">${marksOf(handling).map(escapeHtml).join(' · ')}</p>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}
