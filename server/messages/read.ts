import { sql } from 'kysely';
import { blake3 } from '../../clients/sdk/digests/index.ts';
import { harmTree } from '../../schemas/harms.ts';
import type { MessageKind, MessageList, MessageView, RequestsQuery } from '../../schemas/types.ts';
import { unnest } from '../db/database.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import { endsOf, shownOrigin, visibleUntil } from '../feeds/look.ts';
import { RELEASED, look, reachColumns, releasedAt, seenClasses, type SeenClass, type Sight } from '../feeds/sight.ts';
import type { Hub } from '../hub.ts';
import { formatInstant } from '../policy/time.ts';
import { Problem } from '../problems.ts';
import type { MemberDocument } from '../world/documents.ts';
import { openPlace, sealPlace, type Place } from '../feeds/place.ts';
import type { MessageRow } from './row.ts';
import { seenMessage, seesReport, type Seen } from './seen.ts';

type Page = { after?: string; limit?: number };
type MessageClass = SeenClass<'message'>;

const PAGE = 50;

/** Reads messages with a viewer's eyes. That they were shown is durable before anything is answered. */
export class MessageReader {
  readonly #hub: Hub;
  readonly #entitlements: Entitlements;

  constructor(hub: Hub, entitlements: Entitlements) {
    this.#hub = hub;
    this.#entitlements = entitlements;
  }

