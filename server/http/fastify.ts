import { Ajv2020 } from 'ajv/dist/2020.js';
import fastify, { type FastifyBaseLogger, type FastifyError, type FastifyReply, type FastifyRequest, type FastifyInstance, type FastifyTypeProvider, type RawReplyDefaultExpression, type RawRequestDefaultExpression, type RawServerDefault } from 'fastify';
import { readFileSync } from 'node:fs';
import { definitions } from '../../schemas/index.ts';
import type { Schemas } from '../../schemas/types.ts';
import type { Config } from '../config.ts';
import { systemRandom, uuidFrom } from '../random.ts';
import { sendProblem, toProblem } from './errors.ts';
import { createAjv } from './validation.ts';

/** Types a route from the definitions that its schema names. */
export interface SchemaTypes extends FastifyTypeProvider {
  validator: this['schema'] extends { $ref: `${infer N}#` } ? (N extends keyof Schemas ? Schemas[N] : unknown) : unknown;
  serializer: this['schema'] extends { $ref: `${infer N}#` } ? (N extends keyof Schemas ? Schemas[N] : unknown) : unknown;
}

/** The application as our routes see it. */
export type App = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, FastifyBaseLogger, SchemaTypes>;

const BODY_LIMIT = 1_048_576;

/** Fields of log lines that could carry secrets or raw data. */
const REDACTED = ['req.headers.authorization', 'req.headers.cookie', 'headers.authorization'];

/** A bare server with our validation, limits and log; routes and plugins come on top. */
export function createServer(config: Config, logStream?: { write(line: string): void }): App {
  const server = fastify({
    ...(config.tls ? { https: { cert: readFileSync(config.tls.certFile), key: readFileSync(config.tls.keyFile) } } : {}),
    bodyLimit: BODY_LIMIT,
    trustProxy: config.trustProxy ?? false,
    requestTimeout: 0,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void sendProblem(request, reply, toProblem(error)),
    genReqId: () => uuidFrom(systemRandom.bytes(16)),
    routerOptions: { maxParamLength: 200 },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    logger: { level: config.logLevel, redact: REDACTED, serializers: { req: requestLine }, ...(logStream ? { stream: logStream } : {}) },
  } as Parameters<typeof fastify>[0]) as unknown as App;
  compileWith(server, createAjv(false), createAjv(true));
  for (const schema of Object.values(definitions)) server.addSchema(schema);
  return server;
}

/** The query string is left out of the log: it can hold a cursor. */
function requestLine(request: { method: string; url: string; ip?: string }): object {
  return { method: request.method, path: request.url.split('?')[0], ip: request.ip };
}

function compileWith(server: App, bodies: Ajv2020, parameters: Ajv2020): void {
  server.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? bodies : parameters).compile(schema as object));
  server.setSerializerCompiler(() => (document) => JSON.stringify(document));
}
