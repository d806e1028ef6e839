import { ConnectionError, ProtocolError, PushError, TocsinError } from '../sdk/errors.ts';

/** What the command's exit code says. */
export const Exit = {
  done: 0,
  failed: 1,
  /** Wrong use, or a wrong setting. */
  usage: 2,
  /** The hub refused. */
  refused: 3,
  /** Some items were written and some were not. */
  partly: 4,
  unreachable: 5,
} as const;

export type ExitCode = (typeof Exit)[keyof typeof Exit];

/** A failure that the command itself found: what is wrong, and what to do next. */
export class CliError extends Error {
  readonly exit: ExitCode;
  readonly advice: string | undefined;

  constructor(message: string, advice?: string, exit: ExitCode = Exit.usage) {
    super(message);
    this.exit = exit;
    this.advice = advice;
  }
}

/** A failure as it is shown. */
export interface Failure {
  exit: ExitCode;
  message: string;
  advice?: string;
  /** The hub's answer. */
  problem?: TocsinError['problem'];
}

const ADVICE: Readonly<Record<string, string>> = {
  'oauth:invalid_client': 'Check the client id, and the secret in TOCSIN_CLIENT_SECRET or in the file of --secret-file.',
  'oauth:invalid_scope': 'The client does not have these scopes; ask the operator for them.',
  'missing-scope': 'Ask the operator for a client with the scope that this needs.',
  'operator-only': 'Use a client of the operator.',
  'not-found': 'Check the spelling. What you may not see looks the same as what does not exist.',
  'member-suspended': 'Ask the operator why. Copies of what others shared must be deleted.',
  'member-left': 'Copies of what others shared must be deleted.',
  'cursor-expired': 'Pull again without the cursor; what the new run does not mention is gone.',
  'invalid-cursor': 'Use the cursor of the same hub, client and feed, or pull without one.',
  'unknown-key': 'A digest key may have been rotated: hash again with the present one.',
  'raw-identifier': 'Say it without naming the address, number, account or host.',
  'quota-exceeded': 'Retract what is no longer true, or ask the operator for more.',
  'rate-limited': 'Try again in a minute.',
  'not-ready': 'Try again in a minute.',
  'version-mismatch': 'Read it again and repeat the change.',
  'invalid-policy': 'tocsin policy validate FILE finds most mistakes without the hub.',
};

/** What went wrong, for people and for scripts. It never holds a secret or a raw identifier. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CliError) return { exit: error.exit, message: error.message, ...(error.advice ? { advice: error.advice } : {}) };
  if (error instanceof PushError) return pushFailure(error);
  if (error instanceof TocsinError) return { exit: Exit.refused, message: refusalText(error), advice: ADVICE[error.key] ?? requestAdvice(error), problem: error.problem };
  if (error instanceof ConnectionError) return { exit: Exit.unreachable, message: error.message, advice: 'Is the hub running, and is --url (or TOCSIN_URL) its address?' };
  if (error instanceof ProtocolError) return { exit: Exit.failed, message: error.message, advice: 'Is --url (or TOCSIN_URL) the address of a hub?' };
  return { exit: hasName(error, 'ReplicaMismatch') ? Exit.usage : Exit.failed, message: error instanceof Error ? error.message : 'something went wrong' };
}

function pushFailure(error: PushError): Failure {
  const inner = failureOf(error.cause);
  const advice = error.resumable ? 'Run the same command again: what was acknowledged is not written twice.' : inner.advice;
  const reason = inner.message === error.message || error.message.startsWith(inner.message) ? '' : ` ${inner.message}`;
  return { ...inner, message: `${error.message}.${reason}`, ...(advice ? { advice } : {}) };
}

function refusalText(error: TocsinError): string {
  const places = (error.problem.errors ?? []).map(({ pointer, detail }) => `\n  ${pointer || '/'}: ${detail}`);
  return `${error.message}${places.join('')}`;
}

function requestAdvice({ problem }: TocsinError): string {
  return problem.request_id ? `The operator finds the request in the log as ${problem.request_id}.` : `The hub answered with status ${problem.status}.`;
}

function hasName(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
