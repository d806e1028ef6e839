import type { Selectable } from 'kysely';
import type { MessageTable } from '../db/report-tables.ts';

export const MESSAGE_COLUMNS = ['id', 'message', 'origin', 'class_id', 'about', 'accepted_at', 'until', 'open', 'content'] as const;

/** A message as it is read: never one that was withdrawn. */
export type MessageRow = Pick<Selectable<MessageTable>, (typeof MESSAGE_COLUMNS)[number]>;
