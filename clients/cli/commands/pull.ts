import type { Command } from 'commander';
import { isProblem } from '../../sdk/errors.ts';
import { pullPages } from '../../sdk/pull.ts';
import { Replica } from '../../sdk/replica.ts';
import { FileStore } from '../../sdk/stores/file.ts';
import { CliError } from '../failure.ts';
import { examples, given } from '../options.ts';
import { count } from '../output.ts';
import type { Commands, Session } from '../session.ts';

interface PullFlags {
  into?: string;
  cursor?: string;
  limit?: string;
}

/** `tocsin pull`: what others share with you. */
export function pullCommand(program: Command, commands: Commands): void {
  program.command('pull').description('pull a feed: into a folder that is kept exact, or as lines of JSON').argument('<feed>', '`all`, or the offering member and a name: northstar/fraud')
    .option('--into <folder>', 'keep a replica in this folder: the first run fetches everything, later ones what changed')
    .option('--cursor <cursor>', 'without --into: what changed since the page that this cursor closed')
    .option('--limit <number>', 'changes in a page')
    .action(commands.does(pull))
    .addHelpText('after', examples(
      ['tocsin pull all --into replica', 'makes the folder hold exactly what you may see now'],
      ['tocsin pull northstar/fraud > changes.ndjson', 'the changes, and a line {"type":"page",…} with the cursor after each page'],
    ));
}

async function pull(session: Session, feed: string, flags: PullFlags): Promise<void> {
  if (flags.limit !== undefined && !/^\d{1,5}$/.test(flags.limit)) throw new CliError('--limit is a number from 1 to 10000.');
  if (flags.into !== undefined && flags.cursor !== undefined) throw new CliError('--cursor goes without --into: the folder has its own.');
  const options = given({ limit: flags.limit === undefined ? undefined : Number(flags.limit) });
  if (flags.into === undefined) return printPages(session, feed, flags.cursor, options);
  return syncFolder(session, feed, flags.into, options);
}

async function printPages({ client, out }: Session, feed: string, cursor: string | undefined, options: { limit?: number }): Promise<void> {
  for await (const { changes, ...end } of pullPages(await client(), feed, cursor, options)) {
    const lines = [...changes, { type: 'page', ...end }].map((line) => JSON.stringify(line));
    await out.line(lines.join('\n'));
  }
}

async function syncFolder({ client, out }: Session, feed: string, folder: string, options: { limit?: number }): Promise<void> {
  const hub = await client();
  const replica = new Replica(hub, feed, await FileStore.open(folder, feed), options);
  try {
    const { asOf, ...done } = await replica.sync();
    const exercises = [...replica].filter(({ exercise }) => exercise !== undefined).length;
    const apart = exercises > 0 ? ` ${count(exercises, 'signal')} belong${exercises === 1 ? 's' : ''} to exercises: not real, not to be acted on.` : '';
    out.result({ feed, as_of: asOf, held: replica.size, exercises, ...done }, () => `${folder} holds ${count(replica.size, 'signal')} of ${feed}, as of ${asOf}: ${done.changed} came or changed, ${done.removed} were removed.${apart}`);
  } catch (error) {
    if (isProblem(error, 'member-suspended', 'member-left', 'kind-not-allowed', 'not-found')) out.note(`The replica in ${folder} was emptied.`);
    throw error;
  } finally {
    await replica.close();
  }
}
