import t from 'tap';
import { randomBytes, randomUUID } from 'node:crypto';
import { request } from 'undici';
import type { ChangesPage, FeedList, ItemResult, NewSignal, PageEnd, Policy, PolicyVersion, RemovalChange, SignalChange, SignalView } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { problemOf, type Api } from '../support/api.ts';
import { homes, startTestHub, type TestHub } from '../support/hub.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;

function signal(change: Partial<NewSignal> = {}): NewSignal {
  return { digests: [{ scheme: 'media-sha256', digest: randomBytes(32).toString('hex') }], harm: 'fraud', severity: 'medium', confidence: 80, status: 'malicious', tlp: 'GREEN', ...change };
}

async function activate(api: Api, policy: Policy, effective?: number): Promise<void> {
  const { body } = await api.post<PolicyVersion>('/v1/policies', policy);
  const { status } = await api.post(`/v1/policies/${policy.id}/versions/${body.version}/activate`, effective === undefined ? {} : { effective_at: new Date(effective).toISOString() });
  if (status >= 300) throw new Error(`not activated: ${status}`);
}

function policy(id: string, rules: Policy['rules']): Policy {
  return { id, title: id, summary: id, rules };
}

const shareAll = (extra: Partial<Policy['rules'][number]> = {}): Policy['rules'] => [{ id: 'all', effect: 'share', terms: { reveal: ['digest', 'harm', 'note'], origin: 'named', handling: { onward: 'members' } }, ...extra }];

/** A replica kept by hand. */
class Copy {
  cursor: string | undefined;
  readonly items = new Map<string, SignalView>();
  last: ChangesPage | undefined;
  readonly #api: Api;
  readonly #feed: string;

  constructor(api: Api, feed = 'all') {
    this.#api = api;
    this.#feed = feed;
  }

  async page(limit = 1000) {
    const answer = await this.#api.get<ChangesPage>(`/v1/feeds/${this.#feed}/changes?limit=${limit}${this.cursor ? `&cursor=${this.cursor}` : ''}`);
    if (answer.status !== 200) return answer;
    for (const change of answer.body.changes) {
      if (change.type === 'signal') this.items.set(change.signal.id, change.signal);
      else this.items.delete(change.id);
    }
    this.cursor = answer.body.cursor;
    this.last = answer.body;
    return answer;
  }

  /** Pulls one page that should be complete, and gives its changes. */
  async pull(): Promise<(SignalChange | RemovalChange)[]> {
    await this.page();
    if (!this.last?.complete) throw new Error('not complete');
    return this.last.changes;
  }
}

