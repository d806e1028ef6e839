import type { IncidentChange, IncidentView, Opening, Place, Responders } from '../../schemas/types.ts';
import { formatInstant, instant } from '../policy/time.ts';
import { Problem, problemAt } from '../problems.ts';
import type { Entry, IncidentDocument } from '../world/documents.ts';
import type { HubWorld } from '../world/state.ts';
import type { Change } from '../world/store.ts';

/** Who asks: the operator, or a member. */
export interface Asker {
  member: { id: string };
  operator: boolean;
}

/** How often an incident can be opened. */
const MAX_PERIODS = 500;

/** Whether a member responds to an incident, by itself or in a group. */
export function responds(world: HubWorld, { responders }: IncidentDocument, member: string): boolean {
  return respondersOf(world, responders).has(member);
}

/** The members that responders name. */
export function respondersOf(world: Pick<HubWorld, 'groups'>, { members = [], groups = [] }: Responders): Set<string> {
  return new Set([...members, ...groups.flatMap((id) => world.groups.get(id)?.members ?? [])]);
}

/**
 * Whether a member may know that an incident exists: its responders and the operator, everybody where it is announced. To others
 * its name is as unknown as one that was never declared, in their policies too.
 */
export function mayKnow(world: HubWorld, incident: IncidentDocument, { member, operator }: Asker): boolean {
  return operator || incident.announced || responds(world, incident, member.id);
}

/** The incidents that a member may know of, by id. */
export function knownIncidents(world: HubWorld, asker: Asker): IncidentDocument[] {
  return [...world.incidents.values()].filter((incident) => mayKnow(world, incident, asker)).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** An incident that the member may know of. @throws Problem not-found */
export function knownIncident(world: HubWorld, id: string, asker: Asker): IncidentDocument {
  const incident = world.incidents.get(id);
  if (!incident || !mayKnow(world, incident, asker)) throw new Problem('not-found');
  return incident;
}

/** An incident as a member sees it: who responds and when it was open is for responders and the operator. */
export function incidentView(world: HubWorld, at: number, incident: IncidentDocument, { member, operator }: Asker): IncidentView {
  const { id, title, severity, harms, announced, responders, periods } = incident;
  const shown = { id, title, severity, harms, state: currentPeriod(incident, at) ? ('open' as const) : ('closed' as const) };
  if (!operator && !responds(world, incident, member.id)) return shown;
  const times = periods.toReversed().map(({ from, until, by }) => ({ from: formatInstant(from), ...(until === undefined ? {} : { until: formatInstant(until) }), by }));
  return { ...shown, announced, responders, periods: times };
}

/** Declares an incident, or changes what is said of it; whether it is open stays as it is. @throws Problem invalid-body */
export function declareIncident(world: HubWorld, at: number, asker: Asker, id: string, change: IncidentChange): Change<{ created: boolean; incident: IncidentView }> {
  checkResponders(world, change.responders, '/responders');
  const before = world.incidents.get(id);
  const incident: IncidentDocument = { id, ...change, announced: change.announced ?? false, periods: before?.periods ?? [] };
  const deed = { action: before ? 'change-incident' : 'declare-incident', subject: id, detail: change };
  return { entries: [incidentEntry(incident)], deeds: [deed], result: { created: !before, incident: incidentView(world, at, incident, asker) } };
}

/** Opens an incident from now on, until it is closed or to an instant; one that is open gets the new end. @throws Problem not-found, invalid-times, conflict (opened too often) */
export function openIncident(world: HubWorld, at: number, asker: Asker, id: string, { closes_at: closes }: Opening): Change<IncidentView> {
  const incident = responsible(world, id, asker);
  const end = closes === undefined ? {} : { until: instant(closes) };
  if (end.until !== undefined && end.until <= at) throw problemAt('invalid-times', '/closes_at', 'must be in the future');
  const running = currentPeriod(incident, at);
  const past = running ? incident.periods.slice(0, -1) : incident.periods;
  if (past.length >= MAX_PERIODS) throw new Problem('conflict');
  const period = { from: running?.from ?? at, ...end, by: running?.by ?? asker.member.id };
  const changed = { ...incident, periods: [...past, period] };
  const deed = { action: running ? 'prolong-incident' : 'open-incident', subject: id, detail: closes === undefined ? {} : { closes_at: formatInstant(instant(closes)) } };
  return { entries: [incidentEntry(changed)], deeds: [deed], result: incidentView(world, at, changed, asker) };
}

/** Closes an incident now; one that is closed stays as it is. @throws Problem not-found */
export function closeIncident(world: HubWorld, at: number, asker: Asker, id: string): Change<IncidentView> {
  const incident = responsible(world, id, asker);
  const running = currentPeriod(incident, at);
  if (!running) return { entries: [], deeds: [], result: incidentView(world, at, incident, asker) };
  const changed = { ...incident, periods: [...incident.periods.slice(0, -1), { ...running, until: at }] };
  return { entries: [incidentEntry(changed)], deeds: [{ action: 'close-incident', subject: id }], result: incidentView(world, at, changed, asker) };
}

function currentPeriod({ periods }: IncidentDocument, at: number): IncidentDocument['periods'][number] | undefined {
  return periods.find(({ from, until = Infinity }) => from <= at && at < until);
}

/** The incident, if it is for this one to open and close. To who may only know of it, and to all others, it is not there. */
function responsible(world: HubWorld, id: string, { member, operator }: Asker): IncidentDocument {
  const incident = world.incidents.get(id);
  if (!incident || !(operator || responds(world, incident, member.id))) throw new Problem('not-found');
  return incident;
}

/** @param pointer where they stand @throws Problem invalid-body at each name that is not there */
export function checkResponders(world: HubWorld, { members = [], groups = [] }: Responders, pointer: string): void {
  const places: Place[] = [
    ...members.flatMap((id, index) => ((world.members.get(id)?.status ?? 'left') === 'left' ? [{ pointer: `${pointer}/members/${index}`, detail: 'is not a member of this hub' }] : [])),
    ...groups.flatMap((id, index) => (world.groups.has(id) ? [] : [{ pointer: `${pointer}/groups/${index}`, detail: 'is not a group of this hub' }])),
  ];
  if (places.length > 0) throw new Problem('invalid-body', places);
}

function incidentEntry(incident: IncidentDocument): Entry {
  return { kind: 'incident', subject: incident.id, doc: incident };
}
