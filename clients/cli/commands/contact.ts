import { Option, type Command } from 'commander';
import type { ContactNeed, ContactQuery, ContactView, ContactWay, ContactRole, NewContact } from '../../../schemas/types.ts';
import { readJson } from '../input.ts';
import { examples, oneOf, ownedPath, query } from '../options.ts';
import { fields, table } from '../output.ts';
import { allPages } from '../pages.ts';
import type { Commands, Session } from '../session.ts';

interface ListFlags {
  role?: ContactRole;
  need?: ContactNeed;
  country?: string;
  onCall?: boolean;
  stale?: boolean;
}

/** `tocsin contact`: whom to call at which member. */
export function contactCommands(program: Command, commands: Commands): void {
  const contact = program.command('contact').description('contacts: whom to call at which member');
  contact.command('list').description('list the contacts that you may see')
    .addOption(oneOf('--role <role>', 'only of this role', 'ContactRole'))
    .addOption(oneOf('--need <need>', 'only for this need', 'ContactNeed'))
    .option('--country <code>', 'only those that help there')
    .option('--on-call', 'only those where somebody is there now')
    .addOption(new Option('--stale', 'only those that are to be confirmed again'))
    .action(commands.does(listContacts))
    .addHelpText('after', examples(['tocsin contact list --role law-enforcement-response --on-call', 'who answers now']));
  contact.command('show').description('show one contact').argument('<contact>', 'such as northstar/abuse-desk').action(commands.does(showContact))
    .addHelpText('after', examples(['tocsin contact show northstar/abuse-desk', 'its addresses, hours and criteria']));
  contact.command('put').description('keep one of your contacts').argument('<contact>', 'such as northstar/abuse-desk').argument('<file>', 'what it says (JSON)').action(commands.does(putContact))
    .addHelpText('after', examples(['tocsin contact put northstar/abuse-desk desk.json', 'adds it, or replaces what it says; confirm it then']));
  contact.command('verify').description('confirm that one of your contacts is right as it stands').argument('<contact>', 'such as northstar/abuse-desk').action(commands.does(verifyContact))
    .addHelpText('after', examples(['tocsin contact verify northstar/abuse-desk', 'holds for 180 days']));
  contact.command('delete').description('remove one of your contacts').argument('<contact>', 'such as northstar/abuse-desk').action(commands.does(deleteContact))
    .addHelpText('after', examples(['tocsin contact delete northstar/abuse-desk', 'takes it out of the directory']));
}

async function listContacts({ client, out }: Session, { onCall, stale, ...flags }: ListFlags): Promise<void> {
  const asked: ContactQuery = { ...flags, ...(onCall ? { on_call: true } : {}), ...(stale ? { verification: 'stale' } : {}) };
  const connection = await client();
  const contacts = await allPages(async (after) => {
    const page = await connection.request('GET', `/v1/contacts${query({ ...asked, limit: 1000, after })}`);
    return { items: page.contacts, next: page.next };
  });
  out.result({ contacts }, () => table(['ID', 'ROLE', 'THERE NOW', 'CONFIRMED', 'ADDRESSES'], contacts.map((one) => [one.id, one.role, thereNow(one), confirmed(one), addresses(one.ways)])));
}

async function showContact({ client, out }: Session, id: string): Promise<void> {
  const contact = await (await client()).request('GET', `/v1/contacts/${ownedPath(id)}`);
  out.result(contact, () => describe(contact));
}

async function putContact({ client, out }: Session, id: string, file: string): Promise<void> {
  const contact = await (await client()).request('PUT', `/v1/contacts/${ownedPath(id)}`, readJson(file) as NewContact);
  out.result(contact, () => `${describe(contact)}${contact.verification === 'current' ? '' : `\n\nConfirm it: tocsin contact verify ${contact.id}`}`);
}

async function verifyContact({ client, out }: Session, id: string): Promise<void> {
  const contact = await (await client()).request('POST', `/v1/contacts/${ownedPath(id)}/verify`);
  out.result(contact, () => `${contact.id} is confirmed until ${contact.renew_by}.`);
}

async function deleteContact({ client, out }: Session, id: string): Promise<void> {
  await (await client()).request('DELETE', `/v1/contacts/${ownedPath(id)}`);
  out.result({ id, deleted: true }, () => `The contact ${id} is removed.`);
}

function describe(contact: ContactView): string {
  const { id, member, title, role, needs = [], countries, ways, criteria, visibility } = contact;
  return fields({ id, member, title, role, needs: needs.join(' '), countries: countries?.join(' ') ?? 'everywhere', addresses: addresses(ways), 'there now': thereNow(contact), criteria, confirmed: confirmed(contact), visibility });
}

function addresses(ways: readonly ContactWay[]): string {
  return ways.map(({ address }) => address).join(', ');
}

function thereNow({ on_call: onCall }: ContactView): string {
  return onCall === undefined ? 'not stated' : onCall ? 'yes' : 'no';
}

function confirmed({ verification, renew_by: end }: ContactView): string {
  if (verification === 'none') return 'not yet';
  return verification === 'current' ? `until ${end}` : `ended ${end}`;
}
