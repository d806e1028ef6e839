import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Home } from './db/database.ts';
import { parseDuration } from './policy/time.ts';
import { systemRandom } from './random.ts';

/** A setting that is missing or wrong; the message names its key and never its value. */
export class ConfigError extends Error {}

/** What a hub is run with. Secrets stand apart, so that the rest can be shown. */
export interface Config {
  home: Home;
  host: string;
  port: number;
  /** The address under which members reach the hub; issuer and audience of its tokens. Undefined: http://host:port. */
  publicUrl?: string;
  /** Addresses of proxies whose X-Forwarded-* headers are believed, or undefined for none. */
  trustProxy?: string;
  tls?: { certFile: string; keyFile: string };
  /**
   * Where `GET /metrics` is served (TOCSIN_METRICS_PORT, TOCSIN_METRICS_HOST), or undefined for nowhere. It has a port of its own
   * because the counts are nobody's but the operator's: behind a proxy on the same machine every request comes from loopback.
   */
  metrics?: { host: string; port: number };
  logLevel: string;
  /** Requests per minute and member, per process. */
  rateLimit: number;
  /** Active signals per member. */
  signalQuota: number;
  /** Visibility classes per member. */
  classQuota: number;
  /** Reports per member, drafts too. */
  reportQuota: number;
  /** Requests, answers and comments per member. */
  messageQuota: number;
  /** The longest that a signal is kept, in milliseconds. */
  retention: number;
  /** The longest that the content of a report is kept after its first publication, or the last change of a draft, in milliseconds. */
  reportRetention: number;
  /** How long cursors and batches can be used: the log keeps so long what signals said before, in milliseconds. */
  logRetention: number;
  /** A signal that its origin has neither posted nor changed for so long is stale, in milliseconds: whole days. */
  staleAfter: number;
  /** Items in one bulk request. */
  bulkItems: number;
  secret: Uint8Array;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration from the environment; README lists the keys.
 * @throws ConfigError naming the key
 */
export function readConfig(env: Environment): Config {
  const home = readHome(env);
  return {
    home,
    host: env['TOCSIN_HOST'] ?? '127.0.0.1',
    port: integer(env, 'TOCSIN_PORT', 7700, 0, 65_535),
    ...optional('publicUrl', env['TOCSIN_PUBLIC_URL'] === undefined ? undefined : publicUrl(env['TOCSIN_PUBLIC_URL'])),
    ...optional('trustProxy', trustProxy(env)),
    ...optional('tls', tls(env)),
    ...optional('metrics', metrics(env)),
    logLevel: oneOf(env, 'TOCSIN_LOG_LEVEL', 'info', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    rateLimit: integer(env, 'TOCSIN_RATE_LIMIT', 6000, 1, 10_000_000),
    signalQuota: integer(env, 'TOCSIN_SIGNAL_QUOTA', 10_000_000, 1, 1_000_000_000),
    classQuota: integer(env, 'TOCSIN_CLASS_QUOTA', 5000, 1, 100_000),
    reportQuota: integer(env, 'TOCSIN_REPORT_QUOTA', 10_000, 1, 1_000_000),
    messageQuota: integer(env, 'TOCSIN_MESSAGE_QUOTA', 10_000, 1, 1_000_000),
    retention: length(env, 'TOCSIN_RETENTION', 'P1095D'),
    reportRetention: length(env, 'TOCSIN_REPORT_RETENTION', 'P1825D'),
    logRetention: length(env, 'TOCSIN_LOG_RETENTION', 'P400D'),
    staleAfter: length(env, 'TOCSIN_STALE_AFTER', 'P180D'),
    bulkItems: integer(env, 'TOCSIN_BULK_ITEMS', 1_000_000, 1, 100_000_000),
    secret: readSecret(env, home),
  };
}

function readHome(env: Environment): Home {
  const url = env['DATABASE_URL'];
  if (!url) return { kind: 'embedded', folder: env['TOCSIN_DATA'] ?? 'data' };
  if (!/^postgres(ql)?:\/\//.test(url)) throw new ConfigError('DATABASE_URL must start with postgres:// or postgresql://');
  // The driver takes an address without a host too, for a local socket.
  if (!URL.canParse(url) && !URL.canParse(url.replace('@/', '@localhost/'))) throw new ConfigError('DATABASE_URL is not an address: are the special characters of its password percent-encoded?');
  return { kind: 'postgres', url, connections: integer(env, 'TOCSIN_DATABASE_CONNECTIONS', 10, 2, 1000) };
}

/** With PostgreSQL the secret is a setting, shared by all processes; embedded, it is made once and kept in the folder. */
function readSecret(env: Environment, home: Home): Uint8Array {
  const text = env['TOCSIN_SECRET'] ?? (home.kind === 'embedded' ? keptSecret(home.folder) : undefined);
  if (text === undefined) throw new ConfigError('TOCSIN_SECRET is needed with DATABASE_URL: 32 random bytes in base64, the same for every process');
  const secret = Buffer.from(text, 'base64');
  if (secret.length !== 32) throw new ConfigError('TOCSIN_SECRET must be 32 bytes in base64');
  return secret;
}

function keptSecret(folder: string): string {
  const file = join(folder, 'secret');
  try {
    if (!existsSync(file)) makeSecret(folder, file);
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`TOCSIN_DATA must name a folder that this process can write to (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
  }
}

/** Whole or not at all, and never over one that another process made in between: a link does not replace. */
function makeSecret(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made = `${file}.${process.pid}`;
  writeFileSync(made, `${systemRandom.bytes(32).toString('base64')}\n`, { mode: 0o600 });
  try {
    linkSync(made, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(made, { force: true });
  }
}

function publicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.search || url.hash || url.username) throw new ConfigError('TOCSIN_PUBLIC_URL must be an http or https address without query');
  return url.href.replace(/\/$/, '');
}

function tls(env: Environment): Config['tls'] {
  const [certFile, keyFile] = [env['TOCSIN_TLS_CERT'], env['TOCSIN_TLS_KEY']];
  if (!certFile && !keyFile) return undefined;
  if (!certFile) throw new ConfigError('TOCSIN_TLS_CERT is needed with TOCSIN_TLS_KEY');
  if (!keyFile) throw new ConfigError('TOCSIN_TLS_KEY is needed with TOCSIN_TLS_CERT');
  if (!existsSync(certFile)) throw new ConfigError('TOCSIN_TLS_CERT names a file that does not exist');
  if (!existsSync(keyFile)) throw new ConfigError('TOCSIN_TLS_KEY names a file that does not exist');
  try {
    createSecureContext({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
  } catch {
    throw new ConfigError('TOCSIN_TLS_CERT and TOCSIN_TLS_KEY must be a certificate and its key, as PEM files that can be read');
  }
  return { certFile, keyFile };
}

const NAMED_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

function trustProxy(env: Environment): string | undefined {
  const text = env['TOCSIN_TRUST_PROXY'];
  if (!text) return undefined;
  if (!text.split(',').every((part) => isAddressRange(part.trim()))) throw new ConfigError(`TOCSIN_TRUST_PROXY must list addresses, ranges such as 10.0.0.0/8, or ${NAMED_RANGES.join(', ')}`);
  return text;
}

function isAddressRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const width = { 4: 32, 6: 128 }[isIP(address)];
  if (width === undefined) return NAMED_RANGES.includes(text);
  return more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= width));
}

function metrics(env: Environment): Config['metrics'] {
  if (!env['TOCSIN_METRICS_PORT']) return undefined;
  return { host: env['TOCSIN_METRICS_HOST'] ?? '127.0.0.1', port: integer(env, 'TOCSIN_METRICS_PORT', 0, 0, 65_535) };
}

function length(env: Environment, key: string, fallback: string): number {
  const milliseconds = parseDuration(env[key] ?? fallback);
  if (milliseconds === undefined || milliseconds <= 0) throw new ConfigError(`${key} must be an exact ISO 8601 duration such as P730D`);
  return milliseconds;
}

function integer(env: Environment, key: string, fallback: number, min: number, max: number): number {
  const text = env[key];
  if (text === undefined || text === '') return fallback;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw new ConfigError(`${key} must be a whole number from ${min} to ${max}`);
  return value;
}

function oneOf(env: Environment, key: string, fallback: string, allowed: readonly string[]): string {
  const value = env[key] ?? fallback;
  if (!allowed.includes(value)) throw new ConfigError(`${key} must be one of ${allowed.join(', ')}`);
  return value;
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}
