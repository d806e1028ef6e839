import type { Digest, DigestKeyList } from '../../schemas/types.ts';
import type { KeyRing } from '../sdk/keys.ts';
import { CliError } from './failure.ts';
import { readJson } from './input.ts';
import type { Session } from './session.ts';

/** Kinds of identifier that stand on a line, and what is needed beside the line to hash it. */
export const KINDS = {
  url: 'a URL',
  domain: 'a domain name, which stands for everything on it',
  email: 'an e-mail address',
  phone: 'a phone number; --country for those without calling code',
  handle: 'the name that an account shows; needs --platform',
  id: 'a platform’s own id of an account; needs --platform',
  media: 'a fingerprint that a tool made; needs --scheme',
} as const;

export type Kind = keyof typeof KINDS;

/** What is said once for all lines. */
export interface HashFlags {
  /** Whose key: `hub`, or a group. */
  key?: string;
  keyFile?: string;
  country?: string;
  platform?: string;
  scheme?: string;
}

/**
 * Makes the function that hashes one line. It throws a CanonicalisationError for what cannot be hashed, and never repeats it.
 * @throws CliError for a flag that is missing
 */
export async function hasher(session: Session, kind: Kind, flags: HashFlags): Promise<(text: string) => Digest> {
  // Loaded when it is needed: the numbering plans of all countries are in it.
  const { hashAccountId, hashEmail, hashHandle, hashMedia, hashPhone, hashUrl } = await import('../sdk/hash.ts');
  if (kind === 'media') {
    const scheme = needed(flags.scheme, 'scheme', 'such as --scheme media-sha256');
    return (text) => hashMedia(scheme, text);
  }
  const platform = kind === 'handle' || kind === 'id' ? needed(flags.platform, 'platform', 'the domain of the platform, such as --platform example.com') : '';
  const keys = await keyRing(session, flags.keyFile);
  const options = flags.key === undefined ? {} : { key: flags.key };
  keys.current(flags.key);
  switch (kind) {
    case 'url':
      return (text) => hashUrl(keys, text, options);
    case 'domain':
      return (text) => hashUrl(keys, domainUrl(text), options);
    case 'email':
      return (text) => hashEmail(keys, text, options);
    case 'phone':
      return (text) => hashPhone(keys, text, flags.country, options);
    case 'handle':
      return (text) => hashHandle(keys, platform, text, options);
    case 'id':
      return (text) => hashAccountId(keys, platform, text, options);
  }
}

/** A line of a list of domains stands for the whole domain, whatever path follows it. */
function domainUrl(text: string): string {
  return `http://${text.replace(/^[a-z]+:\/\//i, '').replace(/^\*\./, '').split(/[/?#]/, 1)[0] ?? ''}/`;
}

/** The digest keys of a file, offline, or of the hub. */
async function keyRing({ client }: Session, file: string | undefined): Promise<KeyRing> {
  const { KeyRing: Ring } = await import('../sdk/keys.ts');
  if (file === undefined) return new Ring((await (await client()).request('GET', '/v1/digest-keys')).keys);
  const { keys } = readJson(file) as Partial<DigestKeyList>;
  if (!Array.isArray(keys)) throw new CliError(`${file} is no file of digest keys.`, 'Make one with: tocsin keys export FILE');
  return new Ring(keys);
}

function needed(value: string | undefined, flag: string, example: string): string {
  if (value === undefined) throw new CliError(`--${flag} is needed: ${example}.`);
  return value;
}
