import { blake3, keyedBlake3 } from '../../clients/sdk/digests/index.ts';
import type { NewSignal, SignalField, SignalView } from '../../schemas/types.ts';
import type { Secrets } from '../crypto/secrets.ts';
import type { Grant } from '../policy/decide.ts';
import { span } from '../policy/meet.ts';
import { formatInstant } from '../policy/time.ts';

/** What a view is made of: the signal's row, or what it was before a change. */
export interface Shown {
  id: string;
  origin: string;
  acceptedAt: number;
  until: number | null;
  content: NewSignal;
}

const contentField: Record<SignalField, keyof NewSignal> = {
  digest: 'digests',
  harm: 'harm',
  severity: 'severity',
  confidence: 'confidence',
  status: 'status',
  observed: 'observed',
  labels: 'labels',
  intent: 'intent',
  novelty: 'novelty',
  basis: 'basis',
  note: 'note',
};

/** The projection of a signal that a grant gives a viewer: the revealed fields, when it ends, and its handling. */
export function viewOf(signal: Shown, grant: Grant, viewer: string, secrets: Secrets): SignalView {
  const times = span(grant, { accepted: signal.acceptedAt, ...(signal.until === null ? {} : { until: signal.until }) });
  const origin = shownOrigin(signal.origin, grant, viewer, secrets);
  const view: Omit<SignalView, 'version'> = {
    id: signal.id,
    released_at: formatInstant(times?.release ?? signal.acceptedAt),
    ...(times?.end === undefined ? {} : { visible_until: formatInstant(times.end) }),
    ...(origin === undefined ? {} : { origin }),
    handling: grant.handling,
    ...revealed(signal.content, grant.reveal),
  };
  const { id, ...rest } = view;
  return { id, version: blake3(JSON.stringify(view), 9).toString('base64url'), ...rest };
}

function revealed(content: NewSignal, fields: readonly SignalField[]): Partial<SignalView> {
  return Object.fromEntries(fields.map((field) => [contentField[field], content[contentField[field]]]).filter(([, value]) => value !== undefined)) as Partial<SignalView>;
}

/** A pseudonym is the same for all signals of one origin that one viewer sees, and unrelated between viewers. */
function shownOrigin(origin: string, grant: Grant, viewer: string, secrets: Secrets): string | undefined {
  if (grant.origin === 'named') return origin;
  if (grant.origin === 'hidden') return undefined;
  return `~${keyedBlake3(secrets.pseudonyms, `${viewer}\n${origin}`, 9).toString('base64url')}`;
}
