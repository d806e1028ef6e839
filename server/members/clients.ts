import type { ClientView, NewClient, NewCredential, PublicJwk, Scope } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import { grantable } from '../auth/scopes.ts';
import { hashSecret } from '../crypto/secrets.ts';
import type { Hub } from '../hub.ts';
import { duration, formatInstant } from '../policy/time.ts';
import { Problem, problemAt } from '../problems.ts';
import type { ClientDocument, Credential, Entry, MemberDocument } from '../world/documents.ts';
import { OPERATOR, type HubWorld } from '../world/state.ts';
import type { Change } from '../world/store.ts';
import { publicKeyOf, type PublicKey } from './keys.ts';
import { presentMember } from './members.ts';

type Maker = Pick<Hub, 'secrets' | 'random'>;
/** Who changes a client: read when the request arrived, while the world is the one that is being changed. */
type Caller = Pick<Viewer, 'member' | 'client' | 'scopes' | 'operator'>;

/** Credentials that a client may have at one time: enough to rotate, and few enough to compare with each. */
const MAX_CREDENTIALS = 10;

/** A client without its secrets; `secret` is one just made, shown this once. */
export function clientView({ id, member, title, scopes, revoked, credentials }: ClientDocument, secret?: string): ClientView {
  return {
    client_id: id,
    member,
    title,
    scopes: scopes as Scope[],
    revoked,
    credentials: credentials.map(({ id: credential, kind, expires_at: end }) => ({ id: credential, kind, ...(end === undefined ? {} : { expires_at: formatInstant(end) }) })),
    ...(secret === undefined ? {} : { client_secret: secret }),
  };
}

/** A member's clients in the order of their making. */
export function clientsOf(world: HubWorld, member: string): ClientView[] {
  const own = [...world.clients.values()].filter((client) => client.member === member);
  return own.sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1)).map((client) => clientView(client));
}

/** Makes a client of a member, with a secret or the key given. @throws Problem not-found, conflict (it left), invalid-body, missing-scope */
export function addClient(hub: Maker, world: HubWorld, at: number, caller: Caller, memberId: string, { title, scopes, jwk }: NewClient): Change<ClientView> {
  const member = presentMember(world, memberId);
  checkScopes(caller, member, scopes);
  const { credential, secret } = newCredential(hub, at, jwk);
  const client: ClientDocument = { id: freshId(hub, world, memberId), member: memberId, title, scopes, credentials: [credential], revoked: false, created_at: at };
  const deed = { action: 'add-client', subject: client.id, detail: { scopes, credential: credential.id, kind: credential.kind } };
  return { entries: [clientEntry(client)], deeds: [deed], result: clientView(client, secret) };
}

/**
 * Adds a credential; the others end after `retire_others_after`, where that is asked for.
 * @throws Problem not-found, missing-scope, needs-another-client, conflict (revoked, or too many), already-exists (the key is there), invalid-body
 */
export function addCredential(hub: Maker, world: HubWorld, at: number, caller: Caller, id: string, { jwk, retire_others_after: retire }: NewCredential): Change<ClientView> {
  const client = manageable(world, caller, id);
  checkApprover(caller, client);
  if (client.revoked) throw new Problem('conflict');
  const live = client.credentials.filter((credential) => isLive(credential, at));
  if (live.length >= MAX_CREDENTIALS) throw new Problem('conflict');
  const { credential, secret } = newCredential(hub, at, jwk);
  if (live.some((other) => sameKey(other, credential))) throw problemAt('already-exists', '/jwk');
  const others = retire === undefined ? live : live.map((other) => ({ ...other, expires_at: Math.min(other.expires_at ?? Infinity, at + duration(retire)) }));
  const changed = { ...client, credentials: [...others, credential] };
  const detail = { credential: credential.id, kind: credential.kind, ...(retire === undefined ? {} : { retire_others_after: retire }) };
  return { entries: [clientEntry(changed)], deeds: [{ action: 'add-credential', subject: id, detail }], result: clientView(changed, secret) };
}

