import type { Command } from 'commander';
import type { Digest } from '../../../schemas/types.ts';
import { CanonicalisationError } from '../../sdk/digests/errors.ts';
import { CliError, Exit, type ExitCode } from '../failure.ts';
import { hasher, KINDS, type HashFlags, type Kind } from '../hashing.ts';
import { readLines, type Line } from '../input.ts';
import { examples } from '../options.ts';
import type { Commands, Session } from '../session.ts';

/** `tocsin hash`: digests made here; nothing raw is sent anywhere. */
export function hashCommands(program: Command, commands: Commands): void {
  const hash = program.command('hash').description('hash identifiers on this machine; nothing raw is sent anywhere');
  for (const [kind, what] of Object.entries(KINDS) as [Kind, string][]) {
    withKeyOptions(hash.command(kind).description(`hash ${what}`).argument('[value...]', 'what to hash; the lines of the standard input when left out, where other users of the machine cannot see them'), kind)
      .action(commands.does((session: Session, values: string[], flags: HashFlags) => hashValues(session, kind, values, flags)))
      .addHelpText('after', examples(...EXAMPLES[kind]));
  }
  hash.command('media-file').description('the exact digests of files: SHA-256, SHA-1 and MD5').argument('<file...>', 'the files').action(commands.does(hashFiles))
    .addHelpText('after', examples(['tocsin hash media-file picture.jpg --json', 'one line of JSON for each file']));
}

const EXAMPLES: Record<Kind, [string, string][]> = {
  url: [['tocsin hash url < urls.txt', 'one digest a line, in the order of the lines, with the keys of the hub'], ['tocsin hash url --key-file keys.json --json < urls.txt', 'without a connection, as JSON']],
  domain: [['tocsin hash domain < domains.txt', 'one digest a line; each covers the whole domain']],
  email: [['tocsin hash email --key crisis-team < addresses.txt', 'with the key of a group']],
  phone: [['tocsin hash phone --country GB < numbers.txt', 'numbers without calling code are British']],
  handle: [['tocsin hash handle --platform example.com < handles.txt', 'accounts of one platform']],
  id: [['tocsin hash id --platform example.com < ids.txt', 'accounts of one platform, by ids that never change']],
  media: [['tocsin hash media --scheme media-pdq < fingerprints.txt', 'checks them and brings them into the form in which they travel']],
};

function withKeyOptions(command: Command, kind: Kind): Command {
  if (kind === 'media') return command.option('--scheme <scheme>', 'the scheme, such as media-sha256 or media-pdq');
  if (kind === 'phone') command.option('--country <code>', 'ISO 3166-1 code of the country for numbers without calling code');
  if (kind === 'handle' || kind === 'id') command.option('--platform <domain>', 'the domain of the platform');
  return command.option('--key <owner>', 'whose key: `hub` (when left out), or a group').option('--key-file <file>', 'take the keys from a file that `tocsin keys export` made, without a connection');
}

async function hashValues(session: Session, kind: Kind, values: string[], flags: HashFlags): Promise<ExitCode> {
  const { out } = session;
  const hash = await hasher(session, kind, flags);
  let [good, bad] = [0, 0];
  for await (const line of values.length > 0 ? numbered(values) : readLines('-', session.terminal)) {
    const digest = attempt(hash, line);
    if ('error' in digest) {
      bad += 1;
      out.note(`line ${digest.line}: ${digest.message}`);
    } else good += 1;
    if (out.json || !('error' in digest)) await out.line(out.json ? JSON.stringify(digest) : inText(digest as Digest));
  }
  if (bad === 0) return Exit.done;
  return good > 0 ? Exit.partly : Exit.failed;
}

function* numbered(values: readonly string[]): Generator<Line> {
  for (const [index, text] of values.entries()) yield { number: index + 1, text };
}

function attempt(hash: (text: string) => Digest, { number, text }: Line): Digest | { line: number; error: string; message: string } {
  try {
    return hash(text);
  } catch (error) {
    if (!(error instanceof CanonicalisationError)) throw error;
    return { line: number, error: error.code, message: error.message };
  }
}

function inText({ scheme, key, epoch, digest }: Digest): string {
  return [scheme, ...(key === undefined ? [] : [`${key}/${epoch}`]), digest].join(' ');
}

async function hashFiles({ out }: Session, files: string[]): Promise<void> {
  const { hashFile } = await import('../../sdk/hash.ts');
  for (const file of files) {
    const digests = await hashFile(file).catch((error: unknown) => {
      throw new CliError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, undefined, Exit.failed);
    });
    if (out.json) await out.line(JSON.stringify({ file, digests }));
    else for (const digest of digests) await out.line(`${inText(digest)}  ${file}`);
  }
}
