import { sql } from 'kysely';
import type { NewReferral, NewSignal, ReferralList, ReferralQuery, ReferralView, ReferredContent, ReferredReport, ReferredReportContent, ReferredSignal, RetractionReason } from '../../schemas/types.ts';
import { actorOf, type Viewer } from '../auth/access.ts';
import { arrayText, transaction, unnest, type Queries, type Tx } from '../db/database.ts';
import { advance } from '../db/head.ts';
import type { ReferralEventTable } from '../db/safety-tables.ts';
import type { Hub } from '../hub.ts';
import { formatInstant, instant } from '../policy/time.ts';
import { Problem, type ProblemKey } from '../problems.ts';
import { uuidFrom } from '../random.ts';
import type { HubWorld } from '../world/state.ts';
import { publishedReports, referredReport, referredReports } from './reports.ts';
import { checkReferral, isAuthority, isOpenTo, referralView, referredContent, referredHash, type ReferralRow } from './referrals.ts';

/** A signal of one's own that still has content. */
export interface Evidence {
  id: string;
  version: number;
  content: NewSignal;
}

/**
 * Named signals of a member, in the order of their names.
 * @throws Problem not-found at each that is not its own, conflict at each whose content was purged
 */
export async function evidenceOf(db: Queries, member: number, ids: readonly string[]): Promise<Evidence[]> {
  const rows = await db.selectFrom('signal').select(['id', 'version', 'content']).where('origin', '=', member).where('id', '=', sql<string>`any(${arrayText(ids)}::text::uuid[])`).execute();
  const own = new Map(rows.map((row) => [row.id, row]));
  const places = (key: ProblemKey, detail: string, wrong: (id: string) => boolean): void => {
    const found = ids.flatMap((id, index) => (wrong(id) ? [{ pointer: `/signals/${index}`, detail }] : []));
    if (found.length > 0) throw new Problem(key, found);
  };
  places('not-found', 'is not a signal of yours', (id) => !own.has(id));
  places('conflict', 'its content was purged', (id) => own.get(id)!.content === null);
  return ids.map((id) => own.get(id) as Evidence);
}

/** Refers objects: puts them on the register, and keeps a copy of what is in scope. @throws Problem see `checkReferral` and `evidenceOf` */
export function refer(hub: Hub, viewer: Viewer, referral: NewReferral): Promise<ReferralView> {
  const { signals = [], reports = [], expires_at: end, authority: _authority, ...doc } = referral;
  return transaction(hub.db, (tx) => hub.worlds.changeIn(tx, actorOf(viewer), async (world, { at }) => {
    const authority = checkReferral(world, at, referral);
    const evidence = await evidenceOf(tx, viewer.member.number, signals);
    const written = await publishedReports(tx, viewer.member.number, reports);
    refuseDrilled('signals', evidence);
    refuseDrilled('reports', written);
    const row = { id: uuidFrom(hub.random.bytes(16)), at, member: viewer.member.number, authority: authority.number, expires_at: instant(end), objects: signals.length + reports.length };
    await tx.insertInto('referral').values({ ...row, doc: JSON.stringify(doc) }).execute();
    await writeObjects(tx, 'signal', row, 0, evidence.map(({ id, version, content }) => ({ id, version, content: referredContent(content, doc.fields) })));
    await writeObjects(tx, 'report', row, signals.length, written.map(({ id, version, content }) => ({ id, version, content: referredReport(content, doc.fields) })));
    const deed = { action: 'refer', subject: row.id, detail: { authority: authority.id, ...doc, ...(signals.length > 0 ? { signals } : {}), ...(reports.length > 0 ? { reports } : {}), expires_at: end } };
    return { entries: [], deeds: [deed], result: referralView(world, at, { ...row, doc, ended_at: null }) };
  }));
}

/** What is not real is no evidence. @throws Problem conflict at each that belongs to an exercise */
function refuseDrilled(list: 'signals' | 'reports', evidence: readonly { content: { exercise?: string } }[]): void {
  const places = evidence.flatMap(({ content }, index) => (content.exercise === undefined ? [] : [{ pointer: `/${list}/${index}`, detail: 'belongs to an exercise: it is not real' }]));
  if (places.length > 0) throw new Problem('conflict', places);
}

