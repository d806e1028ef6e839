import type { NewSignal } from '../../schemas/types.ts';
import { NDJSON, allIds, get, pair, pullOf, send, someIds, type Ground, type Probes } from './ground.ts';
import { REPORT_PROBES } from './report-probes.ts';
import type { Pair, Probe } from './transcript.ts';

const PEOPLE = ['ash', 'birch', 'elm', 'police', 'ghost-1', 'nobody', 'hub'];
const INCIDENTS = ['hidden-incident', 'no-incident'];
const CIRCLES = ['alpha', 'beta', 'circle-1', 'nowhere', 'hub'];
const plain: NewSignal = { digests: [{ scheme: 'media-md5', digest: 'ab'.repeat(16) }], harm: 'fraud', severity: 'low', confidence: 20, status: 'malicious', tlp: 'GREEN' };

const referral = { authority: 'police', basis: 'legal-request', legal_basis: 'A provision', reference: 'Case 1', fields: ['harm'], expires_at: '2040-01-01T00:00:00Z' };
const desk = { title: 'Desk', role: 'abuse-desk', ways: [{ kind: 'phone', address: '112' }] };

/** Changed inside, cut off, and too long. */
const altered = (cursor: string): string[] => [`${cursor.slice(0, 50)}${cursor[50] === 'A' ? 'B' : 'A'}${cursor.slice(51)}`, cursor.slice(0, 40), `${cursor}AAAA`];

