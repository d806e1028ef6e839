import type { Command } from 'commander';
import type { FacetValue, NewComment, ReportHit, ReportHits, Tlp } from '../../../schemas/types.ts';
import { examples, given, oneOf, segment } from '../options.ts';
import type { Commands, Session } from '../session.ts';
import { messageText, textOf } from './request.ts';

interface SearchFlags {
  language?: string;
  harm?: string;
  region?: string;
  tactic?: string;
  origin?: string;
  from?: string;
  until?: string;
  facets?: boolean;
  exercise?: string;
  limit?: string;
}

/** `tocsin report search`, `comment` and `comments`. */
export function reportReadingCommands(program: Command, commands: Commands): void {
  const report = program.commands.find((command) => command.name() === 'report') ?? program.command('report').description('strategic reports');
  report.command('search').description('search the reports that you see, or list them').argument('[words]', 'words, "phrases", `or`, and `-` before what must not occur')
    .addOption(oneOf('--language <language>', 'finds other forms of the words, too', 'Language'))
    .option('--harm <harm>', 'only on this harm, or one below it').option('--region <region>', 'only about this region').option('--tactic <tactic>', 'only on this tactic').option('--origin <origin>', 'only of this origin')
    .option('--from <instant>', 'only of periods that end then or later').option('--until <instant>', 'only of periods that begin then or earlier').option('--exercise <exercise>', 'those of this exercise, instead of real ones').option('--facets', 'count what was found').option('--limit <number>', 'how many; 20 when left out')
    .action(commands.does(search))
    .addHelpText('after', examples(['tocsin report search "fake shops" --region NL --facets', 'the reports that fit best, and how many there are of each harm, region and so on']));
  report.command('comment').description('comment on a report').argument('<report>', 'its id').requiredOption('--text <text>', 'Markdown, or `@file`').addOption(oneOf('--tlp <tlp>', 'its TLP', 'Tlp').makeOptionMandatory())
    .option('--member <member...>', 'only these members').option('--group <group...>', 'only members of these groups').action(commands.does(comment));
  report.command('comments').description('the comments on a report that you see').argument('<report>', 'its id').action(commands.does(comments));
}

async function search({ client, out }: Session, q: string | undefined, flags: SearchFlags): Promise<void> {
  const hits = await (await client()).request('GET', '/v1/reports/search', undefined, { query: given({ q, ...flags }) });
  out.result(hits, () => [hits.reports.map(hitText).join('\n\n') || 'Nothing was found.', ...facetLines(hits)].join('\n\n'));
}

function hitText({ id, exercise, title, origin, released_at: released, handling, match }: ReportHit): string {
  const excerpt = match?.text.map(({ text, found }) => (found ? `[${text}]` : text)).join('').replaceAll('\n', ' ');
  return [`${exercise === undefined ? '' : 'EXERCISE: '}${title}  (TLP:${handling.tlp}, ${origin ?? 'origin not told'}, ${released.slice(0, 10)})`, id, ...(excerpt === undefined ? [] : [`  ${match!.part}, TLP:${match!.handling.tlp}: ${excerpt}`])].join('\n');
}

function facetLines({ facets }: ReportHits): string[] {
  if (!facets) return [];
  return Object.entries<FacetValue[]>({ ...facets }).filter(([, values]) => values.length > 0).map(([name, values]) => `${name}: ${values.map(({ value, reports }) => `${value} ${reports}`).join(', ')}`);
}

async function comment({ client, out }: Session, report: string, { text, tlp, member: members, group: groups }: { text: string; tlp: Tlp; member?: string[]; group?: string[] }): Promise<void> {
  const body: NewComment = { text: textOf(text), tlp, ...(members ?? groups ? { audience: given({ members, groups }) } : {}) };
  const posted = await (await client()).request('POST', `/v1/reports/${segment(report)}/comments`, body);
  out.result(posted, () => posted.id);
}

async function comments({ client, out }: Session, report: string): Promise<void> {
  const list = await (await client()).request('GET', `/v1/reports/${segment(report)}/comments`, undefined, { query: { limit: 200 } });
  out.result(list, () => list.messages.map(messageText).join('\n\n---\n\n') || 'You see no comments.');
}