/** Ends a credential at once. One without an end stays: a client that should not work any more is revoked. @throws Problem not-found, missing-scope, conflict */
export function removeCredential(world: HubWorld, caller: Caller, id: string, credential: string): Change<undefined> {
  const client = manageable(world, caller, id);
  if (!client.credentials.some((candidate) => candidate.id === credential)) throw new Problem('not-found');
  const rest = client.credentials.filter((candidate) => candidate.id !== credential);
  if (rest.every((candidate) => candidate.expires_at !== undefined)) throw new Problem('conflict');
  return { entries: [clientEntry({ ...client, credentials: rest })], deeds: [{ action: 'remove-credential', subject: id, detail: { credential } }], result: undefined };
}

/** Ends a client for ever. The operator cannot end the one it uses, so that it never locks itself out. @throws Problem not-found, missing-scope, conflict */
export function revokeClient(world: HubWorld, caller: Caller, id: string): Change<ClientView> {
  const client = manageable(world, caller, id);
  if (caller.operator && id === caller.client) throw new Problem('conflict');
  const changed = { ...client, revoked: true };
  if (client.revoked) return { entries: [], deeds: [], result: clientView(client) };
  return { entries: [clientEntry(changed)], deeds: [{ action: 'revoke-client', subject: id }], result: clientView(changed) };
}

/**
 * The client, if the caller may change it: the operator anybody's, a member its own. Of one's own member only clients whose
 * scopes the token holds, or a token that may read would give itself one that may write.
 */
function manageable(world: HubWorld, caller: Caller, id: string): ClientDocument {
  const client = world.clients.get(id);
  const own = client?.member === caller.member.id;
  if (!client || !(own || caller.operator)) throw new Problem('not-found');
  const enough = own ? client.scopes.every((scope) => caller.scopes.has(scope)) : caller.scopes.has('members:write');
  if (!enough) throw new Problem('missing-scope');
  return client;
}

/** Whoever gave a credential to an approver of its own member could propose as one client and approve as the other. */
function checkApprover(caller: Caller, client: ClientDocument): void {
  if (client.member === caller.member.id && client.id !== caller.client && client.scopes.includes('policies:approve')) throw new Problem('needs-another-client');
}

function checkScopes(caller: Caller, member: MemberDocument, scopes: readonly Scope[]): void {
  const allowed = grantable(member.kind, member.id === OPERATOR);
  const wrong = scopes.flatMap((scope, index) => (allowed.includes(scope) ? [] : [{ pointer: `/scopes/${index}`, detail: 'is not granted to such a member' }]));
  if (wrong.length > 0) throw new Problem('invalid-body', wrong);
  if (member.id === caller.member.id && !scopes.every((scope) => caller.scopes.has(scope))) throw new Problem('missing-scope');
}

function newCredential(hub: Maker, at: number, jwk: PublicJwk | undefined): { credential: Credential; secret?: string } {
  const id = hub.random.bytes(5).toString('hex');
  if (jwk) return { credential: { id, kind: 'key', jwk: publicKeyOf(jwk, '/jwk'), created_at: at } };
  const secret = hub.random.bytes(32).toString('base64url');
  return { credential: { id, kind: 'secret', hash: hashSecret(hub.secrets, secret), created_at: at }, secret };
}

function sameKey(a: Credential, b: Credential): boolean {
  const text = ({ x, y }: Partial<PublicKey>): string => `${x} ${y}`;
  return a.kind === 'key' && b.kind === 'key' && text(a.jwk) === text(b.jwk);
}

function isLive(credential: Credential, at: number): boolean {
  return credential.expires_at === undefined || credential.expires_at > at;
}

function freshId(hub: Maker, world: HubWorld, member: string): string {
  const id = `${member}.${hub.random.bytes(5).toString('hex')}`;
  return world.clients.has(id) ? freshId(hub, world, member) : id;
}

function clientEntry(client: ClientDocument): Entry {
  return { kind: 'client', subject: client.id, doc: client };
}
