import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = findRoot(dirname(fileURLToPath(import.meta.url)));

/** The absolute path of a file of the project, given relative to its root, from source and from the build alike. */
export function projectFile(path: string): string {
  return join(root, path);
}

function findRoot(folder: string): string {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest) && (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string }).name === 'tocsin') return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('the project folder of tocsin was not found');
  return findRoot(parent);
}
