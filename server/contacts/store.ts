import { sql } from 'kysely';
import type { ContactView, NewContact } from '../../schemas/types.ts';
import { actorOf, type Viewer } from '../auth/access.ts';
import { arrayText, transaction, type Queries } from '../db/database.ts';
import { advance } from '../db/head.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';
import type { MemberDocument } from '../world/documents.ts';
import { groupsOf, type HubWorld } from '../world/state.ts';
import { checkContact, contactView, saysTheSame, type ContactRow } from './contacts.ts';

/** Contacts that one member may have. */
const MAX_CONTACTS = 100;

/** Which contacts to read: of one owner, of one name, after a place in the order of owners and names. */
export interface Range {
  owner?: string | undefined;
  name?: string;
  after?: string | undefined;
  limit: number;
}

/**
 * The contacts that a member may see: its own, and others' by their visibility. It is decided here and nowhere else. Contacts of
 * members that are suspended or left are nobody's.
 */
export async function visibleContacts(db: Queries, world: HubWorld, viewer: string, { owner, name, after, limit }: Range): Promise<ContactRow[]> {
  const groups = arrayText(groupsOf(world, viewer));
  const [afterOwner = '', afterName = ''] = after?.split('/') ?? [];
  const rows = await sql<ContactRow>`select owner, name, doc, verified_at from contact
    where (owner, name) > (${afterOwner}, ${afterName}) and owner = any(${active(world)}::text::text[])
      ${owner === undefined ? sql`` : sql`and owner = ${owner}`} ${name === undefined ? sql`` : sql`and name = ${name}`}
      and (owner = ${viewer} or doc ->> 'visibility' in ('members', 'public')
        or (doc ->> 'visibility' = 'named' and (doc #> '{audience,members}' @> ${JSON.stringify([viewer])}::text::jsonb
          or exists (select from jsonb_array_elements_text(doc #> '{audience,groups}') g where g = any(${groups}::text::text[])))))
    order by owner, name limit ${limit}`.execute(db);
  return rows.rows;
}

/** What everybody may see: contacts that are declared public, of members that the operator has checked. */
export async function publicContacts(db: Queries, world: HubWorld): Promise<ContactRow[]> {
  const checked = ({ status, trust }: MemberDocument): boolean => status === 'active' && trust !== 'unverified';
  const rows = await sql<ContactRow>`select owner, name, doc, verified_at from contact
    where doc ->> 'visibility' = 'public' and owner = any(${active(world, checked)}::text::text[]) order by owner, name`.execute(db);
  return rows.rows;
}

function active(world: HubWorld, fits = ({ status }: MemberDocument): boolean => status === 'active'): string {
  return arrayText([...world.members.values()].filter(fits).map(({ id }) => id));
}

/** Writes one of the viewer's own contacts; a change of what it says ends its confirmation. @throws Problem invalid-body, raw-identifier, quota-exceeded */
export function putContact(hub: Hub, viewer: Viewer, name: string, contact: NewContact): Promise<{ created: boolean; contact: ContactView }> {
  const owner = viewer.member.id;
  return transaction(hub.db, (tx) => hub.worlds.changeIn(tx, actorOf(viewer), async (world, { at }) => {
    const doc = checkContact(world, owner, contact);
    const own = await tx.selectFrom('contact').selectAll().where('owner', '=', owner).execute();
    const before = own.find((row) => row.name === name);
    if (!before && own.length >= MAX_CONTACTS) throw new Problem('quota-exceeded');
    const verified = before && saysTheSame(before.doc, doc) ? before.verified_at : null;
    const row = { owner, name, verified_at: verified };
    await tx.insertInto('contact').values({ ...row, doc: JSON.stringify(doc) }).onConflict((conflict) => conflict.columns(['owner', 'name']).doUpdateSet({ doc: JSON.stringify(doc), verified_at: verified })).execute();
    const deed = { action: before ? 'change-contact' : 'add-contact', subject: `${owner}/${name}`, detail: { role: doc.role, visibility: doc.visibility } };
    return { entries: [], deeds: [deed], result: { created: !before, contact: contactView(world, at, { ...row, doc }, owner) } };
  }));
}

/** The owner confirms that a contact is right as it stands. @throws Problem not-found */
export function verifyContact(hub: Hub, viewer: Viewer, name: string): Promise<ContactView> {
  const owner = viewer.member.id;
  return transaction(hub.db, (tx) => hub.worlds.changeIn(tx, actorOf(viewer), async (world, { at }) => {
    const row = await tx.updateTable('contact').set({ verified_at: at }).where('owner', '=', owner).where('name', '=', name).returningAll().executeTakeFirst();
    if (!row) throw new Problem('not-found');
    return { entries: [], deeds: [{ action: 'verify-contact', subject: `${owner}/${name}` }], result: contactView(world, at, row, owner) };
  }));
}

/** Takes one of the viewer's own contacts out of the directory. @throws Problem not-found */
export function removeContact(hub: Hub, viewer: Viewer, name: string): Promise<undefined> {
  const owner = viewer.member.id;
  return transaction(hub.db, (tx) => hub.worlds.changeIn(tx, actorOf(viewer), async () => {
    const { numDeletedRows } = await tx.deleteFrom('contact').where('owner', '=', owner).where('name', '=', name).executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) throw new Problem('not-found');
    return { entries: [], deeds: [{ action: 'remove-contact', subject: `${owner}/${name}` }], result: undefined };
  }));
}

/** Drops the contacts of members that left: people's addresses, which nobody sees any more. */
export function dropContacts(hub: Hub): Promise<void> {
  return transaction(hub.db, async (tx) => {
    const head = await advance(tx, hub.clock, 0);
    const { members } = await hub.worlds.at(head.world, tx);
    const left = [...members.values()].filter(({ status }) => status === 'left').map(({ id }) => id);
    await sql`delete from contact where owner = any(${arrayText(left)}::text::text[])`.execute(tx);
  });
}
