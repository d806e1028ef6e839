import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchSummary, ItemResult, Problem } from '../../schemas/types.ts';
import type { Api } from '../support/api.ts';

/** A line of the answer: a result, the closing line, or a problem. */
export type AnswerLine = Partial<ItemResult> & Partial<BatchSummary> & { problem?: Problem };

/** A stream of NDJSON, byte by byte as the test wants it, for requests that no client sends on purpose. */
export class RawRequest {
  readonly #socket: Socket;
  readonly #chunked: boolean;
  #received = '';

  private constructor(socket: Socket, chunked: boolean) {
    this.#socket = socket;
    this.#chunked = chunked;
    socket.setEncoding('utf8').on('data', (text: string) => (this.#received += text));
    socket.on('error', () => undefined);
  }

  /** Sends the head of a request. @param length what it promises of its body; chunked where it is absent */
  static async open(url: string, api: Api, method: 'POST' | 'PUT', path: string, length?: number, headers: Record<string, string> = {}): Promise<RawRequest> {
    const token = await api.token();
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    await once(socket, 'connect');
    const framing = length === undefined ? 'transfer-encoding: chunked' : `content-length: ${length}`;
    const head = [`${method} ${path} HTTP/1.1`, `host: ${hostname}:${port}`, `authorization: Bearer ${token}`, 'content-type: application/x-ndjson', 'connection: close', framing, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    return new RawRequest(socket, length === undefined);
  }

  /** Sends a piece of the body. */
  send(text: string): void {
    this.#socket.write(this.#chunked ? `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n` : text);
  }

  /** Sends bytes outside of the body's framing. */
  sendRaw(text: string): void {
    this.#socket.write(text);
  }

  /** Ends a chunked body as it should be. */
  finish(): void {
    this.#socket.write('0\r\n\r\n');
  }

  /** Sends no more, and waits for the rest of the answer. */
  async halfClose(): Promise<void> {
    this.#socket.end();
    await this.ended();
  }

  /** Sends a last piece and breaks the connection off when the hub has it. */
  async sendAndReset(text: string): Promise<void> {
    if (text !== '') this.send(text);
    await sleep(20);
    this.#socket.resetAndDestroy();
  }

  /** The lines of the answer so far. */
  get lines(): AnswerLine[] {
    return this.#received.split('\n').filter((line) => line.startsWith('{"') && line.endsWith('}')).map((line) => JSON.parse(line) as AnswerLine);
  }

  /** Waits until so many lines have come. */
  async answered(count: number): Promise<void> {
    while (this.lines.length < count) {
      if (this.#socket.closed || this.#socket.readableEnded) throw new Error(`the answer ended: ${this.#received}`);
      await sleep(2);
    }
  }

  /** Waits until the hub has ended the answer. */
  async ended(): Promise<void> {
    if (!this.#socket.readableEnded && !this.#socket.closed) await Promise.race([once(this.#socket, 'end'), once(this.#socket, 'close')]);
    this.#socket.destroy();
  }
}
