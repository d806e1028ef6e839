import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CliError } from '../failure.ts';
import { examples, given, segment } from '../options.ts';
import { count, table } from '../output.ts';
import type { Commands, Session } from '../session.ts';

/** `tocsin keys`: digest keys and the hub's signing key. */
export function keysCommands(program: Command, commands: Commands): void {
  const keys = program.command('keys').description('digest keys, and the key that signs the hub’s tokens');
  keys.command('list').description('list the digest keys that you have, without their secrets').action(commands.does(listKeys))
    .addHelpText('after', examples(['tocsin keys list', 'whose they are, their epochs, and which one to hash with']));
  keys.command('export').description('write your digest keys to a file, for hashing without a connection').argument('<file>', 'a new file, readable by you alone').action(commands.does(exportKeys))
    .addHelpText('after', examples(['tocsin keys export keys.json', 'then: tocsin hash url --key-file keys.json']));
  keys.command('rotate').description('start a new epoch of a digest key, or a new signing key (operator)').argument('[key]', '`hub`, or a group')
    .option('--signing', 'rotate the key that signs tokens')
    .option('--overlap <duration>', 'how long the old one is still accepted, such as P7D')
    .action(commands.does(rotate))
    .addHelpText('after', examples(
      ['tocsin keys rotate crisis-team --overlap P7D', 'a new key for the group; digests under the old one are accepted for a week'],
      ['tocsin keys rotate --signing', 'tokens signed with the old key run out'],
    ));
}

async function listKeys({ client, out }: Session): Promise<void> {
  const { keys } = await (await client()).request('GET', '/v1/digest-keys');
  const shown = keys.map(({ secret: _secret, ...key }) => key);
  out.result({ keys: shown }, () => table(['KEY', 'EPOCH', 'CURRENT', 'ACCEPTED UNTIL'], shown.map((key) => [key.key, String(key.epoch), key.current ? 'yes' : '', key.accepted_until ?? ''])));
}

async function exportKeys({ client, out }: Session, file: string): Promise<void> {
  const list = await (await client()).request('GET', '/v1/digest-keys');
  try {
    writeFileSync(file, `${JSON.stringify(list, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(code === 'EEXIST' ? `${file} exists already.` : `${file} cannot be written (${code}).`, 'Name a new file.');
  }
  out.result({ file, keys: list.keys.length }, () => `${file} holds ${count(list.keys.length, 'key')}. Keep it secret: with a key, digests can be guessed.`);
}

async function rotate({ client, out }: Session, key: string | undefined, { signing, overlap }: { signing?: boolean; overlap?: string }): Promise<void> {
  if ((key === undefined) !== (signing === true)) throw new CliError('Name one key.', 'Either a digest key (`hub` or a group), or --signing.');
  const rotation = given({ overlap });
  if (key === undefined) {
    const jwks = await (await client()).request('POST', '/v1/keys/signing/rotate', rotation);
    out.result(jwks, () => 'The hub signs with a new key.');
    return;
  }
  const rotated = await (await client()).request('POST', `/v1/digest-keys/${segment(key)}/rotate`, rotation);
  out.result(rotated, () => `The key of ${rotated.key} is in epoch ${rotated.epoch}. Members fetch it with their next request for keys.`);
}
