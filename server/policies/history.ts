import { sql } from 'kysely';
import { definitions } from '../../schemas/index.ts';
import type { ActivationHistory, HistoryQuery, PolicyEvent } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import type { Queries } from '../db/database.ts';
import { formatInstant, instant } from '../policy/time.ts';
import { inForce } from '../policy/world.ts';
import type { HubWorld } from '../world/state.ts';
import { activationView } from './activation.ts';
import { openProposal, proposalView } from './proposals.ts';

/** What of the audit log is the history of policies. */
const ACTIONS = (definitions['PolicyEvent']!['properties'] as { action: { enum: PolicyEvent['action'][] } }).action.enum;

/** What is in force for an owner, what will be, what is proposed, and who did what when. */
export async function historyOf(db: Queries, { world, head }: Pick<Viewer, 'world' | 'head'>, owner: string, query: HistoryQuery): Promise<ActivationHistory> {
  return { ...standing(world, owner, head.at), events: await eventsOf(db, owner, query) };
}

function standing(world: HubWorld, owner: string, at: number): Omit<ActivationHistory, 'events'> {
  const active = inForce(world.policy, owner, at);
  const proposal = openProposal(world, owner);
  const upcoming = (world.policy.activations.get(owner) ?? []).filter((activation) => activation.effective > at);
  return {
    owner,
    needs_approval: world.approvals.has(owner),
    ...(active ? { in_force: activationView(owner, active) } : {}),
    upcoming: upcoming.map((activation) => activationView(owner, activation)),
    ...(proposal ? { proposal: proposalView(proposal) } : {}),
  };
}

/** Numbers of entries would tell how much others do, so a page ends with all that was done at one instant. */
async function eventsOf(db: Queries, owner: string, { before, limit = 100 }: HistoryQuery): Promise<PolicyEvent[]> {
  const end = before === undefined ? Number.MAX_SAFE_INTEGER : instant(before);
  const own = db.selectFrom('audit').where('member', '=', owner).where('action', 'in', ACTIONS).where('at', '<', end);
  const page = own.select('at').orderBy('at', 'desc').limit(limit);
  const rows = await own.select(['at', 'action', 'client', 'subject', 'detail']).where('at', '>=', (eb) => eb.selectFrom(page.as('page')).select(sql<number>`min(page.at)`.as('at'))).orderBy('at', 'desc').orderBy('entry', 'desc').execute();
  return rows.map(({ at, action, client, subject, detail }) => ({ at: formatInstant(at), action: action as PolicyEvent['action'], client, subject, ...(detail as object) }));
}
