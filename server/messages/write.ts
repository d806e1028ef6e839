import { transaction, type Tx } from '../db/database.ts';
import { advance, type Head } from '../db/head.ts';
import { acceptsEpoch } from '../digests/keys.ts';
import { exerciseFor } from '../exercises/exercises.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import { sightOf, type Sight } from '../feeds/sight.ts';
import type { Hub } from '../hub.ts';
import { checkRoom } from '../members/written.ts';
import { Problem, problemAt } from '../problems.ts';
import { uuidFrom } from '../random.ts';
import { internObjects } from '../reports/classes.ts';
import { derivedId } from '../signals/bulk.ts';
import type { MemberDocument } from '../world/documents.ts';
import { checkActor } from '../world/store.ts';
import { objectOf, type Context, type PreparedMessage } from './content.ts';
import { seenMessage, seenTitle } from './seen.ts';

/** Who writes, and the key under which the request can be repeated. */
export interface Author {
  member: MemberDocument;
  client: string;
  idempotencyKey?: string;
}

/** Writes messages. Each write is one transaction that takes the head of the log first. */
export class MessageWriter {
  readonly #hub: Hub;
  readonly #entitlements: Entitlements;

  constructor(hub: Hub, entitlements: Entitlements) {
    this.#hub = hub;
    this.#entitlements = entitlements;
  }

  /**
   * Posts a message: a request, or one about a request or a report that its author sees.
   * @returns its id
   * @throws Problem not-found where the author does not see what it is about; conflict where the request takes no more answers; quota-exceeded;
   *   and what `#check` throws
   */
  post(author: Author, prepared: PreparedMessage, about: string | null): Promise<string> {
    return this.#write(author, async (sight) => {
      const context = await this.#admit(sight, prepared, about);
      this.#check(sight, prepared);
      const { tx, head, viewer } = sight;
      const { idempotencyKey } = author;
      const id = idempotencyKey === undefined ? uuidFrom(this.#hub.random.bytes(16)) : derivedId(this.#hub, viewer.id, `${prepared.message} ${about ?? ''} ${idempotencyKey}`, 0);
      const before = await tx.selectFrom('message').select('hash').where('id', '=', id).executeTakeFirst();
      if (before && before.hash !== prepared.hash) throw new Problem('idempotency-mismatch');
      if (before) return id;
      await checkRoom(tx, this.#hub, viewer.number, 'messages');
      const [classId] = await internObjects(tx, viewer.number, [objectOf(prepared, viewer.id, context)], this.#hub.config.classQuota);
      const kept = head.at + this.#hub.config.reportRetention;
      const end = sight.world.exercises.get(context.exercise ?? '')?.until ?? kept;
      const row = { id, message: prepared.message, origin: viewer.number, class_id: classId!, about, accepted_at: head.at, until: Math.min(prepared.validUntil ?? kept, kept, end), open: true, withdrawn_at: null, hash: prepared.hash, content: JSON.stringify(prepared.content) };
      await tx.insertInto('message').values(row).execute();
      return id;
    });
  }

  /** Closes a request of one's own: it takes no more answers. @throws Problem not-found */
  close(author: Author, id: string): Promise<void> {
    return this.#write(author, async (sight) => {
      const { message } = await ownMessage(sight, id);
      if (message !== 'request') throw new Problem('not-found');
      await sight.tx.updateTable('message').set({ open: false }).where('id', '=', id).execute();
    });
  }

  /** Takes a message of one's own back, for good; what it said is forgotten. @throws Problem not-found */
  withdraw(author: Author, id: string): Promise<void> {
    return this.#write(author, async (sight) => {
      await ownMessage(sight, id);
      await sight.tx.updateTable('message').set({ withdrawn_at: sight.head.at, content: null }).where('id', '=', id).execute();
    });
  }

  #write<T>(author: Author, work: (sight: Sight) => Promise<T>): Promise<T> {
    return transaction(this.#hub.db, async (tx) => {
      const head = await advance(tx, this.#hub.clock, 0);
      return work(await this.#sight(tx, head, author));
    });
  }

  async #sight(tx: Tx, head: Head, { member, client }: Author): Promise<Sight> {
    const sight = await sightOf(this.#hub, this.#entitlements, tx, member, head);
    checkActor(sight.world, { member: member.id, client });
    return sight;
  }

  async #admit(sight: Sight, { message, content }: PreparedMessage, about: string | null): Promise<Context> {
    const { classes, head, viewer, world } = sight;
    const exerciseOf = (classId: number): string | undefined => classes[classId - 1]!.attributes.exercise;
    if (about === null) return { exercise: exerciseFor(world, head.at, viewer.id, content.exercise)?.id };
    if (message === 'comment') {
      const title = await seenTitle(sight, about);
      if (title === undefined) throw new Problem('not-found');
      return { exercise: exerciseOf(title) };
    }
    const request = await seenMessage(sight, about);
    if (request?.row.message !== 'request') throw new Problem('not-found');
    if (!request.row.open) throw new Problem('conflict', [{ pointer: '', detail: 'the request is closed' }]);
    return { asker: world.numbers.get(request.row.origin)!.id, exercise: exerciseOf(request.row.class_id) };
  }

  #check({ world, head, viewer }: Sight, { content, validUntil }: PreparedMessage): void {
    if (validUntil !== null && validUntil <= head.at) throw problemAt('invalid-times', '/valid_until', 'has passed');
    const unknown = (content.digests ?? []).findIndex(({ key, epoch }) => key !== undefined && !acceptsEpoch(world, viewer.id, key, epoch!, head.at));
    if (unknown >= 0) throw problemAt('unknown-key', `/digests/${unknown}`);
  }
}

async function ownMessage({ tx, viewer }: Sight, id: string): Promise<{ message: string }> {
  const row = await tx.selectFrom('message').select('message').where('id', '=', id).where('origin', '=', viewer.number).where('withdrawn_at', 'is', null).executeTakeFirst();
  if (!row) throw new Problem('not-found');
  return row;
}
