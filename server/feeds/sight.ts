import { sql, type Insertable } from 'kysely';
import { snapshot, unnest, type Tx } from '../db/database.ts';
import { readHead, type Head } from '../db/head.ts';
import type { MessageDisclosureTable, ReportDisclosureTable } from '../db/report-tables.ts';
import type { Hub } from '../hub.ts';
import type { ObjectKind, PolicyObject } from '../policy/object.ts';
import type { MemberDocument } from '../world/documents.ts';
import type { HubWorld } from '../world/state.ts';
import { reachAt, type Entitlement, type Entitlements, type EntitlementTable, type Reach } from './entitlements.ts';

/** What one viewer may see, as decided at one instant on one snapshot of the database. */
export interface Sight {
  hub: Hub;
  tx: Tx;
  head: Head;
  world: HubWorld;
  viewer: MemberDocument;
  /** Element 0 is class 1. */
  classes: readonly PolicyObject[];
  table: EntitlementTable;
  /** What the viewer is shown, to be recorded before it is. */
  disclosed: Disclosed;
}

/** Records of what was shown, by table: the first time that each view is. */
export interface Disclosed {
  message_disclosure: Insertable<MessageDisclosureTable>[];
  report_disclosure: Insertable<ReportDisclosureTable>[];
}

/** A class of which something may be visible now. */
export interface SeenClass<K extends ObjectKind = ObjectKind> {
  classId: number;
  object: Extract<PolicyObject, { kind: K }>;
  entitlement: Entitlement;
  reach: Reach;
}

/** Opens a viewer's eyes on the state that the transaction sees. */
export async function sightOf(hub: Hub, entitlements: Entitlements, tx: Tx, viewer: MemberDocument, head?: Head): Promise<Sight> {
  const now = head ?? (await readHead(tx, hub.clock));
  const world = await hub.worlds.at(now.world, tx);
  const classes = await entitlements.classes(now.classes, tx);
  const table = await entitlements.table(world, now.at, viewer.id, undefined, now.classes, tx);
  return { hub, tx, head: now, world, viewer, classes, table, disclosed: { message_disclosure: [], report_disclosure: [] } };
}

/**
 * Reads with a viewer's eyes, on a snapshot of its own. What it says was disclosed is durable before this resolves; that is
 * written apart, so that two who are shown the same at once do not make each other read again.
 */
export async function look<T>(hub: Hub, entitlements: Entitlements, viewer: MemberDocument, work: (sight: Sight) => Promise<T>): Promise<T> {
  const { result, disclosed } = await snapshot(hub.db, async (tx) => {
    const sight = await sightOf(hub, entitlements, tx, viewer);
    return { result: await work(sight), disclosed: sight.disclosed };
  });
  const { message_disclosure: messages, report_disclosure: reports } = disclosed;
  if (messages.length > 0) await hub.db.insertInto('message_disclosure').values(messages).onConflict((conflict) => conflict.doNothing()).execute();
  if (reports.length > 0) await hub.db.insertInto('report_disclosure').values(reports).onConflict((conflict) => conflict.doNothing()).execute();
  return result;
}

/** The classes of a kind of which something may be visible now. */
export function seenClasses<K extends ObjectKind>({ table, classes, head }: Sight, kind: K): SeenClass<K>[] {
  return table.slice(0, head.classes).flatMap((entitlement, index): SeenClass<K>[] => {
    const object = classes[index]!;
    const reach = entitlement && object.kind === kind ? reachAt(entitlement.grant, head.at) : undefined;
    return reach ? [{ classId: index + 1, object: object as SeenClass<K>['object'], entitlement: entitlement!, reach }] : [];
  });
}

/** What is granted of an object now; undefined where it is not visible. */
export function seenAt({ table, head }: Sight, { class_id: classId, accepted_at: acceptedAt, until }: { class_id: number; accepted_at: number; until: number }): Entitlement | undefined {
  const entitlement = table[classId - 1];
  const reach = entitlement && reachAt(entitlement.grant, head.at);
  return reach && acceptedAt > reach.lo && acceptedAt <= reach.hi && until > head.at ? entitlement : undefined;
}

/** When an object was released under a grant. */
export function releasedAt({ grant }: Entitlement, acceptedAt: number): number {
  return Math.max(acceptedAt + delayOf(grant), grant.notBefore ?? 0);
}

/** What of a class's reach was released from one instant to another, the end excluded; undefined where nothing was. */
export function releasedWithin({ entitlement: { grant }, reach }: Pick<SeenClass, 'entitlement' | 'reach'>, from: number | undefined, until: number | undefined): Reach | undefined {
  const [delay, floor] = [delayOf(grant), grant.notBefore ?? 0];
  if (until !== undefined && floor >= until) return undefined;
  const lo = from === undefined || floor >= from ? reach.lo : Math.max(reach.lo, from - delay - 1);
  const hi = until === undefined ? reach.hi : Math.min(reach.hi, until - delay - 1);
  return lo < hi ? { lo, hi } : undefined;
}

function delayOf({ windows }: Entitlement['grant']): number {
  return Math.max(0, ...windows.map(({ after }) => after));
}

/**
 * Classes as rows of `k(class_id, lo, hi, after, not_before)`: objects are visible that were accepted after `lo` and not after
 * `hi`, and were released at acceptance + `after`, but not before `not_before`.
 */
export function reachColumns(classes: readonly Pick<SeenClass, 'classId' | 'entitlement' | 'reach'>[]) {
  const columns = unnest([
    { type: 'integer', values: classes.map(({ classId }) => classId) },
    { type: 'bigint', values: classes.map(({ reach }) => reach.lo) },
    { type: 'bigint', values: classes.map(({ reach }) => reach.hi) },
    { type: 'bigint', values: classes.map(({ entitlement }) => delayOf(entitlement.grant)) },
    { type: 'bigint', values: classes.map(({ entitlement }) => entitlement.grant.notBefore ?? null) },
  ]);
  return sql`${columns} k(class_id, lo, hi, after, not_before)`;
}

/** When an object was released, in a query over `reachColumns` as `k`. PostgreSQL ignores null in `greatest`. */
export const RELEASED = sql<number>`greatest(accepted_at + k.after, k.not_before)`;
