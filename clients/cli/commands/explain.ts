import type { Command } from 'commander';
import type { ExplainedLayer, Explanation } from '../../../schemas/types.ts';
import { CliError } from '../failure.ts';
import { examples, given } from '../options.ts';
import { fields } from '../output.ts';
import type { Commands, Session } from '../session.ts';

/** `tocsin explain`, and `tocsin policy explain`: why a peer sees an object, or does not. */
export function explainCommand(program: Command, commands: Commands): void {
  for (const [parent, name] of [[program, 'explain'], [program.commands.find((command) => command.name() === 'policy')!, 'policy explain']] as const) {
    parent.command('explain').description('why a peer sees a signal, a report or a message of yours, or does not').argument('<id>', 'the id of a signal, unless told otherwise').argument('<peer>', 'the member who asks')
      .option('--report', 'it is the id of a report')
      .option('--part <number>', 'with --report: this part of it; its title, which is 0, when left out')
      .option('--message', 'it is the id of a request, an answer or a comment')
      .option('--at <instant>', 'at that instant, if nothing is written until then; now when left out')
      .option('--feed <feed>', 'through this feed')
      .action(commands.does(explainObject))
      .addHelpText('after', examples(
        [`tocsin ${name} 5f0c2f6e-8a51-4d5b-9d6f-0f5b8a1f2c3d harbor`, 'whether harbor sees it now, by which rule, what would have to be otherwise, and when that changes'],
        [`tocsin ${name} 5f0c2f6e-8a51-4d5b-9d6f-0f5b8a1f2c3d harbor --at 2026-12-01T00:00:00Z`, 'whether it will see it then'],
        [`tocsin ${name} 7b1d4f6e-8a51-4d5b-9d6f-0f5b8a1f2c3d harbor --report --part 2`, 'the same of a part of a report'],
      ));
  }
}

interface Flags {
  report?: boolean;
  part?: string;
  message?: boolean;
  at?: string;
  feed?: string;
}

async function explainObject({ client, out }: Session, id: string, peer: string, { report, part, message, at, feed }: Flags): Promise<void> {
  if (report && message) throw new CliError('--report does not go with --message.');
  if (part !== undefined && !(report && /^\d{1,4}$/.test(part))) throw new CliError('--part is a number, and goes with --report.');
  const kind = report ? 'report' : message ? 'message' : 'signal';
  const explanation = await (await client()).request('POST', '/v1/explain', { [kind]: id, peer, ...(part === undefined ? {} : { part: Number(part) }), ...given({ at, feed }) });
  out.result(explanation, () => inWords(explanation, peer, part === undefined ? `this ${kind}` : 'this part'));
}

function inWords(explanation: Explanation, peer: string, object: string): string {
  const { at, visible, because, changes_at: changes, because_then: then = [], decisive_in_words: decisive, what_would_change: wanted, reveal, origin, handling, layers } = explanation;
  const sentences = [
    `At ${at}, ${peer} ${visible ? 'sees' : 'does not see'} ${object}.`,
    ...because,
    ...(decisive === undefined ? [] : [decisive]),
    ...(changes ? [`The rules in force change next at ${changes}. Then: ${then.join(' ')}`] : []),
  ];
  const terms = fields({ reveals: reveal?.join(' '), origin, tlp: handling?.tlp, 'permitted actions': handling?.permitted_actions, onward: handling?.onward });
  return [
    sentences.join('\n'),
    ...(wanted.length > 0 ? [`What would have to be otherwise:\n${wanted.map(({ layer, sentence }) => `  ${layer}: ${sentence}`).join('\n')}`] : []),
    ...(reveal ? [`What it sees, or will see:\n${terms}`] : []),
    `Layer by layer:\n${layers.map(layerInWords).join('\n')}`,
  ].join('\n\n');
}

function layerInWords({ layer, effect, policy, version, rule, reason, rules = [] }: ExplainedLayer): string {
  const source = policy ? ` (${policy} version ${version}${rule ? `, rule ${rule}` : ''})` : '';
  const missed = rules.filter(({ matched }) => !matched).map((one) => `    rule ${one.rule} does not apply: ${[...one.failed, ...one.unknown.map((name) => `${name} is unknown`)].join(', ')}`);
  return [`  ${layer}: ${effect}${source}, ${reason}`, ...missed].join('\n');
}
