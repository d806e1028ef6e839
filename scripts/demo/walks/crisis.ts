import { HubKeys, hashHandle, hashMedia, hashUrl } from '../../../clients/sdk/index.ts';
import type { NewSignal } from '../../../schemas/types.ts';
import { shippedPolicy } from '../cast.ts';
import type { Actor, Stage } from './stage.ts';
import type { Story } from './walk.ts';

const INCIDENT = 'terrorist-attack';

const actors: Actor[] = [
  { id: 'harbourview', title: 'Harbourview', kind: 'platform', trust: 'trusted' },
  { id: 'saltmarsh', title: 'Saltmarsh', kind: 'platform', trust: 'verified' },
  { id: 'northstar', title: 'Northstar', kind: 'platform', trust: 'verified' },
  { id: 'lanternline', title: 'Lanternline', kind: 'hotline', trust: 'verified' },
  { id: 'lifeline', title: 'Lifeline', kind: 'hotline', trust: 'verified' },
  { id: 'openshore', title: 'Openshore', kind: 'ngo', trust: 'verified' },
  { id: 'farhub', title: 'Farhub', kind: 'hub', trust: 'verified' },
  { id: 'quillet', title: 'Quillet', kind: 'researcher', trust: 'verified' },
  { id: 'pebble', title: 'Pebble', kind: 'platform', trust: 'unverified' },
  { id: 'constable', title: 'Constable', kind: 'law-enforcement', trust: 'trusted' },
];

const malicious = { status: 'malicious', tlp: 'GREEN', basis: 'own-observation' } as const;

async function prepare(stage: Stage): Promise<void> {
  await stage.enrol(actors);
  await stage.group('crisis-team', { title: 'Crisis team', members: ['harbourview', 'saltmarsh', 'quillet'] });
  await stage.operator.request('PUT', `/v1/incidents/${INCIDENT}`, { title: 'A terrorist attack', severity: 'critical', harms: ['terrorism', 'violence.imminent'], responders: { members: ['lifeline'], groups: ['crisis-team'] }, announced: true });
  await stage.promise(stage.operator, shippedPolicy('charter-open', 'hub'));
  await stage.promise(stage.peer('harbourview').client, shippedPolicy('terrorism-crisis', 'harbourview'));
}

async function first(stage: Stage): Promise<void> {
  const keys = await new HubKeys(stage.peer('harbourview').client).ring();
  await stage.post('harbourview', {
    footage: { ...malicious, digests: [hashMedia('media-md5', '01'.repeat(16))], harm: 'terrorism.perpetrator-content', severity: 'critical', confidence: 90, labels: ['verified-by-desk'], note: 'Filmed by the attacker.' },
    manifesto: { ...malicious, digests: [hashUrl(keys, 'https://manifesto.example/read')], harm: 'terrorism.recruitment', severity: 'high', confidence: 85 },
    admirer: { ...malicious, digests: [hashHandle(keys, 'harbourview.example', 'admirer')], harm: 'terrorism.glorification', severity: 'medium', confidence: 80 },
    threat: { ...malicious, digests: [hashHandle(keys, 'harbourview.example', 'second-attacker')], harm: 'violence.imminent', severity: 'critical', confidence: 70, tlp: 'RED' },
    broadcast: { ...malicious, digests: [hashUrl(keys, 'https://news.example/attack')], harm: 'terrorism.graphic-violence', severity: 'high', confidence: 90, labels: ['news-reporting'] },
  });
}

function report(stage: Stage): Promise<void> {
  return stage.publish('harbourview', 'report', {
    title: { text: 'Footage of the attack', tlp: 'GREEN' },
    summary: { text: 'Copies are cut and mirrored to pass hash lists.', tlp: 'GREEN' },
    judgements: [{ text: 'The attacker did not act alone.', confidence: 'likely', tlp: 'AMBER' }],
    actions: [{ text: 'Match on perceptual hashes, and review by hand.', tlp: 'GREEN' }],
    harms: ['terrorism.perpetrator-content'],
    confidence: 'likely',
  });
}

async function copy(stage: Stage): Promise<void> {
  const signal: NewSignal = { ...malicious, digests: [hashMedia('media-md5', '02'.repeat(16))], harm: 'terrorism.perpetrator-content', severity: 'high', confidence: 80 };
  await stage.post('harbourview', { copy: signal });
}

const alarm = (stage: Stage): Promise<void> => stage.alarm('harbourview', 'alarm', { harm: 'violence.imminent', tlp: 'RED', text: 'He writes that he will strike again at the second station tonight.' });
const open = (id: string, closesAt?: string) => async (stage: Stage): Promise<void> => {
  await stage.peer(id).client.request('POST', `/v1/incidents/${INCIDENT}/open`, closesAt === undefined ? {} : { closes_at: closesAt });
};
const close = (id: string) => async (stage: Stage): Promise<void> => {
  await stage.peer(id).client.request('POST', `/v1/incidents/${INCIDENT}/close`);
};

/** An attack: sharing widens and hastens while the incident is open, and goes back by itself. */
export const crisis: Story = {
  title: 'A crisis: the shipped policy terrorism-crisis, under the open charter',
  origin: 'harbourview',
  starts: '2026-11-19T07:00:00.000Z',
  prepare,
  events: [
    { at: '2026-11-19T08:00:00.000Z', what: 'Harbourview posts footage, a manifesto, an admirer, a threat (TLP RED) and a news broadcast', play: first },
    { at: '2026-11-19T09:00:00.000Z', what: 'Harbourview publishes a report; its judgement is TLP AMBER', play: report },
    { at: '2026-11-19T10:00:00.000Z', what: 'Lifeline opens the incident for two days', play: open('lifeline', '2026-11-21T10:00:00Z') },
    { at: '2026-11-19T10:30:00.000Z', what: 'Harbourview reports imminent harm (TLP RED)', play: alarm },
    { at: '2026-11-19T12:00:00.000Z', what: 'Harbourview posts a copy that nobody has verified yet', play: copy },
    { at: '2026-11-22T10:30:00.000Z', what: 'The alarm is three days old' },
    { at: '2026-11-23T10:00:00.000Z', what: 'Saltmarsh opens the incident again, without an end', play: open('saltmarsh') },
    { at: '2026-11-23T11:00:00.000Z', what: 'Saltmarsh closes it', play: close('saltmarsh') },
    { at: '2026-11-26T09:00:00.000Z', what: 'The report is a week old' },
  ],
  until: '2026-12-20T00:00:00.000Z',
};
