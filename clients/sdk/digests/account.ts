import { isSupportedCountry, parsePhoneNumberWithError, type CountryCode } from 'libphonenumber-js/max';
import { CanonicalisationError, type CanonicalisationCode } from './errors.ts';
import { idnToAscii } from './host.ts';
import { isAscii } from './percent.ts';

const MAX_EMAIL_BYTES = 254;
const MAX_DOMAIN = 253;
const MAX_PHONE_CHARACTERS = 250;
const MAX_HANDLE_BYTES = 256;
const MAX_ID_BYTES = 1_024;

/** At least two labels of letters, digits and inner hyphens; the last label holds a letter. */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?=[a-z0-9-]*[a-z])[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The unquoted characters of RFC 5321 and 6531. Quoted names have many spellings of one mailbox, so no canonical one. */
const MAIL_NAME = /^[a-z0-9!#$%&'*+/=?^_`{|}~.\u0080-\u{10ffff}-]+$/u;

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Z}]/u;
const BLANK_OR_CONTROL = /[\p{Cc}\p{Cs}\p{Z}]/u;

/** Trimmed text of at most so many UTF-8 bytes. */
function trimmed(input: string, maxBytes: number): string {
  if (input.length > maxBytes * 2) throw new CanonicalisationError('too-long');
  const text = input.trim();
  if (text === '') throw new CanonicalisationError('empty');
  if (Buffer.byteLength(text) > maxBytes) throw new CanonicalisationError('too-long');
  return text;
}

/** Lower case by Unicode's default mapping, whatever the locale. Composed before and after, so that it is stable. */
function lowerCase(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC');
}

function domainName(text: string, code: CanonicalisationCode): string {
  const ascii = isAscii(text) ? text.toLowerCase() : idnToAscii(text) ?? '';
  if (ascii.length > MAX_DOMAIN || !DOMAIN.test(ascii)) throw new CanonicalisationError(code);
  return ascii;
}

/** Gmail delivers `a.b+c` to `ab`. No other provider's habits are assumed, `googlemail.com` included. */
function mailbox(name: string, domain: string): string {
  return domain === 'gmail.com' ? (name.split('+', 1)[0] ?? '').replaceAll('.', '') : name;
}

/**
 * The canonical form of an e-mail address (`account-email-v1`): trimmed, lower case, the domain in ASCII; for
 * gmail.com alone without dots and without `+` and what follows it.
 *
 * Source: the e-mail normalisation of Unified ID 2.0; IDN and Unicode letters are additions.
 *
 * @param input a bare address of at most 254 UTF-8 bytes, without display name or `mailto:`
 * @throws CanonicalisationError `empty`, `too-long` or `bad-email`
 * @example accountEmail(' Jane.Doe+news@Gmail.com ') // 'janedoe@gmail.com'
 */
export function accountEmail(input: string): string {
  const text = trimmed(input, MAX_EMAIL_BYTES);
  const at = text.lastIndexOf('@');
  const domain = domainName(text.slice(at + 1), 'bad-email');
  const name = mailbox(lowerCase(text.slice(0, Math.max(at, 0))), domain);
  if (!MAIL_NAME.test(name) || INVISIBLE.test(name)) throw new CanonicalisationError('bad-email');
  return `${name}@${domain}`;
}

function parsePhone(text: string, country?: CountryCode): string | undefined {
  try {
    const phone = parsePhoneNumberWithError(text, { defaultCountry: country, extract: false });
    return phone.isPossible() && phone.ext === undefined ? phone.number : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The canonical form of a phone number (`account-phone-v1`): E.164 with the leading `+`, at most 15 digits.
 *
 * The number must be possible (its country and length), not assigned: what is assigned changes with each release of
 * the metadata. A number with an extension has no E.164 form.
 *
 * Source: ITU-T E.164, with the numbering plans of Google's libphonenumber.
 *
 * @param input a number as people write it, of at most 250 characters
 * @param defaultCountry upper-case ISO 3166-1 code, for numbers written without their country calling code
 * @throws CanonicalisationError `empty`, `too-long`, `bad-country`, `country-needed` or `bad-phone`
 * @example accountPhone('020 7946 0958', 'GB') // '+442079460958'
 */
export function accountPhone(input: string, defaultCountry?: string): string {
  if (input.length > MAX_PHONE_CHARACTERS) throw new CanonicalisationError('too-long');
  const text = input.normalize('NFKC').trim();
  if (text === '') throw new CanonicalisationError('empty');
  if (defaultCountry !== undefined && !isSupportedCountry(defaultCountry)) throw new CanonicalisationError('bad-country');
  const number = parsePhone(text, defaultCountry);
  // Some impossible numbers, all zeros for one, read differently once more: they have no canonical form.
  if (number !== undefined && parsePhone(number) === number) return number;
  const national = defaultCountry === undefined && /^[(0-9]/.test(text);
  throw new CanonicalisationError(national ? 'country-needed' : 'bad-phone');
}

/**
 * The canonical form of a handle (`account-handle-v1`): `platform/handle`, the handle trimmed, without one leading
 * `@`, composed (NFC) and in lower case.
 *
 * @param platform the platform's domain name, such as `example.com`
 * @param handle the name that the account shows, at most 256 UTF-8 bytes
 * @throws CanonicalisationError `empty`, `too-long`, `bad-platform`, or `bad-handle` for white space, invisible
 *   characters, `/`, or an inner `@`
 * @example accountHandle('example.com', ' @Jane_Doe ') // 'example.com/jane_doe'
 */
export function accountHandle(platform: string, handle: string): string {
  const domain = domainName(platform.trim(), 'bad-platform');
  const name = lowerCase(trimmed(handle, MAX_HANDLE_BYTES).replace(/^@/, ''));
  if (name === '' || /[@/]/.test(name) || INVISIBLE.test(name)) throw new CanonicalisationError('bad-handle');
  return `${domain}/${name}`;
}

/**
 * The canonical form of a platform's own, unchanging account id (`account-id-v1`): `platform/id`, the id trimmed and
 * otherwise as it is, upper and lower case apart. Prefer it to a handle, which an account can change.
 *
 * @param platform the platform's domain name, such as `example.com`
 * @param id the id, at most 1,024 UTF-8 bytes
 * @throws CanonicalisationError `empty`, `too-long`, `bad-platform`, or `bad-id` for white space and control characters
 * @example accountId('example.com', '0042aF') // 'example.com/0042aF'
 */
export function accountId(platform: string, id: string): string {
  const domain = domainName(platform.trim(), 'bad-platform');
  const text = trimmed(id, MAX_ID_BYTES);
  if (BLANK_OR_CONTROL.test(text)) throw new CanonicalisationError('bad-id');
  return `${domain}/${text}`;
}
