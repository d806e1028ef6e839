import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { ClientOptions } from '../sdk/client.ts';
import type { Credentials } from '../sdk/tokens.ts';
import { CliError } from './failure.ts';

/** Flags that every command takes. */
export interface GlobalFlags {
  url?: string;
  clientId?: string;
  secretFile?: string;
  privateKeyFile?: string;
  profile?: string;
  json?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const FIELDS = ['url', 'client_id', 'secret_file', 'private_key_file'] as const;
type Profile = Partial<Record<(typeof FIELDS)[number], string>>;

/** Where the profiles are kept. */
export function configPath(env: Environment): string {
  return env['TOCSIN_CONFIG'] ?? join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'tocsin', 'config.json');
}

/**
 * Which hub to speak to, and as whom: flags before the environment before the profile.
 * @throws CliError that says what is missing and where to put it
 */
export function readClientOptions(flags: GlobalFlags, env: Environment): ClientOptions {
  const profile = readProfile(flags.profile ?? env['TOCSIN_PROFILE'], configPath(env));
  const url = flags.url ?? env['TOCSIN_URL'] ?? profile.url;
  const clientId = flags.clientId ?? env['TOCSIN_CLIENT_ID'] ?? profile.client_id;
  if (!url) throw new CliError('No hub is named.', 'Give --url, set TOCSIN_URL, or write "url" into a profile of the configuration file.');
  if (!clientId) throw new CliError('No client is named.', 'Give --client-id, set TOCSIN_CLIENT_ID, or write "client_id" into a profile of the configuration file.');
  return { url: hubUrl(url), clientId, ...readCredentials(flags, env, profile) };
}

function hubUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ['http:', 'https:'].includes(url.protocol) && !url.username && !url.password && !url.search && !url.hash) return text;
  throw new CliError('The address of the hub must start with http:// or https://, and have no user, query or fragment.', 'For example: --url https://hub.example');
}

/** A flag decides before the environment, and within each a key before a secret. */
function readCredentials(flags: GlobalFlags, env: Environment, profile: Profile): Credentials {
  if (flags.privateKeyFile) return { privateKey: readKey(flags.privateKeyFile) };
  if (flags.secretFile) return { clientSecret: readSecret(flags.secretFile) };
  if (env['TOCSIN_CLIENT_SECRET']) return { clientSecret: env['TOCSIN_CLIENT_SECRET'] };
  const [keyFile, secretFile] = [env['TOCSIN_PRIVATE_KEY_FILE'] ?? profile.private_key_file, env['TOCSIN_SECRET_FILE'] ?? profile.secret_file];
  if (keyFile) return { privateKey: readKey(keyFile) };
  if (secretFile) return { clientSecret: readSecret(secretFile) };
  throw new CliError('The client has no secret.', 'Set TOCSIN_CLIENT_SECRET, or give --secret-file or --private-key-file. There is no flag for the secret itself: others could read it.');
}

function readSecret(path: string): string {
  const secret = readText(path, 'the secret').trim();
  if (secret === '') throw new CliError(`The secret file ${path} is empty.`);
  return secret;
}

function readKey(path: string): NonNullable<ClientOptions['privateKey']> {
  const key = parseObject(readText(path, 'the private key'), path);
  if (typeof key['kty'] !== 'string' || typeof key['d'] !== 'string') throw new CliError(`${path} is not a private JWK.`, 'It is a JSON object with "kty", "crv", "x" and "d".');
  return key;
}

function readProfile(name: string | undefined, path: string): Profile {
  if (!existsSync(path)) {
    if (name === undefined) return {};
    throw new CliError(`There is no configuration file ${path} to look for the profile ${name} in.`, 'It looks like this: {"profiles": {"default": {"url": "https://hub.example", "client_id": "…", "secret_file": "…"}}}');
  }
  const config = parseObject(readText(path, 'the configuration'), path);
  const profiles = (config['profiles'] ?? {}) as Record<string, unknown>;
  const found = Object.hasOwn(profiles, name ?? 'default') ? profiles[name ?? 'default'] : undefined;
  if (found === undefined && name !== undefined) throw new CliError(`${path} has no profile ${name}.`, `It has ${Object.keys(profiles).join(', ') || 'none'}.`);
  return checkedProfile((found ?? {}) as Record<string, unknown>, path);
}

/** Files are named relative to the configuration. */
function checkedProfile(given: Record<string, unknown>, path: string): Profile {
  for (const [name, value] of Object.entries(given)) {
    if (name === 'client_secret') throw new CliError(`${path} holds a secret.`, 'Put it into a file of its own and name that in "secret_file".');
    if (!FIELDS.includes(name as (typeof FIELDS)[number])) throw new CliError(`${path} has a setting that is not known: ${name}.`, `A profile has ${FIELDS.join(', ')}.`);
    if (typeof value !== 'string') throw new CliError(`${name} in ${path} is not text.`);
  }
  const { secret_file: secret, private_key_file: key, ...rest } = given as Profile;
  const near = (file: string): string => resolve(dirname(path), file);
  return { ...rest, ...(secret ? { secret_file: near(secret) } : {}), ...(key ? { private_key_file: near(key) } : {}) };
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(`The file with ${what} cannot be read: ${path} (${(error as NodeJS.ErrnoException).code}).`);
  }
}

function parseObject(text: string, path: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return document as Record<string, unknown>;
  } catch {
    // Said below, without the text: it may hold a secret.
  }
  throw new CliError(`${path} is not a JSON object.`);
}
