import type { FastifyRequest, RouteOptions } from 'fastify';
import { randomBytes } from 'node:crypto';
import type { Test } from 'tap';
import type { ClientView, MemberView, NewMember, Scope } from '../../schemas/types.ts';
import { buildApp } from '../../server/app.ts';
import { grantable } from '../../server/auth/scopes.ts';
import { bootstrap } from '../../server/bootstrap.ts';
import { systemClock, type Clock } from '../../server/clock.ts';
import type { Config } from '../../server/config.ts';
import { openDatabase, openLite, type OpenDatabase } from '../../server/db/database.ts';
import { migrate } from '../../server/db/migrate.ts';
import { createServer, type App } from '../../server/http/fastify.ts';
import { createHub, type Hub } from '../../server/hub.ts';
import { systemRandom, type Random } from '../../server/random.ts';
import { Api, type Credentials } from './api.ts';
import { scratchDatabase, testDatabaseUrl } from './postgres.ts';
import { schemaErrors } from './schema.ts';
import { migratedLite } from './template.ts';

/** The homes that every suite is run on: `for (const home of homes) t.test(home, ...)`. */
export const homes = ['embedded', 'postgres'] as const;

export type HomeName = (typeof homes)[number];

/** What a test can say of its hub. */
export interface TestHubOptions {
  home: HomeName;
  clock?: Clock;
  random?: Random;
  config?: Partial<Config>;
  /** Another process of this hub: on its database, with its settings. */
  beside?: TestHub;
  /** Adds to the app before its routes. */
  extend?: (app: App, hub: Hub) => void;
}

/** What a hub needs of the test that it is started for. */
export type TestScope = Pick<Test, 'fail' | 'teardown'>;

/** A hub that listens on 127.0.0.1. */
export interface TestHub {
  hub: Hub;
  app: App;
  url: string;
  /** Every route, as it was declared. */
  routes: readonly RouteOptions[];
  /** The operator's first client. */
  operator: Api;
  /** Calls the hub as a client; with `scope`, its tokens have only these scopes. */
  api: (credentials: Credentials, scope?: string) => Api;
  /** Adds a member and a client of it, with all scopes that such a member may have or those given. */
  join: (member: Partial<NewMember> & { id: string }, scopes?: readonly Scope[]) => Promise<Api>;
  /** Starts another process's worth of the same hub: on its database, with its secret and clock. Its `close` leaves the database. */
  another: () => Promise<TestHub>;
  /** Closes everything; the end of the test does it as well. */
  close: () => Promise<void>;
}

/** What a client of a sharing member may be granted. */
export const MEMBER_SCOPES: readonly Scope[] = grantable('platform', false);

/**
 * Starts a hub with an empty database of its own. Every JSON answer is compared with the schema that its route declares.
 * @example const { operator } = await startTestHub(t, { home });
 */
export async function startTestHub(t: TestScope, { home, clock = systemClock, random = systemRandom, config, beside, extend }: TestHubOptions): Promise<TestHub> {
  const opened = beside ? shared(beside.hub.db) : await openOwn(home);
  const settings: Config = { ...defaults(), ...beside?.hub.config, ...config };
  let operator = beside?.operator.credentials;
  const start = async (database: OpenDatabase): Promise<TestHub> => {
    const app = createServer(settings);
    const hub = createHub({ db: database.db, config: settings, clock, random, log: app.log });
    const routes = collectRoutes(app);
    checkAnswers(t, app, routes);
    extend?.(app, hub);
    operator ??= (await bootstrap(hub))!;
    await buildApp(app, hub);
    const url = await app.listen({ host: settings.host, port: settings.port });
    const close = once(async () => {
      await app.close();
      await database.close();
    });
    t.teardown(close);
    const api = (credentials: Credentials, scope?: string): Api => new Api(url, clock, credentials, scope);
    const first = api(operator);
    return { hub, app, url, routes, operator: first, api, join: (member, scopes) => join(first, api, member, scopes), another: async () => start(await opened.again()), close };
  };
  return start(opened);
}

