import type { Change, Moment } from './walk.ts';

const SIGNS = { gained: '+', lost: '-', changed: '~' } as const;
const WHOM = { gained: 'to', lost: 'from', changed: 'for' } as const;

/** A moment of a walk in words: its instant and what happened, then a line for each change, with everybody whose it is. */
export function tell({ at, event, changes }: Moment): string[] {
  const lines = new Map<string, { change: Change; peers: string[] }>();
  for (const change of changes) {
    const key = JSON.stringify([change.what, change.name, change.view]);
    const line = lines.get(key);
    if (line) line.peers.push(change.peer);
    else lines.set(key, { change, peers: [change.peer] });
  }
  const told = [...lines.values()].map(({ change: { what, name, view }, peers }) => `  ${SIGNS[what]} ${name} ${WHOM[what]} ${peers.join(', ')}${view && `: ${view}`}`);
  return [`${at.replace(/(:00)?\.000Z$/, 'Z')}  ${event ?? 'Time has come'}`, ...told];
}
