import type { ClientView, Policy, PolicyVersion, Rule, Simulation, Terms } from '../../schemas/types.ts';
import { fill, postTemplates, type Loaded } from './load.ts';
import { compare, median } from './report.ts';
import { activate, caller, startBenchHub, type BenchHub, type Caller } from './setup.ts';

const PROMISED = 1.3;
const CLASSES = 200;
const PEERS = 200;
const KINDS = ['platform', 'ngo', 'hotline', 'researcher'] as const;
const TERMS: Terms = { reveal: ['digest', 'harm', 'severity'], origin: 'named', handling: { tlp: 'GREEN', onward: 'members' } };

/**
 * Simulating a policy while it is typed: each time another version is asked about, of which some rules share more, later or
 * otherwise with some of 200 peers; among ten times as many signals, as a ratio.
 */
export async function simulate(n = 100_000, rounds = 15): Promise<void> {
  const [small, large] = [await prepared(n), await prepared(10 * n)];
  try {
    const times: number[] = [];
    const measured = await compare(rounds, async () => times[times.push(await ask(large)) - 1]!, () => ask(small));
    process.stdout.write(`${JSON.stringify({ bench: 'simulate', ...measured, p50: Number(median(times.slice(1)).toFixed(1)), n, larger: 10 * n, peers: PEERS, classes: CLASSES, unit: 'ms', promised: PROMISED, load: large.loaded })}\n`);
  } finally {
    await small.hub.stop();
    await large.hub.stop();
  }
}

interface Prepared {
  hub: BenchHub;
  origin: Caller;
  loaded: Loaded;
  typed: number;
}

async function prepared(n: number): Promise<Prepared> {
  const hub = await startBenchHub();
  const { operator } = hub;
  await activate(operator, { id: 'hub/charter', title: 'Charter', summary: 'Charter', rules: [{ id: 'all', effect: 'share', terms: { ...TERMS, reveal: [...TERMS.reveal, 'note', 'observed'] } }] });
  await operator.call('POST', '/v1/members', { id: 'northstar', title: 'northstar', kind: 'platform', trust: 'verified' });
  const client = await operator.call<ClientView>('POST', '/v1/members/northstar/clients', { title: 'bench', scopes: ['signals:write', 'policies:write', 'policies:read', 'explain'] });
  const origin = await caller(hub.url, client.client_id, client.client_secret!);
  for (let peer = 1; peer < PEERS; peer += 1) await operator.call('POST', '/v1/members', { id: `peer-${peer}`, title: `peer-${peer}`, kind: KINDS[peer % KINDS.length], trust: peer % 3 === 0 ? 'trusted' : 'verified' });
  await activate(origin, candidate(0));
  await postTemplates(origin, CLASSES);
  const loaded = await fill(hub.databaseUrl, n, n / 100);
  await origin.call<PolicyVersion>('POST', '/v1/policies', candidate(1));
  return { hub, origin, loaded, typed: 0 };
}

/** A policy as it is typed: each differs from the one in force in a delay, in what is revealed, and in whom it is for. */
function candidate(typed: number): Policy {
  const rules: Rule[] = [
    { id: 'fraud', effect: 'share', signals: { harm: { in: ['fraud'] }, confidence: { atLeast: 5 * (typed % 20) } }, peers: { kind: { in: ['platform'] } }, terms: { ...TERMS, after: `PT${240 + 7 * typed}H` } },
    { id: 'trusted', effect: 'share', signals: { severity: { atLeast: typed % 2 === 0 ? 'high' : 'medium' } }, peers: { trust: { atLeast: 'trusted' } }, terms: { ...TERMS, ...(typed === 0 ? {} : { reveal: ['digest', 'harm'] }), for: `PT${2400 + typed}H` } },
    { id: 'rest', effect: 'share', peers: { kind: { in: typed % 3 === 0 ? ['ngo'] : ['ngo', 'hotline'] } }, terms: TERMS },
  ];
  return { id: 'northstar/standard', title: 'Standard', summary: 'Standard', rules };
}

/** Milliseconds that an answer takes. */
async function ask(of: Prepared): Promise<number> {
  of.typed += 1;
  const started = performance.now();
  const { peers } = await of.origin.call<Simulation>('POST', '/v1/policies/simulate', { policy: candidate(of.typed) });
  const took = performance.now() - started;
  if (peers.length < PEERS / 4) throw new Error(`only ${peers.length} peers differ`);
  return took;
}
