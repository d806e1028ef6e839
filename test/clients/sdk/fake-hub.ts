/** A server that behaves as a hub must not: for faults that a real one cannot be made to show. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { TocsinClient, type ClientOptions, type NewSignal } from '../../../clients/sdk/index.ts';

/** A request as it came in, without the one for the token. */
export interface Seen {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  /** The body, where `text` was asked for. */
  body: string;
}

export type Answer = (request: IncomingMessage, response: ServerResponse, seen: Seen) => void | Promise<void>;

export interface FakeHub {
  url: string;
  seen: Seen[];
  /** Requests for a token so far. */
  tokens: IncomingMessage[];
  /** The bodies of those. */
  forms: URLSearchParams[];
  /** Seconds that a token is said to live. */
  life: number;
  /** Answers requests for a token instead. */
  onToken?: (response: ServerResponse, number: number) => void;
  client(options?: Partial<ClientOptions>): TocsinClient;
}

/** Retries that take no time. */
export const QUICK = { base: 1, attempts: 4, longest: 1000 };

/** Starts a server whose every answer but the token's is the test's. */
export async function startFake(t: Test, answer: Answer): Promise<FakeHub> {
  const hub: Omit<FakeHub, 'url'> & { url: string } = { url: '', seen: [], tokens: [], forms: [], life: 900, client: (options = {}) => makeClient(t, hub.url, options) };
  const server = createServer((request, response) => {
    request.on('error', () => undefined);
    if (request.url?.endsWith('/v1/oauth/token')) return void giveToken(hub, request, response);
    const seen: Seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: '' };
    hub.seen.push(seen);
    void Promise.resolve(answer(request, response, seen)).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  hub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return hub;
}

function makeClient(t: Test, url: string, options: Partial<ClientOptions>): TocsinClient {
  const client = new TocsinClient({ url, clientId: 'northstar.test', clientSecret: 'hush', retries: QUICK, ...options } as ClientOptions);
  t.teardown(() => client.close());
  return client;
}

async function giveToken(hub: FakeHub, request: IncomingMessage, response: ServerResponse): Promise<void> {
  hub.tokens.push(request);
  hub.forms.push(new URLSearchParams(await text(request)));
  if (hub.onToken) hub.onToken(response, hub.tokens.length);
  else json(response, 200, { access_token: `token-${hub.tokens.length}`, token_type: 'Bearer', expires_in: hub.life, scope: '' });
}

/** All of a request's body. */
export async function text(request: IncomingMessage): Promise<string> {
  let all = '';
  for await (const chunk of request.setEncoding('utf8')) all += chunk as string;
  return all;
}

export function json(response: ServerResponse, status: number, document: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(document));
}

export function problem(response: ServerResponse, status: number, key: string, headers: Record<string, string> = {}): void {
  json(response, status, problemDocument(status, key), { ...headers, 'content-type': 'application/problem+json' });
}

export function problemDocument(status: number, key: string): { type: string; title: string; status: number } {
  return { type: `urn:tocsin:problem:${key}`, title: `It is ${key}`, status };
}

/** The items of an NDJSON request, as they arrive. */
export async function* items(request: IncomingMessage): AsyncGenerator {
  let rest = '';
  for await (const chunk of request.setEncoding('utf8')) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
}

/** Writes lines of NDJSON. */
export function lines(response: ServerResponse, ...documents: unknown[]): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.write(documents.map((document) => `${typeof document === 'string' ? document : JSON.stringify(document)}\n`).join(''));
}

/** A signal like no other of its number. */
export function signal(number: number): NewSignal {
  const digest = number.toString(16).padStart(32, '0');
  return { digests: [{ scheme: 'media-md5', digest }], harm: 'fraud.phishing', severity: 'high', confidence: 80, status: 'malicious', tlp: 'GREEN' };
}

/** What the work failed with; undefined when it did not. */
export async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(() => undefined, (error: unknown) => error);
}
