import { Option, type Command } from 'commander';
import type { NewSignal } from '../../../schemas/types.ts';
import { CliError, type ExitCode } from '../failure.ts';
import { hasher, type HashFlags, type Kind } from '../hashing.ts';
import { examples, given, oneOf } from '../options.ts';
import { PushRun } from '../push-run.ts';
import type { Commands, Session } from '../session.ts';
import { LineError, listReader, signalCheck, signalReader, Source, type Check, type Read } from '../source.ts';

type About = Pick<NewSignal, 'severity' | 'status' | 'tlp' | 'note'>;

interface PushFlags extends HashFlags, About {
  urls?: string;
  domains?: string;
  emails?: string;
  phones?: string;
  handles?: string;
  ids?: string;
  hashes?: string;
  harm?: string;
  confidence: string;
  label?: string[];
  jurisdiction?: string[];
  validUntil?: string;
  set?: string;
  allowEmpty?: boolean;
  skipBad?: boolean;
  idempotencyKey?: string;
  dryRun?: boolean;
}

/** Flags that name a list, and what stands on its lines. */
const LISTS = { urls: 'url', domains: 'domain', emails: 'email', phones: 'phone', handles: 'handle', ids: 'id', hashes: 'media' } as const satisfies Record<string, Kind>;

/** `tocsin push`: signals from a file. */
export function pushCommand(program: Command, commands: Commands): void {
  const command = program.command('push').description('send signals: NDJSON as the hub takes it, or a list of identifiers that are hashed here').argument('[file]', 'signals, one JSON document a line; `-` for the standard input');
  for (const [flag, kind] of Object.entries(LISTS)) command.option(`--${flag} <file>`, `instead: a list, one ${kind === 'media' ? 'media fingerprint' : kind} a line; \`-\` for the standard input`);
  command
    .option('--harm <harm>', 'for a list: the harm, such as fraud.phishing')
    .addOption(oneOf('--severity <severity>', 'for a list', 'Severity').default('medium'))
    .option('--confidence <0-100>', 'for a list: how sure you are, in steps of 5', '50')
    .addOption(oneOf('--status <status>', 'for a list: your verdict', 'Status').default('suspicious'))
    .addOption(oneOf('--tlp <tlp>', 'for a list: how far it may go', 'Tlp').default('AMBER'))
    .option('--label <label...>', 'for a list: labels')
    .option('--jurisdiction <code...>', 'for a list: where it plays, ISO 3166-1 codes or EU')
    .option('--note <text>', 'for a list: a note for people')
    .option('--valid-until <instant>', 'for a list: when it ends')
    .option('--key <owner>', 'for a list: whose digest key, `hub` or a group')
    .option('--key-file <file>', 'for a list: digest keys from a file instead of the hub')
    .option('--country <code>', 'for phones').option('--platform <domain>', 'for handles and ids').option('--scheme <scheme>', 'for hashes')
    .option('--set <name>', 'synchronise this set: what it has on the hub and the file does not mention is retracted')
    .option('--allow-empty', 'with --set: an empty file retracts the whole set')
    .option('--skip-bad', 'with --set: go on at lines that cannot be sent, as without --set')
    .addOption(new Option('--idempotency-key <key>', 'run again with the same key, the same items are not written twice'))
    .option('--dry-run', 'print the signals instead of sending them')
    .action(commands.does(pushSignals))
    .addHelpText('after', `${examples(
      ['tocsin push signals.ndjson', 'sends signals and tells which were refused, and why'],
      ['tocsin push --urls phishing.txt --harm fraud.phishing --confidence 80 --set phishing', 'hashes a list of URLs here and makes the set `phishing` be this list'],
      ['make-signals | tocsin push - --json', 'prints the hub’s result for each item, and the closing line'],
    )}\nWith --set nothing is retracted unless the whole file was sent. Exits with 4 when some items were refused.\n`);
}

async function pushSignals(session: Session, file: string | undefined, flags: PushFlags): Promise<ExitCode> {
  const { path, reader } = await chosenInput(session, file, flags);
  const run = new PushRun(session, { strict: flags.set !== undefined && !flags.skipBad, filled: flags.set !== undefined && !flags.allowEmpty });
  const source = new Source(path, session.terminal, reader, (bad) => run.badLine(bad));
  return flags.dryRun ? run.print(source) : run.send(source, given({ set: flags.set, idempotencyKey: flags.idempotencyKey }));
}

async function chosenInput(session: Session, file: string | undefined, flags: PushFlags): Promise<{ path: string; reader: Read }> {
  const [list, ...more] = (Object.keys(LISTS) as (keyof typeof LISTS)[]).filter((flag) => flags[flag] !== undefined);
  if (more.length > 0 || (list !== undefined && file !== undefined)) throw new CliError('One file at a time.', 'Give either a file of signals or one list.');
  const check = await signalCheck();
  if (list !== undefined) {
    const about = aboutList(flags, check);
    return { path: flags[list]!, reader: listReader(await hasher(session, LISTS[list], flags), about) };
  }
  if (file === undefined) throw new CliError('Nothing is to be sent.', 'Give a file of signals, `-` for the standard input, or a list such as --urls FILE. See: tocsin push --help');
  return { path: file, reader: signalReader(check) };
}

/** What is said about each line of a list. It is checked once, before anything is read. */
function aboutList({ harm, severity, confidence, status, tlp, label, jurisdiction, note, validUntil }: PushFlags, check: Check): Omit<NewSignal, 'digests'> {
  if (harm === undefined) throw new CliError('--harm is needed with a list.', 'For example --harm fraud.phishing; the hub lists all harms at /v1/harms.');
  const about = { harm, severity, confidence: Number(confidence), status, tlp, ...given({ labels: label, jurisdictions: jurisdiction, note, valid_until: validUntil }) };
  try {
    check({ digests: [{ scheme: 'media-md5', digest: '0'.repeat(32) }], ...about });
  } catch (error) {
    if (error instanceof LineError) throw new CliError(`What is said about the list is not right: ${error.message}.`);
    throw error;
  }
  return about;
}
