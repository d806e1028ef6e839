import type { Command } from 'commander';
import type { NewReport, NewReview, OwnReport, ReportList, ReportsQuery, Tlp, WithdrawalReason } from '../../../schemas/types.ts';
import { Reports, type ReportForm } from '../../sdk/reports.ts';
import { CliError } from '../failure.ts';
import { readJson } from '../input.ts';
import { examples, given, oneOf, valuesOf } from '../options.ts';
import { count, fields, table } from '../output.ts';
import { readClientOptions } from '../profile.ts';
import { importReports, type Operation } from '../report-import.ts';
import type { Commands, Session } from '../session.ts';

const FORMS: Record<string, ReportForm> = { markdown: 'text/markdown', page: 'text/html', json: 'application/json' };

/** `tocsin report`: strategic reports, one's own and others'. */
export function reportCommands(program: Command, commands: Commands): void {
  const report = program.command('report').description('strategic reports: write, review, publish and read them');
  writing(report, commands);
  reading(report, commands);
  report.command('import').description('publish reports made of a list of operations; doing it again makes nothing twice').argument('<file>', 'a JSON array of operations: id, title, summary, year, countries, techniques')
    .requiredOption('--reviewer-id <client>', 'another client of the same member, which reviews')
    .requiredOption('--reviewer-secret-file <file>', 'a file with its secret')
    .addOption(oneOf('--tlp <tlp>', 'of every part', 'Tlp').default('GREEN'))
    .option('--harm <harm>', 'of every report', 'influence-operations')
    .action(commands.does(importFile))
    .addHelpText('after', examples(['tocsin report import operations.json --reviewer-id northstar.2 --reviewer-secret-file reviewer.secret', 'says how many were published, and how many raw identifiers were declared or left out']));
}

function writing(report: Command, commands: Commands): void {
  report.command('draft').description('write a report, or with --of a further version').argument('<file>', 'the report (JSON)').option('--of <report>', 'the report that it is a version of').action(commands.does(draft))
    .addHelpText('after', examples(['tocsin report draft report.json', 'stores a draft and prints its id']));
  report.command('submit').description('submit the latest version for review').argument('<report>', 'its id').action(commands.does(async (session: Session, id: string) => tell(session, await on(session, id, (reports, own) => reports.submit(own)))));
  report.command('review').description('approve the latest version, or return it; not as its author').argument('<report>', 'its id').addOption(oneOf('--verdict <verdict>', 'what you say of it', 'ReviewVerdict').default('approve')).option('--note <text>', 'for the authors')
    .action(commands.does(async (session: Session, id: string, { verdict, note }: NewReview) => tell(session, await on(session, id, (reports, own) => reports.review(own, { verdict, ...given({ note }) })))));
  report.command('publish').description('publish the latest version, once it is approved').argument('<report>', 'its id').action(commands.does(async (session: Session, id: string) => tell(session, await on(session, id, (reports, own) => reports.publish(own)))));
  report.command('withdraw').description('take a report back, for good').argument('<report>', 'its id').addOption(oneOf('--reason <reason>', 'why', 'WithdrawalReason').makeOptionMandatory())
    .action(commands.does(async (session: Session, id: string, { reason }: { reason: WithdrawalReason }) => tell(session, await (await reportsOf(session)).withdraw(id, reason))));
}

