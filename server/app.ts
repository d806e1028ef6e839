import formbody from '@fastify/formbody';
import jwt from '@fastify/jwt';
import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { createAccess } from './auth/access.ts';
import { authRoutes } from './auth/routes.ts';
import { Tokens } from './auth/tokens.ts';
import { auditRoutes } from './audit/routes.ts';
import { contactRoutes } from './contacts/routes.ts';
import { digestRoutes } from './digests/routes.ts';
import { emergencyRoutes } from './emergencies/routes.ts';
import { Entitlements } from './feeds/entitlements.ts';
import { feedRoutes } from './feeds/routes.ts';
import { holdRoutes } from './holds/routes.ts';
import { exerciseRoutes } from './exercises/routes.ts';
import { documentation } from './http/documentation.ts';
import { handleErrors } from './http/errors.ts';
import type { App } from './http/fastify.ts';
import { healthRoutes } from './http/health.ts';
import type { Hub } from './hub.ts';
import { incidentRoutes } from './incidents/routes.ts';
import { measureRoutes } from './measures/routes.ts';
import { memberRoutes } from './members/routes.ts';
import { policyRoutes } from './policies/routes.ts';
import { messageRoutes } from './messages/routes.ts';
import { Problem } from './problems.ts';
import { reportChangesRoutes } from './reports/changes/routes.ts';
import { reportRoutes } from './reports/routes.ts';
import { referralRoutes } from './referrals/routes.ts';
import { searchRoutes } from './search/routes.ts';
import { signalRoutes } from './signals/routes.ts';
import { subscriptionRoutes } from './subscriptions/routes.ts';
import { topicRoutes } from './topics/routes.ts';
import { trendRoutes } from './trends/routes.ts';

/** Adds everything that a hub answers to a bare server. */
export async function buildApp(server: App, hub: Hub): Promise<App> {
  const address = (): string => hub.config.publicUrl ?? localAddress(server, hub);
  handleErrors(server);
  await server.register(formbody);
  await server.register(jwt, { secret: { private: noDefaultKey, public: noDefaultKey }, sign: { algorithm: 'EdDSA' } });
  await server.register(rateLimit, {
    hook: 'preParsing',
    max: hub.config.rateLimit,
    timeWindow: 60_000,
    enableDraftSpec: true,
    keyGenerator: (request: FastifyRequest) => request.viewer?.member.id ?? request.ip,
    errorResponseBuilder: () => new Problem('rate-limited'),
  });
  await documentation(server);
  const tokens = new Tokens(hub, server.jwt, address);
  const access = createAccess(hub, tokens);
  const entitlements = new Entitlements();
  healthRoutes(server, hub);
  await server.register((scope, _options, done) => {
    const app = scope as unknown as App;
    authRoutes(app, hub, tokens, access, address);
    memberRoutes(app, hub, access);
    contactRoutes(app, hub, access);
    incidentRoutes(app, hub, access);
    exerciseRoutes(app, hub, access);
    emergencyRoutes(app, hub, access);
    digestRoutes(app, hub, access);
    policyRoutes(app, hub, access, entitlements);
    signalRoutes(app, hub, access, entitlements);
    feedRoutes(app, hub, access, entitlements);
    subscriptionRoutes(app, hub, access);
    measureRoutes(app, hub, access, entitlements);
    trendRoutes(app, hub, access);
    searchRoutes(app, hub, access, entitlements);
    messageRoutes(app, hub, access, entitlements);
    topicRoutes(app, hub, access, entitlements);
    reportRoutes(app, hub, access, entitlements);
    referralRoutes(app, hub, access);
    holdRoutes(app, hub, access);
    reportChangesRoutes(app, hub, access, entitlements);
    auditRoutes(app, hub, access);
    done();
  });
  return server;
}

/** Every token names its key: nothing is signed or verified without one. */
function noDefaultKey(): never {
  throw new Problem('invalid-token');
}

function localAddress(server: App, hub: Hub): string {
  const bound = server.server.address();
  const port = typeof bound === 'object' && bound ? bound.port : hub.config.port;
  const { host } = hub.config;
  return `${hub.config.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
