import t, { type Test } from 'tap';
import type { AuditPage, ContactList, ContactView, NewContact, PublicContactList } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import { dropContacts } from '../../server/contacts/store.ts';
import { isOnCall } from '../../server/contacts/hours.ts';
import { call, problemOf } from '../support/api.ts';
import { homes, startTestHub, type HomeName } from '../support/hub.ts';

const DAY = 86_400_000;
const START = Date.parse('2026-03-02T10:00:00Z');
const desk: NewContact = {
  title: 'Abuse desk', role: 'abuse-desk', needs: ['suicide', 'imminent-harm'], countries: ['EU', 'US'],
  ways: [{ kind: 'email', address: 'desk@northstar.example' }, { kind: 'phone', address: '+49 30 1234567' }, { kind: 'url', address: 'https://northstar.example/help' }],
  hours: { zone: 'Europe/Berlin', weekly: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }] },
  criteria: 'For danger to life only.',
};

t.test('who is there by the wall clock', (t) => {
  const at = (zone: string, from: string, to: string, days: readonly string[]) => (text: string): boolean => isOnCall({ zone, weekly: [{ days: days as ['mon'], from, to }] }, Date.parse(text));
  const office = at('Europe/Berlin', '09:00', '17:00', ['mon', 'fri']);
  for (const [text, there] of [['2026-03-02T07:59:59Z', false], ['2026-03-02T08:00:00Z', true], ['2026-03-02T15:59:59Z', true], ['2026-03-02T16:00:00Z', false], ['2026-03-03T10:00:00Z', false], ['2026-03-06T10:00:00Z', true]] as const) t.equal(office(text), there, text);
  t.equal(office('2026-03-30T07:00:00Z'), true, 'in summer an hour earlier');
  const night = at('America/New_York', '22:00', '06:00', ['sun']);
  for (const [text, there] of [['2026-03-02T02:59:00Z', false], ['2026-03-02T03:00:00Z', true], ['2026-03-02T10:59:00Z', true], ['2026-03-02T11:00:00Z', false], ['2026-03-03T04:00:00Z', false]] as const) t.equal(night(text), there, `night: ${text}`);
  const round = at('Asia/Kathmandu', '00:00', '24:00', ['sat']);
  for (const [text, there] of [['2026-03-06T18:14:00Z', false], ['2026-03-06T18:15:00Z', true], ['2026-03-07T18:14:00Z', true], ['2026-03-07T18:15:00Z', false]] as const) t.equal(round(text), there, `around the clock: ${text}`);
  t.end();
});

for (const home of homes) t.test(home, (t) => directory(t, home));

