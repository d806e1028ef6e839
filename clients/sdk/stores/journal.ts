import { createReadStream } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createBlake3, type Blake3Hasher } from '../digests/blake3.ts';
import { splitLines } from '../lines.ts';

/** Takes a committed record: its lines, parsed, and its commit. */
export type Take = (lines: unknown[], commit: Record<string, unknown>) => void;

const SUM_BYTES = 16;
const BLOCK = 1_048_576;

interface End {
  /** Where the next record goes. */
  offset: number;
  /** The sum of the last record. */
  sum: string;
}

/**
 * An append-only file of records, each some JSON lines and a commit line: `{"commit":{…},"sum":"…"}`. The sum is BLAKE3 over
 * the previous record's sum, the lines and the commit, so a record counts only as a whole and in its place. What holds after a
 * crash is the longest run of good records from the start of the file.
 */
export class Journal {
  readonly #path: string;
  #file: FileHandle;
  #end: End;

  private constructor(path: string, file: FileHandle, end: End) {
    this.#path = path;
    this.#file = file;
    this.#end = end;
  }

  /** Opens the file, gives its records in order, and cuts off what comes after the last good one. */
  static async open(path: string, take: Take): Promise<Journal> {
    await rm(beside(path), { force: true });
    const file = await open(path, 'a', 0o600).then((made) => made.close()).then(() => open(path, 'r+'));
    try {
      const end = await replay(path, take);
      await file.truncate(end.offset);
      return new Journal(path, file, end);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Whether there is no record. */
  get empty(): boolean {
    return this.#end.offset === 0;
  }

  /** Adds a record. When it resolves the record is on the disk; when it fails the file is as if nothing had been added. */
  async append(lines: Iterable<string>, commit: object): Promise<void> {
    this.#end = await write(this.#file, this.#end, lines, commit);
  }

  /** Puts one record in place of all, at once. */
  async replace(lines: Iterable<string>, commit: object): Promise<void> {
    const fresh = await open(beside(this.#path), 'w', 0o600);
    try {
      const end = await write(fresh, { offset: 0, sum: '' }, lines, commit);
      await rename(beside(this.#path), this.#path);
      await this.#file.close();
      [this.#file, this.#end] = [fresh, end];
      await syncFolder(dirname(this.#path));
    } catch (error) {
      if (this.#file !== fresh) await fresh.close();
      throw error;
    }
  }

  /** Destroys all records, for when there is no room to write that there are none. */
  async erase(): Promise<void> {
    await this.#file.truncate(0);
    await this.#file.sync();
    this.#end = { offset: 0, sum: '' };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function beside(path: string): string {
  return `${path}.new`;
}

/** Writes a record at the end given. A write that failed before is written over: a rest of it can't be taken for a record. */
async function write(file: FileHandle, end: End, lines: Iterable<string>, commit: object): Promise<End> {
  const hasher = createBlake3().update(end.sum);
  try {
    let { offset } = end;
    for (const block of blocks(lines)) {
      hasher.update(block);
      offset += await writeAt(file, block, offset);
    }
    const sum = hasher.update(JSON.stringify(commit)).digest(SUM_BYTES).toString('hex');
    offset += await writeAt(file, Buffer.from(`${JSON.stringify({ commit, sum })}\n`), offset);
    await file.datasync();
    return { offset, sum };
  } finally {
    hasher.dispose();
  }
}

function* blocks(lines: Iterable<string>): Generator<Buffer> {
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < BLOCK) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

async function writeAt(file: FileHandle, bytes: Buffer, offset: number): Promise<number> {
  for (let written = 0; written < bytes.length; ) written += (await file.write(bytes, written, bytes.length - written, offset + written)).bytesWritten;
  return bytes.length;
}

/** A renamed file is safe once its folder is. Not every system can do it; those keep the order by themselves. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

async function replay(path: string, take: Take): Promise<End> {
  let end: End = { offset: 0, sum: '' };
  let offset = 0;
  let record: unknown[] = [];
  let hasher = createBlake3().update(end.sum);
  try {
    for await (const lines of splitLines(createReadStream(path, { highWaterMark: BLOCK }), 'drop')) {
      for (const line of lines) {
        offset += line.length + 1;
        const document = parse(line);
        if (document === undefined) return end;
        if (!('commit' in document)) {
          record.push(document);
          hasher.update(line).update('\n');
          continue;
        }
        const sum = sumOf(hasher, document['commit']);
        if (sum !== document['sum']) return end;
        take(record, document['commit'] as Record<string, unknown>);
        [end, record, hasher] = [{ offset, sum }, [], createBlake3().update(sum)];
      }
    }
    return end;
  } finally {
    hasher.dispose();
  }
}

function sumOf(hasher: Blake3Hasher, commit: unknown): string {
  return hasher.update(JSON.stringify(commit)).digest(SUM_BYTES).toString('hex');
}

function parse(line: Buffer): Record<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(line.toString('utf8'));
    return typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
