/* Generated from schemas/*.json by `npm run generate`. Do not edit. */

/**
 * A member's short name, chosen by the operator and never reused.
 */
export type MemberId = string;
/**
 * `activate` and `rollback` put a version into force; `end-approval` lets one client do so alone.
 */
export type ProposedAct = 'activate' | 'rollback' | 'end-approval';
/**
 * The member that the policy belongs to, and a name: `northstar/standard`.
 */
export type PolicyId = string;
/**
 * An RFC 3339 instant; fractions finer than a millisecond are refused.
 */
export type Instant = string;
export type ProposalState = 'open' | 'approved' | 'refused' | 'withdrawn';
/**
 * What stands in the other layer: `open` (when absent) shares everything under the widest handling, `silent` shares everything and says nothing of handling; otherwise the id of a policy.
 */
export type CaseCounterpart = string;
/**
 * A group's short name.
 */
export type GroupId = string;
/**
 * A feed's name: `all`, or the offering member and a name, `northstar/fraud`.
 */
export type FeedId = string;
/**
 * An exercise's short name.
 */
export type ExerciseId = string;
/**
 * An incident's short name.
 */
export type IncidentId = string;
export type MemberKind = 'platform' | 'ngo' | 'hotline' | 'researcher' | 'government' | 'law-enforcement' | 'hub';
/**
 * How far the operator has checked who the member is, lowest first.
 */
export type Trust = 'unverified' | 'verified' | 'trusted';
/**
 * ISO 3166-1 alpha-2 country code, or EU.
 */
export type Jurisdiction = string;
/**
 * The short name of an agreement that members accept.
 */
export type AgreementId = string;
export type Percent = number;
export type IndicatorType = 'account' | 'url' | 'media';
/**
 * A digest scheme of digest-schemes.json, version included.
 */
export type SchemeName = string;
/**
 * An id of the harm tree in harms.json; an inner node covers what lies below it.
 */
export type HarmId = string;
/**
 * Lowest first.
 */
export type Severity = 'info' | 'low' | 'medium' | 'high' | 'critical';
/**
 * How sure the origin is, in steps of 5 from 0 to 100.
 */
export type Confidence = number;
/**
 * The origin's verdict, in the words of ThreatExchange.
 */
export type Status = 'malicious' | 'suspicious' | 'non-malicious' | 'unknown';
/**
 * Traffic Light Protocol 2.0 (FIRST), widest first.
 */
export type Tlp = 'CLEAR' | 'GREEN' | 'AMBER' | 'AMBER+STRICT' | 'RED';
/**
 * A free label for machines. It must not carry anything that identifies a person.
 */
export type Label = string;
export type Intent = 'malicious' | 'non-malicious' | 'unclear';
export type Novelty = 'new' | 'known';
/**
 * Where the assertion comes from: the origin's own observation, a report by a user or the public, or another member's signal.
 */
export type Basis = 'own-observation' | 'user-report' | 'derived';
/**
 * How many independent origins, besides its own and one more, say the same of its indicator; more than five count as five. The one more may be the peer who asks: without its own post there are at least as many. As last measured; 0 from first acceptance on.
 */
export type Corroboration = number;
/**
 * Whether somebody who may see a signal says that it is wrong, which its origin has not answered; and whether the origin upheld that. As last measured; `none` from its first acceptance on.
 */
export type Dispute = 'none' | 'disputed' | 'upheld';
/**
 * What a part of a strategic report is.
 */
export type PartKind = 'title' | 'summary' | 'section' | 'judgement' | 'action';
/**
 * ISO 3166-1 alpha-2 country code, or UN M49 code of three digits. Each stands for itself: a continent's code does not cover its countries.
 */
export type Region = string;
/**
 * A tactic or technique, by its id in DISARM or ATT&CK or by a free one.
 */
export type TacticId = string;
/**
 * A request for information, an answer to one, a comment, or a report of imminent harm.
 */
export type MessageKind = 'request' | 'answer' | 'comment' | 'emergency';
/**
 * What terms can reveal. Of an object, those that its kind has.
 */
export type Field = SignalField | PartField | MessageField;
/**
 * The parts of a signal that terms can reveal.
 */
export type SignalField =
  | 'digest'
  | 'harm'
  | 'severity'
  | 'confidence'
  | 'status'
  | 'observed'
  | 'labels'
  | 'intent'
  | 'novelty'
  | 'basis'
  | 'jurisdictions'
  | 'note';
/**
 * What terms can reveal of a part of a report; without `text` nothing of it is shown. `identifiers` are raw identifiers that its author declared; `omissions` is whether the reader is told that something beside it is left out.
 */
export type PartField =
  | 'text'
  | 'harm'
  | 'confidence'
  | 'labels'
  | 'regions'
  | 'tactics'
  | 'period'
  | 'reliability'
  | 'links'
  | 'identifiers'
  | 'omissions';
/**
 * What terms can reveal of a message; without `text` nothing of it is shown.
 */
export type MessageField = 'text' | 'harm' | 'labels' | 'regions' | 'digest' | 'identifiers';
/**
 * How the origin is shown to the peer; a pseudonym differs from viewer to viewer.
 */
export type OriginDisplay = 'named' | 'pseudonymous' | 'hidden';
/**
 * Permissible Actions Protocol, widest first.
 */
export type Pap = 'CLEAR' | 'GREEN' | 'AMBER' | 'RED';
/**
 * IEP 2.0, strictest first.
 */
export type PermittedActions =
  | 'none'
  | 'contact-for-instruction'
  | 'internally-visible-actions'
  | 'externally-visible-indirect-actions'
  | 'externally-visible-direct-actions';
export type MayOrMustNot = 'may' | 'must-not';
export type Attribution = 'may' | 'must' | 'must-not';
export type MayOrMust = 'may' | 'must';
/**
 * How far the recipient may pass it on, strictest first. TLP caps it: RED, AMBER+STRICT and AMBER allow none, GREEN members, CLEAR public.
 */
export type Onward = 'none' | 'group' | 'members' | 'public';
/**
 * An exact ISO 8601 duration of weeks, days, hours, minutes and seconds; months and years have no fixed length and are refused. At most 3,660 days.
 */
export type Duration = string;
/**
 * An agreement, in any version, or with `@2` in version 2 or a later one.
 */
export type AgreementVersion = string;
/**
 * How far back the hub measures what a member contributed and what was found good of it.
 */
export type MeasuredPeriod = 'P7D' | 'P30D' | 'P90D' | 'P365D';
/**
 * The member that the contact belongs to, and a name: `northstar/abuse-desk`.
 */
export type ContactId = string;
export type ContactRole =
  | 'abuse-desk'
  | 'child-safety'
  | 'crisis-lead'
  | 'emergency-line'
  | 'law-enforcement-response'
  | 'legal'
  | 'press'
  | 'security'
  | 'trust-and-safety';
/**
 * What somebody needs help with.
 */
export type ContactNeed =
  | 'imminent-harm'
  | 'child-abduction'
  | 'child-sexual-abuse'
  | 'suicide'
  | 'terrorism'
  | 'trafficking'
  | 'intimate-images'
  | 'fraud'
  | 'account-takeover';
export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';
/**
 * Who may see it, beside its owner: nobody, those of `audience`, the members of the hub, or everybody, on the public page too.
 */
export type ContactVisibility = 'owner' | 'named' | 'members' | 'public';
/**
 * Whether its owner has confirmed the contact as it stands within the last 180 days: `stale` ones are to be confirmed again.
 */
export type Verification = 'none' | 'current' | 'stale';
export type EmergencyOutcome = 'resolved' | 'handed-over' | 'false-alarm';
/**
 * Where a replica stands. Opaque, of fixed length, bound to the member and the feed.
 */
export type Cursor = string;
/**
 * `gone`: no longer shared with you. Otherwise the origin took it back, and why; that is final.
 */
export type RemovalReason =
  | 'gone'
  | 'mistake'
  | 'appeal-upheld'
  | 'subject-request'
  | 'no-longer-listed'
  | 'duplicate'
  | 'legal'
  | 'origin-left'
  | 'batch-undone';
export type DigestSum = string;
/**
 * `draft` and `in-review`: not published yet.
 */
export type ReportState = 'draft' | 'in-review' | 'published' | 'superseded' | 'withdrawn' | 'purged';
/**
 * A named set of the origin's signals, replaced as a whole by synchronising.
 */
export type SetName = string;
export type IncidentState = 'open' | 'closed';
export type ExerciseState = 'planned' | 'under-way' | 'over';
/**
 * What a member finds of another's signal: that it holds, or that it is wrong, which opens a dispute.
 */
export type Verdict = 'good' | 'wrong';
/**
 * The origin's answer: `upheld` says that the signal was wrong as it is, and should be corrected or retracted; `rejected` that it stands.
 */
export type DisputeVerdict = 'upheld' | 'rejected';
export type MemberStatus = 'active' | 'suspended' | 'left';
export type Scope =
  | 'signals:write'
  | 'signals:read'
  | 'feeds:read'
  | 'feeds:write'
  | 'policies:read'
  | 'policies:write'
  | 'policies:approve'
  | 'explain'
  | 'digest-keys:read'
  | 'reports:write'
  | 'reports:read'
  | 'reports:review'
  | 'messages:read'
  | 'messages:write'
  | 'trends:read'
  | 'members:read'
  | 'members:write'
  | 'contacts:write'
  | 'incidents:write'
  | 'emergencies:read'
  | 'emergencies:write'
  | 'referrals:read'
  | 'referrals:write'
  | 'keys:write'
  | 'audit:read';
/**
 * What rules decide about: signals, parts of strategic reports, messages (requests for information, answers, comments), and whether signals may be counted, in trends and in conditions, for anyone.
 */
export type Covered = 'signals' | 'reports' | 'messages' | 'counts';
/**
 * A closed request takes no more answers.
 */
export type MessageState = 'open' | 'closed';
/**
 * Markdown, as in reports.
 */
export type MessageText = string;
/**
 * One line of plain text, without control, invisible or direction-changing characters.
 */
export type Line = string;
export type DeclaredIdentifiers = DeclaredIdentifier[];
export type PartLabels = Label[];
/**
 * Why objects are referred: a request of the authority under law, or an emergency.
 */
export type ReferralBasis = 'legal-request' | 'emergency';
export type ReferralState = 'open' | 'expired' | 'ended';
export type SignalState = 'active' | 'retracted';
/**
 * Why a signal is taken back.
 */
export type RetractionReason =
  | 'mistake'
  | 'appeal-upheld'
  | 'subject-request'
  | 'no-longer-listed'
  | 'duplicate'
  | 'legal'
  | 'origin-left'
  | 'batch-undone';
/**
 * Words of estimative probability with their ranges in per cent (ICD 203): almost no chance 1 to 5, very unlikely 5 to 20, unlikely 20 to 45, roughly even chance 45 to 55, likely 55 to 80, very likely 80 to 95, almost certain 95 to 99.
 */
export type Likelihood =
  | 'almost-no-chance'
  | 'very-unlikely'
  | 'unlikely'
  | 'roughly-even-chance'
  | 'likely'
  | 'very-likely'
  | 'almost-certain';
export type HoldState = 'in-force' | 'ended' | 'released';
/**
 * CommonMark with tables. HTML, images, links to addresses and what looks like a raw identifier are refused.
 */
export type Markdown = string;
/**
 * ISO 639-1, of the languages whose word forms the database knows.
 */
export type Language =
  | 'ar'
  | 'hy'
  | 'eu'
  | 'ca'
  | 'da'
  | 'nl'
  | 'en'
  | 'fi'
  | 'fr'
  | 'de'
  | 'el'
  | 'hi'
  | 'hu'
  | 'id'
  | 'ga'
  | 'it'
  | 'lt'
  | 'ne'
  | 'no'
  | 'pt'
  | 'ro'
  | 'ru'
  | 'sr'
  | 'es'
  | 'sv'
  | 'ta'
  | 'tr'
  | 'yi';
