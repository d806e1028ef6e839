import { sql } from 'kysely';
import type { ContactRole, EmergencyClosing, EmergencyList, EmergencyView, Escalation, NewEmergency } from '../../schemas/types.ts';
import { actorOf, type Viewer } from '../auth/access.ts';
import { contactView, isWanted, type ContactRow } from '../contacts/contacts.ts';
import { visibleContacts } from '../contacts/store.ts';
import { transaction, type Queries, type Tx } from '../db/database.ts';
import { advance } from '../db/head.ts';
import { acceptsEpoch } from '../digests/keys.ts';
import { exerciseFor } from '../exercises/exercises.ts';
import type { Hub } from '../hub.ts';
import { Problem, problemAt } from '../problems.ts';
import { uuidFrom } from '../random.ts';
import type { HubWorld } from '../world/state.ts';
import { SHOWN_FOR, emergencyView, levelOf, mayDrill, prepareEmergency, type EmergencyRow, type Look } from './emergencies.ts';

/** Emergencies that one member may have open at a time, and as many in exercises: each read decides about all. */
const MAX_OPEN = 100;

/** Whom to call first. */
const ROLES: readonly ContactRole[] = ['emergency-line', 'crisis-lead', 'child-safety', 'trust-and-safety', 'abuse-desk'];
const MOST_CONTACTS = 10;

/** Posts an emergency: whoever policy names sees it from this instant on. @throws Problem see `prepareEmergency`, quota-exceeded */
export function postEmergency(hub: Hub, viewer: Viewer, emergency: NewEmergency): Promise<EmergencyView> {
  const { member } = viewer;
  const { object, content, respondWithin } = prepareEmergency(member.id, emergency);
  return transaction(hub.db, (tx) => hub.worlds.changeIn(tx, actorOf(viewer), async (world, { at }) => {
    const exercise = exerciseFor(world, at, member.id, emergency.exercise);
    const unknown = content.digests?.findIndex(({ key, epoch }) => key !== undefined && !acceptsEpoch(world, member.id, key, epoch!, at)) ?? -1;
    if (unknown >= 0) throw problemAt('unknown-key', `/digests/${unknown}`);
    const open = await tx.selectFrom('emergency').select('id').where('origin', '=', member.number).where('until', '>', at).where('closed_at', 'is', null).where(sql`object -> 'attributes' ->> 'exercise' is not null`, '=', exercise !== undefined).execute();
    if (open.length >= MAX_OPEN) throw new Problem('quota-exceeded');
    const row = { id: uuidFrom(hub.random.bytes(16)), at, origin: member.number, until: Math.min(at + SHOWN_FOR, exercise?.until ?? Infinity), respond_within: respondWithin, closed_at: null, outcome: null };
    await tx.insertInto('emergency').values({ ...row, object: JSON.stringify(object), content: JSON.stringify(content) }).execute();
    const { harms, regions, tlp } = object.attributes;
    const view = emergencyView({ ...row, object, content, events: [] }, lookOf(hub, viewer, world, at))!;
    return { entries: [], deeds: [{ action: 'post-emergency', subject: row.id, detail: { harm: harms[0], regions, tlp, respond_within: respondWithin, ...markOf(object) } }], result: view };
  }));
}

/** The emergencies that the viewer may see, its own too: those that are real, or those of one exercise. */
export function listEmergencies(hub: Hub, viewer: Viewer, exercise?: string): Promise<EmergencyList> {
  return listed(hub, viewer, ({ object }) => object.attributes.exercise === exercise);
}

/** That the viewer was shown them for the first time is recorded before it is answered. */
async function listed(hub: Hub, viewer: Viewer, wanted: (row: EmergencyRow) => boolean): Promise<EmergencyList> {
  const head = await hub.head();
  const world = await hub.worlds.at(head.world);
  const look = lookOf(hub, viewer, world, head.at);
  const seen = (await rowsOf(hub.db, sql`e.until > ${head.at}`)).flatMap((row) => viewed(row, look)).filter(({ row }) => wanted(row));
  if (seen.some(({ row }) => isNew(row, viewer))) await recordShown(hub, viewer, seen.map(({ row }) => row));
  return { emergencies: await Promise.all(seen.map(({ row, view }) => withEscalation(hub, look, row, view))) };
}

/** One emergency. @throws Problem not-found */
export async function readEmergency(hub: Hub, viewer: Viewer, id: string): Promise<EmergencyView> {
  const { emergencies: [found] } = await listed(hub, viewer, (row) => row.id === id);
  if (!found) throw new Problem('not-found');
  return found;
}

/** A responder says that it has taken an emergency up; twice is once. @throws Problem not-found, conflict (one's own, or closed) */
export function acknowledge(hub: Hub, viewer: Viewer, id: string): Promise<EmergencyView> {
  return transaction(hub.db, (tx) => hub.worlds.changeIn(tx, actorOf(viewer), async (world, { at }) => {
    const look = lookOf(hub, viewer, world, at);
    const { row, view } = await seenIn(tx, id, look);
    if (row.origin === viewer.member.number || row.closed_at !== null) throw new Problem('conflict');
    if (view.acknowledged_by_you) return { entries: [], deeds: [], result: view };
    await addEvent(tx, viewer, [id], 'acknowledged', at);
    const { view: after } = await seenIn(tx, id, look);
    return { entries: [], deeds: [{ action: 'acknowledge-emergency', subject: id, ...deedOf(row) }], result: after };
  }));
}

