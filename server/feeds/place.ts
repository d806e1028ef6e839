import { open, seal } from '../crypto/secrets.ts';
import { LAST_ID } from './cursor.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';

/** A place in a list that goes down by some number that its readers see, then by id: after this one. */
export interface Place {
  key: number;
  id: string;
}

/** Before all that a list has. */
export const FIRST: Place = { key: Number.MAX_SAFE_INTEGER, id: LAST_ID };

/** Of an id, a space and whatever number. */
const LENGTH = 64;

/** Seals a place in a list of one viewer, at one length. */
export function sealPlace(hub: Hub, list: string, viewer: number, { key, id }: Place): string {
  return seal(hub.secrets.cursors, Buffer.from(`${key} ${id}`.padEnd(LENGTH)), context(list, viewer), hub.random).toString('base64url');
}

/** @throws Problem invalid-parameter for what was not given to this viewer for this list */
export function openPlace(hub: Hub, list: string, viewer: number, after: string | undefined): Place {
  if (after === undefined) return FIRST;
  const [key, id] = open(hub.secrets.cursors, Buffer.from(after, 'base64url'), context(list, viewer))?.toString().trim().split(' ') ?? [];
  if (key === undefined || id === undefined) throw new Problem('invalid-parameter', [{ pointer: 'after', detail: 'is not what a page before gave as next' }]);
  return { key: Number(key), id };
}

function context(list: string, viewer: number): string {
  return `list ${viewer} ${list}`;
}