export type ReviewVerdict = 'approve' | 'return';
export type WithdrawalReason = 'mistake' | 'appeal-upheld' | 'subject-request' | 'duplicate' | 'legal';
export type AnyPart = TitlePart | TextPart | SectionPart | JudgementPart;
export type Facet = FacetValue[];
/**
 * The origin's own reference. Posting it again updates the signal. Never shown to peers.
 */
export type Reference = string;
/**
 * Parts are those of reports, titles included; messages are requests. Answers and comments follow what they are about.
 */
export type ObjectKind = 'signal' | 'part' | 'message';
export type StandingLayer = 'built-in' | 'charter' | 'policy' | 'object' | 'meet' | 'tlp';
export type TopicKind = 'reports' | 'requests' | 'trends';
/**
 * All signals, or what they are by.
 */
export type TrendDimension = 'all' | 'harm' | 'type' | 'severity';

export interface Schemas {
  ApprovalRule: ApprovalRule;
  ApprovalState: ApprovalState;
  ProposedAct: ProposedAct;
  ProposalState: ProposalState;
  ProposalView: ProposalView;
  ProposalPath: ProposalPath;
  HistoryQuery: HistoryQuery;
  PolicyEvent: PolicyEvent;
  ActivationHistory: ActivationHistory;
  PolicyCases: PolicyCases;
  CaseCounterpart: CaseCounterpart;
  CaseWorld: CaseWorld;
  CaseMember: CaseMember;
  CaseIncident: CaseIncident;
  CaseMeasures: CaseMeasures;
  CaseAgreement: CaseAgreement;
  CaseSignal: CaseSignal;
  CasePart: CasePart;
  CaseMessage: CaseMessage;
  PolicyCase: PolicyCase;
  CaseExpectation: CaseExpectation;
  ExpectedHandling: ExpectedHandling;
  Instant: Instant;
  Duration: Duration;
  MemberId: MemberId;
  GroupId: GroupId;
  FeedId: FeedId;
  PolicyId: PolicyId;
  AgreementId: AgreementId;
  AgreementVersion: AgreementVersion;
  IncidentId: IncidentId;
  ExerciseId: ExerciseId;
  Percent: Percent;
  MeasuredPeriod: MeasuredPeriod;
  Dispute: Dispute;
  Corroboration: Corroboration;
  Label: Label;
  HarmId: HarmId;
  SchemeName: SchemeName;
  Jurisdiction: Jurisdiction;
  MemberKind: MemberKind;
  Trust: Trust;
  Severity: Severity;
  Confidence: Confidence;
  Status: Status;
  Intent: Intent;
  Novelty: Novelty;
  Basis: Basis;
  IndicatorType: IndicatorType;
  Tlp: Tlp;
  Pap: Pap;
  OriginDisplay: OriginDisplay;
  SignalField: SignalField;
  PartField: PartField;
  MessageField: MessageField;
  Field: Field;
  PartKind: PartKind;
  MessageKind: MessageKind;
  Region: Region;
  TacticId: TacticId;
  Problem: Problem;
  Place: Place;
  ContactId: ContactId;
  ContactRole: ContactRole;
  ContactNeed: ContactNeed;
  ContactWay: ContactWay;
  Weekday: Weekday;
  Shift: Shift;
  OnCallHours: OnCallHours;
  ContactVisibility: ContactVisibility;
  NewContact: NewContact;
  Verification: Verification;
  ContactView: ContactView;
  ContactList: ContactList;
  ContactQuery: ContactQuery;
  ContactPath: ContactPath;
  PublicContact: PublicContact;
  PublicContactList: PublicContactList;
  PublicContactQuery: PublicContactQuery;
  NewEmergency: NewEmergency;
  EmergencyOutcome: EmergencyOutcome;
  EmergencyClosing: EmergencyClosing;
  Acknowledgement: Acknowledgement;
  Escalation: Escalation;
  EmergencyView: EmergencyView;
  EmergencyList: EmergencyList;
  EmergencyQuery: EmergencyQuery;
  EmergencyPath: EmergencyPath;
  FeedDocument: FeedDocument;
  FeedList: FeedList;
  Subscription: Subscription;
  SubscriptionList: SubscriptionList;
  Subscriber: Subscriber;
  SubscriberList: SubscriberList;
  AsOf: Instant;
  Cursor: Cursor;
  RemovalReason: RemovalReason;
  SignalChange: SignalChange;
  RemovalChange: RemovalChange;
  ReconciliationDigest: ReconciliationDigest;
  DigestSum: DigestSum;
  PageEnd: PageEnd;
  ChangesPage: ChangesPage;
  MemberPath: MemberPath;
  GroupPath: GroupPath;
  ClientPath: ClientPath;
  CredentialPath: CredentialPath;
  KeyPath: KeyPath;
  PolicyPath: PolicyPath;
  PolicyVersionPath: PolicyVersionPath;
  OwnerPath: OwnerPath;
  SignalPath: SignalPath;
  DisputesQuery: DisputesQuery;
  ReportPath: ReportPath;
  ReportVersionPath: ReportVersionPath;
  ReportComparePath: ReportComparePath;
  ReportsQuery: ReportsQuery;
  ReportChangesQuery: ReportChangesQuery;
  OwnReportsQuery: OwnReportsQuery;
  BatchPath: BatchPath;
  SetPath: SetPath;
  FeedPath: FeedPath;
  OwnedFeedPath: OwnedFeedPath;
  WriteQuery: WriteQuery;
  ListQuery: ListQuery;
  AuditQuery: AuditQuery;
  ChangesQuery: ChangesQuery;
  DigestSchemeList: DigestSchemeList;
  DigestSchemeEntry: DigestSchemeEntry;
  HarmList: HarmList;
  HarmEntry: HarmEntry;
  WriteHeaders: WriteHeaders;
  PollHeaders: PollHeaders;
  VersionHeaders: VersionHeaders;
  MatchHeaders: MatchHeaders;
  Iep: Iep;
  IepExtension: IepExtension;
  Responders: Responders;
  IncidentChange: IncidentChange;
  Opening: Opening;
  IncidentState: IncidentState;
  OpenPeriod: OpenPeriod;
  IncidentView: IncidentView;
  IncidentList: IncidentList;
  NewExercise: NewExercise;
  ExerciseState: ExerciseState;
  ExerciseView: ExerciseView;
  ExerciseList: ExerciseList;
  ExercisePath: ExercisePath;
  IncidentPath: IncidentPath;
  Verdict: Verdict;
  Judgement: Judgement;
  JudgementView: JudgementView;
  DisputeVerdict: DisputeVerdict;
  DisputeAnswer: DisputeAnswer;
  DisputeView: DisputeView;
  DisputeList: DisputeList;
  PeriodCounts: PeriodCounts;
  OwnMeasures: OwnMeasures;
  MemberStatus: MemberStatus;
  Agreement: Agreement;
  NewMember: NewMember;
  MemberChange: MemberChange;
  MemberView: MemberView;
  MemberList: MemberList;
  Departure: Departure;
  DepartureResult: DepartureResult;
  GroupChange: GroupChange;
  GroupView: GroupView;
  GroupList: GroupList;
  Scope: Scope;
  PublicJwk: PublicJwk;
  NewClient: NewClient;
  NewCredential: NewCredential;
  CredentialView: CredentialView;
  ClientView: ClientView;
  ClientList: ClientList;
  TokenRequest: TokenRequest;
  Token: Token;
  TokenError: TokenError;
  Jwks: Jwks;
  DigestKey: DigestKey;
  DigestKeyList: DigestKeyList;
  Rotation: Rotation;
  RotatedDigestKey: RotatedDigestKey;
  Me: Me;
  PolicyVersion: PolicyVersion;
  PolicyVersionList: PolicyVersionList;
  ActivationRequest: ActivationRequest;
  ActivationView: ActivationView;
  ExplainRequest: ExplainRequest;
  AuditRow: AuditRow;
  AuditPage: AuditPage;
  RequestPath: RequestPath;
  MessagePath: MessagePath;
  MessagesQuery: MessagesQuery;
  RequestsQuery: RequestsQuery;
  MessageText: MessageText;
  MessageState: MessageState;
  NewRequest: NewRequest;
  NewAnswer: NewAnswer;
  NewComment: NewComment;
  PostedMessage: PostedMessage;
  MessageView: MessageView;
  MessageList: MessageList;
  Policy: Policy;
  Rule: Rule;
  Covered: Covered;
  SignalConditions: SignalConditions;
  ReportConditions: ReportConditions;
  MessageConditions: MessageConditions;
  PeerConditions: PeerConditions;
  During: During;
  Terms: Terms;
  HandlingTerms: HandlingTerms;
  Handling: Handling;
  PermittedActions: PermittedActions;
  MayOrMustNot: MayOrMustNot;
  MayOrMust: MayOrMust;
  Attribution: Attribution;
  Onward: Onward;
  TypeCondition: TypeCondition;
  SchemeCondition: SchemeCondition;
  HarmCondition: HarmCondition;
  SeverityCondition: SeverityCondition;
  ConfidenceCondition: ConfidenceCondition;
  StatusCondition: StatusCondition;
  TlpCondition: TlpCondition;
  LabelsCondition: LabelsCondition;
  IntentCondition: IntentCondition;
  NoveltyCondition: NoveltyCondition;
  BasisCondition: BasisCondition;
  PartCondition: PartCondition;
  MessageCondition: MessageCondition;
  RegionsCondition: RegionsCondition;
  TacticsCondition: TacticsCondition;
  MemberIdCondition: MemberIdCondition;
  KindCondition: KindCondition;
  GroupsCondition: GroupsCondition;
  JurisdictionsCondition: JurisdictionsCondition;
  TrustCondition: TrustCondition;
  AgreementsCondition: AgreementsCondition;
  IncidentsCondition: IncidentsCondition;
  CorroborationCondition: CorroborationCondition;
  DisputeCondition: DisputeCondition;
  ExerciseCondition: ExerciseCondition;
  ContributedCondition: ContributedCondition;
  FoundGoodCondition: FoundGoodCondition;
  QualityCondition: QualityCondition;
  PercentBounds: PercentBounds;
  SubscribedCondition: SubscribedCondition;
  RespondsCondition: RespondsCondition;
  LintFinding: LintFinding;
  LintReport: LintReport;
  PolicyChange: PolicyChange;
  Explanation: Explanation;
  DecisiveRule: DecisiveRule;
  WantedChange: WantedChange;
  WantedCondition: WantedCondition;
  ExplainedLayer: ExplainedLayer;
  ExplainedRule: ExplainedRule;
  ReferralBasis: ReferralBasis;
  NewReferral: NewReferral;
  ReferralState: ReferralState;
  ReferredContent: ReferredContent;
  ReferredSignal: ReferredSignal;
  ReferredPart: ReferredPart;
  ReferredReportContent: ReferredReportContent;
  ReferredReport: ReferredReport;
  ReferralRead: ReferralRead;
  ReferralView: ReferralView;
  ReferralList: ReferralList;
  ReferralQuery: ReferralQuery;
  ReferralPath: ReferralPath;
  NewHold: NewHold;
  HoldState: HoldState;
  HoldView: HoldView;
  HoldList: HoldList;
  HoldPath: HoldPath;
  Markdown: Markdown;
  Line: Line;
  Likelihood: Likelihood;
  Estimate: Estimate;
  Reliability: Reliability;
  Period: Period;
  DeclaredIdentifier: DeclaredIdentifier;
  DeclaredIdentifiers: DeclaredIdentifiers;
  PartLabels: PartLabels;
  TitlePart: TitlePart;
  TextPart: TextPart;
  SectionPart: SectionPart;
  JudgementPart: JudgementPart;
  NewReport: NewReport;
  ReportState: ReportState;
  ReportReview: ReportReview;
  ReviewVerdict: ReviewVerdict;
  NewReview: NewReview;
  WithdrawalReason: WithdrawalReason;
  Withdrawal: Withdrawal;
  OwnReport: OwnReport;
  OwnReportList: OwnReportList;
  ReportVersion: ReportVersion;
  ReportVersionList: ReportVersionList;
  ReportComparison: ReportComparison;
  PartDifference: PartDifference;
  PartView: PartView;
  Omission: Omission;
  ReportView: ReportView;
  ReportList: ReportList;
  ReportChange: ReportChange;
  ReportChangesPage: ReportChangesPage;
  AnyPart: AnyPart;
  ReportSearchQuery: ReportSearchQuery;
  Language: Language;
  ReportHits: ReportHits;
  ReportHit: ReportHit;
  ReportMatch: ReportMatch;
  Excerpt: Excerpt;
  ReportFacets: ReportFacets;
  Facet: Facet;
  FacetValue: FacetValue;
  Digest: Digest;
  Observed: Observed;
  Audience: Audience;
  Reference: Reference;
  SetName: SetName;
  NewSignal: NewSignal;
  OwnSignal: OwnSignal;
  SignalState: SignalState;
  SignalView: SignalView;
  RetractionReason: RetractionReason;
  Retraction: Retraction;
  ItemResult: ItemResult;
  BatchSummary: BatchSummary;
  BatchResult: BatchResult;
  UndoResult: UndoResult;
  OwnSignalList: OwnSignalList;
  OwnSignalCounts: OwnSignalCounts;
  SimulateRequest: SimulateRequest;
  DiffRequest: DiffRequest;
  PolicySource: PolicySource;
  PolicyDifference: PolicyDifference;
  VersionName: VersionName;
  WhatIf: WhatIf;
  ObjectKind: ObjectKind;
  FateCounts: FateCounts;
  StandingLayer: StandingLayer;
  StandingView: StandingView;
  GrantDifference: GrantDifference;
  Difference: Difference;
  PeerDifference: PeerDifference;
  VisibilityQuery: VisibilityQuery;
  SeenCounts: SeenCounts;
  ClassView: ClassView;
  WrittenClassView: WrittenClassView;
  SeenClass: SeenClass;
  Visibility: Visibility;
  CalendarQuery: CalendarQuery;
  PassedCounts: PassedCounts;
  TurnedCounts: TurnedCounts;
  CalendarDay: CalendarDay;
  CalendarCause: CalendarCause;
  CalendarMoment: CalendarMoment;
  Calendar: Calendar;
  Simulation: Simulation;
  TopicPath: TopicPath;
  NewsQuery: NewsQuery;
  NewTopic: NewTopic;
  TopicKind: TopicKind;
  Topic: Topic;
  TopicList: TopicList;
  News: News;
  TrendsQuery: TrendsQuery;
  OverlapQuery: OverlapQuery;
  TrendDimension: TrendDimension;
  Trends: Trends;
  TrendWeek: TrendWeek;
  TrendCell: TrendCell;
  OverlapTable: OverlapTable;
  OverlapWeek: OverlapWeek;
  OverlapHarm: OverlapHarm;
  OverlapShare: OverlapShare;
}
/**
 * Whether it takes two to put a policy of this owner into force. Ending the rule takes two as well.
 */
