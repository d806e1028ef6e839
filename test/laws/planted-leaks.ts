import type { FastifyReply, FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { readHead, type Head } from '../../server/db/head.ts';
import type { App } from '../../server/http/fastify.ts';
import type { Hub } from '../../server/hub.ts';

/** A way to give away something of what is hidden, in the answers to one route. */
interface Leak {
  what: string;
  route: string;
  leak: (hub: Hub, head: Head, answer: { request: FastifyRequest; reply: FastifyReply; body: string }) => Promise<string> | string;
}

/** Leaks that probing must find. */
export const LEAKS: readonly Leak[] = [
  { what: 'the head of the log in a header', route: '/v1/feeds/:feed/changes', leak: (_hub, { position }, { reply, body }) => { void reply.header('x-position', position); return body; } },
  { what: 'a tag that follows the log', route: '/v1/signals', leak: (_hub, { position }, { reply, body }) => { void reply.header('etag', `"${position}"`); return body; } },
  { what: 'a count of all signals', route: '/v1/me', leak: async (hub, _head, { body }) => body.replace(/\}$/, `,"signals":${(await sql<{ n: number }>`select count(*) as n from signal`.execute(hub.db)).rows[0]!.n}}`) },
  { what: 'another sentence for what there is', route: '/v1/signals/:signal', leak: async (hub, _head, { request, body }) => ((await exists(hub, request)) ? body.replace('There is no such thing, or you may not see it', 'You may not see it') : body) },
  { what: 'a length that follows the classes', route: '/v1/feeds', leak: (_hub, { classes }, { body }) => `${body}${' '.repeat(classes)}` },
  { what: 'a cursor that grows with the log', route: '/v1/feeds/:feed/changes', leak: (_hub, { position }, { body }) => body.replace(/("cursor":")/, `$1${'A'.repeat(position)}`) },
  { what: 'an allowance that others use too', route: '/v1/groups', leak: (_hub, { position }, { reply, body }) => { void reply.header('ratelimit-remaining', Number(reply.getHeader('ratelimit-remaining')) - position); return body; } },
  { what: 'the end of what was never sent', route: '/v1/feeds/:feed/changes', leak: async (hub, _head, { body }) => body.replace('"changes":[', `"changes":[${(await retracted(hub)).map((id) => `{"type":"remove","id":"${id}","reason":"gone"},`).join('')}`) },
];

async function exists(hub: Hub, request: FastifyRequest): Promise<boolean> {
  const { signal } = request.params as { signal: string };
  const found = await sql`select 1 from signal where id::text = ${signal}`.execute(hub.db);
  return found.rows.length > 0;
}

async function retracted(hub: Hub): Promise<string[]> {
  const found = await sql<{ id: string }>`select id from signal where not active order by id`.execute(hub.db);
  return found.rows.map(({ id }) => id);
}

/** Switches leaks on, one at a time. */
export class Planted {
  #leak: Leak | undefined;

  plant(leak: Leak | undefined): void {
    this.#leak = leak;
  }

  /** Lets the leak into the answers of an app. */
  readonly extend = (app: App, hub: Hub): void => {
    app.addHook('onSend', async (request, reply, payload) => {
      const leak = this.#leak;
      if (!leak || leak.route !== request.routeOptions.url || !(typeof payload === 'string' || Buffer.isBuffer(payload))) return payload;
      const body = await leak.leak(hub, await readHead(hub.db, hub.clock), { request, reply, body: payload.toString() });
      void reply.removeHeader('content-length');
      return body;
    });
  };
}
