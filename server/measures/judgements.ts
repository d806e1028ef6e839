import { sql } from 'kysely';
import type { JudgementView, Verdict } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import { transaction } from '../db/database.ts';
import { advance } from '../db/head.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import { seenAt, sightOf, type Sight } from '../feeds/sight.ts';
import type { Hub } from '../hub.ts';
import { formatInstant } from '../policy/time.ts';
import { Problem, problemAt } from '../problems.ts';
import { checkActor } from '../world/store.ts';

/** Signals that a member may have judged at a time. */
const QUOTA = 100_000;

/** What members find of each other's signals: they may judge what they see, and nothing else exists for them. */
export class Judgements {
  readonly #hub: Hub;
  readonly #entitlements: Entitlements;

  constructor(hub: Hub, entitlements: Entitlements) {
    this.#hub = hub;
    this.#entitlements = entitlements;
  }

  /** Says what the viewer finds of a signal, in place of what it said before. @throws Problem not-found, conflict, quota-exceeded */
  judge(viewer: Viewer, id: string, verdict: Verdict): Promise<JudgementView> {
    return this.#write(viewer, async (sight) => {
      const origin = await originOf(sight, id);
      if (origin === sight.viewer.number) throw problemAt('conflict', '', 'nobody judges a signal of its own');
      await checkQuota(sight, id);
      const said = { origin, verdict, at: sight.head.at };
      const { at } = await sight.tx
        .insertInto('judgement')
        .values({ member: sight.viewer.number, signal_id: id, ...said })
        .onConflict((conflict) => conflict.columns(['member', 'signal_id']).doUpdateSet({ verdict, at: sql<number>`case when judgement.verdict = excluded.verdict then judgement.at else excluded.at end` }))
        .returning('at')
        .executeTakeFirstOrThrow();
      return { signal: id, verdict, judged_at: formatInstant(at) };
    });
  }

  /** Takes back what the viewer said of a signal. Whether it had, and whether there is such a signal, the answer does not tell. */
  async withdraw(viewer: Viewer, id: string): Promise<void> {
    await this.#write(viewer, ({ tx }) => tx.deleteFrom('judgement').where('member', '=', viewer.member.number).where('signal_id', '=', id).execute());
  }

  #write<T>({ member, client }: Viewer, work: (sight: Sight) => Promise<T>): Promise<T> {
    return transaction(this.#hub.db, async (tx) => {
      const sight = await sightOf(this.#hub, this.#entitlements, tx, member, await advance(tx, this.#hub.clock, 0));
      checkActor(sight.world, { member: member.id, client });
      return work(sight);
    });
  }
}

/** The number of a signal's origin, where the viewer sees the signal now. */
async function originOf(sight: Sight, id: string): Promise<number> {
  const row = await sight.tx.selectFrom('signal').select(['origin', 'class_id', 'accepted_at', 'until']).where('id', '=', id).where('active', '=', true).executeTakeFirst();
  if (!row || !seenAt(sight, row)) throw new Problem('not-found');
  return row.origin;
}

async function checkQuota({ tx, viewer }: Sight, id: string): Promise<void> {
  const { rows } = await sql<{ judged: number }>`select count(*) as judged from (select from judgement where member = ${viewer.number} and signal_id <> ${id} limit ${QUOTA}) j`.execute(tx);
  if (rows[0]!.judged >= QUOTA) throw new Problem('quota-exceeded');
}

