import { viewerOf, type Access } from '../auth/access.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { searchReports } from './search.ts';

/** Searching and browsing reports. */
export function searchRoutes(app: App, hub: Hub, access: Access, entitlements: Entitlements): void {
  app.get('/v1/reports/search', {
    onRequest: access('reports:read'),
    schema: { tags: ['Reports'], summary: 'Search reports, or list them', description: 'Only what you see is searched, counted and weighed.', querystring: $('ReportSearchQuery'), response: { 200: $('ReportHits') } },
  }, (request) => searchReports(hub, entitlements, viewerOf(request).member, request.query));
}