function reading(report: Command, commands: Commands): void {
  report.command('list').description('list the reports that you may see, latest release first; with --own, yours')
    .option('--own', 'your own, drafts too').option('--harm <harm>').option('--region <region>').option('--tactic <tactic>').option('--origin <origin>').option('--exercise <exercise>', 'those of this exercise, instead of real ones').option('--after <place>', 'the place after which to go on')
    .action(commands.does(list))
    .addHelpText('after', examples(['tocsin report list --harm elections', 'those of which you may see that they are about elections']));
  report.command('show').description('print a report as you may see it').argument('<report>', 'its id').action(commands.does(async (session: Session, id: string) => {
    const reports = await reportsOf(session);
    if (session.out.json) session.out.result(await reports.read(id), () => '');
    else await session.out.line((await reports.export(id, 'text/markdown')).trimEnd());
  }));
  report.command('export').description('print a report as Markdown, as a page that can be printed, or as JSON').argument('<report>', 'its id').option('--as <form>', `one of ${Object.keys(FORMS).join(', ')}`, 'markdown')
    .action(commands.does(async (session: Session, id: string, { as }: { as: string }) => {
      const form = FORMS[as];
      if (!form) throw new CliError(`${as} is not a form of a report.`, `It is one of ${Object.keys(FORMS).join(', ')}.`);
      await session.out.line((await (await reportsOf(session)).export(id, form)).trimEnd());
    }))
    .addHelpText('after', examples(['tocsin report export 3f0c… --as page > report.html', 'a page with the handling of each part']));
}

async function reportsOf({ client }: Session): Promise<Reports> {
  return new Reports(await client());
}

/** Does something to the latest version of one's own report. */
async function on(session: Session, id: string, work: (reports: Reports, own: OwnReport) => Promise<OwnReport>): Promise<OwnReport> {
  const reports = await reportsOf(session);
  return work(reports, await reports.own(id));
}

function tell({ out }: Session, own: OwnReport): void {
  out.result(own, () => fields({ report: own.id, version: own.version, state: own.state, pending: own.pending, approved: own.approved, withdrawn: own.withdrawal }));
}

async function draft(session: Session, file: string, { of }: { of?: string }): Promise<void> {
  const content = readJson(file) as NewReport;
  tell(session, of === undefined ? await (await reportsOf(session)).draft(content) : await on(session, of, (reports, own) => reports.edit(own, content)));
}

async function list(session: Session, { own, ...query }: { own?: boolean } & ReportsQuery): Promise<void> {
  const reports = await reportsOf(session);
  if (own) {
    const found = await reports.listOwn({ limit: 100, ...given({ after: query.after }) });
    session.out.result(found, () => table(['REPORT', 'VERSION', 'STATE', 'TITLE'], found.reports.map((one) => [one.id, String(one.version), one.state, `${one.content?.exercise === undefined ? '' : 'EXERCISE: '}${one.content?.title.text ?? ''}`])) + more(found.next));
    return;
  }
  const found = await reports.list({ limit: 100, ...query });
  session.out.result(found, () => table(['REPORT', 'RELEASED', 'ORIGIN', 'TITLE'], found.reports.map((one) => [one.id, one.released_at, one.origin ?? '', titleOf(one)])) + more(found.next));
}

function titleOf({ exercise, parts: [title] }: ReportList['reports'][number]): string {
  return `${exercise === undefined ? '' : 'EXERCISE: '}${title && 'text' in title ? title.text : ''}`;
}

function more(next: string | undefined): string {
  return next === undefined ? '' : `\n\nThere is more: --after ${next}`;
}

async function importFile(session: Session, file: string, { reviewerId, reviewerSecretFile, tlp, harm }: { reviewerId: string; reviewerSecretFile: string; tlp: string; harm: string }): Promise<void> {
  const operations = readJson(file);
  if (!Array.isArray(operations)) throw new CliError(`${file} is not a list of operations.`);
  if (!valuesOf('Tlp').includes(tlp)) throw new CliError(`${tlp} is not a TLP.`);
  const { TocsinClient } = await import('../../sdk/client.ts');
  const author = await session.client();
  const reviewer = new TocsinClient(readClientOptions({ url: author.url, clientId: reviewerId, secretFile: reviewerSecretFile }, {}));
  try {
    const result = await importReports(new Reports(author), new Reports(reviewer), operations as Operation[], { tlp: tlp as Tlp, harm });
    session.out.result(result, () => `${count(result.published, 'report')} published, ${result.known} known before, ${result.refused.length} refused. Raw identifiers: ${result.declared} declared, ${result.dropped} left out.${result.refused.map(({ id, problem }) => `\n${id}: ${problem}`).join('')}`);
  } finally {
    await reviewer.close();
  }
}
