import { HubKeys, hashHandle, hashUrl } from '../../../clients/sdk/index.ts';
import { shippedPolicy } from '../cast.ts';
import type { Actor, Stage } from './stage.ts';
import type { Story } from './walk.ts';

const RESEARCH = [{ id: 'research-terms', from: '2027-01-01T00:00:00Z' }];

const actors: Actor[] = [
  { id: 'northstar', title: 'Northstar', kind: 'platform', trust: 'verified', jurisdictions: ['NL'] },
  { id: 'civicwatch', title: 'Civicwatch', kind: 'ngo', trust: 'verified', jurisdictions: ['NL'] },
  { id: 'harbourview', title: 'Harbourview', kind: 'platform', trust: 'verified', jurisdictions: ['NL', 'BE'] },
  { id: 'farwater', title: 'Farwater', kind: 'platform', trust: 'verified', jurisdictions: ['BR'] },
  { id: 'quillet', title: 'Quillet', kind: 'researcher', trust: 'verified', jurisdictions: ['NL'], agreements: RESEARCH },
  { id: 'lanternline', title: 'Lanternline', kind: 'hotline', trust: 'verified', jurisdictions: ['NL'] },
  { id: 'ministry', title: 'Ministry', kind: 'government', trust: 'trusted', jurisdictions: ['NL'] },
];

const observed = { status: 'malicious', tlp: 'GREEN', basis: 'own-observation', intent: 'malicious' } as const;

async function prepare(stage: Stage): Promise<void> {
  await stage.enrol(actors);
  await stage.group('election-desk', { title: 'Election desk', members: ['northstar', 'civicwatch'] });
  await stage.promise(stage.operator, shippedPolicy('charter-open', 'hub'));
  await stage.promise(stage.peer('northstar').client, shippedPolicy('election-period', 'northstar'));
}

async function early(stage: Stage): Promise<void> {
  const keys = await new HubKeys(stage.peer('northstar').client).ring();
  await stage.post('northstar', {
    lie: { ...observed, digests: [hashUrl(keys, 'https://vote-by-text.example')], harm: 'elections.voter-suppression', severity: 'medium', confidence: 80 },
    threat: { ...observed, digests: [hashHandle(keys, 'northstar.example', 'angry')], harm: 'elections.threats-to-officials', severity: 'high', confidence: 85, note: 'Named the official’s street.' },
    opinion: { ...observed, digests: [hashUrl(keys, 'https://opinion.example')], harm: 'elections.disinformation', severity: 'low', confidence: 90, intent: 'unclear' },
  });
}

async function late(stage: Stage): Promise<void> {
  const keys = await new HubKeys(stage.peer('northstar').client).ring();
  await stage.post('northstar', {
    rumour: { ...observed, digests: [hashUrl(keys, 'https://ballots-burnt.example')], harm: 'elections.disinformation', severity: 'medium', confidence: 85 },
    network: { ...observed, digests: [hashUrl(keys, 'https://puppets.example')], harm: 'influence-operations.state-backed', severity: 'high', confidence: 90 },
    impostor: { ...observed, digests: [hashUrl(keys, 'https://polling-office.example')], harm: 'elections.impersonation', severity: 'high', confidence: 90 },
  });
}

function advice(stage: Stage): Promise<void> {
  return stage.publish('northstar', 'advice', {
    title: { text: 'False polling offices', tlp: 'GREEN' },
    summary: { text: 'Pages pose as polling offices and ask for identity papers.', tlp: 'GREEN' },
    sections: [{ text: 'They are bought in batches, a week ahead.', tlp: 'AMBER' }],
    actions: [{ text: 'Point voters to the real office.', tlp: 'GREEN' }],
    harms: ['elections.impersonation'],
  });
}

function assessment(stage: Stage): Promise<void> {
  return stage.publish('northstar', 'assessment', {
    title: { text: 'A network of puppets', tlp: 'GREEN' },
    summary: { text: 'Accounts that praise each other wake up at the same minute.', tlp: 'GREEN' },
    judgements: [{ text: 'A state directs it.', confidence: 'likely', tlp: 'GREEN' }],
    actions: [{ text: 'Take the network down as a whole.', tlp: 'GREEN' }],
    harms: ['influence-operations.state-backed'],
    confidence: 'likely',
  });
}

/** An election in the Netherlands: windows of rules open and close by the clock, at midnight in Amsterdam. */
export const election: Story = {
  title: 'An election: the shipped policy election-period, under the open charter',
  origin: 'northstar',
  starts: '2027-07-28T08:00:00.000Z',
  prepare,
  events: [
    { at: '2027-07-29T08:00:00.000Z', what: 'Before the campaign Northstar posts a lie about voting, a threat to an official and an opinion', play: early },
    { at: '2027-09-30T08:00:00.000Z', what: 'In its last week Northstar posts a rumour, a network and an impostor', play: late },
    { at: '2027-09-30T09:00:00.000Z', what: 'Northstar publishes advice on false polling offices', play: advice },
    { at: '2027-09-30T10:00:00.000Z', what: 'Northstar publishes an assessment of the network', play: assessment },
    { at: '2027-10-01T22:00:00.000Z', what: 'The last two days begin' },
    { at: '2027-10-03T22:00:00.000Z', what: 'The polls are closed' },
    { at: '2027-10-30T09:00:00.000Z', what: 'The advice is 30 days old' },
    { at: '2027-10-30T10:00:00.000Z', what: 'The assessment is 30 days old' },
  ],
  until: '2028-11-15T00:00:00.000Z',
};
