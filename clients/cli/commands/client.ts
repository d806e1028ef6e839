import type { Command } from 'commander';
import type { ClientView, PublicJwk, Scope } from '../../../schemas/types.ts';
import { readJson } from '../input.ts';
import { examples, given, segment, valuesOf } from '../options.ts';
import { fields, table } from '../output.ts';
import type { Commands, Session } from '../session.ts';
import { CliError } from '../failure.ts';

/** `tocsin member client`: the machines of a member. */
export function clientCommands(member: Command, commands: Commands): void {
  const client = member.command('client').description('the clients (machines) of a member');
  client.command('list').description('list a member’s clients').argument('<member>', 'its id').action(commands.does(listClients))
    .addHelpText('after', examples(['tocsin member client list northstar', 'its clients, their scopes and credentials']));
  client.command('add').description('make a client (operator); its secret is shown once').argument('<member>', 'whose it is')
    .requiredOption('--title <text>', 'what it is for')
    .requiredOption('--scope <scope...>', `what it may do: ${valuesOf('Scope').join(', ')}`)
    .option('--jwk <file>', 'its public key, instead of a secret')
    .action(commands.does(addClient))
    .addHelpText('after', examples(['tocsin member client add northstar --title Feeder --scope signals:write digest-keys:read', 'prints the id and the secret of a new client']));
  client.command('rotate').description('give a client another credential; a secret is shown once').argument('<client>', 'its id')
    .option('--retire-others-after <duration>', 'end its other credentials after this time, such as PT1H; they stay when it is left out')
    .option('--jwk <file>', 'a public key, instead of a secret')
    .action(commands.does(rotateClient))
    .addHelpText('after', examples(['tocsin member client rotate northstar.feeder --retire-others-after PT1H', 'a new secret; the old one is good for an hour']));
  client.command('retire').description('end one credential of a client at once').argument('<client>', 'its id').argument('<credential>', 'the credential’s id').action(commands.does(retire))
    .addHelpText('after', examples(['tocsin member client retire northstar.feeder first', 'ends the credential `first`']));
  client.command('revoke').description('end a client and its tokens for good').argument('<client>', 'its id').action(commands.does(revokeClient))
    .addHelpText('after', examples(['tocsin member client revoke northstar.feeder', 'at once, for when its secret leaked']));
}

async function listClients({ client, out }: Session, member: string): Promise<void> {
  const list = await (await client()).request('GET', `/v1/members/${segment(member)}/clients`);
  out.result(list, () => table(['CLIENT', 'TITLE', 'STATE', 'CREDENTIALS', 'SCOPES'], list.clients.map((one) => [one.client_id, one.title, one.revoked ? 'revoked' : 'active', one.credentials.map(credential).join(', '), one.scopes.join(' ')])));
}

function credential({ id, kind, expires_at: end }: ClientView['credentials'][number]): string {
  return `${id} (${kind}${end ? ` until ${end}` : ''})`;
}

async function addClient({ client, out }: Session, member: string, flags: { title: string; scope: string[]; jwk?: string }): Promise<void> {
  const scopes = flags.scope.flatMap((text) => text.split(/[\s,]+/)).filter(Boolean) as Scope[];
  const unknown = scopes.filter((scope) => !valuesOf('Scope').includes(scope));
  if (unknown.length > 0) throw new CliError(`There is no scope ${unknown.join(', ')}.`, `The scopes are ${valuesOf('Scope').join(', ')}.`);
  const made = await (await client()).request('POST', `/v1/members/${segment(member)}/clients`, { title: flags.title, scopes, ...keyIn(flags.jwk) });
  out.result(made, () => shown(made));
}

async function rotateClient({ client, out }: Session, id: string, flags: { retireOthersAfter?: string; jwk?: string }): Promise<void> {
  const changed = await (await client()).request('POST', `/v1/clients/${segment(id)}/credentials`, { ...given({ retire_others_after: flags.retireOthersAfter }), ...keyIn(flags.jwk) });
  out.result(changed, () => shown(changed));
}

/** Only what a public key has is sent, whatever the file holds. */
function keyIn(file: string | undefined): { jwk?: PublicJwk } {
  if (file === undefined) return {};
  const { kty, crv, x, y, kid } = readJson(file) as PublicJwk;
  return { jwk: { kty, crv, x, ...given({ y, kid }) } };
}

function shown(client: ClientView): string {
  const text = fields({ client_id: client.client_id, client_secret: client.client_secret, credentials: client.credentials.map(credential).join(', ') });
  return client.client_secret ? `${text}\n\nKeep the secret now: it is not shown again.` : text;
}

async function retire({ client, out }: Session, id: string, credentialId: string): Promise<void> {
  await (await client()).request('DELETE', `/v1/clients/${segment(id)}/credentials/${segment(credentialId)}`);
  out.result({ client_id: id, credential: credentialId, ended: true }, () => `The credential ${credentialId} of ${id} has ended.`);
}

async function revokeClient({ client, out }: Session, id: string): Promise<void> {
  const revoked = await (await client()).request('POST', `/v1/clients/${segment(id)}/revoke`);
  out.result(revoked, () => `${revoked.client_id} is revoked, and its tokens have ended.`);
}
