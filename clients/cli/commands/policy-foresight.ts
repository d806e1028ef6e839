import type { Command } from 'commander';
import type { Iep, LintFinding, Policy, PolicyChange, SimulateRequest, WhatIf } from '../../../schemas/types.ts';
import { CliError, Exit, type ExitCode } from '../failure.ts';
import { readJson } from '../input.ts';
import { examples, given } from '../options.ts';
import type { Commands, Session } from '../session.ts';
import { policyPath, readVersion } from './policy-names.ts';

/** `tocsin policy lint`, `diff`, `simulate`, `visible`, `calendar`, `iep`: what policies say, do and will do. */
export function foresightCommands(policy: Command, commands: Commands): void {
  policy.command('lint').description('tell what of a policy will not do what its author may think').argument('<policy>', 'a file, or a version on the hub, such as northstar/standard@3')
    .option('--charter <file>', 'of a file: the charter that it would be under')
    .option('--online', 'of a file: on the hub, against its charter and what there is')
    .action(commands.does(lint))
    .addHelpText('after', examples(['tocsin policy lint policy.json --charter charter.json', 'without a hub; exits with 1 when something is wrong'], ['tocsin policy lint northstar/standard@3', 'on the hub, against its charter and what there is']));
  policy.command('diff').description('tell in sentences how one policy differs from another').argument('<before>', 'a file, or a version on the hub, such as northstar/standard@3').argument('[after]', 'a file, or a version on the hub; when left out, the first is compared with what is in force')
    .action(commands.does(diff))
    .addHelpText('after', examples(['tocsin policy diff northstar/standard@3 policy.json', 'what the file changes'], ['tocsin policy diff policy.json', 'what it changes of what is in force']));
  policy.command('simulate').description('what a policy, or other changes, would do to what each peer sees; nothing is written').argument('[policy]', 'a file, or a version on the hub')
    .option('--what-if <change...>', 'such as join:harbor:crisis-team, leave:..., accept:harbor:fraud-2026@2, end:..., trust:harbor:trusted, suspend:harbor, resume:harbor, open:fraud-wave, close:...')
    .option('--withdraw', 'as if no policy were in force')
    .option('--at <instant>', 'at that instant; now when left out')
    .option('--samples <number>', 'ids of your own signals for each difference, up to 10')
    .action(commands.does(simulate))
    .addHelpText('after', examples(['tocsin policy simulate policy.json', 'who would see what, if it were in force'], ['tocsin policy simulate --what-if suspend:harbor', 'what harbor would lose'], ['tocsin policy simulate --what-if open:fraud-wave', 'what an incident would open']));
  policy.command('visible').description('what a peer sees of your signals, by class').argument('<peer>', 'the member who asks')
    .option('--at <instant>', 'at that instant; now when left out')
    .action(commands.does(visible))
    .addHelpText('after', examples(['tocsin policy visible harbor', 'how many it sees, and by which rules']));
  policy.command('calendar').description('what of yours will be released, end, or be decided otherwise, day by day')
    .option('--days <number>', 'so many days; 30 when left out')
    .option('--peer <peer>', 'for this member alone')
    .action(commands.does(calendar))
    .addHelpText('after', examples(['tocsin policy calendar --days 7 --peer harbor', 'what comes to harbor this week']));
  policy.command('iep').description('the handling of each rule of a policy as a FIRST IEP 2.0, without a hub').argument('<file>', 'the policy (JSON)')
    .option('--import', 'the other way: an IEP as handling terms')
    .action(commands.does(iep))
    .addHelpText('after', examples(['tocsin policy iep policy.json', 'an IEP for each rule, and what it cannot say']));
}

async function lint(session: Session, name: string, { charter, online }: { charter?: string; online?: boolean }): Promise<ExitCode> {
  const policy = await policyOf(session, name);
  const onHub = online === true || VERSION.test(name);
  if (onHub && charter !== undefined) throw new CliError('--charter goes with a file: the hub has its own.');
  const { findings, more = 0 } = onHub ? await (await session.client()).request('POST', '/v1/policies/lint', policy) : { findings: await lintFiles(policy, charter) };
  const said = findings.map(({ sentence, code, pointer }) => `${sentence} (${code}, ${pointer})`);
  session.out.result(findings, () => (findings.length === 0 ? 'Nothing to say.' : [...said, ...(more > 0 ? [`And ${more} more.`] : [])].join('\n')));
  // What would come of further conditions is good to know; it is no mistake.
  return findings.some(({ code }) => code !== 'opens-if-others-narrow') ? Exit.failed : Exit.done;
}

