import type { NewReport, NewRequest } from '../../schemas/types.ts';
import { NDJSON, REPORTS, get, pair, pullOf, send, type Ground, type Probes } from './ground.ts';

const REPORT: NewReport = { title: { text: 'A probe', tlp: 'GREEN' }, harms: ['fraud'] };
const asking: NewRequest = { title: 'Fake shops', text: 'Has anyone seen these?', harms: ['fraud'], tlp: 'GREEN' };

const reportIds = ({ reports: { hidden, visible, own }, unknown }: Ground): string[] => [...hidden, ...visible, ...own, ...unknown.slice(0, 1)];
const requestIds = ({ reports: { requests }, unknown }: Ground): string[] => [...requests.hidden, ...requests.visible, ...unknown.slice(0, 1)];
const topicIds = ({ reports: { topics }, unknown }: Ground): string[] => [...topics.hidden, ...topics.own, ...unknown.slice(0, 1)];

/** The questions to the routes of reports, and of what goes with them. */
export const REPORT_PROBES: Readonly<Record<string, Probes>> = {
  'POST /v1/reports': (ground) => [
    send('POST', '/v1/reports', REPORT),
    ...[...ground.keys, 'report-0', 'report-1'].map((key) => send('POST', '/v1/reports', REPORT, { 'idempotency-key': key })),
    send('POST', '/v1/reports', { ...REPORT, signals: [...ground.hidden.slice(0, 3), ...ground.visible.slice(0, 3)], related: ground.reports.hidden, supersedes: ground.reports.hidden.slice(0, 1) }),
    send('POST', '/v1/reports', { ...REPORT, exercise: 'hidden-incident' }),
    send('POST', '/v1/reports', { ...REPORT, audience: { members: ['elm', 'ghost-1', 'nobody'], groups: ['alpha', 'nowhere'] } }),
    send('POST', '/v1/reports', { ...REPORT, title: { text: 'call 030 1234567', tlp: 'GREEN' } }),
  ],
  'GET /v1/reports': () => ['', '?limit=1', '?limit=3', '?harm=fraud', '?harm=spam', '?origin=birch', '?origin=elm', '?region=NL', '?exercise=hidden-incident', '?tactic=T1566', '?from=2026-02-01T00:00:00Z', '?after=AAAA', '?limit=0'].map((query) => get(`/v1/reports${query}`)),
  'GET /v1/reports/changes': ({ cursors, foreign }) => [
    ...['', '?limit=1', '?wait=0', '?cursor=AAAA', '?limit=0'].map((query) => get(`/v1/reports/changes${query}`)),
    get('/v1/reports/changes', { accept: NDJSON }),
    ...cursors.filter(({ feed }) => feed === REPORTS).flatMap(({ cursor, tag }) => [...[1, 2, 1000].map((limit) => get(pair((value) => pullOf(REPORTS, limit, value), cursor))), get(pair((value) => pullOf(REPORTS, 2, value), cursor), { accept: NDJSON }), ...(tag ? [get(pair((value) => pullOf(REPORTS, 1000, value), cursor), { 'if-none-match': tag })] : [])]),
    ...[...foreign.slice(0, 1), ...cursors.filter(({ feed }) => feed !== REPORTS).slice(0, 1).map(({ cursor }) => cursor)].map((cursor) => get(pair((value) => pullOf(REPORTS, 10, value), cursor))),
  ],
  'GET /v1/reports/own': () => [get('/v1/reports/own'), get('/v1/reports/own?limit=1'), get('/v1/reports/own?state=withdrawn'), get('/v1/reports/own?limit=0')],
  ...Object.fromEntries(['', '/versions', '/versions/:version', '/versions/:version/compare/:other'].map((rest) => [`GET /v1/reports/own/:report${rest}`, (ground: Ground) => reportIds(ground).map((id) => get(`/v1/reports/own/${id}${rest.replaceAll(/:[a-z]+/g, '1')}`))])),
  'GET /v1/reports/:report': (ground) => [...reportIds(ground), ...ground.hidden.slice(0, 1)].flatMap((id) => [undefined, 'text/markdown', 'text/html', 'image/png'].map((accept) => get(`/v1/reports/${id}`, accept === undefined ? undefined : { accept }))),
  'PUT /v1/reports/:report': (ground) => reportIds(ground).flatMap((id) => [send('PUT', `/v1/reports/${id}`, REPORT, { 'if-match': '"1"' }), send('PUT', `/v1/reports/${id}`, REPORT)]),
  'POST /v1/reports/:report/submit': (ground) => reportIds(ground).map((id) => send('POST', `/v1/reports/${id}/submit`, undefined, { 'if-match': '"1"' })),
  'POST /v1/reports/:report/review': (ground) => reportIds(ground).map((id) => send('POST', `/v1/reports/${id}/review`, { verdict: 'approve' }, { 'if-match': '"1"' })),
  'POST /v1/reports/:report/publish': (ground) => reportIds(ground).map((id) => send('POST', `/v1/reports/${id}/publish`, undefined, { 'if-match': '"1"' })),
  'POST /v1/reports/:report/withdraw': (ground) => reportIds(ground).map((id) => send('POST', `/v1/reports/${id}/withdraw`, { reason: 'mistake' })),
  'GET /v1/reports/search': ({ reports: { words } }) => [
    ...['', '?exercise=hidden-incident', '?facets=true', '?q=shops&facets=true', '?q=shops&limit=1', '?q=shops%20parcels', '?q=-shops', '?q=%22fake%20shops%22&language=en', '?q=fake%20-parcels', '?harm=fraud&facets=true', '?region=NL', '?tactic=T0049', '?origin=birch', '?from=2026-01-01T00:00:00Z', '?released_from=2026-01-01T00:00:00Z', '?after=AAAA', '?limit=0'].map((query) => get(`/v1/reports/search${query}`)),
    ...words.flatMap((word) => [`?q=${word}`, `?q=${word}&facets=true`, `?q=shops%20-${word}&facets=true`, `?q=shops%20or%20${word}`].map((query) => get(`/v1/reports/search${query}`))),
  ],
  'GET /v1/reports/:report/comments': (ground) => reportIds(ground).flatMap((id) => ['', '?limit=1'].map((query) => get(`/v1/reports/${id}/comments${query}`))),
  'POST /v1/reports/:report/comments': (ground) => reportIds(ground).map((id) => send('POST', `/v1/reports/${id}/comments`, { text: 'Seen.', tlp: 'GREEN' })),
  'GET /v1/requests': () => ['', '?limit=1', '?harm=fraud', '?region=NL', '?own=true', '?own=false', '?state=open', '?state=closed', '?exercise=hidden-incident', '?after=AAAA'].map((query) => get(`/v1/requests${query}`)),
  'POST /v1/requests': () => [send('POST', '/v1/requests', asking), send('POST', '/v1/requests', asking, { 'idempotency-key': 'ask' }), send('POST', '/v1/requests', { ...asking, audience: { members: ['elm', 'nobody'] } }), send('POST', '/v1/requests', { ...asking, text: 'Write to a@b.example' }), send('POST', '/v1/requests', {})],
  'GET /v1/requests/:request': (ground) => [...requestIds(ground), ...ground.reports.messages].map((id) => get(`/v1/requests/${id}`)),
  'POST /v1/requests/:request/close': (ground) => requestIds(ground).map((id) => send('POST', `/v1/requests/${id}/close`)),
  'GET /v1/requests/:request/answers': (ground) => requestIds(ground).flatMap((id) => ['', '?limit=1'].map((query) => get(`/v1/requests/${id}/answers${query}`))),
  'POST /v1/requests/:request/answers': (ground) => [...requestIds(ground), ...ground.reports.messages].map((id) => send('POST', `/v1/requests/${id}/answers`, { to: 'all', text: 'Seen.', tlp: 'GREEN' })),
  'POST /v1/messages/:message/withdraw': (ground) => [...requestIds(ground), ...ground.reports.messages].map((id) => send('POST', `/v1/messages/${id}/withdraw`)),
  'GET /v1/topics': () => [get('/v1/topics')],
  'POST /v1/topics': () => ['reports', 'requests', 'trends'].map((of) => send('POST', '/v1/topics', { title: 'Probe', of })),
  'DELETE /v1/topics/:topic': (ground) => [...ground.reports.topics.hidden, ...ground.unknown].map((id) => send('DELETE', `/v1/topics/${id}`)),
  'GET /v1/topics/:topic/news': (ground) => topicIds(ground).flatMap((id) => ['', '?limit=1', '?after=AAAA'].map((query) => get(`/v1/topics/${id}/news${query}`))),
};
