import { hashSecret } from './crypto/secrets.ts';
import { newDigestKey } from './digests/keys.ts';
import { newSigningKey } from './auth/tokens.ts';
import { ALL_SCOPES } from './auth/scopes.ts';
import type { Hub } from './hub.ts';
import type { Entry } from './world/documents.ts';
import { OPERATOR } from './world/state.ts';

/** The operator's first client, shown once. */
export interface FirstClient {
  client_id: string;
  client_secret: string;
}

/**
 * Prepares an empty hub: the operator's member and client, a signing key, the hub's digest key.
 * @returns the operator's client, or undefined when the hub was prepared before (by another process just now, too)
 */
export function bootstrap(hub: Hub): Promise<FirstClient | undefined> {
  const id = `${OPERATOR}.operator`;
  return hub.worlds.change({ member: OPERATOR, client: 'first-start' }, (world, at) => {
    if (world.members.has(OPERATOR)) return { entries: [], deeds: [], result: undefined };
    const secret = hub.random.bytes(32).toString('base64url');
    const entries: Entry[] = [
      { kind: 'member', subject: OPERATOR, doc: { id: OPERATOR, number: 1, title: 'This hub', kind: 'hub', status: 'active', trust: 'trusted', jurisdictions: [], agreements: [], created_at: at } },
      { kind: 'client', subject: id, doc: { id, member: OPERATOR, title: 'Operator', scopes: [...ALL_SCOPES], credentials: [{ id: 'first', kind: 'secret', hash: hashSecret(hub.secrets, secret), created_at: at }], revoked: false, created_at: at } },
      newSigningKey(hub, at),
      newDigestKey(hub, world, OPERATOR, at),
    ];
    return { entries, deeds: [{ action: 'first-start', subject: OPERATOR }], result: { client_id: id, client_secret: secret } };
  });
}