export interface ApprovalRule {
  required: boolean;
}
export interface ApprovalState {
  owner: MemberId;
  required: boolean;
  proposal?: ProposalView;
}
/**
 * What one client proposes, and has no effect before another approves it. An owner has one open at a time.
 */
export interface ProposalView {
  id: string;
  owner: MemberId;
  act: ProposedAct;
  policy?: PolicyId;
  version?: number;
  effective_at?: Instant;
  state: ProposalState;
  proposed_by: string;
  proposed_at: Instant;
  activation?: ActivationView;
}
export interface ActivationView {
  owner: MemberId;
  policy?: PolicyId;
  version: number;
  effective_at: Instant;
}
export interface ProposalPath {
  owner: MemberId;
  proposal: string;
}
export interface HistoryQuery {
  before?: Instant;
  /**
   * So many events; a few more where several were of one instant.
   */
  limit?: number;
}
/**
 * What somebody did, from the audit log.
 */
export interface PolicyEvent {
  at: Instant;
  action:
    | 'store-policy'
    | 'propose-policy'
    | 'approve-policy'
    | 'refuse-policy'
    | 'withdraw-proposal'
    | 'activate-policy'
    | 'rollback-policy'
    | 'withdraw-policy'
    | 'require-approval'
    | 'end-approval';
  client: string;
  /**
   * The policy, or its owner where it is about no policy.
   */
  subject: string;
  version?: number;
  effective_at?: Instant;
  act?: ProposedAct;
  proposal?: string;
}
/**
 * What is in force, what will be, what is proposed, and who did what, newest first. Its `ETag` stands for all activations so far: with `If-Match`, an activation is refused when somebody else was faster.
 */
export interface ActivationHistory {
  owner: MemberId;
  needs_approval: boolean;
  in_force?: ActivationView;
  upcoming: ActivationView[];
  proposal?: ProposalView;
  events: PolicyEvent[];
}
/**
 * Tests of one policy: a small world, and questions with the answers that its author expects.
 */
export interface PolicyCases {
  /**
   * Where the policy is tried: as the `policy` of every origin (when absent), or as the hub's `charter`.
   */
  layer?: 'policy' | 'charter';
  against?: CaseCounterpart;
  world: CaseWorld;
  signal?: CaseSignal;
  part?: CasePart;
  message?: CaseMessage;
  at?: Instant;
  cases: PolicyCase[];
}
/**
 * The members and groups that the cases speak of. A group that only the policy names counts as deleted.
 */
export interface CaseWorld {
  groups?: GroupId[];
  /**
   * The feeds that there are besides `all`.
   */
  feeds?: FeedId[];
  exercises?: ExerciseId[];
  incidents?: CaseIncident[];
  members: CaseMember[];
}
/**
 * An incident, and when it is open; never, where it does not say.
 */
export interface CaseIncident {
  id: IncidentId;
  open?: During[];
  responders?: MemberId[];
}
/**
 * The rule holds from `from` (included) to `until` (excluded).
 */
export interface During {
  from?: Instant;
  until?: Instant;
}
export interface CaseMember {
  id: MemberId;
  kind: MemberKind;
  /**
   * Active when absent.
   */
  status?: 'active' | 'suspended' | 'left';
  trust?: Trust;
  jurisdictions?: Jurisdiction[];
  groups?: GroupId[];
  agreements?: CaseAgreement[];
  /**
   * Unknown when absent.
   */
  subscribed?: FeedId[];
  measures?: CaseMeasures;
}
/**
 * An agreement that the member has accepted, in version 1 where none is said; without dates it has always been in force.
 */
export interface CaseAgreement {
  id: AgreementId;
  version?: number;
  from?: Instant;
  until?: Instant;
}
/**
 * What the hub last measured of the member. What is left out is unknown.
 */
export interface CaseMeasures {
  /**
   * By period.
   */
  contributed?: {
    [k: string]: number;
  };
  /**
   * Percent, by period.
   */
  found_good?: {
    [k: string]: Percent;
  };
  overturned?: Percent;
  stale?: Percent;
}
/**
 * What the engine reads of a signal. Labels, intent, novelty, basis and the last three may stay unset; everything else must come from the case or from the document's `signal`.
 */
export interface CaseSignal {
  origin?: MemberId;
  type?: IndicatorType;
  /**
   * The schemes of its digests.
   */
  schemes?: SchemeName[];
  harm?: HarmId;
  severity?: Severity;
  confidence?: Confidence;
  status?: Status;
  tlp?: Tlp;
  accepted?: Instant;
  labels?: Label[];
  intent?: Intent;
  novelty?: Novelty;
  basis?: Basis;
  corroboration?: Corroboration;
  dispute?: Dispute;
  jurisdictions?: Jurisdiction[];
  exercise?: ExerciseId;
  audience?: Audience;
  not_before?: Instant;
  valid_until?: Instant;
}
/**
 * Narrows who may see this one signal, whatever the policies say: only these members and members of these groups.
 */
export interface Audience {
  members?: MemberId[];
  groups?: GroupId[];
}
/**
 * What the engine reads of a part of a report. Origin, part, TLP and acceptance must come from the case or from the document's `part`.
 */
export interface CasePart {
  origin?: MemberId;
  part?: PartKind;
  harms?: HarmId[];
  regions?: Region[];
  tactics?: TacticId[];
  confidence?: Confidence;
  tlp?: Tlp;
  accepted?: Instant;
  labels?: Label[];
  exercise?: ExerciseId;
  audience?: Audience;
  not_before?: Instant;
  valid_until?: Instant;
}
/**
 * What the engine reads of a message. Origin, message, TLP and acceptance must come from the case or from the document's `message`.
 */
export interface CaseMessage {
  origin?: MemberId;
  message?: MessageKind;
  harms?: HarmId[];
  regions?: Region[];
  tlp?: Tlp;
  accepted?: Instant;
  labels?: Label[];
  exercise?: ExerciseId;
  audience?: Audience;
  not_before?: Instant;
  valid_until?: Instant;
}
/**
 * One question: may this peer see this object at this instant, and on which terms? It is about the case's `part` or `message` where there is one, else about a signal.
 */
export interface PolicyCase {
  name: string;
  signal?: CaseSignal;
  part?: CasePart;
  message?: CaseMessage;
  peer: MemberId;
  at?: Instant;
  against?: CaseCounterpart;
  expect: CaseExpectation;
}
/**
 * What is left out is not compared.
 */
export interface CaseExpectation {
  effect: 'share' | 'withhold';
  /**
   * Shared, released and not ended at the case's instant.
   */
  visible: boolean;
  /**
   * Whether the signal may be counted.
   */
  counted?: boolean;
  /**
   * The rule of the policy under test that decided.
   */
  rule?: string;
  /**
   * The first layer that withheld.
   */
  layer?: 'own' | 'built-in' | 'charter' | 'policy' | 'object' | 'feed' | 'meet' | 'tlp';
  release?: Instant;
  /**
   * null: it has no end.
   */
  end?: Instant | null;
  /**
   * In any order.
   */
  reveal?: Field[];
  origin?: OriginDisplay;
  handling?: ExpectedHandling;
}
/**
 * The fields of the handling that a case compares; lists in any order.
 */
export interface ExpectedHandling {
  tlp?: Tlp;
  pap?: Pap;
  permitted_actions?: PermittedActions;
  affected_party_notifications?: MayOrMustNot;
  attribution?: Attribution;
  unmodified_resale?: MayOrMustNot;
  encrypt_in_transit?: MayOrMust;
  onward?: Onward;
  onward_groups?: GroupId[];
  excluded_kinds?: MemberKind[];
}
/**
 * Problem details (RFC 9457). `type` is stable; `pointer` is a JSON pointer to the place in the request.
 */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  request_id?: string;
  errors?: Place[];
}
/**
 * One thing that is wrong, and where.
 */
export interface Place {
  /**
   * JSON pointer (RFC 6901) into the body, or a parameter's name
   */
  pointer: string;
  detail: string;
}
/**
 * An address: for e-mail such as `desk@example.org`, a phone number or short code, or an https URL.
 */
export interface ContactWay {
  kind: 'email' | 'phone' | 'url';
  address: string;
}
/**
 * From a time of day to another, on each of these days. One that does not end after it begins goes on into the next day.
 */
export interface Shift {
  days: Weekday[];
  from: string;
  to: string;
}
/**
 * When somebody is there, by the wall clock of a time zone.
 */
export interface OnCallHours {
  /**
   * A time zone of the IANA database, such as Europe/Berlin.
   */
  zone: string;
  weekly: Shift[];
}
/**
 * What a member says of one of its contacts. Addresses stand in `ways` only.
 */
