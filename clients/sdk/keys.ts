import type { DigestKey } from '../../schemas/types.ts';
import type { TocsinClient } from './client.ts';

/** Whose key is used when nothing is said. */
export const HUB_KEY = 'hub';

/** The digest keys that a member has. Keep them secret: with a key, digests can be guessed. */
export class KeyRing {
  readonly keys: readonly DigestKey[];

  /** @throws TypeError for a key that is not 32 bytes in hex */
  constructor(keys: readonly DigestKey[]) {
    if (!keys.every(({ secret }) => /^[0-9a-f]{64}$/.test(secret))) throw new TypeError('a digest key is 32 bytes in lower-case hex');
    this.keys = keys;
  }

  /** The key to hash with. @throws RangeError when there is none of this owner */
  current(owner: string = HUB_KEY): DigestKey {
    const found = this.keys.find(({ key, current }) => key === owner && current);
    if (!found) throw new RangeError(`there is no current digest key of ${owner}: are you in that group?`);
    return found;
  }
}

/** The secret bytes of a digest key. */
export function secretOf({ secret }: DigestKey): Buffer {
  return Buffer.from(secret, 'hex');
}

const MAX_AGE = 300_000;

/** The keys of the hub, fetched when they are needed and held for a while; they change when one is rotated. */
export class HubKeys {
  readonly #client: TocsinClient;
  readonly #maxAge: number;
  #held: { ring: Promise<KeyRing>; until: number } | undefined;

  /** @param maxAge milliseconds for which keys are not asked for again */
  constructor(client: TocsinClient, { maxAge = MAX_AGE }: { maxAge?: number } = {}) {
    this.#client = client;
    this.#maxAge = maxAge;
  }

  /** The keys as of a short while ago. */
  ring(): Promise<KeyRing> {
    return this.#held && performance.now() < this.#held.until ? this.#held.ring : this.refresh();
  }

  /** The keys as of now: for when the hub says `unknown-key`. */
  refresh(): Promise<KeyRing> {
    const ring = this.#client.request('GET', '/v1/digest-keys').then(({ keys }) => new KeyRing(keys));
    const held = { ring, until: performance.now() + this.#maxAge };
    this.#held = held;
    ring.catch(() => (this.#held === held ? (this.#held = undefined) : undefined));
    return ring;
  }
}
