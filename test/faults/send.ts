import { request, type ClientRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchResult, BatchSummary, ItemResult } from '../../schemas/types.ts';
import type { SeededRandom } from '../laws/random.ts';
import { HubAway, type Api } from '../support/api.ts';
import type { Ledger } from './ledger.ts';
import type { Order } from './orders.ts';

/** Where and as whom to send. */
export interface Sender {
  url: string;
  api: Api;
  ledger: Ledger;
  /** Sends in small pieces with small pauses; everything at once where it is absent. */
  pace?: SeededRandom;
  /** Is told of each acknowledgement. */
  acknowledged?: () => void;
}

type ResultLine = Partial<ItemResult> & Partial<BatchSummary>;

/**
 * Sends an order and notes in the ledger what was sent and what came back. Whatever breaks the connection breaks it for good.
 * @returns whether it was answered to its end
 */
export async function send(order: Order, sender: Sender): Promise<boolean> {
  try {
    return await (order.kind === 'one' || order.kind === 'array' ? sendDocument(order, sender) : sendStream(order, sender));
  } catch (error) {
    return rethrowUnlessGone(error);
  }
}

/** Nobody is there, or the answer broke off: fetch says both by a TypeError; or there is only half of the hub. */
export function rethrowUnlessGone(error: unknown): false {
  if (error instanceof TypeError || error instanceof HubAway) return false;
  throw error;
}

async function sendDocument({ kind, path, key, set, items }: Order, { api, ledger, acknowledged }: Sender): Promise<boolean> {
  await api.token();
  for (const item of items) ledger.sending(set, item);
  const { status, body } = await api.post<ItemResult | BatchResult>(path, kind === 'one' ? items[0] : items, key === undefined ? {} : { 'idempotency-key': key });
  if (status >= 500) return false;
  const results = 'results' in body ? body.results : [body];
  for (const result of results) {
    ledger.acknowledged(set, items[result.index]!, result);
    acknowledged?.();
  }
  return true;
}

async function sendStream(order: Order, sender: Sender): Promise<boolean> {
  const { url, api, ledger, pace } = sender;
  const headers = { authorization: `Bearer ${await api.token()}`, 'content-type': 'application/x-ndjson', ...(order.key === undefined ? {} : { 'idempotency-key': order.key }) };
  const outgoing = request(`${url}${order.path}`, { method: order.method, agent: false, headers });
  const answer = readAnswer(outgoing, order, sender);
  for (let at = 0; at < order.items.length && !outgoing.destroyed; ) {
    const piece = order.items.slice(at, at + (pace ? 1 + pace.below(12) : order.items.length));
    for (const item of piece) ledger.sending(order.set, item);
    outgoing.write(piece.map((item) => `${JSON.stringify(item)}\n`).join(''));
    at += piece.length;
    if (pace) await sleep(pace.below(8));
  }
  if (order.kind === 'set') ledger.ending(order.set, order.items);
  outgoing.end();
  return answer;
}

/** Reads result lines as they come. @returns whether the closing line came */
function readAnswer(outgoing: ClientRequest, order: Order, sender: Sender): Promise<boolean> {
  return new Promise((resolve) => {
    let closed = false;
    let rest = '';
    const end = (): void => {
      outgoing.destroy();
      resolve(closed);
    };
    outgoing.on('error', end).on('response', (response) => {
      response.setEncoding('utf8').on('error', end).on('close', end).on('data', (text: string) => {
        const lines = `${rest}${text}`.split('\n');
        rest = lines.pop()!;
        for (const line of lines) closed = takeLine(JSON.parse(line) as ResultLine, order, sender) || closed;
      });
    });
  });
}

function takeLine(line: ResultLine, { set, kind, items }: Order, { ledger, acknowledged }: Sender): boolean {
  if (line.index !== undefined) {
    ledger.acknowledged(set, items[line.index]!, line as ItemResult);
    acknowledged?.();
  } else if (line.done) {
    if (line.created! + line.updated! + line.unchanged! !== items.length) ledger.findings.push(`the closing line counts other items: ${JSON.stringify(line)}`);
    if (kind === 'set') ledger.ended(set, items, line.retracted!);
  }
  return line.done === true;
}
