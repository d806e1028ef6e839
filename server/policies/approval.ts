import type { ApprovalState, ProposalView } from '../../schemas/types.ts';
import { actorOf, type Viewer } from '../auth/access.ts';
import { transaction, type Tx } from '../db/database.ts';
import type { Hub } from '../hub.ts';
import { Problem } from '../problems.ts';
import type { ProposalDocument } from '../world/documents.ts';
import type { HubWorld } from '../world/state.ts';
import type { Change } from '../world/store.ts';
import { enter, type Maker } from './activation.ts';
import { checkPolicy } from './names.ts';
import { propose, proposalDeed, proposalEntry, proposalView, standing } from './proposals.ts';
import { versionOf } from './versions.ts';

/** Wants two clients from now on; or proposes that one is enough, which itself takes two. @throws Problem conflict (no other client may approve, or something else is proposed) */
export function setApproval(hub: Maker, world: HubWorld, at: number, viewer: Viewer, required: boolean): Change<ApprovalState> {
  const owner = viewer.member.id;
  if (world.approvals.has(owner) === required) return { entries: [], deeds: [], result: { owner, required } };
  if (required) {
    if (!hasOtherApprover(world, viewer)) throw new Problem('conflict');
    return { entries: [{ kind: 'approval', subject: owner, doc: { owner, required } }], deeds: [{ action: 'require-approval', subject: owner }], result: { owner, required } };
  }
  const { result: proposal, ...change } = propose(hub, world, at, viewer, { act: 'end-approval', policy: null, version: 0, effective: null });
  return { ...change, result: { owner, required: true, proposal } };
}

/**
 * Approves, as another client than the one that proposed and the one that wrote the version. The version is checked again, and
 * takes effect now at the earliest.
 * @throws Problem not-found, conflict (it stands no more), needs-another-client, invalid-policy
 */
export function approve(hub: Hub, viewer: Viewer, id: string): Promise<ProposalView> {
  return transaction(hub.db, (tx) =>
    hub.worlds.changeIn(tx, actorOf(viewer), async (world, head) => {
      const proposal = standing(world, viewer.member.id, id);
      const stored = await versionProposed(tx, proposal);
      if ([proposal.by, stored?.author].includes(viewer.client)) throw new Problem('needs-another-client');
      const approved = { ...proposal, state: 'approved' as const };
      const change = carryOut(hub, world, head.at, approved, stored?.doc ?? null);
      return { entries: [proposalEntry(approved), ...change.entries], deeds: [proposalDeed(approved, 'approve-policy'), ...change.deeds], result: { ...proposalView(approved), ...(change.result ? { activation: change.result } : {}) } };
    }));
}

function carryOut(hub: Maker, world: HubWorld, at: number, { owner, act, version, effective }: ProposalDocument, policy: Parameters<typeof checkPolicy>[2] | null): Change<ReturnType<typeof enter>['result'] | undefined> {
  if (act === 'end-approval') return { entries: [{ kind: 'approval', subject: owner, doc: { owner, required: false } }], deeds: [{ action: 'end-approval', subject: owner }], result: undefined };
  if (policy) checkPolicy(world, owner, policy);
  return enter(hub, { owner, version, effective: Math.max(at, effective ?? at), policy }, act);
}

async function versionProposed(tx: Tx, { policy, version }: ProposalDocument): ReturnType<typeof versionOf> {
  return policy === null ? undefined : versionOf(tx, policy, version);
}

function hasOtherApprover(world: HubWorld, { member, client }: Viewer): boolean {
  return [...world.clients.values()].some((other) => other.member === member.id && other.id !== client && !other.revoked && other.scopes.includes('policies:approve'));
}
