import type { Command } from 'commander';
import { examples, segment } from '../options.ts';
import { count, table } from '../output.ts';
import type { Commands, Session } from '../session.ts';

/** `tocsin member group`: standing circles of members. */
export function groupCommands(member: Command, commands: Commands): void {
  const group = member.command('group').description('groups of members');
  group.command('list').description('list the groups that you may see').action(commands.does(listGroups))
    .addHelpText('after', examples(['tocsin member group list', 'the groups and who is in them']));
  group.command('set').description('create a group, or replace its members (operator)').argument('<group>', 'its id')
    .requiredOption('--title <text>', 'its name for people')
    .option('--member <id...>', 'everyone who is in it; nobody when left out')
    .action(commands.does(setGroup))
    .addHelpText('after', examples(['tocsin member group set crisis-team --title "Crisis team" --member northstar harbor', 'these two are in it, and nobody else']));
  group.command('delete').description('delete a group (operator)').argument('<group>', 'its id').action(commands.does(deleteGroup))
    .addHelpText('after', examples(['tocsin member group delete crisis-team', 'rules that name it share nothing by it any more']));
}

async function listGroups({ client, out }: Session): Promise<void> {
  const list = await (await client()).request('GET', '/v1/groups');
  out.result(list, () => table(['ID', 'TITLE', 'MEMBERS'], list.groups.map(({ id, title, members }) => [id, title, members.join(' ')])));
}

async function setGroup({ client, out }: Session, id: string, flags: { title: string; member?: string[] }): Promise<void> {
  const group = await (await client()).request('PUT', `/v1/groups/${segment(id)}`, { title: flags.title, members: flags.member ?? [] });
  out.result(group, () => `${group.id} has ${count(group.members.length, 'member')}${group.members.length > 0 ? `: ${group.members.join(' ')}` : ''}.`);
}

async function deleteGroup({ client, out }: Session, id: string): Promise<void> {
  await (await client()).request('DELETE', `/v1/groups/${segment(id)}`);
  out.result({ id, deleted: true }, () => `The group ${id} is deleted.`);
}
