import { getPublicSuffix } from 'tldts';
import { CanonicalisationError } from './errors.ts';
import { canonicalHost, isIpHost } from './host.ts';
import { escapeBytes, unescapeFully, utf8ByteString } from './percent.ts';

const MAX_INPUT_BYTES = 16_384;
const MAX_EXPRESSION = 8_192;
const MAX_SUFFIX_LABELS = 5;
const MAX_ROOT_PATHS = 4;

/** The canonical parts of a URL. `path` starts with a slash; `query` starts with `?` or is empty. */
interface CanonicalUrl {
  host: string;
  path: string;
  query: string;
}

/** Strips tab, CR and LF everywhere, control characters and spaces at both ends, and the fragment. */
function tidyInput(input: string): string {
  if (Buffer.byteLength(input) > MAX_INPUT_BYTES) throw new CanonicalisationError('too-long');
  const text = input.replace(/[\t\r\n]/g, '');
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start += 1;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end -= 1;
  if (start === end) throw new CanonicalisationError('empty');
  return text.slice(start, end).split('#', 1)[0] ?? '';
}

/** The authority and all that follows it. Back slashes count as slashes, as in every browser. */
function splitAuthority(text: string): [authority: string, rest: string] {
  const end = text.search(/[/\\?]/);
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end)];
}

/** `mailto:` or `javascript:`, but neither `localhost:8080` nor `example.com:x`. */
const OPAQUE_SCHEME = /^[a-z][a-z0-9+-]*:(?![0-9]+$)/i;

function splitSchemeless(text: string): [authority: string, rest: string] {
  const [authority, rest] = splitAuthority(text);
  if (OPAQUE_SCHEME.test(authority)) throw new CanonicalisationError('unsupported-scheme');
  if (authority.includes('@')) throw new CanonicalisationError('userinfo-without-scheme');
  return [authority, rest];
}

/** Takes the scheme off; `http:example.com` and `https:\\example.com` are read as browsers read them. */
function splitUrl(text: string): [authority: string, rest: string] {
  const web = /^(?:(?:https?|ftp|wss?):[/\\]*|[/\\]{2,})/i.exec(text);
  if (web !== null) return splitAuthority(text.slice(web[0].length));
  if (/^[a-z][a-z0-9+.-]*:[/\\]{2}/i.test(text)) throw new CanonicalisationError('unsupported-scheme');
  return splitSchemeless(text);
}

/** The host, still escaped, of an authority: without user, password and port. */
function hostOf(authority: string): string {
  const hostPort = authority.slice(authority.lastIndexOf('@') + 1);
  const start = hostPort.startsWith('[') ? hostPort.indexOf(']') + 1 || hostPort.length : 0;
  const end = hostPort.indexOf(':', start);
  const port = end < 0 ? '' : hostPort.slice(end + 1);
  if (!/^[0-9]*$/.test(port) || Number(port) > 65_535) throw new CanonicalisationError('bad-port');
  return end < 0 ? hostPort : hostPort.slice(0, end);
}

/** Resolves `.` and `..`, then collapses slashes, in that order: `/a//../b` is `/a/b`. */
function canonicalPath(raw: string): string {
  const path = raw.replaceAll('\\', '/');
  if (!path.includes('//') && !path.includes('/.')) return path === '' ? '/' : path;
  const kept: string[] = [];
  const segments = path.slice(1).split('/');
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  const last = segments.at(-1);
  if (last === '.' || last === '..') kept.push('');
  return `/${kept.join('/')}`.replace(/\/{2,}/g, '/');
}

function canonicalUrl(input: string): CanonicalUrl {
  const [authority, rest] = splitUrl(utf8ByteString(tidyInput(input)));
  const host = canonicalHost(hostOf(authority));
  const local = unescapeFully(rest);
  const mark = local.indexOf('?');
  const path = escapeBytes(canonicalPath(mark < 0 ? local : local.slice(0, mark)));
  const query = mark < 0 ? '' : escapeBytes(local.slice(mark));
  if (host.length + path.length + query.length > MAX_EXPRESSION) throw new CanonicalisationError('too-long');
  return { host, path, query };
}

/** The host and its shorter suffixes, longest first: of the last five labels, and longer than the public suffix. */
function lookupHosts(host: string): string[] {
  if (isIpHost(host)) return [host];
  const labels = host.split('.');
  const suffix = getPublicSuffix(host, {
    allowPrivateDomains: true, detectIp: false, extractHostname: false, validateHostname: false,
  });
  const publicLabels = suffix === null ? 1 : suffix.split('.').length;
  const hosts = [host];
  for (let count = Math.min(MAX_SUFFIX_LABELS, labels.length - 1); count > publicLabels; count -= 1) {
    hosts.push(labels.slice(-count).join('.'));
  }
  // A host that is no UTF-8 kept its bytes; a suffix of it may be UTF-8 and have another canonical form.
  return hosts.filter((each) => each === host || !/%[89A-F]/.test(each));
}

/** The path with its query, the path, and up to four folders from the root down. */
function lookupPaths({ path, query }: CanonicalUrl): string[] {
  const paths = new Set([path + query, path]);
  const folders = path.split('/').slice(1, -1);
  for (let count = 0; count < MAX_ROOT_PATHS && count <= folders.length; count += 1) {
    paths.add(['', ...folders.slice(0, count), ''].join('/'));
  }
  return [...paths];
}

/**
 * The canonical expression of a URL: host, path and query, without scheme, user, port and fragment. This is what a
 * signal about the URL hashes; a bare domain gives the domain and `/`.
 *
 * Source: the canonicalisation of Safe Browsing, "URLs and Hashing"
 * (https://developers.google.com/safe-browsing/v4/urls-hashing). Where that is silent, browsers are followed: the
 * authority is taken apart before it is unescaped, a back slash in the path is a slash, a host that ends in a number
 * must be an IP address. Canonicalising `http://` and the answer gives the answer again.
 *
 * @param input a URL with the scheme http, https, ftp, ws or wss, or without any; at most 16,384 bytes
 * @returns ASCII, at most 8,192 characters
 * @throws CanonicalisationError `empty`, `too-long`, `unsupported-scheme`, `userinfo-without-scheme`, `no-host`,
 *   `bad-host`, `bad-ip` or `bad-port`
 * @example urlExpression('HTTP://Example.com:80/a/../b?c#d') // 'example.com/b?c'
 */
export function urlExpression(input: string): string {
  const { host, path, query } = canonicalUrl(input);
  return host + path + query;
}

/**
 * All expressions under which a URL may have been listed, the exact one first: at most 5 hosts with at most 6 paths.
 * A signal about the URL, a folder above it or a domain above its host has one of them as its expression. A shorter
 * host is never a public suffix (private ones such as `github.io` included) or part of one; the exact host may be.
 *
 * Source and errors: as for {@link urlExpression}; the suffixes by the Public Suffix List.
 *
 * @example urlExpressions('http://b.example.com/x') // b.example.com/x, b.example.com/, example.com/x, example.com/
 */
export function urlExpressions(input: string): string[] {
  const url = canonicalUrl(input);
  const paths = lookupPaths(url);
  return lookupHosts(url.host).flatMap((host) => paths.map((path) => host + path));
}
