import { PGlite } from '@electric-sql/pglite';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { projectFile } from '../../schemas/root.ts';
import { liteOptions, openLite } from '../../server/db/database.ts';
import { migrate } from '../../server/db/migrate.ts';

let loaded: Promise<Blob> | undefined;

/**
 * An embedded database in memory with our schema, as a copy of one that was migrated once: making one anew takes seconds. The
 * template is kept as a file named by what it was made from, so that all test processes share it.
 */
export async function migratedLite(): Promise<PGlite> {
  loaded ??= template();
  return PGlite.create({ ...liteOptions, loadDataDir: await loaded });
}

async function template(): Promise<Blob> {
  const file = join(tmpdir(), `tocsin-test-template-${fingerprint()}.tar.gz`);
  if (!existsSync(file)) await makeTemplate(file);
  return new Blob([gunzipSync(readFileSync(file))], { type: 'application/x-tar' });
}

/** Written under another name first: processes may make it at the same time. */
async function makeTemplate(file: string): Promise<void> {
  const lite = await PGlite.create(liteOptions);
  const opened = openLite(lite);
  await migrate(opened.db);
  const dump = await lite.dumpDataDir('gzip');
  await opened.close();
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, Buffer.from(await dump.arrayBuffer()));
  renameSync(draft, file);
}

/** Changes with the migrations and with the version of the database. */
function fingerprint(): string {
  const hash = createHash('sha256').update(readFileSync(projectFile('node_modules/@electric-sql/pglite/package.json')));
  const folder = fileURLToPath(new URL('../../server/db/migrations/', import.meta.url));
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest('hex').slice(0, 16);
}
