import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import type { MessageList, MessageView, NewAnswer, NewRequest, Tlp } from '../../../schemas/types.ts';
import { examples, given, oneOf, segment } from '../options.ts';
import { count, exerciseMark, fields } from '../output.ts';
import type { Commands, Session } from '../session.ts';

interface AskFlags {
  title: string;
  text: string;
  tlp: Tlp;
  harm: string[];
  region?: string[];
  label?: string[];
  member?: string[];
  group?: string[];
  until?: string;
  exercise?: string;
}

/** `tocsin request`: has anyone seen this? */
export function requestCommands(program: Command, commands: Commands): void {
  const request = program.command('request').description('requests for information, and their answers');
  request.command('ask').description('ask whether anyone has seen something').requiredOption('--title <title>', 'one line').requiredOption('--text <text>', 'Markdown, or `@file`')
    .addOption(oneOf('--tlp <tlp>', 'its TLP', 'Tlp').makeOptionMandatory()).requiredOption('--harm <harm...>', 'what it is about')
    .option('--region <region...>', 'countries or M49 regions').option('--label <label...>', 'labels').option('--member <member...>', 'only these members').option('--group <group...>', 'only members of these groups')
    .option('--until <instant>', 'when it ends').option('--exercise <exercise>', 'it is not real, and belongs to this exercise').action(commands.does(ask))
    .addHelpText('after', examples(['tocsin request ask --title "Fake shops" --text @question.md --tlp GREEN --harm fraud --region NL', 'asks all who may see it, and prints the id']));
  request.command('answer').description('answer a request').argument('<request>', 'its id').requiredOption('--text <text>', 'Markdown, or `@file`').addOption(oneOf('--tlp <tlp>', 'its TLP', 'Tlp').makeOptionMandatory())
    .option('--all', 'to everybody who sees the request; to who asked when left out').option('--label <label...>', 'labels').action(commands.does(answer));
  request.command('list').description('the requests that you see').option('--harm <harm>', 'only of this harm').option('--region <region>', 'only about this region')
    .addOption(oneOf('--state <state>', 'only open, or only closed ones', 'MessageState')).option('--exercise <exercise>', 'those of this exercise, instead of real ones').action(commands.does(list));
  request.command('show').description('a request and its answers').argument('<request>', 'its id').action(commands.does(show));
  request.command('close').description('take no more answers to a request of yours').argument('<request>', 'its id').action(commands.does(close));
}

/** What a flag says, or the file that it names after an `@`. */
export function textOf(flag: string): string {
  return flag.startsWith('@') ? readFileSync(flag.slice(1), 'utf8') : flag;
}

async function ask({ client, out }: Session, flags: AskFlags): Promise<void> {
  const { title, text, tlp, harm: harms, region: regions, label: labels, member: members, group: groups, until: valid_until, exercise } = flags;
  const body: NewRequest = { title, text: textOf(text), tlp, harms, ...given({ regions, labels, valid_until, exercise }), ...(members ?? groups ? { audience: given({ members, groups }) } : {}) };
  const posted = await (await client()).request('POST', '/v1/requests', body);
  out.result(posted, () => posted.id);
}

async function answer({ client, out }: Session, request: string, { text, tlp, all, label: labels }: { text: string; tlp: Tlp; all?: boolean; label?: string[] }): Promise<void> {
  const body: NewAnswer = { to: all ? 'all' : 'asker', text: textOf(text), tlp, ...given({ labels }) };
  const posted = await (await client()).request('POST', `/v1/requests/${segment(request)}/answers`, body);
  out.result(posted, () => posted.id);
}

async function list({ client, out }: Session, { harm, region, state, exercise }: { harm?: string; region?: string; state?: string; exercise?: string }): Promise<void> {
  const messages: MessageView[] = [];
  for (let after: string | undefined; ; ) {
    const page: MessageList = await (await client()).request('GET', '/v1/requests', undefined, { query: given({ harm, region, state, exercise, after }) });
    messages.push(...page.messages);
    if (!page.next) break;
    after = page.next;
  }
  out.result({ messages }, () => messages.map(headOf).join('\n') || 'You see no such request.');
}

async function show({ client, out }: Session, id: string): Promise<void> {
  const hub = await client();
  const request = await hub.request('GET', `/v1/requests/${segment(id)}`);
  const { messages } = await hub.request('GET', `/v1/requests/${segment(id)}/answers`, undefined, { query: { limit: 200 } });
  out.result({ request, answers: messages }, () => [request, ...messages].map(messageText).join('\n\n---\n\n'));
}

async function close({ client, out }: Session, id: string): Promise<void> {
  await (await client()).request('POST', `/v1/requests/${segment(id)}/close`);
  out.result({ id, state: 'closed' }, () => 'It takes no more answers.');
}

function headOf({ id, exercise, title = '', state, origin = 'somebody', handling, answers = 0 }: MessageView): string {
  return `${id}  ${exercise === undefined ? '' : 'EXERCISE: '}${title}  (${origin}, TLP:${handling.tlp}, ${state}, ${count(answers, 'answer')})`;
}

/** A message for people, with its handling. */
export function messageText({ id, exercise, title, text, state, origin, own, released_at, visible_until, handling, harms, regions, labels }: MessageView): string {
  const head = fields({ id, from: own ? 'you' : (origin ?? 'not told'), tlp: handling.tlp, onward: handling.onward, state, released: released_at, until: visible_until, harms: harms?.join(' '), regions: regions?.join(' '), labels: labels?.join(' ') });
  return exerciseMark({ exercise }) + [...(title ? [title] : []), head, text].join('\n\n');
}
