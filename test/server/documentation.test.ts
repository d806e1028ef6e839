import t, { type Test } from 'tap';
import type { RouteOptions } from 'fastify';
import { definitions } from '../../schemas/index.ts';
import { ALL_SCOPES } from '../../server/auth/scopes.ts';
import { startTestHub, type TestHub } from '../support/hub.ts';

t.setTimeout(120_000);

interface Parameter {
  in: string;
  name: string;
  required?: boolean;
  schema: object;
}

interface Response {
  description: string;
  content?: Record<string, { schema: object }>;
}

interface Operation {
  summary?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, Response>;
  security?: { oauth2?: string[] }[];
}

interface Document {
  openapi: string;
  info: { title: string; version: string; license: { name: string } };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: { oauth2: { type: string; flows: { clientCredentials: { tokenUrl: string; scopes: Record<string, string> } } } } };
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
/** What anybody may call. Whatever else declares no scope is a mistake. */
const OPEN = ['/.well-known/jwks.json', '/contacts', '/health/live', '/health/ready', '/v1/digest-schemes', '/v1/harms', '/v1/oauth/token'];

let hub: TestHub;
let document: Document;

t.before(async () => {
  hub = await startTestHub(t, { home: 'embedded' });
  const response = await fetch(`${hub.url}/openapi.json`);
  document = (await response.json()) as Document;
});

function operations(): { path: string; method: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, operation })));
}

/** Calls `visit` with every object of the document and the pointer to it. */
function walk(value: unknown, visit: (value: Record<string, unknown>, pointer: string) => void, pointer = '#'): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) visit(value as Record<string, unknown>, pointer);
  for (const [key, inner] of Object.entries(value)) walk(inner, visit, `${pointer}/${key}`);
}

function resolves(ref: unknown): boolean {
  if (typeof ref !== 'string' || !ref.startsWith('#/')) return false;
  let place: unknown = document;
  for (const key of ref.slice(2).split('/')) place = (place as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')];
  return place !== undefined;
}

t.test('it is OpenAPI 3.1', async (t) => {
  t.match(document.openapi, /^3\.1\.\d+$/);
  t.match(document.info, { title: 'Tocsin', version: /^\d+\.\d+\.\d+/, license: { name: 'Apache-2.0' } });
  t.strictSame(Object.keys(document).filter((key) => !['openapi', 'info', 'servers', 'tags', 'paths', 'components'].includes(key)), []);
  t.ok(operations().length > 20);
  t.strictSame(operations().filter(({ method }) => !METHODS.includes(method)), []);
});

t.test('every reference leads somewhere, and no schema has an id of its own', async (t) => {
  const wrong: string[] = [];
  let references = 0;
  walk(document, (value, pointer) => {
    if ('$ref' in value && typeof value['$ref'] === 'string') {
      references += 1;
      if (!resolves(value['$ref'])) wrong.push(`${pointer}: ${value['$ref']}`);
    }
    if ('$id' in value || '$defs' in value || 'definitions' in value) wrong.push(`${pointer}: not a plain schema`);
  });
  t.strictSame(wrong, []);
  t.ok(references > 100);
});

t.test('the schemas are those that requests are validated against', async (t) => {
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    const ours = JSON.stringify({ ...definitions[name], $id: undefined }).replaceAll(/"\$ref":"(\w+)#"/g, '"$ref":"#/components/schemas/$1"');
    t.strictSame(schema, JSON.parse(ours), name);
  }
  t.ok(document.components.schemas['NewSignal'] && document.components.schemas['Place'], 'those that others mention as well');
  t.notOk(document.components.schemas['PolicyCase'] ?? document.components.schemas['MemberPath'], 'but no others');
});

t.test('every operation says what it is', async (t) => {
  const tags = document.tags.map(({ name }) => name);
  const used = new Set<string>();
  for (const { path, method, operation } of operations()) {
    const name = `${method} ${path}`;
    t.match(operation.summary, /^[A-Z].+[^.]$/, `${name} has a summary`);
    t.ok(operation.tags?.length === 1 && tags.includes(operation.tags[0]!), `${name} has one tag, which is described`);
    operation.tags?.forEach((tag) => used.add(tag));
    checkResponses(t, name, operation);
    checkParameters(t, name, path, operation);
  }
  t.strictSame([...used].sort(), tags.toSorted(), 'every tag is used');
  t.ok(document.tags.every(({ description }) => /^[A-Z].+\.$/.test(description)));
});

