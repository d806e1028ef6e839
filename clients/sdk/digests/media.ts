import { createHash } from 'node:crypto';
import { CanonicalisationError } from './errors.ts';
import { checkDigestForm, schemes } from '../../../schemas/digest-schemes.ts';

/** The exact hashes of a file by scheme name, in lower-case hex. */
export interface FileDigests {
  'media-md5': string;
  'media-sha1': string;
  'media-sha256': string;
}

/**
 * The form in which a media fingerprint travels: trimmed, lower-case hex; for TLSH without the `T1` that newer
 * versions write before it. Nothing else is converted: base64 is refused.
 *
 * @param scheme a media scheme, such as `media-pdq`
 * @param text the fingerprint as a tool printed it
 * @throws CanonicalisationError `unknown-scheme`, `not-hex` or `wrong-length`
 * @example mediaDigest('media-md5', 'D41D8CD98F00B204E9800998ECF8427E') // 'd41d8cd98f00b204e9800998ecf8427e'
 */
export function mediaDigest(scheme: string, text: string): string {
  if (schemes.get(scheme)?.type !== 'media') throw new CanonicalisationError('unknown-scheme');
  const lower = text.trim().toLowerCase();
  const hex = scheme === 'media-tlsh' ? lower.replace(/^t1/, '') : lower;
  const fault = checkDigestForm(scheme, hex);
  if (fault === undefined) return hex;
  throw new CanonicalisationError(fault === 'not-lower-case-hex' ? 'not-hex' : fault);
}

/**
 * MD5, SHA-1 and SHA-256 of all bytes of a stream, in one pass and without holding it. MD5 and SHA-1 are here because
 * existing lists hold them; where there is a choice, SHA-256 is the one to share.
 *
 * @param stream a Node readable or any other async iterable of bytes; read to its end
 * @throws TypeError for a stream that gives decoded text instead of bytes; else whatever the stream throws
 * @example await hashStream(createReadStream(file))
 */
export async function hashStream(stream: AsyncIterable<unknown>): Promise<FileDigests> {
  const [md5, sha1, sha256] = [createHash('md5'), createHash('sha1'), createHash('sha256')];
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('the stream must give bytes');
    for (const hash of [md5, sha1, sha256]) hash.update(chunk);
  }
  return { 'media-md5': md5.digest('hex'), 'media-sha1': sha1.digest('hex'), 'media-sha256': sha256.digest('hex') };
}
