import type { Command } from 'commander';
import type { Agreement, MemberKind, MemberView, Trust } from '../../../schemas/types.ts';
import { CliError } from '../failure.ts';
import { examples, given, oneOf, segment } from '../options.ts';
import { count, fields, table } from '../output.ts';
import type { Commands, Session } from '../session.ts';
import { clientCommands } from './client.ts';
import { groupCommands } from './group.ts';

interface MemberFlags {
  title?: string;
  kind: MemberKind;
  trust?: Trust;
  jurisdiction?: string[];
  agreement?: string[];
}

/** `tocsin member`: the organisations on the hub, their clients and groups. */
export function memberCommands(program: Command, commands: Commands): void {
  const member = program.command('member').description('members of the hub, their clients and groups');
  member.command('list').description('list the members').action(commands.does(listMembers))
    .addHelpText('after', examples(['tocsin member list --json', 'all members that you may see, as JSON']));
  member.command('show').description('show one member').argument('<member>', 'its id, or `me`').action(commands.does(showMember))
    .addHelpText('after', examples(['tocsin member show northstar', 'what is known of a member'], ['tocsin member show me', 'who you are, your scopes and your quota']));
  withProfile(member.command('create').description('add a member (operator)').argument('<member>', 'its id: a short name, never used again'))
    .requiredOption('--title <text>', 'its name for people')
    .addOption(oneOf('--kind <kind>', 'what it is', 'MemberKind').makeOptionMandatory())
    .action(commands.does(createMember))
    .addHelpText('after', examples(['tocsin member create northstar --title "Northstar" --kind platform --trust verified --jurisdiction DE', 'adds a platform; its clients come next: tocsin member client add']));
  withProfile(member.command('change').description('change a member (operator); lists replace those that it has').argument('<member>', 'its id'))
    .option('--title <text>', 'its name for people')
    .action(commands.does(changeMember))
    .addHelpText('after', examples(['tocsin member change northstar --trust trusted --agreement fraud-2026=2026-01-01T00:00:00Z', 'raises its trust and sets its agreements to this one']));
  statusCommands(member, commands);
  clientCommands(member, commands);
  groupCommands(member, commands);
}

function withProfile(command: Command): Command {
  return command
    .addOption(oneOf('--trust <trust>', 'how far the operator has checked who it is', 'Trust'))
    .option('--jurisdiction <code...>', 'ISO 3166-1 codes, or EU')
    .option('--agreement <accepted...>', 'agreements that it has accepted, and when: ID=FROM or ID=FROM/UNTIL, with a version ID@2=FROM');
}

function statusCommands(member: Command, commands: Commands): void {
  member.command('suspend').description('cut a member off, and hide what it shared (operator)').argument('<member>', 'its id')
    .action(commands.does((session: Session, id: string) => setStatus(session, id, 'suspend', 'is suspended')))
    .addHelpText('after', examples(['tocsin member suspend northstar', 'at once: its tokens end, its replicas empty themselves, its signals are gone for all']));
  member.command('resume').description('end a suspension (operator)').argument('<member>', 'its id')
    .action(commands.does((session: Session, id: string) => setStatus(session, id, 'resume', 'is active again')))
    .addHelpText('after', examples(['tocsin member resume northstar', 'its signals return with their old dates']));
  member.command('off-board').description('let a member go for good (operator)').argument('<member>', 'its id')
    .requiredOption('--signals <keep|withdraw>', 'what becomes of what it shared: `keep` it under its last policy, or `withdraw` it from everybody')
    .action(commands.does(offBoard))
    .addHelpText('after', examples(['tocsin member off-board northstar --signals withdraw', 'takes back all that it shared; run it again if it was interrupted']));
}

async function listMembers({ client, out }: Session): Promise<void> {
  const list = await (await client()).request('GET', '/v1/members');
  out.result(list, () => table(['ID', 'KIND', 'TRUST', 'STATUS', 'TITLE'], list.members.map((member) => [member.id, member.kind, member.trust ?? '', member.status ?? '', member.title])));
}

async function showMember({ client, out }: Session, id: string): Promise<void> {
  if (id !== 'me') {
    const member = await (await client()).request('GET', `/v1/members/${segment(id)}`);
    out.result(member, () => describe(member));
    return;
  }
  const me = await (await client()).request('GET', '/v1/me');
  const { signals, signals_used: used, classes, classes_used: classesUsed } = me.quota;
  out.result(me, () => `${describe(me.member)}\n\n${fields({ client: me.client_id, scopes: me.scopes.join(' '), signals: `${used} of ${signals}`, classes: `${classesUsed} of ${classes}` })}`);
}

function describe({ id, title, kind, status, trust, jurisdictions = [], groups = [], agreements = [] }: MemberView): string {
  const accepted = agreements.map(({ id: agreement, version, from, until }) => `${agreement}${version === undefined ? '' : `@${version}`} (from ${from}${until ? ` until ${until}` : ''})`);
  return fields({ id, title, kind, status, trust, jurisdictions: jurisdictions.join(' '), groups: groups.join(' '), agreements: accepted.join(', ') });
}

async function createMember({ client, out }: Session, id: string, flags: MemberFlags): Promise<void> {
  const made = await (await client()).request('POST', '/v1/members', { id, title: flags.title ?? id, kind: flags.kind, ...profileOf(flags) });
  out.result(made, () => `${made.id} is a member. Give it a client: tocsin member client add ${made.id} --title … --scope …`);
}

async function changeMember({ client, out }: Session, id: string, flags: MemberFlags): Promise<void> {
  const change = { ...given({ title: flags.title }), ...profileOf(flags) };
  if (Object.keys(change).length === 0) throw new CliError('Nothing is to be changed.', 'Give --title, --trust, --jurisdiction or --agreement.');
  const changed = await (await client()).request('PATCH', `/v1/members/${segment(id)}`, change);
  out.result(changed, () => describe(changed));
}

function profileOf({ trust, jurisdiction, agreement }: MemberFlags): { trust?: Trust; jurisdictions?: string[]; agreements?: Agreement[] } {
  return given({ trust, jurisdictions: jurisdiction, agreements: agreement?.map(readAgreement) });
}

function readAgreement(text: string): Agreement {
  const [, id, version, from, until] = /^([^=@]+)(?:@([1-9][0-9]?))?=([^/]+)(?:\/(.+))?$/.exec(text) ?? [];
  if (!id || !from) throw new CliError(`${text} does not name an agreement and when it was accepted.`, 'For example: --agreement fraud-2026=2026-01-01T00:00:00Z');
  return { id, ...(version ? { version: Number(version) } : {}), from, ...(until ? { until } : {}) };
}

async function setStatus({ client, out }: Session, id: string, deed: 'suspend' | 'resume', now: string): Promise<void> {
  const member = await (await client()).request('POST', `/v1/members/${segment(id)}/${deed}`);
  out.result(member, () => `${member.id} ${now}.`);
}

async function offBoard({ client, out }: Session, id: string, { signals }: { signals: string }): Promise<void> {
  if (signals !== 'keep' && signals !== 'withdraw') throw new CliError('--signals is `keep` or `withdraw`.');
  const done = await (await client()).request('POST', `/v1/members/${segment(id)}/off-board`, { signals });
  out.result(done, () => `${done.member.id} has left the hub. ${count(done.retracted, 'signal')} of it were taken back.`);
}
