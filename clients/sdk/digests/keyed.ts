import { keyedBlake3 } from './blake3.ts';
import { CanonicalisationError } from './errors.ts';
import { schemes } from '../../../schemas/digest-schemes.ts';

/**
 * The digest that travels for an account or a URL: lower-case hex of 32-byte keyed BLAKE3 over the scheme's name, a
 * line feed and the canonical text in UTF-8. The name keeps apart what two schemes write alike.
 *
 * @param scheme a keyed scheme, such as `url-v1`
 * @param key the 32 bytes of the group's key for one epoch; a RangeError is thrown for another length
 * @param canonical the answer of the scheme's canonicalisation; it is not checked again
 * @throws CanonicalisationError `unknown-scheme` for a scheme that is unknown or not keyed
 * @example keyedDigest('url-v1', key, urlExpression('http://example.com'))
 */
export function keyedDigest(scheme: string, key: Uint8Array, canonical: string): string {
  if (schemes.get(scheme)?.keyed !== true) throw new CanonicalisationError('unknown-scheme');
  return keyedBlake3(key, `${scheme}\n${canonical}`).toString('hex');
}
