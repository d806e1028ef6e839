import { createReadStream, createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Home } from '../../../server/db/database.ts';
import { CliError, Exit } from '../failure.ts';
import { examples } from '../options.ts';
import { count } from '../output.ts';
import type { Commands, Session } from '../session.ts';

/** `tocsin serve`, `backup` and `restore`: a hub on this machine, with the settings of the environment. */
export function hubCommands(program: Command, commands: Commands): void {
  program.command('serve').description('run a hub; its settings come from the environment').action(commands.does(serve))
    .addHelpText('after', examples(
      ['TOCSIN_DATA=./data tocsin serve', 'a hub with its data in a folder; the first start prints the operator’s client'],
      ['DATABASE_URL=postgres://… TOCSIN_SECRET=… tocsin serve', 'a hub on PostgreSQL'],
    ));
  program.command('backup').description('write all data of a hub to a file; an embedded hub must be stopped').argument('<file>', 'the file, or `-` for the standard output').action(commands.does(backup))
    .addHelpText('after', examples(['TOCSIN_DATA=./data tocsin backup hub.backup', 'writes the data; keep the file ./data/secret too, apart from it: a backup opens no key without it']));
  program.command('restore').description('read a backup into an empty home').argument('<file>', 'the file, or `-` for the standard input').action(commands.does(restore))
    .addHelpText('after', examples(['TOCSIN_DATA=./new tocsin restore hub.backup', 'after the secret of the hub that was backed up was put into ./new/secret']));
}

async function serve({ terminal }: Session): Promise<never> {
  const { runHub } = await import('../../../server/main.ts');
  await runHub(terminal.env);
  // It ends the process by itself, when it is told to.
  return new Promise<never>(() => undefined);
}

async function backup({ terminal, out }: Session, file: string): Promise<void> {
  const home = await homeOf(terminal.env);
  const { backupHome } = await import('../../../server/db/backup.ts');
  const draft = `${file}.${process.pid}.new`;
  const stream = file === '-' ? terminal.stdout : createWriteStream(draft, { mode: 0o600, flags: 'wx', flush: true });
  try {
    const rows = await backupHome(home, stream);
    if (file === '-') return;
    renameSync(draft, file);
    out.result({ file, rows }, () => `${file} holds the hub’s data: ${count(total(rows), 'row')}. Keep TOCSIN_SECRET, or the file secret of the data folder, apart from it.`);
  } catch (error) {
    rmSync(draft, { force: true });
    throw explained(error);
  }
}

async function restore({ terminal, out }: Session, file: string): Promise<void> {
  refuseNewSecret(terminal.env);
  const home = await homeOf(terminal.env);
  if (file !== '-' && !existsSync(file)) throw new CliError(`There is no file ${file}.`);
  const { restoreHome } = await import('../../../server/db/backup.ts');
  const stream = file === '-' ? process.stdin : createReadStream(file);
  const rows = await restoreHome(home, stream).catch((error: unknown) => {
    throw explained(error);
  });
  out.result({ file, rows }, () => `The backup is restored: ${count(total(rows), 'row')}. Start the hub with: tocsin serve`);
}

/** A secret made anew would open no key of the backup. */
function refuseNewSecret(env: Session['terminal']['env']): void {
  if (env['DATABASE_URL'] || env['TOCSIN_SECRET'] || existsSync(join(env['TOCSIN_DATA'] ?? 'data', 'secret'))) return;
  throw new CliError('The secret of the hub that was backed up is missing.', 'Set TOCSIN_SECRET, or put the file secret of its data folder into the new one (TOCSIN_DATA): without it the backup opens no key.');
}

async function homeOf(env: Session['terminal']['env']): Promise<Home> {
  const { ConfigError, readConfig } = await import('../../../server/config.ts');
  try {
    return readConfig(env).home;
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(error.message);
    throw error;
  }
}

/** Only what is meant to be read: another error can hold the address of the database, with its password. */
function explained(error: unknown): Error {
  const { message, code } = error as { message: string; code?: string };
  const ours = (error as Error).constructor.name === 'BackupError';
  return new CliError(ours ? message : `The database or the file failed (${code ?? message}).`, undefined, Exit.failed);
}

function total(rows: Readonly<Record<string, number>>): number {
  return Object.values(rows).reduce((sum, number) => sum + number, 0);
}
