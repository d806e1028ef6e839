import type { ExplainRequest, Explanation } from '../../schemas/types.ts';
import { actorOf, type Viewer } from '../auth/access.ts';
import { snapshot, type Tx } from '../db/database.ts';
import { readHead } from '../db/head.ts';
import type { Hub } from '../hub.ts';
import { offers } from '../policy/decide.ts';
import { explain } from '../policy/explain.ts';
import type { Lifetime, PolicyObject } from '../policy/object.ts';
import { instant } from '../policy/time.ts';
import type { Feed } from '../policy/world.ts';
import { problemAt, type Problem } from '../problems.ts';
import type { HubWorld } from '../world/state.ts';

interface Subject {
  object: PolicyObject;
  lifetime: Lifetime;
  /** Of a part of a report: the title, without which none of it is shown. */
  title?: Omit<Subject, 'title'>;
}

/** A kind of object that requests name. */
type Named = 'signal' | 'report' | 'message';

/**
 * Why a peer sees an object, or does not. Only for the object's origin and the operator, whose question is recorded first; to
 * others it does not exist.
 * @throws Problem not-found at the place that names nothing, invalid-times, invalid-body
 */
export async function explainObject(hub: Hub, viewer: Viewer, request: ExplainRequest): Promise<Explanation> {
  const kind = kindOf(request);
  const { explanation, origin } = await snapshot(hub.db, (tx) => answer(hub, tx, viewer, request, kind));
  if (origin !== viewer.member.id) {
    const { [kind]: subject, ...detail } = request;
    await hub.worlds.change(actorOf(viewer), () => ({ entries: [], deeds: [{ action: 'explain', subject: subject!, detail }], result: undefined }));
  }
  return explanation;
}

/** What is asked about: one thing. @throws Problem invalid-body */
function kindOf(request: ExplainRequest): Named {
  const [kind, other] = (['signal', 'report', 'message'] as const).filter((name) => request[name] !== undefined);
  if (!kind) throw problemAt('invalid-body', '/signal', 'is missing, and so are report and message');
  if (other) throw problemAt('invalid-body', `/${other}`, `does not go with ${kind}`);
  if (request.part !== undefined && kind !== 'report') throw problemAt('invalid-body', '/part', 'goes with report');
  return kind;
}

async function answer(hub: Hub, tx: Tx, viewer: Viewer, request: ExplainRequest, kind: Named): Promise<{ explanation: Explanation; origin: string }> {
  const head = await readHead(tx, hub.clock);
  const world = await hub.worlds.at(head.world, tx);
  const subject = await subjectOf(tx, viewer, kind, request);
  const at = request.at === undefined ? head.at : instant(request.at);
  if (at < head.at) throw problemAt('invalid-times', '/at', 'must not be in the past');
  checkPeer(world, viewer, request.peer);
  const feed = request.feed === undefined ? {} : { feed: feedOf(world, viewer, head.at, request.feed) };
  const ask = ({ object, lifetime }: Subject): Explanation => explain({ world: world.policy, at, viewer: request.peer, object, ...feed }, lifetime);
  return { explanation: withTitle(ask(subject), subject.title && ask(subject.title)), origin: subject.object.origin };
}

/** Of a report nothing is shown to whom its title is not. */
function withTitle(part: Explanation, title: Explanation | undefined): Explanation {
  if (!title || title.visible) return part;
  return { ...part, visible: false, because: [...part.because, `But the title of the report is not shown to it${title.effect === 'share' ? ' at this instant' : ''}, and without that nothing of it is.`] };
}

/** The object as the engine sees it. One query, whether it exists or not, and whoever it belongs to. */
async function subjectOf(tx: Tx, viewer: Viewer, kind: Named, request: ExplainRequest): Promise<Subject> {
  const rows = await (kind === 'report' ? partsOf(tx, request.report!) : kind === 'signal' ? signalOf(tx, request.signal!) : messageOf(tx, request.message!));
  const [first] = rows;
  if (!first || !(viewer.operator || first.origin === viewer.member.number)) throw nothingAt(`/${kind}`);
  const place = request.part ?? 0;
  const row = rows.find((one) => one.place === place);
  if (!row) throw nothingAt('/part');
  const of = ({ doc, accepted_at: accepted, until }: Row): Subject => ({ object: doc, lifetime: { accepted, until } });
  return { ...of(row), ...(place > 0 ? { title: of(first) } : {}) };
}

interface Row {
  place: number;
  origin: number;
  accepted_at: number;
  until: number;
  doc: PolicyObject;
}

function signalOf(tx: Tx, id: string): Promise<Row[]> {
  return tx
    .selectFrom('signal')
    .innerJoin('visibility_class', 'visibility_class.id', 'signal.class_id')
    .select((eb) => ['signal.origin', 'signal.accepted_at', 'signal.until', 'visibility_class.doc', eb.lit(0).as('place')])
    .where('signal.id', '=', id)
    .where('signal.active', '=', true)
    .execute();
}

/** The parts of what is public of a report, in their order. */
function partsOf(tx: Tx, id: string): Promise<Row[]> {
  return tx
    .selectFrom('report_part')
    .innerJoin('report', 'report.id', 'report_part.report_id')
    .innerJoin('visibility_class', 'visibility_class.id', 'report_part.class_id')
    .select(['report.origin', 'report_part.accepted_at', 'report_part.until', 'visibility_class.doc', 'report_part.place'])
    .where('report.id', '=', id)
    .where('report.withdrawal', 'is', null)
    .where('report.purged_at', 'is', null)
    .orderBy('report_part.place')
    .execute();
}

function messageOf(tx: Tx, id: string): Promise<Row[]> {
  return tx
    .selectFrom('message')
    .innerJoin('visibility_class', 'visibility_class.id', 'message.class_id')
    .select((eb) => ['message.origin', 'message.accepted_at', 'message.until', 'visibility_class.doc', eb.lit(0).as('place')])
    .where('message.id', '=', id)
    .where('message.withdrawn_at', 'is', null)
    .execute();
}

/** Members know of each other only who is active. */
function checkPeer(world: HubWorld, viewer: Viewer, peer: string): void {
  const status = world.members.get(peer)?.status;
  if (status !== 'active' && !(viewer.operator && status)) throw nothingAt('/peer');
}

/** A feed that exists for the viewer; `all` is everything that policies share. */
function feedOf(world: HubWorld, viewer: Viewer, at: number, id: string): Feed {
  const feed = world.policy.feeds.get(id) ?? (id === 'all' ? { id } : undefined);
  const member = world.policy.members.get(viewer.member.id);
  const visible = feed && (viewer.operator || (member && offers(feed, world.policy, member, at)));
  if (!visible) throw nothingAt('/feed');
  return feed;
}

function nothingAt(pointer: string): Problem {
  return problemAt('not-found', pointer);
}
