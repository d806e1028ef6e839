import t from 'tap';
import type { CaseExpectation, CaseSignal, PolicyCase, PolicyCases } from '../../schemas/types.ts';
import { runCases } from '../../server/policy/cases.ts';
import { EVERYTHING, policy, share, withhold } from './build.ts';

const at = '2026-11-10T12:00:00Z';
const signal: CaseSignal = { origin: 'northstar', type: 'url', schemes: ['url-v1'], harm: 'fraud', severity: 'low', confidence: 50, status: 'malicious', tlp: 'CLEAR', accepted: at };
const document = (one: Partial<PolicyCase>, more: Partial<PolicyCases> = {}): PolicyCases => ({
  world: { groups: ['circle'], members: [{ id: 'northstar', kind: 'platform' }, { id: 'harbourview', kind: 'platform', groups: ['circle'] }] },
  signal,
  at,
  cases: [{ name: 'the case', peer: 'harbourview', expect: { effect: 'share', visible: true }, ...one }],
  ...more,
});
const tested = policy(share('tested', { terms: { after: 'PT0S', for: 'PT1H', reveal: ['harm', 'digest'], origin: 'pseudonymous', handling: { tlp: 'GREEN', onward: 'group', onward_groups: ['circle'] } } }));

function differences(one: Partial<PolicyCase>, more?: Partial<PolicyCases>): string[] {
  return runCases(tested, document(one, more))[0]!.differences;
}

const expecting = (expect: Partial<CaseExpectation>): string[] => differences({ expect: { effect: 'share', visible: true, ...expect } });

t.test('a case passes when everything that it expects is so', async (t) => {
  t.same(expecting({ rule: 'tested', release: '2026-11-10T13:00:00+01:00', end: '2026-11-10T13:00:00Z', reveal: ['digest', 'harm'], origin: 'pseudonymous', handling: { tlp: 'GREEN', onward: 'group', onward_groups: ['circle'] } }), []);
  t.same(differences({ signal: { valid_until: '2026-11-10T12:30:00Z' }, expect: { effect: 'share', visible: true, end: '2026-11-10T12:30:00Z' } }), []);
  t.same(differences({ signal: { not_before: '2026-11-11T00:00:00Z' }, expect: { effect: 'share', visible: false, end: '2026-11-11T01:00:00Z' } }), []);
  t.same(differences({ signal: { audience: { groups: ['circle'] } } }), []);
  t.same(differences({ signal: { audience: { members: ['northstar'] } }, expect: { effect: 'withhold', visible: false, layer: 'object' } }), []);
});

t.test('a result names its case and says whether it passed', async (t) => {
  const [passed] = runCases(tested, document({}));
  t.same(passed, { name: 'the case', passed: true, differences: [] });
  const [failed] = runCases(tested, document({ name: 'another', expect: { effect: 'share', visible: false } }));
  t.same(failed, { name: 'another', passed: false, differences: ['Expected visible to be false, but it is true.'] });
});

t.test('each difference is a sentence', async (t) => {
  t.same(differences({ expect: { effect: 'withhold', visible: false } }), [
    'Expected effect to be withhold, but it is share. Shared by the charter layer (test/unrestricted version 1, rule everything) and by the policy layer (test/policy version 1, rule tested). It ends at 2026-11-10T13:00:00.000Z.',
    'Expected visible to be false, but it is true.',
  ]);
  t.same(expecting({ rule: 'other' }), ['Expected rule to be other, but it is tested.']);
  t.same(expecting({ layer: 'tlp' }), ['Expected layer to be tlp, but it is absent.']);
  t.same(expecting({ release: '2026-11-10T11:00:00Z' }), ['Expected release to be 2026-11-10T11:00:00.000Z, but it is 2026-11-10T12:00:00.000Z.']);
  t.same(expecting({ end: null }), ['Expected end to be never, but it is 2026-11-10T13:00:00.000Z.']);
  t.same(expecting({ reveal: ['digest'] }), ['Expected reveal to be [digest], but it is [digest, harm].']);
  t.same(expecting({ origin: 'named' }), ['Expected origin to be named, but it is pseudonymous.']);
  t.same(expecting({ handling: { pap: 'RED', onward_groups: [] } }), ['Expected handling.pap to be RED, but it is CLEAR.', 'Expected handling.onward_groups to be [], but it is [circle].']);
});

t.test('a case that cannot be asked fails, whatever it expects', async (t) => {
  const expect: CaseExpectation = { effect: 'withhold', visible: false };
  t.same(differences({ expect, peer: 'nobody' }), ['The cases’ world has no member nobody.']);
  t.same(differences({ expect, signal: { origin: 'nobody' } }), ['The cases’ world has no member nobody.']);
  t.same(differences({ expect, signal: { audience: { members: ['nobody'], groups: ['nowhere'] } } }), ['The cases’ world has no member nobody.', 'The cases’ world has no group nowhere.']);
  t.same(differences({ expect }, { world: { members: [{ id: 'northstar', kind: 'ngo' }, { id: 'harbourview', kind: 'ngo', groups: ['nowhere'] }] } }), ['The cases’ world has no group nowhere.']);
  t.same(differences({ expect }, { signal: { origin: 'northstar', type: 'url', schemes: ['url-v1'], severity: 'low', confidence: 50, status: 'malicious', tlp: 'CLEAR' } }), ['The signal has no harm.', 'The signal has no accepted.']);
  const { at: _at, ...timeless } = document({ expect });
  t.same(runCases(tested, timeless)[0]?.differences, ['Neither the case nor the document says at which instant.']);
  t.same(differences({ expect, against: 'hub/charter' }), ['There is no policy hub/charter to try it against.']);
});

