import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';
import type { App } from './fastify.ts';
import { observeRequest } from './metrics.ts';

/** How long the database may take to answer before the hub counts as not ready. */
const PATIENCE = 1000;

const answer = { type: 'object', required: ['status'], properties: { status: { type: 'string', const: 'ok' } } } as const;

/** What supervisors and load balancers ask, and the measuring of every request. */
export function healthRoutes(server: App, hub: Hub): void {
  server.addHook('onResponse', (request, reply, done) => {
    observeRequest(request.method, request.routeOptions.url, reply.statusCode, reply.elapsedTime);
    done();
  });

  server.get('/health/live', { config: { rateLimit: false }, logLevel: 'warn', schema: { tags: ['Operation'], summary: 'Whether the process is up', response: { 200: answer } } }, () => ({ status: 'ok' }));

  server.get('/health/ready', { config: { rateLimit: false }, logLevel: 'warn', schema: { tags: ['Operation'], summary: 'Whether the hub can serve requests', response: { 200: answer } } }, async () => {
    if (!(await isPrepared(hub))) throw new Problem('not-ready');
    return { status: 'ok' };
  });
}

/** Whether the database answers in time and holds a hub: its tables, and the operator that the first start adds. */
async function isPrepared(hub: Hub): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE);
  });
  const prepared = hub.head().then((head) => head.world > 0, () => false);
  return Promise.race([prepared, late]).finally(() => clearTimeout(timer));
}
