/** The TypeScript SDK of Tocsin: a typed client, streams, exact replicas, and hashing. */
export type * from '../../schemas/types.ts';
export { TocsinClient, type ClientOptions, type RequestOptions } from './client.ts';
export * from './digests/index.ts';
export type { IndicatorType } from './digests/index.ts';
export { ConnectionError, isProblem, ProtocolError, PushError, TocsinError } from './errors.ts';
export {
  hashAccountId, hashEmail, hashFile, hashHandle, hashMedia, hashPhone, hashUrl, urlLookups, type KeyOptions,
} from './hash.ts';
export { HUB_KEY, HubKeys, KeyRing, secretOf } from './keys.ts';
export type { AnswerOf, BodyOf, Method, Operations } from './operations.ts';
export type { Items } from './outbox.ts';
export { pullPages, type PullOptions } from './pull.ts';
export { push, pushAll, type PushOptions, type PushOutcome } from './push.ts';
export { ReplicaDigest, type PartDifference, type PartSum } from './reconcile.ts';
export { Replica, type SyncResult, type Verification } from './replica.ts';
export { ReportReplica, Reports, type ReportForm, type ReportReplicaState } from './reports.ts';
export type { RetryPolicy } from './retry.ts';
export { ReplicaContent, type ReplicaPage, type ReplicaState } from './stores/content.ts';
export { FileStore, ReplicaMismatch } from './stores/file.ts';
export { FolderInUse } from './stores/lock.ts';
export { MemoryStore, type ReplicaStore } from './stores/memory.ts';
export type { Credentials } from './tokens.ts';
