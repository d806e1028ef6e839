import { viewerOf, type Access } from '../auth/access.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { endReferral, listReferrals, readReferral, refer } from './register.ts';

const tags = ['Referrals'];

/** The plane on which authorities are answered, and no other: what members referred to them. */
export function referralRoutes(app: App, hub: Hub, access: Access): void {
  app.get('/v1/referrals', { onRequest: access('referrals:read'), schema: { tags, summary: 'The register: what you referred, or what is referred to you now; for the operator all of it', querystring: $('ReferralQuery'), response: { 200: $('ReferralList') } } }, (request) => listReferrals(hub, viewerOf(request), request.query));

  app.get('/v1/referrals/:referral', { onRequest: access('referrals:read'), schema: { tags, summary: 'One referral with its objects', description: 'An authority’s read is disclosed to the member and recorded.', params: $('ReferralPath'), response: { 200: $('ReferralView') } } }, (request) => readReferral(hub, viewerOf(request), request.params.referral));

  app.post('/v1/referrals', { onRequest: access('referrals:write'), schema: { tags, summary: 'Refer signals and reports of yours to an authority, under a request or in an emergency', body: $('NewReferral'), response: { 201: $('ReferralView') } } }, async (request, reply) => reply.code(201).send(await refer(hub, viewerOf(request), request.body)));

  app.post('/v1/referrals/:referral/end', { onRequest: access('referrals:write'), schema: { tags, summary: 'End a referral of yours before it expires', params: $('ReferralPath'), response: { 200: $('ReferralView') } } }, (request) => endReferral(hub, viewerOf(request), request.params.referral));
}
