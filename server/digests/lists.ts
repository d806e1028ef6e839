import { readFileSync } from 'node:fs';
import { blake3 } from '../../clients/sdk/digests/blake3.ts';
import { projectFile } from '../../schemas/root.ts';
import type { DigestSchemeList, HarmList } from '../../schemas/types.ts';
import { holds } from '../http/conditional.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';

const NOT_MODIFIED = { type: 'null', description: 'It has not changed' } as const;
const HOUR = 'public, max-age=3600';

/** What everybody may read without a token: the digest schemes, and the harm tree. */
export function listRoutes(app: App): void {
  const { $comment: description, schemes } = document('schemas/digest-schemes.json') as { $comment: string; schemes: DigestSchemeList['schemes'] };
  const schemeList: DigestSchemeList = { description, schemes };
  const schemesTag = etagOf(schemeList);
  app.get('/v1/digest-schemes', { schema: { tags: ['Digest keys'], summary: 'The digest schemes and their rules', response: { 200: $('DigestSchemeList'), 304: NOT_MODIFIED } } }, (request, reply) => {
    void reply.headers({ etag: schemesTag, 'cache-control': HOUR });
    return holds(request, schemesTag) ? reply.code(304).send() : reply.send(schemeList);
  });

  const harms = document('schemas/harms.json') as HarmList;
  const harmsTag = etagOf(harms);
  app.get('/v1/harms', { schema: { tags: ['Policies'], summary: 'The harm tree', response: { 200: $('HarmList'), 304: NOT_MODIFIED } } }, (request, reply) => {
    void reply.headers({ etag: harmsTag, 'cache-control': HOUR });
    return holds(request, harmsTag) ? reply.code(304).send() : reply.send(harms);
  });
}

function document(path: string): unknown {
  return JSON.parse(readFileSync(projectFile(path), 'utf8'));
}

function etagOf(list: object): string {
  return `"${blake3(JSON.stringify(list), 16).toString('hex')}"`;
}
