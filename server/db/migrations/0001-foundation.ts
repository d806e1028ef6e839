import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `create table head (
    one boolean primary key default true check (one),
    position bigint not null, at bigint not null, world bigint not null, kept bigint not null, classes integer not null,
    audit_entries bigint not null, audit_hash bytea not null, epoch uuid not null
  ) with (fillfactor = 10)`,
  `insert into head (position, at, world, kept, classes, audit_entries, audit_hash, epoch)
    values (0, 0, 0, 0, 0, 0, decode(repeat('00', 32), 'hex'), gen_random_uuid())`,

  `create table world_entry (position bigint primary key, at bigint not null, kind text not null, subject text not null, doc jsonb not null)`,
  `create index world_entry_subject on world_entry (kind, subject, position desc)`,
  `create table policy_version (id text not null, version integer not null, doc jsonb not null, author text not null, created_at bigint not null, primary key (id, version))`,

  `create table visibility_class (id integer primary key, origin integer not null, key bytea not null unique, doc jsonb not null)`,
  `create index visibility_class_origin on visibility_class (origin, id)`,
  `create table indicator (id uuid primary key, scheme text not null, key text not null, epoch integer not null, digest bytea not null)`,
  `create table signal (
    id uuid primary key, origin integer not null, class_id integer not null references visibility_class,
    accepted_at bigint not null, accepted_position bigint not null, position bigint not null, version integer not null, active boolean not null, retraction text,
    until bigint not null, reference text, set_name text not null, content_hash bytea not null, content jsonb not null,
    check (active = (retraction is null))
  )`,
  `create index signal_class on signal (class_id, accepted_at, id)`,
  `create unique index signal_reference on signal (origin, set_name, reference) where active and reference is not null`,
  `create table signal_indicator (indicator_id uuid not null, signal_id uuid not null, primary key (indicator_id, signal_id))`,
  `create table change_log (
    position bigint primary key, at bigint not null, signal_id uuid not null, class_id integer not null, retracted boolean not null,
    prev_class integer, prev_until bigint, prev_content jsonb
  )`,
  `create index change_log_history on change_log (signal_id, position) where prev_class is not null`,
  `create index change_log_retraction on change_log (position) where retracted`,

  `create table class_sum (class_id integer not null, accepted_day integer not null, until_day integer not null,
    count bigint not null, ids numeric not null, accepted numeric not null, until numeric not null, digests numeric not null, observed numeric not null, note numeric not null,
    primary key (class_id, accepted_day, until_day)) with (fillfactor = 50)`,

  `create table batch (id uuid primary key, position bigint not null, origin integer not null, client text not null, at bigint not null, set_name text, undone_at bigint)`,
  `create index batch_set on batch (origin, set_name, position) where set_name is not null`,
  `create table batch_range (batch_id uuid not null references batch, first bigint not null, last bigint not null, primary key (batch_id, first))`,
  `create table sync_seen (batch_id uuid not null, signal_id uuid not null, primary key (batch_id, signal_id))`,
  `create table usage (origin integer primary key, signals bigint not null, classes integer not null)`,

  `create table disclosure (id bigint generated always as identity primary key, at bigint not null, viewer integer not null, signal_id uuid not null, version integer not null, world bigint not null)`,
  `create index disclosure_signal on disclosure (signal_id, viewer)`,
  `create index disclosure_viewer on disclosure (viewer, at)`,
  `create table pull (id bigint generated always as identity primary key, at bigint not null, viewer integer not null, feed text not null,
    state_from jsonb not null, state_to jsonb not null, ahead jsonb not null, items integer not null, confirmed_at bigint)`,
  `create index pull_viewer on pull (viewer, at)`,
  `create table assertion (client text not null, jti text not null, expires_at bigint not null, primary key (client, jti))`,

  `create table audit (entry bigint primary key, at bigint not null, member text not null, client text not null,
    action text not null, subject text not null, detail jsonb not null, hash bytea not null)`,
  `create function refuse_change() returns trigger language plpgsql as $$ begin raise exception '% is append-only', tg_table_name; end $$`,
  `create trigger audit_append_only before update or delete or truncate on audit for each statement execute function refuse_change()`,
  `create trigger world_append_only before update or delete or truncate on world_entry for each statement execute function refuse_change()`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
