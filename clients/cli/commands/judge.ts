import type { Command } from 'commander';
import type { DisputeVerdict, DisputeView, Verdict } from '../../../schemas/types.ts';
import { examples, given, segment } from '../options.ts';
import { fields, table } from '../output.ts';
import type { Commands, Session } from '../session.ts';

const EXAMPLE = '5f0c2f6e-8a51-4d5b-9d6f-0f5b8a1f2c3d';

/** `tocsin judge`, `tocsin dispute` and `tocsin measures`: what members find of each other's signals. */
export function judgeCommands(program: Command, commands: Commands): void {
  program.command('judge').description('say that another’s signal is good, or wrong').argument('<signal>', 'the signal’s id').argument('<verdict>', 'good, wrong, or nothing to take it back').action(commands.does(judge))
    .addHelpText('after', examples([`tocsin judge ${EXAMPLE} wrong`, 'its origin is told that it is disputed, and not by whom'], [`tocsin judge ${EXAMPLE} nothing`, 'takes your judgement back']));
  const dispute = program.command('dispute').description('disputes about your signals');
  dispute.command('list').description('list your signals about which a dispute is open').option('--after <signal>', 'the next page').action(commands.does(listDisputes))
    .addHelpText('after', examples(['tocsin dispute list', 'and how many say that each is wrong']));
  dispute.command('answer').description('answer a dispute').argument('<signal>', 'the signal’s id').argument('<answer>', 'upheld (it was wrong: correct or retract it) or rejected').action(commands.does(answerDispute))
    .addHelpText('after', examples([`tocsin dispute answer ${EXAMPLE} rejected`, 'it stands, until another disputes it']));
  program.command('measures').description('what policies read of you').action(commands.does(showMeasures))
    .addHelpText('after', examples(['tocsin measures', 'as measured at the last midnight, UTC']));
}

async function judge({ client, out }: Session, signal: string, verdict: string): Promise<void> {
  const path = `/v1/signals/${segment(signal)}/judgement` as const;
  if (verdict === 'nothing') {
    await (await client()).request('DELETE', path);
    out.result({ signal }, () => 'Your judgement is taken back.');
    return;
  }
  const said = await (await client()).request('PUT', path, { verdict: verdict as Verdict });
  out.result(said, () => `You find it ${said.verdict}.`);
}

async function listDisputes({ client, out }: Session, { after }: { after?: string }): Promise<void> {
  const list = await (await client()).request('GET', `/v1/disputes?${new URLSearchParams(given({ after })).toString()}`);
  out.result(list, () => [table(['SIGNAL', 'WRONG', 'ANSWER'], list.disputes.map(({ signal, wrong, answer = '' }) => [signal, String(wrong), answer])), ...(list.next ? [`More with --after ${list.next}`] : [])].join('\n'));
}

async function answerDispute({ client, out }: Session, signal: string, answer: string): Promise<void> {
  const view = await (await client()).request('PUT', `/v1/signals/${segment(signal)}/dispute`, { answer: answer as DisputeVerdict });
  out.result(view, () => describe(view));
}

function describe({ signal, dispute, wrong, answer }: DisputeView): string {
  return fields({ signal, dispute, wrong: String(wrong), answer });
}

async function showMeasures({ client, out }: Session): Promise<void> {
  const measures = await (await client()).request('GET', '/v1/measures');
  const periods = (counts: object | undefined): string | undefined => counts && Object.entries(counts).map(([period, count]) => `${period} ${count as number}`).join(', ');
  const percent = (share: number | undefined): string | undefined => (share === undefined ? undefined : `${share} %`);
  out.result(measures, () => (measures.measured_at === undefined ? 'Nothing was measured yet.' : fields({ 'measured at': measures.measured_at, contributed: periods(measures.contributed), 'found good, %': periods(measures.found_good), overturned: percent(measures.overturned), stale: percent(measures.stale) })));
}