for (const home of homes) {
  t.test(home, async (t) => {
    const clock = new ManualClock(NOW);
    const hub = await startTestHub(t, { home, clock });
    const ash = await hub.join({ id: 'ash' });
    const birch = await hub.join({ id: 'birch' });
    const cedar = await hub.join({ id: 'cedar' });
    const police = await hub.join({ id: 'police', kind: 'law-enforcement' }, ['referrals:read']);
    const post = async (api: Api, item: NewSignal): Promise<string> => (await api.post<ItemResult>('/v1/signals', item)).body.id!;

    t.test('nothing is shared without a charter and a policy', async (t) => {
      const id = await post(ash, signal());
      t.same(await new Copy(birch).pull(), []);
      await activate(ash, policy('ash/open', shareAll()));
      t.same(await new Copy(birch).pull(), [], 'a policy alone is not enough');
      await activate(hub.operator, policy('hub/charter', shareAll()));
      const [change] = await new Copy(birch).pull();
      t.match(change, { type: 'signal', signal: { id, origin: 'ash', harm: 'fraud' } });
      t.notOk('severity' in (change as SignalChange).signal, 'what is not revealed is not there');
      t.same(await new Copy(ash).pull(), [], 'a feed never carries one’s own');
    });

    t.test('law enforcement has no way in', async (t) => {
      t.equal((await police.get('/v1/feeds/all/changes')).status, 403);
      const refused = await hub.operator.post('/v1/members/police/clients', { title: 'x', scopes: ['feeds:read'] });
      t.equal(refused.status, 400);
    });

    t.test('an embargo ends by itself; what changes inside it is never seen', async (t) => {
      const copy = new Copy(cedar);
      await copy.pull();
      await activate(ash, policy('ash/embargo', shareAll({ terms: { after: 'PT72H', for: 'P10D', reveal: ['digest', 'harm'] } })));
      t.ok((await copy.pull()).every((change) => change.type === 'remove' && change.reason === 'gone'), 'a delay takes back what is younger than it');
      clock.advance(1000);
      const id = await post(ash, signal({ note: 'first' }));
      const doomed = await post(ash, signal());
      await ash.put(`/v1/signals/${id}`, signal({ harm: 'spam' }));
      await ash.post(`/v1/signals/${doomed}/retract`, { reason: 'mistake' });
      t.same(await copy.pull(), []);
      clock.advance(72 * HOUR - 1);
      t.notOk((await copy.pull()).some((change) => change.type === 'signal' && change.signal.id === id), 'not a millisecond early');
      clock.advance(1);
      const arrived = await copy.pull();
      t.same(arrived.map((change) => (change as SignalChange).signal.id), [id], 'what was retracted before its release is nothing');
      t.match(copy.items.get(id), { harm: 'spam', released_at: new Date(clock.now()).toISOString(), visible_until: new Date(clock.now() + 240 * HOUR).toISOString() });
      t.notOk(copy.items.get(id)!.origin, 'the origin is hidden');
      t.same(await copy.pull(), [], 'nothing comes twice');
      await ash.put(`/v1/signals/${id}`, { ...signal({ harm: 'spam' }), note: 'hidden' , digests: copy.items.get(id)!.digests! });
      t.same(await copy.pull(), [], 'a change that is hidden from the viewer is no change');
    });

    t.test('a policy that takes effect later re-decides older signals at that instant', async (t) => {
      const copy = new Copy(birch);
      await copy.pull();
      await activate(ash, policy('ash/open', shareAll()), clock.now() + HOUR);
      t.same(await copy.pull(), []);
      clock.advance(HOUR);
      t.ok((await copy.pull()).length > 0);
    });

    t.test('pages: of one limit, resumable, of one cursor length', async (t) => {
      for (let n = 0; n < 7; n += 1) await post(ash, signal());
      const whole = new Copy(birch);
      await whole.pull();
      const paged = new Copy(birch);
      const lengths = new Set<number>();
      for (let pages = 0; !paged.last?.complete; pages += 1) {
        await paged.page(2);
        lengths.add(paged.cursor!.length);
        if (pages === 2) await post(ash, signal());
      }
      await whole.pull();
      await paged.pull();
      t.same([...paged.items.keys()].sort(), [...whole.items.keys()].sort());
      t.equal(lengths.size, 1);
    });

    t.test('a retraction is owed to whoever received it, whatever policy says now', async (t) => {
      const [held, lost, read] = [await post(ash, signal()), await post(ash, signal({ harm: 'csea' })), await post(ash, signal())];
      const copy = new Copy(birch);
      await copy.pull();
      t.equal((await cedar.get(`/v1/signals/${read}`)).status, 200);
      await activate(ash, policy('ash/no-csea', [{ id: 'csea', effect: 'withhold', signals: { harm: { in: ['csea'] } } }, ...shareAll()]));
      t.match(await copy.pull(), [{ type: 'remove', id: lost, reason: 'gone' }]);
      for (const id of [held, lost, read]) await ash.post(`/v1/signals/${id}/retract`, { reason: 'appeal-upheld' });
      const told = (await copy.pull()).map((change) => [(change as RemovalChange).id, (change as RemovalChange).reason]).sort();
      t.same(told, [held, lost, read].map((id) => [id, 'appeal-upheld']).sort());
      const anew = (await new Copy(birch).pull()).filter((change) => change.type === 'remove').map((change) => change.id);
      t.ok([held, lost, read].every((id) => anew.includes(id)), 'a new synchronisation lists them');
      const others = (await new Copy(cedar).pull()).filter((change) => change.type === 'remove').map((change) => change.id);
      t.same(others, [read], 'to a member that received one of them, one; of the rest it hears nothing');
    });

    t.test('also where it came on a page that was not complete, and nothing else did', async (t) => {
      await activate(ash, policy('ash/open', shareAll()));
      const copy = new Copy(birch);
      await copy.pull();
      clock.advance(1000);
      const [ended, shown, late] = [await post(ash, signal({ valid_until: new Date(clock.now() + 1000).toISOString() })), await post(ash, signal()), await post(ash, signal())];
      clock.advance(2000);
      await copy.page(1);
      t.match(copy.last, { complete: false, changes: [{ type: 'signal', signal: { id: shown } }] });
      await activate(ash, policy('ash/closed', []));
      const gone = (await copy.pull()).map((change) => (change as RemovalChange).id);
      t.ok(gone.includes(shown));
      t.notOk(gone.includes(late) || gone.includes(ended));
      for (const id of [ended, shown, late]) await ash.post(`/v1/signals/${id}/retract`, { reason: 'mistake' });
      t.same(await copy.pull(), [{ type: 'remove', id: shown, reason: 'mistake' }]);
      await activate(ash, policy('ash/no-csea', [{ id: 'csea', effect: 'withhold', signals: { harm: { in: ['csea'] } } }, ...shareAll()]));
    });

    t.test('what came in the middle of a scan is held, although it had been left to that scan', async (t) => {
      const sealed: Policy['rules'] = [{ id: 'sealed', effect: 'withhold', signals: { labels: { any: ['sealed'] } } }];
      await activate(ash, policy('ash/some', [...sealed, ...shareAll()]));
      for (const harm of ['violence', 'spam'] as const) for (let n = 0; n < 3; n += 1) await post(ash, signal({ harm, severity: 'critical' }));
      const copy = new Copy(birch);
      await copy.pull();
      clock.advance(1000);
      const [taken, hidden] = [await post(ash, signal({ harm: 'violence', severity: 'critical' })), await post(ash, signal({ harm: 'violence', severity: 'critical' }))];
      await activate(ash, policy('ash/less', [...sealed, ...shareAll({ terms: { reveal: ['digest', 'severity'] } })]));
      while (!(copy.items.has(taken) && copy.items.has(hidden))) await copy.page(1);
      t.notOk(copy.last!.complete);
      await ash.post(`/v1/signals/${taken}/retract`, { reason: 'mistake' });
      await ash.put(`/v1/signals/${hidden}`, signal({ labels: ['sealed'] }));
      while (!copy.last?.complete) await copy.page(1);
      t.notOk(copy.items.has(taken), 'what was taken back has gone');
      t.notOk(copy.items.has(hidden), 'and what is no longer shared');
      t.same([...copy.items.keys()].sort(), [...await whole(birch)].sort());
      await activate(ash, policy('ash/no-csea', [{ id: 'csea', effect: 'withhold', signals: { harm: { in: ['csea'] } } }, ...shareAll()]));
    });

    t.test('a scan that is gone on with later sends nothing that has ended meanwhile', async (t) => {
      await activate(ash, policy('ash/an-hour', shareAll({ terms: { for: 'PT1H', reveal: ['digest', 'harm'] } })));
      const ids = [await post(ash, signal()), await post(ash, signal()), await post(ash, signal())];
      const copy = new Copy(cedar);
      await copy.page(1);
      while (!ids.some((id) => copy.items.has(id))) await copy.page(1);
      const sent = ids.filter((id) => copy.items.has(id));
      t.equal(sent.length, 1);
      clock.advance(2 * HOUR);
      const late: SignalView[] = [];
      while (!copy.last!.complete) {
        await copy.page(1);
        late.push(...copy.last!.changes.flatMap((change) => (change.type === 'signal' ? [change.signal] : [])));
      }
      t.same(late.filter(({ visible_until: until }) => until !== undefined && Date.parse(until) <= clock.now()), []);
      for (const id of ids) await ash.post(`/v1/signals/${id}/retract`, { reason: 'mistake' });
      t.same((await copy.pull()).map((change) => (change as RemovalChange).id), sent, 'of what was not sent, nothing is told');
      await activate(ash, policy('ash/no-csea', [{ id: 'csea', effect: 'withhold', signals: { harm: { in: ['csea'] } } }, ...shareAll()]));
    });

    t.test('cursors: tampered with, of another viewer, of another feed, of another epoch', async (t) => {
      const copy = new Copy(birch);
      await copy.pull();
      const { cursor } = copy;
      for (const at of [0, 20, 200, cursor!.length - 2]) {
        const altered = cursor!.slice(0, at) + (cursor![at] === 'A' ? 'B' : 'A') + cursor!.slice(at + 1);
        t.match(problemOf(await birch.get(`/v1/feeds/all/changes?cursor=${altered}`)), ['400 invalid-cursor']);
      }
      t.match(problemOf(await cedar.get(`/v1/feeds/all/changes?cursor=${cursor}`)), ['400 invalid-cursor']);
      t.match(problemOf(await birch.get('/v1/feeds/all/changes?cursor=short')), ['400 invalid-cursor']);
      t.match(problemOf(await birch.get('/v1/feeds/all/changes?cursor=a%20b')), ['400 invalid-parameter']);
      await ash.put('/v1/feeds/ash/spam', { id: 'ash/spam', title: 'Spam', filter: { harm: { in: ['spam'] } } });
      t.match(problemOf(await birch.get(`/v1/feeds/ash/spam/changes?cursor=${cursor}`)), ['400 invalid-cursor']);
      await hub.hub.db.updateTable('head').set({ epoch: randomUUID() }).execute();
      t.match(problemOf(await birch.get(`/v1/feeds/all/changes?cursor=${cursor}`)), ['410 cursor-expired']);
    });

    t.test('feeds: filtered, narrowed, offered to some, withdrawn', async (t) => {
      const [spam, other] = [await post(ash, signal({ harm: 'spam' })), await post(ash, signal({ harm: 'malware' }))];
      const copy = new Copy(birch, 'ash/spam');
      const got = (await copy.pull()).map((change) => (change.type === 'signal' ? change.signal.id : change.id));
      t.ok(got.includes(spam));
      t.notOk(got.includes(other));
      await ash.put(`/v1/signals/${spam}`, signal({ harm: 'malware' }));
      t.match(await copy.pull(), [{ type: 'remove', id: spam, reason: 'gone' }], 'what leaves the filter goes');
      await ash.put('/v1/feeds/ash/private', { id: 'ash/private', title: 'For cedar', peers: { id: { in: ['cedar'] } }, terms: { reveal: ['harm'] } });
      t.same((await birch.get<FeedList>('/v1/feeds')).body.feeds.map((feed) => feed.id), ['all', 'ash/spam']);
      t.same((await cedar.get<FeedList>('/v1/feeds')).body.feeds.map((feed) => feed.id), ['all', 'ash/private', 'ash/spam'], 'in an order that no hidden change of a feed moves');
      const hidden = await birch.get('/v1/feeds/ash/private/changes');
      const absent = await birch.get('/v1/feeds/ash/absent/changes');
      t.same({ ...(hidden.body as object), request_id: 0 }, { ...(absent.body as object), request_id: 0 });
      const narrowed = new Copy(cedar, 'ash/private');
      await narrowed.pull();
      t.ok(narrowed.items.size > 0 && [...narrowed.items.values()].every((view) => !view.digests && view.harm), 'a feed can narrow what is revealed');
      t.equal((await birch.delete('/v1/feeds/ash/spam')).status, 404);
      await ash.delete('/v1/feeds/ash/spam');
      t.equal((await birch.get(`/v1/feeds/ash/spam/changes?cursor=${copy.cursor}`)).status, 404);
      t.match(problemOf(await ash.put('/v1/feeds/ash/wrong', { id: 'ash/wrong', title: 'x', filter: { harm: { in: ['no-such'] } } })), ['400 invalid-body']);
    });

    t.test('a stream of pages', async (t) => {
      const lines = await streamed(hub, birch, '/v1/feeds/all/changes?limit=3');
      const ends = lines.filter((line) => (line.type as string) === 'page');
      t.ok(ends.length > 2);
      t.same(ends.map((end) => end.complete), [...ends.slice(1).map(() => false), true]);
      t.same(ends.map((end) => typeof end.as_of), [...ends.slice(1).map(() => 'undefined'), 'string'], 'only a complete page says as of when');
    });

    t.test('suspension: the viewer is told to empty its replica, the origin’s signals go and come back as they were', async (t) => {
      const copy = new Copy(birch);
      await copy.pull();
      const before = new Map(copy.items);
      await hub.operator.post('/v1/members/birch/suspend');
      t.match(problemOf(await birch.get(`/v1/feeds/all/changes?cursor=${copy.cursor}`)), ['403 member-suspended']);
      await hub.operator.post('/v1/members/birch/resume');
      await hub.operator.post('/v1/members/ash/suspend');
      const gone = await copy.pull();
      t.ok(gone.length > 0 && gone.every((change) => change.type === 'remove' && change.reason === 'gone'));
      t.equal((await birch.get(`/v1/signals/${[...before.keys()][0]!}`)).status, 404);
      clock.advance(HOUR);
      await hub.operator.post('/v1/members/ash/resume');
      await copy.pull();
      t.same(new Map([...copy.items].sort()), new Map([...before].sort()), 'with their old dates');
    });

    t.test('a pseudonym is one for all signals of an origin, and another for each viewer', async (t) => {
      const elm = await hub.join({ id: 'elm' });
      await activate(elm, policy('elm/shy', shareAll({ terms: { reveal: ['digest'], origin: 'pseudonymous' } })));
      const ids = [await post(elm, signal()), await post(elm, signal())];
      const seen = async (viewer: Api): Promise<(string | undefined)[]> => Promise.all(ids.map(async (id) => (await viewer.get<SignalView>(`/v1/signals/${id}`)).body.origin));
      const [byBirch, byCedar] = [await seen(birch), await seen(cedar)];
      t.match(byBirch[0], /^~[A-Za-z0-9_-]{12}$/);
      t.equal(byBirch[0], byBirch[1]);
      t.equal(byCedar[0], byCedar[1]);
      t.not(byBirch[0], byCedar[0]);
    });

    t.test('a member leaves: what it keeps shared stays, what it withdraws is retracted', async (t) => {
      const dogwood = await hub.join({ id: 'dogwood' });
      await activate(dogwood, policy('dogwood/open', shareAll()));
      const id = await post(dogwood, signal());
      const copy = new Copy(cedar);
      await copy.pull();
      await hub.operator.post('/v1/members/dogwood/off-board', { signals: 'keep' });
      t.same(await copy.pull(), [], 'kept under its last policy');
      t.equal((await cedar.get(`/v1/signals/${id}`)).status, 200);
      t.match((await hub.operator.post('/v1/members/dogwood/off-board', { signals: 'withdraw' })).body, { retracted: 1 });
      t.same(await copy.pull(), [{ type: 'remove', id, reason: 'origin-left' }]);
    });

    t.test('a single read is what the feed shows, and is recorded before it is answered', async (t) => {
      const copy = new Copy(birch);
      await copy.pull();
      const [id, view] = [...copy.items][0]!;
      t.same((await birch.get<SignalView>(`/v1/signals/${id}`)).body, view);
      const recorded = await hub.hub.db.selectFrom('disclosure').selectAll().where('signal_id', '=', id).execute();
      t.equal(recorded.length, 1);
    });
  });
}

