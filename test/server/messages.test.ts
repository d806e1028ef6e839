import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { ClientView, MessageList, MessageView, NewAnswer, NewRequest, News, PostedMessage, Rule, Tlp, Topic } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { purgeMessages } from '../../server/messages/purge.ts';
import { decide, type Decision } from '../../server/policy/decide.ts';
import type { MessageObject } from '../../server/policy/object.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type HomeName, type TestHub } from '../support/hub.ts';
import { activatePolicy } from '../support/policies.ts';
import { published, report } from '../support/reports.ts';

const seed = Number(process.env['SEED'] ?? 20_261_201);
t.comment(`SEED=${seed}`);

const NOW = Date.parse('2026-11-30T12:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MEMBERS = ['ash', 'birch', 'cedar', 'elm'];
const NOWHERE = '00000000-0000-4000-8000-000000000000';

for (const home of homes) {
  t.test(home, async (t) => {
    const set = await scene(t, home);
    await t.test('who sees what is what the engine decides', async (t) => exact(t, set));
    await t.test('the life of a request', async (t) => life(t, set));
    await t.test('comments on reports', async (t) => comments(t, set));
    await t.test('topics', async (t) => topics(t, set));
    await t.test('bad input', async (t) => badInput(t, set));
  });
}

interface Scene {
  hub: TestHub;
  clock: ManualClock;
  of: (member: string) => Api;
  reviewer: Api;
}

const EVERYTHING: NonNullable<Rule['terms']>['reveal'] = ['text', 'harm', 'labels', 'regions', 'tactics', 'digest', 'identifiers'];
const share = (id: string, more: Partial<Rule> = {}, terms: Partial<NonNullable<Rule['terms']>> = {}): Rule => ({ id, effect: 'share', covers: ['messages', 'reports'], ...more, terms: { reveal: EVERYTHING, origin: 'named', ...terms } });

async function scene(t: Test, home: HomeName): Promise<Scene> {
  const clock = new ManualClock(NOW);
  const hub = await startTestHub(t, { home, clock });
  const apis = new Map<string, Api>();
  for (const id of MEMBERS) apis.set(id, await hub.join({ id }));
  const of = (member: string): Api => apis.get(member)!;
  await hub.operator.put('/v1/groups/ring', { title: 'Ring', members: ['ash', 'birch'] });
  const put = (owner: string, api: Api, rules: Rule[]): Promise<void> => activatePolicy(api, { id: `${owner}/messages`, title: 'Messages', summary: 'Messages.', rules });
  await put('hub', hub.operator, [share('all')]);
  await put('ash', of('ash'), [
    { id: 'quiet', effect: 'withhold', covers: ['messages'], messages: { labels: { any: ['quiet'] } }, peers: { id: { in: ['cedar'] } } },
    share('ring', { peers: { groups: { any: ['ring'] } } }),
    share('later', {}, { after: 'PT24H', reveal: ['text', 'harm'], origin: 'pseudonymous' }),
  ]);
  await put('birch', of('birch'), [share('all', {}, { origin: 'hidden', for: 'PT48H' })]);
  await put('cedar', of('cedar'), [share('some', { peers: { id: { notIn: ['elm'] } } })]);
  await put('elm', of('elm'), [share('all')]);
  const { body } = await hub.operator.post<ClientView>('/v1/members/ash/clients', { title: 'Reviewer', scopes: ['reports:review'] });
  return { hub, clock, of, reviewer: hub.api({ client_id: body.client_id, client_secret: body.client_secret! }) };
}

async function made(answer: Promise<{ status: number; body: PostedMessage }>): Promise<string> {
  const { status, body } = await answer;
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body.id;
}

/** A message as the oracle keeps it. */
interface Kept {
  id: string;
  object: MessageObject;
  accepted: number;
  until: number;
  /** The request that it answers. */
  about?: Kept;
}

const request = (more: Partial<NewRequest> = {}): NewRequest => ({ title: 'Fake shops', text: 'Has anyone seen **these**?', harms: ['fraud'], tlp: 'GREEN', ...more });
const tlps = fc.constantFrom<Tlp[]>('CLEAR', 'GREEN', 'GREEN', 'AMBER', 'RED');
const drop = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
const requests = fc.record({
  origin: fc.constantFrom(...MEMBERS), tlp: tlps, labels: fc.constantFrom<string[][]>([], [], ['quiet']), harms: fc.constantFrom<string[][]>(['fraud'], ['fraud.phishing'], ['spam', 'csea.grooming']), regions: fc.constantFrom<(string[] | undefined)[]>(undefined, ['NL'], ['FR', 'NL']),
  audience: fc.constantFrom<(NewRequest['audience'] | undefined)[]>(undefined, undefined, undefined, { members: ['cedar'] }, { groups: ['ring'] }), soon: fc.constantFrom(undefined, undefined, 3, 30), days: fc.constantFrom(undefined, undefined, 1, 2),
});
const answers = fc.record({ origin: fc.constantFrom(...MEMBERS), tlp: tlps, labels: fc.constantFrom<string[][]>([], [], ['quiet']), to: fc.constantFrom<NewAnswer['to'][]>('asker', 'all'), about: fc.nat() });

async function exact(t: Test, set: Scene): Promise<void> {
  const { hub, clock, of } = set;
  const kept: Kept[] = [];
  const retention = hub.hub.config.reportRetention;
  for (const { origin, soon, days, ...rest } of fc.sample(requests, { seed, numRuns: 20 })) {
    const content = drop(request({ ...drop(rest), ...(soon === undefined ? {} : { not_before: new Date(clock.now() + soon * HOUR).toISOString() }), ...(days === undefined ? {} : { valid_until: new Date(clock.now() + days * DAY).toISOString() }) }));
    if (soon !== undefined && days === 1 && soon >= 24) delete content.valid_until;
    const id = await made(of(origin).post<PostedMessage>('/v1/requests', content));
    const { harms, regions = [], tlp, labels = [], audience, not_before: from, valid_until: until } = content;
    kept.push({ id, object: drop({ kind: 'message' as const, origin, attributes: { message: 'request' as const, harms, regions, tlp, labels }, audience, notBefore: from === undefined ? undefined : Date.parse(from) }), accepted: clock.now(), until: until === undefined ? clock.now() + retention : Date.parse(until) });
    clock.advance(HOUR / 10);
  }
  const asked = [...kept];
  for (const { origin, tlp, labels, to, about } of fc.sample(answers, { seed: seed + 1, numRuns: 30 })) {
    const subject = asked[about % asked.length]!;
    const posted = await of(origin).post<PostedMessage>(`/v1/requests/${subject.id}/answers`, { to, text: 'We have.', tlp, labels } satisfies NewAnswer);
    const sees = (await decided(set, subject, origin)).visible;
    t.equal(posted.status, sees ? 201 : 404, 'whoever sees a request can answer it');
    if (!sees) continue;
    kept.push({ id: posted.body.id, object: { kind: 'message', origin, attributes: { message: 'answer', harms: [], regions: [], tlp, labels }, ...(to === 'asker' ? { audience: { members: [subject.object.origin] } } : {}) }, accepted: clock.now(), until: clock.now() + retention, about: subject });
  }
  const tally = { shown: 0, hidden: 0, answers: 0 };
  for (const later of [0, 26, 24]) {
    clock.advance(later * HOUR);
    for (const viewer of MEMBERS) {
      const decisions = new Map<Kept, Decision>();
      for (const one of kept) decisions.set(one, await decided(set, one, viewer));
      const visible = asked.filter((one) => decisions.get(one)!.visible).sort((a, b) => releaseOf(b, decisions) - releaseOf(a, decisions) || (a.id < b.id ? 1 : -1));
      const under = (subject: Kept): Kept[] => kept.filter((one) => one.about === subject && decisions.get(one)!.visible);
      const listed = await pages(of(viewer), '/v1/requests?limit=8');
      t.same(listed.map((view) => viewOf(view)), visible.map((one) => expectedView(one, decisions.get(one)!, viewer, under(one).length)), `${viewer} sees just these requests, so, and in this order`);
      for (const subject of visible) {
        const shown = await pages(of(viewer), `/v1/requests/${subject.id}/answers?limit=3`);
        t.same(shown.map(({ id }) => id).sort(), under(subject).map(({ id }) => id).sort(), 'and these answers');
        tally.answers += shown.length;
      }
      tally.shown += visible.length;
      tally.hidden += asked.length - visible.length;
      for (const one of asked.filter((each) => !visible.includes(each)).slice(0, 2)) {
        for (const path of [`/v1/requests/${one.id}`, `/v1/requests/${one.id}/answers`]) t.same(problemOf(await of(viewer).get(path)), ['404 not-found'], 'what is hidden is as what is not there');
        t.same(problemOf(await of(viewer).post(`/v1/requests/${one.id}/answers`, { to: 'all', text: 'Yes.', tlp: 'GREEN' })), ['404 not-found']);
      }
      const told = visible.filter((one) => decisions.get(one)!.grant!.reveal.includes('regions') && one.object.attributes.regions.includes('NL'));
      t.same((await pages(of(viewer), '/v1/requests?region=NL&limit=200')).map(({ id }) => id), told.map(({ id }) => id), 'a filter sees no more than the reader');
      t.same((await pages(of(viewer), '/v1/requests?harm=fraud&own=false')).map(({ id }) => id), visible.filter(({ object }) => object.origin !== viewer && object.attributes.harms.some((harm) => harm.startsWith('fraud'))).map(({ id }) => id));
    }
  }
  t.comment(JSON.stringify(tally));
  t.ok(tally.shown > 50 && tally.hidden > 50 && tally.answers > 10, 'much is shown, and much hidden');
  const disclosed = await hub.hub.db.selectFrom('message_disclosure').innerJoin('message', 'message.id', 'message_id').select(['viewer', 'message.origin']).execute();
  t.ok(disclosed.length > 0 && disclosed.every(({ viewer, origin }) => viewer !== origin), 'what others were shown is on record');
}

async function decided({ hub }: Scene, one: Kept, viewer: string): Promise<Decision> {
  const head = await hub.hub.head();
  const world = (await hub.hub.worlds.at(head.world)).policy;
  const ask = ({ object, accepted, until }: Kept): Decision => decide({ world, at: head.at, viewer, object }, { accepted, until });
  const decision = ask(one);
  return { ...decision, visible: decision.visible && (one.about === undefined || ask(one.about).visible) };
}

const releaseOf = (one: Kept, decisions: ReadonlyMap<Kept, Decision>): number => decisions.get(one)!.span!.release;

async function pages(api: Api, path: string): Promise<MessageView[]> {
  const all: MessageView[] = [];
  for (let after: string | undefined; ; ) {
    const { status, body } = await api.get<MessageList>(`${path}${after ? `${path.includes('?') ? '&' : '?'}after=${after}` : ''}`);
    if (status !== 200) throw new Error(JSON.stringify(body));
    all.push(...body.messages);
    if (!body.next) return all;
    after = body.next;
  }
}

const viewOf = ({ id, own, released_at, visible_until, harms, regions, labels, answers, origin, handling }: MessageView): object => ({ id, own, released_at, visible_until, harms, regions, labels, answers, origin: origin?.slice(0, 1), tlp: handling.tlp });

function expectedView({ id, object: { origin, attributes } }: Kept, { grant, span }: Decision, viewer: string, count: number): object {
  const shown = (field: (typeof EVERYTHING)[number], values: readonly string[]): readonly string[] | undefined => (grant!.reveal.includes(field) && values.length > 0 ? values.toSorted() : undefined);
  const name = grant!.origin === 'named' ? origin : grant!.origin === 'pseudonymous' ? '~' : undefined;
  return {
    id, own: origin === viewer, released_at: new Date(span!.release).toISOString(), visible_until: new Date(span!.end!).toISOString(),
    harms: shown('harm', attributes.harms), regions: shown('regions', attributes.regions), labels: shown('labels', attributes.labels), answers: count, origin: name?.slice(0, 1), tlp: grant!.handling.tlp,
  };
}

async function life(t: Test, { hub, clock, of }: Scene): Promise<void> {
  const [ash, birch, elm] = [of('ash'), of('birch'), of('elm')];
  const digests = [{ scheme: 'media-md5', digest: 'ab'.repeat(16) }];
  const identifiers = [{ kind: 'host' as const, value: 'shop.example', reason: 'Its name is the point.' }];
  const body = request({ digests, identifiers, labels: ['wave'] });
  const [one, again] = [await made(ash.post<PostedMessage>('/v1/requests', body, { 'idempotency-key': 'k' })), await made(ash.post<PostedMessage>('/v1/requests', body, { 'idempotency-key': 'k' }))];
  t.equal(one, again, 'sent again, it is the same');
  t.same(problemOf(await ash.post('/v1/requests', request(), { 'idempotency-key': 'k' })), ['409 idempotency-mismatch']);
  t.match((await birch.get<MessageView>(`/v1/requests/${one}`)).body, { id: one, message: 'request', own: false, state: 'open', origin: 'ash', title: 'Fake shops', text: 'Has anyone seen **these**?', digests, identifiers, labels: ['wave'], answers: 0 });
  const secret = await made(birch.post<PostedMessage>(`/v1/requests/${one}/answers`, { to: 'asker', text: 'Only for you.', tlp: 'RED' }));
  t.match((await ash.get<MessageList>(`/v1/requests/${one}/answers`)).body.messages, [{ id: secret, about: one, text: 'Only for you.', handling: { tlp: 'RED' } }], 'who asked is named by the answer');
  clock.advance(DAY);
  const late = (await elm.get<MessageView>(`/v1/requests/${one}`)).body;
  t.match(late, { answers: 0, text: 'Has anyone seen **these**?' });
  t.notOk(['digests', 'identifiers', 'labels', 'to'].some((name) => name in late), 'others are told less');

  t.same(problemOf(await birch.post(`/v1/requests/${one}/close`)), ['404 not-found'], 'others cannot close it');
  t.same(problemOf(await birch.post(`/v1/requests/${secret}/close`)), ['404 not-found'], 'an answer is not closed');
  t.equal((await ash.post(`/v1/requests/${one}/close`)).status, 204);
  t.same(problemOf(await elm.post(`/v1/requests/${one}/answers`, { to: 'all', text: 'Yes.', tlp: 'GREEN' })), ['409 conflict', ' the request is closed']);
  t.ok((await pages(birch, '/v1/requests?state=closed')).some(({ id }) => id === one));
  t.notOk((await pages(birch, '/v1/requests?state=open')).some(({ id }) => id === one));
  t.equal((await birch.post(`/v1/messages/${secret}/withdraw`)).status, 204);
  t.same((await ash.get<MessageList>(`/v1/requests/${one}/answers`)).body.messages, []);
  t.same(problemOf(await birch.post(`/v1/messages/${secret}/withdraw`)), ['404 not-found'], 'it is gone for good');
  t.equal((await ash.post(`/v1/messages/${one}/withdraw`)).status, 204);
  for (const api of [ash, birch]) t.same(problemOf(await api.get(`/v1/requests/${one}`)), ['404 not-found']);
  const left = await hub.hub.db.selectFrom('message').select(['id', 'content']).where('id', 'in', [one, secret]).execute();
  t.ok(left.length === 2 && left.every(({ content }) => content === null), 'what it said is forgotten');

  const due = await made(ash.post<PostedMessage>('/v1/requests', request({ valid_until: new Date(clock.now() + HOUR).toISOString() })));
  t.equal((await birch.get(`/v1/requests/${due}`)).status, 200);
  clock.advance(HOUR);
  t.same(problemOf(await birch.get(`/v1/requests/${due}`)), ['404 not-found'], 'it ends by itself');
  t.ok((await purgeMessages(hub.hub)) >= 1);
  t.same(await hub.hub.db.selectFrom('message').select('content').where('id', '=', due).execute(), [{ content: null }]);

  const kept = await made(birch.post<PostedMessage>('/v1/requests', request()));
  await hub.operator.post('/v1/members/birch/suspend');
  t.same(problemOf(await elm.get(`/v1/requests/${kept}`)), ['404 not-found'], 'what is of a suspended member');
  await hub.operator.post('/v1/members/birch/resume');
  t.equal((await elm.get(`/v1/requests/${kept}`)).status, 200);
}

async function comments(t: Test, { of, reviewer }: Scene): Promise<void> {
  const [ash, birch, cedar, elm] = MEMBERS.map(of) as [Api, Api, Api, Api];
  const { id } = await published(ash, reviewer, report());
  const path = `/v1/reports/${id}/comments`;
  const seen = await made(birch.post<PostedMessage>(path, { text: 'We see it too.', tlp: 'GREEN' }));
  const narrow = await made(birch.post<PostedMessage>(path, { text: 'Between us.', tlp: 'GREEN', audience: { members: ['cedar'] } }));
  const ids = async (api: Api): Promise<string[]> => (await pages(api, path)).map((view) => view.id).sort();
  t.same(await ids(birch), [seen, narrow].sort());
  t.same(await ids(ash), [seen], 'an audience narrows it');
  for (const api of [cedar, elm]) {
    t.same(problemOf(await api.get(path)), ['404 not-found'], 'who does not see the report yet sees no comment on it');
    t.same(problemOf(await api.post(path, { text: 'Hello.', tlp: 'GREEN' })), ['404 not-found']);
  }
  t.same(problemOf(await birch.get(`/v1/reports/${NOWHERE}/comments`)), ['404 not-found']);
}

async function topics(t: Test, { clock, hub, of, reviewer }: Scene): Promise<void> {
  const [ash, birch, elm] = [of('ash'), of('birch'), of('elm')];
  const topic = async (api: Api, body: object): Promise<string> => (await api.post<Topic>('/v1/topics', body)).body.id;
  const [phishing, reports, trends] = [await topic(elm, { title: 'Phishing', of: 'requests', harms: ['fraud.phishing'] }), await topic(birch, { title: 'In Fiji', of: 'reports', regions: ['FJ'] }), await topic(elm, { title: 'Numbers', of: 'trends' })];
  t.same((await elm.get<{ topics: Topic[] }>('/v1/topics')).body.topics.map(({ title }) => title).sort(), ['Numbers', 'Phishing']);
  const news = async (api: Api, id: string, after?: string, limit = 100): Promise<News> => (await api.get<News>(`/v1/topics/${id}/news?limit=${limit}${after ? `&after=${after}` : ''}`)).body;
  const first = await news(elm, phishing);
  t.ok(first.complete);
  const seen = await news(elm, phishing, first.cursor);
  t.same(seen.requests, [], 'what was acknowledged does not come again');
  const asked = [await made(birch.post<PostedMessage>('/v1/requests', request({ harms: ['fraud.phishing'] }))), await made(ash.post<PostedMessage>('/v1/requests', request({ harms: ['fraud.phishing'] })))];
  await made(birch.post<PostedMessage>('/v1/requests', request({ harms: ['spam'] })));
  const second = await news(elm, phishing);
  t.same(second.requests!.map(({ id }) => id), [asked[0]], 'what fits, and is seen');
  t.same((await news(elm, phishing)).requests!.map(({ id }) => id), [asked[0]], 'it comes until it is acknowledged');
  clock.advance(DAY);
  const third = await news(elm, phishing, second.cursor);
  t.same(third.requests!.map(({ id }) => id), [asked[1]], 'an embargo that ends is news');
  t.same((await news(elm, phishing, third.cursor)).requests, []);
  t.same((await news(elm, phishing, second.cursor)).requests, [], 'an old cursor takes nothing back');
  await elm.post('/v1/requests', request({ harms: ['fraud.phishing'] }));
  t.same((await news(elm, phishing)).requests, [], 'one’s own is no news');

  const { id } = await published(ash, reviewer, report({ regions: ['FJ'] }));
  await published(ash, reviewer, report({ regions: ['NL'] }));
  const paged = await news(birch, reports);
  t.same(paged.reports!.map((hit) => hit.id), [id]);
  const disclosed = await hub.hub.db.selectFrom('report_disclosure').select('places').where('report_id', '=', id).execute();
  t.same(disclosed, [{ places: [0] }], 'and it is on record');
  t.same((await news(elm, trends)).trends, []);

  t.same(problemOf(await birch.get(`/v1/topics/${phishing}/news`)), ['404 not-found'], 'a topic is its member’s');
  t.same(problemOf(await elm.get(`/v1/topics/${phishing}/news?after=${paged.cursor}`)), ['400 invalid-parameter', 'after is not what a page before gave as next']);
  t.same(problemOf(await elm.post('/v1/topics', { title: 'T', of: 'trends', tactics: ['T1'] })), ['400 invalid-body', '/tactics does not go with trends']);
  t.same(problemOf(await hub.api(elm.credentials, 'messages:read').post('/v1/topics', { title: 'R', of: 'reports' })), ['403 missing-scope']);
  t.same(problemOf(await hub.api(birch.credentials, 'messages:read').get(`/v1/topics/${reports}/news`)), ['403 missing-scope'], 'news is read as what it is of');
  t.equal((await elm.delete(`/v1/topics/${phishing}`)).status, 204);
  t.same(problemOf(await elm.delete(`/v1/topics/${phishing}`)), ['404 not-found']);
}

async function badInput(t: Test, { of, hub }: Scene): Promise<void> {
  const ash = of('ash');
  const cases: [string, object, string[]][] = [
    ['an address in the text', request({ text: 'Write to jo@example.org.' }), ['422 raw-identifier', '/text looks like it carries an e-mail address: declare it in identifiers, or leave it out']],
    ['an address that marks hide', request({ text: 'Call 030 12**34567**.' }), ['422 raw-identifier', '/text looks like it carries a phone number: declare it in identifiers, or leave it out']],
    ['HTML', request({ text: '<script>alert(1)</script>' }), ['422 unsafe-text', '/text has HTML']],
    ['a title that turns around', request({ title: 'safe\u202etxt' }), ['422 unsafe-text', '/title has a character that changes the direction of what follows']],
    ['an unknown scheme', request({ digests: [{ scheme: 'media-none', digest: 'ab' }] }), ['422 unknown-scheme', '/digests/0/scheme The digest scheme is not known']],
    ['an epoch that is none', request({ digests: [{ scheme: 'url-v1', key: 'hub', epoch: 9, digest: 'ab'.repeat(32) }] }), ['422 unknown-key', '/digests/0 The digest key or its epoch is not known, or no longer accepted']],
    ['an end before the beginning', request({ not_before: '2030-01-02T00:00:00Z', valid_until: '2030-01-01T00:00:00Z' }), ['422 invalid-times', '/valid_until is not after not_before']],
    ['an end that has passed', request({ valid_until: '2020-01-01T00:00:00Z' }), ['422 invalid-times', '/valid_until has passed']],
    ['no harm', { ...request(), harms: [] }, ['400 invalid-body', '/harms must NOT have fewer than 1 items']],
    ['a field that is none', { ...request(), to: 'all' }, ['400 invalid-body', '/to is not a field that is known here']],
  ];
  for (const [name, body, expected] of cases) t.same(problemOf(await ash.post('/v1/requests', body)), expected, name);
  t.same(problemOf(await ash.get('/v1/requests?after=AAAA')), ['400 invalid-parameter', 'after is not what a page before gave as next']);
  t.same(problemOf(await hub.api(ash.credentials, 'messages:read').post('/v1/requests', request())), ['403 missing-scope']);
}
