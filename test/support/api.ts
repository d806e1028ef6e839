import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem, Token } from '../../schemas/types.ts';
import type { FirstClient } from '../../server/bootstrap.ts';
import type { Clock } from '../../server/clock.ts';
import { schemaErrors } from './schema.ts';

/** An answer of the hub. `body` is undefined where there was none, and text where it was not JSON. */
export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

/** What a client proves itself with. */
export type Credentials = FirstClient;

type Body = object | string | undefined;

/** The hub answers that its database is away. */
export class HubAway extends Error {}

/** Calls a hub as one client: it gets tokens by itself, and a new one when the hub's clock has passed the old one's end. */
export class Api {
  readonly credentials: Credentials;
  readonly #url: string;
  readonly #clock: Clock;
  readonly #scope: string | undefined;
  readonly #tries: number;
  #token: { text: string; ends: number } | undefined;

  /**
   * @param scope the scopes to ask for, by spaces; all that the client has when absent
   * @param tries how often a token is asked for, at most, while the hub's database is away
   */
  constructor(url: string, clock: Clock, credentials: Credentials, scope?: string, tries = 100) {
    this.#url = url;
    this.#clock = clock;
    this.credentials = credentials;
    this.#scope = scope;
    this.#tries = tries;
  }

  /** A live access token. @throws HubAway */
  async token(): Promise<string> {
    if (this.#token && this.#clock.now() < this.#token.ends) return this.#token.text;
    const { client_id, client_secret } = this.credentials;
    const { status, body } = await patiently(() => requestToken(this.#url, { client_id, client_secret, ...(this.#scope === undefined ? {} : { scope: this.#scope }) }), this.#tries);
    if (status === 503) throw new HubAway();
    if (status !== 200) throw new Error(`no token: ${JSON.stringify(body)}`);
    const { access_token: text, expires_in: seconds } = body as Token;
    this.#token = { text, ends: this.#clock.now() + seconds * 1000 };
    return text;
  }

  get<T>(path: string, headers: Record<string, string> = {}): Promise<Answer<T>> {
    return this.send('GET', path, undefined, headers);
  }

  post<T>(path: string, body?: Body, headers: Record<string, string> = {}): Promise<Answer<T>> {
    return this.send('POST', path, body, headers);
  }

  put<T>(path: string, body?: Body, headers: Record<string, string> = {}): Promise<Answer<T>> {
    return this.send('PUT', path, body, headers);
  }

  patch<T>(path: string, body?: Body, headers: Record<string, string> = {}): Promise<Answer<T>> {
    return this.send('PATCH', path, body, headers);
  }

  delete<T>(path: string, headers: Record<string, string> = {}): Promise<Answer<T>> {
    return this.send('DELETE', path, undefined, headers);
  }

  /** Sends a body as JSON, or text as it is under the content type given. */
  async send<T>(method: string, path: string, body: Body, headers: Record<string, string> = {}): Promise<Answer<T>> {
    return call(`${this.#url}${path}`, method, body, { authorization: `Bearer ${await this.token()}`, ...headers });
  }
}

/** Asks again while the hub says that its database is away. */
async function patiently(ask: () => Promise<Answer<unknown>>, most: number): Promise<Answer<unknown>> {
  for (let tries = 1; ; tries += 1) {
    const answer = await ask();
    if (answer.status !== 503 || tries >= most) return answer;
    await sleep(100);
  }
}

/** Asks the token endpoint, form-encoded. */
export async function requestToken(url: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer<unknown>> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString();
  return call(`${url}/v1/oauth/token`, 'POST', body, { 'content-type': 'application/x-www-form-urlencoded', ...headers });
}

/** One request; an answer that is a problem is checked against its schema. */
export async function call<T>(url: string, method: string, body: Body, headers: Record<string, string>): Promise<Answer<T>> {
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  const response = await fetch(url, {
    method,
    headers: { ...(typeof body === 'object' ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(text === undefined ? {} : { body: text }),
  });
  const answer = { status: response.status, headers: response.headers, body: parse(await response.text(), response.headers.get('content-type') ?? '') };
  if (response.headers.get('content-type')?.startsWith('application/problem+json')) checkProblem(answer);
  return answer as Answer<T>;
}

/** What a problem says where: its type and its places, each as pointer and detail. */
export function problemOf({ status, body }: Answer<unknown>): string[] {
  const { type, errors } = body as Problem;
  return [`${status} ${type.replace('urn:tocsin:problem:', '')}`, ...(errors ?? []).map((place) => `${place.pointer} ${place.detail}`)];
}

function parse(text: string, type: string): unknown {
  if (text === '') return undefined;
  return /^application\/([a-z]+\+)?json/.test(type) ? JSON.parse(text) : text;
}

function checkProblem({ status, body }: Answer<unknown>): void {
  const errors = schemaErrors('Problem', body);
  if (errors.length > 0) throw new Error(`not a problem: ${errors.join('; ')}`);
  if ((body as Problem).status !== status) throw new Error('the problem states another status');
}