/** Where what is referred of each kind stands on the register. */
const REGISTERS = { signal: { table: 'referral_object', id: 'signal_id' }, report: { table: 'referral_report', id: 'report_id' } } as const;

type Referred = { id: string; version: number; content: ReferredContent | ReferredReportContent };

async function writeObjects(tx: Tx, kind: keyof typeof REGISTERS, { id: referral, expires_at: until }: Pick<ReferralRow, 'id' | 'expires_at'>, from: number, objects: readonly Referred[]): Promise<void> {
  const { table, id: column } = REGISTERS[kind];
  const columns = unnest([
    { type: 'integer', values: objects.map((_, n) => from + n) },
    { type: 'uuid', values: objects.map(({ id }) => id) },
    { type: 'integer', values: objects.map(({ version }) => version) },
    { type: 'hex', values: objects.map(({ content }) => referredHash(content).toString('hex')) },
    { type: 'text', values: objects.map(({ content }) => JSON.stringify(content)) },
  ]);
  await sql`with o as materialized (select * from ${columns} o(n, id, version, hash, content)),
    c as (insert into referral_copy (referral_id, n, until, content) select ${referral}::uuid, n, ${until}, content::jsonb from o)
    insert into ${sql.table(table)} (referral_id, n, ${sql.ref(column)}, version, hash) select ${referral}::uuid, n, id, version, decode(hash, 'hex') from o`.execute(tx);
}

/** The member ends a referral of its own before it expires. @throws Problem not-found, conflict (it is over) */
export function endReferral(hub: Hub, viewer: Viewer, id: string): Promise<ReferralView> {
  return transaction(hub.db, (tx) => hub.worlds.changeIn(tx, actorOf(viewer), async (world, { at }) => {
    const row = await findReferral(tx, id);
    if (row?.member !== viewer.member.number) throw new Problem('not-found');
    if (row.ended_at !== null || row.expires_at <= at) throw new Problem('conflict');
    await addEvent(tx, viewer, id, at, 'ended');
    await tx.updateTable('referral_copy').set({ until: at }).where('referral_id', '=', id).execute();
    return { entries: [], deeds: [{ action: 'end-referral', subject: id }], result: referralView(world, at, { ...row, ended_at: at }) };
  }));
}

/** The register as far as it is the viewer's: what it referred, what was referred to it and is open, or for the operator everything. Latest first. */
export async function listReferrals(hub: Hub, viewer: Viewer, { after, limit = 100 }: ReferralQuery): Promise<ReferralList> {
  const { member, operator, world, head } = viewer;
  const authority = isAuthority(member);
  const side = authority ? sql`r.authority = ${member.number} and r.expires_at > ${head.at} and e.at is null and r.member = any(${activeNumbers(world)}::text::integer[])` : sql`(r.member = ${member.number} or ${operator})`;
  const rows = await sql<ReferralRow>`select ${COLUMNS} from ${WITH_END} where ${side}
      ${after === undefined ? sql`` : sql`and (r.at, r.id) < (select at, id from referral where id = ${after}::uuid and (member = ${member.number} or authority = ${member.number} or ${operator}))`}
    order by r.at desc, r.id desc limit ${limit}`.execute(hub.db);
  if (operator) await hub.worlds.change(actorOf(viewer), () => ({ entries: [], deeds: [{ action: 'read-referrals', subject: 'register', detail: { referrals: rows.rows.length } }], result: undefined }));
  const last = rows.rows.at(-1);
  return { referrals: rows.rows.map((row) => referralView(world, head.at, row)), ...(rows.rows.length === limit && last ? { next: last.id } : {}) };
}

/**
 * One referral. To its authority, what is in scope, disclosed and recorded before it is answered; to its member and the
 * operator, what was referred and when it was read, the content for the member alone.
 * @throws Problem not-found
 */
