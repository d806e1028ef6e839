import type { InitializeHook, LoadHook } from 'node:module';
import { withFault, type Fault } from './faults.ts';

let broken: { url: string; fault: Fault };

/** Told which module to break. Runs in the thread of the hooks. */
export const initialize: InitializeHook<typeof broken> = (data) => {
  broken = data;
};

/** Loads every module as it is, but for one. */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (url !== broken.url) return loaded;
  return { ...loaded, source: withFault(Buffer.from(loaded.source as Uint8Array).toString(), broken.fault) };
};