function checkResponses(t: Test, name: string, { responses }: Operation): void {
  t.ok(Object.keys(responses).some((status) => /^2\d\d$/.test(status)), `${name} has a success`);
  t.ok(Object.entries(responses).every(([status, { description }]) => /^(\d{3}|default)$/.test(status) && description && description !== 'Default Response'), `${name} describes its answers`);
  t.strictSame(responses['default']?.content, { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }, `${name} has problems`);
}

/** The parameters of a path are those of its pattern; none occurs twice. */
function checkParameters(t: Test, name: string, path: string, { parameters = [], requestBody }: Operation): void {
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  t.strictSame(inPath.map((parameter) => parameter.name).sort(), [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort(), `${name}: parameters`);
  t.ok(inPath.every((parameter) => parameter.required === true) && parameters.every((parameter) => typeof parameter.schema === 'object'), `${name}: forms of parameters`);
  t.equal(new Set(parameters.map((parameter) => `${parameter.in} ${parameter.name}`)).size, parameters.length);
  if (requestBody) t.ok(Object.values(requestBody.content).every(({ schema }) => typeof schema === 'object'), `${name}: body`);
}

t.test('each scope is the one that the route asks for', async (t) => {
  const { oauth2 } = document.components.securitySchemes;
  t.match(oauth2, { type: 'oauth2', flows: { clientCredentials: { tokenUrl: '/v1/oauth/token' } } });
  t.strictSame(Object.keys(oauth2.flows.clientCredentials.scopes).sort(), ALL_SCOPES.toSorted());
  t.strictSame(operations().filter(({ operation }) => operation.security?.length === 0).map(({ path }) => path).sort(), OPEN);
  const { client_id: id } = hub.operator.credentials;
  for (const { path, method, operation } of operations().filter(({ operation }) => operation.security!.length > 0)) {
    const scope = operation.security![0]!.oauth2![0]!;
    const others = ALL_SCOPES.filter((other) => other !== scope).join(' ');
    const url = path.replaceAll(/\{\w+\}/g, 'x');
    const { status, body } = await hub.api(hub.operator.credentials, others).send<{ type: string }>(method.toUpperCase(), url, undefined);
    t.strictSame([status, body.type], [403, 'urn:tocsin:problem:missing-scope'], `${method} ${path} is refused to ${id} without ${scope}`);
  }
});

t.test('every route is documented', async (t) => {
  const hidden = ['/openapi.json', '/docs'];
  const declared = hub.routes.filter((route) => !hidden.some((prefix) => route.url.startsWith(prefix))).flatMap(pathsOf);
  t.strictSame(operations().map(({ path, method }) => `${method} ${path}`).sort(), [...new Set(declared)].sort());
});

function pathsOf({ method, url }: RouteOptions): string[] {
  return [method].flat().filter((name) => !['HEAD', 'OPTIONS'].includes(name)).map((name) => `${name.toLowerCase()} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
}

t.test('a page to read it on, which loads nothing from elsewhere', async (t) => {
  const page = await fetch(`${hub.url}/docs`);
  const html = await page.text();
  t.equal(page.status, 200);
  t.match(page.headers.get('content-security-policy'), /^default-src 'none'; script-src 'self';/);
  t.notMatch(html, /(src|href)="https?:/);
  t.notMatch(html, /<script>|style=|on\w+="/, 'no scripts or styles that the policy would refuse');
  for (const [, path] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const asset = await fetch(new URL(path!, hub.url));
    await asset.arrayBuffer();
    t.strictSame([asset.status, asset.headers.get('x-content-type-options')], [200, 'nosniff'], path!);
  }
  t.strictSame(await (await fetch(`${hub.url}/docs/json`)).json(), document);
});

t.test('headers', async (t) => {
  const longest = `/v1/members/${'x'.repeat(300)}`;
  for (const path of ['/v1/members', '/v1/oauth/token', '/health/live', '/nowhere', '/openapi.json', '/%zz', longest]) {
    const { headers } = await fetch(`${hub.url}${path}`);
    t.equal(headers.get('x-content-type-options'), 'nosniff', path);
    t.equal(headers.get('referrer-policy'), 'no-referrer', path);
    t.equal(headers.get('content-security-policy'), "default-src 'none'; frame-ancestors 'none'", path);
    t.equal(headers.get('cache-control'), path.startsWith('/v1/') ? 'no-store' : null, path);
  }
  t.equal((await hub.operator.get('/v1/members')).headers.get('cache-control'), 'no-store');
  t.match((await fetch(`${hub.url}/.well-known/jwks.json`)).headers.get('cache-control'), 'public', 'unless the route says otherwise');
});