async function lintFiles(policy: Policy, charter: string | undefined): Promise<LintFinding[]> {
  const { lintPolicy } = await import('../../../server/policy/lint.ts');
  return lintPolicy(policy, charter === undefined ? {} : { charter: (await checked('Policy', charter)) as Policy });
}

async function diff(session: Session, before: string, after: string | undefined): Promise<void> {
  const changes = after === undefined ? (await (await session.client()).request('POST', '/v1/policies/diff', { after: { policy: await policyOf(session, before) } })).changes : await differences(await policyOf(session, before), await policyOf(session, after));
  session.out.result(changes, () => (changes.length === 0 ? 'They decide the same.' : changes.map(({ sentence, pointer }) => `${sentence} (${pointer})`).join('\n')));
}

async function differences(before: Policy, after: Policy): Promise<PolicyChange[]> {
  const { diffPolicies } = await import('../../../server/policy/diff.ts');
  return diffPolicies(before, after);
}

async function simulate(session: Session, candidate: string | undefined, { whatIf = [], withdraw, at, samples }: { whatIf?: string[]; withdraw?: boolean; at?: string; samples?: string }): Promise<void> {
  const changes = whatIf.map(readChange);
  const request: SimulateRequest = { ...given({ withdraw, at }), ...(candidate === undefined ? {} : { policy: await policyOf(session, candidate) }), ...(samples === undefined ? {} : { samples: Number(samples) }), ...(changes.length > 0 ? { changes } : {}) };
  if (Object.keys(request).length === 0) throw new CliError('There is nothing to simulate.', 'Give a policy, --what-if or --withdraw.');
  const simulation = await (await session.client()).request('POST', '/v1/policies/simulate', request);
  session.out.result(simulation, () => simulation.says.join('\n'));
}

async function visible({ client, out }: Session, peer: string, { at }: { at?: string }): Promise<void> {
  const seen = await (await client()).request('GET', '/v1/policies/visibility', undefined, { query: { peer, ...given({ at }) } });
  out.result(seen, () => seen.says.join('\n'));
}

async function calendar({ client, out }: Session, { days, peer }: { days?: string; peer?: string }): Promise<void> {
  const planned = await (await client()).request('GET', '/v1/policies/calendar', undefined, { query: given({ days, peer }) });
  out.result(planned, () => planned.says.join('\n'));
}

async function iep({ out }: Session, file: string, { import: importing }: { import?: boolean }): Promise<void> {
  const { fromIep, policyToIep } = await import('../../../server/policy/iep.ts');
  const made = importing ? fromIep((await checked('Iep', file)) as Iep) : policyToIep((await checked('Policy', file)) as Policy);
  out.result(made, () => JSON.stringify(made, null, 2));
}

const VERSION = /^([a-z][a-z0-9-]*\/[a-z][a-z0-9-]*)@(\d+)$/;

/** A policy from a file, or a version on the hub: `northstar/standard@3`. */
async function policyOf({ client }: Session, name: string): Promise<Policy> {
  const version = VERSION.exec(name);
  if (!version) return checked('Policy', name) as Promise<Policy>;
  const { policy } = await (await client()).request('GET', `${policyPath(version[1]!)}/versions/${readVersion(version[2]!)}`);
  return policy;
}

/** A document that its schema accepts. */
async function checked(schema: 'Policy' | 'Iep', file: string): Promise<unknown> {
  const { validatorOf } = await import('../../../server/http/validation.ts');
  const document = readJson(file);
  const wrong = validatorOf(schema)(document);
  if (wrong) throw new CliError(`${file} is not ${schema === 'Iep' ? 'an IEP 2.0' : 'a policy'}: ${wrong.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')}`);
  return document;
}

/** `join:harbor:crisis-team`: what happens, to whom, and with what. */
function readChange(text: string): WhatIf {
  const [change, about, third, ...more] = text.split(':');
  const names: Record<string, string | undefined> = { join: 'group', leave: 'group', accept: 'agreement', end: 'agreement', trust: 'trust', suspend: undefined, resume: undefined, open: undefined, close: undefined };
  if (!change || !(change in names) || !about || more.length > 0 || (names[change] === undefined) !== (third === undefined)) throw new CliError(`${text} is not a change.`, 'For example: join:harbor:crisis-team');
  const [, word, version] = /^([^@]*)(?:@([1-9][0-9]?))?$/.exec(third ?? '') ?? [undefined, third];
  const subject = change === 'open' || change === 'close' ? { incident: about } : { member: about };
  return { change, ...subject, ...(third === undefined ? {} : { [names[change]!]: word }), ...(version ? { version: Number(version) } : {}) } as WhatIf;
}
