import { readFileSync, writeFileSync } from 'node:fs';
import pg, { type Connection } from 'pg';
import { request } from 'undici';
import type { ChangesPage, Policy, SignalField, Terms } from '../../schemas/types.ts';
import { activate, startBenchHub, type BenchHub, type Caller } from './setup.ts';

const REVEAL: SignalField[] = ['digest', 'harm', 'severity', 'confidence', 'status', 'observed', 'labels'];
const TERMS: Terms = { reveal: REVEAL, origin: 'named', handling: { tlp: 'GREEN', onward: 'members' } };

/** A hub with one origin, and viewers of whom `wide` sees everything and `narrow` what carries that label. */
export interface FeedBench {
  hub: BenchHub;
  origin: Caller;
  wide: Caller;
  narrow: Caller;
}

export async function startFeedBench(): Promise<FeedBench> {
  const hub = await startBenchHub();
  await activate(hub.operator, policy('hub/charter', [{ id: 'all', effect: 'share', terms: TERMS }]));
  const [origin, wide, narrow] = [await hub.join('northstar'), await hub.join('wide'), await hub.join('narrow')];
  await activate(origin, originPolicy(true));
  return { hub, origin, wide, narrow };
}

/** The origin's policy, which shares what is labelled `narrow` with the viewer of that name, or nothing. */
export function originPolicy(withNarrow: boolean): Policy {
  const rules: Policy['rules'] = [{ id: 'wide', effect: 'share', peers: { id: { in: ['wide'] } }, terms: TERMS }];
  if (withNarrow) rules.push({ id: 'narrow', effect: 'share', peers: { id: { in: ['narrow'] } }, signals: { labels: { any: ['narrow'] } }, terms: TERMS });
  return policy('northstar/policy', rules);
}

function policy(id: string, rules: Policy['rules']): Policy {
  return { id, title: id, summary: id, rules };
}

/** Pulls a whole feed as one stream. */
export async function pullStream(url: string, { token }: Caller): Promise<{ lines: number; bytes: number }> {
  const { statusCode, body } = await request(`${url}/v1/feeds/all/changes`, { headers: { authorization: `Bearer ${token}`, accept: 'application/x-ndjson' } });
  if (statusCode !== 200) throw new Error(`status ${statusCode}`);
  let [lines, bytes] = [0, 0];
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
    tail = chunk.length > 2000 ? chunk.subarray(-2000) : Buffer.concat([tail, chunk]).subarray(-2000);
  }
  if (!tail.toString().trimEnd().split('\n').at(-1)!.includes('"complete":true')) throw new Error('the stream did not end with a complete page');
  return { lines, bytes };
}

/** Pulls so many changes, or up to a complete page, in pages of 1,000. */
export async function pullPages(viewer: Caller, changes: number, cursor?: string): Promise<{ changes: number; cursor: string }> {
  let [got, at] = [0, cursor];
  for (;;) {
    const page = await viewer.call<ChangesPage>('GET', `/v1/feeds/all/changes?limit=1000${at === undefined ? '' : `&cursor=${at}`}`);
    got += page.changes.length;
    at = page.cursor;
    if (page.complete || got >= changes) return { changes: got, cursor: at };
  }
}

/** The same rows as JSON, in the same members, by COPY: bytes over the network, which are not looked at. */
export async function copyOut(databaseUrl: string): Promise<number> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    return await new Promise<number>((resolve, reject) => {
      let bytes = 0;
      client.query({
        submit: (connection: Connection) => {
          connection.query(COPY);
        },
        handleCopyData: ({ chunk }: { chunk: Buffer }) => (bytes += chunk.length),
        handleCommandComplete: () => undefined,
        handleReadyForQuery: () => resolve(bytes),
        handleError: reject,
      } as unknown as pg.Submittable);
    });
  } finally {
    await client.end();
  }
}

const HANDLING = { pap: 'RED', permitted_actions: 'none', affected_party_notifications: 'must-not', attribution: 'must-not', unmodified_resale: 'must-not', encrypt_in_transit: 'must', tlp: 'GREEN', onward: 'members', onward_groups: [], excluded_kinds: ['government', 'law-enforcement'] };

const COPY = `copy (select json_build_object('type', 'signal', 'signal', json_build_object('id', id, 'version', encode(content_hash, 'base64'),
  'released_at', to_char(timestamp '1970-01-01' + accepted_at * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'visible_until', to_char(timestamp '1970-01-01' + until * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'digests', content->'digests', 'observed', content->'observed', 'origin', 'northstar', 'handling', '${JSON.stringify(HANDLING)}'::json,
  'harm', content->'harm', 'severity', content->'severity', 'confidence', content->'confidence', 'status', content->'status', 'labels', content->'labels'))
  from signal where active) to stdout`;

/** Forgets the most that a process has held (Linux). */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Megabytes that a process holds now (`VmRSS`), or has held at most (`VmHWM`). */
export function megabytes(pid: number, which: 'VmRSS' | 'VmHWM'): number {
  const kilobytes = new RegExp(`${which}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1];
  return Math.round(Number(kilobytes) / 1000);
}