export interface NewContact {
  title: string;
  role: ContactRole;
  needs?: ContactNeed[];
  /**
   * Where it helps; everywhere when absent.
   */
  countries?: Jurisdiction[];
  ways: ContactWay[];
  hours?: OnCallHours;
  /**
   * When to use it, and when not.
   */
  criteria?: string;
  visibility?: ContactVisibility;
  audience?: Audience;
}
export interface ContactView {
  id: ContactId;
  /**
   * The owner's name for people.
   */
  member: string;
  title: string;
  role: ContactRole;
  needs?: ContactNeed[];
  countries?: Jurisdiction[];
  ways: ContactWay[];
  hours?: OnCallHours;
  /**
   * Whether somebody is there now; absent where no hours are stated.
   */
  on_call?: boolean;
  criteria?: string;
  verification: Verification;
  verified_at?: Instant;
  renew_by?: Instant;
  visibility?: ContactVisibility;
  audience?: Audience;
}
export interface ContactList {
  contacts: ContactView[];
  next?: ContactId;
}
export interface ContactQuery {
  owner?: MemberId;
  role?: ContactRole;
  need?: ContactNeed;
  country?: Jurisdiction;
  verification?: Verification;
  /**
   * Only those where somebody is there now, or only the others.
   */
  on_call?: boolean;
  after?: ContactId;
  limit?: number;
}
export interface ContactPath {
  owner: MemberId;
  name: string;
}
export interface PublicContact {
  member: string;
  title: string;
  role: ContactRole;
  needs: ContactNeed[];
  /**
   * Everywhere when absent.
   */
  countries?: Jurisdiction[];
  ways: ContactWay[];
  hours?: OnCallHours;
  on_call?: boolean;
  criteria?: string;
  verified_at: Instant;
}
export interface PublicContactList {
  contacts: PublicContact[];
}
export interface PublicContactQuery {
  need?: ContactNeed | '';
  country?: Jurisdiction | '';
}
/**
 * To policies it is a message of the kind `emergency`.
 */
export interface NewEmergency {
  harm: HarmId;
  /**
   * Where the harm is expected.
   */
  regions?: Region[];
  tlp: Tlp;
  labels?: Label[];
  /**
   * What is known. Text that looks like an e-mail address, phone number or URL is refused.
   */
  text: string;
  /**
   * Of the account, URL or medium that it is about; shown where policy reveals identifiers.
   */
  digests?: Digest[];
  audience?: Audience;
  exercise?: ExerciseId;
  respond_within?: Duration;
}
/**
 * One digest of the thing. `key` and `epoch` belong to keyed schemes (accounts, URLs) only.
 */
export interface Digest {
  scheme: SchemeName;
  key?: GroupId;
  epoch?: number;
  /**
   * Lower-case hex of the scheme's length.
   */
  digest: string;
}
export interface EmergencyClosing {
  outcome: EmergencyOutcome;
}
export interface Acknowledgement {
  member: MemberId;
  at: Instant;
}
/**
 * Whom to call next, the more the longer nobody acknowledges: one contact more for each time that is over.
 */
export interface Escalation {
  /**
   * How many times the time to acknowledge is over.
   */
  level: number;
  contacts: ContactView[];
}
export interface EmergencyView {
  id: string;
  exercise?: ExerciseId;
  /**
   * The origin's id, or its pseudonym for this viewer.
   */
  origin?: string;
  posted_at: Instant;
  acknowledge_by: Instant;
  state: 'open' | 'acknowledged' | 'closed';
  /**
   * Nobody has acknowledged it in time.
   */
  overdue: boolean;
  acknowledged_by_you?: boolean;
  outcome?: EmergencyOutcome;
  text: string;
  harm?: HarmId;
  regions?: Region[];
  labels?: Label[];
  digests?: Digest[];
  handling?: Handling;
  /**
   * For the origin, as what follows.
   */
  acknowledgements?: Acknowledgement[];
  /**
   * Who has been shown it, and when first.
   */
  received?: Acknowledgement[];
  escalation?: Escalation;
}
/**
 * The handling that travels with each item: FIRST IEP 2.0 fields, TLP 2.0, PAP, and how far it may be passed on.
 */
export interface Handling {
  tlp: Tlp;
  pap: Pap;
  permitted_actions: PermittedActions;
  affected_party_notifications: MayOrMustNot;
  attribution: Attribution;
  unmodified_resale: MayOrMustNot;
  encrypt_in_transit: MayOrMust;
  onward: Onward;
  onward_groups: GroupId[];
  /**
   * Kinds of member that it must not be passed on to.
   */
  excluded_kinds: MemberKind[];
}
export interface EmergencyList {
  /**
   * Latest first; for 30 days.
   */
  emergencies: EmergencyView[];
}
export interface EmergencyQuery {
  exercise?: ExerciseId;
  /**
   * With `If-None-Match`: seconds to hold the answer while it would say the same.
   */
  wait?: number;
}
export interface EmergencyPath {
  emergency: string;
}
/**
 * A feed that a member, or the hub, offers. It can only narrow what policies share.
 */
export interface FeedDocument {
  id: FeedId;
  title: string;
  description?: string;
  filter?: SignalConditions;
  peers?: PeerConditions;
  terms?: Terms;
}
/**
 * Conditions on the signal; also on one that is to be counted.
 */
export interface SignalConditions {
  type?: TypeCondition;
  scheme?: SchemeCondition;
  harm?: HarmCondition;
  severity?: SeverityCondition;
  confidence?: ConfidenceCondition;
  status?: StatusCondition;
  tlp?: TlpCondition;
  labels?: LabelsCondition;
  intent?: IntentCondition;
  novelty?: NoveltyCondition;
  basis?: BasisCondition;
  corroboration?: CorroborationCondition;
  dispute?: DisputeCondition;
  jurisdictions?: JurisdictionsCondition;
  exercise?: ExerciseCondition;
  origin?: PeerConditions;
}
export interface TypeCondition {
  in?: IndicatorType[];
  notIn?: IndicatorType[];
}
export interface SchemeCondition {
  in?: SchemeName[];
  notIn?: SchemeName[];
}
export interface HarmCondition {
  in?: HarmId[];
  notIn?: HarmId[];
}
export interface SeverityCondition {
  atLeast?: Severity;
  atMost?: Severity;
}
export interface ConfidenceCondition {
  atLeast?: Confidence;
  atMost?: Confidence;
}
export interface StatusCondition {
  in?: Status[];
  notIn?: Status[];
}
/**
 * On the TLP that the object itself carries; `atMost` GREEN holds for CLEAR and GREEN.
 */
export interface TlpCondition {
  atLeast?: Tlp;
  atMost?: Tlp;
}
export interface LabelsCondition {
  any?: Label[];
  all?: Label[];
  none?: Label[];
}
export interface IntentCondition {
  in?: Intent[];
  notIn?: Intent[];
}
export interface NoveltyCondition {
  in?: Novelty[];
  notIn?: Novelty[];
}
export interface BasisCondition {
  in?: Basis[];
  notIn?: Basis[];
}
export interface CorroborationCondition {
  atLeast?: Corroboration;
  atMost?: Corroboration;
}
export interface DisputeCondition {
  in?: Dispute[];
  notIn?: Dispute[];
}
export interface JurisdictionsCondition {
  any?: Jurisdiction[];
  all?: Jurisdiction[];
  none?: Jurisdiction[];
}
/**
 * Objects of these exercises. A share that names no exercise never matches an object of one, and one that does nothing else.
 */
export interface ExerciseCondition {
  in?: ExerciseId[];
}
/**
 * Conditions on a member: the peer who asks or, under `origin`, the one whose object it is.
 */
export interface PeerConditions {
  id?: MemberIdCondition;
  kind?: KindCondition;
  groups?: GroupsCondition;
  jurisdictions?: JurisdictionsCondition;
  trust?: TrustCondition;
  agreements?: AgreementsCondition;
  contributed?: ContributedCondition;
  found_good?: FoundGoodCondition;
  quality?: QualityCondition;
  subscribed?: SubscribedCondition;
  responds?: RespondsCondition;
}
export interface MemberIdCondition {
  in?: MemberId[];
  notIn?: MemberId[];
}
export interface KindCondition {
  in?: MemberKind[];
  notIn?: MemberKind[];
}
export interface GroupsCondition {
  any?: GroupId[];
  all?: GroupId[];
  none?: GroupId[];
}
export interface TrustCondition {
  atLeast?: Trust;
  atMost?: Trust;
}
export interface AgreementsCondition {
  any?: AgreementVersion[];
  all?: AgreementVersion[];
  none?: AgreementVersion[];
}
/**
 * How many signals that may be counted the member contributed within the period, as last measured.
 */
export interface ContributedCondition {
  atLeast: number;
  within: MeasuredPeriod;
}
/**
 * Of the signals that it contributed within the period and others judged, how many in a hundred were found good, as last measured.
 */
export interface FoundGoodCondition {
  atLeast: Percent;
  within: MeasuredPeriod;
}
/**
 * Of the member's own signals, as last measured: how many in a hundred were overturned, or are stale.
 */
export interface QualityCondition {
  overturned?: PercentBounds;
  stale?: PercentBounds;
}
export interface PercentBounds {
  atLeast?: Percent;
  atMost?: Percent;
}
/**
 * The feeds that the member is subscribed to.
 */
export interface SubscribedCondition {
  any?: FeedId[];
  all?: FeedId[];
  none?: FeedId[];
}
/**
 * The member is a responder of at least one of these incidents, open or closed.
 */
export interface RespondsCondition {
  any?: IncidentId[];
}
/**
 * What a share grants. Terms of several layers meet: the latest release, the earliest end, the fields in all, the most hidden origin, the strictest handling.
 */
export interface Terms {
  after?: Duration;
  for?: Duration;
  reveal: Field[];
  origin?: OriginDisplay;
  handling?: HandlingTerms;
}
/**
 * What the recipient may do. A field that this layer leaves out is not narrowed by it; one that charter and policy both leave out takes its strictest value, and a feed can only narrow it.
 */
export interface HandlingTerms {
  tlp?: Tlp;
  pap?: Pap;
  permitted_actions?: PermittedActions;
  affected_party_notifications?: MayOrMustNot;
  attribution?: Attribution;
  unmodified_resale?: MayOrMustNot;
  encrypt_in_transit?: MayOrMust;
  onward?: Onward;
  /**
   * For onward `group`: which groups. When absent, those that the rule, or the feed, names and the peer is in.
   */
  onward_groups?: GroupId[];
}
export interface FeedList {
  feeds: FeedDocument[];
}
/**
 * That you use a feed. Policies may share more with those who are subscribed to a feed; its owner sees who is.
 */
export interface Subscription {
  feed: FeedId;
  since: Instant;
}
/**
 * What you said. A feed that was withdrawn, or is not offered to you any more, stays on it until you end it.
 */
export interface SubscriptionList {
  subscriptions: Subscription[];
}
export interface Subscriber {
  member: MemberId;
  since: Instant;
}
export interface SubscriberList {
  subscribers: Subscriber[];
}
/**
 * Put this signal in place of what you hold under its id.
 */
export interface SignalChange {
  type: 'signal';
  signal: SignalView;
}
/**
 * A signal as a peer sees it: only what the terms reveal.
 */
export interface SignalView {
  id: string;
  /**
   * A digest of this view: it changes when, and only when, something in it changes.
   */
  version: string;
  released_at: Instant;
  visible_until?: Instant;
  /**
   * The origin's id; or its pseudonym, which starts with `~` and differs from viewer to viewer.
   */
  origin?: string;
  exercise?: ExerciseId;
  handling: Handling;
  digests?: Digest[];
  harm?: HarmId;
  severity?: Severity;
  confidence?: Confidence;
  status?: Status;
  observed?: Observed;
  labels?: Label[];
  intent?: Intent;
  novelty?: Novelty;
  basis?: Basis;
  jurisdictions?: Jurisdiction[];
  note?: string;
}
/**
 * When the origin saw it.
 */
export interface Observed {
  first: Instant;
  last?: Instant;
}
/**
 * A tombstone: drop what you hold under this id.
 */
export interface RemovalChange {
  type: 'remove';
  id: string;
  reason: RemovalReason;
}
/**
 * What a replica should hold: how many signals, and the sum of their digests modulo 2^128. In parts when asked for: a part is all signals that are shown to you with the same fields, digests, observation times, note and instants aside.
 */
export interface ReconciliationDigest {
  count: number;
  sum: DigestSum;
  parts?: {
    part: DigestSum;
    count: number;
    sum: DigestSum;
  }[];
}
/**
 * Closes a page: commit what came before together with the cursor. `as_of` is stated when the page is complete; until then more pages follow at once.
 */
