import type { MessageKind } from '../../schemas/types.ts';
import type { MessageContent } from './content.ts';

/** A message as it is read: never one that was withdrawn. */
export interface MessageRow {
  id: string;
  message: MessageKind;
  origin: number;
  class_id: number;
  about: string | null;
  accepted_at: number;
  until: number;
  open: boolean;
  content: MessageContent | null;
}

export const MESSAGE_COLUMNS = ['id', 'message', 'origin', 'class_id', 'about', 'accepted_at', 'until', 'open', 'content'] as const;
