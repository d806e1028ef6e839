import { sql, type Kysely } from 'kysely';

/** With each part the class of its report's title: whether a part may be found follows from its row alone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(`alter table report_part add title_class integer references visibility_class`).execute(db);
  await sql.raw(`update report_part p set title_class = t.class_id from report_part t where t.report_id = p.report_id and t.place = 0`).execute(db);
  await sql.raw(`alter table report_part alter title_class set not null`).execute(db);
}
