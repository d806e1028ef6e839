import type { Basis, Dispute, Intent, Jurisdiction, MemberKind, Novelty, PeerConditions, Policy, Retraction, Rule, Severity, SignalConditions, Terms, Tlp, Trust } from '../../schemas/types.ts';
import type { Measures } from '../../server/policy/world.ts';

/** Everything that a run may speak of: all names are known beforehand, so that a step still has a meaning when others are left out. */
export const MEMBERS = ['ash', 'birch', 'cedar', 'dogwood', 'elm', 'fir'] as const;
export const GROUPS = ['alpha', 'beta', 'gamma'] as const;
/** Of `hub`, everybody's signals; of a member, its own. `all` is always there. */
export const FEEDS = ['ash/one', 'birch/two', 'hub/three'] as const;
export const OPERATOR = 'hub';

/** An instant, as milliseconds from when the step is taken. */
export type Offset = number;

/** Which signal a step is about: the `pick`-th (modulo their number) of those that it aims at, newest first. */
export interface Aim {
  at: 'any' | 'embargoed' | 'held' | 'in-feed' | 'ended';
  pick: number;
}

/** What a signal says; its digests follow from `n`. */
export interface Content {
  schemes: ('media-md5' | 'media-sha256')[];
  harm: string;
  severity: Severity;
  confidence: number;
  tlp: Tlp;
  labels: string[];
  intent?: Intent;
  novelty?: Novelty;
  basis?: Basis;
  jurisdictions?: Jurisdiction[];
  note?: string;
  observed?: Offset;
  validFor?: Offset;
  notBefore?: Offset;
  audience?: { members?: string[]; groups?: string[] };
}

/** Agreements by when they begin and end. */
export interface AgreementTemplate {
  id: string;
  version?: number;
  from: Offset;
  until?: Offset;
}

/** A policy whose windows are still offsets. */
export type PolicyTemplate = (Omit<Rule, 'during'> & { during?: { from?: Offset; until?: Offset } })[];

/** What a feed selects, for whom and on which terms. */
export interface FeedTemplate {
  filter?: SignalConditions;
  peers?: PeerConditions;
  terms?: Terms;
}

/** How a pull goes. */
export interface PullStep {
  do: 'pull';
  viewer: string;
  feed: string;
  /** Which of the viewer's replicas of the feed. */
  copy: number;
  limit: number;
  /** Pages after which it stops in the middle. */
  pages: number;
  form: 'json' | 'ndjson';
  /** The last answer is lost, or the stream is cut off; or the same cursor is used twice, at once. */
  trouble: 'none' | 'lost' | 'cut' | 'twice';
  digest: 'none' | 'total' | 'parts';
  /** Says what it has (`If-None-Match`), and perhaps that the answer may wait for a second. */
  poll: 'no' | 'match' | 'wait';
  /** Lines of a stream that arrive before it is cut off. */
  lines: number;
}

/** One thing that happens. `hub` says which process is asked, modulo their number. */
export type Step = { hub: number } & (
  | PullStep
  | { do: 'join'; member: string; kind: MemberKind; trust: Trust; jurisdictions: Jurisdiction[]; agreements: AgreementTemplate[] }
  | { do: 'change'; member: string; trust?: Trust; jurisdictions?: Jurisdiction[]; agreements?: AgreementTemplate[] }
  | { do: 'subscribe'; member: string; on: boolean }
  | { do: 'leave'; member: string; signals: 'keep' | 'withdraw' }
  | { do: 'suspend'; member: string }
  /** The `pick`-th of those who are suspended. */
  | { do: 'resume'; pick: number }
  | { do: 'group'; group: string; members: string[] }
  | { do: 'delete-group'; group: string }
  | { do: 'activate'; owner: string; policy: PolicyTemplate; delay: Offset }
  | { do: 'withdraw-policy'; owner: string; delay: Offset }
  | { do: 'feed'; feed: string; document: FeedTemplate }
  | { do: 'withdraw-feed'; feed: string }
  | { do: 'post'; member: string; content: Content; count: number; as: 'single' | 'array' | 'stream'; reference?: number }
  | { do: 'set'; member: string; content: Content; references: number[] }
  | { do: 'update'; aim: Aim; change: Partial<Content> }
  | { do: 'retract'; aim: Aim; reason: Retraction['reason'] }
  | { do: 'expire'; aim: Aim }
  | { do: 'undo'; pick: number }
  | { do: 'read'; viewer: string; aim: Aim }
  | { do: 'clock'; by: Offset }
  /** To the `pick`-th of the next instants at which something changes for the viewer, or a little off it; then perhaps it pulls. */
  | { do: 'clock-to-change'; viewer: string; pick: number; off: Offset; pull?: PullStep }
  | { do: 'rotate-keys' }
  | { do: 'measure'; signals: { aim: Aim; corroboration: number; dispute: Dispute }[]; members: Record<string, Measures> }
  | { do: 'restart' }
  | { do: 'together'; steps: Step[] }
  /** One after the other: what seldom follows by chance. */
  | { do: 'in-turn'; steps: Step[] }
);

/** A policy as its owner stores it. */
export function policyOf(template: PolicyTemplate, owner: string, name: string, now: number): Policy {
  const iso = (offset: Offset): string => new Date(now + offset).toISOString();
  const rules = template.map(({ during, ...rule }): Rule => {
    if (!during) return rule;
    return { ...rule, during: { ...(during.from === undefined ? {} : { from: iso(during.from) }), ...(during.until === undefined ? {} : { until: iso(during.until) }) } };
  });
  return { id: `${owner}/${name}`, title: name, summary: name, rules };
}
