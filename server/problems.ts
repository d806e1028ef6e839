import type { Place, Problem as ProblemDocument } from '../schemas/types.ts';

/** Every error that the interface can answer with: its HTTP status and its sentence. `type` in answers is `urn:tocsin:problem:` + key. */
export const catalogue = {
  'invalid-body': [400, 'The body is not what this operation takes'],
  'invalid-parameter': [400, 'A parameter is not what this operation takes'],
  'malformed-json': [400, 'The body is not JSON'],
  'body-too-large': [413, 'The body is larger than this operation takes'],
  'line-too-long': [400, 'A line of the stream is longer than a line may be'],
  'too-many-items': [413, 'The request has more items than one request may have'],
  'stream-cut-off': [400, 'The stream ended in the middle; what has no result line was not accepted'],
  'unsupported-media-type': [415, 'The content type is not one that this operation takes'],
  'missing-token': [401, 'This operation needs an access token'],
  'invalid-token': [401, 'The access token is not valid: get a new one'],
  'missing-scope': [403, 'The token lacks the scope of this operation'],
  'member-suspended': [403, 'The member is suspended: its replicas must be emptied'],
  'member-left': [403, 'The member has left the hub: its replicas must be emptied'],
  'kind-not-allowed': [403, 'Members of this kind have no access to what members share with each other'],
  'operator-only': [403, 'Only the operator may do this'],
  'needs-another-client': [403, 'Whoever wrote or proposed it cannot approve it: another client of the member must'],
  'not-found': [404, 'There is no such thing, or you may not see it'],
  'already-exists': [409, 'There is one of that name already'],
  'conflict': [409, 'The present state does not allow this'],
  'version-mismatch': [412, 'It has changed since you read it'],
  'invalid-policy': [422, 'The policy cannot be activated as it is'],
  'unknown-scheme': [422, 'The digest scheme is not known'],
  'invalid-digest': [422, 'The digest does not have the form of its scheme'],
  'unknown-key': [422, 'The digest key or its epoch is not known, or no longer accepted'],
  'raw-identifier': [422, 'The text carries what looks like a raw identifier: hubs take digests only'],
  'unsafe-text': [422, 'The text carries what cannot be shown safely'],
  'review-needed': [409, 'It must be approved first, by somebody who did not write it'],
  'reviewer-is-author': [403, 'Whoever wrote it cannot review it'],
  'invalid-times': [422, 'The instants contradict each other'],
  'reference-repeated': [422, 'The same reference occurs twice in one request'],
  'idempotency-mismatch': [409, 'The idempotency key was used before with other content'],
  'quota-exceeded': [429, 'The member’s quota is used up'],
  'rate-limited': [429, 'Too many requests: try again later'],
  'batch-rejected': [422, 'Nothing was written, because an item was rejected and all or nothing was asked for'],
  'invalid-cursor': [400, 'The cursor is not one of yours for this feed'],
  'cursor-expired': [410, 'The cursor is too old: synchronise again from the start, by mark and sweep'],
  'not-acceptable': [406, 'The operation cannot answer in that form'],
  'not-ready': [503, 'The hub is starting or stopping, or its database is away: try again'],
  'internal': [500, 'Something went wrong here; nothing of the request was kept unless it was acknowledged'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemKey = keyof typeof catalogue;

/** An error that the caller is told about, as RFC 9457 problem details. It never carries what the caller sent. */
export class Problem extends Error {
  readonly key: ProblemKey;
  readonly places: readonly Place[];

  constructor(key: ProblemKey, places: readonly Place[] = []) {
    super(catalogue[key][1]);
    this.key = key;
    this.places = places;
  }

  get status(): number {
    return catalogue[this.key][0];
  }

  /** The problem details document. */
  document(requestId?: string): ProblemDocument {
    return {
      type: `urn:tocsin:problem:${this.key}`,
      title: this.message,
      status: this.status,
      ...(requestId ? { request_id: requestId } : {}),
      ...(this.places.length > 0 ? { errors: [...this.places] } : {}),
    };
  }
}

/** A problem at one place. */
export function problemAt(key: ProblemKey, pointer: string, detail: string = catalogue[key][1]): Problem {
  return new Problem(key, [{ pointer, detail }]);
}
