import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problems.ts';
import type { App } from './fastify.ts';
import { places } from './validation.ts';

const framework: Record<string, ConstructorParameters<typeof Problem>[0]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'stream-cut-off',
  FST_ERR_BAD_URL: 'not-found',
  FST_ERR_MAX_PARAM_LENGTH: 'not-found',
};

/** Sends a problem as problem details. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="tocsin"');
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem.document(request.id)));
}

/** While the hub stops, connections that are kept alive are told so. */
function refuseWhileClosing(app: App): void {
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  app.addHook('onRequest', (_request, _reply, done) => done(closing ? new Problem('not-ready') : undefined));
}

/** The one place where an error becomes an answer. What is not a Problem is logged and said nothing about. */
export function handleErrors(app: App): void {
  refuseWhileClosing(app);
  app.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error);
    if (problem.key === 'internal') request.log.error({ err: error }, 'request failed');
    return sendProblem(request, reply, problem);
  });
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, new Problem('not-found')));
}

/** Class 08: connection exceptions; 57P01 to 57P03: the server ends, has crashed or is starting. */
const AWAY = /^(08...|57P0[123]|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/;

/** What the driver says without a code. The second comes from the rollback of a transaction whose connection broke, in place of the cause. */
const CUT = /^(Connection terminated|Client has encountered a connection error)/;

/** Whether the database cannot be reached now: worth trying again, and no fault of the hub's. */
function isDatabaseAway(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: string };
  return (typeof code === 'string' && AWAY.test(code)) || CUT.test(message ?? '');
}

/** Maps any error to a problem. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, validation, validationContext, statusCode } = error as FastifyError & { validationContext?: string };
  if (validation) return new Problem(validationContext === 'body' ? 'invalid-body' : 'invalid-parameter', places(validation as Parameters<typeof places>[0]));
  if (code && framework[code]) return new Problem(framework[code]);
  if (error instanceof SyntaxError || statusCode === 400) return new Problem('malformed-json');
  if (isDatabaseAway(error)) return new Problem('not-ready');
  return new Problem('internal');
}
