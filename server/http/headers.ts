import type { App } from './fastify.ts';

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

/**
 * Puts headers on every answer, before the framework sees the request: it answers some by itself, without any hook. A route can
 * set another `cache-control`, and does set another policy where it serves the page of the documentation.
 */
export function securityHeaders(server: App): void {
  server.server.prependListener('request', (request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (request.url?.startsWith('/v1/')) response.setHeader('cache-control', 'no-store');
  });
}
