import type { Policy, PolicyVersion } from '../../schemas/types.ts';
import type { Api } from './api.ts';

/** Stores a policy of the client's member and puts it into force, at once or from an instant on. */
export async function activatePolicy(api: Api, policy: Policy, effective?: number): Promise<void> {
  const stored = await api.post<PolicyVersion>('/v1/policies', policy);
  if (stored.status !== 201) throw new Error(`not stored: ${JSON.stringify(stored.body)}`);
  const { status, body } = await api.post(`/v1/policies/${policy.id}/versions/${stored.body.version}/activate`, effective === undefined ? {} : { effective_at: new Date(effective).toISOString() });
  if (status >= 300) throw new Error(`not activated: ${JSON.stringify(body)}`);
}