export interface PageEnd {
  type: 'page';
  cursor: Cursor;
  complete: boolean;
  as_of?: Instant;
  digest?: ReconciliationDigest;
}
/**
 * One page of changes.
 */
export interface ChangesPage {
  changes: (SignalChange | RemovalChange)[];
  cursor: Cursor;
  complete: boolean;
  as_of?: Instant;
  digest?: ReconciliationDigest;
}
export interface MemberPath {
  member: MemberId;
}
export interface GroupPath {
  group: GroupId;
}
export interface ClientPath {
  client: string;
}
export interface CredentialPath {
  client: string;
  credential: string;
}
export interface KeyPath {
  key: GroupId;
}
export interface PolicyPath {
  owner: MemberId;
  name: string;
}
export interface PolicyVersionPath {
  owner: MemberId;
  name: string;
  version: number;
}
export interface OwnerPath {
  owner: MemberId;
}
export interface SignalPath {
  signal: string;
}
export interface DisputesQuery {
  /**
   * `next` of the page before.
   */
  after?: string;
  limit?: number;
}
export interface ReportPath {
  report: string;
}
export interface ReportVersionPath {
  report: string;
  version: number;
}
export interface ReportComparePath {
  report: string;
  version: number;
  other: number;
}
export interface ReportsQuery {
  harm?: HarmId;
  region?: Region;
  tactic?: TacticId;
  /**
   * The origin as it is shown to you: its id or its pseudonym.
   */
  origin?: string;
  from?: Instant;
  until?: Instant;
  exercise?: ExerciseId;
  /**
   * `next` of the page before.
   */
  after?: string;
  limit?: number;
}
export interface ReportChangesQuery {
  cursor?: Cursor;
  /**
   * Changes in a page: 100 when nothing is said. A page may hold more where much changes while others are fetched.
   */
  limit?: number;
  /**
   * Seconds to hold the answer while there is nothing to say.
   */
  wait?: number;
}
export interface OwnReportsQuery {
  state?: ReportState;
  /**
   * `next` of the page before.
   */
  after?: string;
  limit?: number;
}
export interface BatchPath {
  batch: string;
}
export interface SetPath {
  set: SetName;
}
export interface FeedPath {
  feed: string;
}
export interface OwnedFeedPath {
  owner: MemberId;
  name: string;
}
export interface WriteQuery {
  /**
   * All or nothing; for JSON arrays only.
   */
  atomic?: boolean;
}
export interface ListQuery {
  /**
   * `next` of the page before.
   */
  after?: string;
  limit?: number;
}
export interface AuditQuery {
  /**
   * The last entry already read.
   */
  after?: number;
  limit?: number;
}
export interface ChangesQuery {
  cursor?: Cursor;
  /**
   * Changes in a page: 1,000 when nothing is said, in a stream 3,000.
   */
  limit?: number;
  /**
   * Seconds to hold the answer while there is nothing to say.
   */
  wait?: number;
  /**
   * Adds to a complete page what a replica should hold at its `as_of`, as a digest: its total, or its parts as well.
   */
  digest?: 'total' | 'parts';
}
/**
 * The digest schemes that signals may use.
 */
export interface DigestSchemeList {
  /**
   * What holds for all of them.
   */
  description: string;
  schemes: DigestSchemeEntry[];
}
/**
 * Lengths are in bytes: either `bytes`, or from `minBytes` to `maxBytes` in steps of `multipleOf`.
 */
export interface DigestSchemeEntry {
  name: SchemeName;
  type: IndicatorType;
  version: number;
  keyed: boolean;
  bytes?: number;
  minBytes?: number;
  maxBytes?: number;
  multipleOf?: number;
  /**
   * The rules in plain words.
   */
  canonicalisation: string;
  source: string;
}
/**
 * The harm tree: every harm comes after its parent.
 */
export interface HarmList {
  version: string;
  harms: HarmEntry[];
}
export interface HarmEntry {
  id: HarmId;
  /**
   * The name by language tag.
   */
  label: {
    [k: string]: string;
  };
  definition: string;
  parent: HarmId | null;
  /**
   * The nearest words of other taxonomies.
   */
  crosswalk: {
    [k: string]: string[];
  };
  deprecated?: {
    by: HarmId;
    since: string;
  };
}
export interface WriteHeaders {
  /**
   * Retrying with the same key writes nothing twice: each item is known by the key and its index.
   */
  'idempotency-key'?: string;
}
export interface PollHeaders {
  /**
   * The ETag of the page that gave you the cursor: when there is nothing to say, the answer is 304 and has no body.
   */
  'if-none-match'?: string;
}
export interface VersionHeaders {
  /**
   * The version that you read; the change is refused when it is not the latest one.
   */
  'if-match': string;
}
export interface MatchHeaders {
  /**
   * The version that you read; the change is refused when it is not the present one.
   */
  'if-match'?: string;
}
/**
 * A policy of the FIRST Information Exchange Policy framework, version 2.0. Its TLP is that of TLP 1: `white` is CLEAR, and there is no AMBER+STRICT. What it has no field for stands in `x_tocsin`.
 */
export interface Iep {
  id: string;
  name: string;
  description?: string;
  iep_version: '2.0';
  start_date: Instant | null;
  end_date: Instant | null;
  encrypt_in_transit: MayOrMust;
  permitted_actions: PermittedActions;
  affected_party_notifications: MayOrMustNot;
  tlp: 'white' | 'green' | 'amber' | 'red';
  attribution: Attribution;
  unmodified_resale: MayOrMustNot;
  external_references?: string[];
  x_tocsin?: IepExtension;
}
/**
 * What IEP cannot say: TLP 2.0, PAP, onward sharing and excluded kinds. Who does not know it keeps to the rest, which allows no more.
 */
export interface IepExtension {
  tlp?: Tlp;
  pap?: Pap;
  permitted_actions?: PermittedActions;
  onward?: Onward;
  onward_groups?: GroupId[];
  excluded_kinds?: MemberKind[];
}
/**
 * Members, and the members of groups.
 */
export interface Responders {
  members?: MemberId[];
  groups?: GroupId[];
}
/**
 * What the operator declares of an incident. It is not open before somebody opens it.
 */
export interface IncidentChange {
  title: string;
  severity: Severity;
  harms: HarmId[];
  responders: Responders;
  /**
   * Every member may know of it, and name it in its policy; without it, only its responders.
   */
  announced?: boolean;
}
export interface Opening {
  closes_at?: Instant;
}
export interface OpenPeriod {
  from: Instant;
  until?: Instant;
  by: MemberId;
}
export interface IncidentView {
  id: IncidentId;
  title: string;
  severity: Severity;
  harms: HarmId[];
  state: IncidentState;
  /**
   * For its responders and the operator, as what follows.
   */
  announced?: boolean;
  responders?: Responders;
  /**
   * When it was or is open, latest first.
   */
  periods?: OpenPeriod[];
}
export interface IncidentList {
  incidents: IncidentView[];
}
/**
 * What the operator declares of an exercise. What is posted in it ends with it.
 */
export interface NewExercise {
  title: string;
  participants: Responders;
  from: Instant;
  until: Instant;
}
/**
 * For its participants and the operator.
 */
export interface ExerciseView {
  id: ExerciseId;
  title: string;
  participants: Responders;
  from: Instant;
  until: Instant;
  state: ExerciseState;
}
export interface ExerciseList {
  exercises: ExerciseView[];
}
export interface ExercisePath {
  exercise: ExerciseId;
}
export interface IncidentPath {
  incident: IncidentId;
}
/**
 * Replaces what you said of the signal before.
 */
export interface Judgement {
  verdict: Verdict;
}
export interface JudgementView {
  signal: string;
  verdict: Verdict;
  judged_at: Instant;
}
/**
 * Settles the judgements that there are. One that is made later opens the dispute again.
 */
export interface DisputeAnswer {
  answer: DisputeVerdict;
}
/**
 * The dispute about a signal, for its origin. Who disputes it is not told.
 */
export interface DisputeView {
  signal: string;
  dispute: Dispute;
  /**
   * How many members say that it is wrong, answered or not.
   */
  wrong: number;
  answer?: DisputeVerdict;
  answered_at?: Instant;
}
export interface DisputeList {
  disputes: DisputeView[];
  /**
   * Give it as `after` for the next page; absent on the last one.
   */
  next?: string;
}
/**
 * By how far back from the instant of measuring.
 */
export interface PeriodCounts {
  P7D?: number;
  P30D?: number;
  P90D?: number;
  P365D?: number;
}
/**
 * What policies read of you. Of signals that charter and your policy let be counted, that are not retracted and of no exercise. What is absent is unknown: it was not measured yet, or too few signals or judges stand behind it.
 */
export interface OwnMeasures {
  measured_at?: Instant;
  contributed?: PeriodCounts;
  found_good?: PeriodCounts;
  overturned?: Percent;
  stale?: Percent;
}
/**
 * An agreement that the member has accepted, in force from `from` to `until`.
 */
export interface Agreement {
  id: AgreementId;
  /**
   * Which version was accepted; the first when absent. Whoever accepted a version has accepted those before it.
   */
  version?: number;
  from: Instant;
  until?: Instant;
}
export interface NewMember {
  id: MemberId;
  title: string;
  kind: MemberKind;
  trust?: Trust;
  jurisdictions?: Jurisdiction[];
  agreements?: Agreement[];
}
export interface MemberChange {
  title?: string;
  trust?: Trust;
  jurisdictions?: Jurisdiction[];
  agreements?: Agreement[];
}
export interface MemberView {
  id: MemberId;
  title: string;
  kind: MemberKind;
  jurisdictions?: Jurisdiction[];
  status?: MemberStatus;
  trust?: Trust;
  agreements?: Agreement[];
  groups?: GroupId[];
}
export interface MemberList {
  members: MemberView[];
}
export interface Departure {
  /**
   * What becomes of what the member shared: `keep` it under its last policy, or `withdraw` it from everybody.
   */
  signals: 'keep' | 'withdraw';
}
export interface DepartureResult {
  member: MemberView;
  retracted: number;
}
export interface GroupChange {
  title: string;
  members: MemberId[];
}
export interface GroupView {
  id: GroupId;
  title: string;
  members: MemberId[];
}
export interface GroupList {
  groups: GroupView[];
}
/**
 * A public key (RFC 7517): OKP Ed25519, or EC P-256.
 */
export interface PublicJwk {
  kty: 'OKP' | 'EC';
  crv: 'Ed25519' | 'P-256';
  x: string;
  y?: string;
  kid?: string;
  use?: string;
  alg?: string;
}
export interface NewClient {
  title: string;
  scopes: Scope[];
  jwk?: PublicJwk;
}
export interface NewCredential {
  jwk?: PublicJwk;
  retire_others_after?: Duration;
}
export interface CredentialView {
  id: string;
  kind: 'secret' | 'key';
  expires_at?: Instant;
}
export interface ClientView {
  client_id: string;
  member: MemberId;
  title: string;
  scopes: Scope[];
  revoked: boolean;
  credentials: CredentialView[];
  /**
   * Shown once, when it is made.
   */
  client_secret?: string;
}
export interface ClientList {
  clients: ClientView[];
}
/**
 * OAuth 2 client credentials (RFC 6749, 4.4), form-encoded, with a secret or a client assertion (RFC 7523).
 */
export interface TokenRequest {
  grant_type: string;
  client_id?: string;
  client_secret?: string;
  client_assertion_type?: string;
  client_assertion?: string;
  scope?: string;
}
export interface Token {
  access_token: string;
  token_type: 'Bearer';
  expires_in: number;
  scope: string;
}
/**
 * RFC 6749, 5.2.
 */
export interface TokenError {
  error: 'invalid_request' | 'invalid_client' | 'unsupported_grant_type' | 'invalid_scope';
  error_description?: string;
}
export interface Jwks {
  keys: PublicJwk[];
}
/**
 * The key of a keyed digest scheme. Keep it secret: with it, digests can be guessed.
 */
