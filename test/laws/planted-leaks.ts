import type { FastifyReply, FastifyRequest } from 'fastify';
import { sql, type RawBuilder } from 'kysely';
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
  { what: 'a count of all signals', route: '/v1/me', leak: async (hub, _head, { body }) => body.replace(/\}$/, `,"signals":${await counted(hub, sql`signal`)}}`) },
  { what: 'another sentence for what there is', route: '/v1/signals/:signal', leak: async (hub, _head, { request, body }) => ((await exists(hub, request)) ? body.replace('There is no such thing, or you may not see it', 'You may not see it') : body) },
  { what: 'a length that follows the classes', route: '/v1/feeds', leak: (_hub, { classes }, { body }) => `${body}${' '.repeat(classes)}` },
  { what: 'a cursor that grows with the log', route: '/v1/feeds/:feed/changes', leak: (_hub, { position }, { body }) => body.replace(/("cursor":")/, `$1${'A'.repeat(position)}`) },
  { what: 'an allowance that others use too', route: '/v1/groups', leak: (_hub, { position }, { reply, body }) => { void reply.header('ratelimit-remaining', Number(reply.getHeader('ratelimit-remaining')) - position); return body; } },
  { what: 'the end of what was never sent', route: '/v1/feeds/:feed/changes', leak: async (hub, _head, { body }) => body.replace('"changes":[', `"changes":[${(await retracted(hub)).map((id) => `{"type":"remove","id":"${id}","reason":"gone"},`).join('')}`) },
  { what: 'how many parts a report has', route: '/v1/reports/:report', leak: async (hub, _head, { request, reply, body }) => { void reply.header('x-parts', await counted(hub, sql`report_part where report_id::text = ${pathOf(request, 'report')}`)); return body; } },
  { what: 'how often a report was revised', route: '/v1/reports/:report', leak: async (hub, _head, { request, reply, body }) => { void reply.header('etag', `"${await counted(hub, sql`report_version where report_id::text = ${pathOf(request, 'report')}`)}"`); return body; } },
  { what: 'a place in the log where reports stand', route: '/v1/reports/changes', leak: (_hub, { position }, { reply, body }) => { void reply.header('x-position', position); return body; } },
  { what: 'a count of all reports beside a page of them', route: '/v1/reports', leak: async (hub, _head, { body }) => body.replace(/\}$/, `,"all":${await counted(hub, sql`report where public_version is not null`)}}`) },
  { what: 'that a word stands somewhere', route: '/v1/reports/search', leak: async (hub, _head, { request, reply, body }) => { void reply.header('x-found', (await counted(hub, sql`report_part where search @@ websearch_to_tsquery('simple', ${(request.query as { q?: string }).q ?? ''}::text)`)) > 0 ? 'yes' : 'no'); return body; } },
  { what: 'how many answers there are that others see', route: '/v1/requests', leak: async (hub, _head, { reply, body }) => { void reply.header('x-answers', await counted(hub, sql`message where message = 'answer'`)); return body; } },
  { what: 'how many comments there are', route: '/v1/reports/:report/comments', leak: async (hub, _head, { body }) => `${body}${' '.repeat(await counted(hub, sql`message where message = 'comment'`))}` },
  { what: 'another sentence for a request that there is', route: '/v1/requests/:request', leak: async (hub, _head, { request, body }) => ((await counted(hub, sql`message where id::text = ${pathOf(request, 'request')}`)) > 0 ? body.replace('There is no such thing, or you may not see it', 'You may not see it') : body) },
  { what: 'news that others heard', route: '/v1/topics/:topic/news', leak: async (hub, _head, { reply, body }) => { void reply.header('x-heard', await counted(hub, sql`topic_item`)); return body; } },
];

async function counted(hub: Hub, what: RawBuilder<unknown>): Promise<number> {
  return (await sql<{ n: number }>`select count(*) as n from ${what}`.execute(hub.db)).rows[0]!.n;
}

function pathOf(request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string>)[name]!;
}

async function exists(hub: Hub, request: FastifyRequest): Promise<boolean> {
  return (await counted(hub, sql`signal where id::text = ${pathOf(request, 'signal')}`)) > 0;
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
