import type { Problem } from '../../schemas/types.ts';

const PREFIX = 'urn:tocsin:problem:';

/** The hub refused. `problem` is its answer (RFC 9457), `status` the HTTP status and `type` the stable word for the error. */
export class TocsinError extends Error {
  readonly problem: Problem;
  readonly status: number;
  readonly type: string;
  /** Milliseconds that the hub asks to wait before trying again. */
  readonly retryAfter?: number;

  constructor(problem: Problem, retryAfter?: number) {
    super(`${problem.title}${problem.detail ? `: ${problem.detail}` : ''}`);
    this.name = 'TocsinError';
    this.problem = problem;
    this.status = problem.status;
    this.type = problem.type;
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
  }

  /** The last word of a hub's type: `cursor-expired` of `urn:tocsin:problem:cursor-expired`. Other types stay whole. */
  get key(): string {
    return this.type.startsWith(PREFIX) ? this.type.slice(PREFIX.length) : this.type;
  }
}

/** The hub could not be reached, or the connection to it broke. */
export class ConnectionError extends Error {
  /** Whether nothing of the request can have arrived. */
  readonly neverSent: boolean;

  constructor(message: string, options: { cause?: unknown; neverSent?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.name = 'ConnectionError';
    this.neverSent = options.neverSent ?? false;
  }
}

/** What answered does not speak the hub's interface: not JSON, or not the document that was asked for. */
export class ProtocolError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'ProtocolError';
  }
}

/**
 * A streamed write that came to no closing line. What was acknowledged is written for good; the rest may or may not be. Sending
 * everything again under the same idempotency key writes nothing twice.
 */
export class PushError extends Error {
  /** Items whose result line arrived. */
  readonly acknowledged: number;
  /** Items that were handed over to the connection. */
  readonly sent: number;
  /** Whether the same request, sent again with the same idempotency key, may come to its end. */
  readonly resumable: boolean;

  constructor(message: string, state: { acknowledged: number; sent: number; resumable: boolean; cause?: unknown }) {
    super(`${message} (${state.acknowledged} items were acknowledged)`, { cause: state.cause });
    this.name = 'PushError';
    this.acknowledged = state.acknowledged;
    this.sent = state.sent;
    this.resumable = state.resumable;
  }
}

const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/** A failure of the connection as a ConnectionError; an error of ours stays what it is. */
export function connectionError(error: unknown): Error {
  if (error instanceof TocsinError || error instanceof ConnectionError || error instanceof ProtocolError) return error;
  const code = errorCode(error);
  const neverSent = NEVER_SENT.has(code);
  const what = neverSent ? 'The hub cannot be reached' : 'The connection to the hub broke';
  return new ConnectionError(code ? `${what} (${code})` : what, { cause: error, neverSent });
}

/** The code of a system error; of one that stands for several addresses, the first one's. */
function errorCode(error: unknown): string {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: unknown[] };
  if (typeof code === 'string' && code !== '') return code;
  return Array.isArray(errors) && errors.length > 0 ? errorCode(errors[0]) : '';
}

/** Whether the hub refused with one of these problems. */
export function isProblem(error: unknown, ...keys: string[]): error is TocsinError {
  return error instanceof TocsinError && keys.includes(error.key);
}