/** The origin closes an emergency. @throws Problem not-found, conflict (it is closed) */
export function closeEmergency(hub: Hub, viewer: Viewer, id: string, { outcome }: EmergencyClosing): Promise<EmergencyView> {
  return transaction(hub.db, (tx) => hub.worlds.changeIn(tx, actorOf(viewer), async (world, { at }) => {
    const look = lookOf(hub, viewer, world, at);
    const { row } = await seenIn(tx, id, look);
    if (row.origin !== viewer.member.number) throw new Problem('not-found');
    if (row.closed_at !== null) throw new Problem('conflict');
    await tx.updateTable('emergency').set({ closed_at: at, outcome }).where('id', '=', id).execute();
    const { view } = await seenIn(tx, id, look);
    return { entries: [], deeds: [{ action: 'close-emergency', subject: id, detail: { outcome, ...markOf(row.object) } }], result: view };
  }));
}

/** Drops emergencies that are not shown any more, with who saw them: the record of what was done is the audit log's. */
export function dropEmergencies(hub: Hub): Promise<void> {
  return transaction(hub.db, async (tx) => {
    const { at } = await advance(tx, hub.clock, 0);
    await tx.deleteFrom('emergency_event').where('emergency_id', 'in', tx.selectFrom('emergency').select('id').where('until', '<=', at)).execute();
    await tx.deleteFrom('emergency').where('until', '<=', at).execute();
  });
}

function lookOf({ secrets }: Hub, { member }: Viewer, world: HubWorld, at: number): Look {
  return { world, at, viewer: member, secrets };
}

function viewed(row: EmergencyRow, look: Look): { row: EmergencyRow; view: EmergencyView }[] {
  const view = emergencyView(row, look);
  return view ? [{ row, view }] : [];
}

async function seenIn(tx: Tx, id: string, look: Look): Promise<{ row: EmergencyRow; view: EmergencyView }> {
  const [row] = await rowsOf(tx, sql`e.id = ${id} and e.until > ${look.at}`);
  const [seen] = row ? viewed(row, look) : [];
  if (!seen) throw new Problem('not-found');
  return seen;
}

async function rowsOf(db: Queries, which: ReturnType<typeof sql>): Promise<EmergencyRow[]> {
  const { rows } = await sql<EmergencyRow>`select e.*, coalesce((select json_agg(json_build_object('member', v.member, 'kind', v.kind, 'at', v.at)) from emergency_event v where v.emergency_id = e.id), '[]') as events
    from emergency e where ${which} order by e.at desc, e.id`.execute(db);
  return rows;
}

function isNew({ origin, events }: EmergencyRow, { member }: Viewer): boolean {
  return origin !== member.number && !events.some((event) => event.kind === 'shown' && event.member === member.number);
}

async function recordShown(hub: Hub, viewer: Viewer, rows: readonly EmergencyRow[]): Promise<void> {
  const fresh = rows.filter((row) => isNew(row, viewer));
  const ids = fresh.map(({ id }) => id);
  await transaction(hub.db, (tx) => hub.worlds.changeIn(tx, actorOf(viewer), async (_world, { at }) => {
    await addEvent(tx, viewer, ids, 'shown', at);
    return { entries: [], deeds: fresh.map((row) => ({ action: 'receive-emergency', subject: row.id, ...deedOf(row) })), result: undefined };
  }));
}

async function addEvent(tx: Tx, { member, client }: Viewer, ids: readonly string[], kind: 'shown' | 'acknowledged', at: number): Promise<void> {
  await tx.insertInto('emergency_event').values(ids.map((id) => ({ emergency_id: id, member: member.number, kind, at, client }))).onConflict((conflict) => conflict.doNothing()).execute();
}

/** The exercise that it belongs to, as the audit log tells of it. */
function markOf({ attributes: { exercise } }: EmergencyRow['object']): { exercise?: string } {
  return exercise === undefined ? {} : { exercise };
}

function deedOf({ object }: EmergencyRow): { detail?: { exercise?: string } } {
  return object.attributes.exercise === undefined ? {} : { detail: markOf(object) };
}

/** For its origin, while it is overdue: whom else to call, among the contacts that it may see; in an exercise, of those who take part. */
async function withEscalation(hub: Hub, { world, at, viewer }: Look, row: EmergencyRow, view: EmergencyView): Promise<EmergencyView> {
  const level = levelOf(row, at);
  if (row.origin !== viewer.number || level === 0) return view;
  const rows = await visibleContacts(hub.db, world, viewer.id, { limit: 10_000 });
  const contacts = rows.filter((contact) => contact.owner !== viewer.id && mayDrill(row, world, contact.owner) && fits(contact, row, at)).sort((a, b) => rank(a, at) - rank(b, at));
  const escalation: Escalation = { level, contacts: contacts.slice(0, Math.min(level, MOST_CONTACTS)).map((contact) => contactView(world, at, contact, viewer.id)) };
  return { ...view, escalation };
}

function fits(contact: ContactRow, { object }: EmergencyRow, at: number): boolean {
  const { regions } = object.attributes;
  const there = regions.length === 0 || regions.some((region) => !/^[A-Z]{2}$/.test(region) || isWanted(contact, { country: region }, at));
  return there && ROLES.includes(contact.doc.role);
}

/** Those where somebody is there now come first, then those that do not say, each in the order of roles. */
function rank(contact: ContactRow, at: number): number {
  const absent = contact.doc.hours === undefined ? 1 : isWanted(contact, { on_call: true }, at) ? 0 : 2;
  return absent * ROLES.length + ROLES.indexOf(contact.doc.role);
}
