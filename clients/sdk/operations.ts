import type {
  ActivationHistory, ActivationRequest, ActivationView, ApprovalRule, ApprovalState, AuditPage, BatchResult, Calendar, ChangesPage, ClientList,
  ClientView, ContactList, ContactView, Departure, DepartureResult, DiffRequest, DigestKeyList, DigestSchemeList, DisputeAnswer, DisputeList, DisputeView, EmergencyClosing, EmergencyList, EmergencyView,
  ExerciseList, ExerciseView, ExplainRequest, Explanation, FeedDocument, FeedList, GroupChange, GroupList, GroupView, HarmList, HoldList, HoldView,
  IncidentChange, IncidentList, IncidentView, ItemResult, Jwks, Judgement, JudgementView, LintReport, Me, MemberChange, MemberList, MemberView, MessageList, MessageView, NewAnswer,
  NewClient, NewComment, NewContact, NewCredential, NewEmergency, NewExercise, NewHold, NewMember, NewReferral, NewReport, NewRequest, NewReview,
  NewSignal, NewTopic, News, Opening, OverlapTable, OwnMeasures, OwnReport, OwnReportList, OwnSignalCounts, OwnSignalList, Policy, PolicyDifference, PolicyVersion, PolicyVersionList,
  PostedMessage, ProposalView, PublicContactList, ReferralList, ReferralView, ReportChangesPage, ReportComparison, ReportHits, ReportList,
  ReportVersion, ReportVersionList, ReportView, Retraction, RotatedDigestKey, Rotation, SignalView, SimulateRequest, Simulation, SubscriberList, Subscription,
  SubscriptionList, Topic, TopicList, Trends, UndoResult, Visibility, Withdrawal,
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
  'GET /v1/contacts': Answers<ContactList>;
  'GET /v1/contacts/:owner/:name': Answers<ContactView>;
  'PUT /v1/contacts/:owner/:name': Takes<NewContact, ContactView>;
  'POST /v1/contacts/:owner/:name/verify': Answers<ContactView>;
  'DELETE /v1/contacts/:owner/:name': Answers<undefined>;
  'GET /v1/incidents': Answers<IncidentList>;
  'GET /v1/incidents/:incident': Answers<IncidentView>;
  'PUT /v1/incidents/:incident': Takes<IncidentChange, IncidentView>;
  'POST /v1/incidents/:incident/open': Takes<Opening, IncidentView>;
  'POST /v1/incidents/:incident/close': Answers<IncidentView>;
  'GET /v1/emergencies': Answers<EmergencyList>;
  'GET /v1/emergencies/:emergency': Answers<EmergencyView>;
  'POST /v1/emergencies': Takes<NewEmergency, EmergencyView>;
  'POST /v1/emergencies/:emergency/acknowledge': Answers<EmergencyView>;
  'POST /v1/emergencies/:emergency/close': Takes<EmergencyClosing, EmergencyView>;
  'GET /v1/exercises': Answers<ExerciseList>;
  'GET /v1/exercises/:exercise': Answers<ExerciseView>;
  'PUT /v1/exercises/:exercise': Takes<NewExercise, ExerciseView>;
  'GET /contacts': Answers<PublicContactList>;
  'GET /v1/digest-keys': Answers<DigestKeyList>;
  'POST /v1/digest-keys/:key/rotate': Takes<Rotation, RotatedDigestKey>;
  'GET /v1/digest-schemes': Answers<DigestSchemeList>;
  'GET /v1/harms': Answers<HarmList>;
  'POST /v1/keys/signing/rotate': Takes<Rotation, Jwks>;
  'GET /.well-known/jwks.json': Answers<Jwks>;
  'POST /v1/policies': Takes<Policy, PolicyVersion>;
  'GET /v1/policies/:owner/:name': Answers<PolicyVersionList>;
  'GET /v1/policies/:owner/:name/versions/:version': Answers<PolicyVersion>;
  'POST /v1/policies/:owner/:name/versions/:version/activate': Takes<ActivationRequest, ActivationView | ProposalView>;
  'POST /v1/policies/:owner/withdraw': Takes<ActivationRequest, ActivationView>;
  'GET /v1/activations/:owner': Answers<ActivationHistory>;
  'POST /v1/activations/:owner/rollback': Takes<ActivationRequest, ActivationView | ProposalView>;
  'PUT /v1/activations/:owner/approval': Takes<ApprovalRule, ApprovalState>;
  'POST /v1/activations/:owner/proposals/:proposal/approve': Answers<ProposalView>;
  'POST /v1/activations/:owner/proposals/:proposal/refuse': Answers<ProposalView>;
  'POST /v1/activations/:owner/proposals/:proposal/withdraw': Answers<ProposalView>;
  'GET /v1/policies/visibility': Answers<Visibility>;
  'GET /v1/policies/calendar': Answers<Calendar>;
  'POST /v1/policies/simulate': Takes<SimulateRequest, Simulation>;
  'POST /v1/policies/lint': Takes<Policy, LintReport>;
  'POST /v1/policies/diff': Takes<DiffRequest, PolicyDifference>;
  'POST /v1/explain': Takes<ExplainRequest, Explanation>;
  'GET /v1/signals': Answers<OwnSignalList>;
  'GET /v1/signals/counts': Answers<OwnSignalCounts>;
  'GET /v1/signals/:signal': Answers<SignalView>;
  'POST /v1/signals': { body: NewSignal; answer: ItemResult } | { body: NewSignal[]; answer: BatchResult };
  'PUT /v1/signals/:signal': Takes<NewSignal, ItemResult>;
  'POST /v1/signals/:signal/retract': Takes<Retraction, ItemResult>;
  'POST /v1/signals/:signal/expire': Answers<ItemResult>;
  'PUT /v1/signals/:signal/judgement': Takes<Judgement, JudgementView>;
  'DELETE /v1/signals/:signal/judgement': Answers<undefined>;
  'GET /v1/signals/:signal/dispute': Answers<DisputeView>;
  'PUT /v1/signals/:signal/dispute': Takes<DisputeAnswer, DisputeView>;
  'GET /v1/disputes': Answers<DisputeList>;
  'GET /v1/measures': Answers<OwnMeasures>;
  'POST /v1/batches/:batch/undo': Answers<UndoResult>;
  'GET /v1/feeds': Answers<FeedList>;
  'PUT /v1/feeds/:owner/:name': Takes<FeedDocument, FeedDocument>;
  'DELETE /v1/feeds/:owner/:name': Answers<FeedDocument>;
  'GET /v1/feeds/:feed/changes': Answers<ChangesPage>;
  'GET /v1/feeds/:owner/:name/changes': Answers<ChangesPage>;
  'GET /v1/subscriptions': Answers<SubscriptionList>;
  'PUT /v1/subscriptions/:feed': Answers<Subscription>;
  'PUT /v1/subscriptions/:owner/:name': Answers<Subscription>;
  'DELETE /v1/subscriptions/:feed': Answers<undefined>;
  'DELETE /v1/subscriptions/:owner/:name': Answers<undefined>;
  'GET /v1/feeds/:owner/:name/subscribers': Answers<SubscriberList>;
  'GET /v1/referrals': Answers<ReferralList>;
  'GET /v1/referrals/:referral': Answers<ReferralView>;
  'POST /v1/referrals': Takes<NewReferral, ReferralView>;
  'POST /v1/referrals/:referral/end': Answers<ReferralView>;
  'GET /v1/holds': Answers<HoldList>;
  'POST /v1/holds': Takes<NewHold, HoldView>;
  'POST /v1/holds/:hold/release': Answers<HoldView>;
  'POST /v1/reports': Takes<NewReport, OwnReport>;
  'GET /v1/reports': Answers<ReportList>;
  'GET /v1/reports/changes': Answers<ReportChangesPage>;
  'GET /v1/reports/own': Answers<OwnReportList>;
  'GET /v1/reports/:report': Answers<ReportView>;
  'PUT /v1/reports/:report': Takes<NewReport, OwnReport>;
  'POST /v1/reports/:report/submit': Answers<OwnReport>;
  'POST /v1/reports/:report/review': Takes<NewReview, OwnReport>;
  'POST /v1/reports/:report/publish': Answers<OwnReport>;
  'POST /v1/reports/:report/withdraw': Takes<Withdrawal, OwnReport>;
  'GET /v1/reports/own/:report': Answers<OwnReport>;
  'GET /v1/reports/own/:report/versions': Answers<ReportVersionList>;
  'GET /v1/reports/own/:report/versions/:version': Answers<ReportVersion>;
  'GET /v1/reports/own/:report/versions/:version/compare/:other': Answers<ReportComparison>;
  'GET /v1/trends': Answers<Trends>;
  'GET /v1/trends/overlap': Answers<OverlapTable>;
  'GET /v1/reports/search': Answers<ReportHits>;
  'GET /v1/reports/:report/comments': Answers<MessageList>;
  'POST /v1/reports/:report/comments': Takes<NewComment, PostedMessage>;
  'GET /v1/requests': Answers<MessageList>;
  'POST /v1/requests': Takes<NewRequest, PostedMessage>;
  'GET /v1/requests/:request': Answers<MessageView>;
  'POST /v1/requests/:request/close': Answers<undefined>;
  'GET /v1/requests/:request/answers': Answers<MessageList>;
  'POST /v1/requests/:request/answers': Takes<NewAnswer, PostedMessage>;
  'POST /v1/messages/:message/withdraw': Answers<undefined>;
  'GET /v1/topics': Answers<TopicList>;
  'POST /v1/topics': Takes<NewTopic, Topic>;
  'DELETE /v1/topics/:topic': Answers<undefined>;
  'GET /v1/topics/:topic/news': Answers<News>;
  'GET /v1/audit': Answers<AuditPage>;
}

