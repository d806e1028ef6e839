import { createReadStream } from 'node:fs';
import type { Digest } from '../../schemas/types.ts';
import {
  accountEmail, accountHandle, accountId, accountPhone, hashStream, keyedDigest, mediaDigest, urlExpression, urlExpressions,
} from './digests/index.ts';
import { secretOf, type KeyRing } from './keys.ts';

/** Under whose key to hash; the hub's when absent. */
export interface KeyOptions {
  key?: string;
}

/**
 * The digest of a URL, as a signal about it carries. A bare domain stands for the whole domain.
 * @throws CanonicalisationError when it is no URL that can be hashed; like the other functions here it never repeats its input
 * @example hashUrl(await hubKeys.ring(), 'https://example.com/login') // { scheme: 'url-v1', key: 'hub', epoch: 3, digest: '…' }
 */
export function hashUrl(keys: KeyRing, url: string, options?: KeyOptions): Digest {
  return keyed(keys, 'url-v1', urlExpression(url), options);
}

/** The digest of an account by its e-mail address. @throws CanonicalisationError */
export function hashEmail(keys: KeyRing, email: string, options?: KeyOptions): Digest {
  return keyed(keys, 'account-email-v1', accountEmail(email), options);
}

/** The digest of an account by its phone number; `country` is for numbers without calling code. @throws CanonicalisationError */
export function hashPhone(keys: KeyRing, phone: string, country?: string, options?: KeyOptions): Digest {
  return keyed(keys, 'account-phone-v1', accountPhone(phone, country), options);
}

/** The digest of an account by its handle on a platform, which is named by its domain. @throws CanonicalisationError */
export function hashHandle(keys: KeyRing, platform: string, handle: string, options?: KeyOptions): Digest {
  return keyed(keys, 'account-handle-v1', accountHandle(platform, handle), options);
}

/** The digest of an account by the platform's own id of it. @throws CanonicalisationError */
export function hashAccountId(keys: KeyRing, platform: string, id: string, options?: KeyOptions): Digest {
  return keyed(keys, 'account-id-v1', accountId(platform, id), options);
}

/** A media fingerprint that a tool made, in the form in which it travels. @throws CanonicalisationError */
export function hashMedia(scheme: string, fingerprint: string): Digest {
  return { scheme, digest: mediaDigest(scheme, fingerprint) };
}

/** The exact digests of a file: SHA-256, SHA-1 and MD5. */
export async function hashFile(path: string): Promise<Digest[]> {
  const found = await hashStream(createReadStream(path));
  return (['media-sha256', 'media-sha1', 'media-md5'] as const).map((scheme) => ({ scheme, digest: found[scheme] }));
}

/**
 * All digests under which a URL may have been listed: it, the folders above it and the domains above its host, under every key
 * and epoch that the member has. The exact expression comes first.
 * @throws CanonicalisationError
 */
export function urlLookups(keys: KeyRing, url: string): Digest[] {
  return urlExpressions(url).flatMap((expression) => keys.keys.map((key) => digestUnder(key, 'url-v1', expression)));
}

function keyed(keys: KeyRing, scheme: string, canonical: string, { key }: KeyOptions = {}): Digest {
  return digestUnder(keys.current(key), scheme, canonical);
}

function digestUnder(key: KeyRing['keys'][number], scheme: string, canonical: string): Digest {
  return { scheme, key: key.key, epoch: key.epoch, digest: keyedDigest(scheme, secretOf(key), canonical) };
}
