import { domainToASCII } from 'node:url';
import { CanonicalisationError } from './errors.ts';
import { escapeBytes, isAscii, unescapeFully } from './percent.ts';

const MAX_HOST = 253;

/** What a host may not hold once unescaped: it would be read as another part of the URL. */
const DELIMITERS = /[/\\?@:[\]]/;

/** Text without the ASCII that no host may hold: at some of it `domainToASCII` cuts the text where it should refuse. */
const IDN = /^[!"$&-.0-9;=_`a-z{}~\u0080-\u{10ffff}]+$/iu;

/**
 * An internationalised domain name in ASCII (UTS #46, non-transitional, as browsers do it), or undefined where there
 * is no such form. The answer may hold empty labels and, for full-width digits, be an IP address.
 */
export function idnToAscii(text: string): string | undefined {
  return IDN.test(text) ? domainToASCII(text) || undefined : undefined;
}

function utf8Text(bytes: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return undefined;
  }
}

/** Bytes that are no UTF-8 name nothing in the DNS; they stay, to be escaped like other odd bytes. */
function asciiHost(bytes: string): string {
  const text = isAscii(bytes) ? undefined : utf8Text(bytes);
  if (text === undefined) return bytes;
  const ascii = idnToAscii(text);
  if (ascii === undefined) throw new CanonicalisationError('bad-host');
  return ascii;
}

function tidyDots(host: string): string {
  const single = host.replace(/\.{2,}/g, '.');
  return single.slice(single.startsWith('.') ? 1 : 0, single.endsWith('.') ? -1 : undefined);
}

/** One part of an IPv4 address in decimal, octal (leading 0) or hexadecimal (leading 0x); NaN if it is none. */
function ipv4Part(part: string): number {
  if (/^0x[0-9a-f]*$/.test(part)) return part === '0x' ? 0 : Number.parseInt(part.slice(2), 16);
  if (/^0[0-7]*$/.test(part)) return Number.parseInt(part, 8);
  return /^[1-9][0-9]*$/.test(part) ? Number.parseInt(part, 10) : Number.NaN;
}

/** The dotted decimal form of an address in 1 to 4 parts, the last one filling the bytes that are left. */
function ipv4(host: string): string {
  const parts = host.split('.').map(ipv4Part);
  const last = parts.pop() ?? Number.NaN;
  const fits = parts.length <= 3 && parts.every((part) => part <= 255) && last < 256 ** (4 - parts.length);
  if (!fits) throw new CanonicalisationError('bad-ip');
  const rest = Array.from({ length: 4 - parts.length }, (_, at) => Math.floor(last / 256 ** (3 - parts.length - at)) % 256);
  return [...parts, ...rest].join('.');
}

/** The eight 16-bit groups of an address in the compressed form that the URL parser writes. */
function ipv6Groups(address: string): number[] {
  const [head = [], tail = []] = address.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const zeros = new Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
}

/** IPv4-mapped addresses and those of the well-known NAT64 prefix reach an IPv4 host. */
const EMBEDDING_PREFIXES = ['0,0,0,0,0,65535', '100,65435,0,0,0,0'];

function ipv6(bracketed: string): string {
  const url = `http://${bracketed}/`;
  if (!/^\[[0-9a-f:.]+\]$/i.test(bracketed) || !URL.canParse(url)) throw new CanonicalisationError('bad-ip');
  const { hostname } = new URL(url);
  const groups = ipv6Groups(hostname.slice(1, -1));
  if (!EMBEDDING_PREFIXES.includes(groups.slice(0, 6).join())) return hostname;
  return groups.slice(6).flatMap((group) => [group >> 8, group & 255]).join('.');
}

function limited(host: string): string {
  if (host.length > MAX_HOST) throw new CanonicalisationError('too-long');
  return host;
}

/**
 * The canonical host of a URL: IDN in punycode, dots tidied, any form of IPv4 in dotted decimal, IPv6 compressed in
 * brackets (or in dotted decimal where it embeds an IPv4 address), lower case, odd bytes escaped; at most 253 bytes.
 *
 * Source: Safe Browsing, "URLs and Hashing", and for what counts as a wrong IPv4 address the URL standard.
 *
 * @param bytes the host as a byte string, still escaped, without user and port
 * @throws CanonicalisationError `no-host`, `bad-host`, `bad-ip` or `too-long`
 */
export function canonicalHost(bytes: string): string {
  if (bytes.startsWith('[')) return ipv6(bytes);
  const raw = unescapeFully(bytes);
  if (DELIMITERS.test(raw)) throw new CanonicalisationError('bad-host');
  const host = tidyDots(asciiHost(raw)).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  if (host === '') throw new CanonicalisationError('no-host');
  return /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/.test(host) ? ipv4(host) : limited(escapeBytes(host));
}

/** Whether a canonical host is an IP address. */
export function isIpHost(host: string): boolean {
  return host.startsWith('[') || /\.[0-9]+$/.test(host);
}
