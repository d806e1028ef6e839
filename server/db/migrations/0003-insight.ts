import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `create table trend_week (week integer primary key, at bigint not null)`,
  `create table trend_cell (week integer not null references trend_week, dimension text not null, value text not null, signals bigint not null, origins integer not null, primary key (week, dimension, value))`,
  `create table trend_overlap (week integer not null references trend_week, origin integer not null, harm text not null, indicators integer not null, shares jsonb not null, lag_days integer,
    primary key (origin, week, harm))`,

  `create table message (
    id uuid primary key, message text not null, origin integer not null, class_id integer not null references visibility_class, about uuid,
    accepted_at bigint not null, until bigint not null, open boolean not null, withdrawn_at bigint, hash text not null, content jsonb,
    check ((content is null) = (withdrawn_at is not null))
  )`,
  `create index message_class on message (class_id, accepted_at, id)`,
  `create index message_due on message (until) where withdrawn_at is null`,
  `create index message_origin on message (origin) where withdrawn_at is null`,
  `create index message_about on message (about, class_id) where about is not null`,
  `create table message_disclosure (viewer integer not null, message_id uuid not null, view text not null, world bigint not null, at bigint not null, primary key (viewer, message_id, view))`,
  `create index message_disclosure_message on message_disclosure (message_id, viewer)`,

  `create table topic (id uuid primary key, member integer not null, doc jsonb not null, created_at bigint not null, acknowledged integer not null, offered integer not null)`,
  `create index topic_member on topic (member)`,
  `create table topic_item (topic_id uuid not null references topic on delete cascade, item text not null, page integer not null, primary key (topic_id, item))`,

  // Words as they are written, and in the forms that their language has.
  `alter table report_part add column language regconfig not null default 'simple'`,
  `alter table report_part add column search tsvector not null generated always as (setweight(
    to_tsvector('simple', coalesce(heading, '') || ' ' || text) || to_tsvector(language, coalesce(heading, '') || ' ' || text),
    (case when part = 'title' then 'A' else 'D' end)::"char")) stored`,
  `create index report_part_search on report_part using gin (search)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
