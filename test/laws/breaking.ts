import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { faults, withFault, type Fault } from './faults.ts';

/**
 * Breaks a module of the server as it is loaded. Must be called before anything imports the server.
 * @throws Error for an unknown name, and where the fault does not fit the code any more
 */
export function breakServer(name: string): Fault {
  const fault = faults[name];
  if (!fault) throw new Error(`no fault is called ${name}: ${Object.keys(faults).join(', ')}`);
  const url = new URL(`../../server/${fault.module}`, import.meta.url);
  withFault(readFileSync(url, 'utf8'), fault);
  register(new URL('./breaking-hooks.js', import.meta.url), { data: { url: url.href, fault } });
  return fault;
}