export interface DigestKey {
  key: GroupId;
  epoch: number;
  /**
   * 32 bytes in hex.
   */
  secret: string;
  /**
   * Hash with this epoch; older ones serve to match what was posted before.
   */
  current: boolean;
  accepted_until?: Instant;
}
export interface DigestKeyList {
  keys: DigestKey[];
}
export interface Rotation {
  overlap?: Duration;
}
export interface RotatedDigestKey {
  key: GroupId;
  epoch: number;
}
export interface Me {
  member: MemberView;
  client_id: string;
  scopes: Scope[];
  quota: {
    signals: number;
    signals_used: number;
    classes: number;
    classes_used: number;
    reports: number;
    reports_used: number;
    messages: number;
    messages_used: number;
  };
}
export interface PolicyVersion {
  id: PolicyId;
  version: number;
  author?: string;
  created_at: Instant;
  policy: Policy;
}
/**
 * A member's promise of what it shares, with whom and when; or, when it belongs to the operator, the charter. Versions are never edited.
 */
export interface Policy {
  id: PolicyId;
  title: string;
  /**
   * What it promises, in plain words, for the people who sign it.
   */
  summary: string;
  rules: Rule[];
}
/**
 * All conditions must hold. Any matching withhold wins, else the first matching share decides.
 */
export interface Rule {
  id: string;
  title?: string;
  effect: 'share' | 'withhold';
  /**
   * What the rule decides about. When absent: the kinds whose conditions it names; where it names none, a share covers signals, and a withhold signals, reports and messages. Counts are covered only where they are named.
   */
  covers?: Covered[];
  signals?: SignalConditions;
  reports?: ReportConditions;
  messages?: MessageConditions;
  peers?: PeerConditions;
  during?: During;
  incidents?: IncidentsCondition;
  terms?: Terms;
}
/**
 * Conditions on a part of a strategic report. Of several harms, regions or tactics a share must cover all, and a withhold any.
 */
export interface ReportConditions {
  part?: PartCondition;
  harm?: HarmCondition;
  regions?: RegionsCondition;
  tactics?: TacticsCondition;
  confidence?: ConfidenceCondition;
  tlp?: TlpCondition;
  labels?: LabelsCondition;
  exercise?: ExerciseCondition;
  origin?: PeerConditions;
}
export interface PartCondition {
  in?: PartKind[];
  notIn?: PartKind[];
}
export interface RegionsCondition {
  in?: Region[];
  notIn?: Region[];
}
export interface TacticsCondition {
  in?: TacticId[];
  notIn?: TacticId[];
}
/**
 * Conditions on a request for information, an answer or a comment. Of several harms or regions a share must cover all, and a withhold any.
 */
export interface MessageConditions {
  message?: MessageCondition;
  harm?: HarmCondition;
  regions?: RegionsCondition;
  tlp?: TlpCondition;
  labels?: LabelsCondition;
  exercise?: ExerciseCondition;
  origin?: PeerConditions;
}
export interface MessageCondition {
  in?: MessageKind[];
  notIn?: MessageKind[];
}
/**
 * What goes on: `open` holds while at least one of these incidents is open, `closed` while at least one of these is not.
 */
export interface IncidentsCondition {
  open?: IncidentId[];
  closed?: IncidentId[];
}
export interface PolicyVersionList {
  versions: PolicyVersion[];
  activations: ActivationView[];
}
export interface ActivationRequest {
  effective_at?: Instant;
}
/**
 * One object of yours: a signal, a part of a published report, or a message.
 */
export interface ExplainRequest {
  signal?: string;
  report?: string;
  /**
   * Of the report: its place, 0 being the title, which is meant when absent.
   */
  part?: number;
  message?: string;
  peer: MemberId;
  feed?: FeedId;
  at?: Instant;
}
export interface AuditRow {
  entry: number;
  at: Instant;
  member: string;
  client: string;
  action: string;
  subject: string;
  detail: unknown;
  hash: string;
}
export interface AuditPage {
  entries: AuditRow[];
}
export interface RequestPath {
  request: string;
}
export interface MessagePath {
  message: string;
}
export interface MessagesQuery {
  /**
   * `next` of the page before.
   */
  after?: string;
  limit?: number;
}
export interface RequestsQuery {
  harm?: HarmId;
  region?: Region;
  state?: MessageState;
  /**
   * Only your own, or only those of others.
   */
  own?: boolean;
  exercise?: ExerciseId;
  /**
   * `next` of the page before.
   */
  after?: string;
  limit?: number;
}
/**
 * A request for information: has anyone seen this?
 */
export interface NewRequest {
  title: Line;
  text: MessageText;
  harms: HarmId[];
  regions?: Region[];
  /**
   * Of what it asks about.
   */
  digests?: Digest[];
  identifiers?: DeclaredIdentifiers;
  tlp: Tlp;
  labels?: PartLabels;
  exercise?: ExerciseId;
  audience?: Audience;
  not_before?: Instant;
  valid_until?: Instant;
}
/**
 * A raw identifier that the part must name, and why. Withheld unless terms reveal `identifiers`.
 */
export interface DeclaredIdentifier {
  kind: 'email' | 'url' | 'host' | 'ip' | 'phone' | 'handle' | 'other';
  value: string;
  reason: string;
}
/**
 * An answer to a request that you see. It belongs to the exercise that the request belongs to.
 */
export interface NewAnswer {
  /**
   * Who may see it, as far as your policy lets them: who asked, or everybody who sees the request.
   */
  to: 'asker' | 'all';
  text: MessageText;
  harms?: HarmId[];
  regions?: Region[];
  digests?: Digest[];
  identifiers?: DeclaredIdentifiers;
  tlp: Tlp;
  labels?: PartLabels;
}
/**
 * A comment on a report that you see. Who sees it sees the report's title as well. It belongs to the exercise that the report belongs to.
 */
export interface NewComment {
  text: MessageText;
  harms?: HarmId[];
  regions?: Region[];
  identifiers?: DeclaredIdentifiers;
  tlp: Tlp;
  labels?: PartLabels;
  audience?: Audience;
  valid_until?: Instant;
}
export interface PostedMessage {
  id: string;
}
/**
 * A message as a member sees it: only what the terms reveal.
 */
export interface MessageView {
  id: string;
  exercise?: ExerciseId;
  message: MessageKind;
  /**
   * The request that it answers, or the report that it comments on.
   */
  about?: string;
  /**
   * Whether it is yours.
   */
  own: boolean;
  /**
   * Of an answer of yours: who may see it.
   */
  to?: 'asker' | 'all';
  state: MessageState;
  released_at: Instant;
  visible_until?: Instant;
  /**
   * The origin's id; or its pseudonym, which starts with `~` and differs from viewer to viewer.
   */
  origin?: string;
  handling: Handling;
  title?: string;
  /**
   * Markdown, without HTML.
   */
  text: string;
  harms?: HarmId[];
  regions?: Region[];
  labels?: Label[];
  digests?: Digest[];
  identifiers?: DeclaredIdentifier[];
  /**
   * Of a request: the answers that you see.
   */
  answers?: number;
}
export interface MessageList {
  /**
   * By their release, the latest first.
   */
  messages: MessageView[];
  /**
   * Give it as `after` for the next page; absent on the last one.
   */
  next?: string;
}
/**
 * What of a policy will not do what its author may think.
 */
export interface LintFinding {
  rule: string;
  /**
   * `impossible`: nothing can fulfil its conditions. `shadowed`: others that come before match wherever it does. `opens-if-others-narrow`: a further condition of a rule before it would let it share more. `barred-kind`: it grants something to a government or to law enforcement, which have no access. `outside-charter`: the charter shares nothing of what it matches. `wider-than-charter`: its terms promise more than the charter lets them. `unknown-name`: it names what does not exist. `matches-nothing-live`: no object of yours and no member that is here now fulfils its conditions.
   */
  code:
    | 'impossible'
    | 'shadowed'
    | 'opens-if-others-narrow'
    | 'barred-kind'
    | 'outside-charter'
    | 'wider-than-charter'
    | 'unknown-name'
    | 'matches-nothing-live';
  /**
   * JSON pointer into the policy.
   */
  pointer: string;
  sentence: string;
}
export interface LintReport {
  /**
   * The first thousand.
   */
  findings: LintFinding[];
  /**
   * How many there are besides; absent where there are none.
   */
  more?: number;
}
/**
 * One way in which a policy differs from another.
 */
export interface PolicyChange {
  change: 'added' | 'removed' | 'changed' | 'moved';
  /**
   * JSON pointer into the newer one; of what is gone, into the older.
   */
  pointer: string;
  sentence: string;
}
/**
 * Why a peer sees an object, or does not: what each layer said, and what their meet is.
 */
export interface Explanation {
  effect: 'share' | 'withhold';
  /**
   * Whether the peer sees it at `at`: shared, released and not ended.
   */
  visible?: boolean;
  at: Instant;
  /**
   * In plain words.
   */
  because: string[];
  release?: Instant;
  end?: Instant;
  changes_at?: Instant;
  /**
   * In plain words, as of `changes_at`.
   */
  because_then?: string[];
  /**
   * The smallest set of rules of charter and policy without which it would be decided the other way: no part of it makes that difference. Absent where no removal of rules does.
   */
  decisive_rules?: DecisiveRule[];
  decisive_in_words?: string;
  /**
   * Of each layer that withholds, what would have to be otherwise for it to share.
   */
  what_would_change: WantedChange[];
  reveal?: Field[];
  origin?: OriginDisplay;
  handling?: Handling;
  layers: ExplainedLayer[];
}
export interface DecisiveRule {
  layer: 'charter' | 'policy';
  policy: PolicyId;
  rule: string;
}
/**
 * What would have to be otherwise: of a rule that withholds any one of these conditions, of a rule that does not share all of them.
 */
export interface WantedChange {
  layer: 'own' | 'built-in' | 'charter' | 'policy' | 'object' | 'feed' | 'meet' | 'tlp';
  rule?: string;
  conditions: WantedCondition[];
  sentence: string;
}
export interface WantedCondition {
  /**
   * Such as `signals.harm.in`.
   */
  condition: string;
  /**
   * In words.
   */
  needs: string;
  /**
   * What the object says of it now; of members nothing is said.
   */
  is?: string;
}
export interface ExplainedLayer {
  layer: 'own' | 'built-in' | 'charter' | 'policy' | 'object' | 'feed' | 'meet' | 'tlp';
  effect: 'share' | 'withhold';
  policy?: PolicyId;
  version?: number;
  rule?: string;
  reason: string;
  terms?: Terms;
  /**
   * Each rule of the layer's policy and the conditions that did not hold.
   */
  rules?: ExplainedRule[];
}
export interface ExplainedRule {
  rule: string;
  effect: 'share' | 'withhold';
  matched: boolean;
  failed: string[];
  /**
   * Conditions on something unset or unknown: they fail a share and meet a withhold.
   */
  unknown: string[];
}
/**
 * Named objects of one's own, handed to an authority: as they are now, these fields of them, until an instant.
 */
export interface NewReferral {
  authority: MemberId;
  basis: ReferralBasis;
  /**
   * The provision that the request, or the disclosure in an emergency, rests on.
   */
  legal_basis: string;
  /**
   * The authority's reference; needed for a legal request.
   */
  reference?: string;
  /**
   * What makes it an emergency; needed for one.
   */
  circumstances?: string;
  signals?: string[];
  /**
   * As they were published last; withdrawn and ended ones too, as long as they have content.
   */
  reports?: string[];
  /**
   * The scope: what of them is handed over, of each those fields that its kind has. Of a report nothing without `text`.
   */
  fields: Field[];
  expires_at: Instant;
}
/**
 * The fields in scope, as they were when the signal was referred.
 */
