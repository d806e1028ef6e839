import type { ProposalView } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import type { Hub } from '../hub.ts';
import { formatInstant } from '../policy/time.ts';
import { Problem } from '../problems.ts';
import { uuidFrom } from '../random.ts';
import type { Entry, ProposalDocument } from '../world/documents.ts';
import type { HubWorld } from '../world/state.ts';
import type { Change } from '../world/store.ts';

type Proposed = Pick<ProposalDocument, 'act' | 'policy' | 'version' | 'effective'>;

/** A proposal as its owner sees it. */
export function proposalView({ id, owner, act, policy, version, effective, state, by, at }: ProposalDocument): ProposalView {
  const times = effective === null ? {} : { effective_at: formatInstant(effective) };
  return { id, owner, act, ...(policy === null ? {} : { policy }), ...(act === 'end-approval' ? {} : { version }), ...times, state, proposed_by: by, proposed_at: formatInstant(at) };
}

/** The proposal of an owner that waits for approval. */
export function openProposal(world: HubWorld, owner: string): ProposalDocument | undefined {
  const proposal = world.proposals.get(owner);
  return proposal?.state === 'open' ? proposal : undefined;
}

/** Proposes what takes two clients; it stands until it is approved, refused or withdrawn. @throws Problem conflict (another one stands) */
export function propose(hub: Pick<Hub, 'random'>, world: HubWorld, at: number, { member, client }: Viewer, proposed: Proposed): Change<ProposalView> {
  const owner = member.id;
  if (openProposal(world, owner)) throw new Problem('conflict');
  const proposal: ProposalDocument = { id: uuidFrom(hub.random.bytes(16)), owner, ...proposed, state: 'open', by: client, at };
  return { entries: [proposalEntry(proposal)], deeds: [proposalDeed(proposal, 'propose-policy')], result: proposalView(proposal) };
}

/** Refuses it, as another client than the one that proposed; or takes it back. @throws Problem not-found, conflict, needs-another-client */
export function endProposal(world: HubWorld, viewer: Viewer, id: string, state: 'refused' | 'withdrawn'): Change<ProposalView> {
  const proposal = standing(world, viewer.member.id, id);
  if (state === 'refused' && proposal.by === viewer.client) throw new Problem('needs-another-client');
  const ended = { ...proposal, state };
  return { entries: [proposalEntry(ended)], deeds: [proposalDeed(ended, state === 'refused' ? 'refuse-policy' : 'withdraw-proposal')], result: proposalView(ended) };
}

/** The owner's latest proposal, if it is the one meant and still stands. Older ones are answered alike: they stand no more. */
export function standing(world: HubWorld, owner: string, id: string): ProposalDocument {
  const proposal = world.proposals.get(owner);
  if (!proposal) throw new Problem('not-found');
  if (proposal.id !== id || proposal.state !== 'open') throw new Problem('conflict');
  return proposal;
}

/** The proposal as a world entry. */
export function proposalEntry(proposal: ProposalDocument): Entry {
  return { kind: 'proposal', subject: proposal.owner, doc: proposal };
}

/** What the audit log says of it. */
export function proposalDeed(proposal: ProposalDocument, action: string): { action: string; subject: string; detail: object } {
  const { id, owner, act, policy, version, effective } = proposal;
  return { action, subject: policy ?? owner, detail: { proposal: id, act, ...(act === 'end-approval' ? {} : { version }), ...(effective === null ? {} : { effective_at: formatInstant(effective) }) } };
}