type Segments<T extends string> = T extends `${infer Head}/${infer Tail}` ? [Head, ...Segments<Tail>] : [T];
/** A path may have a query. */
type Bare<P extends string> = P extends `${infer Path}?${string}` ? Path : P;
type Pattern<T extends readonly string[]> = { [I in keyof T]: T[I] extends `:${string}` ? string : T[I] };

/** The operations that a method and a path name: the one of that very name, or else those whose pattern the path fits. */
type Named<Call extends string> = Call extends keyof Operations
  ? Operations[Call]
  : { [K in keyof Operations]: Segments<Call> extends Pattern<Segments<K>> ? Operations[K] : never }[keyof Operations];

/** What an operation takes as its body: undefined when it takes none. */
export type BodyOf<M extends Method, P extends string> = Named<`${M} ${Bare<P>}`> extends infer O ? (O extends { body: infer B } ? B : undefined) : never;

/** What an operation answers, given the body. */
export type AnswerOf<M extends Method, P extends string, B> = Named<`${M} ${Bare<P>}`> extends infer O
  ? O extends { body: infer Taken; answer: infer A } ? (B extends Taken ? A : never) : O extends { answer: infer A } ? A : never
  : never;

/** The arguments after method and path: the body where there is one to give, and options. */
export type Arguments<Body, Options> = [Body] extends [never] ? [never] : undefined extends Body ? [body?: undefined, options?: Options] : [body: Body, options?: Options];