  /** A request as the viewer sees it. @throws Problem not-found */
  request(viewer: MemberDocument, id: string): Promise<MessageView> {
    return this.#look(viewer, async (sight) => {
      const seen = await seenMessage(sight, id);
      if (seen?.row.message !== 'request') throw new Problem('not-found');
      return (await show(sight, [seen]))[0]!;
    });
  }

  /** The requests that the viewer sees, by their release, the latest first. A filter asks for no more than is shown. */
  requests(viewer: MemberDocument, query: RequestsQuery): Promise<MessageList> {
    const { harm, region, own, state, exercise } = query;
    const name = JSON.stringify(['requests', harm, region, own, state, exercise]);
    return this.#look(viewer, (sight) => {
      const classes = seenClasses(sight, 'message').filter((one) => one.object.attributes.message === 'request' && one.object.attributes.exercise === exercise && tells(one, harm, region) && (own === undefined || own === (one.object.origin === viewer.id)));
      return this.#page(sight, name, classes, null, query, state === undefined ? undefined : state === 'open');
    });
  }

  /** The answers to a request, or the comments on a report, that the viewer sees. @throws Problem not-found where it does not see what they are about */
  about(viewer: MemberDocument, message: Exclude<MessageKind, 'request'>, about: string, query: Page): Promise<MessageList> {
    return this.#look(viewer, async (sight) => {
      const sees = message === 'comment' ? await seesReport(sight, about) : (await seenMessage(sight, about))?.row.message === 'request';
      if (!sees) throw new Problem('not-found');
      return this.#page(sight, `${message} ${about}`, seenClasses(sight, 'message').filter(({ object }) => object.attributes.message === message), about, query);
    });
  }

  #look<T>(viewer: MemberDocument, work: (sight: Sight) => Promise<T>): Promise<T> {
    return look(this.#hub, this.#entitlements, viewer, work);
  }

  async #page(sight: Sight, list: string, classes: readonly MessageClass[], about: string | null, { after, limit = PAGE }: Page, open?: boolean): Promise<MessageList> {
    const place = openPlace(this.#hub, list, sight.viewer.number, after);
    const rows = await messagesAfter(sight, classes, about, place, limit + 1, open);
    const shown = rows.slice(0, limit).map((row): Seen => ({ row, entitlement: sight.table[row.class_id - 1]! }));
    const last = rows.length > limit ? shown.at(-1) : undefined;
    return { messages: await show(sight, shown), ...(last ? { next: sealPlace(this.#hub, list, sight.viewer.number, { key: releasedAt(last.entitlement, last.row.accepted_at), id: last.row.id }) } : {}) };
  }
}

/** Whether what is shown of messages of the class says that they are of the harm and about the region. */
export function tells({ object: { attributes }, entitlement: { grant } }: MessageClass, harm: string | undefined, region: string | undefined): boolean {
  const ofHarm = harm === undefined || (grant.reveal.includes('harm') && attributes.harms.some((one) => harmTree.covers(harm, one)));
  return ofHarm && (region === undefined || (grant.reveal.includes('regions') && attributes.regions.includes(region)));
}

/** Messages of the classes, about something or about nothing, after a place. */
async function messagesAfter({ tx, head }: Sight, classes: readonly MessageClass[], about: string | null, { key, id }: Place, limit: number, open?: boolean): Promise<MessageRow[]> {
  const subject = about === null ? sql`m.about is null` : sql`m.about = ${about}`;
  const { rows } = await sql<MessageRow>`select m.*, ${RELEASED} as released from ${reachColumns(classes)} cross join lateral (
      select id, message, origin, class_id, about, accepted_at, until, open, content from message m
      where m.class_id = k.class_id and ${subject} and m.accepted_at > k.lo and m.accepted_at <= k.hi and m.until > ${head.at} and m.withdrawn_at is null ${open === undefined ? sql`` : sql`and m.open = ${open}`}
    ) m where (${RELEASED}, m.id) < (${key}::bigint, ${id}::uuid) order by released desc, m.id desc limit ${limit}`.execute(tx);
  return rows;
}

/** Makes the views of messages, and records what of them others than their origins are shown. */
export async function show(sight: Sight, seen: readonly Seen[]): Promise<MessageView[]> {
  const requests = seen.filter(({ row }) => row.message === 'request').map(({ row }) => row.id);
  const answers = await countAnswers(sight, requests);
  const views = seen.map((one) => viewOf(sight, one, answers.get(one.row.id) ?? 0));
  recordShown(sight, seen.map(({ row }, index) => ({ row, view: views[index]! })));
  return views;
}

async function countAnswers(sight: Sight, requests: readonly string[]): Promise<Map<string, number>> {
  const classes = seenClasses(sight, 'message').filter(({ object }) => object.attributes.message === 'answer');
  if (requests.length === 0 || classes.length === 0) return new Map();
  const { rows } = await sql<{ id: string; answers: number }>`select r.id, x.answers from ${unnest([{ type: 'uuid', values: requests }])} r(id) cross join lateral (
      select count(*) as answers from message m join ${reachColumns(classes)} on k.class_id = m.class_id and m.accepted_at > k.lo and m.accepted_at <= k.hi
      where m.about = r.id and m.until > ${sight.head.at} and m.withdrawn_at is null
    ) x`.execute(sight.tx);
  return new Map(rows.map(({ id, answers }) => [id, answers]));
}

function viewOf({ hub, viewer, classes }: Sight, { row, entitlement }: Seen, answers: number): MessageView {
  const { grant } = entitlement;
  const { origin, attributes: { exercise } } = classes[row.class_id - 1]!;
  const own = row.origin === viewer.number;
  const content = row.content!;
  const name = shownOrigin(origin, grant, { viewer: viewer.id, secrets: hub.secrets });
  const shown = (field: (typeof grant.reveal)[number], value: object): object => (grant.reveal.includes(field) ? value : {});
  const kept = (given: keyof typeof content): object => (content[given] === undefined ? {} : { [given]: content[given] });
  return {
    id: row.id,
    ...(exercise === undefined ? {} : { exercise }),
    message: row.message,
    ...(row.about === null ? {} : { about: row.about }),
    own,
    ...(own ? kept('to') : {}),
    state: row.open ? 'open' : 'closed',
    released_at: formatInstant(releasedAt(entitlement, row.accepted_at)),
    visible_until: formatInstant(visibleUntil({ ends: endsOf(grant) }, row.accepted_at, row.until)),
    ...(name === undefined ? {} : { origin: name }),
    handling: grant.handling,
    ...kept('title'),
    text: content.text,
    ...shown('harm', kept('harms')),
    ...shown('regions', kept('regions')),
    ...shown('labels', kept('labels')),
    ...shown('digest', kept('digests')),
    ...shown('identifiers', kept('identifiers')),
    ...(row.message === 'request' ? { answers } : {}),
  };
}

/** The first time that each view of a message is shown to a viewer. How many answers there are is recorded with those. */
function recordShown(sight: Sight, shown: readonly { row: MessageRow; view: MessageView }[]): void {
  const { viewer, world, head } = sight;
  const rows = shown.filter(({ row }) => row.origin !== viewer.number).map(({ row, view: { answers: _answers, ...view } }) => ({ viewer: viewer.number, message_id: row.id, view: blake3(JSON.stringify(view), 9).toString('base64url'), world: world.version, at: head.at }));
  sight.disclosed.message_disclosure.push(...rows);
}

