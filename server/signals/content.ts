import { blake3, checkDigestForm, schemes } from '../../clients/sdk/digests/index.ts';
import type { Digest, NewSignal } from '../../schemas/types.ts';
import { validatorOf } from '../http/validation.ts';
import type { SignalAttributes, SignalObject } from '../policy/object.ts';
import { formatInstant, instant } from '../policy/time.ts';
import { Problem, problemAt } from '../problems.ts';
import { uuidFrom } from '../random.ts';
import { rawIdentifierIn } from '../text/raw-identifiers.ts';
import { UNMEASURED } from './measured.ts';
import { hashesOf, type ContentHashes } from './sums.ts';

/** An indicator: its id follows from scheme, key, epoch and digest. Unkeyed schemes have the key '' and epoch 0. */
export interface Indicator {
  id: string;
  scheme: string;
  key: string;
  epoch: number;
  digest: string;
}

/** A signal's content, checked, in normal form, and what the tables keep beside it. */
export interface Prepared {
  content: NewSignal;
  json: string;
  /** Hex of 16 bytes; equal content has equal hashes. */
  hash: string;
  /** As long as nothing was measured of it. */
  object: SignalObject;
  /** Equal for signals of one visibility class, as long as nothing was measured of them. */
  classKey: string;
  validUntil: number | null;
  reference: string | null;
  indicators: Indicator[];
  hashes: ContentHashes;
}

const wrongPlaces = validatorOf('NewSignal');

/**
 * Checks one item and brings it into normal form. Does not know the instant or which epochs are accepted: see the writer.
 * @throws Problem naming the place, relative to the item
 */
export function prepare(item: unknown, origin: string): Prepared {
  const wrong = wrongPlaces(item);
  if (wrong) throw new Problem('invalid-body', wrong);
  const signal = item as NewSignal;
  checkDigests(signal.digests);
  checkNote(signal);
  checkTimes(signal);
  const content = normalise(signal);
  const json = JSON.stringify(content);
  const given = objectOf(content, origin);
  return {
    content,
    json,
    hash: blake3(json, 16).toString('hex'),
    ...classOf(given),
    validUntil: content.valid_until === undefined ? null : instant(content.valid_until),
    reference: content.reference ?? null,
    indicators: content.digests.map(indicatorOf),
    hashes: hashesOf(content),
  };
}

/** Checks the digests of one thing. @throws Problem unknown-scheme, invalid-digest, unknown-key, at `/digests` */
export function checkDigests(digests: readonly Digest[]): void {
  const type = schemes.get(digests[0]!.scheme)?.type;
  digests.forEach((digest, index) => {
    const at = `/digests/${index}`;
    const scheme = schemes.get(digest.scheme);
    if (!scheme) throw problemAt('unknown-scheme', `${at}/scheme`);
    const form = checkDigestForm(digest.scheme, digest.digest);
    if (form) throw problemAt('invalid-digest', `${at}/digest`, form === 'wrong-length' ? 'does not have the length of its scheme' : 'must be lower-case hex');
    if (scheme.type !== type) throw problemAt('invalid-digest', `${at}/scheme`, 'all digests of a signal are of one indicator type');
    if (digests.findIndex((other) => other.scheme === digest.scheme && other.digest === digest.digest && other.epoch === digest.epoch && other.key === digest.key) < index) throw problemAt('invalid-digest', at, 'occurs twice');
    const named = digest.key !== undefined && digest.epoch !== undefined;
    if (scheme.keyed && !named) throw problemAt('unknown-key', at, 'a keyed digest names its key and epoch');
    if (!scheme.keyed && (digest.key !== undefined || digest.epoch !== undefined)) throw problemAt('unknown-key', at, 'this scheme has no key');
  });
}

function checkNote({ note }: NewSignal): void {
  const what = note === undefined ? undefined : rawIdentifierIn(note);
  if (what) throw problemAt('raw-identifier', '/note', `looks like it carries ${what}`);
}

