import type { Command } from 'commander';
import type { ExplainedLayer, Explanation } from '../../../schemas/types.ts';
import { examples, given } from '../options.ts';
import { fields } from '../output.ts';
import type { Commands, Session } from '../session.ts';

/** `tocsin explain`: why a peer sees a signal, or does not. */
export function explainCommand(program: Command, commands: Commands): void {
  program.command('explain').description('why a peer sees a signal of yours, or does not').argument('<signal>', 'the signal’s id').argument('<peer>', 'the member who asks')
    .option('--at <instant>', 'at that instant, if nothing is written until then; now when left out')
    .option('--feed <feed>', 'through this feed')
    .action(commands.does(explainSignal))
    .addHelpText('after', examples(
      ['tocsin explain 5f0c2f6e-8a51-4d5b-9d6f-0f5b8a1f2c3d harbor', 'whether harbor sees it now, by which rule, and when that changes'],
      ['tocsin explain 5f0c2f6e-8a51-4d5b-9d6f-0f5b8a1f2c3d harbor --at 2026-12-01T00:00:00Z', 'whether it will see it then'],
    ));
}

async function explainSignal({ client, out }: Session, signal: string, peer: string, flags: { at?: string; feed?: string }): Promise<void> {
  const explanation = await (await client()).request('POST', '/v1/explain', { signal, peer, ...given({ at: flags.at, feed: flags.feed }) });
  out.result(explanation, () => inWords(explanation, peer));
}

function inWords(explanation: Explanation, peer: string): string {
  const { at, visible, because, changes_at: changes, reveal, origin, handling, layers } = explanation;
  const sentences = [
    `At ${at}, ${peer} ${visible ? 'sees' : 'does not see'} this signal.`,
    ...because,
    ...(changes ? [`The rules in force change next at ${changes}.`] : []),
  ];
  const terms = fields({ reveals: reveal?.join(' '), origin, tlp: handling?.tlp, 'permitted actions': handling?.permitted_actions, onward: handling?.onward });
  return [sentences.join('\n'), ...(reveal ? [`What it sees, or will see:\n${terms}`] : []), `Layer by layer:\n${layers.map(layerInWords).join('\n')}`].join('\n\n');
}

function layerInWords({ layer, effect, policy, version, rule, reason, rules = [] }: ExplainedLayer): string {
  const source = policy ? ` (${policy} version ${version}${rule ? `, rule ${rule}` : ''})` : '';
  const missed = rules.filter(({ matched }) => !matched).map((one) => `    rule ${one.rule} does not apply: ${[...one.failed, ...one.unknown.map((name) => `${name} is unknown`)].join(', ')}`);
  return [`  ${layer}: ${effect}${source}, ${reason}`, ...missed].join('\n');
}
