import type { Command } from 'commander';
import type { EmergencyOutcome, EmergencyView, NewEmergency } from '../../../schemas/types.ts';
import { readJson } from '../input.ts';
import { examples, given, oneOf, segment } from '../options.ts';
import { exerciseMark, fields, table } from '../output.ts';
import type { Commands, Session } from '../session.ts';

/** `tocsin emergency`: imminent harm. */
export function emergencyCommands(program: Command, commands: Commands): void {
  const emergency = program.command('emergency').description('reports of imminent harm, to the responders that policy names');
  emergency.command('list').description('list the emergencies that you may see, and your own').option('--exercise <exercise>', 'those of this exercise, instead of real ones').action(commands.does(listEmergencies))
    .addHelpText('after', examples(['tocsin emergency list', 'which of them wait to be taken up']));
  emergency.command('show').description('show one emergency').argument('<emergency>', 'its id').action(commands.does(showEmergency))
    .addHelpText('after', examples(['tocsin emergency show 0b1c…', 'what is known, and of your own who took it up and whom to call next']));
  emergency.command('post').description('report imminent harm').argument('<file>', 'harm, tlp, text, regions, digests, respond_within (JSON)').action(commands.does(postEmergency))
    .addHelpText('after', examples(['tocsin emergency post threat.json', 'your policy’s responders see it at once']));
  emergency.command('acknowledge').description('say that you have taken one up').argument('<emergency>', 'its id').action(commands.does(acknowledge))
    .addHelpText('after', examples(['tocsin emergency acknowledge 0b1c…', 'its origin sees that you did']));
  emergency.command('close').description('close one of yours').argument('<emergency>', 'its id').addOption(oneOf('--outcome <outcome>', 'how it ended', 'EmergencyOutcome').makeOptionMandatory()).action(commands.does(closeEmergency))
    .addHelpText('after', examples(['tocsin emergency close 0b1c… --outcome resolved', 'nobody is waited for any more']));
}

async function listEmergencies({ client, out }: Session, flags: { exercise?: string }): Promise<void> {
  const list = await (await client()).request('GET', '/v1/emergencies', undefined, { query: given(flags) });
  out.result(list, () => table(['ID', 'STATE', 'HARM', 'FROM', 'POSTED', 'TAKE UP BY'], list.emergencies.map((one) => [one.id, `${one.exercise === undefined ? '' : 'EXERCISE, '}${stateOf(one)}`, one.harm ?? '', one.origin ?? '', one.posted_at, one.acknowledge_by])));
}

async function showEmergency({ client, out }: Session, id: string): Promise<void> {
  const emergency = await (await client()).request('GET', `/v1/emergencies/${segment(id)}`);
  out.result(emergency, () => describe(emergency));
}

async function postEmergency({ client, out }: Session, file: string): Promise<void> {
  const posted = await (await client()).request('POST', '/v1/emergencies', readJson(file) as NewEmergency);
  out.result(posted, () => `Posted: ${posted.id}. It is to be taken up by ${posted.acknowledge_by}.`);
}

async function acknowledge({ client, out }: Session, id: string): Promise<void> {
  const emergency = await (await client()).request('POST', `/v1/emergencies/${segment(id)}/acknowledge`);
  out.result(emergency, () => `You have taken up ${emergency.id}.`);
}

async function closeEmergency({ client, out }: Session, id: string, flags: { outcome: EmergencyOutcome }): Promise<void> {
  const closed = await (await client()).request('POST', `/v1/emergencies/${segment(id)}/close`, flags);
  out.result(closed, () => `${closed.id} is closed.`);
}

function describe(emergency: EmergencyView): string {
  const { id, origin, harm, regions = [], text, posted_at: posted, acknowledge_by: due, acknowledgements = [], escalation } = emergency;
  const next = escalation?.contacts.map((contact) => `${contact.member}: ${contact.ways.map(({ address }) => address).join(', ')}`);
  return exerciseMark(emergency) + fields({ id, from: origin, state: stateOf(emergency), harm, regions: regions.join(' '), posted, 'take up by': due, 'taken up by': acknowledgements.map(({ member }) => member).join(' '), 'call next': next?.join('; '), text });
}

function stateOf({ state, overdue }: EmergencyView): string {
  return overdue ? `${state}, overdue` : state;
}