async function directory(t: Test, home: HomeName): Promise<void> {
  const clock = new ManualClock(START);
  const hub = await startTestHub(t, { home, clock });
  const { operator } = hub;
  const [northstar, harbour, lagoon] = await Promise.all(['northstar', 'harbour', 'lagoon'].map((id) => hub.join({ id, title: `Member <${id}>`, trust: id === 'lagoon' ? 'unverified' : 'verified' })));
  await operator.put('/v1/groups/crisis-team', { title: 'Crisis team', members: ['northstar', 'harbour'] });
  await operator.put('/v1/groups/far', { title: 'Far', members: ['lagoon'] });
  const put = (name: string, contact: object) => northstar!.put<ContactView>(`/v1/contacts/northstar/${name}`, contact);
  const ids = async (api = harbour!, query = ''): Promise<string[]> => (await api.get<ContactList>(`/v1/contacts${query}`)).body.contacts.map(({ id }) => id);
  const publicOnes = async (query = ''): Promise<PublicContactList['contacts']> => (await call<PublicContactList>(`${hub.url}/contacts${query}`, 'GET', undefined, { accept: 'application/json' })).body.contacts;

  await t.test('who may see a contact', async (t) => {
    t.match(await put('desk', desk), { status: 201, body: { id: 'northstar/desk', verification: 'none', visibility: 'owner', on_call: true } });
    t.match(await put('team', { ...desk, role: 'crisis-lead', visibility: 'named', audience: { groups: ['crisis-team'] } }), { status: 201 });
    t.match(await put('one', { ...desk, visibility: 'named', audience: { members: ['lagoon'] } }), { status: 201 });
    t.match(await put('all', { ...desk, role: 'press', hours: undefined, visibility: 'members' }), { status: 201 });
    t.match(await put('open', { ...desk, visibility: 'public' }), { status: 201 });
    t.same(await ids(northstar), ['all', 'desk', 'one', 'open', 'team'].map((name) => `northstar/${name}`));
    t.same(await ids(), ['northstar/all', 'northstar/open', 'northstar/team']);
    t.same(await ids(lagoon), ['northstar/all', 'northstar/one', 'northstar/open']);
    t.same(await ids(operator), ['northstar/all', 'northstar/open']);
    const seen = (await harbour!.get<ContactView>('/v1/contacts/northstar/team')).body;
    t.notOk('visibility' in seen || 'audience' in seen, 'who else may see it is the owner’s to know');
    for (const id of ['northstar/desk', 'northstar/one', 'northstar/none', 'nobody/none']) t.same(problemOf(await harbour!.get(`/v1/contacts/${id}`)), ['404 not-found'], id);
    t.same(await ids(harbour, '?limit=2'), ['northstar/all', 'northstar/open']);
    t.same(await ids(harbour, '?limit=2&after=northstar/open'), ['northstar/team']);
    t.same(await ids(harbour, '?role=press'), ['northstar/all']);
    t.same(await ids(harbour, '?on_call=true'), ['northstar/open', 'northstar/team']);
    t.same(await ids(harbour, '?on_call=true&country=FR&need=suicide'), ['northstar/open', 'northstar/team'], 'EU is France too');
    t.same(await ids(harbour, '?country=GB'), []);
    await operator.put('/v1/groups/crisis-team', { title: 'Crisis team', members: ['northstar'] });
    t.same(await ids(), ['northstar/all', 'northstar/open'], 'who leaves the group sees it no more');
    await operator.post('/v1/members/northstar/suspend');
    t.same(await ids(), []);
    await operator.post('/v1/members/northstar/resume');
  });

  await t.test('bad input', async (t) => {
    const wrong: [object, string[]][] = [
      [{ ...desk, visibility: 'named' }, ['400 invalid-body', '/audience goes with visibility named']],
      [{ ...desk, audience: { members: ['harbour'] } }, ['400 invalid-body', '/audience goes with visibility named']],
      [{ ...desk, visibility: 'named', audience: { members: ['nobody'], groups: ['far'] } }, ['400 invalid-body', '/audience/members/0 is not a member of this hub', '/audience/groups/0 is not a group that you are in']],
      [{ ...desk, criteria: 'write to me@x.example' }, ['422 raw-identifier', '/criteria looks like it carries an e-mail address: addresses stand in ways']],
      [{ ...desk, hours: { ...desk.hours, zone: 'Moon/Crater' } }, ['400 invalid-body', '/hours/zone is not a time zone']],
      [{ ...desk, ways: [{ kind: 'url', address: 'javascript:alert(1)' }, { kind: 'email', address: 'a@b.example?cc=x' }, { kind: 'phone', address: '12<b>' }] }, ['400 invalid-body', '/ways/0/address is not of the kind url', '/ways/1/address is not of the kind email', '/ways/2/address is not of the kind phone']],
      [{ ...desk, ways: [] }, ['400 invalid-body', '/ways must NOT have fewer than 1 items']],
    ];
    for (const [contact, problem] of wrong) t.same(problemOf(await put('bad', contact)), problem);
    for (const id of ['northstar/desk', 'nobody/none']) {
      t.same(problemOf(await harbour!.put(`/v1/contacts/${id}`, desk)), ['404 not-found']);
      t.same(problemOf(await harbour!.post(`/v1/contacts/${id}/verify`)), ['404 not-found']);
      t.same(problemOf(await harbour!.delete(`/v1/contacts/${id}`)), ['404 not-found']);
    }
    t.same(problemOf(await northstar!.post('/v1/contacts/northstar/none/verify')), ['404 not-found']);
  });

  await t.test('confirmation, and the public page', async (t) => {
    t.same(await publicOnes(), [], 'not confirmed yet');
    t.match((await northstar!.post<ContactView>('/v1/contacts/northstar/open/verify')).body, { verification: 'current', verified_at: '2026-03-02T10:00:00.000Z', renew_by: '2026-08-29T10:00:00.000Z' });
    await northstar!.post('/v1/contacts/northstar/all/verify');
    await lagoon!.put('/v1/contacts/lagoon/open', { ...desk, visibility: 'public' });
    await lagoon!.post('/v1/contacts/lagoon/open/verify');
    t.match(await publicOnes(), [{ title: 'Abuse desk', on_call: true, ways: desk.ways }], 'declared public, confirmed, of a member that was checked');
    t.equal((await publicOnes('?country=DE&need=suicide')).length, 1);
    t.equal((await publicOnes('?country=GB')).length, 0);
    t.equal((await publicOnes('?need=fraud')).length, 0);
    t.equal((await publicOnes('?need=&country=')).length, 1, 'as the form asks');
    t.match(await put('open', { ...desk, visibility: 'public' }), { status: 200, body: { verification: 'current' } }, 'the same again');
    t.match(await put('open', { ...desk, visibility: 'public', title: '<script>"x"</script>' }), { body: { verification: 'none' } }, 'changed');
    t.same(await publicOnes(), []);
    await northstar!.post('/v1/contacts/northstar/open/verify');

    const page = await fetch(`${hub.url}/contacts?country=DE`);
    const text = await page.text();
    t.match(page.headers.get('content-type'), /^text\/html/);
    t.match(page.headers.get('content-security-policy'), /default-src 'none'; style-src 'sha256-/);
    t.equal(page.headers.get('cache-control'), 'public, max-age=60');
    t.match(text, '&lt;script&gt;&quot;x&quot;&lt;/script&gt;');
    t.match(text, 'Member &lt;northstar&gt;');
    t.notMatch(text, /<script|Member </);
    t.match(text, '<a href="tel:+49301234567" rel="noreferrer nofollow">+49 30 1234567</a>');
    t.match(text, '<option value="EU">European Union</option>');
    t.equal((await fetch(`${hub.url}/contacts?country=DE`, { headers: { 'if-none-match': page.headers.get('etag')! } })).status, 304);
    t.same(problemOf(await call(`${hub.url}/contacts?country=%3Cb%3E`, 'GET', undefined, {})).slice(0, 1), ['400 invalid-parameter']);

    clock.advance(180 * DAY);
    t.same(await publicOnes(), [], 'not confirmed lately');
    t.same(await ids(northstar, '?verification=stale&owner=northstar'), ['northstar/all', 'northstar/open']);
    t.same(await ids(harbour, '?verification=stale'), ['lagoon/open', 'northstar/all', 'northstar/open'], 'shown as stale, not hidden');
    t.equal((await northstar!.delete('/v1/contacts/northstar/open')).status, 204);
    t.same(await ids(harbour, '?owner=northstar'), ['northstar/all']);
    await operator.post('/v1/members/lagoon/off-board', { signals: 'keep' });
    await dropContacts(hub.hub);
    t.same((await hub.hub.db.selectFrom('contact').select('owner').distinct().execute()), [{ owner: 'northstar' }], 'who left has no addresses here');
    const { entries } = (await operator.get<AuditPage>('/v1/audit?limit=1000')).body;
    t.same([...new Set(entries.map(({ action }) => action).filter((action) => action.endsWith('contact')))].sort(), ['add-contact', 'change-contact', 'remove-contact', 'verify-contact']);
    t.notMatch(JSON.stringify(entries), /desk@northstar|1234567/, 'addresses can be removed: they are not in the record');
  });
}