export function readReferral(hub: Hub, viewer: Viewer, id: string): Promise<ReferralView> {
  const { member, operator } = viewer;
  return transaction(hub.db, (tx) => hub.worlds.changeIn(tx, actorOf(viewer), async (world, { at }) => {
    const row = await findReferral(tx, id);
    const own = row?.member === member.number;
    if (!row || !(own || operator || isOpenTo(world, at, member.number, row))) throw new Problem('not-found');
    const [signals, reports] = [await objectsOf(tx, id, !operator || own), await referredReports(tx, id, !operator || own)];
    const result = { ...referralView(world, at, row), signals, ...(reports.length > 0 ? { reports } : {}) };
    if (own) return { entries: [], deeds: [], result: { ...result, reads: await readsOf(tx, id) } };
    if (operator) return { entries: [], deeds: [{ action: 'read-referrals', subject: id }], result: { ...result, reads: await readsOf(tx, id) } };
    await addEvent(tx, viewer, id, at, 'read');
    await recordRead(tx, { at, viewer: member.number, world: world.version }, signals, reports);
    return { entries: [], deeds: [{ action: 'read-referral', subject: id }], result };
  }));
}

/** That an authority was shown these is on record like any disclosure. */
async function recordRead(tx: Tx, read: { at: number; viewer: number; world: number }, signals: readonly ReferredSignal[], reports: readonly ReferredReport[]): Promise<void> {
  if (signals.length > 0) await tx.insertInto('disclosure').values(signals.map(({ id, version }) => ({ ...read, signal_id: id, version }))).execute();
  const rows = reports.map(({ id, version, blake3, content }) => ({ ...read, report_id: id, view: `referred ${blake3}`, version, places: JSON.stringify(content?.parts.map((_, place) => place) ?? []) }));
  if (rows.length > 0) await tx.insertInto('report_disclosure').values(rows).onConflict((conflict) => conflict.doNothing()).execute();
}

const COLUMNS = sql<ReferralRow>`r.id, r.at, r.member, r.authority, r.expires_at, r.objects, r.doc, e.at as ended_at`;
const WITH_END = sql`referral r left join lateral (select at from referral_event where referral_id = r.id and kind = 'ended' limit 1) e on true`;

async function findReferral(tx: Tx, id: string): Promise<ReferralRow | undefined> {
  const found = await sql<ReferralRow>`select ${COLUMNS} from ${WITH_END} where r.id = ${id}`.execute(tx);
  return found.rows[0];
}

interface ObjectRow {
  id: string;
  version: number;
  hash: string;
  active: boolean;
  retraction: RetractionReason | null;
  content: object | null;
}

async function objectsOf(tx: Tx, id: string, withContent: boolean): Promise<ReferredSignal[]> {
  const { rows } = await sql<ObjectRow>`select o.signal_id as id, o.version, encode(o.hash, 'hex') as hash, s.active, s.retraction, c.content
    from referral_object o join signal s on s.id = o.signal_id left join referral_copy c on c.referral_id = o.referral_id and c.n = o.n
    where o.referral_id = ${id} order by o.n`.execute(tx);
  return rows.map(({ id: signal, version, hash, active, retraction, content }) => ({
    id: signal,
    version,
    blake3: hash,
    state: active ? 'active' : 'retracted',
    ...(retraction ? { retraction } : {}),
    ...(withContent && content ? { content } : {}),
  }));
}

async function readsOf(tx: Tx, id: string): Promise<{ at: string; client: string }[]> {
  const rows = await tx.selectFrom('referral_event').select(['at', 'client']).where('referral_id', '=', id).where('kind', '=', 'read').orderBy('id').execute();
  return rows.map(({ at, client }) => ({ at: formatInstant(at), client }));
}

async function addEvent(tx: Tx, { client }: Viewer, id: string, at: number, kind: ReferralEventTable['kind']): Promise<void> {
  await tx.insertInto('referral_event').values({ referral_id: id, at, kind, client }).execute();
}

function activeNumbers({ members }: HubWorld): string {
  return arrayText([...members.values()].filter(({ status }) => status === 'active').map(({ number }) => number));
}

/** Drops the copies of referrals that are over; the register keeps their hashes. */
export function dropCopies(hub: Hub): Promise<void> {
  return transaction(hub.db, async (tx) => {
    const { at } = await advance(tx, hub.clock, 0);
    await tx.deleteFrom('referral_copy').where('until', '<=', at).execute();
  });
}
