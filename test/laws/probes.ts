import type { NewSignal } from '../../schemas/types.ts';
import type { Pair, Probe } from './transcript.ts';

/** What a viewer that looks for traces of others has in its hands. */
export interface Ground {
  viewer: string;
  client: string;
  secret: string;
  /** Signals that only one twin has; what the viewer may see; its own; and what nobody has. */
  hidden: readonly string[];
  visible: readonly string[];
  own: readonly string[];
  unknown: readonly string[];
  /** What hidden signals say, to be posted again. */
  contents: readonly NewSignal[];
  batches: readonly string[];
  ownBatches: readonly string[];
  references: readonly string[];
  keys: readonly string[];
  /** Clients that only one twin has, and others'. */
  clients: readonly string[];
  /** Cursors of the viewer, by feed, old ones too, with the tags that came with them; and those of others. */
  cursors: readonly { feed: string; cursor: Pair<string>; tag?: Pair<string> }[];
  foreign: readonly Pair<string>[];
}

type Probes = (ground: Ground) => Probe[];

const NDJSON = 'application/x-ndjson';
const PEOPLE = ['ash', 'birch', 'elm', 'police', 'ghost-1', 'nobody', 'hub'];
const CIRCLES = ['alpha', 'beta', 'circle-1', 'nowhere', 'hub'];
const plain: NewSignal = { digests: [{ scheme: 'media-md5', digest: 'ab'.repeat(16) }], harm: 'fraud', severity: 'low', confidence: 20, status: 'malicious', tlp: 'GREEN' };

const get = (path: string | Pair<string>, headers?: Probe['headers']): Probe => ({ method: 'GET', path, ...(headers ? { headers } : {}) });
const send = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Probe => ({ method, path, ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }), ...(headers ? { headers } : {}) });
const pair = (make: (value: string) => string, values: Pair<string>): Pair<string> => [make(values[0]), make(values[1])];
const allIds = ({ hidden, visible, own, unknown }: Ground): string[] => [...hidden, ...visible, ...own, ...unknown];
const someIds = ({ hidden, visible, own, unknown }: Ground): string[] => [...hidden.slice(0, 4), ...visible.slice(0, 1), ...own.slice(0, 1), ...unknown.slice(0, 1)];

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
  'GET /v1/digest-keys': () => [get('/v1/digest-keys')],
  'POST /v1/digest-keys/:key/rotate': () => CIRCLES.map((id) => send('POST', `/v1/digest-keys/${id}/rotate`, {})),
  'POST /v1/policies': ({ viewer }) => ['alpha', 'circle-1', 'nowhere', 'beta'].map((group) => send('POST', '/v1/policies', { id: `${viewer}/probe`, title: 'Probe', summary: 'Probe', rules: [{ id: 'a', effect: 'withhold', peers: { groups: { any: [group] } } }, { id: 'b', effect: 'withhold', peers: { id: { in: ['nobody', 'elm'] } } }] })),
  'GET /v1/policies/:owner/:name': ({ viewer }) => ['birch/standard', 'birch/draft', 'elm/inner', 'hub/charter', 'hub/narrow', 'hub/draft', 'nobody/none', `${viewer}/probe`].map((id) => get(`/v1/policies/${id}`)),
  'GET /v1/policies/:owner/:name/versions/:version': () => ['birch/standard', 'birch/draft', 'elm/inner', 'hub/charter', 'hub/draft', 'nobody/none'].flatMap((id) => [1, 2, 9].map((version) => get(`/v1/policies/${id}/versions/${version}`))),
  'POST /v1/policies/:owner/:name/versions/:version/activate': ({ viewer }) => ['birch/standard', 'elm/inner', 'hub/draft', `${viewer}/none`].map((id) => send('POST', `/v1/policies/${id}/versions/1/activate`, {})),
  'POST /v1/policies/:owner/withdraw': () => ['birch', 'elm', 'nobody', 'ghost-1'].map((owner) => send('POST', `/v1/policies/${owner}/withdraw`, {})),
  'POST /v1/explain': (ground) => [
    ...someIds(ground).flatMap((signal) => ['birch', 'ghost-1'].map((peer) => send('POST', '/v1/explain', { signal, peer }))),
    ...ground.own.flatMap((signal) => [send('POST', '/v1/explain', { signal, peer: 'elm', feed: 'elm/inner' }), send('POST', '/v1/explain', { signal, peer: 'birch', feed: 'birch/severe', at: '2030-01-01T00:00:00Z' }), send('POST', '/v1/explain', { signal, peer: 'nobody' })]),
    send('POST', '/v1/explain', { signal: 'no uuid', peer: 'ash' }),
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
    send('POST', '/v1/signals', '{', {}),
  ],
  'PUT /v1/sets/:set': ({ references }) => ['watch', 'mine'].map((set) => send('PUT', `/v1/sets/${set}`, references.map((reference) => JSON.stringify({ ...plain, reference })).join('\n'), { 'content-type': NDJSON })),
  'GET /v1/signals': () => [get('/v1/signals'), get('/v1/signals?limit=1'), get('/v1/signals?limit=3'), get('/v1/signals?after=AAAA'), get('/v1/signals?limit=0')],
  'GET /v1/signals/counts': () => [get('/v1/signals/counts')],
  'GET /v1/signals/:signal': (ground) => [...allIds(ground).map((id) => get(`/v1/signals/${id}`)), get('/v1/signals/none'), get(`/v1/signals/${ground.hidden[0]}`, { 'if-none-match': '*' })],
  'PUT /v1/signals/:signal': (ground) => someIds(ground).flatMap((id) => [send('PUT', `/v1/signals/${id}`, { ...plain, confidence: 45 }), send('PUT', `/v1/signals/${id}`, plain, { 'if-match': '"1"' })]),
  'POST /v1/signals/:signal/retract': ({ hidden, visible, unknown, own }) => [...hidden.slice(0, 4), ...visible.slice(0, 1), ...unknown.slice(0, 1), ...own.slice(0, 1)].map((id) => send('POST', `/v1/signals/${id}/retract`, { reason: 'mistake' })),
  'POST /v1/signals/:signal/expire': ({ hidden, visible, unknown, own }) => [...hidden.slice(-4), ...visible.slice(0, 1), ...unknown.slice(0, 1), ...own.slice(1, 2)].map((id) => send('POST', `/v1/signals/${id}/expire`)),
  'POST /v1/batches/:batch/undo': ({ batches, ownBatches, unknown }) => [...batches, ...ownBatches, ...unknown].map((id) => send('POST', `/v1/batches/${id}/undo`)),
  'GET /v1/feeds': () => [get('/v1/feeds')],
  'GET /v1/feeds/:feed/changes': (ground) => [...pulls('all', ground), get('/v1/feeds/none/changes')],
  'GET /v1/feeds/:owner/:name/changes': (ground) => ['birch/severe', 'cedar/violence', 'elm/inner', 'nobody/none', `${ground.viewer}/probe`].flatMap((feed) => pulls(feed, ground)),
  'PUT /v1/feeds/:owner/:name': ({ viewer }) => [
    ...['elm/inner', 'nobody/none', 'birch/severe'].map((id) => send('PUT', `/v1/feeds/${id}`, { id, title: 'Mine' })),
    ...['alpha', 'nowhere', 'beta'].map((group) => send('PUT', `/v1/feeds/${viewer}/probe`, { id: `${viewer}/probe`, title: 'Probe', peers: { groups: { any: [group] } } })),
  ],
  'DELETE /v1/feeds/:owner/:name': ({ viewer }) => ['elm/inner', 'nobody/none', 'birch/severe', `${viewer}/probe`].map((id) => send('DELETE', `/v1/feeds/${id}`)),
  'GET /v1/audit': () => [get('/v1/audit'), get('/v1/audit?after=3&limit=2')],
};

