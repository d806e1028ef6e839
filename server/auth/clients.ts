import { importJWK, jwtVerify, type JWK } from 'jose';
import { constantTimeEqual, hashSecret } from '../crypto/secrets.ts';
import type { Hub } from '../hub.ts';
import type { ClientDocument, Credential } from '../world/documents.ts';
import type { HubWorld } from '../world/state.ts';

/** How a client proves itself at the token endpoint. */
export type Proof = { kind: 'secret'; client: string; secret: string } | { kind: 'assertion'; client?: string; assertion: string };

const ASSERTION_SECONDS = 300;
const NOBODY = '0'.repeat(64);

/** The client that the proof proves, or undefined. Takes the same time whether the client exists or not. */
export async function proveClient(hub: Hub, world: HubWorld, proof: Proof, audiences: readonly string[]): Promise<ClientDocument | undefined> {
  if (proof.kind === 'secret') return proveSecret(hub, world, proof.client, proof.secret);
  return proveAssertion(hub, world, proof, audiences);
}

function proveSecret(hub: Hub, world: HubWorld, id: string, secret: string): ClientDocument | undefined {
  const client = world.clients.get(id);
  const given = hashSecret(hub.secrets, secret);
  const stored = live(client, hub.clock.now()).flatMap((credential) => (credential.kind === 'secret' ? [credential.hash] : []));
  const matches = [...stored, NOBODY].map((hash) => constantTimeEqual(hash, given));
  return matches.includes(true) && client && !isRevoked(world, client) ? client : undefined;
}

/** A member that has left still gets tokens: they open nothing, and its replicas learn that they must be emptied. */
function isRevoked(world: HubWorld, client: ClientDocument): boolean {
  return client.revoked && world.members.get(client.member)?.status !== 'left';
}

/** RFC 7523: a JWT signed by the client's registered key, used once, at most five minutes long. */
async function proveAssertion(hub: Hub, world: HubWorld, { assertion, client: stated }: Proof & { kind: 'assertion' }, audiences: readonly string[]): Promise<ClientDocument | undefined> {
  const id = subjectOf(assertion);
  const client = id === undefined ? undefined : world.clients.get(id);
  if (!client || isRevoked(world, client) || (stated !== undefined && stated !== id)) return undefined;
  const keys = live(client, hub.clock.now()).flatMap((credential) => (credential.kind === 'key' ? [credential.jwk as JWK] : []));
  const now = hub.clock.now();
  for (const jwk of keys) {
    const alg = jwk.kty === 'EC' ? 'ES256' : 'EdDSA';
    const verified = await jwtVerify(assertion, await importJWK(jwk, alg), {
      algorithms: [alg],
      audience: [...audiences],
      issuer: client.id,
      subject: client.id,
      currentDate: new Date(now),
      requiredClaims: ['exp', 'jti'],
      clockTolerance: 30,
    }).catch(() => undefined);
    if (!verified) continue;
    const { exp, jti } = verified.payload;
    if (exp! * 1000 > now + (ASSERTION_SECONDS + 30) * 1000 || typeof jti !== 'string' || jti.length > 200) return undefined;
    return (await useOnce(hub, client.id, jti, exp! * 1000)) ? client : undefined;
  }
  return undefined;
}

async function useOnce(hub: Hub, client: string, jti: string, expires: number): Promise<boolean> {
  await hub.db.deleteFrom('assertion').where('client', '=', client).where('expires_at', '<', hub.clock.now() - 60_000).execute();
  const inserted = await hub.db.insertInto('assertion').values({ client, jti, expires_at: expires }).onConflict((conflict) => conflict.doNothing()).returning('jti').execute();
  return inserted.length === 1;
}

function live(client: ClientDocument | undefined, now: number): readonly Credential[] {
  return (client?.credentials ?? []).filter((credential) => credential.expires_at === undefined || credential.expires_at > now);
}

function subjectOf(assertion: string): string | undefined {
  try {
    const payload = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as { sub?: unknown };
    return typeof payload.sub === 'string' ? payload.sub : undefined;
  } catch {
    return undefined;
  }
}
