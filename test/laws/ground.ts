import type { NewSignal } from '../../schemas/types.ts';
import type { Pair, Probe } from './transcript.ts';

/** What a viewer that looks for traces of others has in its hands. */
export interface Ground {
  viewer: string;
  client: string;
  secret: string;
  /** Signals that only one twin has; what the viewer may see; its own; and what nobody has. */
  hidden: readonly string[];
  visible: readonly string[];
  own: readonly string[];
  unknown: readonly string[];
  /** What hidden signals say, to be posted again. */
  contents: readonly NewSignal[];
  batches: readonly string[];
  ownBatches: readonly string[];
  references: readonly string[];
  keys: readonly string[];
  /** Clients that only one twin has, and others'. */
  clients: readonly string[];
  /** The same of reports, and of what goes with them. Words stand only in what is hidden. */
  reports: {
    hidden: readonly string[];
    visible: readonly string[];
    own: readonly string[];
    requests: { hidden: readonly string[]; visible: readonly string[] };
    messages: readonly string[];
    topics: { hidden: readonly string[]; own: readonly string[] };
    words: readonly string[];
  };
  /** Cursors of the viewer, by feed, old ones too, with the tags that came with them; and those of others. */
  cursors: readonly { feed: string; cursor: Pair<string>; tag?: Pair<string> }[];
  foreign: readonly Pair<string>[];
}

/** The questions to one route. */
export type Probes = (ground: Ground) => Probe[];

export const NDJSON = 'application/x-ndjson';
export const get = (path: string | Pair<string>, headers?: Probe['headers']): Probe => ({ method: 'GET', path, ...(headers ? { headers } : {}) });
export const send = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Probe => ({ method, path, ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }), ...(headers ? { headers } : {}) });
export const pair = (make: (value: string) => string, values: Pair<string>): Pair<string> => [make(values[0]), make(values[1])];
export const allIds = ({ hidden, visible, own, unknown }: Ground): string[] => [...hidden, ...visible, ...own, ...unknown];
export const someIds = ({ hidden, visible, own, unknown }: Ground): string[] => [...hidden.slice(0, 4), ...visible.slice(0, 1), ...own.slice(0, 1), ...unknown.slice(0, 1)];

/** The name under which cursors of the feed of reports are kept here. */
export const REPORTS = 'reports';

/** The address of a page of a feed. */
export function pullOf(feed: string, limit: number, cursor?: string): string {
  return `/v1/${feed === REPORTS ? REPORTS : `feeds/${feed}`}/changes?limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`;
}
