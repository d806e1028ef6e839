import type { Command } from 'commander';
import type { ActivationHistory, ActivationView, PolicyEvent, ProposalView } from '../../../schemas/types.ts';
import { CliError } from '../failure.ts';
import { examples, given, segment } from '../options.ts';
import { fields, table } from '../output.ts';
import type { Commands, Session } from '../session.ts';
import { policyPath, readVersion } from './policy-names.ts';

const AT = ['--at <instant>', 'from then on, instead of at once'] as const;

/** `tocsin policy activate`, `approve`, `rollback` and what belongs to them. */
export function forceCommands(policy: Command, commands: Commands): void {
  policy.command('activate').description('put a version into force').argument('<policy>', 'such as northstar/standard').argument('<version>', 'the version’s number')
    .option(...AT)
    .action(commands.does(activate))
    .addHelpText('after', examples(['tocsin policy activate northstar/standard 3 --at 2026-12-01T00:00:00Z', 'version 3 decides from then on']));
  policy.command('rollback').description('put into force what was in force before').argument('<owner>', 'whose')
    .option(...AT)
    .action(commands.does(rollBack))
    .addHelpText('after', examples(['tocsin policy rollback northstar', 'the version before decides again, at once']));
  policy.command('withdraw').description('have no policy in force, and share nothing').argument('<owner>', 'whose')
    .option(...AT)
    .action(commands.does(withdraw))
    .addHelpText('after', examples(['tocsin policy withdraw northstar', 'at once, nobody sees what northstar shared']));
  approvalCommands(policy, commands);
  policy.command('history').description('what is in force, what is proposed, and who did what').argument('<owner>', 'whose')
    .option('--limit <number>', 'so many events')
    .action(commands.does(showHistory))
    .addHelpText('after', examples(['tocsin policy history northstar', 'newest first']));
}

function approvalCommands(policy: Command, commands: Commands): void {
  policy.command('approve').description('approve what another client proposes; or refuse it, or take your own back').argument('<owner>', 'whose').argument('<proposal>', 'its id')
    .option('--refuse', 'refuse it')
    .option('--take-back', 'withdraw the proposal')
    .action(commands.does(decide))
    .addHelpText('after', examples(['tocsin policy approve northstar 5f0c2f6e-8a51-4d5b-9d6f-0f5b8a1f2c3d', 'it takes effect, now at the earliest']));
  policy.command('approval').description('want two clients to put a policy into force, or one again').argument('<owner>', 'whose').argument('<clients>', 'two, or one')
    .action(commands.does(setApproval))
    .addHelpText('after', examples(['tocsin policy approval northstar two', 'from now on another client must approve'], ['tocsin policy approval northstar one', 'proposes it: this takes two as well']));
}

/** Puts a version into force, or proposes it. */
export async function activate({ client, out }: Session, id: string, version: string, { at }: { at?: string }): Promise<void> {
  const active = await (await client()).request('POST', `${policyPath(id)}/versions/${readVersion(version)}/activate`, given({ effective_at: at }));
  out.result(active, () => forceInWords(active));
}

/** What is in force from when on, or what waits for another client. */
function forceInWords(done: ActivationView | ProposalView): string {
  const what = { policy: done.policy ?? 'nothing', version: done.version };
  if (!('act' in done)) return fields({ ...what, 'in force from': done.effective_at });
  return `${fields({ ...what, proposal: done.id, 'in force from': done.effective_at ?? 'its approval' })}\n\nAnother client must approve it: tocsin policy approve ${done.owner} ${done.id}`;
}

async function withdraw({ client, out }: Session, owner: string, { at }: { at?: string }): Promise<void> {
  const active = await (await client()).request('POST', `/v1/policies/${segment(owner)}/withdraw`, given({ effective_at: at }));
  out.result(active, () => `From ${active.effective_at} on, ${active.owner} has no policy in force and shares nothing.`);
}

async function rollBack({ client, out }: Session, owner: string, { at }: { at?: string }): Promise<void> {
  const done = await (await client()).request('POST', `/v1/activations/${segment(owner)}/rollback`, given({ effective_at: at }));
  out.result(done, () => forceInWords(done));
}

async function decide({ client, out }: Session, owner: string, proposal: string, { refuse, takeBack }: { refuse?: boolean; takeBack?: boolean }): Promise<void> {
  if (refuse && takeBack) throw new CliError('--refuse and --take-back do not go together.');
  const path = `/v1/activations/${segment(owner)}/proposals/${segment(proposal)}` as const;
  const hub = await client();
  const done = await (refuse ? hub.request('POST', `${path}/refuse`) : takeBack ? hub.request('POST', `${path}/withdraw`) : hub.request('POST', `${path}/approve`));
  out.result(done, () => [`The proposal is ${done.state}.`, ...(done.activation ? [forceInWords(done.activation)] : [])].join('\n\n'));
}

async function setApproval({ client, out }: Session, owner: string, clients: string): Promise<void> {
  if (clients !== 'one' && clients !== 'two') throw new CliError(`${clients} is neither one nor two.`);
  const state = await (await client()).request('PUT', `/v1/activations/${segment(owner)}/approval`, { required: clients === 'two' });
  const proposed = state.proposal ? ` Another client must approve that one is enough: tocsin policy approve ${state.owner} ${state.proposal.id}` : '';
  out.result(state, () => `It takes ${state.required ? 'two clients' : 'one client'} to put a policy of ${state.owner} into force.${proposed}`);
}

async function showHistory({ client, out }: Session, owner: string, { limit }: { limit?: string }): Promise<void> {
  const history: ActivationHistory = await (await client()).request('GET', `/v1/activations/${segment(owner)}`, undefined, { query: given({ limit }) });
  out.result(history, () => {
    const { in_force: active, upcoming, proposal, needs_approval: two, events } = history;
    const now = active ? `${active.policy} version ${active.version}, since ${active.effective_at}` : 'nothing';
    const lines = [`In force: ${now}.${two ? ' It takes two clients to change that.' : ''}`, ...upcoming.map((one) => `From ${one.effective_at} on: ${one.policy ? `${one.policy} version ${one.version}` : 'nothing'}.`), ...(proposal ? [forceInWords(proposal)] : [])];
    return `${lines.join('\n')}\n\n${table(['AT', 'CLIENT', 'ACTION', 'WHAT'], events.map(eventRow))}`;
  });
}

function eventRow({ at, client, action, subject, version }: PolicyEvent): string[] {
  return [at, client, action, version ? `${subject} version ${version}` : subject];
}
