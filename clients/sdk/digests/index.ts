/** Canonical forms and digests of accounts, URLs and media: what a member computes before anything leaves it. */
export { accountEmail, accountHandle, accountId, accountPhone } from './account.ts';
export { blake3, createBlake3, deriveKey, keyedBlake3, type Blake3Hasher, type Blake3Input } from './blake3.ts';
export { CanonicalisationError, type CanonicalisationCode } from './errors.ts';
export { keyedDigest } from './keyed.ts';
export { hashStream, mediaDigest, type FileDigests } from './media.ts';
export {
  checkDigestForm, schemes, type DigestFault, type DigestScheme, type IndicatorType,
} from '../../../schemas/digest-schemes.ts';
export { urlExpression, urlExpressions } from './url.ts';