function checkTimes({ observed, valid_until: until, not_before: from, basis, derived_from: source }: NewSignal): void {
  if (observed?.last !== undefined && instant(observed.last) < instant(observed.first)) throw problemAt('invalid-times', '/observed/last', 'is before first');
  if (until !== undefined && from !== undefined && instant(until) <= instant(from)) throw problemAt('invalid-times', '/valid_until', 'is not after not_before');
  if (source !== undefined && basis !== 'derived') throw problemAt('invalid-body', '/derived_from', 'goes with basis derived');
}

/** Equal content in equal bytes: fields in one order, sets sorted, instants in UTC, what says nothing left out. */
function normalise(s: NewSignal): NewSignal {
  const time = (text: string): string => formatInstant(instant(text));
  return {
    digests: s.digests.map(({ scheme, key, epoch, digest }) => ({ scheme, ...(key === undefined ? {} : { key, epoch: epoch! }), digest })),
    harm: s.harm,
    severity: s.severity,
    confidence: s.confidence,
    status: s.status,
    tlp: s.tlp,
    ...(s.observed ? { observed: { first: time(s.observed.first), ...(s.observed.last ? { last: time(s.observed.last) } : {}) } } : {}),
    ...(s.labels?.length ? { labels: s.labels.toSorted() } : {}),
    ...(s.intent ? { intent: s.intent } : {}),
    ...(s.novelty ? { novelty: s.novelty } : {}),
    ...(s.basis ? { basis: s.basis } : {}),
    ...(s.jurisdictions?.length ? { jurisdictions: s.jurisdictions.toSorted() } : {}),
    ...(s.derived_from ? { derived_from: s.derived_from } : {}),
    ...(s.note ? { note: s.note } : {}),
    ...(s.valid_until ? { valid_until: time(s.valid_until) } : {}),
    ...(s.not_before ? { not_before: time(s.not_before) } : {}),
    ...(s.audience ? { audience: { ...(s.audience.members ? { members: s.audience.members.toSorted() } : {}), ...(s.audience.groups ? { groups: s.audience.groups.toSorted() } : {}) } } : {}),
    ...(s.exercise ? { exercise: s.exercise } : {}),
    ...(s.reference ? { reference: s.reference } : {}),
  };
}

/** The class of a signal with this content of which nothing was measured. */
export function unmeasuredClass(content: NewSignal, origin: string): Pick<Prepared, 'object' | 'classKey'> {
  return classOf(objectOf(normalise(content), origin));
}

function classOf(given: SignalObject): Pick<Prepared, 'object' | 'classKey'> {
  return { object: { ...given, attributes: { ...given.attributes, ...UNMEASURED } }, classKey: JSON.stringify(given) };
}

/** What the policy engine reads of a signal of what its origin gives. */
function objectOf(content: NewSignal, origin: string): SignalObject {
  const attributes: SignalAttributes = {
    type: schemes.get(content.digests[0]!.scheme)!.type,
    schemes: [...new Set(content.digests.map((digest) => digest.scheme))].sort(),
    harm: content.harm,
    severity: content.severity,
    confidence: content.confidence,
    status: content.status,
    tlp: content.tlp,
    labels: content.labels ?? [],
    ...(content.intent ? { intent: content.intent } : {}),
    ...(content.novelty ? { novelty: content.novelty } : {}),
    ...(content.basis ? { basis: content.basis } : {}),
    ...(content.jurisdictions ? { jurisdictions: content.jurisdictions } : {}),
    ...(content.exercise ? { exercise: content.exercise } : {}),
  };
  return {
    kind: 'signal',
    origin,
    attributes,
    ...(content.audience ? { audience: content.audience } : {}),
    ...(content.not_before ? { notBefore: instant(content.not_before) } : {}),
  };
}

function indicatorOf({ scheme, key = '', epoch = 0, digest }: Digest): Indicator {
  return { id: uuidFrom(blake3(`${scheme}\n${key}\n${epoch}\n${digest}`, 16)), scheme, key, epoch, digest };
}

/** The indicators of stored content. */
export function indicatorsOf(content: NewSignal): Indicator[] {
  return content.digests.map(indicatorOf);
}
