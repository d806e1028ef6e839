/* Generated from schemas/*.json by `npm run generate`. Do not edit. */

/**
 * What stands in the other layer: `open` (when absent) shares everything under the widest handling, `silent` shares everything and says nothing of handling; otherwise the id of a policy.
 */
export type CaseCounterpart = string;
/**
 * A group's short name.
 */
export type GroupId = string;
/**
 * A member's short name, chosen by the operator and never reused.
 */
export type MemberId = string;
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
/**
 * An RFC 3339 instant; fractions finer than a millisecond are refused.
 */
export type Instant = string;
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
  | 'note';
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
 * A feed's name: `all`, or the offering member and a name, `northstar/fraud`.
 */
export type FeedId = string;
/**
 * The member that the policy belongs to, and a name: `northstar/standard`.
 */
export type PolicyId = string;
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
 * A named set of the origin's signals, replaced as a whole by synchronising.
 */
export type SetName = string;
export type MemberStatus = 'active' | 'suspended' | 'left';
export type Scope =
  | 'signals:write'
  | 'signals:read'
  | 'feeds:read'
  | 'feeds:write'
  | 'policies:read'
  | 'policies:write'
  | 'explain'
  | 'digest-keys:read'
  | 'members:read'
  | 'members:write'
  | 'keys:write'
  | 'audit:read';
/**
 * The origin's own reference. Posting it again updates the signal. Never shown to peers.
 */
export type Reference = string;
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

export interface Schemas {
  PolicyCases: PolicyCases;
  CaseCounterpart: CaseCounterpart;
  CaseWorld: CaseWorld;
  CaseMember: CaseMember;
  CaseAgreement: CaseAgreement;
  CaseSignal: CaseSignal;
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
  Problem: Problem;
  Place: Place;
  FeedDocument: FeedDocument;
  FeedList: FeedList;
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
  MatchHeaders: MatchHeaders;
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
  Policy: Policy;
  Rule: Rule;
  SignalConditions: SignalConditions;
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
  MemberIdCondition: MemberIdCondition;
  KindCondition: KindCondition;
  GroupsCondition: GroupsCondition;
  JurisdictionsCondition: JurisdictionsCondition;
  TrustCondition: TrustCondition;
  AgreementsCondition: AgreementsCondition;
  Explanation: Explanation;
  ExplainedLayer: ExplainedLayer;
  ExplainedRule: ExplainedRule;
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
  at?: Instant;
  cases: PolicyCase[];
}
/**
 * The members and groups that the cases speak of. A group that only the policy names counts as deleted.
 */
export interface CaseWorld {
  groups?: GroupId[];
  members: CaseMember[];
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
}
/**
 * An agreement that the member has accepted; without dates it has always been in force.
 */
export interface CaseAgreement {
  id: AgreementId;
  from?: Instant;
  until?: Instant;
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
 * One question: may this peer see this signal at this instant, and on which terms?
 */
export interface PolicyCase {
  name: string;
  signal?: CaseSignal;
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
  reveal?: SignalField[];
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
 * Conditions on the signal.
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
 * On the TLP that the signal itself carries; `atMost` GREEN holds for CLEAR and GREEN.
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
/**
 * Conditions on a member: the peer who asks or, under signals.origin, the one whose signal it is.
 */
export interface PeerConditions {
  id?: MemberIdCondition;
  kind?: KindCondition;
  groups?: GroupsCondition;
  jurisdictions?: JurisdictionsCondition;
  trust?: TrustCondition;
  agreements?: AgreementsCondition;
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
export interface JurisdictionsCondition {
  any?: Jurisdiction[];
  all?: Jurisdiction[];
  none?: Jurisdiction[];
}
export interface TrustCondition {
  atLeast?: Trust;
  atMost?: Trust;
}
export interface AgreementsCondition {
  any?: AgreementId[];
  all?: AgreementId[];
  none?: AgreementId[];
}
/**
 * What a share grants. Terms of several layers meet: the latest release, the earliest end, the fields in all, the most hidden origin, the strictest handling.
 */
export interface Terms {
  after?: Duration;
  for?: Duration;
  reveal: SignalField[];
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
  note?: string;
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
   * Changes in a page: 1,000 when nothing is said, in a stream 2,000.
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
export interface MatchHeaders {
  /**
   * The version that you read; the change is refused when it is not the present one.
   */
  'if-match'?: string;
}
/**
 * An agreement that the member has accepted, in force from `from` to `until`.
 */
export interface Agreement {
  id: AgreementId;
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
  signals?: SignalConditions;
  peers?: PeerConditions;
  during?: During;
  terms?: Terms;
}
/**
 * The rule holds from `from` (included) to `until` (excluded).
 */
export interface During {
  from?: Instant;
  until?: Instant;
}
export interface PolicyVersionList {
  versions: PolicyVersion[];
  activations: ActivationView[];
}
export interface ActivationView {
  owner: MemberId;
  policy?: PolicyId;
  version: number;
  effective_at: Instant;
}
export interface ActivationRequest {
  effective_at?: Instant;
}
export interface ExplainRequest {
  /**
   * A signal of yours.
   */
  signal: string;
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
  reveal?: SignalField[];
  origin?: OriginDisplay;
  handling?: Handling;
  layers: ExplainedLayer[];
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
  active: number;
  retracted: number;
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
