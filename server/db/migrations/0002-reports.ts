import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `create table report (
    id uuid primary key, origin integer not null, version integer not null, working text, public_version integer,
    accepted_at bigint, position bigint, until bigint, period_from bigint, period_until bigint, superseded_by uuid, withdrawal text, withdrawn_position bigint,
    changed_at bigint not null, keep_until bigint not null, purged_at bigint
  )`,
  `create index report_origin on report (origin, id)`,
  `create index report_position on report (position) where position is not null`,
  `create index report_until on report (until) where until is not null`,
  `create index report_due on report (keep_until) where purged_at is null`,
  `create table report_version (
    report_id uuid not null references report, version integer not null, author text not null, created_at bigint not null, hash text not null, content jsonb,
    reviews jsonb not null, position bigint, published_at bigint, until bigint, classes jsonb, primary key (report_id, version)
  )`,
  `create index report_version_published on report_version (report_id, position desc) where position is not null`,
  `create table report_part (
    report_id uuid not null references report, place integer not null, part text not null, class_id integer not null references visibility_class,
    accepted_at bigint not null, until bigint not null, heading text, text text not null, primary key (report_id, place)
  )`,
  `create index report_part_class on report_part (class_id, accepted_at, report_id)`,
  `create table report_link (report_id uuid not null, version integer not null, kind text not null, target uuid not null, primary key (report_id, version, kind, target))`,
  `create index report_link_target on report_link (target, kind, report_id)`,
  `create table report_disclosure (
    viewer integer not null, report_id uuid not null, view text not null, version integer not null, places jsonb not null, world bigint not null, at bigint not null,
    primary key (viewer, report_id, view)
  )`,
  `create index report_disclosure_report on report_disclosure (report_id, viewer)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
