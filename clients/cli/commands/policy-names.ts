import { CliError } from '../failure.ts';
import { segment } from '../options.ts';

/** The path of a policy on the hub. */
export function policyPath(id: string): `/v1/policies/${string}/${string}` {
  const [owner, name, ...rest] = id.split('/');
  if (!owner || !name || rest.length > 0) throw new CliError(`${id} is not the id of a policy.`, 'It is the owner and a name, such as northstar/standard.');
  return `/v1/policies/${segment(owner)}/${segment(name)}`;
}

/** The number of a version. */
export function readVersion(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new CliError(`${text} is not the number of a version.`);
  return Number(text);
}
