import { sql, type Kysely } from 'kysely';

const appendOnly = (table: string): string => `create trigger ${table}_append_only before update or delete or truncate on ${table} for each statement execute function refuse_change()`;

const STATEMENTS = [
  `create table referral (id uuid primary key, at bigint not null, member integer not null, authority integer not null, expires_at bigint not null, objects integer not null, doc jsonb not null)`,
  `create index referral_member on referral (member, at desc, id desc)`,
  `create index referral_authority on referral (authority, at desc, id desc)`,
  `create index referral_register on referral (at desc, id desc)`,
  `create table referral_object (referral_id uuid not null references referral, n integer not null, signal_id uuid not null, version integer not null, hash bytea not null, primary key (referral_id, n))`,
  `create table referral_event (id bigint generated always as identity primary key, referral_id uuid not null references referral, at bigint not null, kind text not null, client text not null)`,
  `create index referral_event_referral on referral_event (referral_id, id)`,
  ...['referral', 'referral_object', 'referral_event'].map(appendOnly),
  `create table referral_copy (referral_id uuid not null references referral, n integer not null, until bigint not null, content jsonb not null, primary key (referral_id, n))`,
  `create index referral_copy_until on referral_copy (until)`,

  `create table hold (id uuid primary key, at bigint not null, member integer not null, reference text not null, until bigint not null, released_at bigint, swept boolean not null)`,
  `create index hold_member on hold (member, at desc, id desc)`,
  `create index hold_unswept on hold (until) where not swept`,
  `create table hold_signal (hold_id uuid not null references hold, signal_id uuid not null, primary key (signal_id, hold_id))`,
  `create index hold_signal_hold on hold_signal (hold_id)`,

  `alter table signal alter column content drop not null`,
  `create index signal_until on signal (until) where active and content is not null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
