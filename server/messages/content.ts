import { blake3 } from '../../clients/sdk/digests/index.ts';
import type { Audience, MessageKind, NewAnswer, NewComment, NewRequest } from '../../schemas/types.ts';
import type { MessageObject } from '../policy/object.ts';
import { formatInstant, instant } from '../policy/time.ts';
import { problemAt } from '../problems.ts';
import { checkDigests } from '../signals/content.ts';
import { checkIdentifiers, checkLine, checkMarkdown } from '../text/check.ts';

/** What a message says, whatever it is. */
export type MessageContent = Partial<NewRequest & NewAnswer & NewComment> & Pick<NewComment, 'text' | 'tlp'>;

/** A message, checked and in normal form. Equal ones have equal hashes. */
export interface PreparedMessage {
  message: MessageKind;
  content: MessageContent;
  hash: string;
  validUntil: number | null;
}

/**
 * Checks what a message says, beyond its schema, and brings it into normal form.
 * @throws Problem unsafe-text, raw-identifier, unknown-scheme, invalid-digest, unknown-key or invalid-times, naming the place
 */
export function prepareMessage(message: MessageKind, written: NewRequest | NewAnswer | NewComment): PreparedMessage {
  const given: MessageContent = written;
  if (given.title !== undefined) checkLine('/title', given.title);
  checkMarkdown('/text', given.text);
  checkIdentifiers('/identifiers', given.identifiers);
  if (given.digests) checkDigests(given.digests);
  const [from, until] = [given.not_before, given.valid_until].map((text) => (text === undefined ? undefined : instant(text)));
  if (from !== undefined && until !== undefined && until <= from) throw problemAt('invalid-times', '/valid_until', 'is not after not_before');
  const content = normalise(given);
  return { message, content, hash: blake3(JSON.stringify(content), 16).toString('hex'), validUntil: until ?? null };
}

/** Sets sorted, instants in UTC, what says nothing left out. */
function normalise(given: MessageContent): MessageContent {
  const set = (name: 'harms' | 'regions' | 'labels'): object => (given[name]?.length ? { [name]: given[name].toSorted() } : {});
  const kept = (name: keyof MessageContent): object => (given[name] === undefined ? {} : { [name]: given[name] });
  const time = (name: 'not_before' | 'valid_until'): object => (given[name] === undefined ? {} : { [name]: formatInstant(instant(given[name])) });
  return { text: given.text, tlp: given.tlp, ...kept('title'), ...kept('to'), ...set('harms'), ...set('regions'), ...set('labels'), ...kept('digests'), ...kept('identifiers'), ...kept('audience'), ...kept('exercise'), ...time('not_before'), ...time('valid_until') };
}

/** What a message takes over from what it is about: who asked, for an answer to it alone; the exercise that it belongs to. */
export interface Context {
  asker?: string;
  exercise?: string | undefined;
}

/** What the policy engine reads of a message. */
export function objectOf({ message, content }: PreparedMessage, origin: string, { asker, exercise }: Context): MessageObject {
  const { harms = [], regions = [], tlp, labels = [], not_before: notBefore } = content;
  const audience: Audience | undefined = content.to === 'asker' && asker !== undefined ? { members: [asker] } : content.audience;
  return { kind: 'message', origin, attributes: { message, harms, regions, tlp, labels, ...(exercise === undefined ? {} : { exercise }) }, ...(audience ? { audience: sorted(audience) } : {}), ...(notBefore === undefined ? {} : { notBefore: instant(notBefore) }) };
}

function sorted({ members, groups }: Audience): Audience {
  return { ...(members ? { members: members.toSorted() } : {}), ...(groups ? { groups: groups.toSorted() } : {}) };
}
