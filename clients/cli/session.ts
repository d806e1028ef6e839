import type { Command } from 'commander';
import type { ClientOptions, TocsinClient } from '../sdk/client.ts';
import { Output, type Terminal } from './output.ts';
import { readClientOptions, type GlobalFlags } from './profile.ts';
import type { ExitCode } from './failure.ts';

/** What a command works with. */
export interface Session {
  readonly terminal: Terminal;
  readonly out: Output;
  /** The client of the hub that flags, environment or profile name; made when it is first asked for. */
  readonly client: () => Promise<TocsinClient>;
}

/** Does a command's work, given its arguments and at last its flags. What it returns is the exit code, 0 when nothing. */
export type Work<Given extends unknown[]> = (session: Session, ...given: Given) => Promise<ExitCode> | Promise<void>;

/** Puts commands together: each gets a session, and its exit code goes to `finish`. */
export class Commands {
  readonly #terminal: Terminal;
  readonly #finish: (code: ExitCode) => void;

  constructor(terminal: Terminal, finish: (code: ExitCode) => void) {
    this.#terminal = terminal;
    this.#finish = finish;
  }

  /** Makes a command's action. */
  does<Given extends unknown[]>(work: Work<Given>): (...given: unknown[]) => Promise<void> {
    return async (...given) => {
      const command = given.at(-1) as Command;
      const global = command.optsWithGlobals<GlobalFlags>();
      let client: Promise<TocsinClient> | undefined;
      const session: Session = {
        terminal: this.#terminal,
        out: new Output(this.#terminal, global.json ?? false),
        client: () => (client ??= connect(readClientOptions(global, this.#terminal.env))),
      };
      try {
        this.#finish((await work(session, ...(given.slice(0, -1) as Given))) ?? 0);
      } finally {
        await (await client?.catch(() => undefined))?.close();
      }
    };
  }
}

/** Loaded when it is needed: many commands, and all help, do without a connection. */
async function connect(options: ClientOptions): Promise<TocsinClient> {
  const { TocsinClient: Client } = await import('../sdk/client.ts');
  return new Client(options);
}
