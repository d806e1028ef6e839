import t, { type Test } from 'tap';
import { isProblem } from '../../clients/sdk/index.ts';
import type { Calendar, Explanation, SignalView } from '../../schemas/types.ts';
import { crisis } from '../../scripts/demo/walks/crisis.ts';
import { election } from '../../scripts/demo/walks/election.ts';
import { Stage } from '../../scripts/demo/walks/stage.ts';
import { tell } from '../../scripts/demo/walks/tell.ts';
import { Walk, fieldsOf, type Change, type Moment, type Story } from '../../scripts/demo/walks/walk.ts';
import { ManualClock } from '../../server/clock.ts';
import { homes, startTestHub, type HomeName } from '../support/hub.ts';
import { CRISIS, ELECTION } from '../support/walks.ts';

for (const home of homes) {
  t.test(home, async (t) => {
    await t.test('a crisis: sharing widens and hastens while the incident is open, and goes back by itself', (t) => walked(t, home, crisis, CRISIS));
    await t.test('an election: windows open and close by the clock', (t) => walked(t, home, election, ELECTION));
  });
}

/** A calendar, and the moments up to the next event that writes. */
interface Foretold {
  calendar: Calendar;
  came: Moment[];
}

async function walked(t: Test, home: HomeName, story: Story, timeline: string): Promise<void> {
  const clock = new ManualClock(Date.parse(story.starts));
  const hub = await startTestHub(t, { home, clock });
  const walk = new Walk(new Stage({ url: hub.url, clock, operator: hub.operator.credentials }), story, { careful: true });
  const lines: string[] = [];
  const foretold: Foretold[] = [];
  for await (const moment of walk.moments()) {
    lines.push(...tell(moment));
    await exact(t, walk, story, moment.at);
    if (story.events.some(({ at, play }) => play && at === moment.at)) foretold.push({ calendar: await walk.calendar(366), came: [] });
    else foretold.at(-1)!.came.push(moment);
  }
  t.equal(lines.join('\n'), timeline.trim(), 'each instant at which a view changes, and to what');
  const pulling = new Set(walk.stage.peers.map(({ id }) => id));
  for (const [index, one] of foretold.entries()) came(t, story, { ...one, calendar: among(pulling, one.calendar) }, foretold[index + 1]?.calendar.at ?? story.until);
  await apart(t, walk);
}

/** Every replica is what explain says of each signal, and agrees with the hub’s digest. */
async function exact(t: Test, walk: Walk, { origin }: Story, at: string): Promise<void> {
  const { stage } = walk;
  const own = new Map<string, SignalView>();
  for (const id of stage.signals()) own.set(id, await stage.peer(origin).client.request('GET', `/v1/signals/${id}`));
  for (const { id: peer, signals } of stage.peers.filter(({ id }) => id !== origin)) {
    for (const [id, content] of own) t.same(seen(signals.get(id)), expected(await walk.explain(id, peer), content), `${stage.things.get(id)!.name} for ${peer} at ${at}`);
    t.same((await signals.verify()).differences, [], `the digest of ${peer} at ${at}`);
  }
}

function seen(view: SignalView | undefined): unknown {
  return view && [fieldsOf(view), view.handling];
}

function expected({ visible, reveal, handling }: Explanation, own: SignalView): unknown {
  const shown = new Set<string>(reveal?.map((field) => (field === 'digest' ? 'digests' : field)));
  return visible ? [fieldsOf(Object.fromEntries(Object.entries(own).filter(([field]) => shown.has(field)))), handling] : undefined;
}

/** The calendar without the operator, who does not pull in the story. */
function among(pulling: ReadonlySet<string>, calendar: Calendar): Calendar {
  const days = calendar.days.map(({ peers, ...of }) => ({ ...of, peers: peers.filter(({ peer }) => pulling.has(peer)) }));
  const moments = calendar.moments.map(({ peers, ...of }) => ({ ...of, peers: peers.filter(({ peer }) => pulling.has(peer)) }));
  return { ...calendar, days: days.filter(({ peers }) => peers.length > 0), moments };
}

/** What the calendar foretold of signals came, and nothing else did. */
function came(t: Test, { origin }: Story, { calendar, came: moments }: Foretold, until: string): void {
  const [from, end] = [calendar.at, until < calendar.until ? until : calendar.until];
  const ofSignals = (peers: readonly ({ peer: string; parts?: unknown; requests?: unknown } & object)[]): Record<string, object> => Object.fromEntries(peers.map(({ peer, parts: _parts, requests: _requests, ...counts }) => [peer, dropZeros(counts)] as const).filter(([, counts]) => Object.keys(counts).length > 0));
  const planned = calendar.moments.map(({ at, peers }) => ({ at, peers: ofSignals(peers) })).filter(({ at, peers }) => at > from && at < end && Object.keys(peers).length > 0);
  const changed = moments.filter(({ at }) => at < end).map(({ at, changes }) => ({ at, changes: changes.filter(({ kind, peer }) => kind === 'signal' && peer !== origin) })).filter(({ changes }) => changes.length > 0);
  const turning = new Set(planned.map(({ at }) => at));
  const counted = changed.filter(({ at }) => turning.has(at)).map(({ at, changes }) => ({ at, peers: tally(changes, (one) => one.what) }));
  t.same(counted, planned, `the moments foretold at ${from}`);
  const days = [...new Set(changed.map(({ at }) => day(at)))].filter((one) => one < day(end));
  const passed = days.map((one) => ({ day: one, peers: tally(changed.filter(({ at }) => day(at) === one && !turning.has(at)).flatMap(({ changes }) => changes), ({ what }) => (what === 'gained' ? 'released' : 'ended')) }));
  const announced = calendar.days.map((one) => ({ day: one.day, peers: ofSignals(one.peers) })).filter((one) => one.day < day(end) && Object.keys(one.peers).length > 0);
  t.same(passed.filter(({ peers }) => Object.keys(peers).length > 0), announced, `the days foretold at ${from}`);
}

function day(at: string): string {
  return at.slice(0, 10);
}

function tally(changes: readonly Change[], what: (change: Change) => string): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {};
  for (const change of changes) {
    const of = (counts[change.peer] ??= {});
    of[what(change)] = (of[what(change)] ?? 0) + 1;
  }
  return counts;
}

function dropZeros(counts: object): Record<string, number> {
  return Object.fromEntries(Object.entries(counts as Record<string, number>).filter(([, count]) => count > 0));
}

/** Authorities see nothing of all this, whatever policy says. */
async function apart(t: Test, { stage: { authorities } }: Walk): Promise<void> {
  t.equal(authorities.length, 1);
  for (const path of ['/v1/feeds/all/changes', '/v1/reports/changes', '/v1/emergencies'] as const) {
    for (const authority of authorities) {
      const refused: unknown = await authority.send({ method: 'GET', path, query: {}, headers: {}, body: undefined }).then(() => undefined, (error: unknown) => error);
      t.ok(isProblem(refused, 'missing-scope', 'kind-not-allowed'), path);
    }
  }
}
