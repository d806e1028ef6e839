import type { ColumnType, Generated } from 'kysely';
import type { MessageContent } from '../messages/content.ts';
import type { Dimension } from '../trends/tables.ts';
import type { MessageKind, NewReport, NewTopic, PartKind, ReportReview, WithdrawalReason } from '../../schemas/types.ts';
import type { Json } from './columns.ts';

/** A report: its latest version, and what of it is public. It outlives its content as a tombstone. */
export interface ReportTable {
  id: string;
  origin: number;
  /** The latest version, public or not. */
  version: number;
  /** Where the latest version stands, if it is not public. */
  working: 'draft' | 'in-review' | null;
  public_version: number | null;
  /** First publication; never changes. */
  accepted_at: number | null;
  /** Position of the latest publication, supersession or withdrawal. */
  position: number | null;
  /** The end of the public version: the earlier of its valid_until and the end of retention. */
  until: number | null;
  /** The period that the public version covers. */
  period_from: number | null;
  period_until: number | null;
  superseded_by: string | null;
  withdrawal: ReportRemoval | null;
  withdrawn_position: number | null;
  changed_at: number;
  /** When its content is to be purged. */
  keep_until: number;
  purged_at: number | null;
}

/** Why a report is no more: its origin's reason, or because its origin left. */
export type ReportRemoval = WithdrawalReason | 'origin-left';

/** Every accepted version. Content is null once it is purged; the rest stays, since what replicas hold follows from it. */
export interface ReportVersionTable {
  report_id: string;
  version: number;
  /** The client that wrote it. */
  author: string;
  created_at: number;
  hash: string;
  content: ColumnType<NewReport | null, string, null>;
  reviews: Json<ReportReview[]>;
  /** Of its publication. */
  position: number | null;
  published_at: number | null;
  until: number | null;
  /** The classes of its parts, in order; of a published version. */
  classes: ColumnType<number[] | null, string | null, string | null>;
}

/** The parts of public reports, as their latest public version has them. */
export interface ReportPartTable {
  report_id: string;
  /** 0 is the title. */
  place: number;
  part: PartKind;
  class_id: number;
  /** The class of the report's title. */
  title_class: number;
  /** The report's first publication. */
  accepted_at: number;
  until: number;
  heading: string | null;
  /** Markdown; of the title plain text. */
  text: string;
  /** A text search configuration. Its words follow from these: see the column `search`. */
  language: Generated<string>;
}

/** What a published version points to. */
export interface ReportLinkTable {
  report_id: string;
  version: number;
  kind: 'signal' | 'related' | 'supersedes';
  target: string;
}

/** That a viewer was shown a report, and which view of it: the first time. Written before the bytes leave. */
export interface ReportDisclosureTable {
  viewer: number;
  report_id: string;
  /** The version of the view: a digest. */
  view: string;
  version: number;
  /** The places of the parts that were shown. */
  places: Json<number[]>;
  world: number;
  at: number;
}

/** A week of which trends were counted, as the number of its first day since the epoch. Its rows never change. */
export interface TrendWeekTable {
  week: number;
  at: number;
}

/** What can be said of a week; what cannot is not kept. */
export interface TrendCellTable {
  week: number;
  dimension: Dimension;
  value: string;
  signals: number;
  origins: number;
}

/** What a member's own indicators of a week have in common with those of others. */
export interface TrendOverlapTable {
  week: number;
  /** The member's number. */
  origin: number;
  harm: string;
  indicators: number;
  /** By the steps of numbers of others, in tenths. */
  shares: Json<number[]>;
  lag_days: number | null;
}

/** A request for information, an answer or a comment. What it said is forgotten when it is withdrawn. */
export interface MessageTable {
  id: string;
  message: MessageKind;
  origin: number;
  class_id: number;
  /** The request that it answers, the report that it comments on. */
  about: string | null;
  accepted_at: number;
  /** The earlier of valid_until and the end of retention. */
  until: number;
  /** A request that is not open takes no more answers. */
  open: boolean;
  withdrawn_at: number | null;
  hash: string;
  content: ColumnType<MessageContent | null, string, null>;
}

/** That a viewer was shown a message, and which view of it: the first time. Written before the bytes leave. */
export interface MessageDisclosureTable {
  viewer: number;
  message_id: string;
  /** A digest of the view. */
  view: string;
  world: number;
  at: number;
}

/** What a member wants to hear of. Answers with its news are numbered: up to `acknowledged` they have arrived. */
export interface TopicTable {
  id: string;
  member: number;
  doc: Json<NewTopic>;
  created_at: number;
  acknowledged: number;
  offered: number;
}

/** What was brought under a topic: a report, a request or a week, and in which answer. */
export interface TopicItemTable {
  topic_id: string;
  item: string;
  page: number;
}
