import { actorOf, operatorOf, viewerOf, type Access } from '../auth/access.ts';
import type { App } from '../http/fastify.ts';
import { $ } from '../http/validation.ts';
import type { Hub } from '../hub.ts';
import { closeIncident, declareIncident, incidentView, knownIncident, knownIncidents, openIncident } from './incidents.ts';

const tags = ['Incidents'];

/** Incidents: the operator declares them, their responders open and close them, and policies that name them hasten or widen sharing meanwhile. */
export function incidentRoutes(app: App, hub: Hub, access: Access): void {
  app.get('/v1/incidents', { onRequest: access('members:read'), schema: { tags, summary: 'The incidents that you may know of', response: { 200: $('IncidentList') } } }, (request) => {
    const viewer = viewerOf(request);
    return { incidents: knownIncidents(viewer.world, viewer).map((incident) => incidentView(viewer.world, viewer.head.at, incident, viewer)) };
  });

  app.get('/v1/incidents/:incident', { onRequest: access('members:read'), schema: { tags, summary: 'One incident', params: $('IncidentPath'), response: { 200: $('IncidentView') } } }, (request) => {
    const viewer = viewerOf(request);
    return incidentView(viewer.world, viewer.head.at, knownIncident(viewer.world, request.params.incident, viewer), viewer);
  });

  writeRoutes(app, hub, access);
}

function writeRoutes(app: App, hub: Hub, access: Access): void {
  const onRequest = access('incidents:write');

  app.put('/v1/incidents/:incident', { onRequest, schema: { tags, summary: 'Declare an incident, or change what is said of it', description: 'For the operator: nobody else can take a name that policies trust.', params: $('IncidentPath'), body: $('IncidentChange'), response: { 200: $('IncidentView'), 201: $('IncidentView') } } }, async (request, reply) => {
    const viewer = operatorOf(request);
    const { created, incident } = await hub.worlds.change(actorOf(viewer), (world, at) => declareIncident(world, at, viewer, request.params.incident, request.body));
    return reply.code(created ? 201 : 200).send(incident);
  });

  app.post('/v1/incidents/:incident/open', { onRequest, schema: { tags, summary: 'Open an incident at once, or give an open one another end', params: $('IncidentPath'), body: $('Opening'), response: { 200: $('IncidentView') } } }, (request) => {
    const viewer = viewerOf(request);
    return hub.worlds.change(actorOf(viewer), (world, at) => openIncident(world, at, viewer, request.params.incident, request.body));
  });

  app.post('/v1/incidents/:incident/close', { onRequest, schema: { tags, summary: 'Close an incident at once', params: $('IncidentPath'), response: { 200: $('IncidentView') } } }, (request) => {
    const viewer = viewerOf(request);
    return hub.worlds.change(actorOf(viewer), (world, at) => closeIncident(world, at, viewer, request.params.incident));
  });
}
