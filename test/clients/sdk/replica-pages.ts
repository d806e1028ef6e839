/** Pages made by arithmetic alone: what a replica must hold after any of them can be worked out again from its number. */
import type { ChangesPage, Handling, SignalView } from '../../../schemas/types.ts';
import { MemoryStore, type ReplicaPage, type ReplicaStore } from '../../../clients/sdk/index.ts';

/** Pages in a run; the last one is complete. */
const RUN = 5;
/** Every so many runs, one begins without a cursor. */
const FRESH = 4;
const CHANGES = 300;
const POOL = 1500;
const START = Date.parse('2026-01-01T00:00:00.000Z');

const handling: Handling = {
  tlp: 'GREEN', pap: 'GREEN', permitted_actions: 'none', affected_party_notifications: 'must-not', attribution: 'must-not',
  unmodified_resale: 'must-not', encrypt_in_transit: 'must', onward: 'none', onward_groups: [], excluded_kinds: [],
};

export function view(number: number, version: string, more: Partial<SignalView> = {}): SignalView {
  const digests = [{ scheme: 'media-md5', digest: number.toString(16).padStart(32, '0') }];
  return { id: uuid(number), version, released_at: '2026-01-01T00:00:00.000Z', handling: { ...handling }, digests, harm: 'fraud', ...more };
}

export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** The instant that the hub states with a page. */
export function instantOf(page: number): string {
  return new Date(START + page * 1000).toISOString();
}

/** The page of a number, from 0. */
export function pageOf(number: number): ReplicaPage {
  const run = Math.floor(number / RUN);
  const random = generator(number + 1);
  const changes = Array.from({ length: CHANGES }, (): ChangesPage['changes'][number] => {
    const which = random(POOL);
    if (random(4) === 0) return { type: 'remove', id: uuid(which), reason: 'gone' };
    const ends = random(3) === 0 ? { visible_until: instantOf(number + random(20)) } : {};
    return { type: 'signal', signal: view(which, `${number}`, ends) };
  });
  const complete = number % RUN === RUN - 1;
  return { changes, cursor: `c${number}`, complete, ...(complete ? { as_of: instantOf(number) } : {}), begins: number % (RUN * FRESH) === 0 && run % FRESH === 0 };
}

/** What a store must hold after so many pages. */
export async function storeAfter(pages: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (let number = 0; number < pages; number += 1) await store.commit(pageOf(number));
  return store;
}

/** Everything that can be told of a store, for comparing. */
export function told(store: ReplicaStore): unknown {
  const signals = [...store.content.values(-Infinity)].sort((one, other) => (one.id < other.id ? -1 : 1));
  return { state: store.content.state, signals, found: signals.flatMap(({ digests = [] }) => digests.map(({ scheme, digest }) => store.content.byDigest(scheme, digest, -Infinity).length)) };
}

/** The number of the next page to commit. */
export function nextPage(store: ReplicaStore): number {
  const { cursor } = store.content.state;
  return cursor === undefined ? 0 : Number(cursor.slice(1)) + 1;
}

/** Small whole numbers below a bound, the same each time (xorshift32). */
function generator(seed: number): (bound: number) => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % bound;
  };
}
