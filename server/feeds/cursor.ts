import { blake3 } from '../../clients/sdk/digests/index.ts';
import { open, seal } from '../crypto/secrets.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';
import { recent } from './recent.ts';

/** A signal's place in the order in which feeds are scanned: by class, then first acceptance, then id. */
export interface Key {
  classId: number;
  acceptedAt: number;
  id: string;
}

/** Signals with keys up to `upto` (included) stand as they were decided in this version of the world at this instant. */
export interface Segment {
  upto: Key;
  world: number;
  at: number;
}

/** What a replica holds: signals as of `position` of the log, decided by segments of the key order. */
export interface ReplicaState {
  position: number;
  /** In order of `upto`, the last to the end. More than one while a scan is under way: the first is what it leads to. */
  segments: Segment[];
  /** A change was left to the scan under way: its goal must not change any more. */
  dirty: boolean;
  /** The record of the page that led here; 0 for none. */
  pull: number;
  /** That record says with which signals the replica is ahead of its position. */
  ahead: boolean;
}

export const ZERO_ID = '00000000-0000-0000-0000-000000000000';
export const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
export const START: Key = { classId: 0, acceptedAt: 0, id: ZERO_ID };
export const END: Key = { classId: 0xffffffff, acceptedAt: Number.MAX_SAFE_INTEGER, id: LAST_ID };
export const MAX_SEGMENTS = 4;

/** Holds nothing: the empty world of position 0 shares nothing. */
export const EMPTY: ReplicaState = { position: 0, segments: [{ upto: END, world: 0, at: 0 }], dirty: false, pull: 0, ahead: false };

export function compareKeys(a: Key, b: Key): number {
  return a.classId - b.classId || a.acceptedAt - b.acceptedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** The segment that a key falls into. */
export function segmentOf(segments: readonly Segment[], key: Key): Segment {
  return segments.find((segment) => compareKeys(key, segment.upto) <= 0)!;
}

/** Whether a scan under way has passed the key: what lies there stands at what the scan leads to. */
export function isScanned([first, ...rest]: readonly Segment[], key: Key): boolean {
  return rest.length > 0 && compareKeys(key, first!.upto) <= 0;
}

const VERSION = 1;
const UUID_BYTES = 16;
const SEGMENT = 4 + 8 + UUID_BYTES + 8 + 8;
const HEADER = 1 + UUID_BYTES + 8 + 8 + 1 + 1;
const DIRTY = 1;
const AHEAD = 2;
const LENGTH = HEADER + MAX_SEGMENTS * SEGMENT;

/** Seals a state into a cursor: of one length whatever it holds, and of use only to this viewer, for this feed. */
export function sealCursor(hub: Hub, epoch: string, viewer: number, feed: string, state: ReplicaState): string {
  const bytes = Buffer.alloc(LENGTH);
  let at = bytes.writeUInt8(VERSION, 0);
  at = writeUuid(bytes, epoch, at);
  for (const value of [state.position, state.pull]) at = bytes.writeBigInt64BE(BigInt(value), at);
  at = bytes.writeUInt8((state.dirty ? DIRTY : 0) | (state.ahead ? AHEAD : 0), at);
  at = bytes.writeUInt8(state.segments.length, at);
  for (const { upto, world, at: decided } of state.segments) {
    at = bytes.writeUInt32BE(upto.classId, at);
    at = bytes.writeBigInt64BE(BigInt(upto.acceptedAt), at);
    at = writeUuid(bytes, upto.id, at);
    at = bytes.writeBigInt64BE(BigInt(world), at);
    at = bytes.writeBigInt64BE(BigInt(decided), at);
  }
  return seal(hub.secrets.cursors, bytes, context(viewer, feed), hub.random).toString('base64url');
}

/**
 * Opens a cursor.
 * @throws Problem invalid-cursor when it was altered or belongs to another viewer or feed; cursor-expired when the hub was
 *   restored from a backup since
 */
export function openCursor(hub: Hub, epoch: string, viewer: number, feed: string, cursor: string): ReplicaState {
  const bytes = open(hub.secrets.cursors, Buffer.from(cursor, 'base64url'), context(viewer, feed));
  if (!bytes || bytes.length !== LENGTH || bytes[0] !== VERSION) throw new Problem('invalid-cursor', [{ pointer: 'cursor', detail: 'was not given to you for this feed' }]);
  if (readUuid(bytes, 1) !== epoch) throw new Problem('cursor-expired');
  const numbers = [0, 1].map((index) => Number(bytes.readBigInt64BE(1 + UUID_BYTES + index * 8)));
  const count = bytes.readUInt8(HEADER - 1);
  const segments = Array.from({ length: count }, (_, index) => readSegment(bytes, HEADER + index * SEGMENT));
  const flags = bytes.readUInt8(HEADER - 2);
  return { position: numbers[0]!, pull: numbers[1]!, dirty: (flags & DIRTY) !== 0, ahead: (flags & AHEAD) !== 0, segments };
}

const REMEMBERED = 4000;

/** Opens cursors, and remembers what was in them: a replica that polls comes back with the same. */
export class CursorReader {
  readonly #hub: Hub;
  readonly #opened = new Map<string, ReplicaState>();

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** As `openCursor`. */
  open(epoch: string, viewer: number, feed: string, cursor: string): ReplicaState {
    return recent(this.#opened, `${epoch} ${viewer} ${feed} ${cursor}`, REMEMBERED, () => openCursor(this.#hub, epoch, viewer, feed, cursor));
  }
}

function readSegment(bytes: Buffer, at: number): Segment {
  const upto = { classId: bytes.readUInt32BE(at), acceptedAt: Number(bytes.readBigInt64BE(at + 4)), id: readUuid(bytes, at + 12) };
  return { upto, world: Number(bytes.readBigInt64BE(at + 28)), at: Number(bytes.readBigInt64BE(at + 36)) };
}

function context(viewer: number, feed: string): string {
  return `cursor ${viewer} ${blake3(feed, 8).toString('hex')}`;
}

/** @returns the place after it */
export function writeUuid(bytes: Buffer, id: string, at: number): number {
  return at + bytes.write(id.replaceAll('-', ''), at, 'hex');
}

export function readUuid(bytes: Buffer, at: number): string {
  const hex = bytes.toString('hex', at, at + UUID_BYTES);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Says where a replica stands, as its cursor does, by the nonce that no other has: a tag of the answer that has nothing to say to it. */
export function tagOf(cursor: string): string {
  return `W/"${cursor.slice(0, 16)}"`;
}
