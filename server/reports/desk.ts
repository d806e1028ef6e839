import { sql } from 'kysely';
import type { NewReport, NewReview, OwnReport, ReportReview, WithdrawalReason } from '../../schemas/types.ts';
import { record, type Actor, type Deed } from '../audit/log.ts';
import { transaction, type Tx } from '../db/database.ts';
import { advance, type Head } from '../db/head.ts';
import { exerciseFor } from '../exercises/exercises.ts';
import type { ReportRemoval } from '../db/report-tables.ts';
import type { Hub } from '../hub.ts';
import { formatInstant, instant } from '../policy/time.ts';
import { Problem, problemAt } from '../problems.ts';
import { uuidFrom } from '../random.ts';
import { derivedId } from '../signals/bulk.ts';
import { checkRoom } from '../members/written.ts';
import type { MemberDocument } from '../world/documents.ts';
import { checkPlain } from '../text/check.ts';
import { checkActor } from '../world/store.ts';
import { internObjects, objectOf } from './classes.ts';
import { keptFor, partsOf, prepareReport } from './content.ts';
import { isApproved, ownView } from './own.ts';
import { authorsSince, exercisesOf, findOwnRow, findOwnRows, insertVersion, writePublication, writeSupersession, type ReportRow, type VersionRow } from './store.ts';

/** Who works on reports: a client of their origin. */
export interface Author {
  member: MemberDocument;
  client: string;
}

/** What one step does to a report: what the audit log says of it, nothing where nothing was done. */
type Step = (tx: Tx, head: Head, row: { report: ReportRow; latest: VersionRow }) => Promise<Deed | undefined>;

const OUTDATED = 'is not the latest version';

/**
 * The one way in which reports change: draft, review by another client than the authors, publication, supersession, withdrawal.
 * Each step is one transaction that takes the head of the log first; when it returns, it is durable.
 */
export class ReportDesk {
  readonly #hub: Hub;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** Takes a new draft. The same key and content again find the one that was made. @throws Problem idempotency-mismatch, quota-exceeded */
  async create(author: Author, item: unknown, key?: string): Promise<{ report: OwnReport; created: boolean }> {
    const prepared = prepareReport(item);
    const { member, client } = author;
    const id = key === undefined ? uuidFrom(this.#hub.random.bytes(16)) : derivedId(this.#hub, member.id, `report ${key}`, 0);
    return this.#write(author, async (tx, head) => {
      const made = await tx.selectFrom('report_version').select('hash').where('report_id', '=', id).where('version', '=', 1).executeTakeFirst();
      if (made && made.hash !== prepared.hash) throw new Problem('idempotency-mismatch');
      if (!made) {
        exerciseFor(await this.#hub.worlds.at(head.world, tx), head.at, member.id, prepared.content.exercise);
        await checkRoom(tx, this.#hub, member.number, 'reports');
        await tx.insertInto('report').values({ id, origin: member.number, version: 1, working: 'draft', changed_at: head.at, keep_until: head.at + this.#hub.config.reportRetention }).execute();
        await insertVersion(tx, id, 1, client, head.at, prepared);
      }
      return { deeds: [], result: { report: await this.#view(tx, member, id), created: !made } };
    });
  }

  /** Replaces what the latest version says by a further version, which is a draft. @throws Problem version-mismatch when it is not the latest any more */
  edit(author: Author, id: string, version: number, item: unknown): Promise<OwnReport> {
    const prepared = prepareReport(item);
    return this.#step(author, id, version, async (tx, { at }, { report, latest }) => {
      if (latest.hash === prepared.hash) return undefined;
      if (prepared.content.exercise !== latest.content!.exercise) throw problemAt('conflict', '/exercise', 'a report stays in its exercise, or real');
      await insertVersion(tx, id, version + 1, author.client, at, prepared);
      const keep = report.accepted_at === null ? { keep_until: at + this.#hub.config.reportRetention } : {};
      await tx.updateTable('report').set({ version: version + 1, working: 'draft', changed_at: at, ...keep }).where('id', '=', id).execute();
      return undefined;
    });
  }

  /** Asks for a review of the latest version. */
  submit(author: Author, id: string, version: number): Promise<OwnReport> {
    return this.#step(author, id, version, async (tx, { at }, { report }) => {
      if (report.working === 'in-review') return undefined;
      if (report.working === null) throw new Problem('conflict', [{ pointer: '', detail: 'the latest version is published already' }]);
      await tx.updateTable('report').set({ working: 'in-review', changed_at: at }).where('id', '=', id).execute();
      return { action: 'submit-report', subject: id, detail: { version } };
    });
  }

  /** Approves the latest version, or returns it to its authors. @throws Problem reviewer-is-author */
  review(author: Author, id: string, version: number, { verdict, note }: NewReview): Promise<OwnReport> {
    if (note !== undefined) checkPlain('/note', note);
    return this.#step(author, id, version, async (tx, { at }, { report, latest }) => {
      if (report.working !== 'in-review') throw new Problem('conflict', [{ pointer: '', detail: 'it has not been submitted for review' }]);
      if ((await authorsSince(tx, report)).includes(author.client)) throw new Problem('reviewer-is-author');
      const review: ReportReview = { verdict, ...(note === undefined ? {} : { note }), by: author.client, at: formatInstant(at) };
      await tx.updateTable('report_version').set({ reviews: JSON.stringify([...latest.reviews, review]) }).where('report_id', '=', id).where('version', '=', version).execute();
      await tx.updateTable('report').set({ working: verdict === 'return' ? 'draft' : 'in-review', changed_at: at }).where('id', '=', id).execute();
      return { action: 'review-report', subject: id, detail: { version, verdict } };
    });
  }

