import type { App } from './fastify.ts';

/** Headers that every answer carries. A route may set another `cache-control`; the page of the documentation, another policy. */
export function securityHeaders(server: App): void {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    });
    if (request.url.startsWith('/v1/')) void reply.header('cache-control', 'no-store');
    done();
  });
}
