import type {
  ActivationRequest, ActivationView, AuditPage, BatchResult, ChangesPage, ClientList, ClientView, Departure,
  DepartureResult, DigestKeyList, DigestSchemeList, ExplainRequest, Explanation, FeedDocument, FeedList, GroupChange,
  GroupList, GroupView, HarmList, ItemResult, Jwks, Me, MemberChange, MemberList, MemberView, NewClient, NewCredential, NewMember, NewSignal,
  OwnSignalCounts, OwnSignalList, Policy, PolicyVersion, PolicyVersionList, Retraction, RotatedDigestKey, Rotation,
  SignalView, UndoResult,
} from '../../schemas/types.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

type Answers<A> = { answer: A };
type Takes<B, A> = { body: B; answer: A };

/** The hub's operations: what each takes and answers. A segment that starts with a colon stands for any value. */
export interface Operations {
  'GET /v1/me': Answers<Me>;
  'GET /v1/members': Answers<MemberList>;
  'POST /v1/members': Takes<NewMember, MemberView>;
  'GET /v1/members/:member': Answers<MemberView>;
  'PATCH /v1/members/:member': Takes<MemberChange, MemberView>;
  'POST /v1/members/:member/suspend': Answers<MemberView>;
  'POST /v1/members/:member/resume': Answers<MemberView>;
  'POST /v1/members/:member/off-board': Takes<Departure, DepartureResult>;
  'GET /v1/members/:member/clients': Answers<ClientList>;
  'POST /v1/members/:member/clients': Takes<NewClient, ClientView>;
  'POST /v1/clients/:client/credentials': Takes<NewCredential, ClientView>;
  'DELETE /v1/clients/:client/credentials/:credential': Answers<undefined>;
  'POST /v1/clients/:client/revoke': Answers<ClientView>;
  'GET /v1/groups': Answers<GroupList>;
  'PUT /v1/groups/:group': Takes<GroupChange, GroupView>;
  'DELETE /v1/groups/:group': Answers<undefined>;
  'GET /v1/digest-keys': Answers<DigestKeyList>;
  'POST /v1/digest-keys/:key/rotate': Takes<Rotation, RotatedDigestKey>;
  'GET /v1/digest-schemes': Answers<DigestSchemeList>;
  'GET /v1/harms': Answers<HarmList>;
  'POST /v1/keys/signing/rotate': Takes<Rotation, Jwks>;
  'GET /.well-known/jwks.json': Answers<Jwks>;
  'POST /v1/policies': Takes<Policy, PolicyVersion>;
  'GET /v1/policies/:owner/:name': Answers<PolicyVersionList>;
  'GET /v1/policies/:owner/:name/versions/:version': Answers<PolicyVersion>;
  'POST /v1/policies/:owner/:name/versions/:version/activate': Takes<ActivationRequest, ActivationView>;
  'POST /v1/policies/:owner/withdraw': Takes<ActivationRequest, ActivationView>;
  'POST /v1/explain': Takes<ExplainRequest, Explanation>;
  'GET /v1/signals': Answers<OwnSignalList>;
  'GET /v1/signals/counts': Answers<OwnSignalCounts>;
  'GET /v1/signals/:signal': Answers<SignalView>;
  'POST /v1/signals': { body: NewSignal; answer: ItemResult } | { body: NewSignal[]; answer: BatchResult };
  'PUT /v1/signals/:signal': Takes<NewSignal, ItemResult>;
  'POST /v1/signals/:signal/retract': Takes<Retraction, ItemResult>;
  'POST /v1/signals/:signal/expire': Answers<ItemResult>;
  'POST /v1/batches/:batch/undo': Answers<UndoResult>;
  'GET /v1/feeds': Answers<FeedList>;
  'PUT /v1/feeds/:owner/:name': Takes<FeedDocument, FeedDocument>;
  'DELETE /v1/feeds/:owner/:name': Answers<FeedDocument>;
  'GET /v1/feeds/:feed/changes': Answers<ChangesPage>;
  'GET /v1/feeds/:owner/:name/changes': Answers<ChangesPage>;
  'GET /v1/audit': Answers<AuditPage>;
}

type Segments<T extends string> = T extends `${infer Head}/${infer Tail}` ? [Head, ...Segments<Tail>] : [T];
type Pattern<T extends readonly string[]> = { [I in keyof T]: T[I] extends `:${string}` ? string : T[I] };

/** The operations that a method and a path name: the one of that very name, or else those whose pattern the path fits. */
type Named<Call extends string> = Call extends keyof Operations
  ? Operations[Call]
  : { [K in keyof Operations]: Segments<Call> extends Pattern<Segments<K>> ? Operations[K] : never }[keyof Operations];

/** What an operation takes as its body: undefined when it takes none. */
export type BodyOf<M extends Method, P extends string> = Named<`${M} ${P}`> extends infer O ? (O extends { body: infer B } ? B : undefined) : never;

/** What an operation answers, given the body. */
export type AnswerOf<M extends Method, P extends string, B> = Named<`${M} ${P}`> extends infer O
  ? O extends { body: infer Taken; answer: infer A } ? (B extends Taken ? A : never) : O extends { answer: infer A } ? A : never
  : never;

/** The arguments after method and path: the body where there is one to give, and options. */
export type Arguments<Body, Options> = [Body] extends [never] ? [never] : undefined extends Body ? [body?: undefined, options?: Options] : [body: Body, options?: Options];
