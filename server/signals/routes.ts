import type { FastifyRequest } from 'fastify';
import type { BatchResult, ItemResult, NewSignal } from '../../schemas/types.ts';
import { viewerOf, type Access } from '../auth/access.ts';
import { Batcher } from '../batcher.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { App } from '../http/fastify.ts';
import { countSignals } from '../http/metrics.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { formatInstant } from '../policy/time.ts';
import { Problem } from '../problems.ts';
import { Batch, derivedId, type BatchOptions } from './bulk.ts';
import { prepare } from './content.ts';
import { countOwn, findOwn, listOwn } from './own.ts';
import { SignalReader } from './read.ts';
import { writeStream } from './stream.ts';
import { undoBatch } from './undo.ts';
import { SignalWriter, type Outcome, type Write } from './writer.ts';

/** Items in a JSON array; more go as NDJSON. */
const MAX_ARRAY = 1000;
const MAX_ARRAY_BYTES = 8 * 1_048_576;
const NDJSON = 'application/x-ndjson';
const tags = ['Signals'];

/** Posting, updating, retracting and reading signals. */
export function signalRoutes(app: App, hub: Hub, access: Access, entitlements: Entitlements): void {
  const writer = new SignalWriter(hub);
  const reader = new SignalReader(hub, entitlements);
  // Single writes that arrive together share a commit.
  const single = new Batcher<Write, Outcome>((writes) => writer.write(writes), 200);
  app.addContentTypeParser(NDJSON, (_request, payload, done) => done(null, payload));

  app.post('/v1/signals', {
    bodyLimit: MAX_ARRAY_BYTES,
    onRequest: access('signals:write'),
    schema: { tags, summary: 'Post one signal, an array of up to 1,000, or a stream (NDJSON)', querystring: $('WriteQuery'), headers: $('WriteHeaders'), body: { content: { 'application/json': { schema: { anyOf: [$('NewSignal'), { type: 'array', items: $('NewSignal') }] } }, [NDJSON]: { schema: {} } } }, response: { 200: { anyOf: [$('BatchResult'), $('ItemResult')] }, 201: $('ItemResult') } },
    validatorCompiler: ({ schema, httpPart }) => (httpPart === 'body' ? () => true : app.validatorCompiler!({ schema, httpPart, method: 'POST', url: '' })),
  }, async (request, reply) => {
    const options = batchOptions(request);
    if (isStream(request)) return reply.type(NDJSON).send(writeStream(hub, new Batch(hub, writer, options), request.body as AsyncIterable<Uint8Array>, false));
    if (Array.isArray(request.body)) return postArray(hub, writer, { ...options, atomic: request.query.atomic ?? false }, request.body as unknown[]);
    const result = await postOne(hub, single, options, request.body);
    return reply.code(result.status === 'created' ? 201 : 200).send(result);
  });

  app.put('/v1/sets/:set', { onRequest: access('signals:write'), schema: { tags, summary: 'Replace a set of signals by a stream (NDJSON): what it does not mention is retracted', consumes: [NDJSON], params: $('SetPath') } }, async (request, reply) => {
    if (!isStream(request)) throw new Problem('unsupported-media-type');
    const batch = new Batch(hub, writer, { ...batchOptions(request), set: request.params.set });
    return reply.type(NDJSON).send(writeStream(hub, batch, request.body as AsyncIterable<Uint8Array>, true));
  });

  app.get('/v1/signals', { onRequest: access('signals:read'), schema: { tags, summary: 'List your own signals', querystring: $('ListQuery'), response: { 200: $('OwnSignalList') } } }, (request) =>
    listOwn(hub, viewerOf(request).member.number, request.query.after, request.query.limit ?? 100));

  app.get('/v1/signals/counts', { onRequest: access('signals:read'), schema: { tags, summary: 'Count your own signals', response: { 200: $('OwnSignalCounts') } } }, (request) => countOwn(hub, viewerOf(request).member.number));

  app.get('/v1/signals/:signal', { onRequest: access('signals:read'), schema: { tags, summary: 'Read one signal as policy lets you see it', params: $('SignalPath'), response: { 200: $('SignalView') } } }, async (request, reply) => {
    const view = await reader.read(viewerOf(request).member, request.params.signal);
    if (!view) throw new Problem('not-found');
    return reply.type('application/json; charset=utf-8').send(view as never);
  });

  app.put('/v1/signals/:signal', { onRequest: access('signals:write'), schema: { tags, summary: 'Replace what one of your signals says', params: $('SignalPath'), headers: $('MatchHeaders'), body: $('NewSignal'), response: { 200: $('ItemResult') } } }, async (request) => {
    const match = request.headers['if-match'];
    const target = { kind: 'id' as const, id: request.params.signal, ...(match ? { version: Number(match.slice(1, -1)) } : {}) };
    return settled(await single.add(putOf(request, request.body, target)));
  });

  app.post('/v1/signals/:signal/retract', { onRequest: access('signals:write'), schema: { tags, summary: 'Take one of your signals back, for good', params: $('SignalPath'), body: $('Retraction'), response: { 200: $('ItemResult') } } }, async (request) => {
    const { member, client } = viewerOf(request);
    return settled(await single.add({ kind: 'retract', origin: member, client, id: request.params.signal, reason: request.body.reason }));
  });

  app.post('/v1/signals/:signal/expire', { onRequest: access('signals:write'), schema: { tags, summary: 'End one of your signals now', params: $('SignalPath'), response: { 200: $('ItemResult') } } }, async (request) => {
    const { member, head } = viewerOf(request);
    const own = await findOwn(hub.db, member.number, request.params.signal);
    if (!own) throw new Problem('not-found');
    const ends = own.content.valid_until;
    if (ends !== undefined && Date.parse(ends) <= head.at) return { index: 0, status: 'unchanged' as const, id: own.id, version: own.version };
    const { not_before: _notBefore, ...content } = own.content;
    return settled(await single.add(putOf(request, { ...content, valid_until: formatInstant(head.at) }, { kind: 'id', id: own.id, version: own.version })));
  });

  app.post('/v1/batches/:batch/undo', { onRequest: access('signals:write'), schema: { tags, summary: 'Undo a batch: retract what it created, set back what it updated', params: $('BatchPath'), response: { 200: $('UndoResult') } } }, (request) => {
    const { member, client } = viewerOf(request);
    return undoBatch(hub, writer, member, client, request.params.batch);
  });
}