t.test('the other layer: open, silent or a policy by name', async (t) => {
  const pap = (against?: string): string[] => differences({ ...(against ? { against } : {}), expect: { effect: 'share', visible: true, handling: { pap: 'RED' } } });
  t.same(pap(), ['Expected handling.pap to be RED, but it is CLEAR.']);
  t.same(pap('open'), ['Expected handling.pap to be RED, but it is CLEAR.']);
  t.same(pap('silent'), []);
  const strict = { ...policy(withhold('all')), id: 'hub/strict' };
  t.same(runCases(tested, document({ expect: { effect: 'withhold', visible: false, layer: 'charter' } }, { against: 'hub/strict' }), [strict])[0]?.differences, []);
  t.same(runCases(tested, document({ against: 'open' }, { against: 'hub/strict' }), [strict])[0]?.differences, [], 'a case overrides its document');
});

t.test('a charter is tried in its layer, against members who share everything with everyone', async (t) => {
  const charter = policy(share('outer', { peers: { kind: { in: ['platform'] } }, terms: EVERYTHING }));
  const asked = (one: Partial<PolicyCase>): string[] | undefined => runCases(charter, document(one, { layer: 'charter' }))[0]?.differences;
  t.same(asked({ expect: { effect: 'share', visible: true, rule: 'outer' } }), []);
  t.same(asked({ signal: { tlp: 'RED' }, expect: { effect: 'share', visible: true, handling: { tlp: 'RED' } } }), [], 'no TLP stands in the way');
  t.same(asked({ signal: { tlp: 'RED' }, against: 'silent', expect: { effect: 'share', visible: true } }), []);
});

t.test('members are as the world says, and plain where it does not', async (t) => {
  const rule = share('tested', { peers: { trust: { atLeast: 'verified' }, jurisdictions: { any: ['NL'] }, agreements: { all: ['code'] } } });
  const visible = (member: object, when = at): boolean => runCases(policy(rule), document({ at: when }, { world: { members: [{ id: 'northstar', kind: 'platform' }, { id: 'harbourview', kind: 'platform', ...member }] } }))[0]!.passed;
  const full = { trust: 'verified', jurisdictions: ['NL'], agreements: [{ id: 'code' }] };
  t.equal(visible(full), true);
  t.equal(visible({ ...full, status: 'suspended' }), false);
  t.equal(visible({ ...full, trust: undefined }), false, 'unverified when absent');
  t.equal(visible({ ...full, jurisdictions: undefined }), false);
  t.equal(visible({ ...full, agreements: undefined }), false);
  const dated = { ...full, agreements: [{ id: 'code', from: '2026-11-10T12:00:00Z', until: '2026-11-10T12:00:01Z' }] };
  t.equal(visible(dated), true);
  t.equal(visible(dated, '2026-11-10T12:00:01Z'), false);
});

t.test('cases about parts of reports, messages and counts', async (t) => {
  const texts = policy(share('tested', { covers: ['reports', 'messages', 'counts'] }));
  const about = (one: Partial<PolicyCase>, more: Partial<PolicyCases> = {}): string[] | undefined => runCases(texts, document({ expect: { effect: 'share', visible: true, rule: 'tested' }, ...one }, more))[0]?.differences;
  const part = { origin: 'northstar', part: 'section', tlp: 'CLEAR', accepted: at } as const;
  const message = { origin: 'northstar', message: 'answer', tlp: 'CLEAR', accepted: at } as const;
  t.same(about({ part }), []);
  t.same(about({ part: { harms: ['fraud'] } }, { part }), [], 'the document says the rest');
  t.same(about({ message }), []);
  t.same(about({ message: {} }, { message }), []);
  t.same(about({ part: {} }), ['The part has no origin.', 'The part has no part.', 'The part has no tlp.', 'The part has no accepted.']);
  t.same(about({ message: { origin: 'nobody' } }), ['The message has no message.', 'The message has no tlp.', 'The message has no accepted.', 'The cases’ world has no member nobody.']);
  const signal: CaseExpectation = { effect: 'withhold', visible: false };
  t.same(about({ expect: { ...signal, counted: true } }), []);
  t.same(about({ expect: { ...signal, counted: false } }), ['Expected counted to be false, but it is true.']);
});

t.test('cases name feeds, exercises and responders that there are', async (t) => {
  const world = { members: [{ id: 'northstar', kind: 'platform' as const }, { id: 'harbourview', kind: 'platform' as const, subscribed: ['all', 'northstar/gone'] }], incidents: [{ id: 'flood', responders: ['nobody'] }] };
  t.same(differences({ signal: { exercise: 'drill' } }, { world }), ['The cases’ world has no member nobody.', 'The cases’ world has no feed northstar/gone.', 'The cases’ world has no exercise drill.']);
});