async function join(operator: Api, api: TestHub['api'], member: Partial<NewMember> & { id: string }, scopes: readonly Scope[] = MEMBER_SCOPES): Promise<Api> {
  await made<MemberView>(operator.post('/v1/members', { title: `Member ${member.id}`, kind: 'platform', ...member }));
  const { client_id, client_secret } = await made<ClientView>(operator.post(`/v1/members/${member.id}/clients`, { title: 'Client', scopes }));
  return api({ client_id, client_secret: client_secret! });
}

async function made<T>(answer: Promise<{ status: number; body: unknown }>): Promise<T> {
  const { status, body } = await answer;
  if (status !== 201) throw new Error(`not made: ${status} ${JSON.stringify(body)}`);
  return body as T;
}

/** A migrated database of one's own, for tests below the level of a hub. */
export function openTestDatabase(home: HomeName): Promise<OpenDatabase> {
  return openOwn(home);
}

function openOwn(home: HomeName): Promise<OwnDatabase> {
  return home === 'embedded' ? embedded() : postgres();
}

/** The handle of another, who closes it. */
function shared(db: OpenDatabase['db']): OwnDatabase {
  const handle = { db, close: () => Promise.resolve() };
  return { ...handle, again: () => Promise.resolve(handle) };
}

/** A database of one's own; closing it removes it. */
interface OwnDatabase extends OpenDatabase {
  /** Opens it once more. Embedded there is only one handle, which its owner closes. */
  again: () => Promise<OpenDatabase>;
}

async function embedded(): Promise<OwnDatabase> {
  const opened = openLite(await migratedLite());
  return { ...opened, again: () => Promise.resolve({ db: opened.db, close: () => Promise.resolve() }) };
}

async function postgres(): Promise<OwnDatabase> {
  const scratch = await scratchDatabase(await testDatabaseUrl());
  const open = (): Promise<OpenDatabase> => openDatabase({ kind: 'postgres', url: scratch.url, connections: 5 });
  const opened = await open();
  await migrate(opened.db);
  return { db: opened.db, close: () => opened.close().finally(() => scratch.drop()), again: open };
}

function defaults(): Config {
  return {
    home: { kind: 'embedded', folder: '' },
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    rateLimit: 1_000_000,
    signalQuota: 1_000_000,
    classQuota: 5000,
    reportQuota: 10_000,
    messageQuota: 10_000,
    retention: 1095 * 86_400_000,
    reportRetention: 1825 * 86_400_000,
    logRetention: 400 * 86_400_000,
    staleAfter: 180 * 86_400_000,
    bulkItems: 1_000_000,
    secret: randomBytes(32),
  };
}

function collectRoutes(app: App): RouteOptions[] {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => void routes.push(route as unknown as RouteOptions));
  return routes;
}

/** Fails the test at an answer that is not what its route promises. */
function checkAnswers(t: TestScope, app: App, routes: readonly RouteOptions[]): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const isJson = (typeof payload === 'string' || Buffer.isBuffer(payload)) && String(reply.getHeader('content-type')).startsWith('application/json');
    const wrong = isJson ? differences(routes, request, reply.statusCode, JSON.parse(String(payload))) : [];
    if (wrong.length > 0) t.fail(`${request.method} ${request.routeOptions.url}: the answer ${reply.statusCode} does not fit its schema`, { wrong });
    done(null, payload);
  });
}

function differences(routes: readonly RouteOptions[], request: FastifyRequest, status: number, payload: unknown): string[] {
  const route = routes.find(({ method, url }) => url === request.routeOptions.url && [method].flat().includes(request.method));
  const response = (route?.schema as { response?: Record<number, { $ref?: string }> } | undefined)?.response;
  if (!response) return [];
  const name = response[status]?.$ref?.replace(/#$/, '');
  if (!response[status]) return ['the status is not declared'];
  return name === undefined ? [] : schemaErrors(name, JSON.parse(JSON.stringify(payload)));
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
