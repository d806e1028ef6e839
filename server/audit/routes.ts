import { actorOf, operatorOf, type Access } from '../auth/access.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { formatInstant } from '../policy/time.ts';
import { readAudit } from './log.ts';

/** The audit log, for the operator, whose reading is recorded as well. */
export function auditRoutes(app: App, hub: Hub, access: Access): void {
  app.get('/v1/audit', { onRequest: access('audit:read'), schema: { tags: ['Audit'], summary: 'A page of the audit log, oldest first', description: 'The record of this read comes after what it shows, so that reading to the end comes to an end.', querystring: $('AuditQuery'), response: { 200: $('AuditPage') } } }, async (request) => {
    const actor = actorOf(operatorOf(request));
    const { after = 0, limit = 100 } = request.query;
    const page = await readAudit(hub.db, after, limit);
    await hub.worlds.change(actor, () => ({ entries: [], deeds: [{ action: 'read-audit', subject: 'audit', detail: { after, entries: page.length } }], result: undefined }));
    return { entries: page.map((row) => ({ ...row, at: formatInstant(row.at) })) };
  });
}