/** Pulls of one feed: from the start and from every cursor at hand, in small pages and large, as JSON and as a stream. */
function pulls(feed: string, { cursors, foreign }: Ground): Probe[] {
  const path = (limit: number, cursor?: string): string => `/v1/feeds/${feed}/changes?limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`;
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

/**
 * The questions to a route; of one that answers GET, some as HEAD too, but not for streams: how much of one is made before the
 * framework gives it up is a matter of moments. Undefined where nobody wrote any.
 */
export function probesFor(method: string, url: string, ground: Ground): Probe[] | undefined {
  if (url === '/docs' || url.startsWith('/docs/')) return method === 'GET' || method === 'HEAD' ? [{ method, path: url.replace('*', 'index.css') }] : undefined;
  const probes = PROBES[`${method === 'HEAD' ? 'GET' : method} ${url}`]?.(ground);
  return method === 'HEAD' ? probes?.filter(({ headers }) => !headers).slice(0, 2).map((probe) => ({ ...probe, method })) : probes;
}

/** What a route is not meant for: other methods, no token, a token that is none, a body that is not asked for. */
export function misuse(methods: readonly string[], path: string): Probe[] {
  const others = ['OPTIONS', 'PATCH', 'DELETE', 'PUT', 'POST', 'GET'].filter((method) => !methods.includes(method)).slice(0, 2);
  return [...others.map((method) => ({ method, path })), { method: methods[0]!, path, anonymous: true }, { method: methods[0]!, path, anonymous: true, headers: { authorization: 'Bearer none' } }];
}
