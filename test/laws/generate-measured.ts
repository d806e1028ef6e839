import fc from 'fast-check';
import { enumeration } from '../../server/policy/conditions.ts';
import { anyStep } from './generate.ts';
import { MEMBERS, type PolicyTemplate, type Step } from './steps.ts';

const HOUR = 3_600_000;
const reveal = enumeration('SignalField') as NonNullable<PolicyTemplate[number]['terms']>['reveal'];
const dispute = fc.constantFrom('none' as const, 'disputed' as const, 'upheld' as const);
const percent = fc.constantFrom(0, 20, 60, 100);

/** What could be measured: in a run it is drawn, since another test shows how it is counted. */
const measuring = fc.record({
  do: fc.constant('measure' as const),
  signals: fc.array(fc.record({ aim: fc.record({ at: fc.constantFrom('any' as const, 'held' as const, 'held' as const, 'embargoed' as const), pick: fc.nat(40) }), corroboration: fc.constantFrom(0, 1, 3), dispute }), { minLength: 1, maxLength: 8 }),
  members: fc.dictionary(fc.constantFrom(...MEMBERS), fc.record({ contributed: fc.record({ P7D: fc.constantFrom(0, 5, 50) }), foundGood: fc.record({ P30D: percent }), stale: percent, overturned: percent }, { requiredKeys: ['contributed'] }), { maxKeys: 6 }),
  hub: fc.nat(5),
});

const asksSignal = fc.oneof(
  fc.constantFrom(1, 2).map((atLeast) => ({ corroboration: { atLeast } })),
  fc.constantFrom(0, 1).map((atMost) => ({ corroboration: { atMost } })),
  fc.constantFrom<('none' | 'disputed' | 'upheld')[][]>(['none'], ['none', 'disputed'], ['upheld']).map((values) => ({ dispute: { in: values } })),
);
const asksPeer = fc.oneof(
  fc.constant({ contributed: { atLeast: 5, within: 'P7D' as const } }),
  fc.constant({ found_good: { atLeast: 50, within: 'P30D' as const } }),
  fc.constantFrom<({ stale: { atMost: number } } | { overturned: { atMost: number } })[]>({ stale: { atMost: 50 } }, { overturned: { atMost: 30 } }).map((quality) => ({ quality })),
);
const after = fc.constantFrom<(string | undefined)[]>(undefined, undefined, 'PT1H', 'P1D');

/** A policy that asks for what is measured. */
const asking: fc.Arbitrary<PolicyTemplate> = fc.record({ withheld: fc.option(asksSignal, { nil: undefined }), signals: fc.option(asksSignal, { nil: undefined }), peers: fc.option(asksPeer, { nil: undefined }), after, last: fc.boolean() }).map(({ withheld, signals, peers, after: delay, last }) => [
  ...(withheld ? [{ id: 'not', effect: 'withhold' as const, signals: withheld }] : []),
  { id: 'asked', effect: 'share' as const, ...(signals ? { signals } : {}), ...(peers ? { peers } : {}), terms: { reveal, origin: 'named' as const, ...(delay === undefined ? {} : { after: delay }) } },
  ...(last ? [{ id: 'last', effect: 'share' as const, terms: { reveal: ['harm' as const, 'digest' as const], origin: 'named' as const } }] : []),
]);
const activating = fc.record({ do: fc.constant('activate' as const), owner: fc.constantFrom('ash', 'ash', ...MEMBERS.slice(1, 4)), policy: asking, delay: fc.constantFrom(0, 0, HOUR), hub: fc.nat(5) });

/** A step of a run in which measures change. */
export const anyMeasuredStep: fc.Arbitrary<Step> = fc.oneof({ weight: 10, arbitrary: anyStep }, { weight: 1, arbitrary: measuring }, { weight: 1, arbitrary: activating });