  /** Makes the latest version public. @throws Problem review-needed, quota-exceeded, invalid-times, conflict */
  publish(author: Author, id: string, version: number): Promise<OwnReport> {
    return this.#step(author, id, version, async (tx, head, { report, latest }) => {
      if (report.working === null) return undefined;
      if (!isApproved(report, latest)) throw new Problem('review-needed');
      if (report.superseded_by !== null) throw new Problem('conflict', [{ pointer: '', detail: 'it was superseded' }]);
      await this.#makePublic(tx, head, author, report, latest.content!);
      return { action: 'publish-report', subject: id, detail: { version } };
    });
  }

  async #makePublic(tx: Tx, { at, world }: Head, { member }: Author, report: ReportRow, content: NewReport): Promise<void> {
    const acceptedAt = report.accepted_at ?? at;
    const keepUntil = acceptedAt + keptFor(content, this.#hub.config.reportRetention);
    const exercise = exerciseFor(await this.#hub.worlds.at(world, tx), at, member.id, content.exercise);
    const until = Math.min(keepUntil, content.valid_until === undefined ? keepUntil : instant(content.valid_until), exercise?.until ?? keepUntil);
    if (report.accepted_at === null && until <= at) throw problemAt('invalid-times', '/valid_until', 'has passed');
    const superseded = await this.#superseded(tx, member.number, report.id, content);
    const classes = await internObjects(tx, member.number, partsOf(content).map((part) => objectOf(part, content, member.id)), this.#hub.config.classQuota);
    const position = await takePositions(tx, 1 + superseded.length);
    await writePublication(tx, { id: report.id, version: report.version, content, classes, position, at, acceptedAt, until, keepUntil });
    await writeSupersession(tx, report.id, superseded, position + 1);
  }

  /** Those that are to be superseded and have not been yet. @throws Problem conflict where one is not a published report of the member's */
  async #superseded(tx: Tx, origin: number, by: string, { supersedes: ids = [], exercise }: NewReport): Promise<string[]> {
    const rows = new Map((await findOwnRows(tx, origin, ids)).map((row) => [row.id, row]));
    ids.forEach((id, index) => {
      const row = rows.get(id);
      const standing = row && row.public_version !== null && row.withdrawal === null && row.id !== by && (row.superseded_by ?? by) === by;
      if (!standing) throw problemAt('conflict', `/supersedes/${index}`, 'is not a published report of yours that nothing else stands in place of');
    });
    const drilled = await exercisesOf(tx, [...rows.values()]);
    const mixed = ids.findIndex((id) => (drilled.get(id) ?? undefined) !== exercise);
    if (mixed >= 0) throw problemAt('conflict', `/supersedes/${mixed}`, 'does not belong to the same exercise: what is real and what is not never stand in place of each other');
    return ids.filter((id) => rows.get(id)!.superseded_by === null);
  }

  /** Takes a report back, for good: one that is public, or a draft. */
  withdraw(author: Author, id: string, reason: WithdrawalReason): Promise<OwnReport> {
    return this.#write(author, async (tx, head) => {
      const found = await findOwnRow(tx, author.member.number, id);
      if (!found) throw new Problem('not-found');
      const withdrawn = found.report.withdrawal === null;
      if (withdrawn) await takeBack(tx, head.at, found.report, reason);
      return { deeds: withdrawn ? [{ action: 'withdraw-report', subject: id, detail: { reason } }] : [], result: await this.#view(tx, author.member, id) };
    });
  }

  #step(author: Author, id: string, version: number, step: Step): Promise<OwnReport> {
    return this.#write(author, async (tx, head) => {
      const found = await findOwnRow(tx, author.member.number, id);
      if (!found) throw new Problem('not-found');
      if (found.report.withdrawal !== null || found.report.purged_at !== null) throw new Problem('conflict', [{ pointer: '', detail: 'it was withdrawn, or its content is gone' }]);
      if (found.report.version !== version) throw problemAt('version-mismatch', 'if-match', OUTDATED);
      const deed = await step(tx, head, found);
      return { deeds: deed ? [deed] : [], result: await this.#view(tx, author.member, id) };
    });
  }

  #write<T>({ member, client }: Author, work: (tx: Tx, head: Head) => Promise<{ deeds: readonly Deed[]; result: T }>): Promise<T> {
    const actor: Actor = { member: member.id, client };
    return transaction(this.#hub.db, async (tx) => {
      const head = await advance(tx, this.#hub.clock, 0);
      checkActor(await this.#hub.worlds.at(head.world, tx), actor);
      const { deeds, result } = await work(tx, head);
      await record(tx, head.at, actor, deeds);
      return result;
    });
  }

  async #view(tx: Tx, member: MemberDocument, id: string): Promise<OwnReport> {
    const { report, latest } = (await findOwnRow(tx, member.number, id))!;
    return ownView(report, latest);
  }
}

/** The first of further positions of the log, in a transaction that holds its head. */
export async function takePositions(tx: Tx, count: number): Promise<number> {
  const { position } = await tx.updateTable('head').set({ position: sql<number>`position + ${count}::bigint` }).returning('position').executeTakeFirstOrThrow();
  return position - count + 1;
}

/** Takes a report back. What was never public takes no position: nobody has seen it. */
export async function takeBack(tx: Tx, at: number, { id, public_version: version }: ReportRow, reason: ReportRemoval): Promise<void> {
  const position = version === null ? undefined : await takePositions(tx, 1);
  await tx.updateTable('report').set({ withdrawal: reason, working: null, changed_at: at, ...(position === undefined ? {} : { position, withdrawn_position: position }) }).where('id', '=', id).execute();
  await tx.deleteFrom('report_part').where('report_id', '=', id).execute();
}
