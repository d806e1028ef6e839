import { SingleBar } from 'cli-progress';
import type { BatchSummary, ItemResult, NewSignal, Problem } from '../../schemas/types.ts';
import { push, pushAll, type PushOptions } from '../sdk/push.ts';
import { CliError, Exit, type ExitCode } from './failure.ts';
import { count } from './output.ts';
import type { Session } from './session.ts';
import type { BadLine, Source } from './source.ts';

/** Refused items that are told one by one. */
const TOLD = 20;

/** What a push is careful about. */
export interface Care {
  /** A line that cannot be sent ends the push before the hub takes the file for whole. */
  strict: boolean;
  /** So does a file without any item. */
  filled: boolean;
}

/** One run of `tocsin push`: sends what a source gives and tells what became of it. */
export class PushRun {
  readonly #session: Session;
  readonly #care: Care;
  /** What is to be told of single lines, when the progress bar is off the screen. */
  readonly #notes: string[] = [];
  #told = 0;

  constructor(session: Session, care: Care) {
    this.#session = session;
    this.#care = care;
  }

  /** Told of a line that could not be made into a signal; nothing of it was sent. */
  badLine({ line, message, problem }: BadLine): void {
    if (this.#care.strict) throw new CliError(`Line ${line} cannot be sent: ${message}. Nothing was retracted.`, 'Mend the line and run the command again, or give --skip-bad.', Exit.failed);
    if (this.#session.out.json) this.#session.terminal.stdout.write(`${JSON.stringify({ line, status: 'rejected', ...(problem ? { problem } : { message }) })}\n`);
    else this.#tell(line, message);
  }

  /** Prints the signals instead of sending them. */
  async print(source: Source): Promise<ExitCode> {
    let printed = 0;
    for await (const signal of this.#items(source)) {
      await this.#session.out.line(JSON.stringify(signal));
      printed += 1;
    }
    this.#flush();
    this.#session.out.note(`${count(printed, 'signal')}; nothing was sent.`);
    return source.bad === 0 ? Exit.done : Exit.partly;
  }

  /** Sends the signals; a file is sent again when the connection is cut, the standard input cannot be. */
  async send(source: Source, options: PushOptions): Promise<ExitCode> {
    const progress = this.#progress(source);
    let refused = 0;
    const onResult = async (result: ItemResult): Promise<void> => {
      const line = source.lineOf(result);
      if (result.status === 'rejected') refused += 1;
      if (this.#session.out.json) await this.#session.out.line(JSON.stringify({ line, ...result }));
      else if (result.problem) this.#tell(line, inWords(result.problem));
      progress?.update(source.read, { items: result.index + 1 });
    };
    const summary = await this.#write(source, { ...options, onResult }).finally(() => {
      progress?.stop();
      this.#flush();
    });
    await this.#conclude(summary, source.bad);
    return refused + source.bad === 0 ? Exit.done : Exit.partly;
  }

  async #write(source: Source, options: PushOptions): Promise<BatchSummary> {
    const client = await this.#session.client();
    if (source.path !== '-') return (await pushAll(client, () => this.#items(source), options)).summary;
    const stream = push(client, this.#items(source), options);
    for (;;) {
      const { done, value } = await stream.next();
      if (done) return value;
    }
  }

  /** An empty file is more often a mistake than a wish to retract everything. */
  async *#items(source: Source): AsyncGenerator<NewSignal> {
    let empty = true;
    for await (const signal of source.items()) {
      empty = false;
      yield signal;
    }
    if (empty && this.#care.filled) throw new CliError('There is nothing to send, and so the whole set would be retracted, for good. Nothing was retracted.', 'Give --allow-empty if that is what you want.', Exit.failed);
  }

  async #conclude(summary: BatchSummary, bad: number): Promise<void> {
    const { out } = this.#session;
    if (out.json) return out.line(JSON.stringify(summary));
    const { created, updated, unchanged, rejected, retracted, batch } = summary;
    out.result(summary, () => `${created} created, ${updated} updated, ${unchanged} unchanged, ${rejected + bad} refused, ${retracted} retracted. Batch ${batch}.`);
  }

  #tell(line: number, message: string): void {
    this.#told += 1;
    if (this.#told <= TOLD) this.#notes.push(`line ${line}: ${message}`);
  }

  #flush(): void {
    for (const note of this.#notes) this.#session.out.note(note);
    if (this.#told > TOLD) this.#session.out.note(`… and ${this.#told - TOLD} more. With --json each is told.`);
  }

  #progress(source: Source): SingleBar | undefined {
    if (!this.#session.out.watched || source.bytes === undefined) return undefined;
    const bar = new SingleBar({ format: '{bar} {percentage}%  {items} acknowledged', stream: this.#session.terminal.stderr, hideCursor: true });
    bar.start(source.bytes, 0, { items: 0 });
    return bar;
  }
}

function inWords({ title, errors = [] }: Problem): string {
  return [title, ...errors.map(({ pointer, detail }) => `${pointer} ${detail}`)].join('; ');
}
