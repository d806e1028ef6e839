import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { projectFile } from '../../schemas/root.ts';
import { contactCommands } from './commands/contact.ts';
import { explainCommand } from './commands/explain.ts';
import { feedCommands } from './commands/feed.ts';
import { hashCommands } from './commands/hash.ts';
import { hubCommands } from './commands/hub.ts';
import { judgeCommands } from './commands/judge.ts';
import { keysCommands } from './commands/keys.ts';
import { memberCommands } from './commands/member.ts';
import { policyCommands } from './commands/policy.ts';
import { pullCommand } from './commands/pull.ts';
import { reportCommands } from './commands/report.ts';
import { pushCommand } from './commands/push.ts';
import { emergencyCommands } from './commands/emergency.ts';
import { exerciseCommands } from './commands/exercise.ts';
import { incidentCommands } from './commands/incident.ts';
import { holdCommands, referCommands } from './commands/refer.ts';
import { reportReadingCommands } from './commands/report-search.ts';
import { requestCommands } from './commands/request.ts';
import { trendsCommand } from './commands/trends.ts';
import { Exit, failureOf, type ExitCode } from './failure.ts';
import { Output, type Terminal } from './output.ts';
import { Commands } from './session.ts';

const AFTER_HELP = `
Which hub, and as whom: flags come before the environment (TOCSIN_URL, TOCSIN_CLIENT_ID, TOCSIN_CLIENT_SECRET,
TOCSIN_SECRET_FILE, TOCSIN_PRIVATE_KEY_FILE, TOCSIN_PROFILE), and that before a profile of the configuration file
(~/.config/tocsin/config.json):

  {"profiles": {"default": {"url": "https://hub.example", "client_id": "northstar.feeder", "secret_file": "secret"}}}

Exit codes: 0 done, 1 failed, 2 wrong use or setting, 3 refused by the hub, 4 partly done, 5 hub not reached.
`;

/** Runs the command and gives its exit code. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const json = args.includes('--json');
  let code: ExitCode = Exit.done;
  try {
    await buildProgram(terminal, json, (finished) => (code = finished)).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return usage(error, terminal, json);
    const failure = failureOf(error);
    new Output(terminal, json).failure(failure);
    return failure.exit;
  }
}

/** Help that was asked for is no mistake. */
function usage(error: CommanderError, terminal: Terminal, json: boolean): ExitCode {
  if (error.exitCode === 0) return Exit.done;
  if (json) new Output(terminal, true).failure({ exit: Exit.usage, message: error.message.replace(/^error: /, '') });
  return Exit.usage;
}

function buildProgram(terminal: Terminal, json: boolean, finish: (code: ExitCode) => void): Command {
  const program = new Command('tocsin')
    .description('Tocsin: a hub through which online platforms warn each other')
    .version((JSON.parse(readFileSync(projectFile('package.json'), 'utf8')) as { version: string }).version)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for the options, and examples)')
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => {
        if (!json) terminal.stderr.write(text);
      },
      getOutHelpWidth: () => 120,
      getErrHelpWidth: () => 120,
    })
    .option('--url <url>', 'the hub’s address')
    .option('--client-id <id>', 'as which client')
    .option('--secret-file <file>', 'a file with the client’s secret')
    .option('--private-key-file <file>', 'a file with the client’s private key (JWK), instead of a secret')
    .option('--profile <name>', 'a profile of the configuration file; `default` when left out')
    .option('--json', 'results and errors as JSON')
    .addHelpText('after', AFTER_HELP);
  const commands = new Commands(terminal, finish);
  for (const add of [hubCommands, memberCommands, contactCommands, policyCommands, hashCommands, pushCommand, pullCommand, feedCommands, explainCommand, judgeCommands, incidentCommands, referCommands, holdCommands, keysCommands, reportCommands, reportReadingCommands, requestCommands, trendsCommand, exerciseCommands, emergencyCommands]) add(program, commands);
  return program;
}
