import { open, seal } from '../../crypto/secrets.ts';
import { LAST_ID, readUuid, writeUuid } from '../../feeds/cursor.ts';
import type { Hub } from '../../hub.ts';
import { Problem } from '../../problems.ts';

/** Reports with ids up to `upto` (included) stand as they were at `position`, decided in this version of the world at this instant. */
export interface Segment {
  upto: string;
  position: number;
  world: number;
  at: number;
}

/** What a replica holds, by segments of the order of ids; the last one reaches to the end. Ids are random and tell nothing. */
export type ReportState = readonly Segment[];

export const MAX_SEGMENTS = 4;

/** Holds nothing: the empty world of position 0 shares nothing. */
export const EMPTY: ReportState = [{ upto: LAST_ID, position: 0, world: 0, at: 0 }];

const VERSION = 1;
const UUID_BYTES = 16;
const SEGMENT = UUID_BYTES + 3 * 8;
const HEADER = 1 + UUID_BYTES + 1;
const LENGTH = HEADER + MAX_SEGMENTS * SEGMENT;

/** Seals a state into a cursor: of one length whatever it holds, and of use only to this viewer. */
export function sealCursor(hub: Hub, epoch: string, viewer: number, state: ReportState): string {
  const bytes = Buffer.alloc(LENGTH);
  let at = bytes.writeUInt8(VERSION, 0);
  at = writeUuid(bytes, epoch, at);
  at = bytes.writeUInt8(state.length, at);
  for (const { upto, position, world, at: decided } of state) {
    at = writeUuid(bytes, upto, at);
    for (const value of [position, world, decided]) at = bytes.writeBigInt64BE(BigInt(value), at);
  }
  return seal(hub.secrets.cursors, bytes, context(viewer), hub.random).toString('base64url');
}

/**
 * Opens a cursor.
 * @throws Problem invalid-cursor when it was altered or belongs to another viewer; cursor-expired when the hub was restored from
 *   a backup since
 */
export function openCursor(hub: Hub, epoch: string, viewer: number, cursor: string): ReportState {
  const bytes = open(hub.secrets.cursors, Buffer.from(cursor, 'base64url'), context(viewer));
  if (bytes?.length !== LENGTH || bytes[0] !== VERSION) throw new Problem('invalid-cursor', [{ pointer: 'cursor', detail: 'was not given to you for reports' }]);
  if (readUuid(bytes, 1) !== epoch) throw new Problem('cursor-expired');
  return Array.from({ length: bytes.readUInt8(HEADER - 1) }, (_, index) => {
    const at = HEADER + index * SEGMENT;
    const [position, world, decided] = [0, 1, 2].map((n) => Number(bytes.readBigInt64BE(at + UUID_BYTES + n * 8)));
    return { upto: readUuid(bytes, at), position: position!, world: world!, at: decided! };
  });
}

function context(viewer: number): string {
  return `report cursor ${viewer}`;
}
