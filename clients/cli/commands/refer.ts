import type { Command } from 'commander';
import type { NewReferral, ReferralView } from '../../../schemas/types.ts';
import { readJson } from '../input.ts';
import { examples, given, query, segment } from '../options.ts';
import { count, fields, table } from '../output.ts';
import { allPages } from '../pages.ts';
import type { Commands, Session } from '../session.ts';

/** `tocsin refer`: what is handed to governments and law enforcement. */
export function referCommands(program: Command, commands: Commands): void {
  const refer = program.command('refer').description('signals and reports referred to governments and law enforcement, on a register');
  refer.command('make').description('refer signals and reports of yours to an authority').argument('<file>', 'the referral (JSON): authority, basis, legal_basis, reference, signals, reports, fields, expires_at').action(commands.does(makeReferral))
    .addHelpText('after', examples(['tocsin refer make request-12.json', 'the authority reads these fields of these objects, and nothing else']));
  refer.command('list').description('list the register, as far as it is yours').action(commands.does(listReferrals))
    .addHelpText('after', examples(['tocsin refer list', 'what you referred, or what is referred to you now']));
  refer.command('show').description('show one referral, and when it was read').argument('<referral>', 'its id').action(commands.does(showReferral))
    .addHelpText('after', examples(['tocsin refer show 0b1c…', 'its objects; an authority’s look is recorded']));
  refer.command('end').description('end a referral of yours before it expires').argument('<referral>', 'its id').action(commands.does(endReferral))
    .addHelpText('after', examples(['tocsin refer end 0b1c…', 'the authority reads it no more']));
}

/** `tocsin hold`: evidence kept past retention. */
export function holdCommands(program: Command, commands: Commands): void {
  const hold = program.command('hold').description('evidence kept past retention, and shared with nobody');
  hold.command('add').description('keep what signals and reports of yours say').argument('[signal...]', 'ids of signals').option('--report <report...>', 'ids of reports').requiredOption('--reference <text>', 'what it is for').requiredOption('--until <instant>', 'how long').action(commands.does(addHold))
    .addHelpText('after', examples(['tocsin hold add 0b1c… --reference "Preservation 7/26" --until 2027-01-01T00:00:00Z', 'keeps it, whatever becomes of the signal']));
  hold.command('list').description('list your holds').action(commands.does(listHolds))
    .addHelpText('after', examples(['tocsin hold list', 'with what they are for and how long they last']));
  hold.command('release').description('end a hold').argument('<hold>', 'its id').action(commands.does(releaseHold))
    .addHelpText('after', examples(['tocsin hold release 0b1c…', 'what is due goes soon']));
}

async function makeReferral({ client, out }: Session, file: string): Promise<void> {
  const made = await (await client()).request('POST', '/v1/referrals', readJson(file) as NewReferral);
  out.result(made, () => `${count(made.objects, 'object')} referred to ${made.authority} until ${made.expires_at}: ${made.id}`);
}

async function listReferrals({ client, out }: Session): Promise<void> {
  const connection = await client();
  const referrals = await allPages(async (after) => {
    const page = await connection.request('GET', `/v1/referrals${query({ limit: 1000, after })}`);
    return { items: page.referrals, next: page.next };
  });
  out.result({ referrals }, () => table(['ID', 'FROM', 'TO', 'BASIS', 'REFERENCE', 'STATE', 'EXPIRES'], referrals.map((one) => [one.id, one.member, one.authority, one.basis, one.reference ?? '', one.state, one.expires_at])));
}

async function showReferral({ client, out }: Session, id: string): Promise<void> {
  const referral = await (await client()).request('GET', `/v1/referrals/${segment(id)}`);
  out.result(referral, () => describe(referral));
}

async function endReferral({ client, out }: Session, id: string): Promise<void> {
  const ended = await (await client()).request('POST', `/v1/referrals/${segment(id)}/end`);
  out.result(ended, () => `${ended.authority} reads it no more.`);
}

function describe({ id, member, authority, basis, legal_basis: provision, reference, circumstances, state, expires_at: end, fields: scope, signals = [], reports = [], reads = [] }: ReferralView): string {
  const objects = signals.map((signal) => `  ${signal.id} (${signal.state})${signal.content ? ` ${JSON.stringify(signal.content)}` : ''}`);
  const written = reports.map((report) => `  ${report.id} (${report.state})${report.content ? ` ${JSON.stringify(report.content)}` : ''}`);
  const looks = reads.map(({ at, client }) => `  ${at} by ${client}`);
  return [fields({ id, from: member, to: authority, basis, under: provision, reference, circumstances, scope: scope.join(' '), state, expires: end }), ...(objects.length > 0 ? ['', 'Signals:', ...objects] : []), ...(written.length > 0 ? ['', 'Reports:', ...written] : []), ...(looks.length > 0 ? ['', 'Read:', ...looks] : [])].join('\n');
}

async function addHold({ client, out }: Session, signals: string[], { report: reports, reference, until }: { report?: string[]; reference: string; until: string }): Promise<void> {
  const made = await (await client()).request('POST', '/v1/holds', { reference, until, ...(signals.length > 0 ? { signals } : {}), ...given({ reports }) });
  out.result(made, () => `${count(made.signals.length + (made.reports?.length ?? 0), 'object')} held until ${made.until}: ${made.id}`);
}

async function listHolds({ client, out }: Session): Promise<void> {
  const connection = await client();
  const holds = await allPages(async (after) => {
    const page = await connection.request('GET', `/v1/holds${query({ limit: 1000, after })}`);
    return { items: page.holds, next: page.next };
  });
  out.result({ holds }, () => table(['ID', 'REFERENCE', 'STATE', 'UNTIL', 'OBJECTS'], holds.map((one) => [one.id, one.reference, one.state, one.until, String(one.signals.length + (one.reports?.length ?? 0))])));
}

async function releaseHold({ client, out }: Session, id: string): Promise<void> {
  const released = await (await client()).request('POST', `/v1/holds/${segment(id)}/release`);
  out.result(released, () => `The hold ${released.id} is over.`);
}
