import t from 'tap';
import { randomBytes } from 'node:crypto';
import type { ChangesPage, ItemResult, NewSignal, Policy, PolicyVersion, Rule } from '../../schemas/types.ts';
import { ManualClock } from '../../server/clock.ts';
import type { Answer, Api } from '../support/api.ts';
import { homes, startTestHub, type HomeName } from '../support/hub.ts';

const share = (id: string, harm: string, terms: Rule['terms'] = { reveal: ['digest', 'harm'], origin: 'named' }): Rule => ({ id, effect: 'share', signals: { harm: { in: [harm] } }, terms });
const open: Policy = { id: 'hub/open', title: 'Open', summary: 'Open.', rules: [{ id: 'all', effect: 'share', terms: { reveal: ['digest', 'harm'], origin: 'named' } }] };

/** What ash shares at once, what it shares late, and nothing else. */
const policy = (delay: string, more: Rule[] = []): Policy => ({ id: 'ash/standard', title: 'Standard', summary: 'Standard.', rules: [share('now', 'fraud'), share('late', 'csea', { after: delay, reveal: ['digest'] }), ...more] });

function signal(harm: string): NewSignal {
  return { digests: [{ scheme: 'media-md5', digest: randomBytes(16).toString('hex') }], harm, severity: 'low', confidence: 50, status: 'malicious', tlp: 'GREEN' };
}

async function activate(api: Api, document: Policy): Promise<void> {
  const { body } = await api.post<PolicyVersion>('/v1/policies', document);
  const { status } = await api.post(`/v1/policies/${document.id}/versions/${body.version}/activate`, {});
  if (status !== 200) throw new Error('not activated');
}

async function post(api: Api, harm: string): Promise<string> {
  return (await api.post<ItemResult>('/v1/signals', signal(harm))).body.id!;
}

const pull = (api: Api, limit: number, cursor?: string): Promise<Answer<ChangesPage>> => api.get(`/v1/feeds/all/changes?limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`);

/** A hub where ash shares with birch. */
async function scene(t: Parameters<typeof startTestHub>[0], home: HomeName): Promise<{ ash: Api; birch: Api; clock: ManualClock }> {
  const clock = new ManualClock(Date.parse('2026-11-22T12:00:00Z'));
  const hub = await startTestHub(t, { home, clock });
  const [ash, birch] = [await hub.join({ id: 'ash' }), await hub.join({ id: 'birch' })];
  await activate(hub.operator, open);
  await activate(ash, policy('P300D'));
  return { ash, birch, clock };
}

for (const home of homes) {
  t.test(home, async (t) => {
    const { ash, birch, clock } = await scene(t, home);

    t.test('a page that is just full is complete, whatever else was written that one may not see', async (t) => {
      const { body: start } = await pull(birch, 1000);
      const id = await post(ash, 'fraud');
      await post(ash, 'spam');
      await post(ash, 'csea');
      clock.advance(60_000);
      const { body: page } = await pull(birch, 1, start.cursor);
      t.match(page, { changes: [{ type: 'signal', signal: { id } }], complete: true });
      await ash.post(`/v1/signals/${id}/retract`, { reason: 'mistake' });
      const hidden = await post(ash, 'spam');
      await ash.post(`/v1/signals/${hidden}/retract`, { reason: 'mistake' });
      t.match((await pull(birch, 1, page.cursor)).body, { changes: [{ type: 'remove', id }], complete: true });
    });

    t.test('changes of what one may not see end no cursor', async (t) => {
      const { ash, birch, clock } = await scene(t, home);
      const late = (harm: string, hours: number): Rule => share(harm.replace('.', '-'), harm, { after: `PT${hours}H`, reveal: ['digest', 'harm'] });
      const document = (delay: number): Policy => policy(`P${delay}D`, [late('spam', 30), late('malware', 20), late('violence', 10)]);
      await activate(ash, document(300));
      for (const harm of ['spam', 'malware', 'violence', 'fraud', 'fraud', 'csea']) await post(ash, harm);
      let { body: page } = await pull(birch, 1);
      for (let n = 1; n <= 3; n += 1) {
        clock.advance(10 * 3_600_000);
        await activate(ash, document(300 + n));
        const answer = await pull(birch, 1, page.cursor);
        t.equal(answer.status, 200, `after ${n} changes of a delay that nothing outlasted`);
        page = answer.body;
      }
    });

    t.test('what one may not see causes nothing to come again', async (t) => {
      await activate(ash, policy('P300D', [share('more', 'spam')]));
      for (const harm of ['spam', 'fraud', 'fraud']) await post(ash, harm);
      const { body: start } = await pull(birch, 1000);
      // Another grant of what looks the same: nothing is kept for so long.
      const narrow: Policy = { ...policy('P300D'), rules: [share('now', 'fraud', { for: 'P3660D', reveal: ['digest', 'harm'], origin: 'named' }), { id: 'none', effect: 'withhold', signals: { harm: { in: ['spam'] } } }] };
      await activate(ash, narrow);
      const { body: page } = await pull(birch, 1000, start.cursor);
      t.ok(page.changes.length > 0 && page.changes.every((change) => change.type === 'remove'), 'what is shown as before does not come again');
      await activate(ash, policy('P300D', [share('more', 'spam')]));
      const { body: back } = await pull(birch, 1000, page.cursor);
      await activate(ash, narrow);
      const hidden = await post(ash, 'spam');
      const { body: again } = await pull(birch, 1000, back.cursor);
      t.same(again.changes.map((change) => change.type), page.changes.map((change) => change.type), 'nor after something was written that never was to be seen');
      t.notOk(JSON.stringify(again.changes).includes(hidden));
    });

    t.test('nor does a hidden change of what one sees, that a change of policy leaves to a scan', async (t) => {
      const { ash, birch } = await scene(t, home);
      const ids = [await post(ash, 'fraud'), await post(ash, 'fraud')];
      let { body: page } = await pull(birch, 1000);
      await activate(ash, { ...policy('P300D'), rules: [share('now', 'fraud', { for: 'P3660D', reveal: ['digest', 'harm'], origin: 'named' })] });
      const digests = page.changes.flatMap((change) => (change.type === 'signal' && change.signal.id === ids[0] ? change.signal.digests! : []));
      await ash.put(`/v1/signals/${ids[0]}`, { ...signal('fraud'), digests, confidence: 95 });
      ({ body: page } = await pull(birch, 1000, page.cursor));
      t.same(page.changes, [], 'neither shows');
      await ash.put(`/v1/signals/${ids[0]}`, { ...signal('fraud'), digests, confidence: 90 });
      ({ body: page } = await pull(birch, 1000, page.cursor));
      t.same([page.changes, page.complete], [[], true]);
    });
  });
}
