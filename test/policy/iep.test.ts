import fc from 'fast-check';
import t from 'tap';
import type { Handling, HandlingTerms, Iep } from '../../schemas/types.ts';
import { validatorOf } from '../../server/http/validation.ts';
import { enumeration } from '../../server/policy/conditions.ts';
import { completeHandling, fillHandling, meetHandling } from '../../server/policy/handling.ts';
import { fromIep, policyToIep, toIep } from '../../server/policy/iep.ts';
import { instant } from '../../server/policy/time.ts';
import { layerHandlings, policies, runs } from './arbitraries.ts';
import { policy, share, withhold } from './build.ts';

const many = runs(1000);
const NAMES = { id: 'urn:example:1', name: 'Example' };
const AT = instant('2026-11-22T12:00:00Z');
const check = validatorOf('Iep');
const handlings = fc.tuple(layerHandlings, fc.constantFrom(...enumeration('Tlp'))).map(([met, tlp]) => completeHandling({ ...met, ...(met.onward_groups ? { onward_groups: met.onward_groups.map((id) => `group-${id}`) } : {}) }, tlp as Handling['tlp']));
const words = (name: string): fc.Arbitrary<string> => fc.constantFrom(...enumeration(name));
/** IEPs that others wrote. */
const plain = fc
  .record({ encrypt_in_transit: words('MayOrMust'), permitted_actions: words('PermittedActions'), affected_party_notifications: words('MayOrMustNot'), tlp: fc.constantFrom('white', 'green', 'amber', 'red'), attribution: words('Attribution'), unmodified_resale: words('MayOrMustNot') })
  .map((fields) => ({ ...NAMES, iep_version: '2.0', start_date: null, end_date: null, ...fields }) as Iep);

/** Whether the first allows no more than the second in any field that both say: the meet of the two is the first. */
function isWithin(a: HandlingTerms, b: HandlingTerms): boolean {
  const said = (terms: HandlingTerms): string => JSON.stringify(Object.entries(terms).sort());
  const met = meetHandling(a, b);
  return typeof met === 'object' && said(met) === said(meetHandling(a, {}) as HandlingTerms);
}

/** What IEP has fields for. */
function plainOf({ pap: _pap, onward: _onward, onward_groups: _groups, ...terms }: HandlingTerms): HandlingTerms {
  return terms;
}

/** What somebody who knows nothing but IEP takes an IEP for. */
function readPlainly({ x_tocsin: _own, ...iep }: Iep): HandlingTerms {
  return plainOf(fromIep(iep).document);
}

t.test('handling comes back as it was', (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(handlings, (handling) => {
    const { document } = toIep(handling, NAMES);
    const back = fromIep(document);
    const { excluded_kinds: kinds, onward_groups: groups, ...terms } = handling;
    if (check(document)) return false;
    return JSON.stringify(Object.entries(back.document).sort()) === JSON.stringify(Object.entries({ ...terms, ...(handling.onward === 'group' ? { onward_groups: groups } : {}) }).sort()) && back.untold.some(({ field }) => field === 'excluded_kinds') === kinds.length > 0;
  }), many));
  t.end();
});

t.test('who knows nothing but IEP is allowed no more, and is told where it is allowed less', (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(handlings, (handling) => {
    const { document, untold } = toIep(handling, NAMES);
    const { excluded_kinds: kinds, onward, onward_groups: _groups, pap, ...said } = handling;
    const read = readPlainly(document);
    if (!isWithin(read, said)) return false;
    // What a field was narrowed for cannot be done by what the narrowed field allows.
    if (onward !== 'public' && document.tlp === 'white') return false;
    if (!['public', 'members'].includes(onward) && ['white', 'green'].includes(document.tlp)) return false;
    if (kinds.length > 0 && ['white', 'green'].includes(document.tlp)) return false;
    if (pap === 'RED' && document.permitted_actions !== 'none') return false;
    return (read.tlp === said.tlp && read.permitted_actions === said.permitted_actions) || untold.length > 0;
  }), many));
  t.end();
});

t.test('an IEP of others comes back as it was, and leaves nothing to another layer', (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(plain, (iep) => {
    const { document: terms, untold } = fromIep(iep);
    if (JSON.stringify(Object.entries({ onward_groups: [], ...fillHandling(terms) }).sort()) !== JSON.stringify(Object.entries({ onward_groups: [], ...terms }).sort())) return false;
    const { onward, pap } = terms;
    const { document: back } = toIep({ ...(fillHandling(terms) as Handling), onward_groups: [], excluded_kinds: [] }, NAMES);
    return onward === 'none' && pap === 'RED' && untold.some(({ field }) => field === 'x_tocsin') && isWithin(readPlainly(back), readPlainly(iep));
  }), many));
  t.end();
});

t.test('where somebody changed a field, the change holds and widens nothing', (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(handlings, plain, (handling, other) => {
    const { document } = toIep(handling, NAMES);
    const changed: Iep = { ...document, tlp: other.tlp, permitted_actions: other.permitted_actions };
    const { document: terms } = fromIep(changed);
    const { excluded_kinds: _kinds, onward_groups: _groups, ...said } = handling;
    if (!isWithin({ tlp: terms.tlp!, permitted_actions: terms.permitted_actions! }, { tlp: said.tlp, permitted_actions: said.permitted_actions })) return false;
    const same = changed.tlp === document.tlp && changed.permitted_actions === document.permitted_actions;
    const { tlp, permitted_actions } = readPlainly(changed);
    return same || isWithin({ tlp: terms.tlp!, permitted_actions: terms.permitted_actions! }, { tlp: tlp!, permitted_actions: permitted_actions! });
  }), many));
  t.end();
});