export interface ReferredContent {
  digests?: Digest[];
  harm?: HarmId;
  severity?: Severity;
  confidence?: Confidence;
  status?: Status;
  observed?: Observed;
  labels?: Label[];
  intent?: Intent;
  novelty?: Novelty;
  basis?: Basis;
  jurisdictions?: Jurisdiction[];
  note?: string;
}
export interface ReferredSignal {
  id: string;
  /**
   * Which version was referred.
   */
  version: number;
  /**
   * BLAKE3 of what was referred, as JSON with sorted keys, in hex. It stays on the register when the content is gone.
   */
  blake3: string;
  state: SignalState;
  retraction?: RetractionReason;
  content?: ReferredContent;
}
export interface ReferredPart {
  part: PartKind;
  heading?: string;
  text: string;
  confidence?: Estimate;
  labels?: Label[];
  identifiers?: DeclaredIdentifiers;
}
/**
 * A word of estimative probability and its range in per cent.
 */
export interface Estimate {
  word: Likelihood;
  from: number;
  to: number;
}
/**
 * The fields in scope, as they were when the report was referred. Of what it links to only names are said.
 */
export interface ReferredReportContent {
  parts: ReferredPart[];
  harms?: HarmId[];
  regions?: Region[];
  tactics?: TacticId[];
  period?: Period;
  confidence?: Estimate;
  reliability?: Reliability;
  signals?: string[];
  related?: string[];
}
/**
 * The time that the report covers.
 */
export interface Period {
  from: Instant;
  until: Instant;
}
/**
 * The Admiralty system: the source from A (completely reliable) to F (cannot be judged), the information from 1 (confirmed) to 6 (cannot be judged).
 */
export interface Reliability {
  source?: 'A' | 'B' | 'C' | 'D' | 'E' | 'F';
  information?: number;
}
export interface ReferredReport {
  id: string;
  /**
   * Which version was referred.
   */
  version: number;
  /**
   * As of a signal.
   */
  blake3: string;
  state: ReportState;
  content?: ReferredReportContent;
}
export interface ReferralRead {
  at: Instant;
  client: string;
}
export interface ReferralView {
  id: string;
  member: MemberId;
  authority: MemberId;
  basis: ReferralBasis;
  legal_basis: string;
  reference?: string;
  circumstances?: string;
  fields: Field[];
  referred_at: Instant;
  expires_at: Instant;
  ended_at?: Instant;
  state: ReferralState;
  /**
   * How many were referred.
   */
  objects: number;
  /**
   * The objects, when one referral is read.
   */
  signals?: ReferredSignal[];
  /**
   * Likewise; absent where there are none.
   */
  reports?: ReferredReport[];
  /**
   * When the authority read it; for the member and the operator.
   */
  reads?: ReferralRead[];
}
export interface ReferralList {
  referrals: ReferralView[];
  /**
   * Give it as `after` for the next page; absent on the last one.
   */
  next?: string;
}
export interface ReferralQuery {
  /**
   * `next` of the page before.
   */
  after?: string;
  limit?: number;
}
export interface ReferralPath {
  referral: string;
}
/**
 * Keeps what signals and reports of one's own say past retention, without sharing it.
 */
export interface NewHold {
  /**
   * What the hold is for: a preservation request, a case.
   */
  reference: string;
  /**
   * Retracted and ended ones too, as long as they have content.
   */
  signals?: string[];
  /**
   * Drafts and withdrawn ones too, as long as they have content: all their versions.
   */
  reports?: string[];
  until: Instant;
}
export interface HoldView {
  id: string;
  reference: string;
  created_at: Instant;
  until: Instant;
  released_at?: Instant;
  state: HoldState;
  signals: string[];
  /**
   * Absent where there are none.
   */
  reports?: string[];
}
export interface HoldList {
  holds: HoldView[];
  /**
   * Give it as `after` for the next page; absent on the last one.
   */
  next?: string;
}
export interface HoldPath {
  hold: string;
}
export interface TitlePart {
  text: Line;
  tlp: Tlp;
  labels?: PartLabels;
}
export interface TextPart {
  text: Markdown;
  tlp: Tlp;
  labels?: PartLabels;
  identifiers?: DeclaredIdentifiers;
}
export interface SectionPart {
  heading?: Line;
  text: Markdown;
  tlp: Tlp;
  labels?: PartLabels;
  identifiers?: DeclaredIdentifiers;
}
export interface JudgementPart {
  text: Markdown;
  confidence?: Likelihood;
  tlp: Tlp;
  labels?: PartLabels;
  identifiers?: DeclaredIdentifiers;
}
/**
 * What an author writes. Readers see its parts in this order: title, summary, key judgements, sections, recommended actions.
 */
export interface NewReport {
  title: TitlePart;
  summary?: TextPart;
  judgements?: JudgementPart[];
  sections?: SectionPart[];
  actions?: TextPart[];
  exercise?: ExerciseId;
  language?: Language;
  harms: HarmId[];
  regions?: Region[];
  tactics?: TacticId[];
  period?: Period;
  confidence?: Likelihood;
  reliability?: Reliability;
  /**
   * Signals that belong to it. A reader sees those that it may see.
   */
  signals?: string[];
  /**
   * Other reports. A reader sees those that it may see.
   */
  related?: string[];
  /**
   * Published reports of yours that this one stands in place of.
   */
  supersedes?: string[];
  audience?: Audience;
  not_before?: Instant;
  valid_until?: Instant;
  retention?: Duration;
}
/**
 * What a second person said of a version.
 */
export interface ReportReview {
  verdict: ReviewVerdict;
  note?: string;
  /**
   * The client.
   */
  by: string;
  at: Instant;
}
export interface NewReview {
  verdict: ReviewVerdict;
  /**
   * For the authors.
   */
  note?: string;
}
export interface Withdrawal {
  reason: WithdrawalReason;
}
/**
 * A report as its origin sees it: its latest version, and where that stands.
 */
export interface OwnReport {
  id: string;
  version: number;
  state: ReportState;
  /**
   * The version that peers are shown.
   */
  published_version?: number;
  /**
   * Where a later version stands that is not published yet.
   */
  pending?: 'draft' | 'in-review';
  /**
   * The latest version has been reviewed and can be published.
   */
  approved?: boolean;
  superseded_by?: string;
  withdrawal?: WithdrawalReason | 'origin-left';
  changed_at: Instant;
  published_at?: Instant;
  content?: NewReport;
}
export interface OwnReportList {
  reports: OwnReport[];
  /**
   * Give it as `after` for the next page; absent on the last one.
   */
  next?: string;
}
export interface ReportVersion {
  version: number;
  /**
   * The client.
   */
  author: string;
  created_at: Instant;
  published_at?: Instant;
  reviews?: ReportReview[];
  content?: NewReport;
}
export interface ReportVersionList {
  /**
   * Newest first, without their content.
   */
  versions: ReportVersion[];
}
/**
 * What differs between two versions, part by part.
 */
export interface ReportComparison {
  from: number;
  to: number;
  /**
   * In the order of the later version.
   */
  parts: PartDifference[];
  /**
   * Other fields that differ, by name.
   */
  fields: string[];
}
export interface PartDifference {
  part: PartKind;
  change: 'same' | 'changed' | 'added' | 'removed';
  before?: AnyPart;
  after?: AnyPart;
}
/**
 * A part as a reader sees it: only what the terms reveal, and how it is to be handled.
 */
export interface PartView {
  part: PartKind;
  heading?: string;
  /**
   * Markdown; of the title plain text.
   */
  text: string;
  confidence?: Estimate;
  labels?: Label[];
  identifiers?: DeclaredIdentifiers;
  released_at: Instant;
  visible_until: Instant;
  handling: Handling;
}
/**
 * Something was left out here: one part or several.
 */
export interface Omission {
  omitted: true;
}
/**
 * A report as a reader sees it. The first part is its title.
 */
export interface ReportView {
  id: string;
  /**
   * A digest of this view: it changes when, and only when, something in it changes.
   */
  version: string;
  exercise?: ExerciseId;
  released_at: Instant;
  visible_until: Instant;
  /**
   * The origin's id; or its pseudonym, which starts with `~` and differs from viewer to viewer.
   */
  origin?: string;
  harms?: HarmId[];
  regions?: Region[];
  tactics?: TacticId[];
  period?: Period;
  confidence?: Estimate;
  reliability?: Reliability;
  parts: (PartView | Omission)[];
  /**
   * Those that the reader may see now.
   */
  signals?: string[];
  /**
   * Likewise.
   */
  related?: string[];
  /**
   * Likewise.
   */
  supersedes?: string[];
  /**
   * Likewise.
   */
  superseded_by?: string[];
}
/**
 * Latest release first. Of each report the title and the summary; read it for the rest.
 */
export interface ReportList {
  reports: ReportView[];
  /**
   * Give it as `after` for the next page; absent on the last one.
   */
  next?: string;
}
/**
 * Put this report in place of what you hold under its id.
 */
export interface ReportChange {
  type: 'report';
  report: ReportView;
}
/**
 * One page of changes of a replica of reports.
 */
export interface ReportChangesPage {
  changes: (ReportChange | RemovalChange)[];
  cursor: Cursor;
  complete: boolean;
  as_of?: Instant;
}
export interface ReportSearchQuery {
  /**
   * Words, "phrases", `or`, and `-` before what must not occur in the part. Without it, reports are listed by their release, the latest first.
   */
  q?: string;
  language?: Language;
  harm?: HarmId;
  region?: Region;
  tactic?: TacticId;
  /**
   * As it is shown to you.
   */
  origin?: string;
  from?: Instant;
  until?: Instant;
  released_from?: Instant;
  released_until?: Instant;
  exercise?: ExerciseId;
  /**
   * Adds how many of all reports found are of which harm, region, tactic, origin and year of release.
   */
  facets?: boolean;
  /**
   * `next` of the page before, with the same other parameters.
   */
  after?: string;
  limit?: number;
}
export interface ReportHits {
  /**
   * By how well they fit, as far as you see them; without `q` by their release.
   */
  reports: ReportHit[];
  facets?: ReportFacets;
  /**
   * Give it as `after` for the next page; absent on the last one.
   */
  next?: string;
}
export interface ReportHit {
  id: string;
  exercise?: ExerciseId;
  title: string;
  released_at: Instant;
  /**
   * The origin's id; or its pseudonym, which starts with `~` and differs from viewer to viewer.
   */
  origin?: string;
  handling: Handling;
  harms?: HarmId[];
  regions?: Region[];
  tactics?: TacticId[];
  match?: ReportMatch;
}
/**
 * The part that fits best, and where.
 */
export interface ReportMatch {
  part: PartKind;
  heading?: string;
  handling: Handling;
  /**
   * An excerpt in pieces, of Markdown.
   */
  text: Excerpt[];
}
export interface Excerpt {
  text: string;
  /**
   * Whether it is what was asked for.
   */
  found?: true;
}
/**
 * Of all reports that were found, as far as you are told of each; the most frequent 50 of each kind.
 */
export interface ReportFacets {
  harms: Facet;
  regions: Facet;
  tactics: Facet;
  origins: Facet;
  years: Facet;
}
export interface FacetValue {
  value: string;
  reports: number;
}
/**
 * What a member posts.
 */
export interface NewSignal {
  /**
   * Digests of one and the same thing, all of one indicator type.
   */
  digests: Digest[];
  harm: HarmId;
  severity: Severity;
  confidence: Confidence;
  status: Status;
  tlp: Tlp;
  observed?: Observed;
  labels?: Label[];
  intent?: Intent;
  novelty?: Novelty;
  basis?: Basis;
  /**
   * Where it plays: the countries that it comes from, aims at or is against the law of.
   */
  jurisdictions?: Jurisdiction[];
  /**
   * The signal that this one was derived from; goes with basis `derived`.
   */
  derived_from?: string;
  /**
   * Free text for people. Text that looks like an e-mail address, phone number or URL is refused.
   */
  note?: string;
  valid_until?: Instant;
  not_before?: Instant;
  audience?: Audience;
  exercise?: ExerciseId;
  reference?: Reference;
}
/**
 * A signal as its origin sees it.
 */
export interface OwnSignal {
  id: string;
  version: number;
  state: SignalState;
  retraction?: RetractionReason;
  accepted_at: Instant;
  set?: SetName;
  content: NewSignal;
}
export interface Retraction {
  reason: 'mistake' | 'appeal-upheld' | 'subject-request' | 'no-longer-listed' | 'duplicate' | 'legal';
}
/**
 * What became of one item. In a stream it is written after the item's commit: it is the acknowledgement.
 */
