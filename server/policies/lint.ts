import { setImmediate as immediate } from 'node:timers/promises';
import type { DiffRequest, LintFinding, LintReport, Policy, PolicyDifference, PolicySource } from '../../schemas/types.ts';
import type { Viewer } from '../auth/access.ts';
import { snapshot, type Tx } from '../db/database.ts';
import { readHead } from '../db/head.ts';
import type { Entitlements } from '../feeds/entitlements.ts';
import type { Hub } from '../hub.ts';
import { diffPolicies } from '../policy/diff.ts';
import { lintRules } from '../policy/lint.ts';
import { liveRules } from '../policy/live.ts';
import { inForce, type Member } from '../policy/world.ts';
import { problemAt } from '../problems.ts';
import { OPERATOR } from '../world/state.ts';
import { namesKnownTo } from './names.ts';
import { versionOf } from './versions.ts';

const MAX_FINDINGS = 1000;

/**
 * What of a policy of the caller's will not do what its author may think, on this hub as it is. It need not be stored, or such
 * that it could be activated.
 * @throws Problem invalid-policy where it is not the caller's
 */
export function lint(hub: Hub, entitlements: Entitlements, { member, operator }: Viewer, policy: Policy): Promise<LintReport> {
  if (!policy.id.startsWith(`${member.id}/`)) throw problemAt('invalid-policy', '/id', 'must start with your member’s id and a slash');
  return snapshot(hub.db, async (tx) => {
    const head = await readHead(tx, hub.clock);
    const world = await hub.worlds.at(head.world, tx);
    const members = [...world.policy.members.values()];
    // Members know of each other only who is active.
    const peers = members.filter(({ id, status }) => id !== member.id && status === 'active');
    const objects = (await entitlements.classes(head.classes, tx)).slice(0, head.classes).filter(({ origin }) => operator || origin === member.id);
    const charter = operator ? undefined : inForce(world.policy, OPERATOR, head.at)?.policy;
    const kinds = new Map((operator ? members : peers).map(({ id, kind }): [string, Member['kind']] => [id, kind]));
    const known = { ...namesKnownTo(world, member.id), kindOf: (id: string) => kinds.get(id) };
    return report(lintRules(policy, { ...(charter ? { charter } : {}), known, live: liveRules(policy, world.policy, head.at, objects, peers) }));
  });
}

/** Rules are compared with each other, which takes long for many: others are served in between. */
async function report(found: Iterable<LintFinding[]>): Promise<LintReport> {
  const findings: LintFinding[] = [];
  let more = 0;
  for (const some of found) {
    const kept = some.slice(0, MAX_FINDINGS - findings.length);
    findings.push(...kept);
    more += some.length - kept.length;
    await immediate();
  }
  return { findings, ...(more > 0 ? { more } : {}) };
}

/**
 * How one policy of the caller's differs from another, or from what is in force.
 * @throws Problem not-found, invalid-body
 */
export function difference(hub: Hub, viewer: Viewer, { before, after }: DiffRequest): Promise<PolicyDifference> {
  return snapshot(hub.db, async (tx) => {
    const head = await readHead(tx, hub.clock);
    const world = await hub.worlds.at(head.world, tx);
    const was = before ? await sourceOf(tx, viewer, before, '/before') : inForce(world.policy, viewer.member.id, head.at)?.policy;
    if (!was) throw problemAt('not-found', '/before', 'is missing, and nothing is in force');
    return { changes: diffPolicies(was, await sourceOf(tx, viewer, after, '/after')) };
  });
}

async function sourceOf(tx: Tx, { member }: Viewer, { policy, version }: PolicySource, at: string): Promise<Policy> {
  if (policy && version) throw problemAt('invalid-body', `${at}/version`, 'does not go with a policy');
  if (policy) return policy;
  const stored = version?.policy.startsWith(`${member.id}/`) ? await versionOf(tx, version.policy, version.version) : undefined;
  if (!stored) throw problemAt('not-found', `${at}/version`);
  return stored.doc;
}
