import type { FastifyRequest, RouteOptions } from 'fastify';
import type { Scope } from '../../schemas/types.ts';
import type { Actor } from '../audit/log.ts';
import type { Head } from '../db/head.ts';
import type { Hub } from '../hub.ts';
import { BARRED_KINDS } from '../policy/decide.ts';
import { Problem } from '../problems.ts';
import type { MemberDocument } from '../world/documents.ts';
import { OPERATOR, type HubWorld } from '../world/state.ts';
import { AUTHORITY_SCOPES } from './scopes.ts';
import type { Tokens } from './tokens.ts';

/** Who asks, as known at the head of the log when the request arrived. */
export interface Viewer {
  member: MemberDocument;
  client: string;
  scopes: ReadonlySet<string>;
  operator: boolean;
  world: HubWorld;
  head: Head;
}

declare module 'fastify' {
  interface FastifyRequest {
    viewer?: Viewer;
  }
}

/** The check of a route. It carries its scope, so that the documentation is derived from it and cannot differ. */
export type Check = ((request: FastifyRequest) => Promise<void>) & { readonly scope: Scope };

/** Makes the check that a route declares: `onRequest: access('signals:read')`. */
export type Access = (scope: Scope) => Check;

/**
 * Reads the token and the world as it is now, so that a suspended member or a revoked client is cut off at once. The scopes in
 * force are those of the token that the client still has. Authorities are kept to their plane whatever a client was granted.
 */
export function createAccess(hub: Hub, tokens: Tokens): Access {
  const check = async (request: FastifyRequest, scope: Scope): Promise<void> => {
    const head = await hub.head();
    const world = await hub.worlds.at(head.world);
    const viewer = identify(world, head, tokens, bearer(request));
    request.viewer = viewer;
    if (BARRED_KINDS.includes(viewer.member.kind) && !AUTHORITY_SCOPES.includes(scope)) throw new Problem('kind-not-allowed');
    if (!viewer.scopes.has(scope)) throw new Problem('missing-scope');
  };
  return (scope) => Object.assign((request: FastifyRequest) => check(request, scope), { scope });
}

/** The scope that a route's check asks for; undefined for a route that is open to everyone. */
export function scopeOf(route: Pick<RouteOptions, 'onRequest'>): Scope | undefined {
  return [route.onRequest ?? []].flat().find((hook): hook is typeof hook & Check => 'scope' in hook)?.scope;
}

/** The viewer of a request whose route declared its access. */
export function viewerOf(request: FastifyRequest): Viewer {
  if (!request.viewer) throw new Error('the route declares no access');
  return request.viewer;
}

/** @throws Problem operator-only */
export function operatorOf(request: FastifyRequest): Viewer {
  const viewer = viewerOf(request);
  if (!viewer.operator) throw new Problem('operator-only');
  return viewer;
}

/** The viewer as the audit log names it. */
export function actorOf({ member, client }: Viewer): Actor {
  return { member: member.id, client };
}

function identify(world: HubWorld, head: Head, tokens: Tokens, token: string): Viewer {
  const claims = tokens.verify(world, token);
  const client = world.clients.get(claims.sub);
  const member = client && world.members.get(client.member);
  if (!client || !member) throw new Problem('invalid-token');
  // A member that left has no clients any more, but must learn that its replicas are to be emptied.
  if (member.status === 'left') throw new Problem('member-left');
  if (client.revoked) throw new Problem('invalid-token');
  if (member.status === 'suspended') throw new Problem('member-suspended');
  const scopes = new Set(claims.scope.split(' ').filter((scope) => client.scopes.includes(scope)));
  return { member, client: client.id, scopes, operator: member.id === OPERATOR, world, head };
}

function bearer(request: FastifyRequest): string {
  const match = /^Bearer ([A-Za-z0-9._~+/=-]{1,4096})$/i.exec(request.headers.authorization ?? '');
  if (!match) throw new Problem(request.headers.authorization ? 'invalid-token' : 'missing-token');
  return match[1]!;
}
