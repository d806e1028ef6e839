import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ReportView } from '../../schemas/types.ts';
import { viewerOf, type Access } from '../auth/access.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';
import { compareVersions } from './compare.ts';
import { ReportDesk, type Author } from './desk.ts';
import { PAGE_POLICY, toMarkdown, toPage } from './export.ts';
import { listReports } from './list.ts';
import { findOwn, findVersion, listOwn, versionsOf } from './own.ts';
import { readReport } from './read.ts';

const tags = ['Reports'];

/** More than a report may hold, so that what is too long is told by its place. */
const bodyLimit = 4 * 1_048_576;

/** Writing, reviewing, publishing and withdrawing one's own reports, and reading what one may see of others'. */
export function reportRoutes(app: App, hub: Hub, access: Access, entitlements: Entitlements): void {
  writingRoutes(app, new ReportDesk(hub), access);
  ownRoutes(app, hub, access);
  readingRoutes(app, hub, access, entitlements);
}

function writingRoutes(app: App, desk: ReportDesk, access: Access): void {
  const write = access('reports:write');

  app.post('/v1/reports', { bodyLimit, onRequest: write, schema: { tags, summary: 'Write a report: a draft, which nobody else sees', headers: $('WriteHeaders'), body: $('NewReport'), response: { 200: $('OwnReport'), 201: $('OwnReport') } } }, async (request, reply) => {
    const { report, created } = await desk.create(authorOf(request), request.body, request.headers['idempotency-key']);
    return reply.code(created ? 201 : 200).send(report);
  });

  app.put('/v1/reports/:report', { bodyLimit, onRequest: write, schema: { tags, summary: 'Write a further version, which is a draft', params: $('ReportPath'), headers: $('VersionHeaders'), body: $('NewReport'), response: { 200: $('OwnReport') } } }, (request) =>
    desk.edit(authorOf(request), request.params.report, versionIn(request.headers), request.body));

  app.post('/v1/reports/:report/submit', { onRequest: write, schema: { tags, summary: 'Submit the latest version for review', params: $('ReportPath'), headers: $('VersionHeaders'), response: { 200: $('OwnReport') } } }, (request) =>
    desk.submit(authorOf(request), request.params.report, versionIn(request.headers)));

  app.post('/v1/reports/:report/review', { onRequest: access('reports:review'), schema: { tags, summary: 'Approve the latest version, or return it to its authors', description: 'The reviewer is another client than every author since the last publication.', params: $('ReportPath'), headers: $('VersionHeaders'), body: $('NewReview'), response: { 200: $('OwnReport') } } }, (request) =>
    desk.review(authorOf(request), request.params.report, versionIn(request.headers), request.body));

  app.post('/v1/reports/:report/publish', { onRequest: write, schema: { tags, summary: 'Publish the latest version, once it is approved', params: $('ReportPath'), headers: $('VersionHeaders'), response: { 200: $('OwnReport') } } }, (request) =>
    desk.publish(authorOf(request), request.params.report, versionIn(request.headers)));

  app.post('/v1/reports/:report/withdraw', { onRequest: write, schema: { tags, summary: 'Take a report back, for good', params: $('ReportPath'), body: $('Withdrawal'), response: { 200: $('OwnReport') } } }, (request) =>
    desk.withdraw(authorOf(request), request.params.report, request.body.reason));
}

function ownRoutes(app: App, hub: Hub, access: Access): void {
  const read = access('reports:read');

  app.get('/v1/reports/own', { onRequest: read, schema: { tags, summary: 'List your own reports, drafts too', querystring: $('OwnReportsQuery'), response: { 200: $('OwnReportList') } } }, (request) =>
    listOwn(hub.db, viewerOf(request).member.number, request.query));

  app.get('/v1/reports/own/:report', { onRequest: read, schema: { tags, summary: 'Read the latest version of your own report', params: $('ReportPath'), response: { 200: $('OwnReport') } } }, async (request) =>
    found(await findOwn(hub.db, viewerOf(request).member.number, request.params.report)));

  app.get('/v1/reports/own/:report/versions', { onRequest: read, schema: { tags, summary: 'List the versions of your own report', params: $('ReportPath'), response: { 200: $('ReportVersionList') } } }, async (request) =>
    found(await versionsOf(hub.db, viewerOf(request).member.number, request.params.report)));

  app.get('/v1/reports/own/:report/versions/:version', { onRequest: read, schema: { tags, summary: 'Read one version of your own report', params: $('ReportVersionPath'), response: { 200: $('ReportVersion') } } }, async (request) =>
    found(await findVersion(hub.db, viewerOf(request).member.number, request.params.report, request.params.version)));

  app.get('/v1/reports/own/:report/versions/:version/compare/:other', { onRequest: read, schema: { tags, summary: 'Compare two versions of your own report', params: $('ReportComparePath'), response: { 200: $('ReportComparison') } } }, async (request) => {
    const { report, version, other } = request.params;
    const { number } = viewerOf(request).member;
    const [from, to] = await Promise.all([version, other].map((each) => findVersion(hub.db, number, report, each)));
    return compareVersions(found(from), found(to));
  });
}

function readingRoutes(app: App, hub: Hub, access: Access, entitlements: Entitlements): void {
  const read = access('reports:read');

  app.get('/v1/reports', { onRequest: read, schema: { tags, summary: 'List the reports that you may see', querystring: $('ReportsQuery'), response: { 200: $('ReportList') } } }, (request) =>
    listReports(hub, entitlements, viewerOf(request).member, request.query));

  app.get('/v1/reports/:report', { onRequest: read, schema: { tags, summary: 'Read a report as policy lets you see it', description: 'As JSON, as Markdown or as a page that can be printed: `Accept` decides.', params: $('ReportPath'), response: { 200: { description: 'The report', content: { 'application/json': { schema: $('ReportView') }, 'text/markdown': { schema: { type: 'string' } }, 'text/html': { schema: { type: 'string' } } } } } } }, async (request, reply) => {
    const send = FORMS[formOf(request)];
    return send(reply, found(await readReport(hub, entitlements, viewerOf(request).member, request.params.report)));
  });
}

/** The forms in which a report can be had. */
const FORMS = {
  'application/json': (reply: FastifyReply, view: ReportView) => reply.type('application/json; charset=utf-8').send(view),
  'text/markdown': (reply: FastifyReply, view: ReportView) => reply.type('text/markdown; charset=utf-8').send(toMarkdown(view)),
  'text/html': (reply: FastifyReply, view: ReportView) => reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY).send(toPage(view)),
};

/** The form that is asked for with the greatest weight; JSON where several are, or anything. @throws Problem not-acceptable */
function formOf(request: FastifyRequest): keyof typeof FORMS {
  const asked = (request.headers.accept ?? '*/*').split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return { type, weight: Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1) };
  });
  const weightOf = (form: string): number => Math.max(0, ...asked.filter(({ type }) => type === form || type === '*/*' || type === `${form.split('/')[0]}/*`).map(({ weight }) => weight));
  const [best] = (Object.keys(FORMS) as (keyof typeof FORMS)[]).sort((a, b) => weightOf(b) - weightOf(a));
  if (weightOf(best!) <= 0) throw new Problem('not-acceptable');
  return best!;
}

function authorOf(request: FastifyRequest): Author {
  const { member, client } = viewerOf(request);
  return { member, client };
}

function versionIn({ 'if-match': match }: { 'if-match': string }): number {
  return Number(match.slice(1, -1));
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Problem('not-found');
  return value;
}
