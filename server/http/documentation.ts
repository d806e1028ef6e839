import swagger, { type SwaggerTransform, type SwaggerTransformObject } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifySchema } from 'fastify';
import { readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import type { Scope } from '../../schemas/types.ts';
import { definitions } from '../../schemas/index.ts';
import { projectFile } from '../../schemas/root.ts';
import { scopeOf } from '../auth/access.ts';
import type { App } from './fastify.ts';
import { securityHeaders } from './headers.ts';

const DESCRIPTION = `A hub through which online platforms warn each other. Members post hashed signals; each member’s sharing policy
says what each peer may see, and when.

An operation that names a scope needs an access token with that scope. Errors are problem details (RFC 9457) whose \`type\` is stable. The headers
\`RateLimit-Limit\`, \`RateLimit-Remaining\` and \`RateLimit-Reset\` tell how many requests are left.`;

const tags = [
  { name: 'Access', description: 'Tokens for machines (OAuth 2 client credentials), and the keys that verify them.' },
  { name: 'Signals', description: 'What a member posts: hashed indicators and what they are tied to.' },
  { name: 'Feeds', description: 'What a member may see, pulled as exact changes of a replica.' },
  { name: 'Reports', description: 'Strategic notes for people, of which each reader sees the parts that it may see.' },
  { name: 'Trends', description: 'What signals come to, week by week, with small numbers left out.' },
  { name: 'Measures', description: 'What members find of each other’s signals, and what policies read of members and signals because of it.' },
  { name: 'Messages', description: 'Requests for information, answers to them, and comments on reports.' },
  { name: 'Topics', description: 'What a member wants to hear of, and what is new about it.' },
  { name: 'Policies', description: 'Who may see what of a member’s signals: written, checked, explained and put into force.' },
  { name: 'Digest keys', description: 'The keys under which accounts and URLs are hashed.' },
  { name: 'Members', description: 'The organisations of this hub, and the groups that they form.' },
  { name: 'Clients', description: 'The machines of a member, and their credentials.' },
  { name: 'Incidents', description: 'What is going on, so that policies that name it share more, or sooner, while it is open; and exercises.' },
  { name: 'Emergencies', description: 'Imminent harm, told at once to the responders that policy names.' },
  { name: 'Contacts', description: 'Whom to call at which member, by role and need; and the page that is open to everybody.' },
  { name: 'Referrals', description: 'What members hand to governments and law enforcement, on a register; and evidence that is held.' },
  { name: 'Audit', description: 'What was done, by whom, in a chain that can be verified.' },
  { name: 'Operation', description: 'What runs the hub.' },
];

/** What a token of each scope may do. */
const scopes: Record<Scope, string> = {
  'signals:write': 'Post, change and retract signals',
  'signals:read': 'Read single signals, and one’s own',
  'feeds:read': 'Pull feeds',
  'feeds:write': 'Offer feeds',
  'policies:read': 'Read one’s own policies',
  'policies:write': 'Write policies and put them into force',
  'policies:approve': 'Approve or refuse what another client of the member proposes',
  explain: 'Ask what a peer sees of one’s own signals, and why',
  'digest-keys:read': 'Fetch the digest keys that the member is entitled to',
  'reports:write': 'Write, publish and withdraw reports',
  'reports:read': 'Read reports, and one’s own',
  'reports:review': 'Approve reports of one’s own organisation, or return them',
  'members:read': 'See members, groups and one’s own clients',
  'trends:read': 'Read trends',
  'messages:read': 'Read requests for information, answers and comments, and keep topics',
  'messages:write': 'Ask for information, answer and comment',
  'members:write': 'Add, change and suspend members, groups and clients',
  'contacts:write': 'Keep one’s own contacts',
  'incidents:write': 'Open and close incidents that the member responds to',
  'emergencies:read': 'See emergencies',
  'emergencies:write': 'Report imminent harm, and take it up',
  'referrals:read': 'Read what was referred: by oneself, or to oneself',
  'referrals:write': 'Refer one’s own signals to authorities, and hold evidence',
  'keys:write': 'Rotate keys',
  'audit:read': 'Read the audit log',
};

/** The page loads nothing from elsewhere; its styles are partly inline. */
const PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Describes the routes that are added after it as OpenAPI 3.1, at `/openapi.json` and as a page at `/docs`. */
export async function documentation(server: App): Promise<void> {
  securityHeaders(server);
  const { version } = JSON.parse(readFileSync(projectFile('package.json'), 'utf8')) as { version: string };
  await server.register(swagger, {
    convertConstToEnum: false,
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Tocsin', version, description: DESCRIPTION, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
      servers: [{ url: '/' }],
      tags,
      components: { securitySchemes: { oauth2: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: '/v1/oauth/token', scopes } } } } },
    },
    refResolver: { buildLocalReference: (json) => json.$id as string },
    transform: describeAccess,
    transformObject: replaceSchemas,
  });
  await server.register(swaggerUi, { routePrefix: '/docs', staticCSP: PAGE_POLICY, theme: { title: 'Tocsin' }, uiConfig: { docExpansion: 'list', defaultModelsExpandDepth: 0 } });
  server.get('/openapi.json', { schema: { hide: true } }, () => server.swagger());
}

