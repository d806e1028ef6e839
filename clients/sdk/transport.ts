import type { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import type { Problem } from '../../schemas/types.ts';
import { connectionError, ProtocolError, TocsinError } from './errors.ts';
import type { Method } from './operations.ts';

/** Parameters of a request's query; those that are undefined are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** A request as it goes out. */
export interface Outgoing {
  method: Method;
  /** The path on the hub, encoded, such as `/v1/me`. */
  path: string;
  query?: Query | undefined;
  headers?: Readonly<Record<string, string>>;
  body?: string | Readable | undefined;
  /** For streams that may be silent for long: no limit on how long the answer takes. */
  patient?: boolean;
  signal?: AbortSignal;
}

export type Incoming = Dispatcher.ResponseData;

/** Sends requests to one hub. Knows nothing of tokens, and never follows a redirect. */
export class Transport {
  readonly #base: URL;
  readonly #dispatcher: Dispatcher;
  readonly #own: Agent | undefined;

  /** @throws TypeError for an address that is not plain http or https */
  constructor(url: string, dispatcher?: Dispatcher) {
    this.#base = hubAddress(url);
    this.#own = dispatcher ? undefined : new Agent();
    this.#dispatcher = dispatcher ?? this.#own!;
  }

  /** The hub's address without a slash at its end. */
  get address(): string {
    return this.#base.origin + prefix(this.#base);
  }

  /** @throws ConnectionError */
  async send({ method, path, query, headers, body, patient, signal }: Outgoing): Promise<Incoming> {
    try {
      return await this.#dispatcher.request({
        origin: this.#base.origin,
        path: prefix(this.#base) + path + queryText(query),
        method,
        headers: { 'user-agent': 'tocsin-sdk', ...headers },
        body: body ?? null,
        ...(patient ? { headersTimeout: 0, bodyTimeout: 0 } : {}),
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      throw connectionError(error);
    }
  }

  /** Ends the connections, unless they belong to a dispatcher that was given. */
  async close(): Promise<void> {
    await this.#own?.close();
  }
}

function hubAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url && ['http:', 'https:'].includes(url.protocol) && !url.search && !url.hash && !url.username && !url.password;
  if (!plain) throw new TypeError('the hub’s address must be http:// or https://, without user, query and fragment');
  return url;
}

function prefix(base: URL): string {
  return base.pathname.replace(/\/+$/, '');
}

function queryText(query: Query = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as [string, string]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

/** The JSON document of an answer; undefined when it has none (204). */
export async function documentOf(incoming: Incoming): Promise<unknown> {
  const text = await textOf(incoming);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProtocolError('the answer is not JSON: is this the address of a hub?', { cause: error });
  }
}

async function textOf({ body }: Incoming): Promise<string> {
  try {
    return await body.text();
  } catch (error) {
    throw connectionError(error);
  }
}

/** The error that an answer of another status than 2xx stands for. */
export async function refusal(incoming: Incoming): Promise<TocsinError> {
  const document = await documentOf(incoming).catch(() => undefined);
  return new TocsinError(problemOf(document, incoming.statusCode), retryAfter(incoming.headers['retry-after']));
}

/** A proxy in between answers with anything; the token endpoint with an OAuth error (RFC 6749, 5.2). */
function problemOf(document: unknown, status: number): Problem {
  const { type, title, error, error_description: detail } = (document ?? {}) as Record<string, unknown>;
  if (typeof type === 'string' && typeof title === 'string') return { ...(document as Problem), status };
  if (typeof error !== 'string') return { type: 'about:blank', title: `The answer was HTTP ${status}`, status };
  return { type: `oauth:${error}`, title: `No access token was given (${error})`, status, ...(typeof detail === 'string' ? { detail } : {}) };
}

/** `Retry-After` (RFC 9110, 10.2.3), seconds or a date, in milliseconds. */
function retryAfter(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
