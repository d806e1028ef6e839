import type { Command } from 'commander';
import type { Policy, PolicyVersionList } from '../../../schemas/types.ts';
import { CliError } from '../failure.ts';
import { readJson } from '../input.ts';
import { examples, given } from '../options.ts';
import { table } from '../output.ts';
import type { Commands, Session } from '../session.ts';
import { testPolicies, validatePolicies } from './policy-files.ts';
import { foresightCommands } from './policy-foresight.ts';
import { activate, forceCommands } from './policy-force.ts';
import { policyPath, readVersion } from './policy-names.ts';

/** `tocsin policy`: sharing policies, on the hub and as files. */
export function policyCommands(program: Command, commands: Commands): void {
  const policy = program.command('policy').description('sharing policies: who of the others sees what, and when');
  readCommands(policy, commands);
  policy.command('put').description('store a policy as its next version; it is not in force before it is activated').argument('<file>', 'the policy (JSON)')
    .option('--activate', 'put it into force too')
    .option('--at <instant>', 'with --activate: from then on, instead of at once')
    .action(commands.does(putPolicy))
    .addHelpText('after', examples(['tocsin policy put policy.json', 'stores it and prints its version'], ['tocsin policy put policy.json --activate', 'stores it and puts it into force at once']));
  forceCommands(policy, commands);
  foresightCommands(policy, commands);
  fileCommands(policy, commands);
}

function readCommands(policy: Command, commands: Commands): void {
  policy.command('list').description('list the versions of a policy, and what its owner put into force').argument('<policy>', 'such as northstar/standard').action(commands.does(listVersions))
    .addHelpText('after', examples(['tocsin policy list northstar/standard', 'its versions, newest first']));
  policy.command('show').description('print a policy').argument('<policy>', 'such as northstar/standard')
    .option('--version-number <number>', 'this version; the newest when left out')
    .action(commands.does(showPolicy))
    .addHelpText('after', examples(['tocsin policy show northstar/standard > policy.json', 'the newest version, ready to be edited']));
}

function fileCommands(policy: Command, commands: Commands): void {
  policy.command('test').description('run the cases of policies, without a hub').argument('<file...>', 'policy files or their folders; the cases are in cases.json beside them')
    .option('--cases <file>', 'the cases, of one policy')
    .action(commands.does(testPolicies))
    .addHelpText('after', examples(['tocsin policy test sharing-policies/*', 'runs the cases of all of them; exits with 1 when one fails']));
  policy.command('validate').description('check policies, without a hub').argument('<file...>', 'policy files or their folders')
    .option('--online', 'check the groups and members that they name against the hub, too')
    .action(commands.does(validatePolicies))
    .addHelpText('after', examples(['tocsin policy validate policy.json --online', 'tells each place that is wrong']));
}

async function versionsOf({ client }: Session, id: string): Promise<PolicyVersionList> {
  const path = policyPath(id);
  return (await client()).request('GET', path);
}

async function listVersions(session: Session, id: string): Promise<void> {
  const list = await versionsOf(session, id);
  session.out.result(list, () => {
    const versions = table(['VERSION', 'CREATED', 'AUTHOR', 'TITLE'], list.versions.map((one) => [String(one.version), one.created_at, one.author ?? '', one.policy.title]));
    const forces = list.activations.map(({ policy, version, effective_at: at }) => `${at}  ${policy ? `${policy} version ${version}` : 'nothing'}`);
    return `${versions}\n\nIn force, each from its instant on:\n${forces.join('\n') || 'nothing'}`;
  });
}

async function showPolicy(session: Session, id: string, { versionNumber }: { versionNumber?: string }): Promise<void> {
  const { versions } = await versionsOf(session, id);
  const found = versionNumber === undefined ? versions[0] : versions.find(({ version }) => version === readVersion(versionNumber));
  if (!found) throw new CliError(`${id} has no such version.`, `See them with: tocsin policy list ${id}`);
  session.out.result(found, () => JSON.stringify(found.policy, null, 2));
}

async function putPolicy(session: Session, file: string, { activate: activating, at }: { activate?: boolean; at?: string }): Promise<void> {
  const { client, out } = session;
  if (at !== undefined && !activating) throw new CliError('--at goes with --activate.');
  const stored = await (await client()).request('POST', '/v1/policies', readJson(file) as Policy);
  if (activating) return activate(session, stored.id, String(stored.version), given({ at }));
  out.result(stored, () => `${stored.id} version ${stored.version} is stored. It is not in force yet: tocsin policy activate ${stored.id} ${stored.version}`);
}