export interface ItemResult {
  /**
   * The item's place in the request, from 0.
   */
  index: number;
  status: 'created' | 'updated' | 'unchanged' | 'rejected';
  id?: string;
  version?: number;
  problem?: Problem;
}
/**
 * The closing line of a bulk write.
 */
export interface BatchSummary {
  done: true;
  batch: string;
  created: number;
  updated: number;
  unchanged: number;
  rejected: number;
  retracted: number;
}
export interface BatchResult {
  results: ItemResult[];
  summary: BatchSummary;
}
export interface UndoResult {
  /**
   * Signals that the batch created.
   */
  retracted: number;
  /**
   * Signals that the batch updated, set back to what they said before.
   */
  restored: number;
  /**
   * Signals left alone because they changed after the batch, or because a retraction is final.
   */
  left: number;
}
export interface OwnSignalList {
  signals: OwnSignal[];
  /**
   * Give it as `after` for the next page; absent on the last one.
   */
  next?: string;
}
export interface OwnSignalCounts {
  /**
   * Real ones; so are those that follow.
   */
  active: number;
  retracted: number;
  /**
   * Signals that belong to exercises, whatever their state.
   */
  exercise: number;
  /**
   * Visibility classes that your signals have needed so far: different combinations of what policies can ask about.
   */
  classes: number;
  /**
   * How many they may need.
   */
  class_quota: number;
  by_harm: {
    [k: string]: number;
  };
}
/**
 * A policy as it could be, and things that could happen, all at one instant. At least one of them.
 */
export interface SimulateRequest {
  policy?: Policy;
  version?: VersionName;
  /**
   * As if you had no policy in force.
   */
  withdraw?: boolean;
  changes?: WhatIf[];
  at?: Instant;
  /**
   * How many ids of your own signals to give with each difference.
   */
  samples?: number;
}
export interface VersionName {
  policy: PolicyId;
  version: number;
}
/**
 * A change of the world. `join` and `leave` name a member and a group, `accept` and `end` a member and an agreement, `trust` a member and a level, `suspend` and `resume` a member, `open` and `close` an incident.
 */
export interface WhatIf {
  change: 'join' | 'leave' | 'accept' | 'end' | 'suspend' | 'resume' | 'trust' | 'open' | 'close';
  member?: MemberId;
  group?: GroupId;
  agreement?: AgreementId;
  /**
   * Which version of the agreement is accepted; the first when absent.
   */
  version?: number;
  trust?: Trust;
  incident?: IncidentId;
}
/**
 * What differs between two policies of yours; `before` is what is in force when absent.
 */
export interface DiffRequest {
  before?: PolicySource;
  after: PolicySource;
}
/**
 * A policy, stored or not, or a version of yours that is stored.
 */
export interface PolicySource {
  policy?: Policy;
  version?: VersionName;
}
export interface PolicyDifference {
  /**
   * None where they decide the same.
   */
  changes: PolicyChange[];
}
/**
 * How many objects: `gained` are seen after and not before, `lost` before and not after, `changed` before and after, but differently: these are what replicas are told. `promised` will be seen later and otherwise never, `forgone` the reverse. Of what is shared before and after, `earlier` and `later` begin, and `shorter` and `longer` end, at another instant.
 */
export interface FateCounts {
  gained: number;
  lost: number;
  changed: number;
  promised: number;
  forgone: number;
  earlier: number;
  later: number;
  shorter: number;
  longer: number;
}
/**
 * What is decided, by which rules: of the charter and of the origin's policy the one that has the say, where one matches; and the layer that withholds.
 */
export interface StandingView {
  effect: 'share' | 'withhold';
  charter?: string;
  policy?: string;
  withheld_by?: StandingLayer;
  after?: Duration;
  not_before?: Instant;
  ends_after?: Duration;
  reveal?: Field[];
  origin?: OriginDisplay;
  handling?: Handling;
}
/**
 * Fields that are revealed in addition, or no more; whether more or less is shown of the origin; and fields of handling that allow more, allow less, or something else.
 */
export interface GrantDifference {
  more: Field[];
  less: Field[];
  origin: 'same' | 'more' | 'less';
  handling: {
    wider: string[];
    stricter: string[];
    other: string[];
  };
}
/**
 * Objects of one origin about which the same is decided before, and the same after, by the same rules.
 */
export interface Difference {
  kind: ObjectKind;
  origin: MemberId;
  classes: number;
  harms: HarmId[];
  counts: FateCounts;
  before: StandingView;
  after: StandingView;
  revealed?: GrantDifference;
  /**
   * Some of your own; of parts, their reports.
   */
  samples?: string[];
}
export interface PeerDifference {
  peer: MemberId;
  counts: FateCounts;
  parts?: FateCounts;
  requests?: FateCounts;
  /**
   * Their places in the list of differences.
   */
  differences: number[];
}
export interface VisibilityQuery {
  peer: MemberId;
  at?: Instant;
  /**
   * So many classes, those with most in them first.
   */
  limit?: number;
}
/**
 * How many: seen, to be seen later, and not to be seen.
 */
export interface SeenCounts {
  visible: number;
  later: number;
  withheld: number;
}
/**
 * What all signals of a class have in common: all that policies read of them.
 */
export interface ClassView {
  kind: 'signal';
  type: IndicatorType;
  schemes: SchemeName[];
  harm: HarmId;
  severity: Severity;
  confidence: Confidence;
  status: Status;
  tlp: Tlp;
  labels: Label[];
  intent?: Intent;
  novelty?: Novelty;
  basis?: Basis;
  corroboration?: Corroboration;
  dispute?: Dispute;
  jurisdictions?: Jurisdiction[];
  exercise?: ExerciseId;
  audience?: Audience;
  not_before?: Instant;
}
/**
 * What parts of reports, or requests, of a class have in common: all that policies read of them.
 */
export interface WrittenClassView {
  kind: 'part' | 'message';
  part?: PartKind;
  message?: MessageKind;
  harms: HarmId[];
  regions: Region[];
  tactics?: TacticId[];
  confidence?: Confidence;
  tlp: Tlp;
  labels: Label[];
  exercise?: ExerciseId;
  audience?: Audience;
  not_before?: Instant;
}
export interface SeenClass {
  class: ClassView | WrittenClassView;
  counts: SeenCounts;
  standing: StandingView;
}
/**
 * What a peer sees of your signals, parts of reports and requests, by class.
 */
export interface Visibility {
  peer: MemberId;
  at: Instant;
  counts: SeenCounts;
  parts: SeenCounts;
  requests: SeenCounts;
  /**
   * A part is seen while its title is: parts of one class may be in several entries.
   */
  classes: SeenClass[];
  /**
   * Classes that are not listed.
   */
  more_classes: number;
  /**
   * The same in plain words.
   */
  says: string[];
}
export interface CalendarQuery {
  days?: number;
  peer?: MemberId;
}
export interface PassedCounts {
  released: number;
  ended: number;
}
export interface TurnedCounts {
  gained: number;
  lost: number;
  changed: number;
}
/**
 * A day in UTC: how many of your signals, and of parts of reports and requests if any, are released to each peer in its course, and end for it, because time passes.
 */
export interface CalendarDay {
  day: string;
  peers: {
    peer: MemberId;
    released: number;
    ended: number;
    parts?: PassedCounts;
    requests?: PassedCounts;
  }[];
}
/**
 * A policy takes effect (or, without `policy`, is withdrawn), a rule's window opens or closes, a peer's agreement begins or ends, or an incident that a rule names is opened or closed.
 */
export interface CalendarCause {
  cause:
    | 'policy'
    | 'window-opens'
    | 'window-closes'
    | 'agreement-begins'
    | 'agreement-ends'
    | 'incident-opens'
    | 'incident-closes';
  member: MemberId;
  policy?: PolicyId;
  version?: number;
  rule?: string;
  agreement?: AgreementId;
  incident?: IncidentId;
}
/**
 * An instant at which something else is decided, why, and for whom: signals, parts of reports and requests that are seen from then on, no longer, or under other terms.
 */
export interface CalendarMoment {
  at: Instant;
  causes: CalendarCause[];
  peers: {
    peer: MemberId;
    gained: number;
    lost: number;
    changed: number;
    parts?: TurnedCounts;
    requests?: TurnedCounts;
  }[];
}
/**
 * What is to come if nothing else is written: exact up to `until`.
 */
export interface Calendar {
  owner: MemberId;
  at: Instant;
  until: Instant;
  /**
   * Those on which anything is released or ends.
   */
  days: CalendarDay[];
  moments: CalendarMoment[];
  /**
   * The same in plain words.
   */
  says: string[];
}
/**
 * What would change for whom. Nothing was written. Exact at `at`: `gained`, `lost` and `changed` of signals are what each peer's replica would be told at once.
 */
export interface Simulation {
  owner: MemberId;
  at: Instant;
  peers: PeerDifference[];
  /**
   * Peers for whom nothing changes.
   */
  unchanged: number;
  differences: Difference[];
  /**
   * The same in plain words.
   */
  says: string[];
}
export interface TopicPath {
  topic: string;
}
export interface NewsQuery {
  /**
   * `cursor` of an answer before: what it brought has arrived, and does not come again.
   */
  after?: string;
  limit?: number;
}
/**
 * News comes of what fits every list that is given, by one of its values, as far as you are told of it.
 */
export interface NewTopic {
  title: Line;
  of: TopicKind;
  /**
   * One covers those below it.
   */
  harms?: HarmId[];
  /**
   * Not of trends.
   */
  regions?: Region[];
  /**
   * Of reports only.
   */
  tactics?: TacticId[];
}
export interface Topic {
  id: string;
  title: string;
  of: TopicKind;
  harms?: HarmId[];
  regions?: Region[];
  tactics?: TacticId[];
}
export interface TopicList {
  topics: Topic[];
}
/**
 * What is new under a topic: what you see now and was not acknowledged before. It comes again until its cursor comes back.
 */
export interface News {
  reports?: ReportHit[];
  requests?: MessageView[];
  trends?: TrendWeek[];
  cursor: string;
  /**
   * Whether this is all that is new now.
   */
  complete: boolean;
}
/**
 * A week of UTC, from Monday to Monday, as it stood at its close.
 */
export interface TrendWeek {
  from: Instant;
  until: Instant;
  cells: TrendCell[];
}
/**
 * Signals that were first accepted in the week, and had neither been retracted nor ended before its close. A harm includes what lies below it in the tree.
 */
export interface TrendCell {
  by: TrendDimension;
  /**
   * A harm, a type of indicator, a severity, or `all`.
   */
  value: string;
  /**
   * Exact.
   */
  signals: number;
  /**
   * How many members posted them. Exact.
   */
  origins: number;
  /**
   * To the mean of the four weeks before, where something is said in each of them; to hundredths.
   */
  ratio?: number;
}
export interface TrendsQuery {
  /**
   * How many, from the last that has ended.
   */
  weeks?: number;
  by?: TrendDimension;
}
export interface OverlapQuery {
  /**
   * How many, from the last that has ended.
   */
  weeks?: number;
}
export interface Trends {
  /**
   * The latest first.
   */
  weeks: TrendWeek[];
}
export interface OverlapTable {
  /**
   * The latest first.
   */
  weeks: OverlapWeek[];
}
export interface OverlapWeek {
  from: Instant;
  until: Instant;
  harms: OverlapHarm[];
}
export interface OverlapHarm {
  harm: HarmId;
  /**
   * Your own distinct indicators of this harm that you first posted in the week.
   */
  indicators: number;
  known: OverlapShare[];
  /**
   * Of at least 20 that 3 or more others assert: the median of the days by which somebody was earlier than you; 0 where you were first.
   */
  median_lag_days?: number;
}
export interface OverlapShare {
  /**
   * At least so many other members assert the indicator.
   */
  others: number;
  /**
   * Of your indicators, in tenths, rounded down.
   */
  share: number;
}