const problem = {
  description: 'A problem, by its `type`',
  content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
};

interface Described extends FastifySchema {
  response?: object;
}

/** Adds to each operation what is the same everywhere, the scope of its check and the form of its errors, and what its route leaves open. */
const describeAccess: SwaggerTransform = ({ schema, url, route }) => {
  const scope = scopeOf(route);
  const described = (schema as Described | undefined) ?? {};
  const { body, response = {}, consumes = [] } = described;
  const succeeds = Object.keys(response).some((status) => status.startsWith('2'));
  const all = { ...(succeeds ? {} : { 200: { type: 'null' } }), ...response, default: problem };
  const unread = consumes.map((type) => [type, { schema: {} }] as const);
  const content = body === undefined && unread.length > 0 ? { body: { content: Object.fromEntries(unread) } } : {};
  return { url, schema: { ...described, ...content, response: all, security: scope ? [{ oauth2: [scope] }] : [] } };
};

/**
 * Puts our own definitions in place of the generator's: it drops what stands beside a reference, and what no operation
 * mentions is left out.
 */
const replaceSchemas: SwaggerTransformObject = (document) => {
  if (!('openapiObject' in document)) throw new Error('the documentation is OpenAPI');
  const { openapiObject } = document;
  const paths = nameStatuses(relocate(openapiObject.paths));
  const used = new Map<string, unknown>();
  collect(paths, used);
  const schemas = Object.fromEntries([...used].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...openapiObject, paths, components: { ...openapiObject.components, schemas } } as ReturnType<SwaggerTransformObject>;
};

/** Gives each answer that says nothing of itself the name of its status. */
function nameStatuses(paths: unknown): unknown {
  for (const operation of Object.values(paths as Record<string, object>).flatMap((path) => Object.values(path) as { responses: Record<string, { description: string }> }[])) {
    for (const [status, response] of Object.entries(operation.responses)) {
      if (response.description === 'Default Response') response.description = STATUS_CODES[status] ?? status;
    }
  }
  return paths;
}

const COMPONENT = '#/components/schemas/';

/** Gathers the definitions that a part of the document refers to, and those that they refer to. */
function collect(part: unknown, used: Map<string, unknown>): void {
  if (typeof part !== 'object' || part === null) return;
  const reference = (part as { $ref?: unknown }).$ref;
  const name = typeof reference === 'string' && reference.startsWith(COMPONENT) ? reference.slice(COMPONENT.length) : undefined;
  if (name !== undefined && !used.has(name)) {
    const schema = component(name);
    used.set(name, schema);
    collect(schema, used);
  }
  for (const inner of Object.values(part)) collect(inner, used);
}

function component(name: string): unknown {
  const { $id: _id, ...schema } = definitions[name] ?? {};
  return relocate(schema);
}

/** A copy in which references by bare name (`Tlp#`) point into the document. */
function relocate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocate);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, key === '$ref' ? String(inner).replace(/^([A-Za-z]+)#$/, `${COMPONENT}$1`) : relocate(inner)]));
}
