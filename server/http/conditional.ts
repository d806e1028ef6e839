import type { FastifyRequest } from 'fastify';

/** Whether the client holds what has this tag: any of those that it lists, compared weakly, since proxies that compress weaken them. RFC 9110, 13.1.2. */
export function holds({ headers }: Pick<FastifyRequest, 'headers'>, tag: string): boolean {
  const header = headers['if-none-match'];
  return header !== undefined && (header === tag || header.split(',').some((candidate) => ['*', tag].includes(candidate.trim().replace(/^W\//, ''))));
}