/** The ids that a new replica has. */
async function whole(api: Api): Promise<Iterable<string>> {
  const copy = new Copy(api);
  await copy.pull();
  return copy.items.keys();
}

async function streamed(hub: TestHub, api: Api, path: string): Promise<PageEnd[]> {
  const answer = await request(`${hub.url}${path}`, { headers: { authorization: `Bearer ${await api.token()}`, accept: 'application/x-ndjson' } });
  return (await answer.body.text()).trim().split('\n').map((line) => JSON.parse(line) as PageEnd);
}

for (const home of homes) {
  t.test(`${home}: in the midst of a pull`, async (t) => {
    const clock = new ManualClock(NOW);
    const hub = await startTestHub(t, { home, clock });
    const [ash, birch, cedar] = [await hub.join({ id: 'ash' }), await hub.join({ id: 'birch' }), await hub.join({ id: 'cedar' })];
    const post = async (api: Api, item: NewSignal): Promise<string> => (await api.post<ItemResult>('/v1/signals', item)).body.id!;
    await activate(hub.operator, policy('hub/charter', shareAll()));
    await activate(ash, policy('ash/open', shareAll()));

    t.test('a cursor may be used several times at once', async (t) => {
      const copy = new Copy(birch);
      await copy.page(1);
      await post(ash, signal());
      const answers = await Promise.all(Array.from({ length: 6 }, () => birch.get<ChangesPage>(`/v1/feeds/all/changes?cursor=${copy.cursor}`)));
      t.same(answers.map(({ status, body }) => [status, body.changes]), answers.map(() => [200, answers[0]!.body.changes]));
    });

    t.test('a retraction reaches whoever was sent a page that was full before the log was read', async (t) => {
      const copy = new Copy(birch);
      while (!copy.last?.complete) await copy.page();
      clock.advance(1000);
      const ended = await post(ash, signal({ valid_until: new Date(clock.now() + 1000).toISOString() }));
      const ids = [await post(ash, signal()), await post(ash, signal())];
      clock.advance(1000);
      const { body: lost } = await birch.get<ChangesPage>(`/v1/feeds/all/changes?limit=1&cursor=${copy.cursor}`);
      t.match(lost, { complete: false, changes: [{ type: 'signal', signal: { id: ids[0] } }] });
      for (const id of [ended, ...ids]) await ash.post(`/v1/signals/${id}/retract`, { reason: 'mistake' });
      t.same(await copy.pull(), [{ type: 'remove', id: ids[0], reason: 'mistake' }], 'and nobody hears of what it was not sent');
    });

    t.test('what a scan has sent ends like everything else, while the scan goes on', async (t) => {
      const copy = new Copy(cedar);
      const first = await post(ash, signal({ harm: 'csea' }));
      const beyond = await post(ash, signal({ harm: 'violence' }));
      while (!copy.last?.complete) await copy.page();
      clock.advance(1);
      // In a class that is scanned before another, and changed while what is granted of it changes.
      const ids = [await post(ash, signal({ harm: 'csea' })), await post(ash, signal({ harm: 'csea' }))];
      await activate(ash, policy('ash/again', shareAll({ terms: { reveal: ['digest', 'harm'], origin: 'hidden' } })));
      while (!ids.every((id) => copy.items.has(id))) await copy.page(1);
      t.equal(copy.items.get(beyond)!.origin, 'ash', 'the scan has more to say');
      await ash.post(`/v1/signals/${ids[0]}/retract`, { reason: 'mistake' });
      await ash.put(`/v1/signals/${ids[1]}`, signal({ harm: 'csea', tlp: 'RED' }));
      t.match(await copy.pull(), [{ id: ids[0], reason: 'mistake' }, { id: ids[1], reason: 'gone' }, { signal: { id: beyond, harm: 'violence' } }]);
      t.same([first, beyond].map((id) => copy.items.get(id)!.origin), [undefined, undefined]);
    });
  });
}