/** The questions to each route, by method and address as it was declared. A route that is not here fails the test. */
export const PROBES: Readonly<Record<string, Probes>> = {
  'GET /health/live': () => [get('/health/live')],
  'GET /health/ready': () => [get('/health/ready')],
  'GET /openapi.json': () => [get('/openapi.json')],
  'GET /.well-known/jwks.json': () => [get('/.well-known/jwks.json')],
  'GET /v1/digest-schemes': () => [get('/v1/digest-schemes'), get('/v1/digest-schemes', { 'if-none-match': '*' })],
  'GET /v1/harms': () => [get('/v1/harms'), get('/v1/harms', { 'if-none-match': '*' })],
  'POST /v1/oauth/token': ({ client, secret, clients }) => {
    const form = (fields: Record<string, string>): Probe => ({ ...send('POST', '/v1/oauth/token', new URLSearchParams({ grant_type: 'client_credentials', ...fields }).toString(), { 'content-type': 'application/x-www-form-urlencoded' }), anonymous: true });
    return [form({ client_id: client, client_secret: secret }), form({ client_id: client, client_secret: secret, scope: 'audit:read' }), ...[...clients, client, 'nobody.0'].map((id) => form({ client_id: id, client_secret: 'wrong' })), form({}), ...clients.map((id) => form({ client_id: id, client_assertion: 'a.b.c', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' }))];
  },
  'POST /v1/keys/signing/rotate': () => [send('POST', '/v1/keys/signing/rotate', {})],
  'GET /v1/me': () => [get('/v1/me')],
  'GET /v1/members': () => [get('/v1/members'), get('/v1/members?limit=1')],
  'GET /v1/members/:member': () => PEOPLE.map((id) => get(`/v1/members/${id}`)),
  'POST /v1/members': () => ['ghost-1', 'circle-1'].map((id) => send('POST', '/v1/members', { id, title: 'Taken', kind: 'ngo' })),
  'PATCH /v1/members/:member': () => PEOPLE.map((id) => send('PATCH', `/v1/members/${id}`, { trust: 'trusted' })),
  'POST /v1/members/:member/suspend': () => PEOPLE.map((id) => send('POST', `/v1/members/${id}/suspend`)),
  'POST /v1/members/:member/resume': () => PEOPLE.map((id) => send('POST', `/v1/members/${id}/resume`)),
  'POST /v1/members/:member/off-board': () => PEOPLE.map((id) => send('POST', `/v1/members/${id}/off-board`, { signals: 'keep' })),
  'GET /v1/groups': () => [get('/v1/groups')],
  'PUT /v1/groups/:group': () => CIRCLES.map((id) => send('PUT', `/v1/groups/${id}`, { title: 'Mine', members: [] })),
  'DELETE /v1/groups/:group': () => CIRCLES.map((id) => send('DELETE', `/v1/groups/${id}`)),
  'GET /v1/members/:member/clients': () => PEOPLE.map((id) => get(`/v1/members/${id}/clients`)),
  'POST /v1/members/:member/clients': () => PEOPLE.map((id) => send('POST', `/v1/members/${id}/clients`, { title: 'Mine', scopes: ['members:read'] })),
  'POST /v1/clients/:client/credentials': ({ clients, client }) => [...clients, client].map((id) => send('POST', `/v1/clients/${id}/credentials`, {})),
  'DELETE /v1/clients/:client/credentials/:credential': ({ clients, client }) => [...clients, client].map((id) => send('DELETE', `/v1/clients/${id}/credentials/first`)),
  'POST /v1/clients/:client/revoke': ({ clients }) => clients.map((id) => send('POST', `/v1/clients/${id}/revoke`)),
  'GET /contacts': () => [get('/contacts'), get('/contacts', { accept: 'application/json' }), get('/contacts?need=suicide&country=DE'), get('/contacts?country=none')],
  'GET /v1/contacts': () => [get('/v1/contacts'), get('/v1/contacts?limit=1'), get('/v1/contacts?owner=elm'), get('/v1/contacts?after=elm/desk'), get('/v1/contacts?role=none')],
  'GET /v1/contacts/:owner/:name': () => ['elm/desk', 'birch/desk', 'nobody/none'].map((id) => get(`/v1/contacts/${id}`)),
  'PUT /v1/contacts/:owner/:name': ({ viewer }) => [
    ...['elm/desk', 'nobody/none'].map((id) => send('PUT', `/v1/contacts/${id}`, desk)),
    ...['alpha', 'circle-1', 'nowhere'].map((group) => send('PUT', `/v1/contacts/${viewer}/desk`, { ...desk, visibility: 'named', audience: { groups: [group] } })),
    ...['ghost-1', 'elm', 'nobody'].map((member) => send('PUT', `/v1/contacts/${viewer}/desk`, { ...desk, visibility: 'named', audience: { members: [member] } })),
  ],
  'POST /v1/contacts/:owner/:name/verify': ({ viewer }) => ['elm/desk', 'nobody/none', `${viewer}/none`].map((id) => send('POST', `/v1/contacts/${id}/verify`)),
  'DELETE /v1/contacts/:owner/:name': ({ viewer }) => ['elm/desk', 'nobody/none', `${viewer}/none`].map((id) => send('DELETE', `/v1/contacts/${id}`)),
  'GET /v1/digest-keys': () => [get('/v1/digest-keys')],
  'POST /v1/digest-keys/:key/rotate': () => CIRCLES.map((id) => send('POST', `/v1/digest-keys/${id}/rotate`, {})),
  'POST /v1/policies': ({ viewer }) => ['alpha', 'circle-1', 'nowhere', 'beta'].map((group) => send('POST', '/v1/policies', { id: `${viewer}/probe`, title: 'Probe', summary: 'Probe', rules: [{ id: 'a', effect: 'withhold', peers: { groups: { any: [group] } } }, { id: 'b', effect: 'withhold', peers: { id: { in: ['nobody', 'elm'] } } }] })),
  'GET /v1/policies/:owner/:name': ({ viewer }) => ['birch/standard', 'birch/draft', 'elm/inner', 'hub/charter', 'hub/narrow', 'hub/draft', 'nobody/none', `${viewer}/probe`].map((id) => get(`/v1/policies/${id}`)),
  'GET /v1/policies/:owner/:name/versions/:version': () => ['birch/standard', 'birch/draft', 'elm/inner', 'hub/charter', 'hub/draft', 'nobody/none'].flatMap((id) => [1, 2, 9].map((version) => get(`/v1/policies/${id}/versions/${version}`))),
  'POST /v1/policies/:owner/:name/versions/:version/activate': ({ viewer }) => ['birch/standard', 'elm/inner', 'hub/draft', `${viewer}/none`].map((id) => send('POST', `/v1/policies/${id}/versions/1/activate`, {})),
  'POST /v1/policies/:owner/withdraw': () => ['birch', 'elm', 'nobody', 'ghost-1'].map((owner) => send('POST', `/v1/policies/${owner}/withdraw`, {})),
  'GET /v1/activations/:owner': ({ viewer }) => ['birch', 'elm', 'hub', 'nobody', 'ghost-1', viewer].map((owner) => get(`/v1/activations/${owner}`)),
  'POST /v1/activations/:owner/rollback': () => ['birch', 'elm', 'hub', 'nobody'].map((owner) => send('POST', `/v1/activations/${owner}/rollback`, {})),
  'PUT /v1/activations/:owner/approval': () => ['birch', 'elm', 'hub', 'nobody'].map((owner) => send('PUT', `/v1/activations/${owner}/approval`, { required: true })),
  'POST /v1/activations/:owner/proposals/:proposal/approve': ({ unknown }) => proposals('approve', unknown),
  'POST /v1/activations/:owner/proposals/:proposal/refuse': ({ unknown }) => proposals('refuse', unknown),
  'POST /v1/activations/:owner/proposals/:proposal/withdraw': ({ unknown }) => proposals('withdraw', unknown),
  'GET /v1/policies/visibility': () => PEOPLE.flatMap((peer) => ['', '&at=2030-01-01T00:00:00Z', '&limit=1'].map((more) => get(`/v1/policies/visibility?peer=${peer}${more}`))),
  'GET /v1/policies/calendar': () => [get('/v1/policies/calendar'), get('/v1/policies/calendar?days=366'), ...PEOPLE.map((peer) => get(`/v1/policies/calendar?peer=${peer}&days=5`))],
  'POST /v1/policies/simulate': ({ viewer }) => [
    ...[{ withdraw: true }, { policy: { id: `${viewer}/probe`, title: 'Probe', summary: 'Probe', rules: [{ id: 'all', effect: 'share', terms: { reveal: ['digest'] } }] }, samples: 5 }, { version: { policy: 'elm/inner', version: 1 } }].map((body) => send('POST', '/v1/policies/simulate', body)),
    ...['alpha', 'circle-1', 'nowhere', 'beta'].map((group) => send('POST', '/v1/policies/simulate', { changes: [{ change: 'join', member: 'birch', group }] })),
    ...PEOPLE.map((member) => send('POST', '/v1/policies/simulate', { changes: [{ change: 'suspend', member }] })),
  ],
  'POST /v1/policies/lint': ({ viewer }) => ['alpha', 'circle-1', 'nowhere', 'beta'].flatMap((group) => ['ghost-1', 'nobody', 'elm'].map((id) => send('POST', '/v1/policies/lint', { id: `${viewer}/probe`, title: 'Probe', summary: 'Probe', rules: [{ id: 'a', effect: 'share', peers: { groups: { any: [group] } }, incidents: { open: INCIDENTS }, terms: { reveal: ['digest'] } }, { id: 'b', effect: 'withhold', peers: { groups: { any: [group] } } }, { id: 'c', effect: 'share', peers: { id: { in: [id] } }, terms: { reveal: ['digest'] } }] }))),
  'POST /v1/policies/diff': ({ viewer }) => {
    const policy = { id: `${viewer}/probe`, title: 'Probe', summary: 'Probe', rules: [] };
    return [{ after: { policy } }, ...['birch/standard', 'elm/inner', 'hub/draft', 'nobody/none'].flatMap((id) => [1, 9].map((version) => ({ before: { version: { policy: id, version } }, after: { policy } })))].map((body) => send('POST', '/v1/policies/diff', body));
  },
  'POST /v1/explain': (ground) => [
    ...someIds(ground).flatMap((signal) => ['birch', 'ghost-1'].map((peer) => send('POST', '/v1/explain', { signal, peer }))),
    ...ground.own.flatMap((signal) => [send('POST', '/v1/explain', { signal, peer: 'elm', feed: 'elm/inner' }), send('POST', '/v1/explain', { signal, peer: 'birch', feed: 'birch/severe', at: '2030-01-01T00:00:00Z' }), send('POST', '/v1/explain', { signal, peer: 'nobody' })]),
    send('POST', '/v1/explain', { signal: 'no uuid', peer: 'ash' }),
    ...someIds(ground).flatMap((id) => [{ report: id }, { report: id, part: 1 }, { message: id }].map((asked) => send('POST', '/v1/explain', { ...asked, peer: 'birch' }))),
  ],
  'POST /v1/signals': ({ contents, hidden, keys, references }) => [
    send('POST', '/v1/signals', plain),
    ...contents.map((content) => send('POST', '/v1/signals', content)),
    ...keys.map((key) => send('POST', '/v1/signals', { ...plain, confidence: 25 }, { 'idempotency-key': key })),
    ...references.map((reference) => send('POST', '/v1/signals', { ...plain, reference })),
    send('POST', '/v1/signals', hidden.map((id) => ({ ...plain, basis: 'derived', derived_from: id }))),
    send('POST', '/v1/signals?atomic=true', [{ ...plain, digests: [{ scheme: 'url-v1', key: 'alpha', epoch: 1, digest: 'ab'.repeat(32) }] }, plain]),
    ...[['alpha', 1], ['alpha', 2], ['circle-1', 1], ['nowhere', 1], ['hub', 99]].map(([key, epoch]) => send('POST', '/v1/signals', { ...plain, digests: [{ scheme: 'url-v1', key, epoch, digest: 'ab'.repeat(32) }] })),
    send('POST', '/v1/signals', contents.map((content) => JSON.stringify(content)).join('\n'), { 'content-type': NDJSON, 'idempotency-key': 'one' }),
    ...['elm', 'ghost-1', 'nobody'].map((id) => send('POST', '/v1/signals', { ...plain, audience: { members: [id], groups: ['alpha', 'nowhere'] } })),
    send('POST', '/v1/signals', { ...plain, note: 'call 030 1234567' }),
    ...INCIDENTS.map((exercise) => send('POST', '/v1/signals', { ...plain, exercise })),
    send('POST', '/v1/signals', '{', {}),
  ],
  'PUT /v1/sets/:set': ({ references }) => ['watch', 'mine'].map((set) => send('PUT', `/v1/sets/${set}`, references.map((reference) => JSON.stringify({ ...plain, reference })).join('\n'), { 'content-type': NDJSON })),
  'GET /v1/signals': () => [get('/v1/signals'), get('/v1/signals?limit=1'), get('/v1/signals?limit=3'), get('/v1/signals?after=AAAA'), get('/v1/signals?limit=0')],
  'GET /v1/signals/counts': () => [get('/v1/signals/counts')],
  'GET /v1/signals/:signal': (ground) => [...allIds(ground).map((id) => get(`/v1/signals/${id}`)), get('/v1/signals/none'), get(`/v1/signals/${ground.hidden[0]}`, { 'if-none-match': '*' })],
  'PUT /v1/signals/:signal': (ground) => someIds(ground).flatMap((id) => [send('PUT', `/v1/signals/${id}`, { ...plain, confidence: 45 }), send('PUT', `/v1/signals/${id}`, plain, { 'if-match': '"1"' })]),
  'POST /v1/signals/:signal/retract': ({ hidden, visible, unknown, own }) => [...hidden.slice(0, 4), ...visible.slice(0, 1), ...unknown.slice(0, 1), ...own.slice(0, 1)].map((id) => send('POST', `/v1/signals/${id}/retract`, { reason: 'mistake' })),
  'POST /v1/signals/:signal/expire': ({ hidden, visible, unknown, own }) => [...hidden.slice(-4), ...visible.slice(0, 1), ...unknown.slice(0, 1), ...own.slice(1, 2)].map((id) => send('POST', `/v1/signals/${id}/expire`)),
  'PUT /v1/signals/:signal/judgement': (ground) => [...allIds(ground).map((id) => send('PUT', `/v1/signals/${id}/judgement`, { verdict: 'wrong' })), ...someIds(ground).map((id) => send('PUT', `/v1/signals/${id}/judgement`, { verdict: 'good' }))],
  'DELETE /v1/signals/:signal/judgement': (ground) => allIds(ground).map((id) => send('DELETE', `/v1/signals/${id}/judgement`)),
  'GET /v1/signals/:signal/dispute': (ground) => allIds(ground).map((id) => get(`/v1/signals/${id}/dispute`)),
  'PUT /v1/signals/:signal/dispute': (ground) => someIds(ground).map((id) => send('PUT', `/v1/signals/${id}/dispute`, { answer: 'upheld' })),
  'GET /v1/disputes': ({ hidden }) => [get('/v1/disputes'), get(`/v1/disputes?limit=1&after=${hidden[0]}`)],
  'GET /v1/measures': () => [get('/v1/measures')],
  'POST /v1/batches/:batch/undo': ({ batches, ownBatches, unknown }) => [...batches, ...ownBatches, ...unknown].map((id) => send('POST', `/v1/batches/${id}/undo`)),
  'GET /v1/feeds': () => [get('/v1/feeds')],
  'GET /v1/feeds/:feed/changes': (ground) => [...pulls('all', ground), get('/v1/feeds/none/changes')],
  'GET /v1/feeds/:owner/:name/changes': (ground) => ['birch/severe', 'cedar/violence', 'elm/inner', 'nobody/none', `${ground.viewer}/probe`].flatMap((feed) => pulls(feed, ground)),
  'PUT /v1/feeds/:owner/:name': ({ viewer }) => [
    ...['elm/inner', 'nobody/none', 'birch/severe'].map((id) => send('PUT', `/v1/feeds/${id}`, { id, title: 'Mine' })),
    ...['alpha', 'nowhere', 'beta'].map((group) => send('PUT', `/v1/feeds/${viewer}/probe`, { id: `${viewer}/probe`, title: 'Probe', peers: { groups: { any: [group] } } })),
  ],
  'DELETE /v1/feeds/:owner/:name': ({ viewer }) => ['elm/inner', 'nobody/none', 'birch/severe', `${viewer}/probe`].map((id) => send('DELETE', `/v1/feeds/${id}`)),
  'GET /v1/subscriptions': () => [get('/v1/subscriptions')],
  'PUT /v1/subscriptions/:feed': () => ['none', 'all'].map((id) => send('PUT', `/v1/subscriptions/${id}`)),
  'PUT /v1/subscriptions/:owner/:name': () => ['elm/inner', 'nobody/none', 'birch/severe'].map((id) => send('PUT', `/v1/subscriptions/${id}`)),
  'DELETE /v1/subscriptions/:feed': () => ['none', 'all'].map((id) => send('DELETE', `/v1/subscriptions/${id}`)),
  'DELETE /v1/subscriptions/:owner/:name': () => ['elm/inner', 'nobody/none', 'birch/severe'].map((id) => send('DELETE', `/v1/subscriptions/${id}`)),
  'GET /v1/feeds/:owner/:name/subscribers': ({ viewer }) => ['elm/inner', 'birch/severe', `${viewer}/probe`].map((id) => get(`/v1/feeds/${id}/subscribers`)),
  'GET /v1/incidents': () => [get('/v1/incidents')],
  'GET /v1/incidents/:incident': () => INCIDENTS.map((id) => get(`/v1/incidents/${id}`)),
  'PUT /v1/incidents/:incident': () => INCIDENTS.map((id) => send('PUT', `/v1/incidents/${id}`, { title: 'Mine', severity: 'low', harms: ['fraud'], responders: { groups: ['alpha'] } })),
  'POST /v1/incidents/:incident/open': () => INCIDENTS.map((id) => send('POST', `/v1/incidents/${id}/open`, {})),
  'POST /v1/incidents/:incident/close': () => INCIDENTS.map((id) => send('POST', `/v1/incidents/${id}/close`)),
  'GET /v1/emergencies': () => [get('/v1/emergencies'), get('/v1/emergencies?exercise=hidden-incident'), get('/v1/emergencies?wait=61')],
  'GET /v1/emergencies/:emergency': ({ hidden, unknown }) => [...hidden.slice(0, 1), ...unknown].map((id) => get(`/v1/emergencies/${id}`)),
  'POST /v1/emergencies': () => ['alpha', 'circle-1', 'nowhere'].map((group) => send('POST', '/v1/emergencies', { harm: 'violence.imminent', tlp: 'RED', text: 'ask me at 030 1234567', audience: { groups: [group] } })),
  'POST /v1/emergencies/:emergency/acknowledge': ({ hidden, unknown }) => [...hidden.slice(0, 1), ...unknown].map((id) => send('POST', `/v1/emergencies/${id}/acknowledge`)),
  'POST /v1/emergencies/:emergency/close': ({ hidden, unknown }) => [...hidden.slice(0, 1), ...unknown].map((id) => send('POST', `/v1/emergencies/${id}/close`, { outcome: 'resolved' })),
  'GET /v1/exercises': () => [get('/v1/exercises')],
  'GET /v1/exercises/:exercise': () => INCIDENTS.map((id) => get(`/v1/exercises/${id}`)),
  'PUT /v1/exercises/:exercise': () => INCIDENTS.map((id) => send('PUT', `/v1/exercises/${id}`, { title: 'Mine', participants: { members: ['elm'] }, from: '2030-01-01T00:00:00Z', until: '2030-01-02T00:00:00Z' })),
  'GET /v1/referrals': ({ hidden }) => [get('/v1/referrals'), get('/v1/referrals?limit=1'), get(`/v1/referrals?after=${hidden[0]}`)],
  'GET /v1/referrals/:referral': ({ hidden, unknown }) => [...hidden.slice(0, 1), ...unknown].map((id) => get(`/v1/referrals/${id}`)),
  'POST /v1/referrals': (ground) => [
    ...['police', 'birch', 'ghost-1', 'nobody'].map((authority) => send('POST', '/v1/referrals', { ...referral, authority, signals: ground.unknown.slice(0, 1) })),
    ...someIds(ground).map((id) => send('POST', '/v1/referrals', { ...referral, signals: [id] })),
    ...[...ground.reports.hidden, ...ground.reports.visible].map((id) => send('POST', '/v1/referrals', { ...referral, fields: ['text'], reports: [id] })),
  ],
  'POST /v1/referrals/:referral/end': ({ hidden, unknown }) => [...hidden.slice(0, 1), ...unknown].map((id) => send('POST', `/v1/referrals/${id}/end`)),
  'GET /v1/holds': () => [get('/v1/holds'), get('/v1/holds?limit=1')],
  'POST /v1/holds': (ground) => [...someIds(ground).map((id) => ({ signals: [id] })), ...[...ground.reports.hidden, ...ground.reports.visible].map((id) => ({ reports: [id] }))].map((what) => send('POST', '/v1/holds', { reference: 'Case 1', ...what, until: '2040-01-01T00:00:00Z' })),
  'POST /v1/holds/:hold/release': ({ hidden, unknown }) => [...hidden.slice(0, 1), ...unknown].map((id) => send('POST', `/v1/holds/${id}/release`)),
  'GET /v1/trends': () => [get('/v1/trends'), get('/v1/trends?weeks=104&by=harm'), get('/v1/trends?weeks=0')],
  'GET /v1/trends/overlap': () => [get('/v1/trends/overlap'), get('/v1/trends/overlap?weeks=3')],
  ...REPORT_PROBES,
  'GET /v1/audit': () => [get('/v1/audit'), get('/v1/audit?after=3&limit=2')],
};

/** What others may have proposed. */
function proposals(act: string, ids: readonly string[]): Probe[] {
  return ['birch', 'elm', 'hub', 'nobody'].flatMap((owner) => ids.slice(0, 2).map((id) => send('POST', `/v1/activations/${owner}/proposals/${id}/${act}`)));
}

/** Pulls of one feed: from the start and from every cursor at hand, in small pages and large, as JSON and as a stream. */
function pulls(feed: string, { cursors, foreign }: Ground): Probe[] {
  const path = (limit: number, cursor?: string): string => pullOf(feed, limit, cursor);
  const mine = cursors.filter((held) => held.feed === feed);
  const others = [...foreign, ...cursors.filter((held) => held.feed !== feed).map(({ cursor }) => cursor)].slice(0, 2);
  const from = (cursor: Pair<string>, limit: number, more = '', headers?: Probe['headers']): Probe => get(pair((value) => `${path(limit, value)}${more}`, cursor), headers);
  return [
    ...[1, 10_000].flatMap((limit) => [get(path(limit)), get(path(limit), { accept: NDJSON })]),
    ...['&digest=total', '&digest=parts', '&wait=0', '&digest=none', '&wait=61'].map((more) => get(`${path(10_000)}${more}`)),
    get(`${path(10_000)}&digest=parts`, { accept: NDJSON }),
    ...mine.flatMap(({ cursor }, index) => [from(cursor, [1, 2, 3][index % 3]!), from(cursor, 1000, '&digest=parts'), from(cursor, [3, 1, 2][index % 3]!, '&digest=total', { accept: NDJSON })]),
    ...mine.flatMap(({ cursor, tag }) => (tag ? [from(cursor, 1000, '', { 'if-none-match': tag }), from(cursor, 1000, '&wait=0', { 'if-none-match': tag }), from(cursor, 1000, '&digest=total', { 'if-none-match': tag })] : [])),
    ...others.map((cursor) => from(cursor, 10)),
    ...(mine[0] ? altered(mine[0].cursor[0]).map((_, index) => get(pair((value) => path(10, altered(value)[index]), mine[0]!.cursor))) : []),
    ...['limit=0', 'limit=10001', 'cursor=AAAA', 'cursor=', 'unknown=1'].map((query) => get(`/v1/feeds/${feed}/changes?${query}`)),
  ];
}

/** Routes that nobody asks anything, and questions to routes that are not there. What a route gives also has to be hidden from somebody: see `HiddenHistory`. */
export function gapsIn(routes: readonly { method: string | string[]; url: string }[]): string[] {
  const declared = new Set(routes.flatMap(({ method, url }) => [method].flat().filter((one) => one !== 'HEAD' && !isDocumentation(url)).map((one) => `${one} ${url}`)));
  const missing = [...declared].filter((route) => !(route in PROBES)).map((route) => `nothing in test/laws/probes.ts asks ${route}`);
  return [...missing, ...Object.keys(PROBES).filter((route) => !declared.has(route)).map((route) => `test/laws/probes.ts asks ${route}, which is no route`)];
}

const isDocumentation = (url: string): boolean => url === '/docs' || url.startsWith('/docs/');

/**
 * The questions to a route; of one that answers GET, some as HEAD too, but not for streams: how much of one is made before the
 * framework gives it up is a matter of moments. Undefined where nobody wrote any.
 */
export function probesFor(method: string, url: string, ground: Ground): Probe[] | undefined {
  if (isDocumentation(url)) return method === 'GET' || method === 'HEAD' ? [{ method, path: url.replace('*', 'index.css') }] : undefined;
  const probes = PROBES[`${method === 'HEAD' ? 'GET' : method} ${url}`]?.(ground);
  return method === 'HEAD' ? probes?.filter(({ headers }) => !headers).slice(0, 2).map((probe) => ({ ...probe, method })) : probes;
}

/** What a route is not meant for: other methods, no token, a token that is none, a body that is not asked for. */
export function misuse(methods: readonly string[], path: string): Probe[] {
  const others = ['OPTIONS', 'PATCH', 'DELETE', 'PUT', 'POST', 'GET'].filter((method) => !methods.includes(method)).slice(0, 2);
  return [...others.map((method) => ({ method, path })), { method: methods[0]!, path, anonymous: true }, { method: methods[0]!, path, anonymous: true, headers: { authorization: 'Bearer none' } }];
}
