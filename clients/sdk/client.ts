import { randomUUID } from 'node:crypto';
import type { Dispatcher } from 'undici';
import type { Scope } from '../../schemas/types.ts';
import { ConnectionError, isProblem } from './errors.ts';
import type { AnswerOf, Arguments, BodyOf, Method } from './operations.ts';
import { DEFAULT_RETRIES, withRetries, type RetryPolicy } from './retry.ts';
import { fetchToken, TokenSource, type Credentials } from './tokens.ts';
import { documentOf, refusal, Transport, type Incoming, type Outgoing, type Query } from './transport.ts';

/** What a client is made of. It has a secret or a private key, not both. */
export type ClientOptions = Credentials & {
  /** The hub's address, such as `https://hub.example`. */
  url: string;
  clientId: string;
  /** The scopes to ask for; all that the client has when absent. */
  scope?: readonly Scope[];
  /** An undici dispatcher, for proxies, mutual TLS or tests. It is not closed with the client. */
  dispatcher?: Dispatcher;
  retries?: Partial<RetryPolicy>;
};

/** What goes with a request beside its body. */
export interface RequestOptions {
  query?: Query;
  /** Repeating the request with the same key writes nothing twice. `POST /v1/signals` gets one when none is given. */
  idempotencyKey?: string;
  /** The version that was read; the change is refused when it is not the present one. */
  ifMatch?: number;
  headers?: Readonly<Record<string, string>>;
}

const SAFE_TO_REPEAT: readonly Method[] = ['GET', 'PUT', 'DELETE'];

/**
 * A client of one hub.
 *
 * It gets its access token by itself and renews it in time. Requests that can be repeated are, after failures of the
 * connection and when the hub asks to come back later.
 *
 * @example
 * const client = new TocsinClient({ url: 'https://hub.example', clientId: 'northstar.feeder', clientSecret });
 * const { member, quota } = await client.request('GET', '/v1/me');
 */
export class TocsinClient {
  readonly clientId: string;
  readonly retries: RetryPolicy;
  readonly #transport: Transport;
  readonly #tokens: TokenSource;

  /** @throws TypeError for an address that is not plain http or https */
  constructor(options: ClientOptions) {
    const { url, clientId, scope, dispatcher, retries } = options;
    this.clientId = clientId;
    this.retries = { ...DEFAULT_RETRIES, ...retries };
    this.#transport = new Transport(url, dispatcher);
    this.#tokens = new TokenSource(() => fetchToken(this.#transport, clientId, options, scope?.join(' ')));
  }

  /** The hub's address without a slash at its end. */
  get url(): string {
    return this.#transport.address;
  }

  /**
   * One operation of the hub. Path and body are checked against the interface's types; ids in a path that come from elsewhere
   * go through `encodeURIComponent`.
   *
   * @throws TocsinError when the hub refuses, ConnectionError when it cannot be reached, ProtocolError when it isn't a hub
   * @example await client.request('POST', `/v1/signals/${id}/retract`, { reason: 'mistake' })
   */
  async request<M extends Method, P extends string, B extends BodyOf<M, P>>(method: M, path: P, ...rest: Arguments<B, RequestOptions>): Promise<AnswerOf<M, P, B>> {
    const [body, options = {}] = rest as [unknown, RequestOptions?];
    const headers = requestHeaders(method, path, body, options);
    const idempotent = SAFE_TO_REPEAT.includes(method) || headers['idempotency-key'] !== undefined;
    const outgoing = { method, path, query: options.query, headers, body: body === undefined ? undefined : JSON.stringify(body) };
    return withRetries(this.retries, idempotent, async () => (await documentOf(await this.send(outgoing))) as AnswerOf<M, P, B>);
  }

  /**
   * Sends one request with the token, without repeating it after failures, and gives the answer unread: what streams are made of.
   * @throws TocsinError for any status but 2xx, ConnectionError
   */
  async send(outgoing: Outgoing): Promise<Incoming> {
    try {
      return await this.#sendOnce(outgoing);
    } catch (error) {
      // The token was dropped: with a new one the request may pass, provided that its body can be sent again.
      if (!isProblem(error, 'invalid-token') || typeof outgoing.body === 'object') throw error;
      return this.#sendOnce(outgoing);
    }
  }

  /** Ends the connections. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #sendOnce(outgoing: Outgoing): Promise<Incoming> {
    const token = await this.#tokens.token().catch(beforeSending);
    const incoming = await this.#transport.send({ ...outgoing, headers: { ...outgoing.headers, authorization: `Bearer ${token}` } });
    if (incoming.statusCode >= 200 && incoming.statusCode < 300) return incoming;
    if (incoming.statusCode === 401) this.#tokens.drop(token);
    throw await refusal(incoming);
  }
}

function requestHeaders(method: Method, path: string, body: unknown, { idempotencyKey, ifMatch, headers }: RequestOptions): Record<string, string> {
  const key = idempotencyKey ?? (method === 'POST' && path === '/v1/signals' ? randomUUID() : undefined);
  return {
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(key === undefined ? {} : { 'idempotency-key': key }),
    ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
    ...headers,
  };
}

/** Without a token the request itself has not been sent, however far the one for the token came. */
function beforeSending(error: unknown): never {
  if (error instanceof ConnectionError) throw new ConnectionError(error.message, { cause: error.cause, neverSent: true });
  throw error;
}
