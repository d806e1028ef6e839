import type { Command } from 'commander';
import type { IncidentChange, IncidentView } from '../../../schemas/types.ts';
import { readJson } from '../input.ts';
import { examples, given, segment } from '../options.ts';
import { fields, table } from '../output.ts';
import type { Commands, Session } from '../session.ts';

/** `tocsin incident`: what is going on. */
export function incidentCommands(program: Command, commands: Commands): void {
  const incident = program.command('incident').description('incidents: policies that name one share more, or sooner, while it is open');
  incident.command('list').description('list the incidents that you may know of').action(commands.does(listIncidents))
    .addHelpText('after', examples(['tocsin incident list', 'which of them are open']));
  incident.command('show').description('show one incident').argument('<incident>', 'its name').action(commands.does(showIncident))
    .addHelpText('after', examples(['tocsin incident show election-2026', 'who responds, and when it was open']));
  incident.command('declare').description('declare an incident, or change what is said of it (operator)').argument('<incident>', 'its name').argument('<file>', 'title, severity, harms, responders, announced (JSON)').action(commands.does(declareIncident))
    .addHelpText('after', examples(['tocsin incident declare election-2026 election.json', 'policies can name it from now on']));
  incident.command('open').description('open an incident at once').argument('<incident>', 'its name').option('--until <instant>', 'it closes by itself then').action(commands.does(openIncident))
    .addHelpText('after', examples(['tocsin incident open election-2026 --until 2026-12-01T00:00:00Z', 'policies that name it share by it until then']));
  incident.command('close').description('close an incident at once').argument('<incident>', 'its name').action(commands.does(closeIncident))
    .addHelpText('after', examples(['tocsin incident close election-2026', 'what was shared by it goes from replicas']));
}

async function listIncidents({ client, out }: Session): Promise<void> {
  const list = await (await client()).request('GET', '/v1/incidents');
  out.result(list, () => table(['ID', 'STATE', 'SEVERITY', 'TITLE'], list.incidents.map(({ id, state, severity, title }) => [id, state, severity, title])));
}

async function showIncident({ client, out }: Session, id: string): Promise<void> {
  const incident = await (await client()).request('GET', `/v1/incidents/${segment(id)}`);
  out.result(incident, () => describe(incident));
}

async function declareIncident({ client, out }: Session, id: string, file: string): Promise<void> {
  const incident = await (await client()).request('PUT', `/v1/incidents/${segment(id)}`, readJson(file) as IncidentChange);
  out.result(incident, () => describe(incident));
}

async function openIncident({ client, out }: Session, id: string, { until }: { until?: string }): Promise<void> {
  const incident = await (await client()).request('POST', `/v1/incidents/${segment(id)}/open`, given({ closes_at: until }));
  out.result(incident, () => `${incident.id} is open${incident.periods?.[0]?.until ? ` until ${incident.periods[0].until}` : ''}.`);
}

async function closeIncident({ client, out }: Session, id: string): Promise<void> {
  const incident = await (await client()).request('POST', `/v1/incidents/${segment(id)}/close`);
  out.result(incident, () => `${incident.id} is closed.`);
}

function describe({ id, title, severity, harms, state, announced, responders, periods }: IncidentView): string {
  const who = [...(responders?.members ?? []), ...(responders?.groups ?? []).map((group) => `${group} (group)`)];
  const when = periods?.map(({ from, until, by }) => `${from} to ${until ?? 'now'}, by ${by}`);
  return fields({ id, title, severity, harms: harms.join(' '), state, announced: announced === undefined ? undefined : announced ? 'yes' : 'no', responders: who.join(', '), open: when?.join('; ') });
}
