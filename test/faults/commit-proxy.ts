import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Where in a transaction that writes signals the proxy acts. */
export type Place = 'before the commit' | 'between commit and reply';

interface Fuse {
  place: Place;
  writes: number;
  act: () => void;
}

const [QUERY, PARSE, COMMAND_COMPLETE] = ['Q', 'P', 'C'].map((letter) => letter.charCodeAt(0));
const WRITES = /insert into signal |update signal /;

/**
 * Stands between a hub and its PostgreSQL server, and reads what passes. When a commit of signals is about to be sent, or the
 * server's answer that it is done has come, it can do something: that message, and what follows on its connection, never passes.
 */
export class CommitProxy {
  readonly #server: Server;
  readonly #port: number;
  #fuse: Fuse | undefined;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.#port = port;
    server.on('connection', (socket) => this.#join(socket));
  }

  /** Listens on a free port of 127.0.0.1, in front of a server on another. */
  static async start(port: number): Promise<CommitProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new CommitProxy(server, port);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** At the commit of the n-th transaction from now on that wrote signals, acts, once. `act` must have its effect when it returns. */
  arm(place: Place, writes: number, act: () => void): void {
    this.#fuse = { place, writes, act };
  }

  close(): void {
    this.#server.close();
  }

  #join(hub: Socket): void {
    const upstream = connect(this.#port, '127.0.0.1');
    hub.setNoDelay();
    upstream.setNoDelay();
    const cut = (): void => {
      hub.destroy();
      upstream.destroy();
    };
    for (const socket of [hub, upstream]) socket.on('error', cut).on('close', cut);
    const state = { wrote: false };
    const [asked, answered] = [new Messages(true), new Messages(false)];
    hub.on('data', (chunk) => pass(asked.push(chunk), upstream, cut, (message) => this.#stopsQuestion(message, state)));
    upstream.on('data', (chunk) => pass(answered.push(chunk), hub, cut, (message) => this.#stopsAnswer(message, state)));
  }

  #stopsQuestion(message: Buffer, state: { wrote: boolean }): boolean {
    if (message[0] !== QUERY && message[0] !== PARSE) return false;
    const text = message.toString('latin1', 5);
    state.wrote ||= WRITES.test(text);
    if (/^(begin|start transaction)/.test(text)) state.wrote = false;
    return state.wrote && text.startsWith('commit') && this.#burns('before the commit');
  }

  #stopsAnswer(message: Buffer, state: { wrote: boolean }): boolean {
    return state.wrote && message[0] === COMMAND_COMPLETE && message.toString('latin1', 5, message.length - 1) === 'COMMIT' && this.#burns('between commit and reply');
  }

  #burns(place: Place): boolean {
    const fuse = this.#fuse;
    if (fuse?.place !== place || (fuse.writes -= 1) > 0) return false;
    this.#fuse = undefined;
    fuse.act();
    return true;
  }
}

/** Sends on what passes, as far as nothing stops it. */
function pass(messages: readonly Buffer[], to: Socket, cut: () => void, stops: (message: Buffer) => boolean): void {
  if (messages.some(stops)) cut();
  else if (messages.length > 0) to.write(Buffer.concat(messages));
}

/** Cuts one direction of a connection into whole messages: a letter, and a length that counts itself. A hub's first message has no letter. */
class Messages {
  #rest: Buffer = Buffer.alloc(0);
  #first: boolean;

  constructor(startsWithoutLetter: boolean) {
    this.#first = startsWithoutLetter;
  }

  push(chunk: Buffer): Buffer[] {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const messages: Buffer[] = [];
    for (;;) {
      const letter = this.#first ? 0 : 1;
      if (this.#rest.length < letter + 4) return messages;
      const length = letter + this.#rest.readUInt32BE(letter);
      if (this.#rest.length < length) return messages;
      messages.push(this.#rest.subarray(0, length));
      this.#rest = this.#rest.subarray(length);
      this.#first = false;
    }
  }
}
