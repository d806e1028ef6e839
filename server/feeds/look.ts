import { blake3, keyedBlake3 } from '../../clients/sdk/digests/index.ts';
import type { SignalField, SignalView } from '../../schemas/types.ts';
import type { Secrets } from '../crypto/secrets.ts';
import type { Grant } from '../policy/decide.ts';
import type { PolicyObject } from '../policy/object.ts';

/** One limit of `visible_until`: acceptance + `x`, but not before `y`. */
export interface End {
  x: number;
  y: number | null;
}

/**
 * How the signals of a class look to a viewer under a grant: what is the same for all of them, and what is needed to make the
 * rest. `released_at` is acceptance + `after`, but not before `notBefore`; `visible_until` is the signal's own end or the
 * earliest of `ends`.
 */
export interface Look {
  constants: Partial<SignalView>;
  /** The constants as JSON members, each with a comma before it, and the brace that closes the view. */
  text: string;
  /** A digest of that text. */
  mark: string;
  shown: Record<Varying, boolean>;
  after: number;
  notBefore: number | null;
  /** At most as many as there are layers with terms: charter, policy, feed. */
  ends: readonly End[];
}

/** Fields that differ from signal to signal of one class. */
export const VARYING = ['digest', 'observed', 'note'] as const;
export type Varying = (typeof VARYING)[number];

/** Limits that a query has columns for. */
export const MAX_ENDS = 3;

/** Who looks, and what pseudonyms are made with. */
export interface Eye {
  viewer: string;
  secrets: Secrets;
}

export function lookOf(grant: Grant, object: PolicyObject, eye: Eye): Look {
  if (object.kind !== 'signal') throw new Error('only signals look like signals');
  const { origin, attributes } = object;
  const { harm, severity, confidence, status, labels, intent, novelty, basis, jurisdictions } = attributes;
  const fixed: Record<Exclude<SignalField, Varying>, unknown> = { harm, severity, confidence, status, labels: labels.length > 0 ? labels : undefined, intent, novelty, basis, jurisdictions };
  const name = shownOrigin(origin, grant, eye);
  const fields = Object.entries(fixed).filter(([field, value]) => value !== undefined && grant.reveal.includes(field as SignalField));
  const constants: Partial<SignalView> = { ...(name === undefined ? {} : { origin: name }), handling: grant.handling, ...Object.fromEntries(fields), ...(attributes.exercise === undefined ? {} : { exercise: attributes.exercise }) };
  const { windows, notBefore = null } = grant;
  const ends = endsOf(grant);
  if (ends.length > MAX_ENDS) throw new Error('more layers than a view is made for');
  const text = `,${JSON.stringify(constants).slice(1)}`;
  return {
    constants,
    text,
    mark: blake3(text, 16).toString('base64url'),
    shown: { digest: grant.reveal.includes('digest'), observed: grant.reveal.includes('observed'), note: grant.reveal.includes('note') },
    after: Math.max(0, ...windows.map((w) => w.after)),
    notBefore,
    ends,
  };
}

/** The limits that a grant sets to how long an object is visible. */
export function endsOf({ windows, notBefore }: Grant): End[] {
  return windows.flatMap((w): End[] => (w.for === undefined ? [] : [{ x: w.after + w.for, y: notBefore === undefined ? null : notBefore + w.for }]));
}

/** When an object with these limits stops being visible. */
export function visibleUntil({ ends }: Pick<Look, 'ends'>, acceptedAt: number, until: number): number {
  return Math.min(until, ...ends.map(({ x, y }) => Math.max(acceptedAt + x, y ?? -Infinity)));
}

/** Whether every signal looks different under the two, whatever it says. */
export function surelyDiffer(a: Look, b: Look): boolean {
  const released = a.notBefore === null && b.notBefore === null && a.after !== b.after;
  return a.text !== b.text || a.shown.digest !== b.shown.digest || released;
}

/** A pseudonym is the same for all objects of one origin that one viewer sees, and unrelated between viewers. */
export function shownOrigin(origin: string, grant: Grant, { viewer, secrets }: Eye): string | undefined {
  if (grant.origin === 'named') return origin;
  if (grant.origin === 'hidden') return undefined;
  return `~${keyedBlake3(secrets.pseudonyms, `${viewer}\n${origin}`, 9).toString('base64url')}`;
}
