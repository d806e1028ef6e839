import type { Digest, EmergencyOutcome, EmergencyView, Field, NewEmergency } from '../../schemas/types.ts';
import type { Secrets } from '../crypto/secrets.ts';
import { takesPart } from '../exercises/exercises.ts';
import { shownOrigin } from '../feeds/look.ts';
import { decide } from '../policy/decide.ts';
import type { MessageObject } from '../policy/object.ts';
import { duration, formatInstant } from '../policy/time.ts';
import { problemAt } from '../problems.ts';
import { checkDigests } from '../signals/content.ts';
import { textFault } from '../text/line.ts';
import { rawIdentifierIn } from '../text/raw-identifiers.ts';
import type { HubWorld } from '../world/state.ts';

/** What an emergency says beside what policies decide by. */
export interface EmergencyContent {
  text: string;
  digests?: Digest[];
}

/** That a member was shown an emergency, or acknowledged it: the first time. */
export interface EmergencyEvent {
  member: number;
  kind: 'shown' | 'acknowledged';
  at: number;
}

/** An emergency with what became of it. */
export interface EmergencyRow {
  id: string;
  at: number;
  origin: number;
  until: number;
  respond_within: number;
  object: MessageObject;
  content: EmergencyContent;
  closed_at: number | null;
  outcome: EmergencyOutcome | null;
  events: EmergencyEvent[];
}

/** Who looks, and when. */
export interface Look {
  world: HubWorld;
  at: number;
  viewer: { id: string; number: number };
  secrets: Secrets;
}

/** How long an emergency is shown. */
export const SHOWN_FOR = 30 * 86_400_000;
const RESPOND_WITHIN = 3_600_000;
const SHORTEST = 60_000;
const LONGEST = 7 * 86_400_000;

/**
 * Checks what a schema cannot, and takes apart what policies decide by and what they reveal.
 * @throws Problem raw-identifier, invalid-body, invalid-times, unknown-scheme, invalid-digest, unknown-key
 */
export function prepareEmergency(origin: string, { harm, regions = [], tlp, labels = [], text, digests, audience, exercise, respond_within: within }: NewEmergency): { object: MessageObject; content: EmergencyContent; respondWithin: number } {
  const what = rawIdentifierIn(text);
  if (what) throw problemAt('raw-identifier', '/text', `looks like it carries ${what}`);
  const fault = textFault(text);
  if (fault) throw problemAt('invalid-body', '/text', fault);
  if (digests) checkDigests(digests);
  const respondWithin = within === undefined ? RESPOND_WITHIN : duration(within);
  if (respondWithin < SHORTEST || respondWithin > LONGEST) throw problemAt('invalid-times', '/respond_within', 'must be a minute to seven days');
  const attributes = { message: 'emergency' as const, harms: [harm], regions: regions.toSorted(), tlp, labels: labels.toSorted(), ...(exercise === undefined ? {} : { exercise }) };
  return { object: { kind: 'message', origin, attributes, ...(audience ? { audience } : {}) }, content: { text, ...(digests ? { digests } : {}) }, respondWithin };
}

/** What a viewer sees of an emergency, as the engine decides; undefined for nothing. Its origin sees who received and acknowledged it. */
export function emergencyView(row: EmergencyRow, look: Look): EmergencyView | undefined {
  const { world, at, viewer, secrets } = look;
  const { object, content } = row;
  const acknowledged = row.events.filter(({ kind }) => kind === 'acknowledged');
  const due = row.at + row.respond_within;
  const { exercise } = object.attributes;
  const common = {
    id: row.id,
    ...(exercise === undefined ? {} : { exercise }),
    posted_at: formatInstant(row.at),
    acknowledge_by: formatInstant(due),
    state: row.closed_at !== null ? ('closed' as const) : acknowledged.length > 0 ? ('acknowledged' as const) : ('open' as const),
    overdue: isOverdue(row, at),
    ...(row.outcome ? { outcome: row.outcome } : {}),
  };
  if (row.origin === viewer.number) return { ...common, origin: object.origin, ...fieldsOf(row, () => true), text: content.text, acknowledgements: named(world, acknowledged), received: named(world, row.events.filter(({ kind }) => kind === 'shown')) };
  if (!mayDrill(row, world, viewer.id)) return undefined;
  const { grant, visible } = decide({ world: world.policy, at, viewer: viewer.id, object }, { accepted: row.at, until: row.until });
  const reveals = (field: Field): boolean => grant?.reveal.includes(field) ?? false;
  if (!grant || !visible || !reveals('text')) return undefined;
  const origin = shownOrigin(object.origin, grant, { viewer: viewer.id, secrets });
  return { ...common, ...(origin === undefined ? {} : { origin }), acknowledged_by_you: acknowledged.some(({ member }) => member === viewer.number), ...fieldsOf(row, reveals), text: content.text, handling: grant.handling };
}

/** Whether an emergency is real, or a member takes part in the exercise that it belongs to. */
export function mayDrill({ object }: Pick<EmergencyRow, 'object'>, world: HubWorld, member: string): boolean {
  const { exercise } = object.attributes;
  if (exercise === undefined) return true;
  const known = world.exercises.get(exercise);
  return known !== undefined && takesPart(world, known, member);
}

function fieldsOf({ object: { attributes }, content }: EmergencyRow, reveals: (field: Field) => boolean): Pick<EmergencyView, 'harm' | 'regions' | 'labels' | 'digests'> {
  const { harms: [harm], regions, labels } = attributes;
  return {
    ...(reveals('harm') ? { harm: harm! } : {}),
    ...(reveals('regions') && regions.length > 0 ? { regions: [...regions] } : {}),
    ...(reveals('labels') && labels.length > 0 ? { labels: [...labels] } : {}),
    ...(reveals('identifiers') && content.digests ? { digests: content.digests } : {}),
  };
}

/** Whether nobody has acknowledged it in time. What was closed is waited for no more. */
export function isOverdue(row: EmergencyRow, at: number): boolean {
  return levelOf(row, at) > 0;
}

/** How many times the time to acknowledge has run out without anybody doing so. */
export function levelOf({ at: posted, respond_within: within, closed_at: closed, events }: EmergencyRow, at: number): number {
  return closed !== null || events.some(({ kind }) => kind === 'acknowledged') ? 0 : Math.floor((at - posted) / within);
}

function named(world: HubWorld, events: readonly EmergencyEvent[]): { member: string; at: string }[] {
  return events.toSorted((a, b) => a.at - b.at || a.member - b.member).map(({ member, at }) => ({ member: world.numbers.get(member)!.id, at: formatInstant(at) }));
}