t.test('dates, references and what is not an IEP', (t) => {
  const iep: Iep = { ...toIep(completeHandling({ pap: 'CLEAR', onward: 'members' }, 'GREEN'), { ...NAMES, description: 'For tests.', start: AT, end: AT + 1000 }).document, external_references: ['https://example.org/terms'] };
  t.match(iep, { iep_version: '2.0', start_date: '2026-11-22T12:00:00.000Z', end_date: '2026-11-22T12:00:01.000Z', tlp: 'green' });
  t.same(check(iep), undefined);
  for (const at of [AT - 1, AT + 1000]) t.match(fromIep(iep, at), { document: { tlp: 'RED', pap: 'RED', permitted_actions: 'none', onward: 'none', attribution: 'must-not' }, untold: [{ field: 'end_date' }, { field: 'external_references' }] });
  t.match(fromIep(iep, AT), { document: { tlp: 'GREEN', onward: 'members' }, untold: [{ field: 'start_date' }, { field: 'external_references' }] });
  const wrong: [object, string][] = [[{ tlp: 'amber+strict' }, '/tlp'], [{ iep_version: '1.0' }, '/iep_version'], [{ start_date: 'tomorrow' }, '/start_date'], [{ unknown: true }, '/unknown']];
  for (const [change, pointer] of wrong) t.ok(check({ ...iep, ...change })?.some((place) => place.pointer === pointer), pointer);
  t.end();
});

t.test('what one says and the other cannot is told, field by field', (t) => {
  const handling = (met: Parameters<typeof completeHandling>[0], tlp: Handling['tlp']): string[] => toIep(completeHandling(met, tlp), NAMES).untold.map(({ field, detail }) => `${field}: ${detail}`);
  t.same(handling({ pap: 'CLEAR', onward: 'public' }, 'CLEAR'), []);
  t.same(handling({ pap: 'CLEAR', onward: 'public' }, 'GREEN'), ['onward: IEP limits onward sharing by TLP alone: it says green']);
  t.same(handling({ pap: 'AMBER', permitted_actions: 'externally-visible-direct-actions', onward: 'public', excluded_kinds: ['ngo'] }, 'CLEAR'), [
    'tlp: the field says amber, which is stricter than CLEAR',
    'pap: IEP has no PAP: permitted_actions says internally-visible-actions',
    'excluded_kinds: IEP excludes no kinds of recipients: its TLP says amber',
  ]);
  const read = (change: Partial<Iep>): string[] => fromIep({ ...toIep(completeHandling({ pap: 'CLEAR', onward: 'public' }, 'CLEAR'), NAMES).document, ...change }, AT).untold.map(({ field, detail }) => `${field}: ${detail}`);
  t.same(read({ external_references: [] }), []);
  const dated = 'start_date: terms have no dates of their own: say them under `during` of the rule';
  t.same([read({ start_date: '2026-11-01T00:00:00Z' }), read({ end_date: '2026-12-01T00:00:00Z' }), read({ end_date: '2026-11-01T00:00:00Z' })], [[dated], [dated], ['end_date: it does not hold now: nothing is allowed']]);
  t.same(read({ external_references: ['https://example.org'] }), ['external_references: terms refer to nothing: what stands elsewhere is not enforced here']);
  const excluding = toIep(completeHandling({ pap: 'CLEAR', onward: 'public', excluded_kinds: ['hub', 'ngo'] }, 'AMBER'), NAMES).document;
  t.same(fromIep(excluding).untold, [{ field: 'excluded_kinds', detail: 'terms exclude nobody: add a rule that withholds from hub, ngo' }]);
  const { x_tocsin: _own, ...others } = excluding;
  t.same(fromIep(others).untold, [{ field: 'x_tocsin', detail: 'IEP has no PAP and no onward sharing: they take their strictest value' }]);
  t.equal(toIep(completeHandling({}, 'CLEAR'), { ...NAMES, description: 'For tests.' }).document.description, 'For tests.');
  t.notOk('description' in others);
  t.end();
});

t.test('the handling of each rule of a policy', (t) => {
  const [one, two] = policyToIep(policy(share('a', { title: 'Title', during: { from: '2026-11-01T00:00:00Z', until: '2026-12-01T00:00:00Z' }, terms: { reveal: ['harm'], handling: { pap: 'AMBER' } } }), withhold('w'), share('b')));
  t.match(one, { rule: 'a', document: { id: 'test/policy#a', name: 'Title', start_date: '2026-11-01T00:00:00.000Z', end_date: '2026-12-01T00:00:00.000Z', tlp: 'red', x_tocsin: { tlp: 'RED', pap: 'AMBER', onward_groups: [], excluded_kinds: [] } } });
  t.match(two, { rule: 'b', document: { id: 'test/policy#b', name: 'b', start_date: null, end_date: null } });
  t.doesNotThrow(() => fc.assert(fc.property(policies, (policy) => {
    const made = policyToIep(policy);
    const shares = policy.rules.filter((rule) => rule.effect === 'share');
    return made.length === shares.length && made.every(({ document, rule }, index) => rule === shares[index]!.id && isWithin(readPlainly(document), plainOf(shares[index]!.terms!.handling ?? {})));
  }), runs(300)));
  t.end();
});
