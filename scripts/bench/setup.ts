import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { request } from 'undici';
import type { ClientView, Policy, PolicyVersion, Scope, Token } from '../../schemas/types.ts';
import { projectFile } from '../../schemas/root.ts';
import { scratchDatabase, startPostgres } from '../../test/support/postgres.ts';

/** A hub as a process of its own on a PostgreSQL of its own, and a member with a token. */
export interface BenchHub {
  url: string;
  databaseUrl: string;
  /** A second database on the same server, for yardsticks. */
  yardstickUrl: string;
  /** The hub's process. */
  pid: number;
  operator: Caller;
  join(id: string): Promise<Caller>;
  stop(): Promise<void>;
}

/** Calls the hub as one client. */
export interface Caller {
  token: string;
  /** Takes a new token: one lives for a quarter of an hour, and loading can take longer. */
  renew(): Promise<void>;
  call<T>(method: string, path: string, body?: object): Promise<T>;
}

const SCOPES: Scope[] = ['signals:write', 'signals:read', 'feeds:read', 'policies:write', 'policies:read', 'reports:read'];

/** Starts PostgreSQL with its default settings, and a hub. */
export async function startBenchHub(settings: Record<string, string> = {}): Promise<BenchHub> {
  const server = await startPostgres();
  const [main, yardstick] = [await scratchDatabase(server.url), await scratchDatabase(server.url)];
  const env = { ...process.env, DATABASE_URL: main.url, TOCSIN_SECRET: randomBytes(32).toString('base64'), TOCSIN_PORT: '0', TOCSIN_LOG_LEVEL: 'error', TOCSIN_RATE_LIMIT: '10000000', TOCSIN_SIGNAL_QUOTA: '100000000', ...settings };
  const hub = spawn(process.execPath, [projectFile('dist/server/serve.js')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const { url, id, secret } = await greeting(hub);
  const operator = await caller(url, id, secret);
  const join = async (member: string): Promise<Caller> => {
    await operator.call('POST', '/v1/members', { id: member, title: member, kind: 'platform', trust: 'verified' });
    const client = await operator.call<ClientView>('POST', `/v1/members/${member}/clients`, { title: 'bench', scopes: SCOPES });
    return caller(url, client.client_id, client.client_secret!);
  };
  const stop = async (): Promise<void> => {
    hub.kill('SIGTERM');
    await once(hub, 'exit');
    await server.stop();
  };
  return { url, pid: hub.pid!, databaseUrl: main.url, yardstickUrl: yardstick.url, operator, join, stop };
}

/** Stores and activates a policy. */
export async function activate(owner: Caller, policy: Policy): Promise<void> {
  const { version } = await owner.call<PolicyVersion>('POST', '/v1/policies', policy);
  await owner.call('POST', `/v1/policies/${policy.id}/versions/${version}/activate`, {});
}

async function greeting(hub: ChildProcess): Promise<{ url: string; id: string; secret: string }> {
  let text = '';
  for await (const line of createInterface({ input: hub.stdout! })) {
    text += `${line}\n`;
    const url = /https?:\/\/[0-9.:]+/.exec(text)?.[0];
    const id = /\b(hub\.operator)\b/.exec(text)?.[1];
    const secret = /\b([A-Za-z0-9_-]{43})\b/.exec(text)?.[1];
    if (url && id && secret) return { url, id, secret };
  }
  throw new Error(`the hub did not start: ${text}`);
}

/** A caller with a token of this client. */
export async function caller(url: string, id: string, secret: string): Promise<Caller> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret });
  const client: Caller = {
    token: '',
    async renew() {
      const answer = await request(`${url}/v1/oauth/token`, { method: 'POST', body: form.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
      client.token = ((await answer.body.json()) as Token).access_token;
    },
    async call<T>(method: string, path: string, body?: object) {
      const headers = { authorization: `Bearer ${client.token}`, ...(body ? { 'content-type': 'application/json' } : {}) };
      const reply = await request(`${url}${path}`, { method: method as 'GET', headers, ...(body ? { body: JSON.stringify(body) } : {}) });
      const text = await reply.body.text();
      if (reply.statusCode >= 300) throw new Error(`${method} ${path}: ${reply.statusCode} ${text}`);
      return JSON.parse(text) as T;
    },
  };
  await client.renew();
  return client;
}