function batchOptions(request: FastifyRequest): BatchOptions {
  const { member, client } = viewerOf(request);
  const key = request.headers['idempotency-key'];
  return { origin: member, client, ...(typeof key === 'string' ? { idempotencyKey: key } : {}) };
}

function isStream(request: FastifyRequest): boolean {
  return request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() === NDJSON;
}

function putOf(request: FastifyRequest, content: NewSignal, target: (Write & { kind: 'put' })['target']): Write {
  const { member, client } = viewerOf(request);
  return { kind: 'put', origin: member, client, prepared: prepare(content, member.id), set: '', target };
}

async function postOne(hub: Hub, single: Batcher<Write, Outcome>, { origin, client, idempotencyKey }: BatchOptions, body: unknown): Promise<ItemResult> {
  const prepared = prepare(body, origin.id);
  const id = idempotencyKey !== undefined && prepared.reference === null ? derivedId(hub, origin.id, idempotencyKey, 0) : undefined;
  return settled(await single.add({ kind: 'put', origin, client, prepared, set: '', target: { kind: 'new', ...(id ? { id } : {}) } }));
}

function settled(outcome: Outcome): ItemResult {
  countSignals(outcome.status);
  if (outcome.status === 'rejected') throw outcome.problem;
  return { index: 0, ...outcome };
}

async function postArray(hub: Hub, writer: SignalWriter, options: BatchOptions, items: readonly unknown[]): Promise<BatchResult> {
  if (items.length > MAX_ARRAY) throw new Problem('too-many-items');
  const batch = new Batch(hub, writer, options);
  await batch.begin();
  const results = await batch.write(batch.accept(items.map((item) => ({ item }))));
  if (options.atomic && batch.rejected > 0) throw new Problem('batch-rejected', results.flatMap(placesOf));
  return { results, summary: batch.summary(0) };
}

/** The places of a rejected item, as seen from the array. */
function placesOf({ index, problem }: ItemResult): { pointer: string; detail: string }[] {
  if (!problem || problem.type.endsWith('batch-rejected')) return [];
  const errors = problem.errors ?? [{ pointer: '', detail: problem.title }];
  return errors.map(({ pointer, detail }) => ({ pointer: `/${index}${pointer}`, detail }));
}
