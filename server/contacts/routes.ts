import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ContactList, ContactQuery, PublicContactQuery } from '../../schemas/types.ts';
import { blake3 } from '../../clients/sdk/digests/blake3.ts';
import { viewerOf, type Access, type Viewer } from '../auth/access.ts';
import { holds } from '../http/conditional.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';
import { contactView, isWanted } from './contacts.ts';
import { PAGE_POLICY, publicList, publicPage } from './public-page.ts';
import { publicContacts, putContact, removeContact, verifyContact, visibleContacts } from './store.ts';

const tags = ['Contacts'];
/** Requests to the public page, per minute and address. */
const PUBLIC_RATE = 120;

/** The directory of contacts, and the public page. */
export function contactRoutes(app: App, hub: Hub, access: Access): void {
  readRoutes(app, hub, access);
  writeRoutes(app, hub, access);
  publicRoute(app, hub);
}

function readRoutes(app: App, hub: Hub, access: Access): void {
  const onRequest = access('members:read');

  app.get('/v1/contacts', { onRequest, schema: { tags, summary: 'The contacts that you may see, by role, need, country or who is there now', querystring: $('ContactQuery'), response: { 200: $('ContactList') } } }, (request) => listContacts(hub, viewerOf(request), request.query));

  app.get('/v1/contacts/:owner/:name', { onRequest, schema: { tags, summary: 'One contact', params: $('ContactPath'), response: { 200: $('ContactView') } } }, async (request) => {
    const { member, world, head } = viewerOf(request);
    const [row] = await visibleContacts(hub.db, world, member.id, { ...request.params, limit: 1 });
    if (!row) throw new Problem('not-found');
    return contactView(world, head.at, row, member.id);
  });
}

function writeRoutes(app: App, hub: Hub, access: Access): void {
  const onRequest = access('contacts:write');

  app.put('/v1/contacts/:owner/:name', { onRequest, schema: { tags, summary: 'Keep one of your contacts; when what it says changes, confirm it again', params: $('ContactPath'), body: $('NewContact'), response: { 200: $('ContactView'), 201: $('ContactView') } } }, async (request, reply) => {
    const { created, contact } = await putContact(hub, ownerOf(viewerOf(request), request.params.owner), request.params.name, request.body);
    return reply.code(created ? 201 : 200).send(contact);
  });

  app.post('/v1/contacts/:owner/:name/verify', { onRequest, schema: { tags, summary: 'Confirm that one of your contacts is right as it stands', params: $('ContactPath'), response: { 200: $('ContactView') } } }, (request) => verifyContact(hub, ownerOf(viewerOf(request), request.params.owner), request.params.name));

  app.delete('/v1/contacts/:owner/:name', { onRequest, schema: { tags, summary: 'Remove one of your contacts', params: $('ContactPath'), response: { 204: { type: 'null', description: 'Removed' } } } }, async (request, reply) => {
    await removeContact(hub, ownerOf(viewerOf(request), request.params.owner), request.params.name);
    return reply.code(204).send();
  });
}

/** The viewer, where the contact is its own; another's may not be told apart from none. */
function ownerOf(viewer: Viewer, owner: string): Viewer {
  if (owner !== viewer.member.id) throw new Problem('not-found');
  return viewer;
}

async function listContacts(hub: Hub, { member, world, head }: Viewer, query: ContactQuery): Promise<ContactList> {
  const limit = query.limit ?? 100;
  const rows = await visibleContacts(hub.db, world, member.id, { owner: query.owner, after: query.after, limit });
  const last = rows.at(-1);
  return {
    contacts: rows.filter((row) => isWanted(row, query, head.at)).map((row) => contactView(world, head.at, row, member.id)),
    ...(rows.length === limit && last ? { next: `${last.owner}/${last.name}` } : {}),
  };
}

function publicRoute(app: App, hub: Hub): void {
  app.get('/contacts', {
    config: { rateLimit: { max: Math.min(PUBLIC_RATE, hub.config.rateLimit) } },
    schema: {
      tags,
      summary: 'Whom to contact, for everybody: by country and need, as a page or as JSON',
      description: 'Only contacts that their owners declared public and have confirmed lately, of members that the operator has checked.',
      querystring: $('PublicContactQuery'),
      response: { 200: { content: { 'text/html': { schema: { type: 'string' } }, 'application/json': { schema: $('PublicContactList') } } } },
    },
  }, async (request, reply) => answerPublic(hub, request.query, request as FastifyRequest, reply as unknown as FastifyReply) as never);
}

async function answerPublic(hub: Hub, query: PublicContactQuery, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const head = await hub.head();
  const world = await hub.worlds.at(head.world);
  const rows = await publicContacts(hub.db, world);
  const contacts = publicList(world, head.at, rows, query);
  const json = wantsJson(request);
  const countries = [...new Set(rows.flatMap(({ doc }) => doc.countries ?? []))].sort();
  const text = json ? JSON.stringify({ contacts }) : publicPage(contacts, countries, query);
  const tag = `"${blake3(text, 12).toString('base64url')}"`;
  void reply.header('cache-control', 'public, max-age=60').header('vary', 'accept').header('etag', tag).header('content-security-policy', PAGE_POLICY);
  if (holds(request, tag)) return reply.code(304).send();
  return reply.type(json ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8').send(text);
}

function wantsJson({ headers: { accept = '' } }: FastifyRequest): boolean {
  return accept.includes('application/json') && !accept.includes('text/html');
}
